// The kernels for any processor.
#define DSC_BYTES 16
#define DSC_ROWS 4

#define DSC_REAL float
#define DSC_INT int32_t
#define DSC_NAME dsc::base_single
#include "kernels_of.h"
#undef DSC_REAL
#undef DSC_INT
#undef DSC_NAME

#define DSC_REAL double
#define DSC_INT int64_t
#define DSC_NAME dsc::base_twofold
#include "kernels_of.h"
#undef DSC_REAL
#undef DSC_INT
#undef DSC_NAME

namespace dsc {

KernelSet kernels_base() { return {base_single::kernels(), base_twofold::kernels()}; }

}  // namespace dsc
