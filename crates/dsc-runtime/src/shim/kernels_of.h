// All kernels for one instruction set and one kind of numbers: see kernel_vectors.h for what has to be defined.
#include "kernel_vectors.h"

#include "kernel_tiles.h"

#include "kernel_attention.h"
#include "kernel_product.h"

namespace DSC_NAME {

static Kernels kernels() { return {forward_room, forward, backward_room, backward, product_room, multiply}; }

}  // namespace DSC_NAME
