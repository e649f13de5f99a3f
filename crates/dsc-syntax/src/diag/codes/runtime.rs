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
    /// A batch does not hold what the graph needs: a stream or a label is missing, lists differ in length, a length is
    /// outside of 1..=padded length, or two streams with one length variable differ in length.
    E0721 = "the batch does not fit the graph", "";
    /// A token number is negative or not below the number of rows of the embedding table: the text was tokenised with
    /// the vocabulary of another encoder.
    E0722 = "token outside of the vocabulary", "";
    /// A sequence is longer than its table of learned positions.
    E0723 = "more rows than positions", "";
    /// A value that is read at a companion depends on a label. Labels are known of anchors only.
    E0724 = "label of a companion", "";
    /// A dim has no number under the bound data.
    E0725 = "dim without a number", "";
    /// A parameter is missing, unknown, or of another shape than the graph says.
    E0726 = "parameter does not fit", "";
    /// Saved moments do not fit the parameter they are for.
    E0727 = "optimiser state does not fit", "";
}
