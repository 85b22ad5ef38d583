"""The symbolic check on statements whose truth is known."""

from __future__ import annotations

import json

import pytest
import sympy as sp

from tests.verification import fake_claims as fake
from theory.ito import ItoProcess
from theory.parameters import parameter
from verification.checks.symbolic import SymbolicCheck, judge
from verification.forms import Expansion, Figure, Identity, Numerical, StationaryDensity
from verification.run.task import Result, Status
from verification.verdict import Finding, Outcome

CHECK = SymbolicCheck()

x = sp.Symbol("x", positive=True)
r = sp.Symbol("r", real=True)
k = sp.Symbol("k", positive=True)


def outcome(form, candidate, domain=()) -> Outcome:
    return judge(form, candidate, domain).outcome


def test_an_identity_is_proved_and_its_mutant_refuted_with_a_witness():
    form = Identity(lambda: (x + 1) ** 2)
    assert outcome(form, x**2 + 2 * x + 1) is Outcome.PROVED
    wrong = judge(form, x**2 + x + 1, ())
    assert wrong.outcome is Outcome.REFUTED
    assert set(wrong.witness or {}) == {"x"}


def test_an_identity_beyond_normal_forms_is_certified_and_not_called_proved():
    form = Identity(lambda: sp.pi / 2 - sp.atan(x))
    assert outcome(form, sp.atan(1 / x)) is Outcome.CERTIFIED
    assert outcome(form, sp.atan(1 / x) * sp.Rational(21, 20)) is Outcome.REFUTED


def test_a_float_in_a_formula_is_undecided_and_never_a_pass():
    assert outcome(Identity(lambda: sp.sqrt(x)), x**0.5) is Outcome.UNDECIDED


def test_an_empty_domain_is_undecided_and_never_a_pass():
    form = Identity(lambda: sp.atan(1 / x))
    assert outcome(form, sp.pi / 2 - sp.atan(x), (x < 1, x > 2)) is Outcome.UNDECIDED


def test_the_domain_decides_where_forms_must_agree():
    form = Identity(lambda: sp.Abs(r))
    assert outcome(form, r, (r > 0,)).supports
    assert outcome(form, r) is Outcome.REFUTED


def test_every_entry_of_a_matrix_counts():
    form = Identity(lambda: sp.Matrix([x, x**2]))
    assert outcome(form, sp.Matrix([x, x**2])) is Outcome.PROVED
    assert outcome(form, sp.Matrix([x, x**2 + 1])) is Outcome.REFUTED


def test_the_weakest_entry_names_the_evidence():
    form = Identity(lambda: sp.Matrix([x, sp.pi / 2 - sp.atan(x)]))
    assert outcome(form, sp.Matrix([x, sp.atan(1 / x)])) is Outcome.CERTIFIED


@pytest.mark.parametrize("form", [Identity(lambda: sp.Matrix([x, x])), Expansion(lambda: sp.Matrix([x, x]), x, 1)])
def test_another_shape_is_refuted(form):
    wrong = judge(form, x, ())
    assert wrong.outcome is Outcome.REFUTED
    assert "shapes differ" in wrong.reason


def test_a_potential_is_compared_up_to_its_constant_and_no_further():
    form = Identity(lambda: x**2, modulo=lambda side: sp.diff(side, x))
    assert outcome(form, x**2 + k) is Outcome.PROVED
    assert outcome(form, x**2 + k * x) is Outcome.REFUTED


def test_a_stationary_law_is_judged_up_to_its_factor_and_no_further():
    form = StationaryDensity(lambda: ItoProcess.scalar(r, drift=-k * r, dispersion=sp.S.One))
    gauss = sp.exp(-k * r**2)
    assert outcome(form, gauss) is outcome(form, 7 * k * gauss) is Outcome.PROVED
    assert outcome(form, sp.exp(-k * r**2 / 2)) is Outcome.REFUTED
    assert outcome(form, gauss + sp.exp(-2 * k * r**2)) is Outcome.REFUTED


def density(process: ItoProcess, candidate: sp.Expr, domain=(), **flags: bool) -> Outcome:
    return outcome(StationaryDensity(lambda: process, **flags), sp.sympify(candidate), domain)


