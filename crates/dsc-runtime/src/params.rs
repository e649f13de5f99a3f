//! The parameters of a model by path, and their gradients.

use std::collections::HashSet;

use indexmap::IndexMap;
use rayon::prelude::*;
use tch::{Device, Kind, Tensor};

use super::fault::Fault;
use super::ffi;
use crate::transfer::download;
use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::{Graph, Init, Param};
use dsc_random::Key;
use dsc_syntax::diag::{Diagnostic, codes::runtime as code};

/// Shape, and elements in row-major order.
pub type Values = (Vec<i64>, Vec<f32>);

struct Entry {
    tensor: Tensor,
    gradient: Option<Tensor>,
}

/// The gradient of each parameter that is trained, in the order of the graph; `None` where the loss does not depend on it.
#[derive(Debug, Default)]
pub struct Gradients(Vec<Option<Tensor>>);

impl Gradients {
    /// Adds others, of the same parameters, entry by entry.
    ///
    /// # Errors
    /// `E0701`, `E0706` for errors of libtorch.
    pub fn add(&mut self, others: Gradients) -> Result<(), Diagnostic> {
        if self.0.is_empty() {
            self.0.resize_with(others.0.len(), || None);
        }
        add_all(self.0.iter_mut(), others, own_memory).map_err(|f| f.diagnose("adding gradients"))
    }
}

/// Adds gradients in place; the first of each is taken over as `first` makes it.
fn add_all<'a>(
    to: impl Iterator<Item = &'a mut Option<Tensor>>,
    gradients: Gradients,
    first: fn(Tensor, &mut HashSet<usize>) -> Result<Tensor, Fault>,
) -> Result<(), Fault> {
    let _guard = tch::no_grad_guard();
    let mut held = HashSet::new();
    for (sum, gradient) in to.zip(gradients.0) {
        match (sum, gradient) {
            (_, None) => {}
            // libtorch adds rows to a whole table, and not the other way round.
            (Some(sum), Some(gradient)) if sum.is_sparse() && !gradient.is_sparse() => *sum = gradient.f_add(sum)?,
            (Some(sum), Some(gradient)) => {
                let _ = sum.f_add_(&gradient)?;
            }
            (empty, Some(gradient)) => *empty = Some(first(gradient, &mut held)?),
        }
    }
    Ok(())
}

/// All parameters of a model, in the order of the graph.
///
/// [`backward`](Self::backward) adds to the gradients until [`zero_grads`](Self::zero_grads) clears them, so several calls
/// accumulate gradients.
pub struct ParamStore {
    entries: IndexMap<String, Entry>,
    device: Device,
    kind: Kind,
}

impl ParamStore {
    /// Creates and initialises all parameters of a graph. Each value is a function of (seed, path, index), so two models have the
    /// same initial values for every path that they share with the same shape.
    ///
    /// # Errors
    /// `E0725` for a shape that `dims` does not determine; `E0701`, `E0706` for errors of libtorch.
    pub fn init(graph: &Graph, dims: &DimTable, seed: u64, device: Device) -> Result<Self, Diagnostic> {
        let root = Key::new(seed).with("init");
        let mut entries = IndexMap::with_capacity(graph.params.len());
        for param in &graph.params {
            let shape: Vec<i64> = param.shape.iter().map(|d| number(param, d, dims)).collect::<Result<_, _>>()?;
            let mut values = zeros(param, &shape)?;
            fill(param, &shape, dims, root.with(&param.path), &mut values)?;
            let tensor = leaf(values, &shape, Kind::Float, device).map_err(|f| f.diagnose(&named(&param.path)))?;
            entries.insert(param.path.clone(), Entry { tensor, gradient: None });
        }
        Ok(ParamStore { entries, device, kind: Kind::Float })
    }

    /// The same values in another kind (float64 for numerical tests), without gradients.
    ///
    /// # Errors
    /// `E0701`, `E0706` for errors of libtorch.
    pub fn to_kind(&self, kind: Kind) -> Result<Self, Diagnostic> {
        let mut entries = IndexMap::with_capacity(self.entries.len());
        for (path, entry) in &self.entries {
            let copy = || -> Result<Tensor, Fault> {
                Ok(entry.tensor.f_detach_copy()?.f_to_kind(kind)?.f_set_requires_grad(self.trains(path))?)
            };
            let tensor = copy().map_err(|f| f.diagnose(&named(path)))?;
            entries.insert(path.clone(), Entry { tensor, gradient: None });
        }
        Ok(ParamStore { entries, device: self.device, kind })
    }

