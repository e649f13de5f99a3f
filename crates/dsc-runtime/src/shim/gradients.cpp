// Gradients of several values at once, each with the gradient that comes from behind it.
#include "common.h"

#include <torch/csrc/autograd/autograd.h>

using dsc::guarded;
using dsc::Tensor;

extern "C" {

// The gradients of `inputs`: null where no root depends on one. What was kept for the backward pass is freed.
char* dsc_gradients(Tensor* const* roots, Tensor* const* upstream, int64_t count, Tensor* const* inputs,
                    int64_t input_count, Tensor** out) {
  return guarded([&] {
    auto found = torch::autograd::grad(
        dsc::list(roots, count, "root"), dsc::list(inputs, input_count, "input"),
        dsc::list(upstream, count, "gradient of a root"), /*retain_graph=*/false, /*create_graph=*/false,
        /*allow_unused=*/true);
    for (size_t i = 0; i < found.size(); ++i) out[i] = found[i].defined() ? new Tensor(found[i]) : nullptr;
  });
}
}
