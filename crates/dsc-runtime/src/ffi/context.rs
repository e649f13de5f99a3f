//! Options of the whole process.

use super::raw;

/// How exact float32 matrix products and convolutions are: PyTorch's `set_float32_matmul_precision`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Float32Matmul {
    /// Full float32 everywhere (`highest`).
    #[default]
    Highest,
    /// TF32 on CUDA, for matrix products and for cuDNN (`high`).
    High,
    /// As `High`, and bfloat16 products inside oneDNN on a CPU that has the units (`medium`).
    Medium,
}

/// Sets the precision of float32 products. By default libtorch enables TF32 for cuDNN; after this call it is enabled only for
/// [`Float32Matmul::High`] and [`Float32Matmul::Medium`].
pub fn set_float32_matmul(precision: Float32Matmul) -> Result<(), String> {
    let name = match precision {
        Float32Matmul::Highest => c"highest",
        Float32Matmul::High => c"high",
        Float32Matmul::Medium => c"medium",
    };
    // SAFETY: a NUL-terminated constant.
    unsafe { raw::check(raw::dsc_set_float32_precision(name.as_ptr(), precision != Float32Matmul::Highest)) }
}

/// The current precision. An error if other code in the process mixed the two interfaces of libtorch for it.
pub fn float32_matmul() -> Result<Float32Matmul, String> {
    let (mut precision, mut tf32) = (0, false);
    // SAFETY: both pointers are to live locals.
    unsafe { raw::check(raw::dsc_get_float32_precision(&mut precision, &mut tf32))? };
    Ok(match (precision, tf32) {
        (0, _) => Float32Matmul::Highest,
        (1, _) => Float32Matmul::High,
        _ => Float32Matmul::Medium,
    })
}

/// Uses deterministic kernels, wherever an operator has one (on CUDA; CPU kernels are deterministic for a given number of
/// threads). cuBLAS also requires `CUBLAS_WORKSPACE_CONFIG=:4096:8` in the environment before CUDA is initialised, which the
/// launcher `dsc` sets.
pub fn set_deterministic(on: bool) -> Result<(), String> {
    // SAFETY: takes a plain value.
    unsafe { raw::check(raw::dsc_set_deterministic(on)) }
}

/// Number of GPUs; 0 if the CUDA part of libtorch is not loaded. **libtorch caches the result of the first call**: use
/// `device::load_cuda`, which loads that part first.
pub(crate) fn cuda_device_count() -> Result<usize, String> {
    let mut count = 0;
    // SAFETY: the result goes to a live local.
    unsafe { raw::check(raw::dsc_cuda_device_count(&mut count))? };
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Gives large tensors on the CPU pages of their own from now on (`shim/allocator.cpp`); those that are there stay where they are.
/// Only while no other thread uses libtorch.
pub(crate) fn pool_tensors() {
    // SAFETY: sets a pointer that libtorch reads when it allocates; the allocator is never destroyed.
    unsafe { raw::dsc_pool_tensors() }
}

/// Gives the system back what the memory of large tensors on the CPU holds and no tensor needs, and counts [`most_of_pool`] anew.
pub fn trim_pool() {
    // SAFETY: takes nothing.
    unsafe { raw::dsc_pool_trim() }
}

/// The most that large tensors on the CPU held at once since the last [`trim_pool`], in bytes.
pub fn most_of_pool() -> u64 {
    // SAFETY: reads a number.
    u64::try_from(unsafe { raw::dsc_pool_most() }).unwrap_or(0)
}

/// Sets the number of threads an operator uses, at least 1.
pub(crate) fn set_threads(count: i32) -> Result<(), String> {
    // SAFETY: takes a plain value.
    unsafe { raw::check(raw::dsc_set_threads(count)) }
}

/// The number of threads an operator uses.
pub(crate) fn threads() -> i32 {
    // SAFETY: reads a setting.
    unsafe { raw::dsc_get_threads() }
}

/// The vector instructions that the CPU kernels of libtorch use on this processor, such as `AVX2` or `AVX512`.
pub fn cpu_capability() -> String {
    // SAFETY: the shim returns NUL-terminated text from `strdup`.
    unsafe { raw::take_text(raw::dsc_cpu_capability()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_read_back() {
        for precision in [Float32Matmul::High, Float32Matmul::Medium, Float32Matmul::Highest] {
            set_float32_matmul(precision).unwrap();
            assert_eq!(float32_matmul().unwrap(), precision);
        }
        set_deterministic(true).unwrap();
        set_deterministic(false).unwrap();
    }

    #[test]
    fn pooled_tensors_of_several_threads_do_not_overlap() {
        use tch::{Device, Kind, Tensor};
        pool_tensors();
        let work = |thread: i64| {
            let mut held: Vec<(f64, Tensor)> = Vec::new();
            for step in 0..300i64 {
                // From small ones, which are the C library's, to 1.2 MB.
                let size = 1 + (thread * 7919 + step * 104_729) % 300_000;
                let number = (thread * 1000 + step) as f64;
                let new = Tensor::full([size], number, (Kind::Float, Device::Cpu));
                assert_eq!(new.data_ptr() as usize % 64, 0);
                held.push((number, new));
                if held.len() > 20 {
                    let (number, old) = held.swap_remove((step % 20) as usize);
                    assert!(old.eq(number).all().int64_value(&[]) == 1, "{number} was written over");
                }
            }
            held.iter().all(|(number, tensor)| tensor.eq(*number).all().int64_value(&[]) == 1)
        };
        trim_pool();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || work(thread))).collect();
            assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
        });
        // A tensor of 400 MB, more than addresses are asked for at a time, and one in its place.
        let large = Tensor::zeros([100_000_000], (Kind::Float, Device::Cpu));
        assert!(most_of_pool() >= 400_000_000);
        let at = large.data_ptr() as usize;
        drop(large);
        trim_pool();
        let again = Tensor::zeros([100_000_000], (Kind::Float, Device::Cpu));
        assert_eq!((again.data_ptr() as usize, again.sum(Kind::Double).double_value(&[])), (at, 0.0));
        assert!(Tensor::f_zeros([1 << 50], (Kind::Float, Device::Cpu)).is_err(), "too much is an error");
    }

    #[test]
    fn exceptions_become_text() {
        // SAFETY: takes a plain value.
        let text = |what| unsafe { raw::check(raw::dsc_throw(what)) }.unwrap_err();
        assert_eq!(text(0), "asked to throw");
        assert_eq!(text(1), "a C++ exception of an unknown type");
        assert_eq!(text(2), "out of memory on the host");
    }
}
