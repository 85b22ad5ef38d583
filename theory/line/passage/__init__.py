"""First passage: where a diffusion goes, and how long it takes.

* ``first_passage``: first passage of diffusions on the line: where they go.
* ``over_exponents``: first passage by cases of a parameter in the exponents.
* ``passage_numbers``: what they give between numbers where no formula is written.
* ``passage_time``: how long they take: mean exit times, first passage to a level, explosion.
"""
