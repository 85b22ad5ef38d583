r"""Elementary functions on vectors, as LLVM IR.

Every function keeps its relative accuracy near its zeros (expm1, log1p, sinh, tanh, sin at 0; log at 1), handles
subnormal numbers, infinities and NaN, and rounds the same way in every lane. Bounds on the error in units in the last
place, checked by ``tests/numerics/test_cpu_elementary.py``:

================ ======= ==================  ==============================================================
function         float32 float64             remark
================ ======= ==================  ==============================================================
exp, log         1       1
expm1            2       2
log1p            1.5     1.5
sin, cos         1.5     1.5                 NaN where abs(x) exceeds 4e6 (float32), 1e15 (float64)
tan              3       3                   the same
sinh, cosh       2.5     2.5
tanh             3       3
sech_squared     4       4                   also where it is subnormal
power            1       abs(y log x) + 2
================ ======= ==================  ==============================================================

Arguments of sin and cos beyond the bound would need more digits of pi than are kept; they give NaN rather than a
number without digits. Methods: range reduction by Cody and Waite with fused multiply-add, minimax polynomials by
Remez's algorithm (degrees and errors at the tables).

References:
    Muller, *Elementary Functions* (2016), chapters 3 and 11.
"""

from __future__ import annotations

from collections.abc import Callable

from numerics.kernels.cpu.vectors import Value, Vectors

LN2 = 0.693147180559945309417
LOG2_E = 1.44269504088896340736

LN2_PARTS = ((0.693359375, -2.1219444005469058277e-4), (6.93147180369123816490e-01, 1.90821492927058770002e-10))
"""log 2 in two parts; multiples of the first up to the largest exponent are exact."""

EXP = (
    (0.50000000957894832423, 0.16666518837043894711, 0.041666204105227816926, 0.0083688897304189024211,
     0.0013950590536571317558),
    (0.50000000000000127403, 0.16666666666666699142, 0.041666666666515420712, 0.0083333333333071470874,
     0.0013888888947016196914, 0.00019841269917509536415, 0.000024801489941426249162, 2.7557216193028655697e-6,
     2.7631280723535689533e-7, 2.5117893221987733609e-8),
)  # fmt: skip
r""":math:`(e^r - 1 - r)/r^2` for :math:`|r| \le \frac12\log 2`. Errors of the exponential 3.1e-9 and 3.4e-18."""

LOG32 = (0.33333316723048433929, -0.25000810294263287496, 0.2000228630009184984, -0.16624555990885307736,
         0.1418119238771375538, -0.13128747222671808953, 0.12881646342451949865, -0.07859615132542850133)  # fmt: skip
r""":math:`(\log(1+f) - f + f^2/2)/f^3` on :math:`[\sqrt{1/2}-1, \sqrt2-1]`. Error of the logarithm 5.9e-9."""

LOG64 = (0.66666666666666660975, 0.40000000000006246833, 0.28571428569085902432, 0.2222222264679348652,
         0.18181775665812212801, 0.15387090742584218334, 0.13250118507601238694, 0.13251325370199476443)  # fmt: skip
r""":math:`(2\,\mathrm{artanh}\,s - 2s)/s^3` in :math:`s^2`, for :math:`s = f/(2+f)`. Error of the logarithm 1.6e-20."""

HALF_PI = (
    (1.57079637050628662109, -4.37113900018624283e-8, -1.71512451000588001e-15),
    (1.57079632679489655800, 6.12323399573676603587e-17, -1.49738490485916980003e-33),
)
"""pi / 2 in three parts."""

SINE = (
    (-0.1666665494008321807, 0.0083321779125674914493, -0.00019517266475797662956),
    (-0.1666666666666663205, 0.0083333333333224192549, -0.00019841269829812377038, 2.7557313693546546723e-6,
     -2.5050758377949388744e-8, 1.5896811335354819477e-10),
)  # fmt: skip
r""":math:`(\sin x - x)/x^3` in :math:`x^2` for :math:`|x| \le \pi/4`. Errors of the sine 3.6e-9 and 3.4e-18."""

