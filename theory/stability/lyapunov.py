r"""The top Lyapunov exponent on the normal space of an invariant set: Furstenberg and Khasminskii's formula.

The homogeneous process of :mod:`theory.stability.transverse` splits into its direction and its size. The direction
:math:`n = y/r` is a process of its own on the sphere, and

.. math::
    \lim_{t\to\infty}\frac{\log r_t}{t} = \lambda = \int Q(n)\,\pi(dn) \quad\text{almost surely}

with :math:`\pi` the stationary law of the direction. The set attracts if :math:`\lambda < 0` and repels if
:math:`\lambda > 0`. In two normal directions :math:`n = (\cos\varphi, \sin\varphi)` and, with
:math:`m = (-\sin\varphi, \cos\varphi)`,

.. math:: d\varphi = \big(m\cdot An - m\cdot a(n)\,n\big)\,dt + \sqrt{m\cdot a(n)\,m}\;dW,

on a circle of length :math:`\pi`, since :math:`n` and :math:`-n` are one direction.

References:
    Khasminskii, *Stochastic Stability of Differential Equations* (2012), chapter 6; Arnold, *Random Dynamical Systems*
    (1998), section 6.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from theory.answer import Answer
from theory.argument_kinds import is_expression, one_of, takes
from theory.decision.zero import decide_zero
from theory.errors import DimensionError, ShapeError, UnsupportedFormError
from theory.fokker_planck import probability_current
from theory.infinitesimal_generator import sum_of_products
from theory.ito import ItoProcess
from theory.stability.attractivity import Attraction, decided_sign
from theory.stability.homogeneous import TransverseLinearisation, checked_linearisation, named_coefficients
from theory.stability.invariant_subspaces import blocks
from theory.stability.parametric_noise import airy_exponent
from theory.typeset import Typeset
from theory.values import shown

varphi = sp.Symbol("varphi", real=True)
"""The angle of a normal direction."""

_z = sp.Dummy("z")


class ExponentRoute(Answer):
    """How a top exponent was found."""

    ONE_GROWTH_RATE = "one growth rate"
    """The growth rate is the same in every direction."""
    INVARIANT_DIRECTIONS = "invariant directions"
    """The larger of the rates along two directions that the process does not leave."""
    BLOCKS = "blocks"
    """The largest exponent of the blocks of :mod:`theory.stability.invariant_subspaces`."""
    VON_MISES = "von Mises"
    """The direction follows a von Mises law."""
    AIRY = "Airy"
    """An oscillator with parametric noise: :mod:`theory.stability.parametric_noise`."""
    INTEGRAL = "integral"
    """A quotient of integrals for quadrature."""


@dataclass(frozen=True)
class TopExponent(Typeset):
    r"""The top Lyapunov exponent :math:`\lambda` of a homogeneous process.

    Attributes:
        value: An expression; where a part has the route INTEGRAL it holds a quotient of integrals for quadrature.
        route: How it was found; with BLOCKS, parts may have other routes.
    """

    value: sp.Expr
    route: ExponentRoute

    def __post_init__(self) -> None:
        if not is_expression(self.value):
            raise ShapeError(f"value must be an expression, got {shown(self.value)}.")
        if not isinstance(self.route, ExponentRoute):
            raise ShapeError(f"route must be a member of ExponentRoute, got {shown(self.route)}.")

    @property
    def alpha(self) -> sp.Expr:
        r"""The rate of attractivity :math:`-\lambda`, as on the line."""
        return -self.value

    def decide(self, values: Mapping[sp.Expr, object] | None = None) -> Attraction:
        """What the sign says at numbers for all parameters, as for a rate of attractivity.

        Returns:
            ATTRACTIVE, NOT_ATTRACTIVE, or UNDECIDED where the exponent is 0.

        Raises:
            MissingParameterError: a symbol has no value.
            SymbolError: a value is no finite real number, or contradicts the assumptions of its symbol.
            UnsupportedFormError: the value holds an integral; take
            :func:`numerics.deterministic.exponent_on_circle.exponent_on_circle`.

        Example:
            >>> c, s = sp.symbols("c s", positive=True)
            >>> exponent = TopExponent(c - s**2 / 2, ExponentRoute.INVARIANT_DIRECTIONS)
            >>> print(*(exponent.decide({c: value, s: 0.1}) for value in (0.004, 0.005, 0.006)), sep=", ")
            attractive, undecided by this order, not attractive
        """
        if self.value.has(sp.Integral):
            raise UnsupportedFormError(
                "the exponent is a quotient of integrals. Evaluate it with "
                "numerics.deterministic.exponent_on_circle.exponent_on_circle."
            )
        return decided_sign(self.alpha, values)

    def _equations(self) -> list[str]:
        return [rf"\lambda = {sp.latex(self.value)}"]


def fourier_coefficients(form: sp.Expr, linearisation: TransverseLinearisation) -> dict[int, sp.Expr]:
    r"""The :math:`c_k` with :math:`f = \sum_k c_k e^{2ik\varphi}` for an even polynomial f of the direction."""
    _require_two(linearisation)
    cosine, sine = (_z + 1 / _z) / 2, (_z - 1 / _z) / (2 * sp.I)
    laurent = sp.expand(linearisation.along(form, [cosine, sine]))
    found: dict[int, sp.Expr] = {}
    for term in sp.Add.make_args(laurent) if laurent != 0 else ():
        coefficient, power = term.as_independent(_z)
        exponent = sp.degree(power * _z**16, _z) - 16 if power != 1 else 0
        if exponent % 2:
            raise UnsupportedFormError(f"the form must be even in the direction, got {form}.")
        found[exponent // 2] = sp.expand(found.get(exponent // 2, sp.S.Zero) + coefficient)
    return {k: c for k, c in sorted(found.items()) if c != 0}


def angular_drift(linearisation: TransverseLinearisation) -> sp.Expr:
    r"""The drift :math:`m\cdot An - m\cdot a(n)n` of the angle, as a polynomial of the direction n of length 1."""
    n, m = linearisation.direction, _across(linearisation)
    return sum_of_products((m.T * linearisation.drift)[0] - (m.T * linearisation.diffusion * n)[0])


def angular_diffusion(linearisation: TransverseLinearisation) -> sp.Expr:
    r"""The diffusion :math:`m\cdot a(n)m` of the angle, as a polynomial of the direction n of length 1."""
    m = _across(linearisation)
    return sum_of_products((m.T * linearisation.diffusion * m)[0])


@takes(linearisation=one_of(TransverseLinearisation, needed="a TransverseLinearisation"))
def angular_process(linearisation: TransverseLinearisation) -> ItoProcess:
    r"""The direction as a process of the angle :data:`varphi`, in sines and cosines of multiples of :math:`2\varphi`.

    Example:
        >>> from theory.stability.transverse import transverse_linearisation
        >>> x, y = sp.symbols("x y", real=True)
        >>> saddle = ItoProcess([x, y], [x, -y], sp.Matrix([-y, x]))
        >>> angular_process(transverse_linearisation(saddle)).drift
        Matrix([[-sin(2*varphi)]])
    """
    drift, diffusion = (_trigonometric(f(linearisation), linearisation) for f in (angular_drift, angular_diffusion))
    return ItoProcess.scalar(varphi, drift=drift, dispersion=sp.sqrt(diffusion))


def angular_density(linearisation: TransverseLinearisation) -> sp.Expr:
    r"""The stationary density of the angle, up to its constant, where the angular diffusion a is positive everywhere.

    .. math::
        p(\varphi) \propto \frac{e^{V(\varphi)}}{a(\varphi)}\int_\varphi^{\varphi+\pi}e^{-V(\psi)}\,d\psi, \qquad
        V(\varphi) = \int_0^\varphi\frac{2b}{a}

    with a constant current round the circle; :math:`e^V/a` alone where V is periodic and explicit, which
    is certified: the density carries no current.
    """
    _require_two(linearisation)
    explicit = _potential(linearisation)
    a = _trigonometric(angular_diffusion(linearisation), linearisation)
    if explicit is not None and not _winds(linearisation):
        density = sp.exp(explicit) / a
        (current,) = probability_current(angular_process(linearisation), density)
        if decide_zero(sp.expand(current / density)).says_zero:
            return density
    psi, chi = sp.symbols("psi chi", real=True)
    b = _trigonometric(angular_drift(linearisation), linearisation)
    V = explicit if explicit is not None else sp.Integral((2 * b / a).subs(varphi, chi), (chi, 0, varphi))
    return sp.exp(V) / a * sp.Integral(sp.exp(-V.subs(varphi, psi)), (psi, varphi, varphi + sp.pi))


def top_exponent(linearisation: TransverseLinearisation) -> TopExponent:
    r"""The top Lyapunov exponent, in closed form where one is known.

    The routes VON_MISES and INTEGRAL suppose that noise turns every direction; a zero of the angular diffusion that
    the assumptions show is refused, one that appears at particular values of the parameters is the caller's to avoid
    (:func:`numerics.deterministic.exponent_on_circle.exponent_on_circle` checks it).

    Raises:
        DimensionError: a block of more than two normal directions, whose growth rate depends on the direction.
        UnsupportedFormError: the angular noise vanishes in directions that are not a pair of invariant ones.

    Example:
        >>> from theory.stability.transverse import transverse_linearisation
        >>> x, y = sp.symbols("x y", real=True)
        >>> c, s = sp.symbols("c s", positive=True)
        >>> neuron = ItoProcess([x, y], [c * y, c * x], sp.Matrix([s * y, s * x]))
        >>> found = top_exponent(transverse_linearisation(neuron))
        >>> print(found.value, "by", found.route)
        c - s**2/2 by invariant directions
        >>> z = sp.Symbol("z", real=True)
        >>> with_rest = ItoProcess([x, y, z], [c * y, c * x, 0], sp.Matrix([s * y, s * x, s * x]))
        >>> found = top_exponent(transverse_linearisation(with_rest))
        >>> print(found.value, "by", found.route)
        Max(0, c - s**2/2) by blocks
    """
    constant = constant_growth(checked_linearisation(linearisation))
    if constant is not None:
        return TopExponent(constant, ExponentRoute.ONE_GROWTH_RATE)
    if linearisation.dimension == 2 and len(directions := invariant_directions(linearisation)) == 2:
        return TopExponent(
            sp.Max(*(_growth_along(linearisation, v) for v in directions)), ExponentRoute.INVARIANT_DIRECTIONS
        )
    parts = blocks(linearisation)
    if len(parts) > 1:
        return TopExponent(sp.Max(*(top_exponent(part).value for part in parts)), ExponentRoute.BLOCKS)
    _require_two(linearisation)
    airy = airy_exponent(linearisation)
    if airy is not None:
        return TopExponent(airy, ExponentRoute.AIRY)
    _require_angular_noise(linearisation)
    _require_no_doubt(linearisation)
    if _is_von_mises(linearisation):
        return TopExponent(_von_mises_mean(linearisation), ExponentRoute.VON_MISES)
    density = angular_density(linearisation)
    growth = _trigonometric(linearisation.log_growth, linearisation)
    period = (varphi, 0, sp.pi)
    return TopExponent(sp.Integral(growth * density, period) / sp.Integral(density, period), ExponentRoute.INTEGRAL)


@takes(linearisation=one_of(TransverseLinearisation, needed="a TransverseLinearisation"))
def constant_growth(linearisation: TransverseLinearisation) -> sp.Expr | None:
    r"""The growth rate Q where it is the same in all directions of any number of dimensions, else None.

    Example:
        >>> from theory.stability.transverse import transverse_linearisation
        >>> x = sp.symbols("x_1:4", real=True)
        >>> g, zeta = sp.symbols("g zeta", positive=True)
        >>> noise = zeta * sp.sqrt(sum(e**2 for e in x)) * sp.eye(3)
        >>> constant_growth(transverse_linearisation(ItoProcess(x, [-g * e for e in x], noise)))
        -g + zeta**2/2
    """
    first, *rest = linearisation.direction
    growth, back = named_coefficients(linearisation.log_growth, linearisation.direction)
    value = sum_of_products(growth.xreplace({first: sp.S.One, **dict.fromkeys(rest, sp.S.Zero)}))
    radius = sum(e**2 for e in linearisation.direction)
    homogeneous = sum(
        (
            term * radius if sp.Poly(term, first, *rest).total_degree() == 2 else term
            for term in sp.Add.make_args(growth)
        )
        if growth != 0
        else ()
    )
    return value.xreplace(back) if sp.expand(homogeneous - value * radius**2) == 0 else None


def invariant_directions(linearisation: TransverseLinearisation) -> tuple[sp.ImmutableMatrix, ...]:
    """The lines through the origin that the process does not leave: neither drift nor noise turns them.

    Those that can be found: common roots of two polynomials of degree four that the assumptions show to be real.
    """
    turning = _turning(linearisation)
    found = []
    if all(linearisation.along(f, [0, 1]) == 0 for f in turning):
        found.append(sp.ImmutableMatrix([0, 1]))
    found += [sp.ImmutableMatrix([1, root]) for root in _common_roots(linearisation) if root.is_real]
    return tuple(found)


def _turning(linearisation: TransverseLinearisation) -> list[sp.Expr]:
    return [_homogeneous(f(linearisation), linearisation) for f in (angular_drift, angular_diffusion)]


def _common_roots(linearisation: TransverseLinearisation) -> list[sp.Expr]:
    """Slopes u at which the direction (1, u) is turned by neither drift nor noise, complex ones included."""
    u = sp.Dummy("u", real=True)
    common = sp.S.Zero
    for f in _turning(linearisation):
        common = sp.gcd(common, linearisation.along(f, [1, u]))
    return list(sp.roots(sp.Poly(common, u))) if common != 0 and common.has(u) else []


def _growth_along(linearisation: TransverseLinearisation, vector: sp.MatrixBase) -> sp.Expr:
    length = vector.dot(vector)
    form = _homogeneous(linearisation.log_growth, linearisation)
    return sp.expand(sp.cancel(linearisation.along(form, vector) / length**2))


def _homogeneous(form: sp.Expr, linearisation: TransverseLinearisation) -> sp.Expr:
    """A sum of forms of degree 2 and 4 that agree at unit length, as one form of degree 4."""
    n = linearisation.direction
    terms = sp.Add.make_args(sp.expand(form)) if form != 0 else ()
    return sp.expand(sum(e * (1 if sp.Poly(e, *n).total_degree() == 4 else n.dot(n)) for e in terms))


def _require_angular_noise(linearisation: TransverseLinearisation) -> None:
    """Refuse an angular diffusion that is known to vanish somewhere."""
    u = sp.Dummy("u", real=True)
    noise = _homogeneous(angular_diffusion(linearisation), linearisation)
    polynomial = linearisation.along(noise, [1, u])
    real = [] if not polynomial.has(u) else [r for r in sp.roots(sp.Poly(polynomial, u)) if r.is_real]
    if noise == 0 or linearisation.along(noise, [0, 1]) == 0 or real:
        raise UnsupportedFormError(
            f"the direction must be turned by noise everywhere, but its diffusion {angular_diffusion(linearisation)} "
            "vanishes in a direction that is not one of a pair of invariant ones. Evaluate it at numbers instead "
            "(numerics.deterministic.exponent_on_circle.exponent_on_circle)."
        )


def _require_no_doubt(linearisation: TransverseLinearisation) -> None:
    """Refuse symbols that leave open whether a direction is invariant."""
    doubtful = [root for root in _common_roots(linearisation) if root.is_real is None]
    if doubtful:
        raise UnsupportedFormError(
            f"whether the direction (1, {doubtful[0]}) is real, and so invariant, depends on the parameters. "
            "Give them numbers or sharper assumptions."
        )


def _is_von_mises(linearisation: TransverseLinearisation) -> bool:
    noise = fourier_coefficients(angular_diffusion(linearisation), linearisation)
    drift = fourier_coefficients(angular_drift(linearisation), linearisation)
    return set(noise) == {0} and set(drift) <= {-1, 1}


def _potential(linearisation: TransverseLinearisation) -> sp.Expr | None:
    r"""An antiderivative :math:`V = \int 2b/a` where the angular diffusion is constant, else None."""
    noise = fourier_coefficients(angular_diffusion(linearisation), linearisation)
    if set(noise) != {0}:
        return None
    drift = fourier_coefficients(angular_drift(linearisation), linearisation)
    terms = (c * (varphi if k == 0 else sp.exp(2 * sp.I * k * varphi) / (2 * sp.I * k)) for k, c in drift.items())
    return _real(sum(terms, sp.S.Zero) * 2 / noise[0])


def _winds(linearisation: TransverseLinearisation) -> bool:
    return 0 in fourier_coefficients(angular_drift(linearisation), linearisation)


def _von_mises_mean(linearisation: TransverseLinearisation) -> sp.Expr:
    r"""The mean of Q under :math:`e^{\kappa\cos2(\varphi-\varphi_0)}`: mode k contributes :math:`I_k/I_0(\kappa)`."""
    noise = fourier_coefficients(angular_diffusion(linearisation), linearisation)[0]
    drift = fourier_coefficients(angular_drift(linearisation), linearisation)
    # V = sum_k drift_k e^{2ik phi}/(ik noise), so that kappa e^{-2i phi_0} = 2 drift_1/(i noise).
    pull = sp.expand(2 * drift.get(1, sp.S.Zero) / (sp.I * noise))
    aligned = pull.is_real
    kappa = sp.factor(pull) if aligned else sp.sqrt(sp.factor(sp.expand(pull * sp.conjugate(pull))))
    growth = fourier_coefficients(linearisation.log_growth, linearisation)
    mean = growth.get(0, sp.S.Zero)
    for k in (k for k in growth if k > 0):
        mode = growth[k] if aligned else sp.expand(growth[k] * sp.conjugate(pull) ** k)
        size = sp.factor(sp.expand(mode + sp.conjugate(mode)))
        mean += size / (1 if aligned else kappa**k) * sp.besseli(k, kappa) / sp.besseli(0, kappa)
    return mean


def _trigonometric(form: sp.Expr, linearisation: TransverseLinearisation) -> sp.Expr:
    coefficients = fourier_coefficients(form, linearisation)
    return _real(sum((c * sp.exp(2 * sp.I * k * varphi) for k, c in coefficients.items()), sp.S.Zero))


def _real(expression: sp.Expr) -> sp.Expr:
    """A real Fourier sum in sines and cosines."""
    return sp.expand(expression.replace(lambda e: isinstance(e, sp.exp), lambda e: _euler(e.args[0])))


def _euler(exponent: sp.Expr) -> sp.Expr:
    angle = exponent / sp.I
    return sp.cos(angle) + sp.I * sp.sin(angle)


def _across(linearisation: TransverseLinearisation) -> sp.ImmutableMatrix:
    _require_two(linearisation)
    first, second = linearisation.direction
    return sp.ImmutableMatrix([-second, first])


def _require_two(linearisation: TransverseLinearisation) -> None:
    if linearisation.dimension != 2:
        raise DimensionError(
            f"the direction is an angle in two normal dimensions, but there are {linearisation.dimension}. "
            "Simulate instead (numerics.simulation.simulated_exponent.simulated_exponent)."
        )
