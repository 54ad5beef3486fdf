#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

#include <cstdio>
#include <string>
#include <vector>

#include "kernels.h"

// The kernels as TensorFlow operations, registered through its C interface when the addon is loaded. Shapes are
// checked by whoever calls (src/engines/tensorflow-kernels.ts).

namespace {

using cppo::DecoderLayer;
using cppo::DecoderToken;
using cppo::kernels;
using cppo::Weight;

/** The inputs and outputs of a call, by number. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), inputs_(TF_NumInputs(context)), status_(TF_NewStatus()) {
    tensors_.resize(inputs_, nullptr);
    for (int i = 0; i < inputs_; i++) TF_GetInput(context, i, &tensors_[i], status_);
  }

  ~Call() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : tensors_) {
      if (tensor) TF_DeleteTensor(tensor);
    }
    TF_DeleteStatus(status_);
  }

  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  int inputs() const { return inputs_; }
  /** Fails the call. */
  void refuse(const char* why) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, why); }
  bool good() const { return TF_GetCode(status_) == TF_OK; }
  const void* data(int input) const { return TF_TensorData(tensors_[input]); }
  const float* floats(int input) const { return static_cast<const float*>(data(input)); }
  const int32_t* ints(int input) const { return static_cast<const int32_t*>(data(input)); }
  int64_t dim(int input, int axis) const { return TF_Dim(tensors_[input], axis); }
  int64_t size(int input) const { return TF_TensorElementCount(tensors_[input]); }
  int64_t width(int input) const {
    const int rank = TF_NumDims(tensors_[input]);
    return rank == 0 ? 1 : dim(input, rank - 1);
  }
  int64_t rows(int input) const { return width(input) == 0 ? 0 : size(input) / width(input); }

  /** Room for a result, of a type of four bytes. */
  template <typename Number = float>
  Number* output(int number, const std::vector<int64_t>& shape, TF_DataType type = TF_FLOAT) {
    int64_t count = 1;
    for (const int64_t length : shape) count *= length;
    TF_Tensor* tensor = TF_AllocateOutput(context_, number, type, shape.data(), static_cast<int>(shape.size()),
                                          count * sizeof(Number), status_);
    if (!good()) return nullptr;
    tensors_.push_back(tensor);
    return static_cast<Number*>(TF_TensorData(tensor));
  }

  float* outputLike(int number, int input) {
    std::vector<int64_t> shape;
    for (int axis = 0; axis < TF_NumDims(tensors_[input]); axis++) shape.push_back(dim(input, axis));
    return output(number, shape);
  }

 private:
  TF_OpKernelContext* const context_;
  const int inputs_;
  TF_Status* const status_;
  std::vector<TF_Tensor*> tensors_;
};

}  // namespace

void addMapTensor();

namespace {

// Numbers are inputs, not attributes: TensorFlow keeps a kernel for each value of an attribute that it has met.

void rmsNorm(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* const y = call.outputLike(0, 0);
  if (call.good()) kernels()->rmsNorm(call.floats(0), call.floats(1), *call.floats(2), y, call.rows(0), call.width(0));
}

void rmsNormGradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* const dx = call.outputLike(0, 0);
  float* const dWeight = call.outputLike(1, 1);
  if (!call.good()) return;
  kernels()->rmsNormGradient(call.floats(0), call.floats(1), call.floats(2), *call.floats(3), dx, dWeight, call.rows(0),
                             call.width(0));
}

void swiGlu(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* const y = call.outputLike(0, 0);
  if (call.good()) kernels()->swiGlu(call.floats(0), call.floats(1), y, call.size(0));
}

void swiGluGradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* const dGate = call.outputLike(0, 0);
  float* const dUp = call.outputLike(1, 0);
  if (!call.good()) return;
  kernels()->swiGluGradient(call.floats(0), call.floats(1), call.floats(2), dGate, dUp, call.size(0));
}

void rotary(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* const y = call.outputLike(0, 0);
  if (!call.good() || call.size(0) == 0) return;
  kernels()->rotary(call.floats(0), call.floats(1), call.floats(2), y, call.rows(0), call.width(0),
                    call.size(0) / call.size(1), *call.floats(3));
}

