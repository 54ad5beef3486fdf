#pragma once
#include <cstdint>

// Made from src/kernels/ by tools/generate-kernels.ts; do not edit. A test writes it again and compares.

namespace cppo {

/** How a weight is stored. */
enum Format { FLOAT32, BFLOAT16, INT8, NF4 };

/** Numbers of nf4 that share a scale. */
constexpr int64_t NF4_BLOCK = 64;

inline constexpr float NF4_VALUES[16] = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

// Operations: their inputs and outputs by number, and what the input NUMBERS holds.

namespace layout {

struct RmsNorm {
  static constexpr const char* name = "CppoRmsNorm";
  enum Input { X, WEIGHT, NUMBERS };
  enum Number { EPSILON };
  static constexpr const char* inputs[] = {"x: float", "weight: float", "numbers: float"};
  static constexpr const char* outputs[] = {"y: float"};
};

struct RmsNormGradient {
  static constexpr const char* name = "CppoRmsNormGradient";
  enum Input { X, WEIGHT, DY, NUMBERS };
  enum Number { EPSILON };
  static constexpr const char* inputs[] = {"x: float", "weight: float", "dy: float", "numbers: float"};
  static constexpr const char* outputs[] = {"dx: float", "d_weight: float"};
};

struct SwiGlu {
  static constexpr const char* name = "CppoSwiGlu";
  enum Input { GATE, UP };
  static constexpr const char* inputs[] = {"gate: float", "up: float"};
  static constexpr const char* outputs[] = {"y: float"};
};

struct SwiGluGradient {
  static constexpr const char* name = "CppoSwiGluGradient";
  enum Input { GATE, UP, DY };
  static constexpr const char* inputs[] = {"gate: float", "up: float", "dy: float"};
  static constexpr const char* outputs[] = {"d_gate: float", "d_up: float"};
};

struct Rotary {
  static constexpr const char* name = "CppoRotary";
  enum Input { X, COS, SIN, NUMBERS };
  enum Number { SIGN };
  static constexpr const char* inputs[] = {"x: float", "cos: float", "sin: float", "numbers: float"};
  static constexpr const char* outputs[] = {"y: float"};
};

struct Softmax {
  static constexpr const char* name = "CppoSoftmax";
  enum Input { X };
  static constexpr const char* inputs[] = {"x: float"};
  static constexpr const char* outputs[] = {"y: float"};
};

struct SoftmaxGradient {
  static constexpr const char* name = "CppoSoftmaxGradient";
  enum Input { Y, DY };
  static constexpr const char* inputs[] = {"y: float", "dy: float"};
  static constexpr const char* outputs[] = {"dx: float"};
};

struct Adam {
  static constexpr const char* name = "CppoAdam";
  enum Input { VARIABLE, GRADIENT, FIRST, SECOND, NUMBERS };
  enum Number { BETA1, BETA2, EPSILON, STEP_SIZE, ROOT_CORRECTION, KEEP };
  static constexpr const char* inputs[] = {"variable: float", "gradient: float", "first: float", "second: float", "numbers: float"};
  static constexpr const char* outputs[] = {"next_variable: float", "next_first: float", "next_second: float"};
};

struct Attention {
  static constexpr const char* name = "CppoAttention";
  enum Input { Q, K, V, RUNS, NUMBERS };
  enum Number { PREFIX, HEADS, KEY_VALUE_HEADS, CAUSAL };
  static constexpr const char* inputs[] = {"q: float", "k: float", "v: float", "runs: int32", "numbers: float"};
  static constexpr const char* outputs[] = {"y: float"};
};

struct AttentionGradient {
  static constexpr const char* name = "CppoAttentionGradient";
  enum Input { Q, K, V, RUNS, DY, NUMBERS };
  enum Number { PREFIX, HEADS, KEY_VALUE_HEADS, CAUSAL };
  static constexpr const char* inputs[] = {"q: float", "k: float", "v: float", "runs: int32", "dy: float", "numbers: float"};
  static constexpr const char* outputs[] = {"dq: float", "dk: float", "dv: float"};
};

struct PackedProduct {
  static constexpr const char* name = "CppoPackedProduct";
  enum Input { X, WORDS, SCALES, BIAS, NUMBERS };
  enum Number { FORMAT, ROWS, COLUMNS, ROUNDED };
  static constexpr const char* inputs[] = {"x: float", "words: int32", "scales: float", "bias: float", "numbers: float"};
  static constexpr const char* outputs[] = {"y: float"};
};

struct PackedInputGradient {
  static constexpr const char* name = "CppoPackedInputGradient";
  enum Input { DY, WORDS, SCALES, NUMBERS };
  enum Number { FORMAT, ROWS, COLUMNS, ROUNDED };
  static constexpr const char* inputs[] = {"dy: float", "words: int32", "scales: float", "numbers: float"};
  static constexpr const char* outputs[] = {"dx: float"};
};

struct PackedRows {
  static constexpr const char* name = "CppoPackedRows";
  enum Input { IDS, WORDS, SCALES, NUMBERS };
  enum Number { FORMAT, ROWS, COLUMNS };
  static constexpr const char* inputs[] = {"ids: int32", "words: int32", "scales: float", "numbers: float"};
  static constexpr const char* outputs[] = {"y: float"};
};

struct Pack {
  static constexpr const char* name = "CppoPack";
  enum Input { X, WORDS, SHAPE, NUMBERS };
  enum Number { FORMAT, ROWS, COLUMNS };
  static constexpr const char* inputs[] = {"x: float", "words: int32", "shape: int32", "numbers: float"};
  static constexpr const char* outputs[] = {"packed: int32", "scales: float"};
};

// Records of whole numbers: the place of each, of the records within, and how long they are.

struct WeightPlan {
  enum Place {
    FORMAT,
    ROWS,
    COLUMNS,
    VALUES,
    SCALES,
    BIAS,
    DOWN,
    UP,
    RANK,
    LENGTH = 9,
  };
};

struct LayerPlan {
  enum Place {
    INPUT_NORM,
    ATTENTION_NORM,
    PREFIX_KEYS,
    PREFIX_VALUES,
    Q_NORM,
    K_NORM,
    Q = 6,
    K = 15,
    V = 24,
    O = 33,
    GATE = 42,
    UP = 51,
    DOWN = 60,
    LENGTH = 69,
  };
};

/** The plans of the layers follow. */
struct DecoderTokenPlan {
  enum Place {
    LAYER_COUNT,
    ROWS,
    VOCABULARY,
    HIDDEN,
    INTERMEDIATE,
    HEADS,
    KEY_VALUE_HEADS,
    HD,
    PROMPTS,
    BATCHES,
    PREFIX_LENGTH,
    LONG_LENGTH,
    SHORT_LENGTH,
    BIAS_BATCH_STEP,
    BIAS_KEY_STEP,
    HALVED,
    ROUNDED,
    EPSILON,
    TOKENS,
    COS,
    SIN,
    NORM,
    LONG_KEYS,
    LONG_VALUES,
    SHORT_KEYS,
    SHORT_VALUES,
    RESULT_ROWS,
    PREFIX_BIAS,
    EMBEDDING = 28,
    HEAD = 37,
    LENGTH = 46,
  };
};

}  // namespace layout
}  // namespace cppo
