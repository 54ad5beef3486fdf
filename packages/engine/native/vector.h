#pragma once
#include <cstdint>
#include <cstring>

// Vectors as wide as the processor's registers, in the notation that g++ and clang share.

namespace cppo {
namespace LEVEL {

#if defined(__AVX512F__)
constexpr int LANES = 16;
#else
constexpr int LANES = 8;
#endif

typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t Integers __attribute__((vector_size(LANES * sizeof(int32_t))));

inline Vector all(float value) { return value - Vector{}; }

inline Vector load(const float* from) {
  Vector x;
  std::memcpy(&x, from, sizeof x);
  return x;
}

inline void store(float* to, Vector x) { std::memcpy(to, &x, sizeof x); }

/** The first `count` numbers, then zeros. */
inline Vector loadSome(const float* from, int64_t count) {
  Vector x{};
  std::memcpy(&x, from, count * sizeof(float));
  return x;
}

inline void storeSome(float* to, Vector x, int64_t count) { std::memcpy(to, &x, count * sizeof(float)); }

/** A sum by halves, which the compiler turns into a few additions of ever narrower registers. */
template <int N>
inline float sumOfHalves(const float* x) {
  typedef float Half __attribute__((vector_size(N / 2 * sizeof(float))));
  Half low, high;
  std::memcpy(&low, x, sizeof low);
  std::memcpy(&high, x + N / 2, sizeof high);
  low += high;
  float half[N / 2];
  std::memcpy(half, &low, sizeof low);
  return sumOfHalves<N / 2>(half);
}

template <>
inline float sumOfHalves<2>(const float* x) {
  return x[0] + x[1];
}

inline float sum(Vector x) {
  float numbers[LANES];
  store(numbers, x);
  return sumOfHalves<LANES>(numbers);
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define CPPO_SHUFFLES
#endif
#endif

/** The sums of as many vectors, in order. */
inline Vector sumsOf(const Vector (&x)[LANES]) {
#if !defined(CPPO_SHUFFLES)
  Vector sums;
  for (int n = 0; n < LANES; n++) sums[n] = sum(x[n]);
  return sums;
#else
  // Two vectors become one of their pairs' sums: first neighbours within quarters of four, then quarters.
  Vector part[LANES];
  for (int n = 0; n < LANES; n++) part[n] = x[n];
#if defined(__AVX512F__)
  const auto neighbours = [](Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30) +
           __builtin_shufflevector(a, b, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31);
  };
  const auto quarters = [](Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
           __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  };
#else
  const auto neighbours = [](Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14) +
           __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
  };
  const auto quarters = [](Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11) +
           __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  };
#endif
  int count = LANES;
  for (; count > LANES / 4; count /= 2) {
    for (int n = 0; n < count / 2; n++) part[n] = neighbours(part[2 * n], part[2 * n + 1]);
  }
  for (; count > 1; count /= 2) {
    for (int n = 0; n < count / 2; n++) part[n] = quarters(part[2 * n], part[2 * n + 1]);
  }
  return part[0];
#endif
}

inline float largest(Vector x) {
  float most = x[0];
  for (int i = 1; i < LANES; i++) most = x[i] > most ? x[i] : most;
  return most;
}

/** Calls body(i, load, store) for vectors that cover [start, end), the last perhaps in part. */
template <typename Body>
inline void overVectors(int64_t start, int64_t end, Body body) {
  int64_t i = start;
  for (; i + LANES <= end; i += LANES) {
    body(i, [](const float* p) { return load(p); }, [](float* p, Vector x) { store(p, x); });
  }
  const int64_t rest = end - i;
  if (rest == 0) return;
  body(i, [rest](const float* p) { return loadSome(p, rest); }, [rest](float* p, Vector x) { storeSome(p, x, rest); });
}

/** eˣ within 2 units in the last place: eʳ·2ᵏ with |r| ≤ ½ ln 2, by the series to r⁷. */
inline Vector exponential(Vector x) {
  const Vector low = all(-87.0f), high = all(88.0f);
  x = x < low ? low : x;
  x = x > high ? high : x;
  // Adding 1.5·2²³ rounds to a whole number, which then stands in the last bits.
  const Vector shift = all(12582912.0f);
  const Vector shifted = x * 1.44269504f + shift;
  const Vector k = shifted - shift;
  const Vector r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
  Vector p = all(1.0f / 5040);
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  Integers bits, base;
  std::memcpy(&bits, &shifted, sizeof bits);
  std::memcpy(&base, &shift, sizeof base);
  const Integers power = (bits - base + 127) << 23;
  Vector scale;
  std::memcpy(&scale, &power, sizeof scale);
  return p * scale;
}

inline Vector sigmoid(Vector x) { return 1.0f / (1.0f + exponential(-x)); }

}  // namespace LEVEL
}  // namespace cppo