void softmax(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* const y = call.outputLike(0, 0);
  if (call.good()) kernels()->softmax(call.floats(0), y, call.rows(0), call.width(0));
}

void softmaxGradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* const dx = call.outputLike(0, 0);
  if (call.good()) kernels()->softmaxGradient(call.floats(0), call.floats(1), dx, call.rows(0), call.width(0));
}

void adam(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* next[3];
  for (int i = 0; i < 3; i++) next[i] = call.outputLike(i, 0);
  if (!call.good()) return;
  const float* n = call.floats(4);
  kernels()->adam(call.floats(0), call.floats(1), call.floats(2), call.floats(3), {n[0], n[1], n[2], n[3], n[4], n[5]},
                  next[0], next[1], next[2], call.size(0));
}

/** Runs that are no rows would read whatever lies there. */
bool inRows(const cppo::Attention& a) {
  for (int64_t i = 0; i < 4 * a.runCount; i += 2) {
    if (a.runs[i] < 0 || a.runs[i] > a.runs[i + 1] || a.runs[i + 1] > a.rows) return false;
  }
  return a.prefix >= 0 && a.prefix <= a.rows;
}

cppo::Attention attentionOf(const Call& call) {
  enum { Q, K, V, RUNS, NUMBERS };
  const float* const numbers = call.floats(NUMBERS);
  const int64_t heads = static_cast<int64_t>(numbers[1]), keyValueHeads = static_cast<int64_t>(numbers[2]);
  return {call.floats(Q),
          call.floats(K),
          call.floats(V),
          call.ints(RUNS),
          call.rows(Q),
          call.dim(RUNS, 0),
          static_cast<int64_t>(numbers[0]),
          heads,
          keyValueHeads,
          call.width(Q) / heads,
          numbers[3] != 0};
}

void attention(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* const y = call.outputLike(0, 0);
  if (!call.good()) return;
  const cppo::Attention a = attentionOf(call);
  if (inRows(a)) kernels()->attention(a, y);
  else call.refuse("CppoAttention: runs beyond the rows");
}

void attentionGradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  float* const dq = call.outputLike(0, 0);
  float* const dk = call.outputLike(1, 1);
  float* const dv = call.outputLike(2, 2);
  if (!call.good()) return;
  const cppo::Attention a = attentionOf(call);
  if (inRows(a)) kernels()->attentionGradient(a, {call.floats(5), dq, dk, dv});
  else call.refuse("CppoAttentionGradient: runs beyond the rows");
}

bool within(const int32_t* numbers, int64_t count, int64_t limit) {
  for (int64_t i = 0; i < count; i++) {
    if (numbers[i] < 0 || numbers[i] >= limit) return false;
  }
  return true;
}

/** What stands in the plan of a decoder token; src/engines/tensorflow-decoder-token.ts writes it. */
class Plan {
 public:
  Plan(const Call& call, int input) : call_(call), numbers_(call.ints(input)) {}

  int64_t number() { return numbers_[next_++]; }
  bool flag() { return number() != 0; }

  /** The numbers of an input; null where the plan says −1. */
  const void* tensor() {
    const int64_t input = number();
    return input < 0 ? nullptr : call_.data(static_cast<int>(input));
  }
  const float* floats() { return static_cast<const float*>(tensor()); }
  const int32_t* ints() { return static_cast<const int32_t*>(tensor()); }

  Weight weight() {
    Weight w{};
    w.matrix.format = static_cast<cppo::Format>(number());
    w.matrix.rows = number(), w.matrix.columns = number();
    w.matrix.values = tensor(), w.matrix.scales = floats();
    w.bias = floats(), w.down = floats(), w.up = floats(), w.rank = number();
    return w;
  }

 private:
  const Call& call_;
  const int32_t* const numbers_;
  int64_t next_ = 0;
};

