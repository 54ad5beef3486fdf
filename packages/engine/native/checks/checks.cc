// The kernels without TensorFlow, against plain loops in double precision. Prints a line for each figure that is wrong.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <deque>
#include <random>
#include <vector>

#include "../kernels.h"
#include "../parallel.h"

using namespace cppo;
using Floats = std::vector<float>;

namespace {

std::mt19937 generator(1);
int wrong = 0;

Floats random(int64_t count) {
  std::normal_distribution<float> normal;
  Floats x(count);
  for (float& value : x) value = normal(generator);
  return x;
}

void expectNear(const char* what, const Floats& found, const std::vector<double>& expected) {
  double worst = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    const double error = std::abs(found[i] - expected[i]) / (1 + std::abs(expected[i]));
    if (!(error <= worst)) worst = error;
  }
  if (worst <= 2e-5 && found.size() == expected.size()) return;
  wrong++;
  std::printf("%s: error %g\n", what, worst);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

void checkRows(int64_t rows, int64_t width) {
  const int64_t size = rows * width;
  const Floats x = random(size), dy = random(size), up = random(size), weight = random(width);
  std::vector<double> y(size), dx(size), dWeight(width, 0), third(size);
  Floats a(size), b(size), c(size), w(width);

  for (int64_t r = 0; r < rows; r++) {
    double squares = 0, along = 0;
    for (int64_t i = 0; i < width; i++) squares += double(x[r * width + i]) * x[r * width + i];
    const double scale = 1 / std::sqrt(squares / width + 1e-6);
    for (int64_t i = 0; i < width; i++) along += dy[r * width + i] * weight[i] * x[r * width + i] * scale / width;
    for (int64_t i = 0; i < width; i++) {
      const int64_t at = r * width + i;
      y[at] = x[at] * scale * weight[i];
      dx[at] = (dy[at] * weight[i] - x[at] * scale * along) * scale;
      dWeight[i] += dy[at] * x[at] * scale;
    }
  }
  kernels()->rmsNorm(x.data(), weight.data(), 1e-6f, a.data(), rows, width);
  expectNear("rmsNorm", a, y);
  kernels()->rmsNormGradient(x.data(), weight.data(), dy.data(), 1e-6f, a.data(), w.data(), rows, width);
  expectNear("rmsNormGradient dx", a, dx);
  expectNear("rmsNormGradient dWeight", w, dWeight);

  for (int64_t i = 0; i < size; i++) {
    const double s = sigmoid(x[i]);
    y[i] = x[i] * s * up[i];
    dx[i] = dy[i] * up[i] * (s + x[i] * s * (1 - s));
    third[i] = dy[i] * x[i] * s;
  }
  kernels()->swiGlu(x.data(), up.data(), a.data(), size);
  expectNear("swiGlu", a, y);
  kernels()->swiGluGradient(x.data(), up.data(), dy.data(), a.data(), b.data(), size);
  expectNear("swiGluGradient gate", a, dx);
  expectNear("swiGluGradient up", b, third);

  for (int64_t r = 0; r < rows; r++) {
    double most = -INFINITY, total = 0, along = 0;
    for (int64_t i = 0; i < width; i++) most = std::fmax(most, x[r * width + i]);
    for (int64_t i = 0; i < width; i++) total += std::exp(x[r * width + i] - most);
    for (int64_t i = 0; i < width; i++) y[r * width + i] = std::exp(x[r * width + i] - most) / total;
    for (int64_t i = 0; i < width; i++) along += y[r * width + i] * dy[r * width + i];
    for (int64_t i = 0; i < width; i++) dx[r * width + i] = y[r * width + i] * (dy[r * width + i] - along);
  }
  kernels()->softmax(x.data(), a.data(), rows, width);
  expectNear("softmax", a, y);
  kernels()->softmaxGradient(a.data(), dy.data(), b.data(), rows, width);
  expectNear("softmaxGradient", b, dx);

  Floats second = random(size);
  for (float& v : second) v = v * v;
  std::vector<double> m(size), v(size);
  for (int64_t i = 0; i < size; i++) {
    m[i] = up[i] * 0.9 + dy[i] * 0.1;
    v[i] = second[i] * 0.99 + double(dy[i]) * dy[i] * 0.01;
    y[i] = x[i] * 0.999 - 0.01 * m[i] / (std::sqrt(v[i]) * 1.5 + 1e-8);
  }
  const AdamNumbers numbers = {0.9f, 0.99f, 1e-8f, 0.01f, 1.5f, 0.999f};
  kernels()->adam(x.data(), dy.data(), up.data(), second.data(), numbers, a.data(), b.data(), c.data(), size);
  expectNear("adam variable", a, y);
  expectNear("adam first", b, m);
  expectNear("adam second", c, v);
}

void checkRotary(int64_t tokens, int64_t heads, int64_t width) {
  const int64_t rows = tokens * heads, half = width / 2;
  const Floats x = random(rows * width), dy = random(rows * width), cos = random(tokens * width), sin = random(tokens * width);
  std::vector<double> expected(rows * width);
  Floats y(rows * width), dx(rows * width);
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t i = 0; i < width; i++) {
      const int64_t angle = r / heads * width + i;
      const double other = i < half ? -double(x[r * width + half + i]) : x[r * width + i - half];
      expected[r * width + i] = double(x[r * width + i]) * cos[angle] + other * sin[angle];
    }
  }
  kernels()->rotary(x.data(), cos.data(), sin.data(), y.data(), rows, width, heads, 1);
  expectNear("rotary", y, expected);
  // Turned back is the transpose: y(x)·dy = x·dx.
  kernels()->rotary(dy.data(), cos.data(), sin.data(), dx.data(), rows, width, heads, -1);
  double forth = 0, back = 0;
  for (int64_t i = 0; i < rows * width; i++) {
    forth += double(y[i]) * dy[i];
    back += double(x[i]) * dx[i];
  }
  expectNear("rotary inverse", {static_cast<float>(back)}, {forth});
}

