"""What is known of an expression at a point: enclosures by balls of Arb, never a rounded number.

* ``ball_functions``: which method of Arb encloses which function of SymPy, with SymPy's conventions for arguments and
  branches.
* ``balls``: rigorous enclosures: an expression at a point, as a ball of Arb that contains the exact value.
* ``enclosures``: the walk through an expression that encloses it.
* ``real_and_complex_balls``: how powers, functions, cases and integrals are enclosed, on the line and in the plane.
* ``integrals_in_pieces``: integrands with kinks, cut where balls prove what each piece is.
"""
