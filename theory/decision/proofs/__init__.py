"""Proofs that an expression has one sign on a line, on a box, at whole numbers, or piece by piece.

* ``box_signs``: the sign of a polynomial on a box, by substitutions after which all coefficients have one sign.
* ``places``: zeros of a function on a line as places, the signs between them, and the numbers that may be zeros.
* ``signs_on_line``: the signs of an elementary function of one variable on an interval: a proof by its derivatives.
* ``orderings``: proofs of polynomial inequalities by ordering the letters, until no coefficient is negative.
* ``readings``: kinks and cases read in every way.
* ``repeating_steps``: steps that repeat themselves, proved over one period.
* ``ranges``: what values an expression takes on a whole box.
* ``signs_on_boxes``: proofs that an expression has one sign on a whole box, by its ranges.
* ``sign_proofs``: all proofs that an expression has one sign, in one place.
* ``whole_numbers``: signs at whole numbers, one by one for those that stand for all others.
"""
