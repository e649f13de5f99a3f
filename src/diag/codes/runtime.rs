//! libtorch and devices, `E07xx`.

codes! {
    /// libtorch refused or failed an operation. Shapes and kinds are checked before anything runs, so unless the
    /// message speaks of memory or of the device, this is a fault of dsc: the message names the line it came from.
    E0701 = "libtorch failed", "";
    /// A device is `cpu`, `cuda` (the first GPU), or `cuda:1` and so on.
    E0702 = "unknown device", "";
    /// CUDA was asked for, and the machine has no working NVIDIA driver: `libcuda.so.1` does not load or finds no
    /// usable GPU.
    E0703 = "no CUDA driver", "";
    /// CUDA was asked for, and the libtorch in use cannot do it: it has no `libtorch_cuda.so`, or that library's own
    /// needs (cuDNN, cuBLAS, NCCL, ..) are not installed. `make setup` installs the CPU part only.
    E0704 = "libtorch without CUDA", "";
    /// The index after `cuda:` counts from 0 over the GPUs that `CUDA_VISIBLE_DEVICES` leaves visible.
    E0705 = "no such GPU", "";
    /// The device or the host ran out of memory.
    E0706 = "out of memory", "";
    /// The number of threads is at least 1.
    E0707 = "bad number of threads", "";
    /// Training and evaluation run in a second program, `dsc-rt`, that is linked to libtorch. It stands next to `dsc`,
    /// in `../lib/dsc/bin`, or where `DSC_RT` says. A build with `--no-default-features` does not make it.
    E0708 = "runtime not found", "";
    /// The libtorch that dsc was built with is no longer there, and none of version 2.11 was found at `DSC_LIBTORCH`,
    /// at `LIBTORCH`, in the active virtual environment or in that of `python3`.
    E0709 = "libtorch not found", "";
}
