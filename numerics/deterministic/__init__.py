"""Second opinions that draw nothing: quadrature, grids, multiprecision, exact thresholds.

==========================  ==============================================================================
module                      question it answers
==========================  ==============================================================================
``quadrature``              The integral of a density, and how much was cut off
``pieces``                  Parts of an interval in the logarithmic distance to an end
``kinks``                   Where is a formula not smooth?
``log_magnitude``           The logarithm of an integrand that itself would overflow
``walk``                    Where does an integrand live, and what lies outside?
``panels``                  A window in panels, each integrated as a whole and by halves
``gauss_legendre``          Nodes and weights at any precision
``numerical_law``           Density, distribution, moments, quantiles and mode of an unnormalised density
``marched_density``         The speed density on panels marched outwards from its bulk
``law_on_circle``           The law of a diffusion on a circle, with its current, in double precision
``law_on_panels``           The law of a diffusion from its coefficients alone, in double precision
``pictures``                A density with its quartiles; drift and noise on the line and in the plane
``fokker_planck_grid``      The density of a scalar diffusion in time, on a grid of finite volumes
``first_passage``           Hitting probabilities and mean passage times, with an estimate of their error
``stiff_tail``              Mean times far out, where the drift carries the process off
``nested_integral``         Integrals of integrals of positive functions
``boundary_value``          The probability of reaching one end first, by finite differences
``scale_and_speed_panels``  Scale and speed densities on panels, as logarithms
``kesten``                  The tail index of an affine recursion
``student_mean``            The exact mean of a teacher-student mode: spectral sum and integral
``verhulst_grid``           The same mean on a grid, and the integral of what it lacks to the logistic curve
``common_cone``             Products of random matrices that share a cone of directions
``collapse_threshold``      Where does a Gaussian multiplier begin to collapse?
``directions``              Random 2 x 2 matrices as an operator on functions of a direction
``positive_words``          Products of random matrices without negative entries, enclosed by all words
``random_products``         The top exponent of products of random matrices
``exponent_on_circle``      The top exponent of a linear process in the plane, on the circle of directions
``two_layer_balance``       Factors of a product of matrices at their noise equilibrium
``orbit_minimum``           Where do several charges rest together?
``orbit_relaxation``        How long do charges take to come to rest?
``modulus_stretch``         How far does the modulus of a matrix stretch distances?
``multiprecision``          Numbers of mpmath: read from arguments, rounded to the digits asked for
==========================  ==============================================================================
"""
