// What the parts of the shim share: the error convention and lists of tensors.
//
// Convention: every function returns nullptr on success, else the error's text, allocated with malloc and freed by the
// caller. No C++ exception crosses into Rust, and the text carries no C++ stack trace. Results go through pointers.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

namespace dsc {

using at::Tensor;

// Runs `body` and turns whatever it throws into text.
template <typename Body>
char* guarded(Body&& body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const c10::Error& e) {
    return strdup(e.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    return strdup("out of memory on the host");
  } catch (const std::exception& e) {
    return strdup(e.what());
  } catch (...) {
    return strdup("a C++ exception of an unknown type");
  }
}

// The list as libtorch expects it; an undefined tensor in it is an error rather than a crash in a kernel.
inline std::vector<Tensor> list(Tensor* const* items, int64_t count, const char* what) {
  std::vector<Tensor> out;
  out.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    TORCH_CHECK(items[i] != nullptr && items[i]->defined(), what, " ", i, " is undefined");
    out.push_back(*items[i]);
  }
  return out;
}

}  // namespace dsc