    /// Device of the parameters.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Kind of the parameters; a program computes in this kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Number of parameter tensors.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the model has no parameters.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Paths and tensors, in the order of the graph.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.entries.iter().map(|(path, e)| (path.as_str(), &e.tensor))
    }

    /// The parameter with the path `path`.
    pub fn tensor(&self, path: &str) -> Option<&Tensor> {
        self.entries.get(path).map(|e| &e.tensor)
    }

    /// The gradient of a parameter; `None` if no loss depended on it since the last [`zero_grads`](Self::zero_grads).
    pub fn gradient(&self, path: &str) -> Option<&Tensor> {
        self.entries.get(path)?.gradient.as_ref()
    }

    /// Whether a parameter is trained (requires a gradient).
    pub fn trains(&self, path: &str) -> bool {
        self.tensor(path).is_some_and(Tensor::requires_grad)
    }

    /// Freezes or unfreezes a parameter.
    ///
    /// # Errors
    /// `E0726` for an unknown path.
    pub fn set_trains(&mut self, path: &str, trains: bool) -> Result<(), Diagnostic> {
        let entry = self.entries.get_mut(path).ok_or_else(|| unknown(path))?;
        entry.gradient = None;
        entry.tensor = entry.tensor.f_set_requires_grad(trains).map_err(|e| Fault::from(e).diagnose(&named(path)))?;
        Ok(())
    }

    /// Sets the values of a parameter, given in row-major order.
    ///
    /// # Errors
    /// `E0726` for an unknown path or another shape.
    pub fn set(&mut self, path: &str, shape: &[i64], values: &[f32]) -> Result<(), Diagnostic> {
        let (device, kind) = (self.device, self.kind);
        let entry = self.entries.get_mut(path).ok_or_else(|| unknown(path))?;
        let expected = entry.tensor.size();
        if expected != shape || values.len() != entry.tensor.numel() {
            return Err(Diagnostic::error(
                code::E0726,
                format!("parameter `{path}` has shape {expected:?}, found {} values of shape {shape:?}", values.len()),
            )
            .help("these weights belong to another model: compare the graphs with `dsc diff`"));
        }
        let mut write = || -> Result<(), Fault> {
            let _guard = tch::no_grad_guard();
            let new = Tensor::f_from_slice(values)?.f_view(shape)?.f_to_kind(kind)?.f_to_device(device)?;
            Ok(entry.tensor.f_copy_(&new)?)
        };
        write().map_err(|f| f.diagnose(&named(path)))
    }

    /// Shape and values of a parameter, row-major; `None` for an unknown path.
    ///
    /// # Errors
    /// `E0701` for an error of libtorch.
    pub fn get(&self, path: &str) -> Result<Option<Values>, Diagnostic> {
        let Some(tensor) = self.tensor(path) else { return Ok(None) };
        let values = host_values(tensor).map_err(|f| f.diagnose(&named(path)))?;
        Ok(Some((tensor.size(), values)))
    }

    /// The gradients of a scalar with respect to all parameters that are trained. The values saved for the backward pass are freed.
    /// The gradients of the store are not changed.
    ///
    /// # Errors
    /// `E0701`, `E0706` for errors of libtorch.
    pub fn gradients_of(&self, loss: &Tensor) -> Result<Gradients, Diagnostic> {
        let run = || -> Result<Gradients, Fault> {
            let inputs: Vec<&Tensor> = self.trained().collect();
            let gradients = Tensor::f_run_backward(&[loss], &inputs, false, false)?;
            Ok(Gradients(gradients.into_iter().map(|g| g.defined().then_some(g)).collect()))
        };
        run().map_err(|f| f.diagnose("going backward"))
    }

    /// As [`gradients_of`](Self::gradients_of), and the gradients of `more`; `None` where the loss does not depend on one.
    pub(crate) fn gradients_and(
        &self,
        loss: &Tensor,
        more: &[&Tensor],
    ) -> Result<(Gradients, Vec<Option<Tensor>>), Diagnostic> {
        let one = loss.f_ones_like().map_err(|e| Fault::from(e).diagnose("going backward"))?;
        self.gradients_through(&[loss], &[&one], more)
    }

    /// The gradients of the parameters and of `more`, from values whose gradients are known.
    pub(crate) fn gradients_through(
        &self,
        values: &[&Tensor],
        upstream: &[&Tensor],
        more: &[&Tensor],
    ) -> Result<(Gradients, Vec<Option<Tensor>>), Diagnostic> {
        let own: Vec<&Tensor> = self.trained().collect();
        let inputs: Vec<&Tensor> = own.iter().chain(more).copied().collect();
        let found = ffi::gradients(values, upstream, &inputs);
        let mut found = found.map_err(|why| Fault::Torch(why).diagnose("going backward"))?;
        let more = found.split_off(own.len());
        Ok((Gradients(found), more))
    }

    /// The parameters that are trained, in the order of the graph.
    fn trained(&self) -> impl Iterator<Item = &Tensor> {
        self.entries.values().map(|e| &e.tensor).filter(|t| t.requires_grad())
    }

    /// Adds gradients to those of the store.
    ///
    /// # Errors
    /// `E0701`, `E0706` for errors of libtorch.
    pub fn add_gradients(&mut self, gradients: Gradients) -> Result<(), Diagnostic> {
        let reached = self.entries.values_mut().filter(|e| e.tensor.requires_grad()).map(|e| &mut e.gradient);
        add_all(reached, gradients, whole).map_err(|f| f.diagnose("adding gradients"))
    }

    /// Adds the gradient of a scalar to the gradients of all parameters that it depends on. Other gradients are unchanged. The
    /// values saved for the backward pass are freed.
    ///
    /// # Errors
    /// `E0701`, `E0706` for errors of libtorch.
    pub fn backward(&mut self, loss: &Tensor) -> Result<(), Diagnostic> {
        self.add_gradients(self.gradients_of(loss)?)
    }

    /// The first parameter, in the order of the graph, with a gradient that is not finite, and its first such entry.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn bad_gradient(&self) -> Result<Option<(&str, f64)>, Diagnostic> {
        self.first_bad(|e| e.gradient.as_ref())
    }

    /// The first parameter, in the order of the graph, that is not finite, and its first such entry.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn bad_parameter(&self) -> Result<Option<(&str, f64)>, Diagnostic> {
        self.first_bad(|e| Some(&e.tensor))
    }

    fn first_bad(&self, of: impl Fn(&Entry) -> Option<&Tensor>) -> Result<Option<(&str, f64)>, Diagnostic> {
        for (path, entry) in &self.entries {
            let Some(tensor) = of(entry) else { continue };
            let bad = first_not_finite(tensor).map_err(|f| f.diagnose(&named(path)))?;
            if let Some(value) = bad {
                return Ok(Some((path, value)));
            }
        }
        Ok(None)
    }

    /// The parameter with the largest entry in its gradient, and the size of that entry; `None` without gradients.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn largest_gradient(&self) -> Result<Option<(&str, f64)>, Diagnostic> {
        self.largest(|e| e.gradient.as_ref())
    }

    /// The parameter with the largest entry, and the size of that entry; `None` without parameters.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn largest_parameter(&self) -> Result<Option<(&str, f64)>, Diagnostic> {
        self.largest(|e| Some(&e.tensor))
    }

    fn largest(&self, of: impl Fn(&Entry) -> Option<&Tensor>) -> Result<Option<(&str, f64)>, Diagnostic> {
        let mut largest: Option<(&str, f64)> = None;
        for (path, entry) in &self.entries {
            let Some(tensor) = of(entry).filter(|t| t.numel() > 0) else { continue };
            let size = || -> Result<f64, Fault> { Ok(download(&tensor.f_abs()?.f_max()?)?.f_double_value(&[])?) };
            let size = size().map_err(|f| f.diagnose(&named(path)))?;
            if largest.is_none_or(|(_, most)| size > most) {
                largest = Some((path, size));
            }
        }
        Ok(largest)
    }

    /// Clears all gradients.
    pub fn zero_grads(&mut self) {
        self.entries.values_mut().for_each(|e| e.gradient = None);
    }
}

