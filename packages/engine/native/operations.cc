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
  const float* floats(int input) const { return static_cast<const float*>(TF_TensorData(tensors_[input])); }
  const int32_t* ints(int input) const { return static_cast<const int32_t*>(TF_TensorData(tensors_[input])); }
  int64_t dim(int input, int axis) const { return TF_Dim(tensors_[input], axis); }
  int64_t size(int input) const { return TF_TensorElementCount(tensors_[input]); }
  int64_t width(int input) const {
    const int rank = TF_NumDims(tensors_[input]);
    return rank == 0 ? 1 : dim(input, rank - 1);
  }
  int64_t rows(int input) const { return width(input) == 0 ? 0 : size(input) / width(input); }

  float* output(int number, const std::vector<int64_t>& shape) {
    int64_t count = 1;
    for (const int64_t length : shape) count *= length;
    TF_Tensor* tensor = TF_AllocateOutput(context_, number, TF_FLOAT, shape.data(), static_cast<int>(shape.size()),
                                          count * sizeof(float), status_);
    if (!good()) return nullptr;
    tensors_.push_back(tensor);
    return static_cast<float*>(TF_TensorData(tensor));
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

constexpr int LAYER_INPUTS = 14;

void decoderToken(void*, TF_OpKernelContext* context) {
  Call call(context);
  enum { TOKENS, EMBEDDING, COS, SIN, NORM, HEAD, BIAS, LONG_KEYS, LONG_VALUES, SHORT_KEYS, SHORT_VALUES, ROWS, EPSILON, LAYERS };
  DecoderToken s{};
  std::vector<DecoderLayer> layers(call.inputs() / LAYER_INPUTS);
  const auto at = [](size_t layer, int input) { return LAYERS + static_cast<int>(layer) * LAYER_INPUTS + input; };
  for (size_t i = 0; i < layers.size(); i++) {
    DecoderLayer& layer = layers[i];
    const float** const pointers[LAYER_INPUTS] = {
        &layer.inputNorm, &layer.q,             &layer.qBias, &layer.k,  &layer.kBias, &layer.v,          &layer.vBias,
        &layer.o,         &layer.attentionNorm, &layer.gate,  &layer.up, &layer.down,  &layer.prefixKeys, &layer.prefixValues};
    for (int input = 0; input < LAYER_INPUTS; input++) *pointers[input] = call.floats(at(i, input));
  }
  s.layers = layers.data();
  s.tokens = call.ints(TOKENS);
  s.resultRows = call.ints(ROWS);
  s.embedding = call.floats(EMBEDDING), s.norm = call.floats(NORM), s.head = call.floats(HEAD);
  s.cos = call.floats(COS), s.sin = call.floats(SIN), s.prefixBias = call.floats(BIAS);
  s.longKeys = call.floats(LONG_KEYS), s.longValues = call.floats(LONG_VALUES);
  s.shortKeys = call.floats(SHORT_KEYS), s.shortValues = call.floats(SHORT_VALUES);
  s.epsilon = *call.floats(EPSILON);
  s.layerCount = static_cast<int64_t>(layers.size());
  s.rows = call.dim(TOKENS, 0);
  s.vocabulary = call.dim(HEAD, 0);
  s.hidden = call.dim(HEAD, 1);
  s.intermediate = call.dim(at(0, 9), 0);
  s.headDimension = call.width(COS);
  s.heads = call.dim(ROWS, 1);
  s.keyValueHeads = call.dim(at(0, 3), 0) / s.headDimension;
  s.prompts = call.dim(at(0, 12), 0);
  s.prefixLength = call.dim(at(0, 12), 1);
  s.batches = call.dim(SHORT_KEYS, 0) / s.layerCount;
  s.longLength = call.dim(LONG_KEYS, 1);
  s.shortLength = call.dim(SHORT_KEYS, 1);
  s.biasKeyStride = call.dim(BIAS, 3) > 1 ? 1 : 0;
  s.biasBatchStride = call.dim(BIAS, 0) > 1 ? call.dim(BIAS, 3) : 0;
  const std::vector<int64_t> grown = {s.layerCount * s.batches, s.shortLength + 1, s.headDimension};
  s.logits = call.output(0, {s.rows, s.vocabulary});
  s.keys = call.output(1, grown);
  s.values = call.output(2, grown);
  if (!call.good()) return;
  const int64_t places = s.batches * (s.heads / s.keyValueHeads);
  if (!within(s.tokens, s.rows, s.vocabulary) || !within(s.resultRows, s.rows * s.heads, places)) {
    return call.refuse("CppoDecoderToken: a token or a result row beyond what is there");
  }
  kernels()->decoderToken(s);
}

void add(const char* name, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
         void (*compute)(void*, TF_OpKernelContext*), const char* attribute = nullptr) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  if (attribute) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  for (const std::string& input : inputs) {
    const bool typed = input.find(':') != std::string::npos;
    TF_OpDefinitionBuilderAddInput(definition, (typed ? input : input + ": float").c_str());
  }
  for (const std::string& output : outputs) TF_OpDefinitionBuilderAddOutput(definition, (output + ": float").c_str());
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
  if (!kernels()) return false;
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
  add("CppoDecoderToken",
      {"tokens: int32", "embedding", "cos", "sin", "norm", "head", "prefix_bias", "long_keys", "long_values", "short_keys",
       "short_values", "result_rows: int32", "epsilon", "layers: N * float"},
      {"logits", "keys", "values"}, decoderToken, "N: int");
  return true;
}();

}  // namespace
