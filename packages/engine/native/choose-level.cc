#include <cstdlib>
#include <cstring>

#include "kernels.h"

namespace cppo {

const float NF4_VALUES[16] = {-1.0f,
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
                              1.0f};

namespace base { extern const Kernels table; }

#if defined(__x86_64__)

namespace avx2 { extern const Kernels table; }
namespace avx512 { extern const Kernels table; }
namespace avx512bf16 { extern const Kernels table; }

namespace {

struct Level {
  const char* name;
  const Kernels* table;
  bool able;
};

}  // namespace

const Kernels* kernels() {
  static const Kernels* const best = [] {
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    const bool halves = avx512 && __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vbmi");
    const Level levels[] = {{"avx512bf16", &avx512bf16::table, halves},
                            {"avx512", &avx512::table, avx512},
                            {"avx2", &avx2::table, avx2},
                            {"base", &base::table, true}};
    // A lesser level can be asked for, to compare them.
    const char* most = std::getenv("CPPO_PROCESSOR_LEVEL");
    for (const Level& level : levels) {
      if (most && std::strcmp(most, level.name) == 0) most = nullptr;
      if (!most && level.able) return level.table;
    }
    return &base::table;
  }();
  return best;
}

#else

const Kernels* kernels() { return &base::table; }

#endif

}  // namespace cppo