WALK = ItoProcess.scalar(r, drift=sp.S.One, dispersion=sp.S.One)
PULLED = ItoProcess.scalar(r, drift=-k * r, dispersion=sp.S.One)
GAUSS = sp.exp(-k * r**2)
y = sp.Symbol("y", real=True)
TURNING = ItoProcess([r, y], [-k * r + y, -k * y - r], sp.eye(2))


def test_a_current_through_the_ends_is_no_stationary_law_and_without_ends_it_is_one():
    assert density(WALK, 1) is Outcome.REFUTED
    assert density(WALK, 1, normalisable=False) is Outcome.PROVED
    assert density(WALK, 1, normalisable=False, without_current=True) is Outcome.REFUTED


def test_a_law_with_a_current_round_a_centre_is_proved_and_refuted_where_no_current_is_claimed():
    law = sp.exp(-k * (r**2 + y**2))
    assert density(TURNING, law) is Outcome.PROVED
    assert density(TURNING, law, without_current=True) is Outcome.REFUTED
    assert density(TURNING, sp.exp(-k * (r**2 + 2 * y**2))) is Outcome.REFUTED
    still = ItoProcess([r, y], [-k * r, -k * y], sp.eye(2))
    assert density(still, law, without_current=True) is Outcome.PROVED


def test_a_density_is_positive():
    assert density(PULLED, -GAUSS) is Outcome.REFUTED
    assert density(PULLED, 0) is Outcome.REFUTED
    assert density(PULLED, -GAUSS, normalisable=False) is Outcome.REFUTED


def test_a_law_without_a_finite_integral_is_refuted_where_it_is_asked_for():
    assert density(WALK, sp.exp(2 * r)) is Outcome.REFUTED
    assert density(WALK, sp.exp(2 * r), normalisable=False) is Outcome.PROVED
    geometric = ItoProcess.scalar(x, drift=k * x - x**3, dispersion=x)
    law = x ** (2 * k - 2) * sp.exp(-(x**2))
    assert density(geometric, law, (k > sp.Rational(1, 2),)).supports
    assert density(geometric, law) is Outcome.REFUTED


@pytest.mark.parametrize(
    ("drift", "dispersion", "law"),
    [
        (sp.sin(r), sp.sqrt(2), sp.exp(-sp.cos(r))),
        (sp.cos(r) / (2 + sp.sin(r)), sp.sqrt(2), 2 + sp.sin(r)),
        (-r, sp.Abs(r), r**-4),
    ],
    ids=["the same in each period", "a quotient of waves", "a pole inside"],
)
def test_an_integral_that_is_infinite_inside_or_by_periods_is_seen(drift, dispersion, law):
    process = ItoProcess.scalar(r, drift=drift, dispersion=dispersion)
    assert density(process, law) is Outcome.REFUTED
    assert density(process, law, normalisable=False).supports


@pytest.mark.parametrize(
    ("law", "domain", "finite"),
    [
        (sp.exp(k / (1 - x)), (x < 1,), False),
        (sp.exp(r - sp.exp(r)), (), True),
        (sp.cosh(r) ** (-2 * k), (), True),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                (sp.exp(-k / (1 - x)), (x < 1,), True),
                (sp.exp(r + sp.exp(-r)), (), False),
                (sp.exp(-k * sp.log(x) ** 2), (), True),
                (1 / (x * sp.log(x) ** 2), (x > 2,), True),
                (1 / (x * sp.log(x)), (x > 2,), False),
                (sp.Abs(r) ** (k - 1) * sp.exp(-(r**2)), (), True),
                (sp.exp(-sp.Abs(r)) / sp.Abs(r), (), False),
            )
        ),
    ],
    ids=str,
)
def test_the_integral_is_judged_at_both_ends_in_whatever_functions_the_density_is_written(law, domain, finite):
    state = x if law.has(x) else r
    pulled = ItoProcess.scalar(state, drift=sp.diff(sp.log(law), state), dispersion=sp.sqrt(2))
    found = density(pulled, law, domain)
    assert found.supports if finite else found is Outcome.REFUTED