COSINE = (
    (0.041666646863064533277, -0.0013887367331219248407, 0.000024438427827857579324),
    (0.041666666666666599517, -0.001388888888887413147, 0.000024801587289487105117, -2.7557314353808810669e-7,
     2.0875723480744193641e-9, -1.1359658885840392561e-11),
)  # fmt: skip
r""":math:`(\cos x - 1 + x^2/2)/x^4` in :math:`x^2` for :math:`|x| \le \pi/4`. Errors 9.5e-11 and 4.7e-20."""

TRIGONOMETRIC_BOUND = (4e6, 1e15)


def exp(v: Vectors, x: Value) -> Value:
    """The exponential; 0 and infinity where it leaves the range, gradually through the subnormal numbers."""
    return _scaled_exp(v, x, halvings=0)


def _scaled_exp(v: Vectors, x: Value, halvings: int) -> Value:
    r""":math:`2^{-k} e^x` for k = ``halvings``, finite as long as the result is."""
    wide = v.width == 64
    n, r = _reduced(v, v.clamp(x, *((-746.0, 711.0) if wide else (-104.5, 90.0))))
    value = v.fma(v.multiply(r, r), v.polynomial(r, EXP[wide]), r)
    # Two factors: the first product is exact, so the only rounding of a subnormal result is that of the second.
    b = v.builder
    first = b.ashr(n, v.integer_constant(1))
    second = b.sub(n, first)
    value = v.multiply(v.add(value, v.constant(1)), v.power_of_two(first))
    return v.multiply(value, v.power_of_two(second, bias=-halvings))


def _rounded(v: Vectors, x: Value, scale: float) -> tuple[Value, Value]:
    r"""The whole number nearest to x ``scale``, as float and in the low bits of an integer.

    Adding 1.5 times a power of two leaves no room for a fraction: one operation rounds and converts. The high bits of
    the integer hold rubbish, which shifts out in every use.
    """
    magic = v.constant(1.5 * 2.0 ** (23 if v.width == 32 else 52))
    shifted = v.fma(x, v.constant(scale), magic)
    return v.subtract(shifted, magic), v.bits(shifted)


def _reduced(v: Vectors, x: Value) -> tuple[Value, Value]:
    r"""``n`` (low bits) and ``r`` with :math:`x = n \log 2 + r`, :math:`|r| \le \frac12 \log 2`."""
    high, low = LN2_PARTS[v.width == 64]
    n, bits = _rounded(v, x, LOG2_E)
    r = v.fma(n, v.constant(-high), x)
    return bits, v.fma(n, v.constant(-low), r)


def expm1(v: Vectors, x: Value) -> Value:
    r""":math:`e^x - 1`, with relative accuracy at 0."""
    return _or_itself(v, x, v.multiply(_quarter_expm1(v, x), v.constant(4)))


def _or_itself(v: Vectors, x: Value, value: Value) -> Value:
    """``value``, or x where f(x) = x to the last place and scaling would cost a subnormal x some bits."""
    return v.select(v.compare("<", v.absolute(x), v.constant(2.0**-26 if v.width == 32 else 2.0**-55)), x, value)


def _quarter_expm1(v: Vectors, x: Value) -> Value:
    r""":math:`(e^x - 1)/4`, finite wherever :math:`\sinh x` is."""
    wide = v.width == 64
    # -1 is reached to the last place well inside the lower bound.
    n, r = _reduced(v, v.clamp(x, *((-45.0, 710.6) if wide else (-25.0, 89.5))))
    q = v.fma(v.multiply(r, r), v.polynomial(r, EXP[wide]), r)
    scale = v.power_of_two(n, bias=-2)
    return v.fma(scale, q, v.subtract(scale, v.constant(0.25)))


