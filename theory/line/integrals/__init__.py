r"""Closed forms and standing integrals of scale and speed densities.

* ``even_factors``: primitives over an irreducible even polynomial, by what is odd and what is even above it.
* ``exponential_of_integral``: closed forms of :math:`\\exp\\int\rho`, each checked by differentiation.
* ``incomplete_beta``: primitives of a power over a polynomial in another power, by incomplete beta functions.
* ``rational_integral``: integrals of quotients of polynomials, for mean times.
* ``closed_integrals``: integrals of scale and speed densities in closed form.
* ``integrals_over_pieces``: integrals of functions with kinks.
* ``piece_moments``: moments of exponentials, Gaussians and powers on a stretch of the line.
* ``term_primitive``: primitives of single terms: powers times logarithms, roots of linear functions.
* ``weight_integral``: standing integrals of positive weights, quick to print and to evaluate.
"""
