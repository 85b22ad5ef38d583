"""Second opinions that draw nothing: quadrature, grids, multiprecision, exact thresholds.

======================  ==============================================================================
module                  question it answers
======================  ==============================================================================
``quadrature``          The integral of a density, by two methods that must agree
``numerical_law``       Moments, quantiles and mode of an unnormalised density
``fokker_planck_grid``  The density of a scalar diffusion in time, on a grid of finite volumes
``student_mean``        The exact mean of a teacher-student mode: spectral sum and integral
``collapse_threshold``  Where does a Gaussian multiplier begin to collapse?
``random_products``     The top exponent of products of random 2 x 2 matrices
``exponent_on_circle``  The top exponent of a linear process in the plane, on the circle of directions
``multiprecision``      Numbers of mpmath: read from arguments, rounded to the digits asked for
======================  ==============================================================================
"""