def test_where_the_integral_is_finite_is_compared_with_the_border_of_the_domain_too():
    m = sp.Symbol("m", positive=True)
    geometric = ItoProcess.scalar(x, drift=k * x - x**3, dispersion=m * x)
    law = x ** (2 * k / m**2 - 2) * sp.exp(-((x / m) ** 2))
    assert density(geometric, law, (2 * k > m**2,)).supports
    assert density(geometric, law, (2 * k >= m**2,)) is Outcome.REFUTED


def test_an_integral_that_nothing_judges_leaves_the_law_undecided():
    both = ItoProcess(sp.Matrix([r, y]), sp.Matrix([-(r**3), -(y**3)]), sp.sqrt(2) * sp.eye(2))
    apart = sp.exp(-(r**4 + y**4) / 4)
    assert density(both, apart).supports  # a product of functions of one coordinate
    together = sp.exp(-((r**2 + y**2) ** 2) / 4)
    pulled = ItoProcess(sp.Matrix([r, y]), -sp.Matrix([r, y]) * (r**2 + y**2), sp.sqrt(2) * sp.eye(2))
    assert density(pulled, together) is Outcome.UNDECIDED
    assert density(pulled, together, normalisable=False).supports


@pytest.mark.parametrize("power", [sp.Rational(1, 2), sp.Rational(3, 2), sp.Rational(5, 2)])
def test_half_a_power_beyond_the_order_is_not_of_the_next_order(power):
    order = sp.floor(power)
    form = Expansion(lambda: 1 + x, x, int(order))
    assert not outcome(form, 1 + x + x**power).supports
    assert outcome(form, 1 + x + x ** (order + 1)) is Outcome.PROVED


@pytest.mark.parametrize(
    ("right", "wrong", "derived", "order"),
    [
        (k - k**2 * x / 2, k + k**2 * x / 2, (1 - sp.exp(-k * x)) / x, 1),
        (1 + x, 1 + 2 * x, 1 + x + x**3 * sp.log(x), 1),
        (sp.S.One, 1 - x, sp.tanh(1 / x), 3),
        (1 / x + x / 3, 1 / x, sp.coth(x), 2),
    ],
    ids=["removable", "logarithm", "flat", "pole"],
)
def test_an_expansion_is_judged_where_substitution_says_nothing(right, wrong, derived, order):
    form = Expansion(lambda: derived, x, order)
    assert outcome(form, right) is Outcome.PROVED
    assert outcome(form, wrong) is Outcome.REFUTED
    if derived.has(sp.log):
        assert outcome(Expansion(lambda: derived, x, 2), right) is Outcome.REFUTED  # x**3 log x is no O(x**3)


def test_an_expansion_holds_from_both_sides_of_an_inner_point_and_at_the_infinity_that_is_named():
    modulus = Expansion(lambda: sp.Abs(r), r, 1)
    assert outcome(modulus, r) is Outcome.REFUTED
    assert outcome(modulus, sp.S.Zero) is Outcome.REFUTED
    assert outcome(modulus, r, (r > 0,)) is Outcome.PROVED
    assert outcome(modulus, -r, (r < 0,)) is Outcome.PROVED
    assert outcome(Expansion(lambda: sp.Abs(r) ** 3, r, 2), sp.S.Zero) is Outcome.PROVED
    low = Expansion(lambda: sp.tanh(r), r, 1, -sp.oo)
    assert outcome(low, sp.S.NegativeOne) is Outcome.PROVED
    assert outcome(low, sp.S.One) is Outcome.REFUTED


@pytest.mark.parametrize("wild", [x**k, sp.sqrt(x) * sp.cos(1 / x)], ids=str)
def test_a_derivative_without_a_value_proves_no_order(wild):
    assert outcome(Expansion(lambda: wild, x, 0), sp.S.Zero) is Outcome.UNDECIDED


