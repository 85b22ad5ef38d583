r"""Diffusions on an interval: scale and speed, boundaries, stationary laws, first passage.

* ``charts``: coordinates of an interval in which coefficients are quotients of powers, and coefficients without one.
* ``ends``: how scale, speed and a process behave at the ends of an interval, and at singular points inside.
* ``integrals``: closed forms and standing integrals of scale and speed densities.
* ``laws``: stationary laws: recognised, with mode and moments, and expanded in a small noise.
* ``passage``: first passage: where a diffusion goes, and how long it takes.
* ``circle``: diffusions on a circle: the stationary law with its current.
* ``diffusion``: a diffusion on an interval of the line, in the coordinate in which its coefficients are quotients of
  powers.
* ``exponent_cases``: case distinctions over a parameter in the exponents.
* ``families``: families of densities on the line, recognised by their logarithmic derivative.
* ``time_limit``: public calls end after a given processor time.
"""

from theory.line.charts.interval import Interval

__all__ = ["Interval"]
