#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

#include <cstdio>
#include <iterator>
#include <string>
#include <vector>

#include "kernels.h"

// The kernels as TensorFlow operations, registered through its C interface when the addon is loaded. Shapes are
// checked by whoever calls (src/engines/tensorflow-kernels.ts).

namespace {

using cppo::DecoderLayer;
using cppo::DecoderToken;
using cppo::kernels;
namespace layout = cppo::layout;
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
  using Op = layout::RmsNorm;
  Call call(context);
  float* const y = call.outputLike(0, Op::X);
  if (!call.good()) return;
  const float epsilon = call.floats(Op::NUMBERS)[Op::EPSILON];
  kernels()->rmsNorm(call.floats(Op::X), call.floats(Op::WEIGHT), epsilon, y, call.rows(Op::X), call.width(Op::X));
}

void rmsNormGradient(void*, TF_OpKernelContext* context) {
  using Op = layout::RmsNormGradient;
  Call call(context);
  float* const dx = call.outputLike(0, Op::X);
  float* const dWeight = call.outputLike(1, Op::WEIGHT);
  if (!call.good()) return;
  const float epsilon = call.floats(Op::NUMBERS)[Op::EPSILON];
  kernels()->rmsNormGradient(call.floats(Op::X), call.floats(Op::WEIGHT), call.floats(Op::DY), epsilon, dx, dWeight,
                             call.rows(Op::X), call.width(Op::X));
}

void swiGlu(void*, TF_OpKernelContext* context) {
  using Op = layout::SwiGlu;
  Call call(context);
  float* const y = call.outputLike(0, Op::GATE);
  if (call.good()) kernels()->swiGlu(call.floats(Op::GATE), call.floats(Op::UP), y, call.size(Op::GATE));
}

void swiGluGradient(void*, TF_OpKernelContext* context) {
  using Op = layout::SwiGluGradient;
  Call call(context);
  float* const dGate = call.outputLike(0, Op::GATE);
  float* const dUp = call.outputLike(1, Op::UP);
  if (!call.good()) return;
  kernels()->swiGluGradient(call.floats(Op::GATE), call.floats(Op::UP), call.floats(Op::DY), dGate, dUp,
                            call.size(Op::GATE));
}

void rotary(void*, TF_OpKernelContext* context) {
  using Op = layout::Rotary;
  Call call(context);
  float* const y = call.outputLike(0, Op::X);
  if (!call.good() || call.size(Op::X) == 0) return;
  kernels()->rotary(call.floats(Op::X), call.floats(Op::COS), call.floats(Op::SIN), y, call.rows(Op::X),
                    call.width(Op::X), call.size(Op::X) / call.size(Op::COS), call.floats(Op::NUMBERS)[Op::SIGN]);
}

void softmax(void*, TF_OpKernelContext* context) {
  using Op = layout::Softmax;
  Call call(context);
  float* const y = call.outputLike(0, Op::X);
  if (call.good()) kernels()->softmax(call.floats(Op::X), y, call.rows(Op::X), call.width(Op::X));
}

void softmaxGradient(void*, TF_OpKernelContext* context) {
  using Op = layout::SoftmaxGradient;
  Call call(context);
  float* const dx = call.outputLike(0, Op::Y);
  if (!call.good()) return;
  kernels()->softmaxGradient(call.floats(Op::Y), call.floats(Op::DY), dx, call.rows(Op::Y), call.width(Op::Y));
}

void adam(void*, TF_OpKernelContext* context) {
  using Op = layout::Adam;
  Call call(context);
  float* next[3];
  for (int i = 0; i < 3; i++) next[i] = call.outputLike(i, Op::VARIABLE);
  if (!call.good()) return;
  const float* n = call.floats(Op::NUMBERS);
  cppo::AdamNumbers numbers{};
  numbers.beta1 = n[Op::BETA1], numbers.beta2 = n[Op::BETA2], numbers.epsilon = n[Op::EPSILON];
  numbers.rate = n[Op::STEP_SIZE], numbers.correction = n[Op::ROOT_CORRECTION], numbers.kept = n[Op::KEEP];
  kernels()->adam(call.floats(Op::VARIABLE), call.floats(Op::GRADIENT), call.floats(Op::FIRST), call.floats(Op::SECOND),
                  numbers, next[0], next[1], next[2], call.size(Op::VARIABLE));
}