def log(v: Vectors, x: Value) -> Value:
    """The natural logarithm: minus infinity at 0, NaN below."""
    mantissa, tiny = (23, 2.0**-126) if v.width == 32 else (52, 2.0**-1022)
    zero = v.constant(0)
    subnormal = v.compare("<", x, v.constant(tiny))
    normal = v.select(subnormal, v.multiply(x, v.constant(2.0**mantissa)), x)
    f, e = _significand(v, normal)
    e = v.subtract(e, v.select(subnormal, v.constant(mantissa), zero))
    return _log_domain(v, x, _log_core(v, f, e, None))


def _log_domain(v: Vectors, x: Value, value: Value) -> Value:
    """``value`` where 0 < x < infinity, the limits at the ends and NaN elsewhere."""
    infinity = v.constant(float("inf"))
    value = v.select(v.compare("<", x, infinity), value, x)
    ends = v.select(v.compare("==", x, v.constant(0)), v.constant(float("-inf")), v.constant(float("nan")))
    return v.select(v.builder.fcmp_unordered("<=", x, v.constant(0)), ends, value)


def _significand(v: Vectors, x: Value) -> tuple[Value, Value]:
    r"""``f`` and ``e`` with :math:`x = 2^e (1 + f)`, :math:`1 + f \in [\sqrt{1/2}, \sqrt2)`, for normal x."""
    b = v.builder
    mantissa, half_root = (23, 0x3F3504F3) if v.width == 32 else (52, 0x3FE6A09E667F3BCD)
    shifted = b.sub(v.bits(x), v.integer_constant(half_root))
    exponent = v.from_signed(b.ashr(shifted, v.integer_constant(mantissa)))
    fraction = b.and_(shifted, v.integer_constant(2**mantissa - 1))
    return v.subtract(v.from_bits(b.add(fraction, v.integer_constant(half_root))), v.constant(1)), exponent


def _log_core(v: Vectors, f: Value, e: Value, correction: Value | None) -> Value:
    r""":math:`\log(2^e(1+f))`, plus a small correction, rounded once at the size of the result."""
    high, low = LN2_PARTS[v.width == 64]
    half_square = v.multiply(v.multiply(f, f), v.constant(0.5))
    if v.width == 32:
        tail = v.multiply(v.multiply(f, v.multiply(f, f)), v.polynomial(f, LOG32))
        tail = v.subtract(tail, half_square)
    else:
        s = v.divide(f, v.add(f, v.constant(2)))
        z = v.multiply(s, s)
        tail = v.multiply(s, v.fma(z, v.polynomial(z, LOG64), half_square))
        tail = v.subtract(tail, half_square)
    tail = v.fma(e, v.constant(low), tail)
    if correction is not None:
        tail = v.add(tail, correction)
    return v.fma(e, v.constant(high), v.add(f, tail))


def log1p(v: Vectors, x: Value) -> Value:
    r""":math:`\log(1 + x)`, with relative accuracy at 0."""
    one = v.constant(1)
    u = v.add(x, one)
    large = v.compare(">", x, one)
    lost = v.select(large, v.subtract(one, v.subtract(u, x)), v.subtract(x, v.subtract(u, one)))
    f, e = _significand(v, u)
    value = _log_core(v, f, e, v.divide(lost, u))
    return _or_itself(v, x, _log_domain(v, u, value))


def tanh(v: Vectors, x: Value) -> Value:
    r"""The hyperbolic tangent, :math:`m/(1-m)` with :math:`m = \frac12(1 - e^{-2|x|})`: relative accuracy at 0."""
    m, _ = _half_of_one_minus_exp(v, x)
    return v.copy_sign(v.divide(m, v.subtract(v.constant(1), m)), x)


