//! The C interface of the shim, and conversions that all wrappers use.

use libc::{c_char, c_void};
use std::borrow::Borrow;
use std::ffi::CStr;
use tch::{Kind, Tensor};
use torch_sys::C_tensor;

/// A `c10::OperatorHandle`.
#[repr(C)]
pub(super) struct OpHandle {
    _private: [u8; 0],
}

/// A `std::vector<c10::IValue>`.
#[repr(C)]
pub(super) struct Values {
    _private: [u8; 0],
}

/// A `Recording` in profile.cpp.
#[repr(C)]
pub(super) struct Recording {
    _private: [u8; 0],
}

/// A node of a backward pass: `Begun` in profile.cpp.
#[repr(C)]
pub(super) struct Begun {
    pub(super) sequence: u64,
    pub(super) after: i64,
}

/// One argument of a boxed call, `Argument` in operators.cpp.
#[repr(C)]
pub(super) struct Argument {
    pub(super) tag: i32,
    pub(super) number: i64,
    pub(super) real: f64,
    pub(super) data: *const c_void,
    pub(super) count: i64,
}

/// `AdamSettings` in optimiser.cpp.
#[repr(C)]
pub(super) struct AdamSettings {
    pub(super) lr: f64,
    pub(super) beta1: f64,
    pub(super) beta2: f64,
    pub(super) eps: f64,
    pub(super) weight_decay: f64,
    pub(super) decoupled: bool,
}

/// `Settings` in attention.cpp.
#[repr(C)]
pub(super) struct AttentionSettings {
    pub(super) heads: i64,
    pub(super) shared: i64,
    pub(super) causal: i64,
    pub(super) offset: i64,
    pub(super) window: i64,
    pub(super) scale: f64,
    pub(super) keep: f64,
    pub(super) set: i64,
}

/// Where the rows of a sample begin and how many there are, and where its bits begin: `Place` in attention.cpp.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Place {
    /// The first row of its queries.
    pub query: i64,
    /// How many queries it has.
    pub queries: i64,
    /// The first row of its keys and values.
    pub key: i64,
    /// How many keys it has, at least 1.
    pub keys: i64,
    /// The first of its words of bits: for each head, then each query, `keys` bits in whole words.
    pub bits: i64,
}

impl Place {
    /// Words of bits of a query in one head: 16 weights share one.
    pub fn words(&self) -> i64 {
        (self.keys + 15) / 16
    }

    /// Words of bits of the sample.
    pub fn all_words(&self, heads: i64) -> i64 {
        heads * self.queries * self.words()
    }
}

/// Null on success, else text that [`check`] frees.
pub(super) type Fault = *mut c_char;
type Tensors = *const *mut C_tensor;