/** Runs that are no rows would read whatever lies there. */
bool inRows(const cppo::Attention& a) {
  for (int64_t i = 0; i < 4 * a.runCount; i += 2) {
    if (a.runs[i] < 0 || a.runs[i] > a.runs[i + 1] || a.runs[i + 1] > a.rows) return false;
  }
  return a.prefix >= 0 && a.prefix <= a.rows;
}

template <typename Op>
cppo::Attention attentionOf(const Call& call) {
  const float* const numbers = call.floats(Op::NUMBERS);
  const auto number = [&](typename Op::Number which) { return static_cast<int64_t>(numbers[which]); };
  cppo::Attention a{};
  a.q = call.floats(Op::Q), a.k = call.floats(Op::K), a.v = call.floats(Op::V), a.runs = call.ints(Op::RUNS);
  a.rows = call.rows(Op::Q), a.runCount = call.dim(Op::RUNS, 0), a.prefix = number(Op::PREFIX);
  a.heads = number(Op::HEADS), a.keyValueHeads = number(Op::KEY_VALUE_HEADS);
  a.headDimension = call.width(Op::Q) / a.heads;
  a.causal = number(Op::CAUSAL) != 0;
  return a;
}

void attention(void*, TF_OpKernelContext* context) {
  using Op = layout::Attention;
  Call call(context);
  float* const y = call.outputLike(0, Op::Q);
  if (!call.good()) return;
  const cppo::Attention a = attentionOf<Op>(call);
  if (inRows(a)) kernels()->attention(a, y);
  else call.refuse("CppoAttention: runs beyond the rows");
}

void attentionGradient(void*, TF_OpKernelContext* context) {
  using Op = layout::AttentionGradient;
  Call call(context);
  float* const dq = call.outputLike(0, Op::Q);
  float* const dk = call.outputLike(1, Op::K);
  float* const dv = call.outputLike(2, Op::V);
  if (!call.good()) return;
  const cppo::Attention a = attentionOf<Op>(call);
  if (inRows(a)) kernels()->attentionGradient(a, {call.floats(Op::DY), dq, dk, dv});
  else call.refuse("CppoAttentionGradient: runs beyond the rows");
}

bool within(const int32_t* numbers, int64_t count, int64_t limit) {
  for (int64_t i = 0; i < count; i++) {
    if (numbers[i] < 0 || numbers[i] >= limit) return false;
  }
  return true;
}

/** A record of whole numbers in the plan of a decoder token; a number may be that of an input, −1 for none. */
class Plan {
 public:
  Plan(const Call& call, const int32_t* numbers) : call_(call), numbers_(numbers) {}

  int64_t number(int place) const { return numbers_[place]; }
  const void* tensor(int place) const {
    const int input = numbers_[place];
    return input < 0 ? nullptr : call_.data(input);
  }
  const float* floats(int place) const { return static_cast<const float*>(tensor(place)); }
  const int32_t* ints(int place) const { return static_cast<const int32_t*>(tensor(place)); }
  /** The record at a place within this one. */
  Plan at(int64_t place) const { return {call_, numbers_ + place}; }

 private:
  const Call& call_;
  const int32_t* const numbers_;
};

Weight weightOf(const Plan& plan) {
  using P = layout::WeightPlan;
  Weight w{};
  w.matrix.format = static_cast<cppo::Format>(plan.number(P::FORMAT));
  w.matrix.rows = plan.number(P::ROWS), w.matrix.columns = plan.number(P::COLUMNS);
  w.matrix.values = plan.tensor(P::VALUES), w.matrix.scales = plan.floats(P::SCALES);
  w.bias = plan.floats(P::BIAS);
  w.down = plan.floats(P::DOWN), w.up = plan.floats(P::UP), w.rank = plan.number(P::RANK);
  return w;
}

DecoderLayer layerOf(const Plan& plan) {
  using P = layout::LayerPlan;
  DecoderLayer layer{};
  layer.inputNorm = plan.floats(P::INPUT_NORM), layer.attentionNorm = plan.floats(P::ATTENTION_NORM);
  layer.qNorm = plan.floats(P::Q_NORM), layer.kNorm = plan.floats(P::K_NORM);
  layer.prefixKeys = plan.tensor(P::PREFIX_KEYS), layer.prefixValues = plan.tensor(P::PREFIX_VALUES);
  layer.q = weightOf(plan.at(P::Q)), layer.k = weightOf(plan.at(P::K)), layer.v = weightOf(plan.at(P::V));
  layer.o = weightOf(plan.at(P::O)), layer.gate = weightOf(plan.at(P::GATE)), layer.up = weightOf(plan.at(P::UP));
  layer.down = weightOf(plan.at(P::DOWN));
  return layer;
}

