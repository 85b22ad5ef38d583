"""Philox4x32-10 and Box-Muller on vectors, as LLVM IR: the same words as ``numerics.random.philox``.

See ``numerics.random.layout`` for the layout of the counters, ``normal`` and ``uniform`` there for the laws.
"""

from __future__ import annotations

from numerics.kernels.cpu.target import ir
from numerics.kernels.cpu.vectors import I32, I64, Value, Vectors
from numerics.random.philox import MULTIPLIERS, ROUNDS, WEYL
from numerics.random.uniform import BITS

LOG = (
    (-1.9999998906412858915, 1.0000073018268482058, -0.66670117561496877216, 0.49939818759360087217,
     -0.39800333654773462976, 0.34501658798035254003, -0.32445175176964497062, 0.20213830554357875414),
    (0.66666666666667344556, 0.39999999999414343412, 0.28571428742471281318, 0.22222198563743287998,
     0.18183564858533280935, 0.15314035917816628046, 0.14796105779055982518),
)  # fmt: skip
r"""float32: :math:`-2\log(1+f)/f` on :math:`[\sqrt{1/2}-1, \sqrt2-1]`, relative error 1.7e-7.
float64: :math:`(2\,\mathrm{artanh}\,s - 2s)/s^3` in :math:`s^2`, relative error of the logarithm 2.5e-18."""

SINE = (
    (1.5707962900244259078, -0.64596335987254381017, 0.079688480555909319608, -0.0046722279383961449287,
     0.00015082056806707513054),
    (1.5707963267948966162, -0.64596409750624606895, 0.079692626246163791957, -0.0046817541352926419579,
     0.00016044118467438526356, -3.5988429472847573541e-6, 5.6921285476027392517e-8, -6.683966552037827801e-10,
     5.8623816278300733733e-12),
)  # fmt: skip
r""":math:`\sin(\pi t/2)/t` in :math:`t^2`, for t in [-1, 1]. Errors of the sine 3.3e-9 and 1.6e-19."""

COSINE = (
    (0.99999995346770410268, -1.2336982146874586333, 0.25365074468516218194, -0.020810627552719144191,
     0.0008581906196073901854),
    (0.99999999999999999609, -1.2337005501361691934, 0.25366950790103109672, -0.020863480763179134828,
     0.000919260273944563944, -0.000025202039784524373136, 4.7108307704910174125e-7, -6.3822375937502622263e-9,
     6.3317744448420033851e-11),
)  # fmt: skip
r""":math:`\cos(\pi t/2)` in :math:`t^2`, for t in [-1, 1]. Errors 4.7e-8 and 3.9e-18."""


