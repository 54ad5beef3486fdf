#include <cmath>
#include <vector>

#include "level.h"
#include "parallel.h"
#include "vector.h"

// States are transposed in blocks of branches, [feature][branch]: so a vector is one feature of as many branches, and
// products need no sums across a vector. A block goes through the layer on one thread, and its states never change cores;
// but threads share the outputs of a large weight, so that each of its numbers is read once.

namespace cppo {
namespace LEVEL {
namespace {

/** Outputs [from, to) of y = W·x + bias, for x [ins][width], width = V vectors of branches, and W [outs, ins]; R at a time. */
template <int V, int R>
int64_t someProducts(const float* weight, const float* bias, int64_t from, int64_t to, int64_t ins, const float* x,
                     float* y) {
  constexpr int64_t width = V * LANES;
  int64_t out = from;
  for (; out + R <= to; out += R) {
    const float* w = weight + out * ins;
    Vector sums[R][V];
    for (int r = 0; r < R; r++)
      for (int v = 0; v < V; v++) sums[r][v] = all(bias ? bias[out + r] : 0.0f);
    for (int64_t i = 0; i < ins; i++) {
      Vector a[V];
      for (int v = 0; v < V; v++) a[v] = load(x + i * width + v * LANES);
      for (int r = 0; r < R; r++) {
        const float b = w[r * ins + i];
        for (int v = 0; v < V; v++) sums[r][v] += b * a[v];
      }
    }
    for (int r = 0; r < R; r++)
      for (int v = 0; v < V; v++) store(y + (out + r) * width + v * LANES, sums[r][v]);
  }
  return out;
}

#if defined(__AVX512F__)
constexpr int REGISTERS = 24;
#else
constexpr int REGISTERS = 12;
#endif

template <int V>
void product(const float* weight, const float* bias, int64_t from, int64_t to, int64_t ins, const float* x, float* y) {
  const int64_t done = someProducts<V, REGISTERS / V>(weight, bias, from, to, ins, x, y);
  someProducts<V, 1>(weight, bias, done, to, ins, x, y);
}

template <int V>
void norm(const float* x, const float* weight, float epsilon, int64_t features, float* y) {
  constexpr int64_t width = V * LANES;
  for (int v = 0; v < V; v++) {
    Vector squares{};
    for (int64_t i = 0; i < features; i++) {
      const Vector a = load(x + i * width + v * LANES);
      squares += a * a;
    }
    Vector r{};
    for (int lane = 0; lane < LANES; lane++) r[lane] = 1.0f / std::sqrt(squares[lane] / features + epsilon);
    for (int64_t i = 0; i < features; i++) {
      store(y + i * width + v * LANES, load(x + i * width + v * LANES) * r * weight[i]);
    }
  }
}

/** A run of keys and values [length, hd] that a query sees. */
struct Keys {
  const float* keys;
  const float* values;
  int64_t length;
};

float dot(const float* a, const float* b, int64_t size) {
  Vector sums{};
  overVectors(0, size, [&](int64_t i, auto load, auto) { sums += load(a + i) * load(b + i); });
  return sum(sums);
}

/** One query over three runs of keys; the bias is for the first. */
void attend(const float* query, const Keys (&sets)[3], const float* bias, int64_t biasStride, int64_t hd, float* scores,
            float* result) {
  int64_t count = 0;
  for (int set = 0; set < 3; set++) {
    for (int64_t key = 0; key < sets[set].length; key++, count++) {
      scores[count] = dot(query, sets[set].keys + key * hd, hd);
      if (set == 0) scores[count] += bias[key * biasStride];
    }
  }
  softmaxRow(scores, scores, count);
  overVectors(0, hd, [&](int64_t i, auto load, auto store) {
    Vector sums{};
    const float* weight = scores;
    for (const Keys& set : sets) {
      for (int64_t key = 0; key < set.length; key++) sums += *weight++ * load(set.values + key * hd + i);
    }
    store(result + i, sums);
  });
}

/** Rows [start, end) of x [rows, features] as [feature][width]; what is too wide repeats the last. */
void transposeIn(const float* x, int64_t start, int64_t end, int64_t features, int64_t width, float* to) {
  for (int64_t lane = 0; lane < width; lane++) {
    const int64_t row = start + lane < end ? start + lane : end - 1;
    const float* from = x + row * features;
    for (int64_t i = 0; i < features; i++) to[i * width + lane] = from[i];
  }
}

void copyBatch(const float* before, int64_t length, const float* last, int64_t hd, float* to) {
  std::memcpy(to, before, length * hd * sizeof(float));
  if (last) std::memcpy(to + length * hd, last, hd * sizeof(float));
  else std::memset(to + length * hd, 0, hd * sizeof(float));
}

/** Turns a head [hd] by its angles. */
void turn(float* x, const float* cos, const float* sin, int64_t hd) {
  const int64_t half = hd / 2;
  for (int64_t i = 0; i < half; i++) {
    const float a = x[i], b = x[half + i];
    x[i] = a * cos[i] - b * sin[i];
    x[half + i] = b * cos[half + i] + a * sin[half + i];
  }
}

/** Numbers of a weight that the caches of a core do not hold beside the rest. */
constexpr int64_t LARGE_WEIGHT = 1 << 17;

/** The layer for blocks of V vectors of branches, one block on a thread, or with `shared` all threads on one block. */
template <int V>
class Layer {
 public:
  Layer(const DecoderStep& step, bool shared)
      : s(step),
        shared(shared),
        hd(s.headDimension),
        repeats(s.heads / s.keyValueHeads),
        queries(s.heads * hd),
        keys(s.keyValueHeads * hd),
        blocks((s.rows + width - 1) / width) {}