/** All but the layers and the results. */
DecoderToken tokenOf(const Plan& plan) {
  using P = layout::DecoderTokenPlan;
  DecoderToken s{};
  s.layerCount = plan.number(P::LAYER_COUNT), s.rows = plan.number(P::ROWS), s.vocabulary = plan.number(P::VOCABULARY);
  s.hidden = plan.number(P::HIDDEN), s.intermediate = plan.number(P::INTERMEDIATE);
  s.heads = plan.number(P::HEADS), s.keyValueHeads = plan.number(P::KEY_VALUE_HEADS), s.headDimension = plan.number(P::HD);
  s.prompts = plan.number(P::PROMPTS), s.batches = plan.number(P::BATCHES);
  s.prefixLength = plan.number(P::PREFIX_LENGTH), s.longLength = plan.number(P::LONG_LENGTH);
  s.shortLength = plan.number(P::SHORT_LENGTH);
  s.biasBatchStride = plan.number(P::BIAS_BATCH_STEP), s.biasKeyStride = plan.number(P::BIAS_KEY_STEP);
  s.rounded = plan.number(P::ROUNDED) != 0, s.halved = plan.number(P::HALVED) != 0;
  s.epsilon = *plan.floats(P::EPSILON);
  s.tokens = plan.ints(P::TOKENS), s.resultRows = plan.ints(P::RESULT_ROWS);
  s.cos = plan.floats(P::COS), s.sin = plan.floats(P::SIN), s.norm = plan.floats(P::NORM);
  s.prefixBias = plan.floats(P::PREFIX_BIAS);
  s.longKeys = plan.tensor(P::LONG_KEYS), s.longValues = plan.tensor(P::LONG_VALUES);
  s.shortKeys = plan.tensor(P::SHORT_KEYS), s.shortValues = plan.tensor(P::SHORT_VALUES);
  s.embedding = weightOf(plan.at(P::EMBEDDING)), s.head = weightOf(plan.at(P::HEAD));
  return s;
}

