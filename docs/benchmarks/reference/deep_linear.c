/* Hand-written reference: SGD with batches of one on a deep linear network, D = 12, four layers, online Gaussian data
 * of a teacher, replicas in lanes, float32. Weights: state[block][layer][row][column][lane]. One thread. */
#include "vector_math.h"

enum { D = 12, LAYERS = 4, TILE = 4 };

INLINE void step(f32v (*w)[D][D], f32v h[LAYERS + 1][D], const float *teacher, float rate) {
  f32v down[D], next[D];
  for (int l = 0; l < LAYERS; l++)
    for (int i = 0; i < D; i += TILE) {
      f32v sum[TILE] = {};
      for (int j = 0; j < D; j++)
        for (int q = 0; q < TILE; q++) sum[q] += w[l][i + q][j] * h[l][j];
      for (int q = 0; q < TILE; q++) h[l + 1][i + q] = sum[q];
    }
  for (int i = 0; i < D; i++) {
    f32v sum = {};
    for (int j = 0; j < D; j++) sum += teacher[i * D + j] * h[0][j];
    down[i] = rate * (sum - h[LAYERS][i]);
  }
  for (int l = LAYERS - 1; l >= 0; l--) { /* transposed product and update in one pass over the weights */
    for (int j = 0; j < D; j += TILE) {
      f32v sum[TILE] = {}, x[TILE];
      for (int q = 0; q < TILE; q++) x[q] = h[l][j + q];
      for (int i = 0; i < D; i++)
        for (int q = 0; q < TILE; q++) {
          f32v old = w[l][i][j + q];
          sum[q] += old * down[i];
          w[l][i][j + q] = old + down[i] * x[q];
        }
      for (int q = 0; q < TILE; q++) next[j + q] = sum[q];
    }
    memcpy(down, next, sizeof down);
  }
}

void deep_linear_xoshiro(float *state, long n, long steps, const float *teacher, float rate, uint64_t seed) {
  for (long block = 0; block < n / F32_LANES; block++) {
    f32v w[LAYERS][D][D] __attribute__((aligned(VECTOR_BYTES)));
    float *own = state + block * LAYERS * D * D * F32_LANES;
    memcpy(w, own, sizeof w);
    xoshiro128 g = xoshiro128_start(seed, (uint64_t)block);
    for (long t = 0; t < steps; t++) {
      f32v h[LAYERS + 1][D];
      for (int j = 0; j < D; j += 2) {
        u32v first = xoshiro128_next(&g), second = xoshiro128_next(&g);
        box_muller32(first, second, &h[0][j], &h[0][j + 1]);
      }
      step(w, h, teacher, rate);
    }
    memcpy(own, w, sizeof w);
  }
}

void deep_linear_philox(float *state, long n, long steps, const float *teacher, float rate, uint64_t seed) {
  for (long block = 0; block < n / F32_LANES; block++) {
    f32v w[LAYERS][D][D] __attribute__((aligned(VECTOR_BYTES)));
    float *own = state + block * LAYERS * D * D * F32_LANES;
    u32v replica;
    memcpy(w, own, sizeof w);
    for (int lane = 0; lane < F32_LANES; lane++) replica[lane] = (uint32_t)(block * F32_LANES + lane);
    for (long t = 0; t < steps; t++) {
      f32v h[LAYERS + 1][D];
      for (int j = 0; j < D; j += 4) {
        u32v c[4] = {replica, (u32v){} + (uint32_t)(3 * t + j / 4), (u32v){}, (u32v){}};
        philox4x32(c, (uint32_t)seed, (uint32_t)(seed >> 32));
        box_muller32(c[0], c[1], &h[0][j], &h[0][j + 1]);
        box_muller32(c[2], c[3], &h[0][j + 2], &h[0][j + 3]);
      }
      step(w, h, teacher, rate);
    }
    memcpy(own, w, sizeof w);
  }
}

long deep_linear_lanes(void) { return F32_LANES; }
