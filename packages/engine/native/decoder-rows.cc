#include <algorithm>
#include <cmath>
#include <vector>

#include "level.h"
#include "parallel.h"
#include "panels.h"

// A decoder token with weights of any format and with adapters: states are [branches, features], and all threads share the
// outputs of each product, so that every number of a weight is read once.

namespace cppo {
namespace LEVEL {
namespace {

/** Keys and values [length, hd] that a query sees, float32 or bfloat16. */
struct Run {
  const void *keys, *values;
  int64_t length;
};

struct FloatValues {
  static constexpr int64_t STEP = 1;
  static Vector weight(const float* values) { return load(values); }
  static Vector given(const float* weight) { return all(*weight); }
  static Vector add(Vector sum, Vector value, Vector weight) { return sum + value * weight; }
};

struct HalfValues : FloatValues {
  static Vector weight(const uint16_t* values) { return widenHalves(values); }
};

/** Adds weights [rows, count] · values [count, hd] to the result [rows, hd]. */
template <typename Math, typename Number>
void mix(const float* weights, int64_t stride, int64_t rows, const Number* values, int64_t count, int64_t hd, float* result) {
  for (int64_t i = 0; i < hd; i += PANEL_WIDTH) {
    panelTiles<Math>(weights, stride, rows, values + i, hd, count, [&](int64_t row, int v, Vector sum) {
      const int64_t at = i + v * LANES;
      putSome(result + row * hd + at, sum, hd - at, true);
    });
  }
}

class RowDecoder {
 public:
  explicit RowDecoder(const DecoderToken& step)
      : s(step),
        hd(s.headDimension),
        repeats(s.heads / s.keyValueHeads),
        queries(s.heads * hd),
        keys(s.keyValueHeads * hd),
        numberBytes(s.halved ? sizeof(uint16_t) : sizeof(float)) {}

  void run() {
    std::vector<float> held(s.rows * (2 * s.hidden + 2 * queries + 2 * keys + 2 * s.intermediate));
    float* next = held.data();
    const auto take = [&](int64_t features) {
      float* const at = next;
      next += s.rows * features;
      return at;
    };
    float *x = take(s.hidden), *y = take(s.hidden), *q = take(queries), *attended = take(queries), *k = take(keys),
          *v = take(keys), *gate = take(s.intermediate), *up = take(s.intermediate);
    packedRows(s.embedding.matrix, s.tokens, s.rows, x);
    for (int64_t layer = 0; layer < s.layerCount; layer++) {
      const DecoderLayer& w = s.layers[layer];
      rmsNorm(x, w.inputNorm, s.epsilon, y, s.rows, s.hidden);
      product(w.q, y, q), product(w.k, y, k), product(w.v, y, v);
      if (w.qNorm) rmsNorm(q, w.qNorm, s.epsilon, q, s.rows * s.heads, hd);
      if (w.kNorm) rmsNorm(k, w.kNorm, s.epsilon, k, s.rows * s.keyValueHeads, hd);
      parallel(s.rows * s.keyValueHeads, [&](int64_t task) {
        attend(layer, task / s.keyValueHeads, task % s.keyValueHeads, q, k, v, attended);
      });
      product(w.o, attended, y), add(x, y);
      rmsNorm(x, w.attentionNorm, s.epsilon, y, s.rows, s.hidden);
      product(w.gate, y, gate), product(w.up, y, up);
      swiGlu(gate, up, gate, s.rows * s.intermediate);
      product(w.down, gate, y), add(x, y);
    }
    rmsNorm(x, s.norm, s.epsilon, y, s.rows, s.hidden);
    product(s.head, y, s.logits);
  }

 private:
  void product(const Weight& w, const float* x, float* y) {
    packedProduct(w.matrix, x, s.rows, w.bias, s.rounded, y);
    if (!w.down) return;
    if (static_cast<int64_t>(low.size()) < s.rows * w.rank) low.resize(s.rows * w.rank);
    packedProduct({FLOAT32, w.down, nullptr, w.rank, w.matrix.columns}, x, s.rows, nullptr, false, low.data());
    addProduct({FLOAT32, w.up, nullptr, w.matrix.rows, w.rank}, low.data(), s.rows, false, y);
  }

  void add(float* x, const float* y) const {
    overVectors(0, s.rows * s.hidden, [&](int64_t i, auto load, auto store) { store(x + i, load(x + i) + load(y + i)); });
  }

  const void* after(const void* numbers, int64_t count) const { return static_cast<const char*>(numbers) + count * numberBytes; }
  void* after(void* numbers, int64_t count) const { return static_cast<char*>(numbers) + count * numberBytes; }

  /** Copies the keys or values of a batch and puts one behind them. */
  void grow(const void* before, int64_t batch, const float* last, void* to) const {
    const int64_t length = s.shortLength + 1;
    char* const own = static_cast<char*>(after(to, batch * length * hd));
    const int64_t bytes = s.shortLength * hd * numberBytes;
    if (bytes > 0) std::memcpy(own, after(before, batch * s.shortLength * hd), bytes);
    if (!s.halved) std::memcpy(own + bytes, last, hd * sizeof(float));
    else for (int64_t i = 0; i < hd; i++) reinterpret_cast<uint16_t*>(own + bytes)[i] = narrow(last[i]);
  }

