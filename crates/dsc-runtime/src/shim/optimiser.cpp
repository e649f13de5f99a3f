// The fused Adam step over lists of parameters, and the global gradient norm.
#include "common.h"

#include <optional>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>

using dsc::guarded;
using dsc::Tensor;

// The same fields as in optimiser.rs.
struct AdamSettings {
  double lr;
  double beta1;
  double beta2;
  double eps;
  double weight_decay;
  bool decoupled;
};

// The fused kernels walk raw memory, so equal kind, device and layout are checked here and not there.
static void same(const Tensor& p, const Tensor& t, const char* what, size_t i) {
  TORCH_CHECK(
      t.sizes() == p.sizes() && t.strides() == p.strides() && t.scalar_type() == p.scalar_type() &&
          t.device() == p.device(),
      what, " ", i, " is ", t.scalar_type(), " ", t.sizes(), " on ", t.device(), ", its parameter is ",
      p.scalar_type(), " ", p.sizes(), " on ", p.device(), " (or their layouts differ)");
}

extern "C" {

char* dsc_adam_step(
    Tensor* const* parameters, Tensor* const* gradients, Tensor* const* means, Tensor* const* squares,
    Tensor* const* steps, int64_t count, const Tensor* skip, const AdamSettings* settings) {
  return guarded([&] {
    if (count == 0) return;
    at::NoGradGuard no_grad;
    auto p = dsc::list(parameters, count, "parameter");
    auto g = dsc::list(gradients, count, "gradient");
    auto m = dsc::list(means, count, "first moment");
    auto v = dsc::list(squares, count, "second moment");
    auto s = dsc::list(steps, count, "step counter");
    for (size_t i = 0; i < p.size(); ++i) {
      TORCH_CHECK(p[i].is_non_overlapping_and_dense(), "parameter ", i, " is not dense in memory");
      TORCH_CHECK(
          s[i].dim() == 0 && s[i].scalar_type() == at::kFloat && s[i].device() == p[i].device(), "step counter ", i,
          " must be one float32 on the parameter's device");
      same(p[i], m[i], "first moment", i);
      same(p[i], v[i], "second moment", i);
      // autograd may hand out an expanded or transposed gradient
      if (g[i].strides() != p[i].strides() && g[i].sizes() == p[i].sizes()) {
        g[i] = at::empty_like(p[i]).copy_(g[i]);
      }
      same(p[i], g[i], "gradient", i);
    }
    at::_foreach_add_(s, 1.0);
    const auto& o = *settings;
    // the kernels read it on the device: where it is 1 they change nothing
    std::optional<Tensor> found_inf;
    if (skip != nullptr) found_inf = *skip;
    if (o.decoupled) {
      at::_fused_adamw_(
          p, g, m, v, {}, s, o.lr, o.beta1, o.beta2, o.weight_decay, o.eps, false, false, std::nullopt, found_inf);
    } else {
      at::_fused_adam_(
          p, g, m, v, {}, s, o.lr, o.beta1, o.beta2, o.weight_decay, o.eps, false, false, std::nullopt, found_inf);
    }
  });
}

// The 2-norm over all gradients together, a 0-d tensor on their device: reading it is the caller's synchronisation.
char* dsc_grad_norm(Tensor* const* gradients, int64_t count, Tensor** out) {
  return guarded([&] {
    TORCH_CHECK(count > 0, "the norm of no gradients");
    at::NoGradGuard no_grad;
    auto norms = at::_foreach_norm(dsc::list(gradients, count, "gradient"), 2.0);
    *out = new Tensor(at::linalg_vector_norm(at::stack(norms)));
  });
}

// 1 where the square of a norm is NaN or infinite, else 0: a 0-d float32 on its device, so nothing waits for it. Adam keeps the
// squares of gradients, and one that is infinite would freeze its weight.
char* dsc_is_bad(const Tensor* norm, Tensor** out) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    *out = new Tensor(norm->mul(*norm).isfinite().logical_not().to(at::kFloat));
  });
}

// Multiplies every gradient in place by a 0-d tensor on the same device.
char* dsc_scale(Tensor* const* gradients, int64_t count, const Tensor* factor) {
  return guarded([&] {
    if (count == 0) return;
    at::NoGradGuard no_grad;
    at::_foreach_mul_(dsc::list(gradients, count, "gradient"), *factor);
  });
}

}  // extern "C"
