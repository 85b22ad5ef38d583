r"""LaTeX as a tree of MathML elements, let through an allow-list.

What latex2mathml emits is not trusted: it keeps ``\href`` and leaves what stands in ``\text`` unescaped. Its tree is
therefore rebuilt element by element from the names below, so that nothing a claim says can become markup or script.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from verification.errors import FormulaError

ELEMENTS = frozenset(
    "mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup munder mover "
    "munderover mmultiscripts mprescripts mtable mtr mtd".split()
)
"""Presentation elements of MathML Core that may appear; any other is replaced by its contents."""

ATTRIBUTES = frozenset(
    "displaystyle scriptlevel form fence separator lspace rspace stretchy symmetric minsize maxsize largeop "
    "movablelimits accent accentunder linethickness width height depth columnspan rowspan".split()
)
"""Attributes that may appear, with values of :data:`VALUE`. No link, no event handler, no style."""

VALUE = re.compile(r"[a-z]{1,12}|-?[0-9.]{1,8}(em|ex|px|%)?")

PRIMES = frozenset("\u2032\u2033\u2034\u2057")
INVISIBLE_TIMES = "\u2062"

ARITY = dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2) | {"msubsup": 3, "munderover": 3}
"""How many children an element has."""


def typeset(source: str, *, display: bool = True) -> list[ET.Element]:
    r"""The elements of a formula in LaTeX, without the ``math`` element around them.

    Raises:
        FormulaError: braces or environments do not match, or a command is not known.
    """
    from latex2mathml.converter import Converter

    try:
        _refuse_loose_braces(source)
        tree = Converter(display="block" if display else "inline").convert_to_element(_prepared(source))
    except Exception as error:  # latex2mathml raises many kinds on LaTeX it does not know.
        raise FormulaError(
            f"the formula {source!r} cannot be typeset ({type(error).__name__}). It must be LaTeX whose braces, "
            r"\left and \right, \begin and \end match."
        ) from error
    parts = [part for child in tree for part in _rebuilt(child)]
    short = [element for part in parts for element in part.iter() if len(element) < ARITY.get(element.tag, 0)]
    if short:
        raise FormulaError(f"the formula {source!r} cannot be typeset: a command in it lacks an argument. Give it one.")
    unknown = [token.text for part in parts for token in part.iter() if token.text and "\\" in token.text]
    if unknown:
        raise FormulaError(f"the formula {source!r} has the command {unknown[0]}, which is not known. Use another.")
    return parts


def _refuse_loose_braces(source: str) -> None:
    depth = 0
    for brace in re.findall(r"\\.|[{}]", source, re.DOTALL):
        depth += (brace == "{") - (brace == "}")
        if depth < 0:
            break
    if depth:
        raise ValueError(f"braces do not match in {source!r}.")


def _prepared(source: str) -> str:
    r"""LaTeX that latex2mathml reads rightly: it takes ``\\0`` for one command, knows no ``\arg``, wants braces."""
    # Behind a line break or the start of a matrix, a bracket would be read as an option.
    source = re.sub(r"(\\begin\{[a-z]*matrix\}|\\\\)\s*(?=\[)", r"\1 {}", source)
    spaced = re.sub(r"\\\\(?=\S)", r"\\\\ ", source)
    spaced = re.sub(r"\\(mathcal|mathbb|mathbf) +(\w)", r"\\\1{\2}", spaced)
    return re.sub(r"\\arg(?![a-zA-Z])", r"\\operatorname{arg}", spaced).replace(r"\middle|", "|")


def _rebuilt(element: ET.Element) -> list[ET.Element]:
    """``element`` from allowed parts only, or what is allowed of its contents."""
    name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    children = [part for child in element for part in _rebuilt(child)]
    text = _clean(element.text)
    if name not in ELEMENTS:
        return children if children or not text.strip() else [_token("mtext", text)]
    if name == "msup" and len(children) == 2 and set(children[1].text or " ") <= PRIMES:
        # A prime is drawn raised already; as a superscript it shrinks to a dot.
        children[1].tag, children[1].attrib = "mo", {"lspace": "0em", "rspace": "0em"}
        name = "mrow"
    copy = _token(name, text)
    copy.attrib.update(_allowed(element.attrib))
    copy.extend(children)
    return [copy]


def _token(name: str, text: str) -> ET.Element:
    element = ET.Element(name)
    element.text = text or None
    return element


def _allowed(attributes: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in attributes.items() if name in ATTRIBUTES and VALUE.fullmatch(value)}
    if attributes.get("mathvariant") == "normal":
        kept["mathvariant"] = "normal"
    if attributes.get("columnalign") == "left":
        # Alignment of columns is a matter of style sheets in MathML Core.
        kept["class"] = "left"
    return kept


def _clean(text: str | None) -> str:
    """Text with latex2mathml's character references resolved, without characters that XML cannot hold."""
    resolved = html.unescape(text or "")
    return "".join(c for c in resolved if c.isprintable() or c in "\u00a0\u2009\u2003 " or c == INVISIBLE_TIMES)
