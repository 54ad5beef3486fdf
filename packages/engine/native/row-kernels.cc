#include <cmath>
#include <vector>

#include "level.h"
#include "parallel.h"
#include "vector.h"

namespace cppo {
namespace LEVEL {
namespace {

float inverseRoot(const float* x, int64_t width, float epsilon) {
  Vector squares{};
  overVectors(0, width, [&](int64_t i, auto load, auto) {
    const Vector a = load(x + i);
    squares += a * a;
  });
  return 1.0f / std::sqrt(sum(squares) / width + epsilon);
}

}  // namespace

void rmsNorm(const float* x, const float* weight, float epsilon, float* y, int64_t rows, int64_t width) {
  parallelRanges(rows, grainRows(width), [=](int64_t start, int64_t end) {
    for (int64_t row = start; row < end; row++) {
      const float* from = x + row * width;
      float* to = y + row * width;
      const float r = inverseRoot(from, width, epsilon);
      overVectors(0, width, [&](int64_t i, auto load, auto store) { store(to + i, load(from + i) * r * load(weight + i)); });
    }
  });
}

void rmsNormGradient(const float* x, const float* weight, const float* dy, float epsilon, float* dx, float* dWeight,
                     int64_t rows, int64_t width) {
  // Every task sums up the weight's gradient by itself; as many tasks whatever is free, so that the sum is always the same.
  const int64_t least = grainRows(width);
  const int64_t tasks = rows / least < 1 ? 1 : rows / least < 16 ? rows / least : 16;
  std::vector<float> parts(tasks * width, 0.0f);
  float* const sums = parts.data();
  parallel(tasks, [=](int64_t task) {
    float* const own = sums + task * width;
    for (int64_t row = rows * task / tasks; row < rows * (task + 1) / tasks; row++) {
      const float* from = x + row * width;
      const float* d = dy + row * width;
      float* to = dx + row * width;
      const float r = inverseRoot(from, width, epsilon);
      Vector along{};
      overVectors(0, width, [&](int64_t i, auto load, auto store) {
        const Vector normal = load(from + i) * r;
        const Vector given = load(d + i);
        along += given * load(weight + i) * normal;
        store(own + i, load(own + i) + given * normal);
      });
      const float mean = sum(along) / width;
      overVectors(0, width, [&](int64_t i, auto load, auto store) {
        store(to + i, (load(d + i) * load(weight + i) - load(from + i) * r * mean) * r);
      });
    }
  });
  std::memset(dWeight, 0, width * sizeof(float));
  for (int64_t task = 0; task < tasks; task++) {
    const float* own = sums + task * width;
    overVectors(0, width, [&](int64_t i, auto load, auto store) { store(dWeight + i, load(dWeight + i) + load(own + i)); });
  }
}

void swiGlu(const float* gate, const float* up, float* y, int64_t size) {
  parallelRanges(size, GRAIN / 2, [=](int64_t start, int64_t end) {
    overVectors(start, end, [&](int64_t i, auto load, auto store) {
      const Vector g = load(gate + i);
      store(y + i, g * sigmoid(g) * load(up + i));
    });
  });
}

void swiGluGradient(const float* gate, const float* up, const float* dy, float* dGate, float* dUp, int64_t size) {
  parallelRanges(size, GRAIN / 2, [=](int64_t start, int64_t end) {
    overVectors(start, end, [&](int64_t i, auto load, auto store) {
      const Vector g = load(gate + i);
      const Vector d = load(dy + i);
      const Vector s = sigmoid(g);
      const Vector silu = g * s;
      // silu' = σ + silu·(1 − σ)
      store(dGate + i, d * load(up + i) * (s + silu - silu * s));
      store(dUp + i, d * silu);
    });
  });
}

void rotary(const float* x, const float* cos, const float* sin, float* y, int64_t rows, int64_t width, int64_t share,
            float sign) {
  const int64_t half = width / 2;
  parallelRanges(rows, grainRows(width), [=](int64_t start, int64_t end) {
    for (int64_t row = start; row < end; row++) {
      const float* a = x + row * width;
      const float* b = a + half;
      const float* c = cos + row / share * width;
      // Turned back, a half takes the sine with which it went into the other one.
      const float* s = sin + row / share * width + (sign < 0 ? half : 0);
      const float* t = sin + row / share * width + (sign < 0 ? 0 : half);
      float* to = y + row * width;
      overVectors(0, half, [&](int64_t i, auto load, auto store) {
        const Vector first = load(a + i), second = load(b + i);
        store(to + i, first * load(c + i) - second * (load(s + i) * sign));
        store(to + half + i, second * load(c + half + i) + first * (load(t + i) * sign));
      });
    }
  });
}

void softmax(const float* x, float* y, int64_t rows, int64_t width) {
  parallelRanges(rows, grainRows(2 * width), [=](int64_t start, int64_t end) {
    for (int64_t row = start; row < end; row++) softmaxRow(x + row * width, y + row * width, width);
  });
}

void softmaxRow(const float* x, float* y, int64_t width) {
  float most = x[0];
  int64_t i = 0;
  if (width >= LANES) {
    Vector best = load(x);
    for (i = LANES; i + LANES <= width; i += LANES) {
      const Vector a = load(x + i);
      best = a > best ? a : best;
    }
    most = largest(best);
  }
  for (; i < width; i++) most = x[i] > most ? x[i] : most;
  Vector total{};
  for (i = 0; i + LANES <= width; i += LANES) {
    const Vector e = exponential(load(x + i) - most);
    total += e;
    store(y + i, e);
  }
  float whole = sum(total);
  if (i < width) {
    const Vector e = exponential(loadSome(x + i, width - i) - most);
    for (int64_t j = 0; j < width - i; j++) whole += e[j];
    storeSome(y + i, e, width - i);
  }
  const float share = 1.0f / whole;
  overVectors(0, width, [&](int64_t i, auto load, auto store) { store(y + i, load(y + i) * share); });
}

void softmaxGradient(const float* y, const float* dy, float* dx, int64_t rows, int64_t width) {
  parallelRanges(rows, grainRows(width), [=](int64_t start, int64_t end) {
    for (int64_t row = start; row < end; row++) {
      const float* p = y + row * width;
      const float* d = dy + row * width;
      float* to = dx + row * width;
      Vector products{};
      overVectors(0, width, [&](int64_t i, auto load, auto) { products += load(p + i) * load(d + i); });
      const float along = sum(products);
      overVectors(0, width, [&](int64_t i, auto load, auto store) { store(to + i, load(p + i) * (load(d + i) - along)); });
    }
  });
}

void adam(const float* variable, const float* gradient, const float* first, const float* second, AdamNumbers numbers,
          float* nextVariable, float* nextFirst, float* nextSecond, int64_t size) {
  const auto [beta1, beta2, epsilon, rate, correction, kept] = numbers;
  parallelRanges(size, GRAIN / 2, [=](int64_t start, int64_t end) {
    // Plain loops: the compiler has the vectors' square root.
    for (int64_t i = start; i < end; i++) {
      const float g = gradient[i];
      const float m = first[i] * beta1 + g * (1 - beta1);
      const float v = second[i] * beta2 + g * g * (1 - beta2);
      nextFirst[i] = m;
      nextSecond[i] = v;
      nextVariable[i] = variable[i] * kept - rate * m / (std::sqrt(v) * correction + epsilon);
    }
  });
}

const Kernels table = {rmsNorm, rmsNormGradient, swiGlu, swiGluGradient, rotary,
                       softmax, softmaxGradient, adam,   decoderToken,   attention, attentionGradient,
                       packedProduct, packedInputGradient, packedRows, pack};

}  // namespace LEVEL
}  // namespace cppo
