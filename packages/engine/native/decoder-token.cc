#include <algorithm>
#include <cmath>
#include <vector>

#include "level.h"
#include "parallel.h"
#include "products.h"
#include "vector.h"

// States are transposed in blocks of branches, [feature][branch]: so a vector is one feature of as many branches, and
// products need no sums across a vector. A block goes through the layer on one thread, and its states never change cores;
// but threads share the outputs of a large weight, so that each of its numbers is read once.
//
// For float32 weights without adapters. What reads others is in decoder-rows.cc.

namespace cppo {
namespace LEVEL {
namespace {

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

const float* numbers(const Weight& w) { return static_cast<const float*>(w.matrix.values); }

/** A run of keys and values [length, hd] that a query sees. */
struct Keys {
  const float* keys;
  const float* values;
  int64_t length;
};

/** Scores q·k [count] of keys [count, hd]. */
void scoresOf(const float* query, const float* keys, int64_t count, int64_t hd, float* scores) {
  int64_t key = 0;
  for (; key + LANES <= count; key += LANES) {
    Vector sums[LANES];
    for (Vector& sum : sums) sum = Vector{};
    overVectors(0, hd, [&](int64_t i, auto load, auto) {
      const Vector q = load(query + i);
      for (int n = 0; n < LANES; n++) sums[n] += q * load(keys + (key + n) * hd + i);
    });
    store(scores + key, sumsOf(sums));
  }
  for (; key < count; key++) {
    Vector sums{};
    overVectors(0, hd, [&](int64_t i, auto load, auto) { sums += load(query + i) * load(keys + key * hd + i); });
    scores[key] = sum(sums);
  }
}

/** Adds features [from, from + V vectors) of Σ weight·value to the result, two values at a time: sums wait for each other. */
template <int V>
void mixSome(const float* weights, const float* values, int64_t count, int64_t hd, int64_t from, float* result) {
  Vector even[V], odd[V];
  for (int v = 0; v < V; v++) {
    even[v] = load(result + from + v * LANES);
    odd[v] = Vector{};
  }
  int64_t key = 0;
  for (; key + 2 <= count; key += 2) {
    const float* value = values + key * hd + from;
    for (int v = 0; v < V; v++) even[v] += weights[key] * load(value + v * LANES);
    for (int v = 0; v < V; v++) odd[v] += weights[key + 1] * load(value + hd + v * LANES);
  }
  for (; key < count; key++) {
    for (int v = 0; v < V; v++) even[v] += weights[key] * load(values + key * hd + from + v * LANES);
  }
  for (int v = 0; v < V; v++) store(result + from + v * LANES, even[v] + odd[v]);
}

/** Adds Σ weight·value to the result [hd], for values [count, hd]. */
void mix(const float* weights, const float* values, int64_t count, int64_t hd, float* result) {
  int64_t i = 0;
  for (; i + 4 * LANES <= hd; i += 4 * LANES) mixSome<4>(weights, values, count, hd, i, result);
  overVectors(i, hd, [&](int64_t i, auto load, auto store) {
    Vector sums = load(result + i);
    for (int64_t key = 0; key < count; key++) sums += weights[key] * load(values + key * hd + i);
    store(result + i, sums);
  });
}

/** One query over three runs of keys; the bias is for the first. */
void attend(const float* query, const Keys (&sets)[3], const float* bias, int64_t biasStride, int64_t hd, float* scores,
            float* result) {
  int64_t count = 0;
  for (const Keys& set : sets) {
    scoresOf(query, set.keys, set.length, hd, scores + count);
    count += set.length;
  }
  for (int64_t key = 0; key < sets[0].length; key++) scores[key] += bias[key * biasStride];
  softmaxRow(scores, scores, count);
  std::memset(result, 0, hd * sizeof(float));
  const float* weights = scores;
  for (const Keys& set : sets) {
    mix(weights, set.values, set.length, hd, result);
    weights += set.length;
  }
}

const float* at(const void* numbers, int64_t from) { return static_cast<const float*>(numbers) + from; }
float* at(void* numbers, int64_t from) { return static_cast<float*>(numbers) + from; }

void copyBatch(const float* before, int64_t length, const float* last, int64_t hd, float* to) {
  if (length > 0) std::memcpy(to, before, length * hd * sizeof(float));
  std::memcpy(to + length * hd, last, hd * sizeof(float));
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

/** Normalises a head [hd], where there is a weight for it. */
void normHead(float* x, const float* weight, float epsilon, int64_t hd) {
  if (!weight) return;
  float squares = 0.0f;
  for (int64_t i = 0; i < hd; i++) squares += x[i] * x[i];
  const float r = 1.0f / std::sqrt(squares / hd + epsilon);
  for (int64_t i = 0; i < hd; i++) x[i] *= r * weight[i];
}

/** Numbers of a weight that the caches of a core do not hold beside the rest. */
constexpr int64_t LARGE_WEIGHT = 1 << 17;

/** The decoder for blocks of V vectors of branches, one block on a thread, or with `shared` all threads on one block. */
template <int V>
class Decoder {
 public:
  Decoder(const DecoderToken& step, bool shared)
      : s(step),
        shared(shared),
        hd(s.headDimension),
        repeats(s.heads / s.keyValueHeads),
        queries(s.heads * hd),
        keys(s.keyValueHeads * hd),
        blocks((s.rows + width - 1) / width) {}

  void run() {
    std::vector<float> states(blocks * s.hidden * width);
    const auto runBlock = [&](int64_t block) { this->runBlock(block, states.data() + block * s.hidden * width); };
    if (shared) {
      for (int64_t block = 0; block < blocks; block++) runBlock(block);
    } else {
      parallel(blocks, runBlock);
    }
    constexpr int64_t unit = 4 * REGISTERS;
    parallelRanges((s.vocabulary + unit - 1) / unit, 1, [&](int64_t from, int64_t to) {
      for (int64_t start = from * unit; start < to * unit && start < s.vocabulary; start += unit) {
        for (int64_t block = 0; block < blocks; block++) {
          logits(states.data() + block * s.hidden * width, block, start, std::min(start + unit, s.vocabulary));
        }
      }
    });
  }

 private:
  static constexpr int64_t width = V * LANES;

  /** States [features][width] of a block. */
  struct States {
    float *x, *y, *q, *attended, *k, *v, *gate;
  };

  int64_t endOf(int64_t block) const { return std::min((block + 1) * width, s.rows); }

  /** The normalised states after all layers. */
  void runBlock(int64_t block, float* result) {
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
    // What no branch fills is carried along, so it must be numbers: it repeats the last branch, but sees nothing.
    for (int64_t lane = 0; lane < width; lane++) {
      const float* from = numbers(s.embedding) + s.tokens[std::min(block * width + lane, s.rows - 1)] * s.hidden;
      for (int64_t i = 0; i < s.hidden; i++) t.x[i * width + lane] = from[i];
    }
    std::memset(t.attended, 0, queries * width * sizeof(float));
    for (int64_t layer = 0; layer < s.layerCount; layer++) runLayer(layer, block, t);
    norm<V>(t.x, s.norm, s.epsilon, s.hidden, result);
  }

  void runLayer(int64_t layer, int64_t block, const States& t) {
    const DecoderLayer& w = s.layers[layer];
    norm<V>(t.x, w.inputNorm, s.epsilon, s.hidden, t.y);
    overOutputs(queries, [&](int64_t from, int64_t to) { product<V>(numbers(w.q), w.q.bias, from, to, s.hidden, t.y, t.q); });
    overOutputs(keys, [&](int64_t from, int64_t to) {
      product<V>(numbers(w.k), w.k.bias, from, to, s.hidden, t.y, t.k);
      product<V>(numbers(w.v), w.v.bias, from, to, s.hidden, t.y, t.v);
    });
    over((endOf(block) - block * width) * s.keyValueHeads, 1, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; i++) attendFrom(layer, block * width, i / s.keyValueHeads, i % s.keyValueHeads, t);
    });
    overOutputs(s.hidden, [&](int64_t from, int64_t to) {
      product<V>(numbers(w.o), nullptr, from, to, queries, t.attended, t.y);
      addTo(t.x, t.y, from, to);
    });
    norm<V>(t.x, w.attentionNorm, s.epsilon, s.hidden, t.y);
    overOutputs(s.intermediate, [&](int64_t from, int64_t to) { gated(w, t.y, from, to, t.gate); });
    overOutputs(s.hidden, [&](int64_t from, int64_t to) {
      product<V>(numbers(w.down), nullptr, from, to, s.intermediate, t.gate, t.y);
      addTo(t.x, t.y, from, to);
    });
  }