  void run() {
    if (shared) {
      for (int64_t block = 0; block < blocks; block++) runBlock(block);
    } else {
      parallel(blocks, [&](int64_t block) { runBlock(block); });
    }
  }

 private:
  static constexpr int64_t width = V * LANES;

  /** States [features][width] of a block. */
  struct States {
    float *x, *y, *q, *attended, *k, *v, *gate;
  };

  void runBlock(int64_t block) {
    static thread_local std::vector<float> scratch;
    const int64_t features = 2 * s.hidden + 2 * queries + 2 * keys + s.intermediate;
    if (static_cast<int64_t>(scratch.size()) < features * width) scratch.resize(features * width);
    float* next = scratch.data();
    const auto take = [&](int64_t features) {
      float* const at = next;
      next += features * width;
      return at;
    };
    const States t = {take(s.hidden), take(s.hidden), take(queries), take(queries),
                      take(keys),     take(keys),     take(s.intermediate)};
    const int64_t start = block * width, end = start + width < s.rows ? start + width : s.rows;

    transposeIn(s.x, start, end, s.hidden, width, t.x);
    norm<V>(t.x, s.inputNorm, s.epsilon, s.hidden, t.y);
    overOutputs(queries, [&](int64_t from, int64_t to) { product<V>(s.q, s.qBias, from, to, s.hidden, t.y, t.q); });
    overOutputs(keys, [&](int64_t from, int64_t to) {
      product<V>(s.k, s.kBias, from, to, s.hidden, t.y, t.k);
      product<V>(s.v, s.vBias, from, to, s.hidden, t.y, t.v);
    });
    // What no branch fills is carried along, so it must be numbers.
    if (end - start < width) std::memset(t.attended, 0, queries * width * sizeof(float));
    over((end - start) * s.keyValueHeads, 1, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; i++) attendFrom(start, i / s.keyValueHeads, i % s.keyValueHeads, t);
    });
    overOutputs(s.hidden, [&](int64_t from, int64_t to) {
      product<V>(s.o, nullptr, from, to, queries, t.attended, t.y);
      for (int64_t i = from * width; i < to * width; i += LANES) store(t.x + i, load(t.x + i) + load(t.y + i));
    });
    norm<V>(t.x, s.attentionNorm, s.epsilon, s.hidden, t.y);
    overOutputs(s.intermediate, [&](int64_t from, int64_t to) { gated(t.y, from, to, t.gate); });
    overOutputs(s.hidden, [&](int64_t from, int64_t to) {
      product<V>(s.down, nullptr, from, to, s.intermediate, t.gate, t.y);
      for (int64_t lane = 0; lane < end - start; lane++) {
        for (int64_t i = from; i < to; i++) {
          s.y[(start + lane) * s.hidden + i] = t.x[i * width + lane] + t.y[i * width + lane];
        }
      }
    });
  }

  /** Calls body(from, to) for shares of [0, count) that begin at a multiple of `unit`, or once for all. */
  template <typename Body>
  void over(int64_t count, int64_t unit, Body body) {
    if (!shared) return body(0, count);
    const int64_t units = (count + unit - 1) / unit;
    parallelRanges(units, 1, [&](int64_t start, int64_t end) {
      body(start * unit, end * unit < count ? end * unit : count);
    });
  }

