//! Tensors over memory that Rust owns: no copy, and the memory lives as long as the last tensor on it; and tensors that Rust fills.

use super::raw::{self, check, take_tensor};
use libc::c_void;
use std::ptr;
use tch::{Device, Kind, Tensor};

/// Element types of tensors.
pub trait Element: Copy + Send + 'static {
    /// The kind of a tensor with these elements.
    const KIND: Kind;
}

macro_rules! elements {
    ($($type:ty => $kind:ident),*) => {
        $(impl Element for $type { const KIND: Kind = Kind::$kind; })*
    };
}
elements!(u8 => Uint8, i8 => Int8, i16 => Int16, i32 => Int, i64 => Int64, f32 => Float, f64 => Double,
    half::f16 => Half, half::bf16 => BFloat16);

/// A CPU tensor that takes over `values` without copying them (row-major). An error when the sizes do not multiply to
/// their number.
pub fn tensor_from_vec<T: Element>(values: Vec<T>, sizes: &[i64]) -> Result<Tensor, String> {
    let len = elements(sizes)?;
    if len != values.len() {
        return Err(format!("{} values for a tensor of shape {sizes:?}", values.len()));
    }
    let mut keep = Box::new(values);
    let data = keep.as_mut_ptr().cast();
    // SAFETY: the vector's buffer holds `len` elements, is aligned for them, and is owned by the tensor alone.
    unsafe { from_raw(data, sizes, T::KIND, keep) }
}

/// A CPU tensor of that shape whose elements `fill` writes; they are 0 before. Its memory is libtorch's own.
///
/// # Errors
/// A shape that is none, too little memory, and what `fill` fails with.
pub fn tensor_filled<T: Element, E: From<String>>(
    sizes: &[i64],
    fill: impl FnOnce(&mut [T]) -> Result<(), E>,
) -> Result<Tensor, E> {
    let len = elements(sizes)?;
    let tensor = Tensor::f_zeros(sizes, (T::KIND, Device::Cpu)).map_err(|e| e.to_string())?;
    if len > 0 {
        // SAFETY: a new tensor has its elements one behind the other, `len` of them of this type, and nobody else knows it.
        fill(unsafe { std::slice::from_raw_parts_mut(tensor.data_ptr().cast::<T>(), len) })?;
    }
    Ok(tensor)
}

fn elements(sizes: &[i64]) -> Result<usize, String> {
    sizes
        .iter()
        .try_fold(1usize, |n, &size| n.checked_mul(usize::try_from(size).ok()?))
        .ok_or_else(|| format!("{sizes:?} is not a tensor's shape"))
}

/// # Safety
/// `data` is aligned for `kind`, valid for reading and writing all elements, and stays so until `keep` is dropped.
unsafe fn from_raw<K: Send + 'static>(
    data: *mut c_void,
    sizes: &[i64],
    kind: Kind,
    keep: Box<K>,
) -> Result<Tensor, String> {
    unsafe extern "C" fn release<K>(keep: *mut c_void) {
        // SAFETY: the pointer came from `Box::into_raw` below, and the shim calls this once.
        drop(unsafe { Box::from_raw(keep.cast::<K>()) });
    }
    let keep = Box::into_raw(keep).cast();
    let mut out = ptr::null_mut();
    // SAFETY: the caller vouches for `data`; `release` frees what `keep` is.
    unsafe {
        check(raw::dsc_from_blob(
            data,
            sizes.as_ptr(),
            sizes.len() as i64,
            raw::scalar_type(kind),
            keep,
            release::<K>,
            &mut out,
        ))?;
        Ok(take_tensor(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_vector_becomes_a_tensor_in_place() {
        let values: Vec<f32> = (0u8..6).map(f32::from).collect();
        let address = values.as_ptr() as usize;
        let mut t = tensor_from_vec(values, &[2, 3]).unwrap();
        assert_eq!(t.data_ptr() as usize, address);
        assert_eq!(t.double_value(&[1, 2]), 5.0);
        let view = t.select(0, 1);
        t = t.f_add_scalar_(1.0).unwrap();
        drop(t);
        assert_eq!(Vec::<f32>::try_from(view).unwrap(), [4., 5., 6.], "the view keeps the memory");
        assert!(tensor_from_vec(vec![1i64], &[2]).unwrap_err().contains("[2]"));
        assert!(tensor_from_vec(vec![1i64], &[-1]).is_err());
        assert_eq!(tensor_from_vec(Vec::<u8>::new(), &[0, 4]).unwrap().size(), [0, 4]);
    }

    #[test]
    fn a_tensor_is_filled_in_place() {
        let count = |values: &mut [f32]| -> Result<(), String> {
            values.iter_mut().zip(0u8..).for_each(|(value, i)| *value = f32::from(i));
            Ok(())
        };
        let t = tensor_filled(&[2, 2], count).unwrap();
        assert_eq!((t.size(), t.double_value(&[1, 1])), (vec![2, 2], 3.0));
        assert_eq!(tensor_filled(&[0, 2], count).unwrap().numel(), 0);
        assert!(tensor_filled(&[-1], count).is_err());
        assert_eq!(tensor_filled(&[1], |_: &mut [i64]| Err("no".to_owned())).unwrap_err(), "no");
    }

    #[test]
    fn memory_is_released_once() {
        let count = Arc::new(());
        let mut value = 1f32;
        let data: *mut f32 = &mut value;
        // SAFETY: `value` outlives both tensors.
        let t = unsafe { from_raw(data.cast(), &[1], Kind::Float, Box::new(Arc::clone(&count))) }.unwrap();
        let other = t.shallow_clone();
        drop(t);
        assert_eq!(Arc::strong_count(&count), 2);
        drop(other);
        assert_eq!(Arc::strong_count(&count), 1);
        // SAFETY: fails before any access: no such shape.
        let fault = unsafe { from_raw(data.cast(), &[-1], Kind::Float, Box::new(Arc::clone(&count))) };
        assert!(fault.is_err());
        assert_eq!(Arc::strong_count(&count), 1);
    }
}
