// Attention of many samples of any length, with its gradient: each sample by itself, without padding.
#include "common.h"
#include "kernels.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <memory>

using dsc::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What all samples share. The same fields as in ffi/attention.rs.
struct Settings {
  int64_t heads;
  int64_t shared;
  int64_t causal;
  int64_t offset;
  int64_t window;
  double scale;
  double keep;
  // The set of kernels: 0 is the widest that the processor has, n the n-th of those that there are.
  int64_t set;
};

// Where the rows of a sample begin and how many there are, and where its bits are. The same fields as in ffi/attention.rs.
struct Place {
  int64_t query;
  int64_t queries;
  int64_t key;
  int64_t keys;
  int64_t bits;
};

// Words of bits of a query in one head, as in ffi/raw.rs.
static int64_t words_of(const Place& p) { return (p.keys + 15) / 16; }

struct Plan {
  Settings settings;
  std::vector<Place> places;
  // Empty without dropout.
  std::vector<uint16_t> bits;
};

static const dsc::Kernels& kernels_for(const Tensor& x, const Settings& s) {
  const auto& set = dsc::kernel_set(s.set);
  return x.scalar_type() == at::kDouble ? set.twofold : set.single;
}

// Entries of a row side by side.
static Tensor rows(const Tensor& x) { return x.stride(1) == 1 ? x : x.contiguous(); }

static char* at_row(const Tensor& x, int64_t row) {
  return static_cast<char*>(x.data_ptr()) + row * x.stride(0) * static_cast<int64_t>(x.element_size());
}

static dsc::Sample sample(const Plan& plan, const Place& p, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& out,
                          const Tensor& kept) {
  const auto& s = plan.settings;
  dsc::Sample one{};
  one.q = at_row(q, p.query);
  one.k = at_row(k, p.key);
  one.v = at_row(v, p.key);
  one.q_row = q.stride(0);
  one.k_row = k.stride(0);
  one.v_row = v.stride(0);
  one.out = at_row(out, p.query);
  one.out_row = out.stride(0);
  one.kept = at_row(kept, p.query);
  one.queries = p.queries;
  one.keys = p.keys;
  one.heads = s.heads;
  one.width = q.size(1) / s.heads;
  one.columns = out.size(1) / s.heads;
  one.shared = s.shared != 0;
  one.causal = s.causal != 0;
  // Beyond the sample they say nothing, and sums with them could overflow.
  one.offset = std::clamp(s.offset, -p.queries, p.keys);
  one.window = std::min(s.window, std::max(p.queries, p.keys));
  one.scale = s.scale;
  one.keep = s.keep;
  one.words = words_of(p);
  one.bits = plan.bits.empty() ? nullptr : plan.bits.data() + p.bits;
  return one;
}

// Keeps the plan until the backward pass.
struct Holder : torch::CustomClassHolder {
  explicit Holder(std::shared_ptr<const Plan> of) : plan(std::move(of)) {}
  std::shared_ptr<const Plan> plan;
};

struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static Tensor forward(AutogradContext* ctx, Tensor q, Tensor k, Tensor v, std::shared_ptr<const Plan> plan) {
    q = rows(q);
    k = rows(k);
    v = rows(v);
    const auto& s = plan->settings;
    // Rows of padding, which no sample has, stay 0.
    const auto out = at::zeros({q.size(0), s.shared != 0 ? v.size(1) * s.heads : v.size(1)}, q.options());
    const auto kept = at::empty({q.size(0), 2 * s.heads}, q.options());
    const auto& kernel = kernels_for(q, s);
    std::vector<double> room;
    for (const auto& place : plan->places) {
      const auto one = sample(*plan, place, q, k, v, out, kept);
      room.resize(std::max(room.size(), static_cast<size_t>(kernel.forward_room(one)) + 1));
      kernel.forward(one, room.data());
    }
    ctx->save_for_backward({q, k, v, out, kept});
    ctx->saved_data["plan"] = c10::IValue::make_capsule(c10::make_intrusive<Holder>(std::move(plan)));
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const auto &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &kept = saved[4];
    const auto held = c10::static_intrusive_pointer_cast<Holder>(ctx->saved_data["plan"].toCapsule());
    const Plan& plan = *held->plan;
    const auto given = rows(gradients[0]);
    const auto like = [](const Tensor& x) { return at::zeros(x.sizes(), x.options()); };
    const auto dq = like(q), dk = like(k), dv = like(v);
    const auto& kernel = kernels_for(q, plan.settings);
    std::vector<double> room;
    for (const auto& place : plan.places) {
      const auto one = sample(plan, place, q, k, v, out, kept);
      dsc::Gradient g{};
      g.out = at_row(given, place.query);
      g.out_row = given.stride(0);
      g.q = at_row(dq, place.query);
      g.k = at_row(dk, place.key);
      g.v = at_row(dv, place.key);
      g.q_row = dq.stride(0);
      g.k_row = dk.stride(0);
      g.v_row = dv.stride(0);
      room.resize(std::max(room.size(), static_cast<size_t>(kernel.backward_room(one)) + 1));
      kernel.backward(one, g, room.data());
    }
    return {dq, dk, dv, Tensor()};
  }
};

extern "C" {

// Values have the shape `[rows, heads * width]`. Places and bits are copied.
char* dsc_attention(const Tensor* q, const Tensor* k, const Tensor* v, const Settings* settings, const Place* places,
                    int64_t count, const uint16_t* bits, int64_t words, Tensor** out) {
  return dsc::guarded([&] {
    for (const auto* x : {q, k, v}) {
      TORCH_CHECK(x->device().is_cpu() && x->dim() == 2, "attention of values that are no rows on the CPU");
      TORCH_CHECK(x->scalar_type() == q->scalar_type() && (x->scalar_type() == at::kFloat || x->scalar_type() == at::kDouble),
                  "attention of values that are not of 32 or 64 bits");
    }
    auto plan = std::make_shared<Plan>();
    plan->settings = *settings;
    plan->places.assign(places, places + count);
    plan->bits.assign(bits, bits + words);
    const auto heads = settings->heads, sharing = settings->shared != 0 ? int64_t{1} : heads;
    TORCH_CHECK(heads > 0 && q->size(1) % heads == 0 && k->size(1) == q->size(1) / heads * sharing && v->size(1) % sharing == 0 &&
                    k->size(0) == v->size(0),
                "attention of queries [", q->sizes(), "], keys [", k->sizes(), "] and values [", v->sizes(), "]");
    for (const auto& p : plan->places) {
      TORCH_CHECK(p.query >= 0 && p.queries >= 0 && p.query + p.queries <= q->size(0) && p.key >= 0 && p.keys >= 1 &&
                      p.key + p.keys <= k->size(0),
                  "a sample of attention lies outside of its rows, or has no key");
      TORCH_CHECK(words == 0 || (p.bits >= 0 && p.bits + heads * p.queries * words_of(p) <= words),
                  "a sample of attention lacks bits");
    }
    *out = new Tensor(PackedAttention::apply(*q, *k, *v, std::shared_ptr<const Plan>(std::move(plan))));
  });
}

}  // extern "C"
