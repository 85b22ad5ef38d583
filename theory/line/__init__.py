r"""Diffusions on an interval: scale and speed, boundaries, stationary laws, first passage.

* ``boundary``: scale, speed, and Feller's classification of the ends of a diffusion on the line.
* ``circle``: diffusions on a circle: the stationary law with its current.
* ``confluent_candidates``: laws of Kummer, Tricomi and Bessel functions that a slope suggests.
* ``crossings``: what a process does at a point inside where a coefficient is singular and changes its form.
* ``critical_points``: the slope of a log density as a polynomial in one power, and the highest point at numbers.
* ``diffusion``: a diffusion on an interval of the line, in the coordinate in which its coefficients are quotients of
  powers.
* ``endpoints``: how :math:`\exp\int\rho` behaves at an end of an interval.
* ``even_density``: the point about which a density is even.
* ``even_factors``: primitives over an irreducible even polynomial, by what is odd and what is even above it.
* ``exponent_cases``: case distinctions over a parameter in the exponents.
* ``exponential_of_integral``: closed forms of :math:`\exp\int\rho`, each checked by differentiation.
* ``families``: families of densities on the line, recognised by their logarithmic derivative.
* ``incomplete_beta``: primitives of a power over a polynomial in another power, by incomplete beta functions.
* ``feller``: Feller's classes of an end, from the behaviour of scale and diffusion beside it.
* ``first_passage``: first passage of diffusions on the line: where they go.
* ``oscillation``: drifts that oscillate for ever: sines and cosines on an unbounded interval.
* ``over_exponents``: first passage by cases of a parameter in the exponents.
* ``passage_numbers``: what they give between numbers where no formula is written.
* ``rational_integral``: integrals of quotients of polynomials, for mean times.
* ``passage_time``: how long they take: mean exit times, first passage to a level, explosion.
* ``closed_integrals``: integrals of scale and speed densities in closed form.
* ``global_maximum``: that a function on an interval is largest at one point alone, and falls towards the ends.
* ``given_numbers``: numbers for the parameters of a law.
* ``glued``: coefficients that change their form inside the interval: parts and their matching conditions.
* ``dominant_term``: the largest term of a function at infinity, by exponentials, powers and logarithms.
* ``growth``: ends of a diffusion whose coefficients no chart holds, from their growth.
* ``integrals_over_pieces``: integrals of functions with kinks.
* ``pearson``: moments of laws of linear drift and quadratic diffusion by recursion.
* ``piece_moments``: moments of exponentials, Gaussians and powers on a stretch of the line.
* ``time_limit``: public calls end after a given processor time.
* ``inverse_charts``: coordinates that are inverse functions: logit, artanh, arsinh.
* ``uncharted``: coefficients that no chart holds: where they are regular, and their scale.
* ``trigonometric_chart``: the half tangent, in which sines and cosines are rational.
* ``weight_integral``: standing integrals of positive weights, quick to print and to evaluate.
* ``interval``: intervals of the line and the charts that map their ends to infinity.
* ``law``: a stationary law as an object: conditions, closed forms where there are any, and numbers everywhere.
* ``mode``: the mode of a density on the line, as a case distinction between a critical point and the ends.
* ``single_peak``: the one peak of a density whose slope no chart holds, where signs alone tell it.
* ``moment_existence``: which moments of a density are finite.
* ``powers``: quotients of power laws and exponentials, as they arise next to an endpoint.
* ``recognise``: recognising a density as a member of a known family.
* ``root_chart``: the coordinate in which the root of a quadratic is rational.
* ``sign_on_interval``: the sign of a sum of powers on an interval, and the condition for it.
* ``laplace_coefficients``: mode, mean and variance next to a peak, by the derivatives there.
* ``small_noise_expansion``: zero of drift, mode, mean and variance of a law in powers of a small noise strength,
  by Laplace's method, with a process or without.
* ``stationary``: stationary laws of diffusions on the line: the zero-current density, and what happens where it
  fails.
"""

from theory.line.interval import Interval

__all__ = ["Interval"]
