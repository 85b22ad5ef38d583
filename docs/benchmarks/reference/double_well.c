/* Hand-written reference: Euler-Maruyama for dX = (mu X - X^3) dt + zeta X dB, everything in registers.
 * One thread. The state holds a multiple of 64 trajectories; the number of steps is a multiple of 4.
 * -ffast-math is harmless inside the loops, but linking with it would switch the whole process to flush-to-zero:
 * compile with -c first, link without it (double_well.py does). */
#include "vector_math.h"

#define STEP(x, z) x = x * (a - h * x * x + b * (z))
#define COEFFICIENTS(real, root) real a = 1 + mu * h, b = zeta * root(h)

void xoshiro_float32(float *state, long n, long steps, float mu, float zeta, float h, uint64_t seed) {
  COEFFICIENTS(float, sqrtf);
  for (long i = 0; i < n; i += 2 * F32_LANES) { /* two vectors hide the latency of each other */
    f32v x[2];
    xoshiro128 g[2];
    memcpy(x, state + i, sizeof x);
    for (int k = 0; k < 2; k++) g[k] = xoshiro128_start(seed, (uint64_t)(i / F32_LANES + k));
    for (long t = 0; t < steps; t += 2)
      for (int k = 0; k < 2; k++) {
        u32v first = xoshiro128_next(&g[k]), second = xoshiro128_next(&g[k]);
        f32v z0, z1;
        box_muller32(first, second, &z0, &z1);
        STEP(x[k], z0);
        STEP(x[k], z1);
      }
    memcpy(state + i, x, sizeof x);
  }
}

void philox_float32(float *state, long n, long steps, float mu, float zeta, float h, uint64_t seed) {
  COEFFICIENTS(float, sqrtf);
  for (long i = 0; i < n; i += F32_LANES) {
    f32v x;
    u32v trajectory;
    memcpy(&x, state + i, sizeof x);
    for (int lane = 0; lane < F32_LANES; lane++) trajectory[lane] = (uint32_t)(i + lane);
    for (long t = 0; t < steps; t += 4) {
      u32v c[4] = {trajectory, (u32v){} + (uint32_t)(t / 4), (u32v){}, (u32v){}};
      f32v z0, z1, z2, z3;
      philox4x32(c, (uint32_t)seed, (uint32_t)(seed >> 32));
      box_muller32(c[0], c[1], &z0, &z1);
      box_muller32(c[2], c[3], &z2, &z3);
      STEP(x, z0);
      STEP(x, z1);
      STEP(x, z2);
      STEP(x, z3);
    }
    memcpy(state + i, &x, sizeof x);
  }
}

/* float64 state, float32 normals. */
void xoshiro_mixed(double *state, long n, long steps, double mu, double zeta, double h, uint64_t seed) {
  COEFFICIENTS(double, sqrt);
  for (long i = 0; i < n; i += F32_LANES) {
    f64v x[2];
    xoshiro128 g = xoshiro128_start(seed, (uint64_t)(i / F32_LANES));
    memcpy(x, state + i, sizeof x);
    for (long t = 0; t < steps; t += 2) {
      u32v first = xoshiro128_next(&g), second = xoshiro128_next(&g);
      f32v z[2];
      box_muller32(first, second, &z[0], &z[1]);
      for (int j = 0; j < 2; j++) {
        f32half half[2];
        memcpy(half, &z[j], sizeof half);
        STEP(x[0], __builtin_convertvector(half[0], f64v));
        STEP(x[1], __builtin_convertvector(half[1], f64v));
      }
    }
    memcpy(state + i, x, sizeof x);
  }
}

void xoshiro_float64(double *state, long n, long steps, double mu, double zeta, double h, uint64_t seed) {
  COEFFICIENTS(double, sqrt);
  for (long i = 0; i < n; i += 2 * F64_LANES) {
    f64v x[2];
    xoshiro256 g[2];
    memcpy(x, state + i, sizeof x);
    for (int k = 0; k < 2; k++) g[k] = xoshiro256_start(seed, (uint64_t)(i / F64_LANES + k));
    for (long t = 0; t < steps; t += 2)
      for (int k = 0; k < 2; k++) {
        u64v first = xoshiro256_next(&g[k]), second = xoshiro256_next(&g[k]);
        f64v z0, z1;
        box_muller64(first, second, &z0, &z1);
        STEP(x[k], z0);
        STEP(x[k], z1);
      }
    memcpy(state + i, x, sizeof x);
  }
}