void decoderToken(void*, TF_OpKernelContext* context) {
  Call call(context);
  Plan plan(call, call.inputs() - 1);
  DecoderToken s{};
  s.rows = plan.number(), s.vocabulary = plan.number(), s.hidden = plan.number(), s.intermediate = plan.number();
  s.heads = plan.number(), s.keyValueHeads = plan.number(), s.headDimension = plan.number();
  s.prompts = plan.number(), s.batches = plan.number();
  s.prefixLength = plan.number(), s.longLength = plan.number(), s.shortLength = plan.number();
  s.biasBatchStride = plan.number(), s.biasKeyStride = plan.number();
  s.rounded = plan.flag(), s.halved = plan.flag();
  s.epsilon = *plan.floats();
  s.tokens = plan.ints(), s.resultRows = plan.ints();
  s.cos = plan.floats(), s.sin = plan.floats(), s.norm = plan.floats(), s.prefixBias = plan.floats();
  s.longKeys = plan.tensor(), s.longValues = plan.tensor(), s.shortKeys = plan.tensor(), s.shortValues = plan.tensor();
  s.embedding = plan.weight(), s.head = plan.weight();
  s.layerCount = plan.number();
  std::vector<DecoderLayer> layers(s.layerCount);
  for (DecoderLayer& layer : layers) {
    layer.inputNorm = plan.floats(), layer.attentionNorm = plan.floats();
    layer.qNorm = plan.floats(), layer.kNorm = plan.floats();
    layer.prefixKeys = plan.tensor(), layer.prefixValues = plan.tensor();
    for (Weight* const w : {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down}) *w = plan.weight();
  }
  s.layers = layers.data();
  const TF_DataType type = s.halved ? TF_INT32 : TF_FLOAT;
  const std::vector<int64_t> grown = {s.layerCount * s.batches, s.shortLength + 1, s.headDimension / (s.halved ? 2 : 1)};
  s.logits = call.output(0, {s.rows, s.vocabulary});
  s.keys = call.output(1, grown, type);
  s.values = call.output(2, grown, type);
  if (!call.good()) return;
  const int64_t places = s.batches * (s.heads / s.keyValueHeads);
  if (!within(s.tokens, s.rows, s.vocabulary) || !within(s.resultRows, s.rows * s.heads, places)) {
    return call.refuse("CppoDecoderToken: a token or a result row beyond what is there");
  }
  kernels()->decoderToken(s);
}

/** The packed weight of inputs `words` and `scales`, by the numbers format, rows, columns that another input begins with. */
cppo::Packed packedOf(const Call& call, int words, int scales, int numbers) {
  const float* const n = call.floats(numbers);
  return {static_cast<cppo::Format>(n[0]), call.ints(words), call.floats(scales), static_cast<int64_t>(n[1]),
          static_cast<int64_t>(n[2])};
}

void packedProduct(void*, TF_OpKernelContext* context) {
  Call call(context);
  enum { X, WORDS, SCALES, BIAS, NUMBERS };
  const cppo::Packed w = packedOf(call, WORDS, SCALES, NUMBERS);
  float* const y = call.output(0, {call.dim(X, 0), w.rows});
  const float* const bias = call.size(BIAS) > 0 ? call.floats(BIAS) : nullptr;
  if (call.good()) kernels()->packedProduct(w, call.floats(X), call.dim(X, 0), bias, call.floats(NUMBERS)[3] != 0, y);
}

void packedInputGradient(void*, TF_OpKernelContext* context) {
  Call call(context);
  enum { DY, WORDS, SCALES, NUMBERS };
  const cppo::Packed w = packedOf(call, WORDS, SCALES, NUMBERS);
  float* const dx = call.output(0, {call.dim(DY, 0), w.columns});
  if (call.good()) kernels()->packedInputGradient(w, call.floats(DY), call.dim(DY, 0), call.floats(NUMBERS)[3] != 0, dx);
}

void packedRows(void*, TF_OpKernelContext* context) {
  Call call(context);
  enum { IDS, WORDS, SCALES, NUMBERS };
  const cppo::Packed w = packedOf(call, WORDS, SCALES, NUMBERS);
  float* const y = call.output(0, {call.dim(IDS, 0), w.columns});
  if (!call.good()) return;
  if (within(call.ints(IDS), call.dim(IDS, 0), w.rows)) kernels()->packedRows(w, call.ints(IDS), call.dim(IDS, 0), y);
  else call.refuse("CppoPackedRows: a row beyond what is there");
}

