"""Where to look: rational points of every size inside a region, beside its walls, at its jumps and extrema.

* ``point_search``: the residual of an expression at random admissible points, as balls of rising precision.
* ``region``: random rational points inside the assumptions of symbols and inside given conditions.
* ``both_signs``: whether an expression is seen to take both signs, so that no factors need be found.
* ``breakpoints``: where an expression changes its form, and rational points on and beside those places.
* ``zeros_on_a_line``: zeros and poles of a rational function along one of its symbols, by polynomials of FLINT.
* ``jumps``: points right beside the jumps of an expression, and jumps that no point has told apart.
* ``irrational_places``: places without rational coordinates, and what steps and relations are exactly there.
* ``touched_steps``: steps that are reached and not crossed, at places in closed form.
* ``narrow_parts``: parts of a maximum and cases that random points miss, by the way down to them.
* ``extrema``: where an expression is smallest or largest, and how it behaves at the ends of its region.
* ``magnitudes``: random rational numbers of every size: near 1, in the heavy tails, with even and with odd
  denominators.
* ``spread``: how far the parts of an expression differ in size, and so which balls tell it from 0.
* ``touching``: where what has one sign at all points comes so close to 0 that it may be 0.
"""