def sech_squared(v: Vectors, x: Value) -> Value:
    r""":math:`1/\cosh^2x = e^{-2|x|}(1 + \tanh|x|)^2`, all but the last steps those of :func:`tanh`.

    So they are: LLVM does once what both do of one argument, a neuron and its slope.
    """
    m, decay = _half_of_one_minus_exp(v, x)
    ratio = v.add(v.divide(m, v.subtract(v.constant(1), m)), v.constant(1))
    # Scaled down at the end: the only rounding of a subnormal result.
    value = v.multiply(v.multiply(v.multiply(decay, ratio), ratio), v.constant(2.0**-DECAY_BIAS))
    return v.select(v.compare(">", v.absolute(x), v.constant(SECH_BOUND[v.width == 64])), v.constant(0), value)


SECH_BOUND = (53.0, 374.0)
"""Beyond it 1/cosh**2 is 0, also among the subnormal numbers, and the tangent is 1 to the last place."""

DECAY_BIAS = 64
"""Exponent of two by which a decay is scaled up, so that its factors are normal numbers."""


def _half_of_one_minus_exp(v: Vectors, x: Value) -> tuple[Value, Value]:
    r""":math:`m = \frac12(1 - e^{-2|x|})` and :math:`2^{64} e^{-2|x|}`.

    With :math:`|x| = s - \frac n2\log 2`, :math:`m = \frac12(1 - 2^n) + 2^nh`, where
    :math:`h = \frac12(1 - e^{-2s}) = s + s^2P(s)`. All scalings of the exponential's constants by 2 are exact.
    """
    wide = v.width == 64
    high, low = LN2_PARTS[wide]
    bound = v.constant(SECH_BOUND[wide])
    y = v.absolute(x)
    y = v.select(v.compare(">", y, bound), bound, y)
    n, bits = _rounded(v, y, -2 * LOG2_E)
    s = v.fma(n, v.constant(low / 2), v.fma(n, v.constant(high / 2), y))
    tail = v.polynomial(s, tuple(c * (-2.0) ** (j + 1) for j, c in enumerate(EXP[wide])))
    large = v.power_of_two(bits, bias=DECAY_BIAS)
    scale = v.multiply(large, v.constant(2.0**-DECAY_BIAS))
    h = v.fma(v.multiply(s, s), tail, s)
    m = v.fma(scale, h, v.fma(scale, v.constant(-0.5), v.constant(0.5)))
    return m, v.multiply(large, v.fma(h, v.constant(-2), v.constant(1)))


def sinh(v: Vectors, x: Value) -> Value:
    r"""The hyperbolic sine, :math:`\frac12(t + t/(t+1))` with :math:`t = e^{|x|} - 1`."""
    quarter = _quarter_expm1(v, v.absolute(x))
    t = v.multiply(quarter, v.constant(4))
    half = v.multiply(v.add(quarter, v.divide(quarter, v.add(t, v.constant(1)))), v.constant(2))
    return _or_itself(v, x, v.copy_sign(half, x))


def cosh(v: Vectors, x: Value) -> Value:
    r"""The hyperbolic cosine, :math:`E + 1/(4E)` with :math:`E = \frac12 e^{|x|}`."""
    half = _scaled_exp(v, v.absolute(x), halvings=1)
    return v.add(half, v.divide(v.constant(0.25), half))


def sin(v: Vectors, x: Value) -> Value:
    """The sine."""
    return _sine_and_cosine(v, x)[0]


def cos(v: Vectors, x: Value) -> Value:
    """The cosine."""
    return _sine_and_cosine(v, x)[1]


def tan(v: Vectors, x: Value) -> Value:
    """The tangent."""
    return v.divide(*_sine_and_cosine(v, x))