void pack(void*, TF_OpKernelContext* context) {
  Call call(context);
  enum { X, WORDS, SHAPE, NUMBERS };
  const float* const n = call.floats(NUMBERS);
  const auto format = static_cast<cppo::Format>(n[0]);
  const int64_t rows = static_cast<int64_t>(n[1]), columns = static_cast<int64_t>(n[2]);
  const bool wide = call.size(WORDS) == 0;
  std::vector<int64_t> shape(call.ints(SHAPE), call.ints(SHAPE) + call.size(SHAPE));
  const int64_t scaleCount = shape.back();
  shape.pop_back();
  int32_t* const words = call.output<int32_t>(0, shape, TF_INT32);
  float* const scales = call.output(1, {scaleCount});
  if (!call.good()) return;
  const void* const from = wide ? static_cast<const void*>(call.floats(X)) : call.ints(WORDS);
  kernels()->pack({wide ? cppo::FLOAT32 : cppo::BFLOAT16, from, nullptr, rows, columns}, format, words, scales);
}

void add(const char* name, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
         void (*compute)(void*, TF_OpKernelContext*), const std::vector<std::string>& attributes = {}) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  const auto typed = [](const std::string& name) { return name.find(':') == std::string::npos ? name + ": float" : name; };
  for (const std::string& attribute : attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute.c_str());
  for (const std::string& input : inputs) TF_OpDefinitionBuilderAddInput(definition, typed(input).c_str());
  for (const std::string& output : outputs) TF_OpDefinitionBuilderAddOutput(definition, typed(output).c_str());
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* kernel =
        TF_NewKernelBuilder(name, "CPU", [](TF_OpKernelConstruction*) -> void* { return nullptr; }, compute, [](void*) {});
    TF_RegisterKernelBuilder(name, kernel, status);
  }
  if (TF_GetCode(status) != TF_OK) std::fprintf(stderr, "cppo: %s: %s\n", name, TF_Message(status));
  TF_DeleteStatus(status);
}

/** What kernels these are is in the name. */
void version(void*, TF_OpKernelContext* context) {
  Call call(context);
  if (float* const y = call.output(0, {})) *y = 0;
}

const bool registered = [] {
  add(CPPO_VERSION, {}, {"y"}, version);
  add("CppoRmsNorm", {"x", "weight", "epsilon"}, {"y"}, rmsNorm);
  add("CppoRmsNormGradient", {"x", "weight", "dy", "epsilon"}, {"dx", "d_weight"}, rmsNormGradient);
  add("CppoSwiGlu", {"gate", "up"}, {"y"}, swiGlu);
  add("CppoSwiGluGradient", {"gate", "up", "dy"}, {"d_gate", "d_up"}, swiGluGradient);
  add("CppoRotary", {"x", "cos", "sin", "sign"}, {"y"}, rotary);
  add("CppoSoftmax", {"x"}, {"y"}, softmax);
  add("CppoSoftmaxGradient", {"y", "dy"}, {"dx"}, softmaxGradient);
  add("CppoAdam", {"variable", "gradient", "first", "second", "numbers"}, {"next_variable", "next_first", "next_second"},
      adam);
  add("CppoAttention", {"q", "k", "v", "runs: int32", "numbers"}, {"y"}, attention);
  add("CppoAttentionGradient", {"q", "k", "v", "runs: int32", "numbers", "dy"}, {"dq", "dk", "dv"}, attentionGradient);
  add("CppoDecoderToken", {"floats: N * float", "ints: M * int32", "plan: int32"}, {"logits", "keys: C", "values: C"},
      decoderToken, {"N: int", "M: int", "C: {float, int32}"});
  add("CppoPackedProduct", {"x", "words: int32", "scales", "bias", "numbers"}, {"y"}, packedProduct);
  add("CppoPackedInputGradient", {"dy", "words: int32", "scales", "numbers"}, {"dx"}, packedInputGradient);
  add("CppoPackedRows", {"ids: int32", "words: int32", "scales", "numbers"}, {"y"}, packedRows);
  add("CppoPack", {"x", "words: int32", "shape: int32", "numbers"}, {"packed: int32", "scales"}, pack);
  addMapTensor();
  return true;
}();

}  // namespace