unsafe extern "C" {
    pub(super) fn dsc_op_find(name: *const c_char, overload: *const c_char, out: *mut *mut OpHandle) -> Fault;
    pub(super) fn dsc_op_free(op: *mut OpHandle);
    pub(super) fn dsc_op_schema(op: *const OpHandle, out: *mut *mut c_char) -> Fault;
    pub(super) fn dsc_op_call(op: *const OpHandle, args: *const Argument, count: i64, out: *mut *mut Values) -> Fault;
    pub(super) fn dsc_values_len(values: *const Values) -> i64;
    pub(super) fn dsc_values_free(values: *mut Values);
    pub(super) fn dsc_value_tag(values: *const Values, at: i64) -> i32;
    pub(super) fn dsc_value_tensor(values: *const Values, at: i64, out: *mut *mut C_tensor) -> Fault;
    pub(super) fn dsc_value_list_len(values: *const Values, at: i64, out: *mut i64) -> Fault;
    pub(super) fn dsc_value_list_item(values: *const Values, at: i64, item: i64, out: *mut *mut C_tensor) -> Fault;
    pub(super) fn dsc_value_int(values: *const Values, at: i64, out: *mut i64) -> Fault;
    pub(super) fn dsc_value_double(values: *const Values, at: i64, out: *mut f64) -> Fault;

    pub(super) fn dsc_adam_step(
        parameters: Tensors,
        gradients: Tensors,
        means: Tensors,
        squares: Tensors,
        steps: Tensors,
        count: i64,
        skip: *const C_tensor,
        settings: *const AdamSettings,
    ) -> Fault;
    pub(super) fn dsc_gradients(
        roots: Tensors,
        upstream: Tensors,
        count: i64,
        inputs: Tensors,
        input_count: i64,
        out: *mut *mut C_tensor,
    ) -> Fault;
    pub(super) fn dsc_grad_norm(gradients: Tensors, count: i64, out: *mut *mut C_tensor) -> Fault;
    pub(super) fn dsc_is_bad(norm: *const C_tensor, out: *mut *mut C_tensor) -> Fault;
    pub(super) fn dsc_scale(gradients: Tensors, count: i64, factor: *const C_tensor) -> Fault;

    pub(super) fn dsc_attention(
        query: *const C_tensor,
        key: *const C_tensor,
        value: *const C_tensor,
        settings: *const AttentionSettings,
        places: *const Place,
        count: i64,
        bits: *const u16,
        words: i64,
        out: *mut *mut C_tensor,
    ) -> Fault;

    pub(super) fn dsc_product(
        a: *const C_tensor,
        b: *const C_tensor,
        bias: *const C_tensor,
        set: i64,
        out: *mut *mut C_tensor,
    ) -> Fault;
    pub(super) fn dsc_sequence_number() -> u64;
    pub(super) fn dsc_record_begin(out: *mut *mut Recording) -> Fault;
    pub(super) fn dsc_record_end(
        of: *mut Recording,
        nodes: *mut *const Begun,
        count: *mut i64,
        lasted: *mut i64,
    ) -> Fault;
    pub(super) fn dsc_record_free(of: *mut Recording);

    pub(super) fn dsc_set_deterministic(on: bool) -> Fault;
    pub(super) fn dsc_set_float32_precision(matmul: *const c_char, tf32_cudnn: bool) -> Fault;
    pub(super) fn dsc_get_float32_precision(matmul: *mut i32, tf32_cublas: *mut bool) -> Fault;
    pub(super) fn dsc_cuda_device_count(out: *mut i64) -> Fault;
    pub(super) fn dsc_cpu_capability() -> *mut c_char;
    pub(super) fn dsc_pool_tensors();
    pub(super) fn dsc_pool_trim();
    pub(super) fn dsc_pool_most() -> i64;
    pub(super) fn dsc_set_threads(count: i32) -> Fault;
    pub(super) fn dsc_get_threads() -> i32;
    pub(super) fn dsc_from_blob(
        data: *mut c_void,
        sizes: *const i64,
        dims: i64,
        kind: i32,
        keep: *mut c_void,
        release: unsafe extern "C" fn(*mut c_void),
        out: *mut *mut C_tensor,
    ) -> Fault;
    #[cfg(test)]
    pub(super) fn dsc_kernel_sets() -> i64;
    #[cfg(test)]
    pub(super) fn dsc_throw(what: i32) -> Fault;
}

/// Converts the error text of a call, and frees it.
///
/// # Safety
/// `fault` comes from one of the functions above and was not checked before.
pub(super) unsafe fn check(fault: Fault) -> Result<(), String> {
    if fault.is_null() {
        return Ok(());
    }
    // SAFETY: the shim hands out NUL-terminated text from `strdup`.
    Err(unsafe { take_text(fault) })
}

/// Copies and frees text from `strdup`.
///
/// # Safety
/// `text` is NUL-terminated, from `malloc`, and nobody else frees it.
pub(super) unsafe fn take_text(text: *mut c_char) -> String {
    // SAFETY: as above.
    unsafe {
        let out = CStr::from_ptr(text).to_string_lossy().into_owned();
        libc::free(text.cast());
        out
    }
}

/// Takes ownership of a tensor that the shim allocated.
///
/// # Safety
/// `tensor` comes from a successful call that returns a new tensor.
pub(super) unsafe fn take_tensor(tensor: *mut C_tensor) -> Tensor {
    // SAFETY: the shim allocated it with `new`, as torch-sys does, and hands over its only pointer.
    unsafe { Tensor::from_ptr(tensor) }
}

/// The C++ handles of a list; they borrow from `tensors`.
pub(super) fn handles<T: Borrow<Tensor>>(tensors: &[T]) -> Vec<*mut C_tensor> {
    tensors.iter().map(|t| t.borrow().as_ptr().cast_mut()).collect()
}

/// The number of `kind` in `c10::ScalarType`; `tch` keeps its own table private.
pub(super) fn scalar_type(kind: Kind) -> i32 {
    match kind {
        Kind::Uint8 => 0,
        Kind::Int8 => 1,
        Kind::Int16 => 2,
        Kind::Int => 3,
        Kind::Int64 => 4,
        Kind::Half => 5,
        Kind::Float => 6,
        Kind::Double => 7,
        Kind::ComplexHalf => 8,
        Kind::ComplexFloat => 9,
        Kind::ComplexDouble => 10,
        Kind::Bool => 11,
        Kind::QInt8 => 12,
        Kind::QUInt8 => 13,
        Kind::QInt32 => 14,
        Kind::BFloat16 => 15,
        Kind::Float8e5m2 => 23,
        Kind::Float8e4m3fn => 24,
        Kind::Float8e5m2fnuz => 25,
        Kind::Float8e4m3fnuz => 26,
    }
}