/// A gradient of a table as a whole: backward passes give the rows that were read.
fn whole(gradient: Tensor, held: &mut HashSet<usize>) -> Result<Tensor, Fault> {
    if gradient.is_sparse() {
        let mut table = Tensor::f_zeros(gradient.size(), (gradient.kind(), gradient.device()))?;
        let _ = table.f_add_(&gradient)?;
        return Ok(table);
    }
    own_memory(gradient, held)
}

/// A gradient that can be changed in place, as clipping does: one that is the same number for several entries, or that
/// another parameter has as well, gets memory of its own. `held` are the places of the others.
fn own_memory(gradient: Tensor, held: &mut HashSet<usize>) -> Result<Tensor, Fault> {
    if gradient.is_sparse() {
        return Ok(gradient);
    }
    let expanded = gradient.size().iter().zip(gradient.stride()).any(|(n, stride)| *n > 1 && stride == 0);
    if expanded {
        return Ok(gradient.f_contiguous()?);
    }
    if held.insert(gradient.data_ptr() as usize) { Ok(gradient) } else { Ok(gradient.f_detach_copy()?) }
}

/// The elements of a tensor in row-major order, as f32 on the host.
pub(crate) fn host_values(tensor: &Tensor) -> Result<Vec<f32>, Fault> {
    let flat = download(tensor)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    let mut values = vec![0.0f32; flat.numel()];
    let len = values.len();
    flat.f_copy_data(&mut values, len)?;
    Ok(values)
}