def test_a_density_in_pieces_must_fit_at_its_seams():
    jump = sp.Piecewise((GAUSS, r < 0), (2 * GAUSS, True))
    assert density(PULLED, jump, normalisable=False) is Outcome.REFUTED
    assert density(PULLED, jump) is Outcome.REFUTED
    # Pulled to 0 with constant force: two exponentials that meet, continuous with a continuous current.
    constant_pull = ItoProcess.scalar(r, drift=-k * sp.sign(r), dispersion=sp.S.One)
    assert density(constant_pull, sp.exp(-2 * k * sp.Abs(r))).supports
    assert density(constant_pull, sp.exp(-2 * k * sp.Abs(r)) * (2 + sp.sign(r))) is Outcome.REFUTED


def test_a_limit_that_is_not_evaluated_is_named_with_what_to_write():
    limit = sp.Limit((1 + 1 / x) ** x, x, sp.oo)
    found = judge(Identity(lambda: limit), sp.E, ())
    assert found.outcome is Outcome.UNDECIDED and "agrees_to_order" in found.reason


def test_a_case_that_the_domain_excludes_may_have_no_value():
    cases = sp.Piecewise((1 / (x + 1), sp.Ne(x, 1)), (sp.Rational(1, 2), True))
    assert outcome(Identity(lambda: cases), (x - 1) / (x**2 - 1), (sp.Ne(x, 1),)) is Outcome.PROVED
    assert outcome(Identity(lambda: cases), (x - 2) / (x**2 - 1), (sp.Ne(x, 1),)) is Outcome.REFUTED


@pytest.mark.parametrize(
    ("derived", "printed", "domain"),
    [
        (sp.sqrt(r**2 + x**2), sp.Abs(r), sp.Ne(r, 0)),
        (x**2 / (x**2 + (r - k) ** 2), sp.S.Zero, sp.Ne(r, k)),
        (r**2 / (r**2 + x**2), sp.S.One, r > 0),
    ],
)
def test_an_expansion_proves_nothing_where_its_base_may_vanish(derived, printed, domain):
    form = Expansion(lambda: derived, x, 1)
    assert outcome(form, printed) is Outcome.UNDECIDED
    assert outcome(form, printed, (domain,)) is Outcome.PROVED
    assert outcome(form, printed + x, (domain,)) is outcome(form, printed + x) is Outcome.REFUTED


@pytest.mark.parametrize("seam", [r < sp.pi, r < sp.sqrt(2), r**3 < 2, r < sp.cbrt(k), sp.exp(r) < 3])
def test_a_seam_at_an_irrational_place_is_crossed_and_not_stood_beside(seam):
    jump = sp.Piecewise((GAUSS, seam), (2 * GAUSS, True))
    assert density(PULLED, jump, normalisable=False) is Outcome.REFUTED


def test_a_density_that_fits_at_an_irrational_seam_holds():
    kink = ItoProcess.scalar(r, drift=-sp.sign(r - sp.sqrt(2)), dispersion=sp.S.One)
    assert density(kink, sp.exp(-2 * sp.Abs(r - sp.sqrt(2)))) is Outcome.CERTIFIED


def test_a_state_with_declared_bounds_is_integrated_between_them():
    u = parameter("u", above=0, below=1)
    flat = ItoProcess.scalar(u, drift=sp.S.Zero, dispersion=sp.S.One)
    assert density(flat, sp.S.One) is Outcome.PROVED
    assert density(flat, 2 - u) is Outcome.REFUTED


def test_a_derivative_on_a_seam_refutes_no_law():
    # Flat between -1 and 1: there the slope of Max is 1/2 by convention, and the drift is 0.
    outside = sp.Piecewise((r, r > 1), (r, r < -1), (0, True))
    held = ItoProcess.scalar(r, drift=-outside, dispersion=sp.S.One)
    law = sp.exp(-sp.Max(r**2, 1))
    assert density(held, law).supports
    assert density(held, law**2) is Outcome.REFUTED


@pytest.mark.parametrize("form", [Numerical(), Figure(dict, ({},), dict)])
def test_statements_without_symbolic_form_get_no_task_and_no_finding(form):
    statement = fake.statement(form=form, experiments=(fake.experiment(),))
    of = fake.context(fake.claim(statement))
    assert CHECK.tasks(of, {}) == []
    assert CHECK.findings(of, {}) == {}


