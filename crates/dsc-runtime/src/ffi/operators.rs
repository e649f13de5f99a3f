//! Calls libtorch operators by their schema name.

use super::raw::{self, Argument, OpHandle, Values, check, take_tensor, take_text};
use libc::c_void;
use std::ffi::CString;
use std::ptr;
use tch::{Kind, Tensor};
use torch_sys::C_tensor;

/// One positional argument. Everything borrows; nothing is copied before the call.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// `None` of an optional argument.
    None,
    /// `Tensor` or `Tensor?`.
    Tensor(&'a Tensor),
    /// `Tensor[]`.
    Tensors(&'a [&'a Tensor]),
    /// `Tensor?[]`, as indexing takes it.
    OptionalTensors(&'a [Option<&'a Tensor>]),
    /// `int`, `SymInt`, or an integer `Scalar`; also accepted for a `float`.
    Int(i64),
    /// `int[]` or `SymInt[]`.
    Ints(&'a [i64]),
    /// `float`, or a real `Scalar`.
    Double(f64),
    /// `float[]`.
    Doubles(&'a [f64]),
    /// `bool`.
    Bool(bool),
    /// `str`.
    Str(&'a str),
    /// `ScalarType`.
    Kind(Kind),
}

/// One result.
#[derive(Debug)]
pub enum Value {
    /// `None`, or a tensor that the operator left undefined.
    None,
    /// A tensor.
    Tensor(Tensor),
    /// A list of tensors.
    Tensors(Vec<Tensor>),
    /// An integer or a boolean (0 or 1).
    Int(i64),
    /// A floating-point number.
    Double(f64),
}

impl Value {
    /// The tensor, or an error that names the value found instead.
    pub fn tensor(self) -> Result<Tensor, String> {
        match self {
            Value::Tensor(t) => Ok(t),
            other => Err(format!("expected a tensor, the operator returned {other:?}")),
        }
    }
}

/// An operator of the dispatcher of libtorch. [`find`](Self::find) looks it up by name, so keep it.
#[derive(Debug)]
pub struct Op {
    handle: *mut OpHandle,
}

// SAFETY: an operator handle is an immutable reference into the dispatcher, which is thread-safe and lives as long as
// the process.
unsafe impl Send for Op {}
// SAFETY: as above.
unsafe impl Sync for Op {}

impl Op {
    /// Finds `aten::add.Tensor`, `aten::addmm`, ..: the name and, after a dot, the overload. `aten::` may be left out.
    pub fn find(name: &str) -> Result<Op, String> {
        let full = if name.contains("::") { name.to_owned() } else { format!("aten::{name}") };
        let (base, overload) = full.split_once('.').unwrap_or((&full, ""));
        let text = |s: &str| CString::new(s).map_err(|_| format!("`{name}` contains a NUL character"));
        let (base, overload) = (text(base)?, text(overload)?);
        let mut handle = ptr::null_mut();
        // SAFETY: both names are NUL-terminated, the result goes to a live local.
        unsafe { check(raw::dsc_op_find(base.as_ptr(), overload.as_ptr(), &mut handle))? };
        Ok(Op { handle })
    }

    /// The operator's signature as libtorch declares it.
    pub fn schema(&self) -> Result<String, String> {
        let mut out = ptr::null_mut();
        // SAFETY: the handle is live; on success `out` is text from `strdup`.
        unsafe {
            check(raw::dsc_op_schema(self.handle, &mut out))?;
            Ok(take_text(out))
        }
    }

    /// Calls it. Arguments left out at the end take the schema's defaults; keyword-only ones follow in schema order.
    /// Autograd records the call as it does any other.
    pub fn call(&self, args: &[Arg<'_>]) -> Result<Vec<Value>, String> {
        // Arrays of handles have to outlive the call.
        let lists: Vec<Vec<*mut C_tensor>> = args.iter().map(handles).collect();
        let args: Vec<Argument> = args.iter().zip(&lists).map(|(arg, list)| argument(arg, list)).collect();
        let mut values = ptr::null_mut();
        // SAFETY: `args` and all they point to are borrowed for the length of the call.
        unsafe { check(raw::dsc_op_call(self.handle, args.as_ptr(), args.len() as i64, &mut values))? };
        let values = Results(values);
        // SAFETY: `values` is the vector just returned.
        (0..unsafe { raw::dsc_values_len(values.0) }).map(|at| values.get(at)).collect()
    }

    /// Calls an operator whose only result is a tensor.
    pub fn tensor(&self, args: &[Arg<'_>]) -> Result<Tensor, String> {
        let mut values = self.call(args)?.into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.tensor(),
            (first, _) => Err(format!("expected one result, the operator returned {}", usize::from(first.is_some()))),
        }
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        // SAFETY: allocated by `dsc_op_find`, freed once.
        unsafe { raw::dsc_op_free(self.handle) }
    }
}

fn handles(arg: &Arg<'_>) -> Vec<*mut C_tensor> {
    match arg {
        Arg::Tensors(list) => raw::handles(list),
        Arg::OptionalTensors(list) => {
            list.iter().map(|t| t.map_or(ptr::null_mut(), |t| t.as_ptr().cast_mut())).collect()
        }
        _ => Vec::new(),
    }
}

fn argument(arg: &Arg<'_>, list: &[*mut C_tensor]) -> Argument {
    let none = Argument { tag: 0, number: 0, real: 0.0, data: ptr::null(), count: 0 };
    let array = |tag, data: *const c_void, len: usize| Argument { tag, data, count: len as i64, ..none };
    match *arg {
        Arg::None => none,
        Arg::Tensor(t) => Argument { tag: 1, data: t.as_ptr().cast(), ..none },
        Arg::Tensors(_) => array(2, list.as_ptr().cast(), list.len()),
        Arg::OptionalTensors(_) => array(3, list.as_ptr().cast(), list.len()),
        Arg::Int(n) => Argument { tag: 4, number: n, ..none },
        Arg::Ints(v) => array(5, v.as_ptr().cast(), v.len()),
        Arg::Double(x) => Argument { tag: 6, real: x, ..none },
        Arg::Doubles(v) => array(7, v.as_ptr().cast(), v.len()),
        Arg::Bool(b) => Argument { tag: 8, number: b.into(), ..none },
        Arg::Str(s) => array(9, s.as_ptr().cast(), s.len()),
        Arg::Kind(k) => Argument { tag: 4, number: raw::scalar_type(k).into(), ..none },
    }
}

/// The results of one call, freed when read.
struct Results(*mut Values);

impl Results {
    /// `at` is below the vector's length.
    fn get(&self, at: i64) -> Result<Value, String> {
        let (mut tensor, mut number, mut real) = (ptr::null_mut(), 0, 0.0);
        // SAFETY: the vector is live, `at` is in range, results go to live locals, and each reader checks the type.
        unsafe {
            Ok(match raw::dsc_value_tag(self.0, at) {
                0 => Value::None,
                1 => {
                    check(raw::dsc_value_tensor(self.0, at, &mut tensor))?;
                    Value::Tensor(take_tensor(tensor))
                }
                2 => {
                    check(raw::dsc_value_list_len(self.0, at, &mut number))?;
                    let item = |i| {
                        let mut tensor = ptr::null_mut();
                        check(raw::dsc_value_list_item(self.0, at, i, &mut tensor))?;
                        Ok(take_tensor(tensor))
                    };
                    Value::Tensors((0..number).map(item).collect::<Result<_, String>>()?)
                }
                4 | 8 => {
                    check(raw::dsc_value_int(self.0, at, &mut number))?;
                    Value::Int(number)
                }
                6 => {
                    check(raw::dsc_value_double(self.0, at, &mut real))?;
                    Value::Double(real)
                }
                _ => return Err("the operator returned a value of an unsupported type".into()),
            })
        }
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        // SAFETY: allocated by `dsc_op_call`, freed once.
        unsafe { raw::dsc_values_free(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_agree_with_tch() {
        let a = Tensor::from_slice(&[1f32, 2., 3., 4., 5., 6.]).view([2, 3]);
        let b = Tensor::from_slice(&[0.5f32, -1., 2.]);
        let add = Op::find("aten::add.Tensor").unwrap();
        // `alpha` is keyword-only, and an integer passed for a Scalar
        let got = add.tensor(&[Arg::Tensor(&a), Arg::Tensor(&b), Arg::Int(3)]).unwrap();
        assert_eq!(got, &a + &b * 3);
        assert_eq!(add.tensor(&[Arg::Tensor(&a), Arg::Tensor(&b)]).unwrap(), &a + &b, "default alpha");

        let cat = Op::find("cat").unwrap();
        let got = cat.tensor(&[Arg::Tensors(&[&a, &a]), Arg::Int(1)]).unwrap();
        assert_eq!(got.size(), [2, 6]);

        let sum = Op::find("aten::sum.dim_IntList").unwrap();
        let got = sum.tensor(&[Arg::Tensor(&a), Arg::Ints(&[1]), Arg::Bool(true), Arg::Kind(Kind::Double)]).unwrap();
        assert_eq!((got.size(), got.kind()), (vec![2, 1], Kind::Double));

        let index = Op::find("aten::index.Tensor").unwrap();
        let at = Tensor::from_slice(&[2i64, 0]);
        let got = index.tensor(&[Arg::Tensor(&a), Arg::OptionalTensors(&[None, Some(&at)])]).unwrap();
        assert_eq!(got, a.index_select(1, &at));

        let norm = Op::find("aten::layer_norm").unwrap();
        let got = norm.tensor(&[Arg::Tensor(&a), Arg::Ints(&[3]), Arg::None, Arg::None, Arg::Double(1e-5)]).unwrap();
        assert!((got.sum(Kind::Float).double_value(&[])).abs() < 1e-5);
    }

    #[test]
    fn several_results_and_lists() {
        let a = Tensor::from_slice(&[3f32, 1., 2.]);
        let sort = Op::find("aten::sort").unwrap().call(&[Arg::Tensor(&a)]).unwrap();
        assert_eq!(sort.len(), 2);
        let split = Op::find("aten::split.Tensor").unwrap().call(&[Arg::Tensor(&a), Arg::Int(1)]).unwrap();
        assert!(matches!(split.as_slice(), [Value::Tensors(parts)] if parts.len() == 3));
        let item = Op::find("aten::size.int").unwrap().call(&[Arg::Tensor(&a), Arg::Int(0)]).unwrap();
        assert!(matches!(item.as_slice(), [Value::Int(3)]));
    }

    #[test]
    fn gradients_flow_through_a_boxed_call() {
        let a = Tensor::from_slice(&[1f32, 2.]).set_requires_grad(true);
        let mul = Op::find("aten::mul.Tensor").unwrap();
        mul.tensor(&[Arg::Tensor(&a), Arg::Tensor(&a)]).unwrap().sum(Kind::Float).backward();
        assert_eq!(a.grad(), Tensor::from_slice(&[2f32, 4.]));
    }

    #[test]
    fn faults_are_text_without_a_stack_trace() {
        assert!(Op::find("aten::no_such_operator").unwrap_err().contains("no_such_operator"));
        let mm = Op::find("aten::mm").unwrap();
        assert!(mm.schema().unwrap().starts_with("aten::mm("));
        let a = Tensor::zeros([2, 3], (Kind::Float, tch::Device::Cpu));
        let fault = mm.tensor(&[Arg::Tensor(&a), Arg::Tensor(&a)]).unwrap_err();
        assert!(fault.contains("2x3") && !fault.contains("frame #"), "{fault}");
        let fault = mm.tensor(&[Arg::Tensor(&a)]).unwrap_err();
        assert!(fault.contains("argument `mat2` is missing"), "{fault}");
        let fault = mm.tensor(&[Arg::Tensor(&a), Arg::Int(1)]).unwrap_err();
        assert!(!fault.is_empty());
        assert!(mm.tensor(&[Arg::None, Arg::None, Arg::None]).unwrap_err().contains("takes 2 arguments"));
    }
}
