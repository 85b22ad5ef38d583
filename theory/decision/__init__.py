"""Exact decisions: is an expression zero, what is its sign, where does a condition hold?

* ``arb``: what is known of an expression at a point: enclosures by balls of Arb, never a rounded number.
* ``algebra``: normal forms: an expression as a rational function of its independent kernels, and its factors.
* ``points``: where to look: rational points of every size inside a region, beside its walls, at its jumps and extrema.
* ``proofs``: proofs that an expression has one sign on a line, on a box, at whole numbers, or piece by piece.
* ``conditions``: conditions: in a form a reader recognises, and whether two are true at the same points.
* ``far_sides``: walls at which a root or a logarithm may change its branch, and of which points met one side alone.
* ``rational_points``: exact values and truths at rational points: the arithmetic that decides conditions without
  rounding.
* ``sign``: the sign of an expression on a region: normal forms first, then balls at rational points.
* ``zero``: is this expression zero, under these assumptions? And what is its sign?
* ``cases``: case distinctions that a region decides: branches it excludes, and branches where nothing is defined.
* ``obstacles``: what cannot be looked at: infinities, floating-point numbers, and what is too large.
* ``equations``: branches that are equations: solved exactly for one symbol, or said to be unsolved.
* ``evidence_class``: for which expressions agreement at points is evidence, as a closed list.
* ``number_sizes``: how narrow and how far out a form may turn, by the sizes of its numbers together.
* ``pieces``: an expression with kinks, steps and cases, proved piece by piece or looked at in each piece.
"""
