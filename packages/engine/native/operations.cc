#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

#include <cstdio>
#include <string>
#include <vector>

#include "kernels.h"

// The kernels as TensorFlow operations, registered through its C interface when the addon is loaded. Shapes are
// checked by whoever calls (src/engines/tensorflow-kernels.ts).

namespace {

using cppo::DecoderStep;
using cppo::kernels;

/** The inputs and outputs of a call, by number. */
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {
    tensors_.resize(TF_NumInputs(context), nullptr);
    for (size_t i = 0; i < tensors_.size(); i++) TF_GetInput(context, static_cast<int>(i), &tensors_[i], status_);
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

void decoderStep(void*, TF_OpKernelContext* context) {
  Call call(context);
  DecoderStep s{};
  const float** const pointers[] = {
      &s.x,          &s.inputNorm,    &s.attentionNorm, &s.cos,      &s.sin,        &s.q,         &s.k,         &s.v,
      &s.o,          &s.qBias,        &s.kBias,         &s.vBias,    &s.gate,       &s.up,        &s.down,
      &s.prefixKeys, &s.prefixValues, &s.prefixBias,    &s.longKeys, &s.longValues, &s.shortKeys, &s.shortValues};
  int input = 0;
  for (const float** pointer : pointers) *pointer = call.floats(input++);
  const int rows = input++;
  s.resultRows = call.ints(rows);
  s.epsilon = *call.floats(input);
  s.rows = call.dim(0, 0);
  s.hidden = call.dim(0, 1);
  s.intermediate = call.dim(12, 0);
  s.headDimension = call.width(3);
  s.heads = call.dim(rows, 1);
  s.keyValueHeads = call.dim(6, 0) / s.headDimension;
  s.prompts = call.dim(15, 0);
  s.batches = call.dim(20, 0);
  s.prefixLength = call.dim(15, 1);
  s.longLength = call.dim(18, 1);
  s.shortLength = call.dim(20, 1);
  s.biasKeyStride = call.dim(17, 3) > 1 ? 1 : 0;
  s.biasBatchStride = call.dim(17, 0) > 1 ? call.dim(17, 3) : 0;
  const std::vector<int64_t> grown = {s.batches, s.shortLength + 1, s.headDimension};
  s.y = call.outputLike(0, 0);
  s.keys = call.output(1, grown);
  s.values = call.output(2, grown);
  if (call.good()) kernels()->decoderStep(s);
}

void add(const char* name, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
         void (*compute)(void*, TF_OpKernelContext*)) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
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

const bool registered = [] {
  if (!kernels()) return false;
  add("CppoRmsNorm", {"x", "weight", "epsilon"}, {"y"}, rmsNorm);
  add("CppoRmsNormGradient", {"x", "weight", "dy", "epsilon"}, {"dx", "d_weight"}, rmsNormGradient);
  add("CppoSwiGlu", {"gate", "up"}, {"y"}, swiGlu);
  add("CppoSwiGluGradient", {"gate", "up", "dy"}, {"d_gate", "d_up"}, swiGluGradient);
  add("CppoRotary", {"x", "cos", "sin", "sign"}, {"y"}, rotary);
  add("CppoSoftmax", {"x"}, {"y"}, softmax);
  add("CppoSoftmaxGradient", {"y", "dy"}, {"dx"}, softmaxGradient);
  add("CppoAdam", {"variable", "gradient", "first", "second", "numbers"}, {"next_variable", "next_first", "next_second"},
      adam);
  add("CppoDecoderStep",
      {"x",          "input_norm",    "attention_norm", "cos",       "sin",         "q",          "k",
       "v",          "o",             "q_bias",         "k_bias",    "v_bias",      "gate",       "up",
       "down",       "prefix_keys",   "prefix_values",  "prefix_bias", "long_keys", "long_values", "short_keys",
       "short_values", "result_rows: int32", "epsilon"},
      {"y", "keys", "values"}, decoderStep);
  return true;
}();

}  // namespace
