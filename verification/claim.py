r"""Claims: what a paper prints, as data.

The printed side is typed from the page. The derived side is a reference to a theory function that never sees the
printed side. They first meet in a check, and a claim never imports a check.

A :class:`Claim` is made of :class:`Statement` s, each judged in the way its *form* says (:mod:`verification.forms`).
Experiments (Monte Carlo) and comparisons (a second deterministic opinion) judge the same candidates by other means.
Nothing of a claim is computed before somebody asks for its statements.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import sympy as sp
from sympy.logic.boolalg import Boolean

from verification.docstring import read
from verification.errors import ClaimError
from verification.forms import (
    Bound,
    Candidate,
    Comparison,
    Expansion,
    Experiment,
    Figure,
    Form,
    Identity,
    Invariance,
    Numerical,
    Region,
    StationaryDensity,
)
from verification.vocabulary import Grade, Kind, Source, refuse_no_id
from verification.yielding import yielded

Abbreviations: TypeAlias = Mapping[sp.Basic, sp.Basic]
"""What the page's own short names stand for, e.g. ``{kappa: 2 / zeta**2}``; definitions may use other names."""

Written: TypeAlias = "Candidate | Abbreviations | Callable[[], Candidate]"
"""How a candidate is given: a form; other definitions of the abbreviations in the printed form; or a function of
nothing that returns the form, for one that takes long to build."""


@dataclass(frozen=True)
class Citation:
    """Where a claim is printed."""

    paper: str
    where: str


@dataclass(frozen=True)
class NearMiss:
    """A wrong variant of a statement, of the kind that slips into papers. Every check set must refute it.

    Attributes:
        name, form: What is wrong with it, and the variant itself.
        machine_made: Whether :mod:`verification.mutation` made it from the right form.
        distance: How far it is from the right form, relative; None where it was not measured.
    """

    name: str
    form: Any
    machine_made: bool = False
    distance: float | None = None


KINDS: Mapping[type, Kind] = {
    Identity: Kind.IDENTITY,
    Expansion: Kind.EXPANSION,
    StationaryDensity: Kind.LAW,
    Region: Kind.THRESHOLD,
    Bound: Kind.INEQUALITY,
    Numerical: Kind.NUMERICAL,
    Invariance: Kind.INVARIANCE,
    Figure: Kind.FIGURE,
}
"""What sort of claim a first statement of each form makes, where the claim does not say."""


PRINTED, READ_AS, CORRECTED = "printed", "read as", "corrected"
"""Names of the candidates that are not wrong on purpose."""


