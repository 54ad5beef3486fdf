#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>

#include "parallel.h"

// CppoAllFinite: whether words hold bfloat16 numbers that are all finite, 1 or 0. What is mapped is never read by JavaScript.

namespace {

constexpr uint16_t EXPONENT = 0x7f80;
/** Numbers between two looks at what was found; a loop of fixed length becomes one of vectors. */
constexpr int64_t SOME = 4096;

bool allFinite(const uint16_t* halves, int64_t count) {
  int64_t i = 0;
  for (; i + SOME <= count; i += SOME) {
    uint16_t found = 0;
    for (int64_t j = 0; j < SOME; j++) found |= (halves[i + j] & EXPONENT) == EXPONENT ? 1 : 0;
    if (found) return false;
  }
  for (; i < count; i++) {
    if ((halves[i] & EXPONENT) == EXPONENT) return false;
  }
  return true;
}

void compute(void*, TF_OpKernelContext* context) {
  TF_Status* const status = TF_NewStatus();
  TF_Tensor* words = nullptr;
  TF_GetInput(context, 0, &words, status);
  TF_Tensor* const result = TF_AllocateOutput(context, 0, TF_INT32, nullptr, 0, sizeof(int32_t), status);
  if (TF_GetCode(status) == TF_OK) {
    const auto* const halves = static_cast<const uint16_t*>(TF_TensorData(words));
    std::atomic<bool> finite{true};
    cppo::parallelRanges(2 * TF_TensorElementCount(words), cppo::GRAIN, [&](int64_t start, int64_t end) {
      if (!allFinite(halves + start, end - start)) finite.store(false);
    });
    *static_cast<int32_t*>(TF_TensorData(result)) = finite.load() ? 1 : 0;
  } else {
    TF_OpKernelContext_Failure(context, status);
  }
  if (words) TF_DeleteTensor(words);
  if (result) TF_DeleteTensor(result);
  TF_DeleteStatus(status);
}

const bool registered = [] {
  const char* const name = "CppoAllFinite";
  TF_Status* const status = TF_NewStatus();
  TF_OpDefinitionBuilder* const definition = TF_NewOpDefinitionBuilder(name);
  TF_OpDefinitionBuilderAddInput(definition, "words: int32");
  TF_OpDefinitionBuilderAddOutput(definition, "y: int32");
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK) {
    TF_KernelBuilder* const kernel =
        TF_NewKernelBuilder(name, "CPU", [](TF_OpKernelConstruction*) -> void* { return nullptr; }, compute, [](void*) {});
    TF_RegisterKernelBuilder(name, kernel, status);
  }
  if (TF_GetCode(status) != TF_OK) std::fprintf(stderr, "cppo: %s: %s\n", name, TF_Message(status));
  TF_DeleteStatus(status);
  return true;
}();

}  // namespace