/** Sequences of some lengths, each with continuations of some. */
struct Sequence {
  int32_t length;
  std::vector<int32_t> continuations;
};

void checkAttention(int32_t prefix, const std::vector<Sequence>& sequences, bool causal, int64_t heads, int64_t kv, int64_t hd) {
  std::vector<int32_t> runs;
  int32_t row = prefix, next = prefix;
  for (const Sequence& sequence : sequences) next += sequence.length;
  if (prefix > 0) runs.insert(runs.end(), {0, prefix, 0, 0});
  for (const Sequence& sequence : sequences) {
    const int32_t end = row + sequence.length;
    runs.insert(runs.end(), {row, end, 0, 0});
    for (const int32_t length : sequence.continuations) {
      runs.insert(runs.end(), {next, next + length, row, end});
      next += length;
    }
    row = end;
  }
  const int64_t rows = next, queries = heads * hd, keys = kv * hd, repeats = heads / kv;
  const Floats q = random(rows * queries), k = random(rows * keys), v = random(rows * keys), dy = random(rows * queries);
  std::vector<double> y(rows * queries, 0), dq(rows * queries, 0), dk(rows * keys, 0), dv(rows * keys, 0);
  const double scale = 1 / std::sqrt(double(hd));
  for (size_t run = 0; run < runs.size(); run += 4) {
    for (int64_t n = runs[run]; n < runs[run + 1]; n++) {
      std::vector<int64_t> seen;
      if (runs[run] >= prefix) for (int64_t i = 0; i < prefix; i++) seen.push_back(i);
      for (int64_t i = runs[run + 2]; i < runs[run + 3]; i++) seen.push_back(i);
      for (int64_t i = runs[run]; i < (causal ? n + 1 : runs[run + 1]); i++) seen.push_back(i);
      for (int64_t head = 0; head < heads; head++) {
        const int64_t at = n * queries + head * hd, key = head / repeats * hd;
        std::vector<double> p, dp;
        double most = -INFINITY, total = 0, along = 0;
        for (const int64_t i : seen) {
          double score = 0, slope = 0;
          for (int64_t j = 0; j < hd; j++) score += double(q[at + j]) * k[i * keys + key + j] * scale;
          for (int64_t j = 0; j < hd; j++) slope += double(dy[at + j]) * v[i * keys + key + j];
          p.push_back(score), dp.push_back(slope), most = std::fmax(most, score);
        }
        for (double& score : p) total += score = std::exp(score - most);
        for (double& score : p) score /= total;
        for (size_t i = 0; i < p.size(); i++) along += p[i] * dp[i];
        for (size_t i = 0; i < p.size(); i++) {
          for (int64_t j = 0; j < hd; j++) {
            const int64_t from = seen[i] * keys + key + j;
            const double ds = p[i] * (dp[i] - along);
            y[at + j] += p[i] * v[from];
            dq[at + j] += ds * k[from] * scale;
            dk[from] += ds * q[at + j] * scale;
            dv[from] += p[i] * dy[at + j];
          }
        }
      }
    }
  }
  const Attention a = {q.data(), k.data(), v.data(), runs.data(), rows, static_cast<int64_t>(runs.size()) / 4, prefix, heads, kv, hd, causal};
  Floats result(rows * queries), dqs(rows * queries), dks(rows * keys), dvs(rows * keys);
  kernels()->attention(a, result.data());
  expectNear("attention", result, y);
  kernels()->attentionGradient(a, {dy.data(), dqs.data(), dks.data(), dvs.data()});
  expectNear("attention dq", dqs, dq);
  expectNear("attention dk", dks, dk);
  expectNear("attention dv", dvs, dv);
}

