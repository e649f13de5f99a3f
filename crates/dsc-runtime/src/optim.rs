//! Adam and AdamW over parameter groups.

use indexmap::IndexMap;
use tch::{Kind, Tensor};

use super::fault::Fault;
use super::ffi;
use super::params::{ParamStore, host_values};
use crate::transfer::download;
use dsc_recipe::Algorithm;
use dsc_syntax::diag::{Diagnostic, codes::runtime as code};

/// The constants of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptimizerSettings {
    /// The update rule.
    pub algorithm: Algorithm,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
    /// Weight decay of the groups with [`ParamGroup::decay`].
    pub weight_decay: f64,
}

impl Default for OptimizerSettings {
    /// The defaults of `torch.optim.Adam`.
    fn default() -> Self {
        OptimizerSettings { algorithm: Algorithm::Adam, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 }
    }
}

/// The learning rate of a parameter group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// A factor on the learning rate of the step.
    Factor(f64),
    /// A separate peak rate; the schedule applies to it too: it is multiplied by the rate of the step over the peak rate of the
    /// recipe.
    Separate(f64),
}

/// The treatment of a group of parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamGroup {
    /// The learning rate of the group.
    pub rate: Rate,
    /// Whether weight decay applies.
    pub decay: bool,
}

/// First and second moment and step count of one parameter, on the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Shape of the parameter.
    pub shape: Vec<i64>,
    /// First moment, row-major.
    pub mean: Vec<f32>,
    /// Second moment, row-major.
    pub square: Vec<f32>,
    /// Number of steps so far.
    pub step: u64,
}

struct State {
    mean: Tensor,
    square: Tensor,
    step: Tensor,
}

/// The optimiser. As in PyTorch, a parameter without a gradient in a step is unchanged, and so are its moments and step count.
pub struct Optimizer {
    settings: OptimizerSettings,
    /// The distinct groups, each with its paths in the order of the store.
    groups: Vec<(ParamGroup, Vec<String>)>,
    states: IndexMap<String, State>,
}

impl Optimizer {
    /// Assigns the parameters of a store to groups. `group` returns the group of a path; `None` for a parameter that is not trained.
    pub fn new(
        store: &ParamStore,
        settings: OptimizerSettings,
        group: impl Fn(&str) -> Option<ParamGroup>,
    ) -> Optimizer {
        let mut groups: Vec<(ParamGroup, Vec<String>)> = Vec::new();
        for (path, _) in store.iter() {
            let Some(wanted) = group(path) else { continue };
            match groups.iter_mut().find(|(g, _)| *g == wanted) {
                Some((_, paths)) => paths.push(path.to_owned()),
                None => groups.push((wanted, vec![path.to_owned()])),
            }
        }
        Optimizer { settings, groups, states: IndexMap::new() }
    }

    /// Scales all gradients of the store so that their total 2-norm is at most `max_norm`. Returns the norm before clipping as a
    /// scalar on the device, without synchronisation; `None` without gradients.
    ///
    /// # Errors
    /// `E0701` for an error of libtorch.
    pub fn clip(&self, store: &ParamStore, max_norm: f64) -> Result<Option<Tensor>, Diagnostic> {
        let gradients: Vec<&Tensor> = self.trained().filter_map(|path| store.gradient(path)).collect();
        if gradients.is_empty() {
            return Ok(None);
        }
        let norm = ffi::clip_grad_norm(&gradients, max_norm);
        norm.map(Some).map_err(|e| Fault::from(e).diagnose("clipping gradients"))
    }

    /// The total 2-norm of all gradients of the store as a scalar on the device, without synchronisation; `None` without gradients.
    ///
    /// # Errors
    /// `E0701` for an error of libtorch.
    pub fn gradient_norm(&self, store: &ParamStore) -> Result<Option<Tensor>, Diagnostic> {
        let gradients: Vec<&Tensor> = self.trained().filter_map(|path| store.gradient(path)).collect();
        if gradients.is_empty() {
            return Ok(None);
        }
        let norm = ffi::grad_norm(&gradients);
        norm.map(Some).map_err(|e| Fault::from(e).diagnose("computing the norm of the gradients"))
    }

    /// Whether [`step`](Self::step) makes no step because of this norm: its square, as a float32, is NaN or infinite. Adam keeps the
    /// squares of gradients.
    pub fn skips(norm: f64) -> bool {
        let norm = norm as f32;
        !(norm * norm).is_finite()
    }

