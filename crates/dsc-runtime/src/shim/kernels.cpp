// Which kernels this processor can run.
#include "kernels.h"

#include <cstddef>
#include <vector>

namespace dsc {

static const std::vector<KernelSet>& available() {
  static const std::vector<KernelSet> sets = [] {
    std::vector<KernelSet> found = {kernels_base()};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      found.push_back(kernels_avx2());
      if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
          __builtin_cpu_supports("avx512vl")) {
        found.push_back(kernels_avx512());
      }
    }
#endif
    return found;
  }();
  return sets;
}

int64_t kernel_sets() { return static_cast<int64_t>(available().size()); }

const KernelSet& kernel_set(int64_t number) {
  return number == 0 ? available().back() : available().at(static_cast<size_t>(number) - 1);
}

}  // namespace dsc