  void addTo(float* x, const float* y, int64_t from, int64_t to) {
    for (int64_t i = from * width; i < to * width; i += LANES) store(x + i, load(x + i) + load(y + i));
  }

  /** Calls body(from, to) for shares of [0, count) that begin at a multiple of `unit`, or once for all. */
  template <typename Body>
  void over(int64_t count, int64_t unit, Body body) {
    if (!shared) return body(0, count);
    const int64_t units = (count + unit - 1) / unit;
    parallelRanges(units, 1, [&](int64_t start, int64_t end) { body(start * unit, std::min(end * unit, count)); });
  }

  template <typename Body>
  void overOutputs(int64_t outs, Body body) {
    over(outs, REGISTERS / V, body);
  }

  /** silu(gate) ⊙ up of outputs [from, to), some at a time so that they stay at hand. */
  void gated(const DecoderLayer& w, const float* x, int64_t from, int64_t to, float* result) {
    constexpr int64_t most = 4 * REGISTERS;
    float up[most * width];
    for (int64_t start = from; start < to; start += most) {
      const int64_t end = std::min(start + most, to);
      product<V>(numbers(w.gate), nullptr, start, end, s.hidden, x, result);
      product<V>(numbers(w.up) + start * s.hidden, nullptr, 0, end - start, s.hidden, x, up);
      for (int64_t i = 0; i < (end - start) * width; i += LANES) {
        float* const at = result + start * width + i;
        const Vector g = load(at);
        store(at, g * sigmoid(g) * load(up + i));
      }
    }
  }

