#pragma once
#include "kernels.h"

// The kernels are compiled once for each level of processor, each time in a namespace of that name.

namespace cppo {
namespace LEVEL {

void softmaxRow(const float* x, float* y, int64_t width);
void decoderToken(const DecoderToken& step);
void attention(const Attention& attention, float* y);
void attentionGradient(const Attention& attention, const AttentionGradient& gradient);

extern const Kernels table;

}  // namespace LEVEL
}  // namespace cppo
