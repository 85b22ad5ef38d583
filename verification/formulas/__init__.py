r"""Formulas as readers meet them: one source, three faces, whether it comes from SymPy or stands in a sentence.

===================  =======================================================================================
``expressions``      SymPy -> LaTeX
``markup``           LaTeX -> MathML, through an allow-list: formulas on web pages
``plain``            LaTeX -> one line of Unicode: formulas in terminals, in the lock and for screen readers
``stacked``          SymPy -> lines of Unicode, fractions over fractions: formulas in terminals, set with SymPy
``prose``            sentences with ``$inline mathematics$`` -> HTML and text
``statements``       a left-hand side completed by a form, followed by what its abbreviations stand for
===================  =======================================================================================

LaTeX is written once, as the left-hand side of a statement or inline in a sentence; the faces are made from it. What
cannot be typeset is refused with a :class:`~verification.errors.FormulaError`.

* ``tree``: LaTeX as a tree of MathML elements, let through an allow-list.
* ``one_line``: that tree as one line of Unicode.
* ``sentences``: sentences taken apart at their dollar signs, and as plain text, without SymPy.
"""

from typing import TYPE_CHECKING

from theory.lazy_names import names_on_demand

if TYPE_CHECKING:
    from verification.formulas.expressions import latex
    from verification.formulas.markup import formula, mathml
    from verification.formulas.plain import unicode_math
    from verification.formulas.prose import (
        docstring_prose,
        docstring_text,
        prose_html,
        prose_text,
        readable,
        readable_html,
        readable_text,
    )
    from verification.formulas.sentences import plain_sentence
    from verification.formulas.stacked import two_dimensional
    from verification.formulas.statements import (
        correction_text,
        corrections_text,
        equation_text,
        printed_text,
        short_text,
        statement_line,
        statement_text,
        written_text,
    )

__getattr__ = names_on_demand(__name__, __file__)

__all__ = [
    "correction_text",
    "corrections_text",
    "docstring_prose",
    "docstring_text",
    "equation_text",
    "formula",
    "latex",
    "mathml",
    "plain_sentence",
    "printed_text",
    "prose_html",
    "prose_text",
    "readable",
    "readable_html",
    "readable_text",
    "short_text",
    "statement_line",
    "statement_text",
    "two_dimensional",
    "unicode_math",
    "written_text",
]
