#include "kernels.h"

namespace cppo {

#if defined(__x86_64__)

namespace avx2 { extern const Kernels table; }
namespace avx512 { extern const Kernels table; }

const Kernels* kernels() {
  static const Kernels* const best = [] {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return static_cast<const Kernels*>(nullptr);
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    return wide ? &avx512::table : &avx2::table;
  }();
  return best;
}

#else

namespace base { extern const Kernels table; }

const Kernels* kernels() { return &base::table; }

#endif

}  // namespace cppo
