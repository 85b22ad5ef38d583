"""Coordinates of an interval in which coefficients are quotients of powers, and coefficients without one.

* ``oscillation``: drifts that oscillate for ever: sines and cosines on an unbounded interval.
* ``glued``: coefficients that change their form inside the interval: parts and their matching conditions.
* ``dominant_term``: the largest term of a function at infinity, by exponentials, powers and logarithms.
* ``inverse_charts``: coordinates that are inverse functions: logit, artanh, arsinh.
* ``uncharted``: coefficients that no chart holds: where they are regular, and their scale.
* ``trigonometric_chart``: the half tangent, in which sines and cosines are rational.
* ``interval``: intervals of the line and the charts that map their ends to infinity.
* ``powers``: quotients of power laws and exponentials, as they arise next to an endpoint.
* ``root_chart``: the coordinate in which the root of a quadratic is rational.
* ``sign_on_interval``: the sign of a sum of powers on an interval, and the condition for it.
"""
