#pragma once
#include "kernels.h"

// The kernels are compiled once for each level of processor, each time in a namespace of that name.

namespace cppo {
namespace LEVEL {

void rmsNorm(const float* x, const float* weight, float epsilon, float* y, int64_t rows, int64_t width);
void swiGlu(const float* gate, const float* up, float* y, int64_t size);
void softmaxRow(const float* x, float* y, int64_t width);
void decoderToken(const DecoderToken& step);
/** The same for weights of any format, with adapters. */
void decoderRows(const DecoderToken& step);
void attention(const Attention& attention, float* y);
void attentionGradient(const Attention& attention, const AttentionGradient& gradient);
void packedProduct(const Packed& w, const float* x, int64_t rows, const float* bias, bool round, float* y);
void packedInputGradient(const Packed& w, const float* dy, int64_t rows, bool round, float* dx);
void packedRows(const Packed& w, const int32_t* ids, int64_t count, float* y);
void pack(const Packed& from, Format format, void* words, float* scales);
/** y += x·Wᵀ */
void addProduct(const Packed& w, const float* x, int64_t rows, bool round, float* y);

extern const Kernels table;

}  // namespace LEVEL
}  // namespace cppo
