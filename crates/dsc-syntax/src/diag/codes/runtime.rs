//! libtorch and devices, `E07xx`.

codes! {
    /// libtorch rejected or failed an operation. Shapes and types are checked before anything runs, so unless the
    /// message is about memory or the device, this is a bug in `dsc`. The message gives the source line of the
    /// operation.
    E0701 = "libtorch error", "";
    /// A device is `cpu`, `cuda` (the first GPU), or `cuda:N` for the GPU with index N.
    E0702 = "unknown device", "";
    /// A CUDA device was requested, but this machine has no working NVIDIA driver: `libcuda.so.1` cannot be loaded or
    /// reports no usable GPU. Check the output of `nvidia-smi`, or use `--device cpu`.
    E0703 = "no CUDA driver", "";
    /// A CUDA device was requested, but the installed libtorch does not support it: `libtorch_cuda.so` is missing, or
    /// one of the libraries it needs (cuDNN, cuBLAS, NCCL, ..) is. `make setup` installs the CPU build only; install a
    /// CUDA build of PyTorch, or use `--device cpu`.
    E0704 = "libtorch without CUDA", "";
    /// There is no GPU with this index. Indices after `cuda:` start at 0 and count only the GPUs that
    /// `CUDA_VISIBLE_DEVICES` makes visible.
    E0705 = "GPU index out of range", "";
    /// The device or the host ran out of memory, or the weights, gradients and moments of the model need more than
    /// there is, which is checked before anything is allocated. Reduce `batch` or the widths of the model; `dsc summary
    /// FILE` estimates the memory that training needs.
    E0706 = "out of memory", "";
    /// The number of threads must be at least 1.
    E0707 = "invalid number of threads", "";
    /// Training and evaluation run in a second program, `dsc-rt`, which is linked to libtorch. It was not found next to
    /// `dsc`, in `../lib/dsc/bin`, or at `DSC_RT`. A build with `--no-default-features` does not include it; run `make
    /// build`.
    E0708 = "runtime not found", "";
    /// The libtorch that `dsc` was built with no longer exists, and no libtorch 2.11 was found at `DSC_LIBTORCH`, at
    /// `LIBTORCH`, in the active virtual environment or in that of `python3`. Run `make setup`, or set `LIBTORCH` to
    /// the folder of the `torch` package.
    E0709 = "libtorch not found", "";
    /// The batch lacks a stream or a label, its lists differ in length, a length is outside of 1 to the padded length,
    /// or two streams with one length variable differ in length.
    E0721 = "batch does not match the graph", "";
    /// A token id is negative or not below the number of rows of the embedding table. The text was tokenised with the
    /// vocabulary of another encoder; use the tokenizer that belongs to the weights.
    E0722 = "token id outside of the vocabulary", "";
    /// A sequence is longer than its table of learned positions. Truncate the samples, or increase `rows` of
    /// `positions`.
    E0723 = "more rows than positions", "";
    /// A value that is evaluated on companions depends on a label. Labels are available for the sample itself only, not
    /// for its companions.
    E0724 = "label of a companion", "";
    /// A dim has no size under the bound data.
    E0725 = "unbound dim", "";
    /// A parameter is missing, unknown, or has another shape than the graph declares.
    E0726 = "parameter does not match the graph", "";
    /// The saved moments of the optimiser have another shape than the parameter they belong to.
    E0727 = "optimiser state does not match", "";
}