def philox(vectors: Vectors, counter: list[Value], key: tuple[Value, Value], rounds: int = ROUNDS) -> list[Value]:
    """The four words at each counter, each in the low half of a 64-bit lane; the high halves are not defined.

    A 32-bit product needs 64 bits, so words stay in 64-bit lanes from round to round: its low half is the next word
    where it is, its high half is one shift away.

    Words of the counter and of the key are vectors of 64-bit integers, or 32-bit scalars, equal in all lanes. These are
    kept scalar as long as they are equal: with the block number and the stream as scalars, and the trajectories the
    same for all steps, 2.5 of the 10 rounds leave the time loop or cost no vector instruction.
    """
    b = vectors.builder
    c0, c1, c2, c3 = counter
    k0, k1 = key
    # A high half is the whole product shifted; a low half keeps its product's upper bits, which the next `and` clears.
    for _ in range(rounds):
        high0, low0 = _product(vectors, MULTIPLIERS[0], c0)
        high1, low1 = _product(vectors, MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = _xor(vectors, high1, c1, k0), low1, _xor(vectors, high0, c3, k1), low0
        k0, k1 = b.add(k0, ir.Constant(I32, WEYL[0])), b.add(k1, ir.Constant(I32, WEYL[1]))
    return [_as_vector(vectors, word) for word in (c0, c1, c2, c3)]


def lane_order(width: int, lanes: int) -> list[int]:
    """Which lane each 64-bit place of a word belongs to.

    For 32-bit results the even lanes come first, so that even and odd places interleave into one vector by one shuffle
    inside each register.
    """
    return list(range(lanes)) if width == 64 else [*range(0, lanes, 2), *range(1, lanes, 2)]


def _is_scalar(word: Value) -> bool:
    return isinstance(word.type, ir.IntType)


def _as_vector(vectors: Vectors, word: Value) -> Value:
    return vectors.splat(vectors.builder.zext(word, I64)) if _is_scalar(word) else word


def _xor(vectors: Vectors, *words: Value) -> Value:
    """Exclusive or, the scalars among the words first."""
    first, *rest = sorted(words, key=_is_scalar, reverse=True)
    for word in rest:
        if _is_scalar(first) and not _is_scalar(word):
            first = _as_vector(vectors, first)
        first = vectors.builder.xor(first, word)
    return first


def _product(vectors: Vectors, multiplier: int, word: Value) -> tuple[Value, Value]:
    """High and low half of the 64-bit product with a constant."""
    b = vectors.builder
    if _is_scalar(word):
        wide = b.mul(b.zext(word, I64), ir.Constant(I64, multiplier))
        return b.trunc(b.lshr(wide, ir.Constant(I64, 32)), I32), b.trunc(wide, I32)
    product = b.mul(b.and_(word, vectors.wide_constant(0xFFFFFFFF)), vectors.wide_constant(multiplier))
    return b.lshr(product, vectors.wide_constant(32)), product


def lane_words(vectors: Vectors, words: list[Value]) -> list[Value]:
    """The words of one block, one per lane: four of 32 bits or two of 64, by the width of ``vectors``."""
    b, lanes = vectors.builder, vectors.lanes
    if vectors.width == 64:
        low, shift = vectors.integer_constant(0xFFFFFFFF), vectors.integer_constant(32)
        return [b.or_(b.and_(x, low), b.shl(y, shift)) for x, y in zip(words[0::2], words[1::2], strict=True)]
    # Read as twice as many 32-bit lanes, the low halves stand at even places: one shuffle drops the high halves and
    # puts the two registers of 64-bit lanes back into one in the order of the trajectories.
    halves = ir.VectorType(I32, 2 * lanes)
    order = [2 * place for pair in zip(range(lanes // 2), range(lanes // 2, lanes), strict=True) for place in pair]
    return [
        b.shuffle_vector(b.bitcast(x, halves), ir.Constant(halves, ir.Undefined), ir.Constant(vectors.integer, order))
        for x in words
    ]


def normals(vectors: Vectors, words: list[Value]) -> list[Value]:
    """Standard normals from one block: four of float32 or two of float64, by the width of ``vectors``."""
    words = lane_words(vectors, words)
    return [z for x, y in zip(words[0::2], words[1::2], strict=True) for z in box_muller(vectors, x, y)]


def uniforms(vectors: Vectors, words: list[Value], result: Vectors) -> list[Value]:
    """Uniforms on (0, 1) from one block, one per word; ``result`` has their width, ``vectors`` that of the words.

    A word becomes the mantissa of a number between two powers of two, and one exact subtraction takes it to (0, 1).
    """
    return [_uniform(vectors, word, result) for word in lane_words(vectors, words)]


def _uniform(vectors: Vectors, word: Value, result: Vectors) -> Value:
    b = vectors.builder
    bits = BITS[vectors.width, result.width]
    if vectors.width < result.width:
        # 0x433 is the exponent of 2**52: below it the mantissa counts ones, so the bits of a word are its value.
        high = b.or_(b.zext(word, result.integer), result.integer_constant(0x433 << 52))
        whole = result.subtract(result.from_bits(high), result.constant(2.0**52 - 0.5))
        return result.multiply(whole, result.constant(2.0**-bits))
    # The bits of 1.0: with a word as mantissa they make a number in [1, 2), all of them equally far apart.
    one = 0x3F800000 if result.width == 32 else 0x3FF << 52
    mantissa = b.lshr(word, vectors.integer_constant(vectors.width - bits))
    from_one = result.from_bits(b.or_(mantissa, vectors.integer_constant(one)))
    return result.subtract(from_one, result.constant(1 - 2.0 ** (-bits - 1)))


def box_muller(vectors: Vectors, a: Value, b: Value) -> tuple[Value, Value]:
    r"""The pair :math:`R\,(\pm\cos\varphi, \sin\varphi)` of two words of the width of ``vectors``.

    The angle runs over a half circle and the lowest bit of b, which hardly moves the angle, is the sign of the cosine:
    no quadrants, no blends.
    """
    v, width = vectors, vectors.width
    u = v.fma(v.from_unsigned(a), v.constant(2.0**-width), v.constant(2.0 ** (-width - 1)))
    radius = v.square_root(_twice_negative_log(v, u))
    turn = v.multiply(v.from_signed(b), v.constant(2.0 ** (1 - width)))
    square = v.multiply(turn, turn)
    sine = v.multiply(turn, v.polynomial(square, SINE[width == 64]))
    cosine = v.polynomial(square, COSINE[width == 64])
    # The lowest bit of b in the place of the sign; exclusive or with it flips the cosine without a branch.
    sign = v.builder.shl(b, v.integer_constant(width - 1))
    cosine = v.from_bits(v.builder.xor(v.bits(cosine), sign))
    return v.multiply(radius, cosine), v.multiply(radius, sine)


def _twice_negative_log(v: Vectors, u: Value) -> Value:
    r""":math:`-2\log u \ge 0` for normal u in (0, 1]; exactly 0 at u = 1."""
    b = v.builder
    mantissa, half_root = (23, 0x3F3504F3) if v.width == 32 else (52, 0x3FE6A09E667F3BCD)
    # The bits of a float are close to its logarithm. Less those of sqrt(1/2), the upper bits are the exponent that
    # leaves a factor in [sqrt(1/2), sqrt(2)), and the lower bits, with sqrt(1/2)'s added again, are that factor.
    shifted = b.sub(v.bits(u), v.integer_constant(half_root))
    exponent = v.from_signed(b.ashr(shifted, v.integer_constant(mantissa)))
    fraction = b.and_(shifted, v.integer_constant(2**mantissa - 1))
    f = v.subtract(v.from_bits(b.add(fraction, v.integer_constant(half_root))), v.constant(1))
    ln2 = 0.693147180559945309417
    if v.width == 32:
        return v.fma(f, v.polynomial(f, LOG[0]), v.multiply(exponent, v.constant(-2 * ln2)))
    s = v.divide(f, v.add(f, v.constant(2)))
    z = v.multiply(s, s)
    odd = v.fma(v.multiply(s, z), v.polynomial(z, LOG[1]), v.multiply(v.constant(2), s))
    return v.multiply(v.constant(-2), v.fma(exponent, v.constant(ln2), odd))
