"""Normal forms: an expression as a rational function of its independent kernels, and its factors.

* ``factorisation``: irreducible factors of an expression in its kernels, and the signs that follow from them.
* ``field_generators``: generators for numbers, powers, exponentials and logarithms, with what is known of their signs.
* ``kernels``: expressions as rational functions: kernels become generators, and the relations between them become
  relations.
* ``roots_of_unity``: sines and cosines of rational multiples of pi, exactly.
* ``normal_form``: proofs by normal form: a residual that is the zero rational function in its generators is zero.
* ``plain_symbols``: roots and functions of parameters as symbols, complex symbols by their real parts.
* ``rational_functions``: exact arithmetic of rational functions over Q in generators, some of which are algebraic
  over the earlier ones.
* ``undefined_functions``: random polynomials in the place of undefined functions: a formula for every function must
  hold for them.
* ``second_kernel``: proofs of zero computed a second time, by the multivariate polynomials of FLINT.
"""
