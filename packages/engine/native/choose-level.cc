#include <cstdlib>
#include <cstring>

#include "kernels.h"

namespace cppo {

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
