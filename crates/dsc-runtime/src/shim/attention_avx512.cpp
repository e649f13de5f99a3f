// The kernels of attention for processors with AVX512.
#define DSC_BYTES 64
#define DSC_ROWS 8

#define DSC_REAL float
#define DSC_INT int32_t
#define DSC_NAME dsc::avx512_single
#include "attention_kernel.h"
#undef DSC_REAL
#undef DSC_INT
#undef DSC_NAME

#define DSC_REAL double
#define DSC_INT int64_t
#define DSC_NAME dsc::avx512_double
#include "attention_kernel.h"

namespace dsc {

KernelSet attention_avx512() {
  return {{avx512_single::forward_room, avx512_single::forward, avx512_single::backward_room, avx512_single::backward},
          {avx512_double::forward_room, avx512_double::forward, avx512_double::backward_room, avx512_double::backward}};
}

}  // namespace dsc
