"""Exact decisions: is an expression zero, what is its sign, where does a condition hold?

* ``ball_functions``: which method of Arb encloses which function of SymPy, with SymPy's conventions for arguments and
  branches.
* ``balls``: rigorous enclosures: an expression at a point, as a ball of Arb that contains the exact value.
* ``enclosures``: the walk through an expression that encloses it.
* ``real_and_complex_balls``: how powers, functions, cases and integrals are enclosed, on the line and in the plane.
* ``integrals_in_pieces``: integrands with kinks, cut where balls prove what each piece is.
* ``factorisation``: irreducible factors of an expression in its kernels, and the signs that follow from them.
* ``far_sides``: walls at which a root or a logarithm may change its branch, and of which points met one side alone.
* ``inequalities``: sign conditions on parameters, in a form a reader recognises.
* ``field_generators``: generators for numbers, powers, exponentials and logarithms, with what is known of their signs.
* ``kernels``: expressions as rational functions: kernels become generators, and the relations between them become
  relations.
* ``roots_of_unity``: sines and cosines of rational multiples of pi, exactly.
* ``normal_form``: proofs by normal form: a residual that is the zero rational function in its generators is zero.
* ``plain_symbols``: roots and functions of parameters as symbols, complex symbols by their real parts.
* ``point_search``: the residual of an expression at random admissible points, as balls of rising precision.
* ``rational_functions``: exact arithmetic of rational functions over Q in generators, some of which are algebraic
  over the earlier ones.
* ``rational_points``: exact values and truths at rational points: the arithmetic that decides conditions without
  rounding.
* ``region``: random rational points inside the assumptions of symbols and inside given conditions.
* ``sign``: the sign of an expression on a region: normal forms first, then balls at rational points.
* ``surfaces``: points beside the surfaces of inequalities: where two conditions differ, if they do.
* ``poles``: places inside a region at which an expression has no value.
* ``holes``: places without rational coordinates that one of two conditions leaves out.
* ``undefined_functions``: random polynomials in the place of undefined functions: a formula for every function must
  hold for them.
* ``zero``: is this expression zero, under these assumptions? And what is its sign?
* ``cases``: case distinctions that a region decides: branches it excludes, and branches where nothing is defined.
* ``both_signs``: whether an expression is seen to take both signs, so that no factors need be found.
* ``breakpoints``: where an expression changes its form, and rational points on and beside those places.
* ``zeros_on_a_line``: zeros and poles of a rational function along one of its symbols, by polynomials of FLINT.
* ``jumps``: points right beside the jumps of an expression, and jumps that no point has told apart.
* ``irrational_places``: places without rational coordinates, and what steps and relations are exactly there.
* ``touched_steps``: steps that are reached and not crossed, at places in closed form.
* ``narrow_parts``: parts of a maximum and cases that random points miss, by the way down to them.
* ``obstacles``: what cannot be looked at: infinities, floating-point numbers, and what is too large.
* ``equations``: branches that are equations: solved exactly for one symbol, or said to be unsolved.
* ``extrema``: where an expression is smallest or largest, and how it behaves at the ends of its region.
* ``magnitudes``: random rational numbers of every size: near 1, in the heavy tails, with even and with odd
  denominators.
* ``definedness``: where a condition has no truth value because a side of it has no real one.
* ``sign_patterns``: proofs that two conditions are true at the same points, from the signs of their factors.
* ``line_cells``: the cells into which the zeros of polynomials cut the line, with the signs they have there.
* ``box_signs``: the sign of a polynomial on a box, by substitutions after which all coefficients have one sign.
* ``linear_systems``: systems of linear inequalities without a solution, by exact elimination.
* ``places``: zeros of a function on a line as places, the signs between them, and the numbers that may be zeros.
* ``signs_on_line``: the signs of an elementary function of one variable on an interval: a proof by its derivatives.
* ``monotony``: proofs by monotony: bounds whose margin is a function of one quantity, conditions solved for one letter.
* ``orderings``: proofs of polynomial inequalities by ordering the letters, until no coefficient is negative.
* ``evidence_class``: for which expressions agreement at points is evidence, as a closed list.
* ``pieces``: an expression with kinks, steps and cases, proved piece by piece or looked at in each piece.
* ``readings``: kinks and cases read in every way.
* ``repeating_steps``: steps that repeat themselves, proved over one period.
* ``ranges``: what values an expression takes on a whole box.
* ``signs_on_boxes``: proofs that an expression has one sign on a whole box, by its ranges.
* ``sign_proofs``: all proofs that an expression has one sign, in one place.
* ``spread``: how far the parts of an expression differ in size, and so which balls tell it from 0.
* ``touching``: where what has one sign at all points comes so close to 0 that it may be 0.
* ``whole_numbers``: signs at whole numbers, one by one for those that stand for all others.
* ``other_forms``: conditions in another form that is true at the same points: logarithms, squares, whole numbers.
* ``separated_sums``: proofs that a sum of functions of one letter each stays above a number.
* ``second_kernel``: proofs of zero computed a second time, by the multivariate polynomials of FLINT.
"""
