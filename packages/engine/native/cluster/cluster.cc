// A Node addon beside tfjs-node's, linked with the same TensorFlow: collective operations on typed arrays, in a context of
// their own and off the JavaScript thread. So learners exchange gradients whatever engine computes them.
#include <node_api.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/c_api_experimental.h"
#include "tensorflow/c/eager/c_api.h"

namespace {

// Bytes of one collective operation: with several in flight, the copying of one hides behind the sending of another.
constexpr size_t kPiece = 16u << 20;

// A process is a member of one cluster. Set by the first `join`, never freed: the server lives as long as the process.
TFE_Context* context = nullptr;
std::string device;
int32_t learners = 0;

struct StatusDeleter {
  void operator()(TF_Status* status) const { TF_DeleteStatus(status); }
};
using Status = std::unique_ptr<TF_Status, StatusDeleter>;
Status newStatus() { return Status(TF_NewStatus()); }
bool isOk(const Status& status) { return TF_GetCode(status.get()) == TF_OK; }

struct HandleDeleter {
  void operator()(TFE_TensorHandle* handle) const { TFE_DeleteTensorHandle(handle); }
};
using Handle = std::unique_ptr<TFE_TensorHandle, HandleDeleter>;

// What the JavaScript thread asks for: done by a thread of libuv, and answered by a promise.
struct Task {
  virtual ~Task() = default;
  virtual void run(TF_Status* status) = 0;
  virtual napi_value result(napi_env env) {
    napi_value nothing;
    napi_get_undefined(env, &nothing);
    return nothing;
  }

  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  // Keeps the array alive that a task reads or writes.
  napi_ref kept = nullptr;
  Status status = newStatus();
};

struct Join : Task {
  std::string definition, config, ownDevice;
  int32_t size = 0;

  void run(TF_Status* status) override {
    TFE_ContextOptions* options = TFE_NewContextOptions();
    TFE_ContextOptionsSetConfig(options, config.data(), config.size(), status);
    // Operations return before they are done: the pieces of a sum are under way together.
    TFE_ContextOptionsSetAsync(options, 1);
    TFE_Context* joined = TF_GetCode(status) == TF_OK ? TFE_NewContext(options, status) : nullptr;
    TFE_DeleteContextOptions(options);
    if (joined == nullptr) return;
    TFE_EnableCollectiveOps(joined, definition.data(), definition.size(), status);
    if (TF_GetCode(status) != TF_OK) return;
    device = ownDevice;
    learners = size;
    context = joined;
  }
};

Handle scalar(int32_t value, TF_Status* status) {
  TF_Tensor* tensor = TF_AllocateTensor(TF_INT32, nullptr, 0, sizeof(value));
  std::memcpy(TF_TensorData(tensor), &value, sizeof(value));
  Handle handle(TFE_NewTensorHandle(tensor, status));
  TF_DeleteTensor(tensor);
  return handle;
}

struct Exchange : Task {
  TF_DataType type = TF_FLOAT;
  char* data = nullptr;
  size_t bytes = 0;
  // The number of the exchange; pieces have the numbers after it. It belongs to one operation, shape and type for good.
  int32_t instance = 0;

 protected:
  virtual const char* operation() const = 0;
  virtual void setAttributes(TFE_Op*) const {}

