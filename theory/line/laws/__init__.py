"""Stationary laws: recognised, with mode and moments, and expanded in a small noise.

* ``confluent_candidates``: laws of Kummer, Tricomi and Bessel functions that a slope suggests.
* ``critical_points``: the slope of a log density as a polynomial in one power, and the highest point at numbers.
* ``even_density``: the point about which a density is even.
* ``global_maximum``: that a function on an interval is largest at one point alone, and falls towards the ends.
* ``given_numbers``: numbers for the parameters of a law.
* ``pearson``: moments of laws of linear drift and quadratic diffusion by recursion.
* ``law``: a stationary law as an object: conditions, closed forms where there are any, and numbers everywhere.
* ``mode``: the mode of a density on the line, as a case distinction between a critical point and the ends.
* ``single_peak``: the one peak of a density whose slope no chart holds, where signs alone tell it.
* ``moment_existence``: which moments of a density are finite.
* ``recognise``: recognising a density as a member of a known family.
* ``laplace_coefficients``: mode, mean and variance next to a peak, by the derivatives there.
* ``small_noise_expansion``: zero of drift, mode, mean and variance of a law in powers of a small noise strength,
  by Laplace's method, with a process or without.
* ``stationary``: stationary laws of diffusions on the line: the zero-current density, and what happens where it
  fails.
"""
