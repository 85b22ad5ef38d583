r"""A typeset formula as one line of Unicode: ``θ²/2 − (μ − ζ²) log θ``. Needs no SymPy, so that lists can use it.

The line is read from the same tree that becomes MathML, token by token. A token remembers what it is, so that the row
around it knows where blanks and brackets belong: a fraction beside a factor is bracketed, a sum in a numerator is.
"""

from __future__ import annotations

import enum
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verification.formulas.tree import INVISIBLE_TIMES, PRIMES

SUPERSCRIPTS = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW⊤βγδθφχ∘",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵀᵝᵞᵟᶿᵠᵡ°",
        strict=True,
    )
)
SUBSCRIPTS = dict(zip("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))

ACCENTS = {
    "~": "\u0303",
    "^": "\u0302",
    "¯": "\u0304",
    "―": "\u0304",
    "‾": "\u0304",
    "_": "\u0304",
    "˙": "\u0307",
    "¨": "\u0308",
    "→": "\u20d7",
    "ˇ": "\u030c",
}
"""Accent of MathML -> combining mark."""

OPENING, CLOSING, BARS = frozenset("([{⟨⌈⌊"), frozenset(")]}⟩⌉⌋"), frozenset("|‖∥")
TIGHT = frozenset("·⋅/∕!∗*")
BIG = frozenset("∑∏∫∮⋃⋂")
BINARY = frozenset("+−-±∓=<>≤≥≪≫≠≈∼≃≅≡∝∈∉⊂⊆∪∩∧∨→←↔↦⇒⇔⟹⟸⟺⇐↓↑∣⊥×∘⊗⊕⊙≔≺≻⪯⪰⋯…⋮∶")
ROOTS = {"3": "∛", "4": "∜"}


class Role(enum.Enum):
    """What a token is to its neighbours."""

    ATOM = enum.auto()
    WORD = enum.auto()
    NUMBER = enum.auto()
    FRACTION = enum.auto()
    BINARY = enum.auto()
    TIGHT = enum.auto()
    OPEN = enum.auto()
    CLOSE = enum.auto()
    COMMA = enum.auto()
    BLANK = enum.auto()
    TEXT = enum.auto()


OPERANDS = frozenset({Role.ATOM, Role.WORD, Role.NUMBER, Role.FRACTION})


@dataclass(frozen=True)
class Token:
    """A piece of a line and its role; ``big`` for an operator such as a sum, whose reach has no closing bracket."""

    text: str
    role: Role
    big: bool = False


def line(parts: Iterable[ET.Element]) -> str:
    """The line of a row of elements."""
    return unicodedata.normalize("NFC", " ".join(_joined(_tokens(parts)).split()))


def _tokens(parts: Iterable[ET.Element]) -> list[Token]:
    """The tokens of a row, rows inside it taken apart; letters set upright make a word."""
    found: list[Token] = []
    upright = ""
    for part in parts:
        letter = part.text or "" if part.tag == "mi" and part.get("mathvariant") == "normal" else ""
        if upright and not letter:
            found.append(Token(upright, Role.WORD if len(upright) > 1 else Role.ATOM))
            upright = ""
        if letter:
            upright += letter
        else:
            found += _READERS.get(part.tag, _row)(part)
    return found + ([Token(upright, Role.WORD if len(upright) > 1 else Role.ATOM)] if upright else [])


def _row(part: ET.Element) -> list[Token]:
    return _tokens(part)


def _identifier(part: ET.Element) -> list[Token]:
    text = part.text or ""
    if text in BINARY or text == ":":
        return [Token(text, Role.COMMA if text == ":" else Role.BINARY)]
    return [Token(text, Role.WORD if len(text) > 1 and text.isalpha() else Role.ATOM)] if text else []


def _number(part: ET.Element) -> list[Token]:
    return [Token(part.text or "", Role.NUMBER)]


def _words(part: ET.Element) -> list[Token]:
    return [Token((part.text or "").replace("\u00a0", " "), Role.TEXT)]


def _space(part: ET.Element) -> list[Token]:
    return [] if (part.get("width") or "").startswith("-") else [Token(" ", Role.BLANK)]


def _operator(part: ET.Element) -> list[Token]:
    text = part.text or ""
    form = part.get("form") if part.get("fence") else None
    if not text or text in (INVISIBLE_TIMES, "\u2061"):
        return []
    if form or text in OPENING | CLOSING:
        opens = form == "prefix" or (form is None and text in OPENING)
        return [Token("‖" if text == "∥" else text, Role.OPEN if opens else Role.CLOSE)]
    if text in PRIMES:
        return [Token(text, Role.TIGHT)]
    if text in (",", ";", ":"):
        return [Token(text, Role.COMMA)]
    if text in BIG:
        return [Token(text, Role.ATOM, big=True)]
    if text in BINARY:
        return [Token("−" if text == "-" else text, Role.BINARY)]
    if text in TIGHT:
        return [Token("·" if text == "⋅" else text, Role.TIGHT)]
    if text in BARS:
        return [Token(text, Role.TIGHT)]
    return [Token(text, Role.WORD if len(text) > 1 and text.isalpha() else Role.ATOM)]


def _fraction(part: ET.Element) -> list[Token]:
    above, below = (_tokens([child]) for child in part)
    if part.get("linethickness") == "0":
        return [Token(f"{_joined(above)} choose {_joined(below)}", Role.ATOM)]
    numerator = _joined(above) if _is_product(above) else f"({_joined(above)})"
    denominator = _joined(below) if _is_single(below) else f"({_joined(below)})"
    return [Token(f"{numerator}/{denominator}", Role.FRACTION)]


def _root(part: ET.Element) -> list[Token]:
    order = line([part[1]]) if part.tag == "mroot" else "2"
    inside = _tokens([part[0]]) if part.tag == "mroot" else _tokens(part)
    text = _joined(inside)
    sign = "√" if order == "2" else ROOTS.get(order) or _raised(order, SUPERSCRIPTS, "") + "√"
    return [Token(sign + (text if _is_single(inside) and len(text) == 1 else f"({text})"), Role.ATOM)]


def _scripts(part: ET.Element) -> list[Token]:
    """A base with a subscript, a superscript or both; sums carry their limits in the same way."""
    children = list(part)
    base = _tokens(children[:1])
    below = line(children[1:2]) if part.tag in ("msub", "munder", "msubsup", "munderover") else ""
    above = line(children[-1:]) if part.tag in ("msup", "mover", "msubsup", "munderover") else ""
    if part.tag == "mover" and above in ACCENTS:
        return [_accented(_joined(base), ACCENTS[above])]
    if below in ("⏟", "_") or above == "⏞":
        return base
    text, role = _joined(base), base[0].role if len(base) == 1 else Role.ATOM
    bar = len(base) == 1 and base[0].text in BARS
    if text == "e" and above and not below and set(above) - set(SUPERSCRIPTS):
        return [Token(f"exp({above})", Role.WORD)]
    if role is Role.FRACTION or (len(base) > 1 and not _is_single(base)):
        text = f"({text})"
    if bar:
        role = Role.CLOSE  # As in the limits of an evaluation or a norm.
    elif role in (Role.FRACTION, Role.OPEN, Role.BINARY, Role.NUMBER, Role.TIGHT):
        role = Role.ATOM
    primes = above[: len(above) - len(above.lstrip("′″‴⁗"))]
    text, above = text + primes, above.removeprefix(primes).strip()
    text += (_raised(below, SUBSCRIPTS, "_") if below else "") + (_raised(above, SUPERSCRIPTS, "^") if above else "")
    return [Token(text, role, big=any(token.big for token in base) or (role is Role.WORD and bool(below)))]


def _accented(text: str, mark: str) -> Token:
    letters = [letter for letter in text if not unicodedata.combining(letter)]
    if len(letters) == 1:
        return Token(text + mark, Role.ATOM)
    if mark == "\u0304":
        return Token("".join(letter + mark if not letter.isspace() else letter for letter in text), Role.ATOM)
    name = {"\u0303": "tilde", "\u0302": "hat", "\u0307": "dot", "\u20d7": "vec"}.get(mark, "bar")
    return Token(f"{name}({text})", Role.ATOM)


def _raised(text: str, letters: dict[str, str], sign: str) -> str:
    """A script in Unicode's own letters, or behind ``sign`` where one of them is missing."""
    tight = re.sub(rf" ?([{re.escape(''.join(BINARY))}]) ?", r"\1", text).replace(", ", ",")
    if sign == "_":
        tight = tight.replace(" ", "")
    if all(letter in letters for letter in tight):
        return "".join(letters[letter] for letter in tight)
    if set(tight) <= {"*", "∗", "†", *PRIMES}:
        return tight if sign == "^" else f"_{tight}"
    name = tight.isalnum() and not set(tight) & {*SUBSCRIPTS.values(), *SUPERSCRIPTS.values()}
    whole = len(tight) == 1 or name or (tight[0] == "(" and tight.find(")") == len(tight) - 1)
    return f"{sign}{tight}" if whole else f"{sign}({tight if sign == '_' else text})"


def _table(part: ET.Element) -> list[Token]:
    rows = (", ".join(filter(None, (line(cell) for cell in row))) for row in part)
    return [Token("; ".join(re.sub(r", (for |if |otherwise)", r" \1", row) for row in rows), Role.ATOM)]


_READERS = {
    "mi": _identifier,
    "mn": _number,
    "mo": _operator,
    "ms": _words,
    "mtext": _words,
    "mspace": _space,
    "mfrac": _fraction,
    "msqrt": _root,
    "mroot": _root,
    "mtable": _table,
    **dict.fromkeys(("msub", "msup", "msubsup", "munder", "mover", "munderover"), _scripts),
}


def _joined(tokens: Sequence[Token]) -> str:
    """The line of a row of tokens, with blanks where their roles ask for them."""
    tokens = _with_bars(tokens)
    text = ""
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else None
        text += _blank(before, token, _operand_before(tokens, i - 1))
        neighbours = (_nearest(tokens[:i][::-1]), _nearest(tokens[i + 1 :]))
        text += f"({token.text})" if token.role is Role.FRACTION and _in_product(*neighbours) else token.text
    return text


def _nearest(tokens: Sequence[Token]) -> Token | None:
    return next((token for token in tokens if token.role is not Role.BLANK), None)


def _operand_before(tokens: Sequence[Token], i: int) -> bool:
    """Whether what stands before an operator is an operand: otherwise the operator is a sign."""
    while i >= 0 and tokens[i].role is Role.BLANK:
        i -= 1
    if i < 0:
        return False
    token = tokens[i]
    if token.role is Role.TEXT:
        return not token.text.endswith(" ")  # As the words in ``Z < \\infty \\text{ iff } -\\mu > 0``.
    return token.role in OPERANDS | {Role.CLOSE} or token.text in PRIMES


def _in_product(before: Token | None, after: Token | None) -> bool:
    """Whether what stands between is a factor beside others, so that a fraction there needs brackets."""
    left = before is not None and before.role in OPERANDS | {Role.CLOSE, Role.TIGHT} and not before.big
    return left or (after is not None and after.role in OPERANDS | {Role.OPEN, Role.TIGHT})


def _blank(before: Token | None, token: Token, operand: bool) -> str:
    """What stands between two tokens: a blank or nothing."""
    if before is None:
        return ""
    one, two = before.role, token.role
    if two is Role.BINARY:
        return " " if operand else ""
    if one is Role.BINARY:
        return " "
    if one is Role.COMMA or Role.BLANK in (one, two):
        return " " if one is Role.COMMA else ""
    if two in (Role.COMMA, Role.CLOSE, Role.TIGHT) or one in (Role.OPEN, Role.TIGHT):
        return ""
    if two is Role.OPEN:
        return " " if before.big or (one is Role.TEXT and before.text[-1:].isalnum()) else ""
    if one is Role.TEXT or two is Role.TEXT:
        return " " if before.text[-1:].isalnum() and token.text[:1].isalnum() else ""
    if Role.WORD in (one, two) or before.big or two is Role.NUMBER or token.big:
        return " "
    return " " if _open_ended(before.text) or token.text[0] in SUBSCRIPTS.values() else ""


def _open_ended(text: str) -> bool:
    """Whether a letter written behind ``text`` would be read into its script or under its root."""
    if text[0] in "√∛∜" and text[-1] != ")":
        return True
    base, _, script = text.replace("^", "_").rpartition("_")
    return bool(base) and script.isalnum()


def _with_bars(tokens: Sequence[Token]) -> list[Token]:
    """Bars as opening or closing brackets, and signs told from operators between operands."""
    found: list[Token] = []
    opened: list[str] = []
    for i, token in enumerate(tokens):
        if token.text in BARS and token.role is Role.TIGHT:
            text = "‖" if token.text == "∥" else token.text
            closes = text in opened
            (opened.remove if closes else opened.append)(text)
            token = Token(text, Role.CLOSE if closes else Role.OPEN)
        elif token.role is Role.BINARY and token.text in "+−±∓" and not _operand_before(found, i - 1):
            token = Token(token.text, Role.OPEN)
        found.append(token)
    return found


def _top(tokens: Sequence[Token]) -> list[Token]:
    """The tokens outside all brackets; each pair of brackets counts as its closing one."""
    depth, found = 0, []
    for token in _with_bars(tokens):
        sign = token.text in "+−±∓"
        depth += token.role is Role.OPEN and not sign
        depth -= token.role is Role.CLOSE
        if depth == 0:
            found.append(token)
    return found


def _is_single(tokens: Sequence[Token]) -> bool:
    """One operand or ``dx``, which needs no brackets in a denominator or under a root."""
    top = [token for token in _top(tokens) if token.role is not Role.BLANK]
    if len(top) == 2 and top[0].text in ("d", "∂") and top[1].role is Role.ATOM:
        return True
    return len(top) == 1 and top[0].role in (Role.ATOM, Role.WORD, Role.NUMBER, Role.CLOSE) and not top[0].big


def _is_product(tokens: Sequence[Token]) -> bool:
    """Factors alone, which need no brackets in a numerator: no sum, no fraction, no sum sign, no ``log x``."""
    top = [token for token in _top(tokens) if token.role is not Role.BLANK]
    bare = any(a.role is Role.WORD and b.role in OPERANDS for a, b in zip(top, top[1:], strict=False))
    single = len(top) == 1 and top[0].role is Role.FRACTION
    loose = any(token.role in (Role.BINARY, Role.COMMA, Role.TEXT) or token.big for token in top)
    return not (loose or bare or single or any(t.role is Role.TIGHT and t.text in "/∕" for t in top))