def _sine_and_cosine(v: Vectors, x: Value) -> tuple[Value, Value]:
    b, wide = v.builder, v.width == 64
    first, second, third = HALF_PI[wide]
    n, quadrant = _rounded(v, x, 0.636619772367581343076)
    r = v.fma(n, v.constant(-first), x)
    r = v.fma(n, v.constant(-second), r)
    r = v.fma(n, v.constant(-third), r)
    z = v.multiply(r, r)
    sine = v.fma(v.multiply(z, r), v.polynomial(z, SINE[wide]), r)
    cosine = v.fma(v.multiply(z, z), v.polynomial(z, COSINE[wide]), v.fma(z, v.constant(-0.5), v.constant(1)))
    one = v.integer_constant(1)
    odd = b.icmp_signed("!=", b.and_(quadrant, one), v.integer_constant(0))
    half_turn = v.integer_constant(v.width - 2)
    two = v.integer_constant(2)
    sine_sign = b.shl(b.and_(quadrant, two), half_turn)
    cosine_sign = b.shl(b.and_(b.add(quadrant, one), two), half_turn)
    known = v.compare("<=", v.absolute(x), v.constant(TRIGONOMETRIC_BOUND[wide]))
    nan = v.constant(float("nan"))

    def finished(value: Value, sign: Value) -> Value:
        return v.select(known, v.from_bits(b.xor(v.bits(value), sign)), nan)

    # The sine of a zero keeps the sign of the zero, which the reduction loses.
    zero = v.compare("==", x, v.constant(0))
    return (
        v.select(zero, x, finished(v.select(odd, cosine, sine), sine_sign)),
        finished(v.select(odd, sine, cosine), cosine_sign),
    )


def sign(v: Vectors, x: Value) -> Value:
    """-1, 0 or 1; NaN of NaN."""
    zero = v.constant(0)
    below = v.select(v.compare("<", x, zero), v.constant(-1), x)
    return v.select(v.compare(">", x, zero), v.constant(1), below)


def modulo(v: Vectors, x: Value, y: Value) -> Value:
    r""":math:`x - y \lfloor x/y \rfloor`."""
    return v.fma(v.negate(y), v.floor(v.divide(x, y)), x)


def power(v: Vectors, x: Value, y: Value) -> Value:
    """The power of x to the real y: real for negative x where y is whole, 1 where y is 0, NaN where it is not real.

    In float32 the logarithm and the exponential run in float64, since rounding y log x would cost the last digits.
    """
    if v.width == 32:
        wide = Vectors(v.builder, v.lanes, 64, v.fused)
        values = (v.builder.fpext(z, wide.real) for z in (x, y))
        return v.builder.fptrunc(power(wide, *values), v.real)
    zero, one = v.constant(0), v.constant(1)
    value = exp(v, v.multiply(y, log(v, v.absolute(x))))
    half = v.multiply(y, v.constant(0.5))
    odd = v.compare("!=", v.floor(half), half)
    whole = v.compare("==", v.floor(y), y)
    negative = v.select(whole, v.select(odd, v.negate(value), value), v.constant(float("nan")))
    value = v.select(v.compare("<", x, zero), negative, value)
    return v.select(v.builder.or_(v.compare("==", y, zero), v.compare("==", x, one)), one, value)


def power_integer(v: Vectors, x: Value, n: int) -> Value:
    """The power x**n for n >= 1 by repeated squaring."""
    result = None
    while True:
        if n % 2:
            result = x if result is None else v.multiply(result, x)
        n //= 2
        if n == 0:
            return result
        x = v.multiply(x, x)


ELEMENTARY: dict[str, Callable[[Vectors, Value], Value]] = {
    "negate": Vectors.negate,
    "square_root": Vectors.square_root,
    "absolute": Vectors.absolute,
    "floor": Vectors.floor,
    "reciprocal": lambda v, x: v.divide(v.constant(1), x),
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "sech_squared": sech_squared,
    "sign": sign,
}

BINARY: dict[str, Callable[[Vectors, Value, Value], Value]] = {
    "add": Vectors.add,
    "subtract": Vectors.subtract,
    "multiply": Vectors.multiply,
    "divide": Vectors.divide,
    "power": power,
    "maximum": Vectors.maximum,
    "minimum": Vectors.minimum,
    "modulo": modulo,
}

RELATIONS = {"less": "<", "less_equal": "<=", "equal": "=="}