/** A matrix in a format, and the numbers that it stands for. */
struct Stored {
  std::vector<int32_t> words;
  Floats scales, numbers;
  Packed packed;

  Stored(Format format, const Floats& x, int64_t rows, int64_t columns) : numbers(x) {
    const Packed from = {FLOAT32, x.data(), nullptr, rows, columns};
    packed = {format, nullptr, nullptr, rows, columns};
    const int64_t bytes = format == NF4 ? (rows * columns + 7) / 8 * 4 : rows * rowBytes(packed);
    words.assign(bytes / 4, -1);
    scales.assign(format == NF4 ? (rows * columns + NF4_BLOCK - 1) / NF4_BLOCK : rows, 0.0f);
    if (format == FLOAT32) std::memcpy(words.data(), x.data(), bytes);
    else kernels()->pack(from, format, words.data(), scales.data());
    packed.values = words.data(), packed.scales = scales.data();
    std::vector<int32_t> ids(rows);
    for (int64_t i = 0; i < rows; i++) ids[i] = static_cast<int32_t>(i);
    kernels()->packedRows(packed, ids.data(), rows, numbers.data());
  }
};

double toBfloat16(double value) {
  const float single = static_cast<float>(value);
  uint32_t bits;
  std::memcpy(&bits, &single, sizeof bits);
  bits = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

/** The largest error that storing may make, of numbers up to `most`. */
double step(Format format, double most) {
  return format == BFLOAT16 ? most / 256 : format == INT8 ? most / 253 : most * 0.16;
}

void checkPacked(Format format, int64_t rows, int64_t outs, int64_t ins) {
  Floats original = random(outs * ins);
  for (float& value : original) value /= std::sqrt(static_cast<float>(std::max(ins, outs)));
  const Floats x = random(rows * ins), dy = random(rows * outs), bias = random(outs);
  const Stored w(format, original, outs, ins);
  for (int64_t i = 0; i < outs * ins; i++) {
    double most = 0;
    const int64_t from = format == INT8 ? i / ins * ins : i / 64 * 64, to = format == INT8 ? from + ins : from + 64;
    for (int64_t j = from; j < to && j < outs * ins; j++) most = std::fmax(most, std::fabs(original[j]));
    if (!(std::fabs(w.numbers[i] - original[i]) <= step(format, most))) {
      wrong++;
      std::printf("pack: format %d made %g of %g\n", format, w.numbers[i], original[i]);
      return;
    }
  }
  for (const bool round : {false, true}) {
    // What is rounded, and the scale that goes to the sum.
    const auto scale = [&](int64_t out) { return format == INT8 ? double(w.scales[out]) : 1.0; };
    const auto number = [&](double value) { return round && format != FLOAT32 ? toBfloat16(value) : value; };
    const auto weight = [&](int64_t out, int64_t in) {
      const double value = w.numbers[out * ins + in];
      return format == INT8 ? (scale(out) > 0 ? std::nearbyint(value / scale(out)) : 0) : number(value);
    };
    std::vector<double> y(rows * outs), dx(rows * ins, 0);
    for (int64_t r = 0; r < rows; r++) {
      for (int64_t o = 0; o < outs; o++) {
        double sum = 0;
        for (int64_t i = 0; i < ins; i++) sum += number(x[r * ins + i]) * weight(o, i);
        y[r * outs + o] = sum * scale(o) + bias[o];
        const double given = number(static_cast<float>(dy[r * outs + o] * static_cast<float>(scale(o))));
        for (int64_t i = 0; i < ins; i++) dx[r * ins + i] += given * weight(o, i);
      }
    }
    Floats found(rows * outs), foundDx(rows * ins);
    kernels()->packedProduct(w.packed, x.data(), rows, bias.data(), round, found.data());
    expectNear("packedProduct", found, y);
    kernels()->packedInputGradient(w.packed, dy.data(), rows, round, foundDx.data());
    expectNear("packedInputGradient", foundDx, dx);
  }
}

struct Sizes {
  int64_t prompts, width, hidden, intermediate, heads, keyValueHeads, hd, prefix, longer, shorter, vocabulary, layers;
};

struct LayerWeights {
  Floats inputNorm, q, qBias, k, kBias, v, vBias, o, attentionNorm, gate, up, down, prefixKeys, prefixValues;
  /** Empty in every other layer, which normalises no heads. */
  Floats qNorm, kNorm;
};

/**
 * Branches in every other place, so that some are empty.
 *
 * @param rank of adapters on all weights of the layers; 0 for none.
 */
void checkDecoderToken(const Sizes& z, Format format = FLOAT32, int64_t rank = 0, bool halved = false) {
  const int64_t kv = z.keyValueHeads, repeats = z.heads / kv, batches = z.prompts * kv * z.width, hd = z.hd;
  std::vector<int64_t> places;
  for (int64_t place = 0; place < z.prompts * z.width; place += z.width > 1 ? 2 : 1) places.push_back(place);
  const int64_t rows = static_cast<int64_t>(places.size());
  const float small = 1 / std::sqrt(static_cast<float>(z.hidden));
  const auto weights = [&](int64_t count) {
    Floats w = random(count);
    for (float& value : w) value *= small;
    return w;
  };
  std::vector<LayerWeights> weightsOf;
  std::vector<DecoderLayer> layers;
  for (int64_t i = 0; i < z.layers; i++) {
    const int64_t q = z.heads * hd, k = kv * hd, prefix = z.prompts * kv * z.prefix * hd;
    weightsOf.push_back({random(z.hidden), weights(q * z.hidden), random(q), weights(k * z.hidden), random(k),
                         weights(k * z.hidden), random(k), weights(z.hidden * q), random(z.hidden),
                         weights(z.intermediate * z.hidden), weights(z.intermediate * z.hidden),
                         weights(z.hidden * z.intermediate), random(prefix), random(prefix),
                         i % 2 ? random(hd) : Floats{}, i % 2 ? random(hd) : Floats{}});
  }
  std::deque<Stored> stored;
  std::deque<Floats> held;
  /** As the kernel gets it; `numbers` becomes what it stands for. */
  const auto store = [&](Floats& numbers, int64_t ins, const Floats* bias, int64_t rank) {
    const int64_t outs = static_cast<int64_t>(numbers.size()) / ins;
    const Stored& w = stored.emplace_back(format, numbers, outs, ins);
    numbers = w.numbers;
    Weight weight = {w.packed, bias ? bias->data() : nullptr, nullptr, nullptr, rank};
    if (rank == 0) return weight;
    const Floats& down = held.emplace_back(weights(rank * ins));
    const Floats& up = held.emplace_back(weights(outs * rank));
    weight.down = down.data(), weight.up = up.data();
    for (int64_t o = 0; o < outs; o++) {
      for (int64_t i = 0; i < ins; i++) {
        for (int64_t r = 0; r < rank; r++) numbers[o * ins + i] += up[o * rank + r] * down[r * ins + i];
      }
    }
    return weight;
  };
  const auto cached = [&](Floats& numbers) -> const void* {
    if (!halved) return numbers.data();
    const Stored& w = stored.emplace_back(BFLOAT16, numbers, 1, static_cast<int64_t>(numbers.size()));
    numbers = w.numbers;
    return w.words.data();
  };
  for (LayerWeights& w : weightsOf) {
    const int64_t q = z.heads * hd;
    const auto normOf = [](const Floats& norm) { return norm.empty() ? nullptr : norm.data(); };
    layers.push_back({w.inputNorm.data(), w.attentionNorm.data(), normOf(w.qNorm), normOf(w.kNorm), cached(w.prefixKeys), cached(w.prefixValues),
                      store(w.q, z.hidden, &w.qBias, rank), store(w.k, z.hidden, &w.kBias, rank),
                      store(w.v, z.hidden, &w.vBias, rank), store(w.o, q, nullptr, rank),
                      store(w.gate, z.hidden, nullptr, rank), store(w.up, z.hidden, nullptr, rank),
                      store(w.down, z.intermediate, nullptr, rank)});
  }
  Floats embedding = random(z.vocabulary * z.hidden), head = weights(z.vocabulary * z.hidden);
  const Floats last = random(z.hidden);
  const Floats cos = random(rows * hd), sin = random(rows * hd), bias = random(z.prompts * kv * z.prefix);
  const int64_t all = z.layers * batches;
  Floats lk = random(all * z.longer * hd), lv = random(all * z.longer * hd);
  Floats sk = random(all * z.shorter * hd), sv = random(all * z.shorter * hd);
  std::vector<int32_t> tokens(rows), resultRows(rows * z.heads);
  for (int64_t n = 0; n < rows; n++) {
    tokens[n] = static_cast<int32_t>((n * 7 + 1) % z.vocabulary);
    for (int64_t h = 0; h < z.heads; h++) {
      const int64_t batch = (places[n] / z.width * kv + h / repeats) * z.width + places[n] % z.width;
      resultRows[n * z.heads + h] = static_cast<int32_t>(batch * repeats + h % repeats);
    }
  }
  Floats logits(rows * z.vocabulary), keys(all * (z.shorter + 1) * hd), values(keys.size());
  DecoderToken s{};
  s.layers = layers.data(), s.tokens = tokens.data(), s.resultRows = resultRows.data();
  s.embedding = store(embedding, z.hidden, nullptr, 0), s.head = store(head, z.hidden, nullptr, 0);
  s.cos = cos.data(), s.sin = sin.data(), s.norm = last.data(), s.prefixBias = bias.data(), s.halved = halved;
  s.longKeys = cached(lk), s.longValues = cached(lv), s.shortKeys = cached(sk), s.shortValues = cached(sv);
  s.logits = logits.data(), s.keys = keys.data(), s.values = values.data();
  s.layerCount = z.layers, s.rows = rows, s.vocabulary = z.vocabulary, s.hidden = z.hidden, s.intermediate = z.intermediate;
  s.heads = z.heads, s.keyValueHeads = kv, s.headDimension = hd, s.prompts = z.prompts * kv, s.batches = batches;
  s.prefixLength = z.prefix, s.longLength = z.longer, s.shortLength = z.shorter;
  s.biasBatchStride = z.prefix, s.biasKeyStride = 1, s.epsilon = 1e-6f;
  kernels()->decoderToken(s);
  if (halved) {
    // Both hold half as many bytes as there is room for.
    for (Floats* const grown : {&keys, &values}) {
      const Floats halves = *grown;
      for (size_t i = 0; i < grown->size(); i++) {
        uint32_t bits = 0;
        std::memcpy(reinterpret_cast<char*>(&bits) + 2, reinterpret_cast<const char*>(halves.data()) + 2 * i, 2);
        std::memcpy(&(*grown)[i], &bits, sizeof bits);
      }
    }
  }

  using Doubles = std::vector<double>;
  const auto norm = [&](const Doubles& x, const Floats& weight) {
    double squares = 0;
    for (double value : x) squares += value * value;
    Doubles y(x);
    for (int64_t i = 0; i < z.hidden; i++) y[i] *= weight[i] / std::sqrt(squares / z.hidden + 1e-6);
    return y;
  };
  const auto headNorm = [&](Doubles heads, const Floats& weight) {
    for (size_t start = 0; start < heads.size() && !weight.empty(); start += hd) {
      double squares = 0;
      for (int64_t i = 0; i < hd; i++) squares += heads[start + i] * heads[start + i];
      for (int64_t i = 0; i < hd; i++) heads[start + i] *= weight[i] / std::sqrt(squares / hd + 1e-6);
    }
    return heads;
  };
  const auto linear = [](const Doubles& x, const Floats& weight, const Floats* bias) {
    Doubles y(weight.size() / x.size());
    for (size_t out = 0; out < y.size(); out++) {
      y[out] = bias ? (*bias)[out] : 0;
      for (size_t i = 0; i < x.size(); i++) y[out] += x[i] * weight[out * x.size() + i];
    }
    return y;
  };
  std::vector<double> expected;
  for (int64_t n = 0; n < rows; n++) {
    const auto turned = [&](Doubles heads) {
      Doubles result(heads.size());
      for (size_t i = 0; i < heads.size(); i++) {
        const size_t at = i % hd;
        const double other = at < size_t(hd / 2) ? -heads[i + hd / 2] : heads[i - hd / 2];
        result[i] = heads[i] * cos[n * hd + at] + other * sin[n * hd + at];
      }
      return result;
    };
    Doubles states(embedding.begin() + tokens[n] * z.hidden, embedding.begin() + (tokens[n] + 1) * z.hidden);
    for (int64_t layer = 0; layer < z.layers; layer++) {
      const LayerWeights& w = weightsOf[layer];
      const Doubles normal = norm(states, w.inputNorm);
      const Doubles qs = turned(headNorm(linear(normal, w.q, &w.qBias), w.qNorm));
      const Doubles ks = turned(headNorm(linear(normal, w.k, &w.kBias), w.kNorm));
      const Doubles vs = linear(normal, w.v, &w.vBias);
      Doubles attended(z.heads * hd, 0);
      for (int64_t h = 0; h < z.heads; h++) {
        const int64_t group = h / repeats, place = resultRows[n * z.heads + h] / repeats, prompt = place / z.width;
        const int64_t batch = layer * batches + place;
        Doubles scores;
        std::vector<const float*> seen;
        const auto see = [&](const Floats& all, const Floats& allValues, int64_t batch, int64_t length, const float* biases) {
          for (int64_t t = 0; t < length; t++) {
            double score = 0;
            for (int64_t i = 0; i < hd; i++) score += qs[h * hd + i] * all[(batch * length + t) * hd + i];
            scores.push_back(score / std::sqrt(double(hd)) + (biases ? biases[t] : 0));
            seen.push_back(&allValues[(batch * length + t) * hd]);
          }
        };
        see(w.prefixKeys, w.prefixValues, prompt, z.prefix, &bias[prompt * z.prefix]);
        see(lk, lv, batch, z.longer, nullptr);
        see(sk, sv, batch, z.shorter, nullptr);
        double own = 0;
        for (int64_t i = 0; i < hd; i++) own += qs[h * hd + i] * ks[group * hd + i];
        if (halved) {
          own = 0;
          for (int64_t i = 0; i < hd; i++) own += qs[h * hd + i] * keys[(batch * (z.shorter + 1) + z.shorter) * hd + i];
        }
        scores.push_back(own / std::sqrt(double(hd)));
        double most = -INFINITY, total = 0;
        for (const double score : scores) most = std::fmax(most, score);
        for (double& score : scores) total += score = std::exp(score - most);
        for (int64_t i = 0; i < hd; i++) {
          double& sum = attended[h * hd + i];
          for (size_t t = 0; t < seen.size(); t++) sum += scores[t] / total * seen[t][i];
          const double value = halved ? values[(batch * (z.shorter + 1) + z.shorter) * hd + i] : vs[group * hd + i];
          sum += scores.back() / total * value;
        }
        for (int64_t i = 0; i < hd; i++) {
          const int64_t at = (batch * (z.shorter + 1) + z.shorter) * hd + i;
          // The new token's keep a number's first eight bits, and others add up in another order.
          const auto near = [&](const char* what, float found, double expected) {
            if (!halved) return expectNear(what, {found}, {expected});
            if (!(std::fabs(found - expected) <= std::fabs(expected) / 250 + 1e-5)) expectNear(what, {found}, {expected});
          };
          near("decoderToken key", keys[at], ks[group * hd + i]);
          near("decoderToken value", values[at], vs[group * hd + i]);
        }
      }
      const Doubles mixed = linear(attended, w.o, nullptr);
      for (int64_t i = 0; i < z.hidden; i++) states[i] += mixed[i];
      const Doubles second = norm(states, w.attentionNorm);
      Doubles gates = linear(second, w.gate, nullptr);
      const Doubles ups = linear(second, w.up, nullptr);
      for (int64_t i = 0; i < z.intermediate; i++) gates[i] *= sigmoid(gates[i]) * ups[i];
      const Doubles end = linear(gates, w.down, nullptr);
      for (int64_t i = 0; i < z.hidden; i++) states[i] += end[i];
    }
    const Doubles row = linear(norm(states, last), head, nullptr);
    expected.insert(expected.end(), row.begin(), row.end());
  }
  expectNear("decoderToken", logits, expected);
}

/** Jobs right after one another: no task is lost or done twice. */
void checkTasks() {
  for (int64_t job = 0; job < 20'000; job++) {
    const int64_t tasks = job % 13;
    std::vector<int> times(tasks, 0);
    parallel(tasks, [&](int64_t i) { times[i]++; });
    for (const int count : times) {
      if (count == 1) continue;
      wrong++;
      std::printf("parallel: job %ld did a task %d times\n", static_cast<long>(job), count);
    }
  }
}

}  // namespace

