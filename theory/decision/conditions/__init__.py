"""Conditions: in a form a reader recognises, and whether two are true at the same points.

* ``inequalities``: sign conditions on parameters, in a form a reader recognises.
* ``thin_parts``: parts of conditions that may be true at a single place, and that no point met.
* ``surfaces``: points beside the surfaces of inequalities: where two conditions differ, if they do.
* ``poles``: places inside a region at which an expression has no value.
* ``holes``: places without rational coordinates that one of two conditions leaves out.
* ``definedness``: where a condition has no truth value because a side of it has no real one.
* ``sign_patterns``: proofs that two conditions are true at the same points, from the signs of their factors.
* ``line_cells``: the cells into which the zeros of polynomials cut the line, with the signs they have there.
* ``linear_systems``: systems of linear inequalities without a solution, by exact elimination.
* ``monotony``: proofs by monotony: bounds whose margin is a function of one quantity, conditions solved for one letter.
* ``other_forms``: conditions in another form that is true at the same points: logarithms, squares, whole numbers.
* ``separated_sums``: proofs that a sum of functions of one letter each stays above a number.
"""