  /** Logits of tokens [start, end), at most 4·REGISTERS, from the states of a block. */
  void logits(const float* x, int64_t block, int64_t start, int64_t end) {
    float y[4 * REGISTERS * width];
    product<V>(numbers(s.head) + start * s.hidden, nullptr, 0, end - start, s.hidden, x, y);
    for (int64_t row = block * width; row < endOf(block); row++) {
      float* const to = s.logits + row * s.vocabulary + start;
      for (int64_t i = 0; i < end - start; i++) to[i] = y[i * width + row - block * width];
    }
  }

  /** The queries of one branch that read one key/value head. */
  void attendFrom(int64_t layer, int64_t start, int64_t lane, int64_t group, const States& t) {
    static thread_local std::vector<float> scratch;
    const int64_t length = s.shortLength + 1;
    const int64_t needed = 4 * hd + s.prefixLength + s.longLength + length + LANES;
    if (static_cast<int64_t>(scratch.size()) < needed) scratch.resize(needed);
    float *query = scratch.data(), *key = query + hd, *value = key + hd, *result = value + hd, *scores = result + hd;

    const int64_t row = start + lane;
    const int64_t place = s.resultRows[row * s.heads + group * repeats] / repeats;
    const int64_t prompt = place / (s.batches / s.prompts);
    const int64_t batch = layer * s.batches + place;
    const float *cos = s.cos + row * hd, *sin = s.sin + row * hd;
    takeLane(t.k + group * hd * width, lane, key);
    takeLane(t.v + group * hd * width, lane, value);
    const DecoderLayer& w = s.layers[layer];
    normHead(key, w.kNorm, s.epsilon, hd);
    turn(key, cos, sin, hd);
    float *ownKeys = at(s.keys, batch * length * hd), *ownValues = at(s.values, batch * length * hd);
    copyBatch(at(s.shortKeys, batch * s.shortLength * hd), s.shortLength, key, hd, ownKeys);
    copyBatch(at(s.shortValues, batch * s.shortLength * hd), s.shortLength, value, hd, ownValues);
    const int64_t prefix = prompt * s.prefixLength * hd, longer = batch * s.longLength * hd;
    const Keys sets[3] = {
        {at(w.prefixKeys, prefix), at(w.prefixValues, prefix), s.prefixLength},
        {at(s.longKeys, longer), at(s.longValues, longer), s.longLength},
        {ownKeys, ownValues, length}};
    const float scale = 1.0f / std::sqrt(static_cast<float>(hd));
    for (int64_t head = group * repeats; head < (group + 1) * repeats; head++) {
      takeLane(t.q + head * hd * width, lane, query);
      normHead(query, w.qNorm, s.epsilon, hd);
      turn(query, cos, sin, hd);
      for (int64_t i = 0; i < hd; i++) query[i] *= scale;
      attend(query, sets, s.prefixBias + prompt * s.biasBatchStride, s.biasKeyStride, hd, scores, result);
      for (int64_t i = 0; i < hd; i++) t.attended[(head * hd + i) * width + lane] = result[i];
    }
  }

