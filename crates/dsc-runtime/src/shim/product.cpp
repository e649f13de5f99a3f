// Products of matrices on the CPU whose rows do not depend on how many there are.
#include "common.h"
#include "kernels.h"

#include <ATen/ops/empty.h>

using dsc::Tensor;

extern "C" {

// How many sets of kernels there are.
int64_t dsc_kernel_sets() { return dsc::kernel_sets(); }

// `a` [r, n, k] and `b` [r, k, m], or [1, k, m] for all, of any strides, to [r, n, m], with `bias` [m] added where it is given. No
// gradient is recorded.
char* dsc_product(const Tensor* a, const Tensor* b, const Tensor* bias, int64_t set, Tensor** out) {
  return dsc::guarded([&] {
    const auto kind = a->scalar_type();
    TORCH_CHECK(a->device().is_cpu() && b->device().is_cpu() && a->dim() == 3 && b->dim() == 3 && b->scalar_type() == kind &&
                    (kind == at::kFloat || kind == at::kDouble),
                "a product of values that are no matrices of 32 or 64 bits on the CPU");
    const int64_t batch = a->size(0), rows = a->size(1), terms = a->size(2), columns = b->size(2);
    const bool common = b->size(0) == 1 || b->stride(0) == 0;
    TORCH_CHECK(b->size(1) == terms && (common || b->size(0) == batch), "a product of ", a->sizes(), " and ", b->sizes());
    Tensor start;
    if (bias != nullptr) {
      start = bias->contiguous();
      TORCH_CHECK(start.dim() == 1 && start.size(0) == columns && start.scalar_type() == kind && start.device().is_cpu(),
                  "a bias of ", start.sizes(), " for ", columns, " columns");
    }
    const auto result = at::empty({batch, rows, columns}, a->options().requires_grad(false));
    const auto& kernels = kind == at::kDouble ? dsc::kernel_set(set).twofold : dsc::kernel_set(set).single;
    const auto size = static_cast<int64_t>(a->element_size());
    // Rows of all are those of one if they lie at equal distances.
    const bool as_one = common && (batch <= 1 || rows <= 1 || a->stride(0) == rows * a->stride(1));
    const int64_t a_row = rows <= 1 && batch > 1 ? a->stride(0) : a->stride(1);
    dsc::Product p{};
    p.a_row = as_one ? a_row : a->stride(1);
    p.a_term = a->stride(2);
    p.b_term = b->stride(1);
    p.b_column = b->stride(2);
    p.bias = start.defined() ? start.data_ptr() : nullptr;
    p.out_row = columns;
    p.rows = as_one ? batch * rows : rows;
    p.terms = terms;
    p.columns = columns;
    std::vector<double> room(static_cast<size_t>(kernels.product_room(p)) + 1);
    for (int64_t i = 0; i < (as_one ? 1 : batch); ++i) {
      p.a = static_cast<const char*>(a->data_ptr()) + i * a->stride(0) * size;
      p.b = static_cast<const char*>(b->data_ptr()) + (common ? 0 : i * b->stride(0) * size);
      p.out = static_cast<char*>(result.data_ptr()) + i * rows * columns * size;
      kernels.product(p, room.data());
    }
    *out = new Tensor(result);
  });
}

}  // extern "C"