    /// One step with the gradients of the store. `lr` is the learning rate of this step with the schedule applied, `peak` the rate
    /// of the recipe, which [`Rate::Separate`] needs. Gradients are not changed. With the norm of the gradients (before clipping), the
    /// device itself [`skips`](Self::skips) the step: parameters and moments stay as they are, and nothing waits for the device.
    ///
    /// # Errors
    /// `E0701` for an error of libtorch, `E0706` when out of memory.
    pub fn step(&mut self, store: &ParamStore, lr: f64, peak: f64, norm: Option<&Tensor>) -> Result<(), Diagnostic> {
        let bad = norm.map(ffi::is_bad).transpose();
        let bad = bad.map_err(|e| Fault::from(e).diagnose("checking the norm of the gradients"))?;
        for (_, path) in self.groups.iter().flat_map(|(g, paths)| paths.iter().map(move |p| (g, p))) {
            if let (Some(tensor), Some(_)) = (store.tensor(path), store.gradient(path))
                && !self.states.contains_key(path)
            {
                let state =
                    fresh(tensor).map_err(|f| f.diagnose(&format!("reading or writing the moments of `{path}`")))?;
                self.states.insert(path.clone(), state);
            }
        }
        for (group, paths) in &self.groups {
            let (mut tensors, mut gradients) = (Vec::new(), Vec::new());
            let (mut means, mut squares, mut steps) = (Vec::new(), Vec::new(), Vec::new());
            for path in paths {
                if let (Some(tensor), Some(gradient), Some(state)) =
                    (store.tensor(path), store.gradient(path), self.states.get(path))
                {
                    tensors.push(tensor);
                    gradients.push(gradient);
                    means.push(&state.mean);
                    squares.push(&state.square);
                    steps.push(&state.step);
                }
            }
            if tensors.is_empty() {
                continue;
            }
            let settings = ffi::Adam {
                lr: match group.rate {
                    Rate::Factor(factor) => lr * factor,
                    Rate::Separate(rate) if peak > 0.0 => rate * lr / peak,
                    Rate::Separate(rate) => rate,
                },
                beta1: self.settings.beta1,
                beta2: self.settings.beta2,
                eps: self.settings.eps,
                weight_decay: if group.decay { self.settings.weight_decay } else { 0.0 },
                decoupled: self.settings.algorithm == Algorithm::AdamW,
            };
            ffi::adam_step(&tensors, &gradients, &means, &squares, &steps, bad.as_ref(), &settings)
                .map_err(|e| Fault::from(e).diagnose("taking the optimiser's step"))?;
        }
        Ok(())
    }

    /// Paths of the groups.
    fn trained(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|(_, paths)| paths).map(String::as_str)
    }

    /// Paths of the parameters that have moments, in the order in which these were created.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.states.keys().map(String::as_str)
    }

    /// The moments of a parameter, for a checkpoint; `None` before its first step.
    ///
    /// # Errors
    /// `E0701` for an error of libtorch.
    pub fn moments(&self, path: &str) -> Result<Option<Moments>, Diagnostic> {
        let Some(state) = self.states.get(path) else { return Ok(None) };
        let read = || -> Result<Moments, Fault> {
            Ok(Moments {
                shape: state.mean.size(),
                mean: host_values(&state.mean)?,
                square: host_values(&state.square)?,
                step: download(&state.step)?.f_double_value(&[])? as u64,
            })
        };
        read().map(Some).map_err(|f| f.diagnose(&format!("reading or writing the moments of `{path}`")))
    }

    /// Restores the moments of a parameter from a checkpoint.
    ///
    /// # Errors
    /// `E0727` for an unknown path or another shape; `E0701` for an error of libtorch.
    pub fn set_moments(&mut self, store: &ParamStore, path: &str, moments: &Moments) -> Result<(), Diagnostic> {
        let misfit = |why: String| {
            Diagnostic::error(code::E0727, why)
                .help("use the model file and the settings that the run was started with")
        };
        let Some(tensor) = store.tensor(path) else {
            return Err(misfit(format!("the checkpoint has moments of `{path}`, but the model has no such parameter")));
        };
        let (shape, size) = (tensor.size(), tensor.numel());
        if shape != moments.shape || moments.mean.len() != size || moments.square.len() != size {
            return Err(misfit(format!(
                "the saved moments of `{path}` have shape {:?}, the parameter has {shape:?}",
                moments.shape
            )));
        }
        let write = || -> Result<State, Fault> {
            let mut state = fresh(tensor)?;
            let like = |values: &[f32]| -> Result<Tensor, Fault> {
                Ok(Tensor::f_from_slice(values)?.f_view(shape.as_slice())?)
            };
            state.mean.f_copy_(&like(&moments.mean)?)?;
            state.square.f_copy_(&like(&moments.square)?)?;
            state.step.f_copy_(&Tensor::f_from_slice(&[moments.step as f32])?.f_view([0i64; 0])?)?;
            Ok(state)
        };
        let state = write().map_err(|f| f.diagnose(&format!("reading or writing the moments of `{path}`")))?;
        self.states.insert(path.to_owned(), state);
        Ok(())
    }
}

fn fresh(parameter: &Tensor) -> Result<State, Fault> {
    let _guard = tch::no_grad_guard();
    Ok(State {
        mean: parameter.f_zeros_like()?,
        square: parameter.f_zeros_like()?,
        step: Tensor::f_zeros([0i64; 0], (Kind::Float, parameter.device()))?,
    })
}