/// The first entry that is NaN or infinite.
pub(crate) fn first_not_finite(tensor: &Tensor) -> Result<Option<f64>, Fault> {
    if download(&tensor.f_isfinite()?.f_all()?)?.f_int64_value(&[])? != 0 {
        return Ok(None);
    }
    let bad = tensor.f_isfinite()?.f_logical_not()?;
    Ok(host_values(&tensor.f_masked_select(&bad)?)?.first().copied().map(f64::from))
}

fn leaf(values: Vec<f32>, shape: &[i64], kind: Kind, device: Device) -> Result<Tensor, Fault> {
    Ok(ffi::tensor_from_vec(values, shape)?.f_to_device(device)?.f_to_kind(kind)?.f_set_requires_grad(true)?)
}

/// Fills `values` according to [`Init`].
fn fill(param: &Param, shape: &[i64], dims: &DimTable, key: Key, values: &mut [f32]) -> Result<(), Diagnostic> {
    let fan = |fan: &Dim| Ok(number(param, fan, dims)?.max(1) as f64);
    // Values with standard deviation `std`; the bound of a uniform distribution is √3 times as large.
    let spread = |std: f64, normal: bool, values: &mut [f32]| {
        if normal {
            return key.fill_normal(0.0, std as f32, values);
        }
        let bound = (3f64.sqrt() * std) as f32;
        key.fill_uniform(-bound, bound, values);
    };
    match &param.init {
        Init::Zeros => {}
        Init::Ones => values.par_chunks_mut(1 << 16).for_each(|c| c.fill(1.0)),
        Init::Normal { std } => spread(*std, true, values),
        Init::FanIn(fan_in) => {
            let bound = (1.0 / fan(fan_in)?.sqrt()) as f32;
            key.fill_uniform(-bound, bound, values);
        }
        Init::Uniform { bound } => key.fill_uniform(-*bound as f32, *bound as f32, values),
        Init::Xavier { fan_in, fan_out, normal } => {
            spread((2.0 / (fan(fan_in)? + fan(fan_out)?)).sqrt(), *normal, values);
        }
        Init::Kaiming { fan_in, normal } => spread((2.0 / fan(fan_in)?).sqrt(), *normal, values),
        Init::Identity => {
            let columns = shape.last().copied().unwrap_or(0).max(1) as usize;
            for (i, row) in values.chunks_mut(columns).enumerate() {
                if let Some(entry) = row.get_mut(i) {
                    *entry = 1.0;
                }
            }
        }
    }
    Ok(())
}

/// Zeros for the values of a parameter.
fn zeros(param: &Param, shape: &[i64]) -> Result<Vec<f32>, Diagnostic> {
    let size = shape.iter().try_fold(1i64, |size, n| size.checked_mul(*n)).and_then(|size| usize::try_from(size).ok());
    let mut values = Vec::new();
    let allocated = size.is_some_and(|size| values.try_reserve_exact(size).is_ok());
    if !allocated {
        let of = shape.iter().map(i64::to_string).collect::<Vec<_>>().join(" x ");
        return Err(Diagnostic::error(
            code::E0706,
            format!("out of memory: the parameter `{}` has {of} entries", param.path),
        )
        .at(param.span, "this call creates the parameter")
        .help("reduce the widths of the model"));
    }
    values.resize(size.unwrap_or(0), 0.0f32);
    Ok(values)
}

fn number(param: &Param, dim: &Dim, dims: &DimTable) -> Result<i64, Diagnostic> {
    dim.eval(dims).filter(|n| *n >= 0).ok_or_else(|| {
        Diagnostic::error(code::E0725, format!("`{dim}` in the shape of parameter `{}` has no number", param.path))
            .at(param.span, "this call creates the parameter")
            .help("bind the graph to data or to a card first")
    })
}

fn unknown(path: &str) -> Diagnostic {
    Diagnostic::error(code::E0726, format!("the model has no parameter `{path}`"))
        .help("these weights belong to another model: compare the graphs with `dsc diff`")
}

fn named(path: &str) -> String {
    format!("accessing parameter `{path}`")
}
