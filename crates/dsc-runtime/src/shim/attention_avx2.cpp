// The kernels of attention for processors with AVX2.
#define DSC_BYTES 32
#define DSC_ROWS 4

#define DSC_REAL float
#define DSC_INT int32_t
#define DSC_NAME dsc::avx2_single
#include "attention_kernel.h"
#undef DSC_REAL
#undef DSC_INT
#undef DSC_NAME

#define DSC_REAL double
#define DSC_INT int64_t
#define DSC_NAME dsc::avx2_double
#include "attention_kernel.h"

namespace dsc {

KernelSet attention_avx2() {
  return {{avx2_single::forward_room, avx2_single::forward, avx2_single::backward_room, avx2_single::backward},
          {avx2_double::forward_room, avx2_double::forward, avx2_double::backward_room, avx2_double::backward}};
}

}  // namespace dsc
