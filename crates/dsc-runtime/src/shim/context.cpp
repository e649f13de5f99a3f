// Switches of libtorch's global context, and tensors over memory that Rust owns.
#include "common.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/from_blob.h>

#include <memory>

using dsc::guarded;
using dsc::Tensor;

extern "C" {

char* dsc_set_deterministic(bool on) {
  return guarded([&] {
    auto& context = at::globalContext();
    // operators of a GPU without a deterministic kernel run all the same, with a warning of libtorch
    context.setDeterministicAlgorithms(on, /*warn_only=*/true);
    context.setDeterministicCuDNN(on);
    context.setDeterministicMkldnn(on);
    if (on) context.setBenchmarkCuDNN(false);
    // filling uninitialised memory is a debugging aid that costs a pass over every buffer
    context.setDeterministicFillUninitializedMemory(false);
  });
}

// "highest", "high" or "medium". Only these setters are used: mixing them with the per-operator interface makes
// libtorch throw when it reads the setting back.
char* dsc_set_float32_precision(const char* matmul, bool tf32_cudnn) {
  return guarded([&] {
    at::globalContext().setFloat32MatmulPrecision(matmul);
    at::globalContext().setAllowTF32CuDNN(tf32_cudnn);
  });
}

char* dsc_get_float32_precision(int32_t* matmul, bool* tf32_cublas) {
  return guarded([&] {
    *matmul = static_cast<int32_t>(at::globalContext().float32MatmulPrecision());
    *tf32_cublas = at::globalContext().allowTF32CuBLAS();
  });
}

// Asking this before libtorch_cuda.so is loaded makes libtorch believe for good that there is no CUDA.
char* dsc_cuda_device_count(int64_t* out) {
  return guarded([&] {
    *out = at::globalContext().hasCUDA() ? static_cast<int64_t>(at::detail::getCUDAHooks().deviceCount()) : 0;
  });
}

char* dsc_set_threads(int32_t count) {
  return guarded([&] { at::set_num_threads(count); });
}

int32_t dsc_get_threads() { return static_cast<int32_t>(at::get_num_threads()); }

// Allocated with malloc and freed by the caller.
char* dsc_cpu_capability() { return strdup(at::get_cpu_capability().c_str()); }

// `release(keep)` runs exactly once: when the last tensor on this memory dies, or now when none can be made.
char* dsc_from_blob(
    void* data, const int64_t* sizes, int64_t dims, int32_t kind, void* keep, void (*release)(void*), Tensor** out) {
  return guarded([&] {
    std::shared_ptr<void> holder(keep, release);
    auto blob = at::for_blob(data, c10::IntArrayRef(sizes, static_cast<size_t>(dims)));
    *out = new Tensor(blob.deleter([holder](void*) mutable { holder.reset(); })
                          .options(at::TensorOptions().dtype(static_cast<at::ScalarType>(kind)))
                          .make_tensor());
  });
}

// For the test of the error convention: 0 a libtorch error, 1 a foreign type, 2 an allocation failure.
char* dsc_throw(int32_t what) {
  return guarded([&] {
    if (what == 0) TORCH_CHECK(false, "asked to throw");
    if (what == 1) throw 42;
    throw std::bad_alloc();
  });
}

}  // extern "C"