  /** Turns a head [hd] by its angles. */
  void turn(const float* x, int64_t row, float scale, float* to) const {
    const float *cos = s.cos + row * hd, *sin = s.sin + row * hd;
    const int64_t half = hd / 2;
    for (int64_t i = 0; i < half; i++) {
      const float a = x[i] * scale, b = x[half + i] * scale;
      to[i] = a * cos[i] - b * sin[i];
      to[half + i] = b * cos[half + i] + a * sin[half + i];
    }
  }

  /** The queries of one branch that read one key/value head. */
  void attend(int64_t layer, int64_t row, int64_t group, const float* q, const float* k, const float* v, float* attended) const {
    static thread_local std::vector<float> own;
    const int64_t length = s.shortLength + 1, seen = s.prefixLength + s.longLength + length;
    const int64_t width = roundedUp(hd, LANES);
    if (static_cast<int64_t>(own.size()) < repeats * (width + seen) + hd) own.resize(repeats * (width + seen) + hd);
    float *query = own.data(), *scores = query + repeats * width, *key = scores + repeats * seen;

    const int64_t place = s.resultRows[row * s.heads + group * repeats] / repeats;
    const int64_t prompt = place / (s.batches / s.prompts), batch = layer * s.batches + place;
    turn(k + row * keys + group * hd, row, 1.0f, key);
    grow(s.shortKeys, batch, key, s.keys);
    grow(s.shortValues, batch, v + row * keys + group * hd, s.values);
    const float scale = 1.0f / std::sqrt(static_cast<float>(hd));
    for (int64_t head = 0; head < repeats; head++) {
      turn(q + row * queries + (group * repeats + head) * hd, row, scale, query + head * width);
      std::fill(query + head * width + hd, query + (head + 1) * width, 0.0f);
    }
    const DecoderLayer& w = s.layers[layer];
    const int64_t prefix = prompt * s.prefixLength * hd, longer = batch * s.longLength * hd, ours = batch * length * hd;
    const Run runs[3] = {{after(w.prefixKeys, prefix), after(w.prefixValues, prefix), s.prefixLength},
                         {after(s.longKeys, longer), after(s.longValues, longer), s.longLength},
                         {after(s.keys, ours), after(s.values, ours), length}};
    int64_t done = 0;
    for (const Run& run : runs) {
      score(query, width, run, scores + done, seen);
      done += run.length;
    }
    const float* const bias = s.prefixBias + prompt * s.biasBatchStride;
    float* const result = attended + row * queries + group * repeats * hd;
    std::memset(result, 0, repeats * hd * sizeof(float));
    for (int64_t head = 0; head < repeats; head++) {
      float* const of = scores + head * seen;
      for (int64_t i = 0; i < s.prefixLength; i++) of[i] += bias[i * s.biasKeyStride];
      softmaxRow(of, of, seen);
    }
    done = 0;
    for (const Run& run : runs) {
      if (s.halved) mix<HalfValues>(scores + done, seen, repeats, static_cast<const uint16_t*>(run.values), run.length, hd, result);
      else mix<FloatValues>(scores + done, seen, repeats, static_cast<const float*>(run.values), run.length, hd, result);
      done += run.length;
    }
  }

  /** Scores [repeats, run.length] of queries [repeats, width], zeros behind the hd numbers of each. */
  void score(const float* query, int64_t width, const Run& run, float* scores, int64_t stride) const {
    const Sums sums = {nullptr, nullptr, stride, scores};
    if (width == hd && s.halved) {
      const uint16_t* const from = static_cast<const uint16_t*>(run.keys);
      const auto open = [&](int64_t key) { return HalvesWidened(from + key * hd); };
      return rowTiles<FloatSums>(query, width, repeats, width, open, 0, run.length, sums, false, false);
    }
    const float* from = static_cast<const float*>(run.keys);
    if (width != hd || s.halved) {
      float* const padded = scratch<float>(run.length * width);
      for (int64_t key = 0; key < run.length; key++) {
        for (int64_t i = 0; i < width; i++) {
          const int64_t at = key * hd + i;
          padded[key * width + i] = i >= hd ? 0.0f : s.halved ? widen(static_cast<const uint16_t*>(run.keys)[at]) : from[at];
        }
      }
      from = padded;
    }
    const auto open = [&](int64_t key) { return Floats(from + key * width); };
    rowTiles<FloatSums>(query, width, repeats, width, open, 0, run.length, sums, false, false);
  }

  const DecoderToken& s;
  const int64_t hd, repeats, queries, keys, numberBytes;
  std::vector<float> low;
};

}  // namespace

void decoderRows(const DecoderToken& s) { RowDecoder(s).run(); }

}  // namespace LEVEL
}  // namespace cppo