  // Sends a piece on its way.
  Handle start(const char* from, size_t length, int32_t number, TF_Status* status) const {
    const int64_t elements = static_cast<int64_t>(length / TF_DataTypeSize(type));
    TF_Tensor* tensor = TF_AllocateTensor(type, &elements, 1, length);
    std::memcpy(TF_TensorData(tensor), from, length);
    Handle piece(TFE_NewTensorHandle(tensor, status));
    TF_DeleteTensor(tensor);
    const Handle groupSize = scalar(learners, status);
    const Handle groupKey = scalar(1, status);
    const Handle instanceKey = scalar(number, status);
    if (TF_GetCode(status) != TF_OK) return nullptr;
    TFE_Op* op = TFE_NewOp(context, operation(), status);
    if (op == nullptr) return nullptr;
    TFE_OpSetDevice(op, device.c_str(), status);
    for (TFE_TensorHandle* input : {piece.get(), groupSize.get(), groupKey.get(), instanceKey.get()}) {
      TFE_OpAddInput(op, input, status);
    }
    TFE_OpAddInputList(op, nullptr, 0, status);
    TFE_OpSetAttrType(op, "T", type);
    TFE_OpSetAttrString(op, "communication_hint", "auto", 4);
    // No limit: whether a learner is slow or gone is for `check` to say.
    TFE_OpSetAttrFloat(op, "timeout_seconds", 0);
    TFE_OpSetAttrBool(op, "is_stateless", 0);
    TFE_OpSetAttrInt(op, "Nordering_token", 0);
    setAttributes(op);
    TFE_TensorHandle* output = nullptr;
    int outputs = 1;
    if (TF_GetCode(status) == TF_OK) TFE_Execute(op, &output, &outputs, status);
    TFE_DeleteOp(op);
    return Handle(output);
  }
};

// Adds up over all learners, in place.
struct Reduce : Exchange {
  const char* operation() const override { return "CollectiveReduceV2"; }
  void setAttributes(TFE_Op* op) const override {
    TFE_OpSetAttrString(op, "merge_op", "Add", 3);
    TFE_OpSetAttrString(op, "final_op", "Id", 2);
    TFE_OpSetAttrInt(op, "max_subdivs_per_device", -1);
  }

  void run(TF_Status* status) override {
    std::vector<Handle> outputs;
    for (size_t at = 0; at < bytes && TF_GetCode(status) == TF_OK; at += kPiece) {
      const int32_t number = instance + static_cast<int32_t>(at / kPiece);
      outputs.push_back(start(data + at, std::min(kPiece, bytes - at), number, status));
    }
    for (size_t i = 0; i < outputs.size() && TF_GetCode(status) == TF_OK; i++) {
      TF_Tensor* sum = TFE_TensorHandleResolve(outputs[i].get(), status);
      if (sum == nullptr) return;
      std::memcpy(data + i * kPiece, TF_TensorData(sum), TF_TensorByteSize(sum));
      TF_DeleteTensor(sum);
    }
  }
};

// Collects the arrays of all learners, one after the other.
struct Gather : Exchange {
  std::vector<char> gathered;

  const char* operation() const override { return "CollectiveGatherV2"; }

  void run(TF_Status* status) override {
    const Handle output = start(data, bytes, instance, status);
    if (output == nullptr) return;
    TF_Tensor* all = TFE_TensorHandleResolve(output.get(), status);
    if (all == nullptr) return;
    const char* from = static_cast<const char*>(TF_TensorData(all));
    gathered.assign(from, from + TF_TensorByteSize(all));
    TF_DeleteTensor(all);
  }

  napi_value result(napi_env env) override {
    void* to = nullptr;
    napi_value buffer, array;
    napi_create_arraybuffer(env, gathered.size(), &to, &buffer);
    std::memcpy(to, gathered.data(), gathered.size());
    napi_create_typedarray(env, napi_int32_array, gathered.size() / sizeof(int32_t), buffer, 0, &array);
    return array;
  }
};

// Asks another learner's server whether it is there.
struct Check : Task {
  std::string peer;
  int64_t milliseconds = 0;

