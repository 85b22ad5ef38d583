/* Vectors, generators and elementary functions of the hand-written reference. GCC or Clang vector extensions;
 * intrinsics only where the compiler does not find the instruction by itself (AVX-512).
 * Written independently of the kernel generator: other polynomials, another Box-Muller, another layout of the words. */
#pragma once
#include <stdint.h>
#include <string.h>
#include <math.h>
#ifdef __AVX512F__
#include <immintrin.h>
#define VECTOR_BYTES 64
#else
#define VECTOR_BYTES 32
#endif

typedef float f32v __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t i32v __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t u32v __attribute__((vector_size(VECTOR_BYTES)));
typedef double f64v __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t i64v __attribute__((vector_size(VECTOR_BYTES)));
typedef uint64_t u64v __attribute__((vector_size(VECTOR_BYTES)));
typedef float f32half __attribute__((vector_size(VECTOR_BYTES / 2)));
enum { F32_LANES = VECTOR_BYTES / 4, F64_LANES = VECTOR_BYTES / 8 };
#define INLINE static inline __attribute__((always_inline))

/* ---- square roots ------------------------------------------------------------------------------------------------ */

/* Square root of x > 0 from the 14-bit reciprocal root and one Newton step. */
INLINE f32v sqrt32(f32v x) {
#ifdef __AVX512F__
  f32v root = x * (f32v)_mm512_rsqrt14_ps((__m512)x), inverse = (f32v)_mm512_rsqrt14_ps((__m512)x);
  return root + 0.5f * inverse * (x - root * root);
#else
  f32v root;
  for (int i = 0; i < F32_LANES; i++) root[i] = sqrtf(x[i]);
  return root;
#endif
}

INLINE f64v sqrt64(f64v x) {
#ifdef __AVX512F__
  return (f64v)_mm512_sqrt_pd((__m512d)x);
#else
  f64v root;
  for (int i = 0; i < F64_LANES; i++) root[i] = sqrt(x[i]);
  return root;
#endif
}

/* ---- generators -------------------------------------------------------------------------------------------------- */

