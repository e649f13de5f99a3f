// The kernels of attention for any processor.
#define DSC_BYTES 16
#define DSC_ROWS 4

#define DSC_REAL float
#define DSC_INT int32_t
#define DSC_NAME dsc::base_single
#include "attention_kernel.h"
#undef DSC_REAL
#undef DSC_INT
#undef DSC_NAME

#define DSC_REAL double
#define DSC_INT int64_t
#define DSC_NAME dsc::base_double
#include "attention_kernel.h"

namespace dsc {

KernelSet attention_base() {
  return {{base_single::forward_room, base_single::forward, base_single::backward_room, base_single::backward},
          {base_double::forward_room, base_double::forward, base_double::backward_room, base_double::backward}};
}

}  // namespace dsc
