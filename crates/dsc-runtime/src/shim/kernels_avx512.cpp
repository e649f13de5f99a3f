// The kernels for processors with AVX512.
#define DSC_BYTES 64
#define DSC_ROWS 8

#define DSC_REAL float
#define DSC_INT int32_t
#define DSC_NAME dsc::avx512_single
#include "kernels_of.h"
#undef DSC_REAL
#undef DSC_INT
#undef DSC_NAME

#define DSC_REAL double
#define DSC_INT int64_t
#define DSC_NAME dsc::avx512_twofold
#include "kernels_of.h"
#undef DSC_REAL
#undef DSC_INT
#undef DSC_NAME

namespace dsc {

KernelSet kernels_avx512() { return {avx512_single::kernels(), avx512_twofold::kernels()}; }

}  // namespace dsc