void decoderToken(void*, TF_OpKernelContext* context) {
  Call call(context);
  const Plan plan(call, call.ints(call.inputs() - 1));
  DecoderToken s = tokenOf(plan);
  std::vector<DecoderLayer> layers;
  for (int64_t i = 0; i < s.layerCount; i++) {
    layers.push_back(layerOf(plan.at(layout::DecoderTokenPlan::LENGTH + i * layout::LayerPlan::LENGTH)));
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

/** The packed weight of an operation's inputs and numbers. */
template <typename Op>
cppo::Packed packedOf(const Call& call) {
  const float* const n = call.floats(Op::NUMBERS);
  cppo::Packed w{};
  w.format = static_cast<cppo::Format>(n[Op::FORMAT]);
  w.values = call.ints(Op::WORDS), w.scales = call.floats(Op::SCALES);
  w.rows = static_cast<int64_t>(n[Op::ROWS]), w.columns = static_cast<int64_t>(n[Op::COLUMNS]);
  return w;
}

void packedProduct(void*, TF_OpKernelContext* context) {
  using Op = layout::PackedProduct;
  Call call(context);
  const cppo::Packed w = packedOf<Op>(call);
  const int64_t rows = call.dim(Op::X, 0);
  const bool rounded = call.floats(Op::NUMBERS)[Op::ROUNDED] != 0;
  float* const y = call.output(0, {rows, w.rows});
  const float* const bias = call.size(Op::BIAS) > 0 ? call.floats(Op::BIAS) : nullptr;
  if (call.good()) kernels()->packedProduct(w, call.floats(Op::X), rows, bias, rounded, y);
}

void packedInputGradient(void*, TF_OpKernelContext* context) {
  using Op = layout::PackedInputGradient;
  Call call(context);
  const cppo::Packed w = packedOf<Op>(call);
  const int64_t rows = call.dim(Op::DY, 0);
  const bool rounded = call.floats(Op::NUMBERS)[Op::ROUNDED] != 0;
  float* const dx = call.output(0, {rows, w.columns});
  if (call.good()) kernels()->packedInputGradient(w, call.floats(Op::DY), rows, rounded, dx);
}

void packedRows(void*, TF_OpKernelContext* context) {
  using Op = layout::PackedRows;
  Call call(context);
  const cppo::Packed w = packedOf<Op>(call);
  const int64_t count = call.dim(Op::IDS, 0);
  float* const y = call.output(0, {count, w.columns});
  if (!call.good()) return;
  if (within(call.ints(Op::IDS), count, w.rows)) kernels()->packedRows(w, call.ints(Op::IDS), count, y);
  else call.refuse("CppoPackedRows: a row beyond what is there");
}

void pack(void*, TF_OpKernelContext* context) {
  using Op = layout::Pack;
  Call call(context);
  const float* const n = call.floats(Op::NUMBERS);
  const auto format = static_cast<cppo::Format>(n[Op::FORMAT]);
  const bool wide = call.size(Op::WORDS) == 0;
  std::vector<int64_t> shape(call.ints(Op::SHAPE), call.ints(Op::SHAPE) + call.size(Op::SHAPE));
  const int64_t scaleCount = shape.back();
  shape.pop_back();
  int32_t* const words = call.output<int32_t>(0, shape, TF_INT32);
  float* const scales = call.output(1, {scaleCount});
  if (!call.good()) return;
  cppo::Packed from{};
  from.format = wide ? cppo::FLOAT32 : cppo::BFLOAT16;
  from.values = wide ? call.data(Op::X) : call.data(Op::WORDS);
  from.rows = static_cast<int64_t>(n[Op::ROWS]), from.columns = static_cast<int64_t>(n[Op::COLUMNS]);
  kernels()->pack(from, format, words, scales);
}

void add(const char* name, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
         void (*compute)(void*, TF_OpKernelContext*), const std::vector<std::string>& attributes = {}) {
  TF_Status* status = TF_NewStatus();
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const std::string& attribute : attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute.c_str());
  for (const std::string& input : inputs) TF_OpDefinitionBuilderAddInput(definition, input.c_str());
  for (const std::string& output : outputs) TF_OpDefinitionBuilderAddOutput(definition, output.c_str());
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* kernel =
        TF_NewKernelBuilder(name, "CPU", [](TF_OpKernelConstruction*) -> void* { return nullptr; }, compute, [](void*) {});
    TF_RegisterKernelBuilder(name, kernel, status);
  }
  if (TF_GetCode(status) != TF_OK) std::fprintf(stderr, "cppo: %s: %s\n", name, TF_Message(status));
  TF_DeleteStatus(status);
}

/** Adds an operation as it is described. */
template <typename Op>
void add(void (*compute)(void*, TF_OpKernelContext*)) {
  add(Op::name, {std::begin(Op::inputs), std::end(Op::inputs)}, {std::begin(Op::outputs), std::end(Op::outputs)}, compute);
}

/** What kernels these are is in the name. */
void version(void*, TF_OpKernelContext* context) {
  Call call(context);
  if (float* const y = call.output(0, {})) *y = 0;
}

const bool registered = [] {
  add(CPPO_VERSION, {}, {"y: float"}, version);
  add<layout::RmsNorm>(rmsNorm);
  add<layout::RmsNormGradient>(rmsNormGradient);
  add<layout::SwiGlu>(swiGlu);
  add<layout::SwiGluGradient>(swiGluGradient);
  add<layout::Rotary>(rotary);
  add<layout::Softmax>(softmax);
  add<layout::SoftmaxGradient>(softmaxGradient);
  add<layout::Adam>(adam);
  add<layout::Attention>(attention);
  add<layout::AttentionGradient>(attentionGradient);
  add("CppoDecoderToken", {"floats: N * float", "ints: M * int32", "plan: int32"},
      {"logits: float", "keys: C", "values: C"}, decoderToken, {"N: int", "M: int", "C: {float, int32}"});
  add<layout::PackedProduct>(packedProduct);
  add<layout::PackedInputGradient>(packedInputGradient);
  add<layout::PackedRows>(packedRows);
  add<layout::Pack>(pack);
  addMapTensor();
  return true;
}();

}  // namespace