  template <typename Body>
  void overOutputs(int64_t outs, Body body) {
    over(outs, REGISTERS / V, body);
  }

  /** silu(gate) ⊙ up of outputs [from, to), some at a time so that they stay at hand. */
  void gated(const float* x, int64_t from, int64_t to, float* result) {
    constexpr int64_t most = 4 * REGISTERS;
    float up[most * width];
    for (int64_t start = from; start < to; start += most) {
      const int64_t end = start + most < to ? start + most : to;
      product<V>(s.gate, nullptr, start, end, s.hidden, x, result);
      product<V>(s.up + start * s.hidden, nullptr, 0, end - start, s.hidden, x, up);
      for (int64_t i = 0; i < (end - start) * width; i += LANES) {
        float* const at = result + start * width + i;
        const Vector g = load(at);
        store(at, g * sigmoid(g) * load(up + i));
      }
    }
  }

  /** The queries of one branch that read one key/value head. */
  void attendFrom(int64_t start, int64_t lane, int64_t group, const States& t) {
    static thread_local std::vector<float> scratch;
    const int64_t length = s.shortLength + 1;
    const int64_t needed = 4 * hd + s.prefixLength + s.longLength + length + LANES;
    if (static_cast<int64_t>(scratch.size()) < needed) scratch.resize(needed);
    float *query = scratch.data(), *key = query + hd, *value = key + hd, *result = value + hd, *scores = result + hd;

    const int64_t row = start + lane;
    const int64_t batch = s.resultRows[row * s.heads + group * repeats] / repeats;
    const int64_t prompt = batch / (s.batches / s.prompts);
    const float *cos = s.cos + row * hd, *sin = s.sin + row * hd;
    takeLane(t.k + group * hd * width, lane, key);
    takeLane(t.v + group * hd * width, lane, value);
    turn(key, cos, sin, hd);
    float *ownKeys = s.keys + batch * length * hd, *ownValues = s.values + batch * length * hd;
    copyBatch(s.shortKeys + batch * s.shortLength * hd, s.shortLength, key, hd, ownKeys);
    copyBatch(s.shortValues + batch * s.shortLength * hd, s.shortLength, value, hd, ownValues);
    const Keys sets[3] = {
        {s.prefixKeys + prompt * s.prefixLength * hd, s.prefixValues + prompt * s.prefixLength * hd, s.prefixLength},
        {s.longKeys + batch * s.longLength * hd, s.longValues + batch * s.longLength * hd, s.longLength},
        {ownKeys, ownValues, length}};
    const float scale = 1.0f / std::sqrt(static_cast<float>(hd));
    for (int64_t head = group * repeats; head < (group + 1) * repeats; head++) {
      takeLane(t.q + head * hd * width, lane, query);
      turn(query, cos, sin, hd);
      for (int64_t i = 0; i < hd; i++) query[i] *= scale;
      attend(query, sets, s.prefixBias + prompt * s.biasBatchStride, s.biasKeyStride, hd, scores, result);
      for (int64_t i = 0; i < hd; i++) t.attended[(head * hd + i) * width + lane] = result[i];
    }
  }

  void takeLane(const float* from, int64_t lane, float* to) {
    for (int64_t i = 0; i < hd; i++) to[i] = from[i * width + lane];
  }

  const DecoderStep& s;
  const bool shared;
  const int64_t hd, repeats, queries, keys, blocks;
};

}  // namespace

void decoderStep(const DecoderStep& s) {
  // Places without a branch get zeros for their token: nobody reads them, but they are copied from step to step.
  const int64_t hd = s.headDimension, length = s.shortLength + 1, repeats = s.heads / s.keyValueHeads;
  std::vector<bool> taken(s.batches, false);
  for (int64_t i = 0; i < s.rows * s.heads; i++) taken[s.resultRows[i] / repeats] = true;
  for (int64_t batch = 0; batch < s.batches; batch++) {
    if (taken[batch]) continue;
    copyBatch(s.shortKeys + batch * s.shortLength * hd, s.shortLength, nullptr, hd, s.keys + batch * length * hd);
    copyBatch(s.shortValues + batch * s.shortLength * hd, s.shortLength, nullptr, hd, s.values + batch * length * hd);
  }
  const bool large = s.hidden * s.intermediate >= LARGE_WEIGHT && s.rows < 2 * LANES * threadCount();
  if (s.rows > LANES * (large ? 1 : threadCount())) Layer<2>(s, large).run();
  else Layer<1>(s, large).run();
}

}  // namespace LEVEL
}  // namespace cppo