def test_every_candidate_gets_a_task_and_a_finding_of_its_own(monkeypatch):
    misses = {"square": x**2}
    claim = fake.claim(fake.statement(derived=x, printed=2 * x, corrected=x, wrong=misses))
    fake.register(monkeypatch, claim)
    found, results = fake.ask(CHECK, fake.context(claim))
    assert {name: labelled["symbolic"].outcome for name, labelled in found.items()} == {
        "printed": Outcome.REFUTED,
        "corrected": Outcome.PROVED,
        "square": Outcome.REFUTED,
    }
    assert len(results) == 3
    json.dumps([result.value for result in results.values()], allow_nan=False)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DONE])
def test_a_task_that_did_not_finish_is_undecided_with_its_reason(monkeypatch, status):
    claim = fake.claim(fake.statement())
    fake.register(monkeypatch, claim)
    of = fake.context(claim)
    results = {task.key: Result(status, None, "what happened") for task in CHECK.tasks(of, {})}
    finding = CHECK.findings(of, results)["printed"]["symbolic"]
    assert finding == Finding(Outcome.UNDECIDED, f"{status.value}: what happened")


def test_a_derivation_that_raises_fails_its_task_and_decides_nothing(monkeypatch):
    def derived():
        raise ArithmeticError("no such limit")

    claim = fake.claim(fake.statement(form=Identity(derived)))
    fake.register(monkeypatch, claim)
    found, _ = fake.ask(CHECK, fake.context(claim))
    assert found["printed"]["symbolic"].outcome is Outcome.UNDECIDED
    assert "no such limit" in found["printed"]["symbolic"].reason


def test_the_integral_of_a_law_is_over_the_interval_that_its_domain_leaves():
    jacobi = StationaryDensity(lambda: ItoProcess.scalar(x, drift=k - k * x - x, dispersion=sp.sqrt(x * (1 - x))))
    law = x ** (2 * k - 1) * (1 - x)
    assert outcome(jacobi, law, (x < 1,)).supports
    singular = StationaryDensity(lambda: ItoProcess.scalar(x, drift=-x / 2, dispersion=x))
    assert outcome(singular, x**-3, (x > 1,)).supports
    assert outcome(singular, x**-3, (x < 1,)) is Outcome.REFUTED
    assert outcome(singular, x**-3, (x**2 > 1,)) is Outcome.UNDECIDED


def test_a_density_with_a_kink_may_lack_parameters_of_its_process():
    brownian = StationaryDensity(lambda: ItoProcess.scalar(r, drift=0, dispersion=k), normalisable=False)
    assert outcome(brownian, 2 + sp.Abs(r)) is Outcome.REFUTED


ORIGIN = ItoProcess.scalar(r, drift=2 * r - 2 * r**3, dispersion=r)
"""No path crosses 0, so the two sides of a law have a factor each, which may be 0."""

BELL = r**2 * sp.exp(-2 * r**2)


@pytest.mark.every(3)
@pytest.mark.parametrize("left", [2, 1, 0])
def test_the_sides_of_a_law_at_a_place_that_no_path_crosses_are_free(left):
    law = sp.Piecewise((BELL, r > 0), (left * BELL, True))
    assert density(ORIGIN, law).supports
    assert density(ORIGIN, law * sp.exp(-(r**2))) is Outcome.REFUTED
    walk = ItoProcess.scalar(r, drift=-r, dispersion=sp.S.One)
    crossed = sp.Piecewise((sp.exp(-(r**2)), r > 0), (left * sp.exp(-(r**2)), True))
    assert (density(walk, crossed) is Outcome.REFUTED) == (left != 1)


def test_a_bounded_density_on_a_bounded_interval_has_a_finite_integral():
    circle = ItoProcess.scalar(r, drift=-sp.sin(r), dispersion=sp.S.One)
    assert density(circle, sp.exp(2 * sp.cos(r)), (r > -sp.pi, r < sp.pi)).supports
    still = ItoProcess.scalar(x, drift=0, dispersion=sp.sqrt(x))
    assert density(still, 1 / x, (x < 1,)) is Outcome.REFUTED