@dataclass(frozen=True, eq=False)
class Statement:
    r"""One checkable sentence of a claim.

    Attributes:
        name: Short name, unique in its claim; stable, since results are filed under it.
        form: How candidates are judged.
        printed: The form on the page, in the page's own abbreviations.
        wrong: Wrong variants with a story, by what is wrong with them; every one must be refuted.
        left: LaTeX of the left-hand side that it completes, e.g. ``d\log\theta``.
        says: The sentence in words, formulas as ``$inline mathematics$``, where the formula does not say it all.
        where: What the page's abbreviations stand for.
        corrected: The right form, where the printed one fails; judged like any candidate.
        corrected_says: The correction in words, for forms that are no formulas a reader would read.
        read_as: The charitable reading, where the conversion of the page may have lost a glyph of the printed form.
        domain: Conditions beyond the symbols' assumptions under which the statement is made.
        experiments: Monte Carlo checks of the same candidates.
        comparisons: Deterministic numerical checks of the same candidates.
        counts: False for a remark: reported, but not deciding the claim's verdict.
        convention: Name of the convention under which this is judged, where the claim is judged under several.
        mutated: Whether machine-made near misses are added to ``wrong``.
    """

    name: str
    form: Form
    printed: Written
    wrong: Mapping[str, Written] = field(default_factory=dict)
    left: str = ""
    says: str = ""
    where: Abbreviations = field(default_factory=dict)
    corrected: Written | None = None
    corrected_says: str = ""
    read_as: Written | None = None
    domain: tuple[Boolean, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    counts: bool = True
    convention: str = ""
    mutated: bool = True

    def __post_init__(self) -> None:
        reserved = {PRINTED, READ_AS, CORRECTED} & set(self.wrong)
        if reserved:
            raise ClaimError(
                f"a near miss of statement {self.name!r} must not be called {min(reserved)!r}. Say what is wrong."
            )
        if isinstance(self.form, Numerical) and not (self.experiments or self.comparisons):
            raise ClaimError(
                f"statement {self.name!r} has no symbolic form and no experiment or comparison to judge it. "
                "Give measured=... or compared=...."
            )
        for what, named in (("experiments", self.experiments), ("comparisons", self.comparisons)):
            names = [each.name for each in named]
            if len(set(names)) != len(names):
                raise ClaimError(f"the {what} of statement {self.name!r} must have distinct names, got {names}.")

    @functools.cached_property
    def near_misses(self) -> tuple[NearMiss, ...]:
        """Hand-written near misses, then machine-made ones.

        Raises:
            ClaimError: there is none at all.
        """
        found = [NearMiss(name, self.judged(form)) for name, form in self.wrong.items()]
        if self.mutated:
            found += self._machine_made([near_miss.form for near_miss in found])
        if not found:
            raise ClaimError(
                f"statement {self.name!r} has no near miss: a check nobody has seen fail proves nothing. "
                "Give at least one wrong variant that its checks must refute: wrong={'what is wrong': form}."
            )
        return tuple(found)

    def _machine_made(self, wrong: Sequence[Candidate]) -> list[NearMiss]:
        from verification.mutation import mutants

        if isinstance(self.form, Numerical):
            return []  # Whether a measurement sees a small slip depends on its resolution: the author says which.
        made = mutants(self.right, domain=self.domain, form=self.form)
        taken = (*wrong, self._named[PRINTED])
        return [
            NearMiss(mutant.name, mutant.form, machine_made=True, distance=mutant.distance)
            for mutant in made
            if mutant.name not in self.wrong and all(mutant.form != other for other in taken)
        ]

    @property
    def right(self) -> Candidate:
        """The form that should hold: the corrected one, the charitable reading, or the printed one."""
        return next(self._named[name] for name in (CORRECTED, READ_AS, PRINTED) if name in self._named)

    def shown(self, written: Written) -> tuple[Candidate, Abbreviations]:
        """A candidate as the page shows it: the form with its abbreviations, and what they stand for."""
        if isinstance(written, Mapping):
            unknown = set(written) - set(self.where)
            if unknown:
                raise ClaimError(
                    f"statement {self.name!r} defines {', '.join(sorted(map(str, unknown)))} otherwise, which is no "
                    f"abbreviation of its printed form. Abbreviations: {', '.join(map(str, self.where)) or 'none'}."
                )
            form, where = self.shown(self.printed)[0], {**self.where, **written}
            return form, {name: meant for name, meant in where.items() if _mentions(form, name, where)}
        form = written() if callable(written) and not isinstance(written, sp.Basic) else written
        form = sp.Integer(form) if isinstance(form, int) and not isinstance(form, bool) else form
        return form, {name: meant for name, meant in self.where.items() if _mentions(form, name, self.where)}

    def judged(self, written: Written) -> Candidate:
        """A candidate as it is judged: every abbreviation replaced by what it stands for.

        Raises:
            ClaimError: abbreviations are defined in a circle.
        """
        form, meanings = self.shown(written)
        for _ in range(len(meanings) + 1):
            if not meanings or not form.free_symbols & set(meanings):
                return form
            form = form.subs(meanings, simultaneous=True)
        raise ClaimError(f"the abbreviations of statement {self.name!r} are defined in a circle: {dict(meanings)}.")

    @property
    def meets_mutants(self) -> bool:
        """Whether near misses of it are made by machine: the only ones that take long to name."""
        return self.mutated and isinstance(self.form, Identity | Expansion | StationaryDensity | Region | Bound)

    @property
    def misses(self) -> dict[str, bool]:
        """Names of the near misses, and whether each was made by machine."""
        return {near_miss.name: near_miss.machine_made for near_miss in self.near_misses}

    @property
    def _given(self) -> dict[str, Written]:
        given = {PRINTED: self.printed, READ_AS: self.read_as, CORRECTED: self.corrected}
        return {name: form for name, form in given.items() if form is not None}

    @property
    def meant(self) -> tuple[str, ...]:
        """Names of the candidates that are not wrong on purpose; nothing is computed for them."""
        return tuple(self._given)

    @functools.cached_property
    def _named(self) -> dict[str, Candidate]:
        return {name: self.judged(form) for name, form in self._given.items()}

    @functools.cached_property
    def _candidates(self) -> dict[str, Candidate]:
        return self._named | {near_miss.name: near_miss.form for near_miss in self.near_misses}

    def candidates(self) -> dict[str, Candidate]:
        """Every form the checks judge, by name: ``printed``, ``read as``, ``corrected``, the near misses."""
        return self._candidates

    @property
    def decisive(self) -> str:
        """Name of the candidate whose findings decide the verdict: the charitable reading where there is one."""
        return PRINTED if self.read_as is None else READ_AS


def _mentions(form: Any, name: sp.Basic, where: Abbreviations) -> bool:
    """Whether ``form`` uses an abbreviation, itself or through others that it uses."""
    seen: set[Any] = set()
    waiting = [form]
    while waiting:
        free = getattr(waiting.pop(), "free_symbols", set())
        if name in free:
            return True
        waiting += [where[other] for other in free if other in where and other not in seen]
        seen |= set(free)
    return False


MADE: dict[str, list[Claim]] = {}
"""The claims that a module has made, by its name; a loop leaves only the last of its claims under a name."""


@dataclass(frozen=True)
class Paper:
    """A source of claims: a paper, a preprint, a note of one's own.

    Attributes:
        key: Permanent short name, e.g. ``stochastic_collapse``; the lock and selectors use it.
        title, authors: As printed.
        reference, citation: Where it can be found, e.g. ``arXiv 2306.04251``; its key in a bibliography, for selectors.
        experiments: How many Monte Carlo checks its false-alarm budget is divided among. Declared, not counted, so
            that a new claim changes no sample size of an old one; a source with more is refused.
        symbols: What symbols mean throughout; a claim shows those that stand in its formulas.
    """

    key: str
    title: str = ""
    authors: str = ""
    reference: str = ""
    citation: str = ""
    experiments: int = 100
    symbols: Mapping[sp.Basic, str] = field(default_factory=dict, hash=False)

    def claim(
        self,
        id: str,
        where: str,
        *,
        symbols: Mapping[sp.Basic, str] | None = None,
        kind: Kind | None = None,
        source: Source = Source.PAGE,
        grade: Grade | None = None,
        scope: str = "",
        notes: Iterable[str] = (),
    ) -> Callable[[Callable[[], Iterable[Statement]]], Claim]:
        """Make a claim of the function that yields its statements; see :class:`Claim` for the arguments.

        The function's docstring says title, page's words, scope and notes (:mod:`verification.docstring`); ``notes``
        are those that several claims share, and follow its own.
        """
        refuse_no_id(id)
        for name, value, kinds in (("grade", grade, Grade), ("source", source, Source), ("kind", kind, Kind)):
            if not isinstance(value, kinds | None):
                raise ClaimError(f"{name} of claim {id} must be a {kinds.__name__}, got {value!r}.")

        def made(statements: Callable[[], Iterable[Statement]]) -> Claim:
            prose = read(statements.__doc__ or "")
            claim = Claim(
                id=id,
                title=prose.title,
                paper=self,
                where=where,
                statements_of=statements,
                words=prose.words,
                declared_kind=kind,
                symbols=symbols or {},
                source=source,
                grade=grade,
                scope=scope or prose.scope or "exact",
                notes=(*prose.notes, *notes),
            )
            MADE.setdefault(claim.module, []).append(claim)
            return claim

        return made


@dataclass(frozen=True, eq=False)
class Claim:
    """One entry of a paper's catalogue.

    Attributes:
        id, title: Permanent id, e.g. ``SC-031``, and a few words.
        paper: The source it belongs to.
        where: Where it is printed, e.g. ``Section 4, Eq. (5)``.
        statements_of: Function that yields what is judged; called when somebody first asks.
        words: The page's own words, where its formulas do not say it all.
        declared_kind: What sort of statement it makes; None to go by the form of the first statement.
        symbols: Meaning of the symbols that its paper does not explain, or explains otherwise, in the paper's words.
        source: Where the point at issue stands.
        grade: In which way it does not hold as it stands; None where it holds, or where that is not known.
        scope: ``exact``, or the small parameter and the order to which it is meant.
        notes: What a reader should know besides, e.g. differences between paper and released code.
    """

    id: str
    title: str
    paper: Paper
    where: str
    statements_of: Callable[[], Iterable[Statement]]
    words: str = ""
    declared_kind: Kind | None = None
    symbols: Mapping[sp.Basic, str] = field(default_factory=dict)
    source: Source = Source.PAGE
    grade: Grade | None = None
    scope: str = "exact"
    notes: tuple[str, ...] = ()

    @functools.cached_property
    def statements(self) -> tuple[Statement, ...]:
        """What is judged.

        Raises:
            ClaimError: there is nothing, two statements have one name, something else than statements came, or all of
                them are remarks.
        """
        made = yielded(self.id, self.statements_of, Statement)
        if not any(statement.counts for statement in made):
            raise ClaimError(f"claim {self.id} has remarks alone, which decide nothing. Leave out one remark=.")
        return made

    @property
    def cites(self) -> Citation:
        """Where it is printed."""
        return Citation(self.paper.key, self.where)

    @property
    def module(self) -> str:
        """Dotted name of the module that holds it."""
        return self.statements_of.__module__

    @property
    def kind(self) -> Kind:
        """What sort of statement it makes."""
        return self.declared_kind or KINDS[type(self.statements[0].form)]

    def statement(self, name: str) -> Statement:
        """The statement called ``name``."""
        for statement in self.statements:
            if statement.name == name:
                return statement
        raise ClaimError(f"claim {self.id} has no statement {name!r}; it has {[s.name for s in self.statements]}.")