int main() {
  checkTasks();
  for (const int64_t width : {1, 7, 8, 16, 33, 200}) checkRows(width == 200 ? 999 : 5, width);
  checkRotary(3, 2, 2);
  checkRotary(5, 3, 6);
  checkRotary(400, 4, 32);
  checkAttention(0, {{1, {}}}, true, 1, 1, 1);
  checkAttention(0, {{5, {}}, {37, {}}, {16, {}}}, false, 2, 2, 24);
  checkAttention(0, {{50, {3, 0, 29}}, {7, {1}}}, true, 4, 2, 32);
  checkAttention(11, {{20, {30, 2}}, {33, {}}, {1, {5, 5, 5}}}, true, 6, 2, 40);
  checkAttention(3, {{9, {4}}}, true, 3, 1, 7);
  checkAttention(300, {{70, {200}}, {64, {64, 1}}}, true, 8, 4, 128);
  checkDecoderToken({1, 1, 8, 12, 2, 1, 4, 3, 0, 0, 5, 1});
  checkDecoderToken({2, 8, 24, 40, 4, 2, 6, 5, 32, 7, 50, 3});
  checkDecoderToken({3, 24, 32, 48, 4, 2, 8, 9, 0, 31, 97, 2});
  checkDecoderToken({1, 4, 96, 48, 2, 1, 40, 9, 33, 17, 64, 2});
  // As large as is shared among threads.
  checkDecoderToken({2, 16, 256, 512, 8, 2, 32, 11, 32, 1, 200, 2});
  for (const Format format : {FLOAT32, BFLOAT16, INT8, NF4}) {
    for (const int64_t rows : {1, 3, 8, 15, 17, 70}) checkPacked(format, rows, 37, 128);
    checkPacked(format, 4, 1, 1), checkPacked(format, 5, 5, 7), checkPacked(format, 21, 70, 99);
    checkPacked(format, 40, 300, 2112), checkPacked(format, 2, 16, 4160);
    checkDecoderToken({2, 16, 256, 512, 8, 2, 32, 11, 32, 1, 200, 2}, format, 4);
    checkDecoderToken({2, 8, 24, 40, 4, 2, 6, 5, 32, 7, 50, 3}, format, 3, true);
    checkDecoderToken({1, 16, 64, 128, 4, 1, 128, 70, 0, 3, 100, 2}, format, 0, true);
  }
  std::printf("%d wrong\n", wrong);
  return wrong > 0;
}
