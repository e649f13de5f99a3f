// The kernels for processors with AVX2.
#define DSC_BYTES 32
#define DSC_ROWS 4

#define DSC_REAL float
#define DSC_INT int32_t
#define DSC_NAME dsc::avx2_single
#include "kernels_of.h"
#undef DSC_REAL
#undef DSC_INT
#undef DSC_NAME

#define DSC_REAL double
#define DSC_INT int64_t
#define DSC_NAME dsc::avx2_twofold
#include "kernels_of.h"
#undef DSC_REAL
#undef DSC_INT
#undef DSC_NAME

namespace dsc {

KernelSet kernels_avx2() { return {avx2_single::kernels(), avx2_twofold::kernels()}; }

}  // namespace dsc