  void takeLane(const float* from, int64_t lane, float* to) {
    for (int64_t i = 0; i < hd; i++) to[i] = from[i * width + lane];
  }

  const DecoderToken& s;
  const bool shared;
  const int64_t hd, repeats, queries, keys, blocks;
};

bool isPlain(const Weight& w) { return w.matrix.format == FLOAT32 && !w.down; }

bool isPlain(const DecoderToken& s) {
  if (s.halved || !isPlain(s.embedding) || !isPlain(s.head)) return false;
  return std::all_of(s.layers, s.layers + s.layerCount, [](const DecoderLayer& w) {
    const bool biased = w.o.bias || w.gate.bias || w.up.bias || w.down.bias;
    return !biased && isPlain(w.q) && isPlain(w.k) && isPlain(w.v) && isPlain(w.o) && isPlain(w.gate) && isPlain(w.up) &&
           isPlain(w.down);
  });
}

}  // namespace

void decoderToken(const DecoderToken& s) {
  // Places without a branch get zeros for their token: nobody reads them, but they are copied from step to step.
  const int64_t repeats = s.heads / s.keyValueHeads, token = s.headDimension * (s.halved ? sizeof(uint16_t) : sizeof(float));
  const int64_t before = s.shortLength * token, length = before + token;
  std::vector<bool> taken(s.batches, false);
  for (int64_t i = 0; i < s.rows * s.heads; i++) taken[s.resultRows[i] / repeats] = true;
  const auto carryOn = [&](const void* from, void* to, int64_t batch) {
    char* const own = static_cast<char*>(to) + batch * length;
    if (before > 0) std::memcpy(own, static_cast<const char*>(from) + batch * before, before);
    std::memset(own + before, 0, token);
  };
  for (int64_t batch = 0; batch < s.layerCount * s.batches; batch++) {
    if (taken[batch % s.batches]) continue;
    carryOn(s.shortKeys, s.keys, batch);
    carryOn(s.shortValues, s.values, batch);
  }
  if (!isPlain(s)) return decoderRows(s);
  const bool large = s.hidden * s.intermediate >= LARGE_WEIGHT && s.rows < 2 * LANES * threadCount();
  if (s.rows > LANES * (large ? 1 : threadCount())) Decoder<2>(s, large).run();
  else Decoder<1>(s, large).run();
}

}  // namespace LEVEL
}  // namespace cppo