INLINE uint64_t splitmix64(uint64_t *state) {
  uint64_t z = (*state += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/* xoshiro128++ (Blackman, Vigna), one stream per lane. */
typedef struct { u32v s0, s1, s2, s3; } xoshiro128;

INLINE u32v rotate32(u32v x, int k) { return (x << k) | (x >> (32 - k)); }

INLINE xoshiro128 xoshiro128_start(uint64_t seed, uint64_t stream) {
  xoshiro128 g;
  uint64_t s = seed * 0xD1342543DE82EF95ull + stream * 0x2545F4914F6CDD1Dull;
  for (int i = 0; i < F32_LANES; i++) {
    uint64_t a = splitmix64(&s), b = splitmix64(&s);
    g.s0[i] = (uint32_t)a; g.s1[i] = (uint32_t)(a >> 32); g.s2[i] = (uint32_t)b; g.s3[i] = (uint32_t)(b >> 32) | 1u;
  }
  return g;
}

INLINE u32v xoshiro128_next(xoshiro128 *g) {
  u32v word = rotate32(g->s0 + g->s3, 7) + g->s0, t = g->s1 << 9;
  g->s2 ^= g->s0; g->s3 ^= g->s1; g->s1 ^= g->s2; g->s0 ^= g->s3; g->s2 ^= t; g->s3 = rotate32(g->s3, 11);
  return word;
}

/* xoshiro256++, one stream per lane. */
typedef struct { u64v s0, s1, s2, s3; } xoshiro256;

INLINE u64v rotate64(u64v x, int k) { return (x << k) | (x >> (64 - k)); }

INLINE xoshiro256 xoshiro256_start(uint64_t seed, uint64_t stream) {
  xoshiro256 g;
  uint64_t s = seed * 0xD1342543DE82EF95ull + stream * 0x2545F4914F6CDD1Dull;
  for (int i = 0; i < F64_LANES; i++) {
    g.s0[i] = splitmix64(&s); g.s1[i] = splitmix64(&s); g.s2[i] = splitmix64(&s); g.s3[i] = splitmix64(&s) | 1;
  }
  return g;
}

INLINE u64v xoshiro256_next(xoshiro256 *g) {
  u64v word = rotate64(g->s0 + g->s3, 23) + g->s0, t = g->s1 << 17;
  g->s2 ^= g->s0; g->s3 ^= g->s1; g->s1 ^= g->s2; g->s0 ^= g->s3; g->s2 ^= t; g->s3 = rotate64(g->s3, 45);
  return word;
}

/* Philox4x32-10 (Salmon et al.), one counter per lane; even and odd lanes multiplied apart. */
INLINE void product(uint32_t multiplier, u32v x, u32v *high, u32v *low) {
#ifdef __AVX512F__
  __m512i m = _mm512_set1_epi32((int)multiplier);
  __m512i even = _mm512_mul_epu32((__m512i)x, m), odd = _mm512_mul_epu32(_mm512_srli_epi64((__m512i)x, 32), m);
  *low = (u32v)_mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
  *high = (u32v)_mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
#else
  u64v even = ((u64v)x & 0xffffffffull) * (uint64_t)multiplier, odd = ((u64v)x >> 32) * (uint64_t)multiplier;
  *low = (u32v)((even & 0xffffffffull) | (odd << 32));
  *high = (u32v)((even >> 32) | (odd & 0xffffffff00000000ull));
#endif
}

INLINE void philox4x32(u32v c[4], uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    u32v high0, low0, high1, low1;
    product(0xD2511F53u, c[0], &high0, &low0);
    product(0xCD9E8D57u, c[2], &high1, &low1);
    c[0] = high1 ^ c[1] ^ k0; c[1] = low1; c[2] = high0 ^ c[3] ^ k1; c[3] = low0;
    k0 += 0x9E3779B9u; k1 += 0xBB67AE85u;
  }
}

/* ---- Box-Muller, float32 ----------------------------------------------------------------------------------------- */

/* Natural logarithm of a normal x > 0 (Cephes). */
INLINE f32v log32(f32v x) {
  i32v e = ((i32v)x - 0x3f3504f3) >> 23;
  f32v f = (f32v)((i32v)x - (e << 23)) - 1.0f, z = f * f;
  f32v p = 7.0376836292E-2f * f - 1.1514610310E-1f;
  p = p * f + 1.1676998740E-1f; p = p * f - 1.2420140846E-1f; p = p * f + 1.4249322787E-1f;
  p = p * f - 1.6668057665E-1f; p = p * f + 2.0000714765E-1f; p = p * f - 2.4999993993E-1f; p = p * f + 3.3333331174E-1f;
  return (p * f * z - 0.5f * z + f) + __builtin_convertvector(e, f32v) * 0.69314718056f;
}

INLINE f32v choose32(i32v mask, f32v yes, f32v no) { return (f32v)((mask & (i32v)yes) | (~mask & (i32v)no)); }

/* Words a and b: radius from a (its last bit set, so that the logarithm is finite), quadrant and angle from b. */
INLINE void box_muller32(u32v a, u32v b, f32v *z0, f32v *z1) {
  /* 1e-30 keeps the reciprocal root finite where u rounds to 1. */
  f32v radius = sqrt32(1e-30f - 2.0f * log32(__builtin_convertvector(a | 1u, f32v) * 0x1p-32f));
  i32v t = (i32v)(b << 2) >> 2;
  f32v x = __builtin_convertvector(t, f32v) * (1.5707963267949f / 1073741824.0f), z = x * x;
  f32v sine = ((-1.9515295891E-4f * z + 8.3321608736E-3f) * z - 1.6666654611E-1f) * z * x + x;
  f32v cosine = ((2.443315711809948E-5f * z - 1.388731625493765E-3f) * z + 4.166664568298827E-2f) * z * z - 0.5f * z + 1.0f;
  i32v swap = -(i32v)(b >> 31);
  f32v s = choose32(swap, cosine, sine), c = choose32(swap, sine, cosine);
  *z0 = radius * (f32v)((u32v)c ^ ((b << 1) & 0x80000000u));
  *z1 = radius * (f32v)((u32v)s ^ (b << 31));
}

/* ---- Box-Muller, float64 ----------------------------------------------------------------------------------------- */

INLINE f64v log64(f64v x) {
  i64v e = ((i64v)x - 0x3fe6a09e667f3bcdll) >> 52;
  f64v m = (f64v)((i64v)x - (e << 52)), s = (m - 1.0) / (m + 1.0), z = s * s;
  f64v p = 1.0 / 21 * z + 1.0 / 19;
  p = p * z + 1.0 / 17; p = p * z + 1.0 / 15; p = p * z + 1.0 / 13; p = p * z + 1.0 / 11; p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7; p = p * z + 0.2; p = p * z + 1.0 / 3;
  return 2.0 * s + 2.0 * s * z * p + __builtin_convertvector(e, f64v) * 0.693147180559945309417;
}

INLINE f64v choose64(i64v mask, f64v yes, f64v no) { return (f64v)((mask & (i64v)yes) | (~mask & (i64v)no)); }

INLINE void box_muller64(u64v a, u64v b, f64v *z0, f64v *z1) {
  f64v radius = sqrt64(-2.0 * log64(__builtin_convertvector((i64v)(a >> 11), f64v) * 0x1p-53 + 0x1p-54));
  i64v t = (i64v)(b << 2) >> 2;
  f64v x = __builtin_convertvector(t, f64v) * (1.57079632679489661923 / 4611686018427387904.0), z = x * x;
  f64v p = 1.58962301576546568060E-10 * z - 2.50507477628578072866E-8;
  p = p * z + 2.75573136213857245213E-6; p = p * z - 1.98412698295895385996E-4;
  p = p * z + 8.33333333332211858878E-3; p = p * z - 1.66666666666666307295E-1;
  f64v sine = p * z * x + x;
  p = -1.13585365213876817300E-11 * z + 2.08757008419747316778E-9;
  p = p * z - 2.75573141792967388112E-7; p = p * z + 2.48015872888517045348E-5;
  p = p * z - 1.38888888888730564116E-3; p = p * z + 4.16666666666665929218E-2;
  f64v cosine = p * z * z - 0.5 * z + 1.0;
  i64v swap = -(i64v)(b >> 63);
  f64v s = choose64(swap, cosine, sine), c = choose64(swap, sine, cosine);
  *z0 = radius * (f64v)((u64v)c ^ ((b << 1) & 0x8000000000000000ull));
  *z1 = radius * (f64v)((u64v)s ^ (a << 63));
}