  void run(TF_Status* status) override {
    TFE_CollectiveOpsCheckPeerHealth(context, peer.c_str(), milliseconds, status);
  }
};

void execute(napi_env, void* data) {
  Task& task = *static_cast<Task*>(data);
  task.run(task.status.get());
}

void complete(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Task> task(static_cast<Task*>(data));
  if (isOk(task->status)) {
    napi_resolve_deferred(env, task->deferred, task->result(env));
  } else {
    const std::string number = std::to_string(TF_GetCode(task->status.get()));
    napi_value code, message, error;
    napi_create_string_utf8(env, number.c_str(), NAPI_AUTO_LENGTH, &code);
    napi_create_string_utf8(env, TF_Message(task->status.get()), NAPI_AUTO_LENGTH, &message);
    napi_create_error(env, code, message, &error);
    napi_reject_deferred(env, task->deferred, error);
  }
  if (task->kept != nullptr) napi_delete_reference(env, task->kept);
  napi_delete_async_work(env, task->work);
}

napi_value promise(napi_env env, Task* task) {
  napi_value result, name;
  napi_create_promise(env, &task->deferred, &result);
  napi_create_string_utf8(env, "cppo-cluster", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, nullptr, name, execute, complete, task, &task->work);
  napi_queue_async_work(env, task->work);
  return result;
}

class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    napi_get_cb_info(env, info, &count, values_, nullptr, nullptr);
  }
  napi_value operator[](int i) const { return values_[i]; }
  std::string text(int i) const {
    size_t length = 0;
    napi_get_value_string_utf8(env_, values_[i], nullptr, 0, &length);
    std::string result(length + 1, '\0');
    napi_get_value_string_utf8(env_, values_[i], &result[0], length + 1, &length);
    result.resize(length);
    return result;
  }
  int32_t number(int i) const {
    int32_t value = 0;
    napi_get_value_int32(env_, values_[i], &value);
    return value;
  }
  std::string bytes(int i) const {
    size_t length = 0;
    void* data = nullptr;
    napi_get_typedarray_info(env_, values_[i], nullptr, &length, &data, nullptr, nullptr);
    return std::string(static_cast<const char*>(data), length);
  }

 private:
  static constexpr size_t kMost = 5;
  napi_env env_;
  napi_value values_[kMost] = {};
};

// join(definition: Uint8Array, config: Uint8Array, device: string, learners: number): Promise<void>
napi_value join(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  auto* task = new Join;
  task->definition = given.bytes(0);
  task->config = given.bytes(1);
  task->ownDevice = given.text(2);
  task->size = given.number(3);
  return promise(env, task);
}

napi_value exchange(napi_env env, const Arguments& given, Exchange* task) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  napi_get_typedarray_info(env, given[0], &type, &length, &data, nullptr, nullptr);
  task->type = type == napi_float32_array ? TF_FLOAT : type == napi_float64_array ? TF_DOUBLE : TF_INT32;
  task->data = static_cast<char*>(data);
  task->bytes = length * TF_DataTypeSize(task->type);
  task->instance = given.number(1);
  napi_create_reference(env, given[0], 1, &task->kept);
  return promise(env, task);
}

// reduce(values: Float32Array | Float64Array, instance: number): Promise<void>
napi_value reduce(napi_env env, napi_callback_info info) { return exchange(env, Arguments(env, info), new Reduce); }

// gather(values: Int32Array, instance: number): Promise<Int32Array>
napi_value gather(napi_env env, napi_callback_info info) { return exchange(env, Arguments(env, info), new Gather); }

// check(task: string, milliseconds: number): Promise<void>
napi_value check(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  auto* task = new Check;
  task->peer = given.text(0);
  task->milliseconds = given.number(1);
  return promise(env, task);
}

// abort(reason: string): void. Exchanges that wait are rejected, and so are all later ones.
napi_value abortExchanges(napi_env env, napi_callback_info info) {
  const Arguments given(env, info);
  const Status reason = newStatus();
  TF_SetStatus(reason.get(), TF_UNAVAILABLE, given.text(0).c_str());
  if (context != nullptr) TFE_AbortCollectiveOps(context, reason.get());
  return nullptr;
}

napi_value initialize(napi_env env, napi_value exports) {
  const struct {
    const char* name;
    napi_callback function;
  } all[] = {{"join", join}, {"reduce", reduce}, {"gather", gather}, {"check", check}, {"abort", abortExchanges}};
  for (const auto& [name, function] : all) {
    napi_value value;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, function, nullptr, &value);
    napi_set_named_property(env, exports, name, value);
  }
  // Pieces of a sum take as many numbers as this says.
  napi_value piece;
  napi_create_uint32(env, kPiece, &piece);
  napi_set_named_property(env, exports, "pieceBytes", piece);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, initialize)
