//! Adam over whole lists of parameters, and gradient clipping.
//!
//! The caller owns the moments, so that a checkpoint can contain the full state of the optimiser.

use super::raw::{self, AdamSettings, check, handles, take_tensor};
use std::borrow::Borrow;
use std::ptr;
use tch::Tensor;

/// The constants of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Learning rate of this step, schedule applied.
    pub lr: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
    /// Weight decay; 0 for none.
    pub weight_decay: f64,
    /// AdamW (arXiv:1711.05101): the decay acts on the weights, `p -= lr * decay * p`. Otherwise it is added to the
    /// gradient.
    pub decoupled: bool,
}

impl Default for Adam {
    /// PyTorch's defaults for `Adam`.
    fn default() -> Self {
        Adam { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, decoupled: false }
    }
}

/// One fused step in place: `parameters`, `means` (first moments), `squares` (second moments) and `steps` change.
///
/// Item i of every list belongs to parameter i. Moments have the parameter's shape, kind, layout and device; `steps`
/// are float32 scalars on that device, 0 before the first step (the call adds 1). All lists have one length, else an
/// error before anything changes. Gradients are only read. If `skip` is given and 1 (see [`is_bad`]), only the step counters change.
pub fn adam_step<P, G, S>(
    parameters: &[P],
    gradients: &[G],
    means: &[S],
    squares: &[S],
    steps: &[S],
    skip: Option<&Tensor>,
    settings: &Adam,
) -> Result<(), String>
where
    P: Borrow<Tensor>,
    G: Borrow<Tensor>,
    S: Borrow<Tensor>,
{
    let count = parameters.len();
    for (what, len) in [
        ("gradients", gradients.len()),
        ("first moments", means.len()),
        ("second moments", squares.len()),
        ("step counters", steps.len()),
    ] {
        if len != count {
            return Err(format!("{count} parameters, {len} {what}"));
        }
    }
    let (p, g, m, v, s) = (handles(parameters), handles(gradients), handles(means), handles(squares), handles(steps));
    let &Adam { lr, beta1, beta2, eps, weight_decay, decoupled } = settings;
    let settings = AdamSettings { lr, beta1, beta2, eps, weight_decay, decoupled };
    let skip = skip.map_or(ptr::null(), Tensor::as_ptr);
    let (p, g, m, v, s) = (p.as_ptr(), g.as_ptr(), m.as_ptr(), v.as_ptr(), s.as_ptr());
    // SAFETY: five arrays of `count` live tensors and a live tensor or null; the shim checks what the kernel assumes.
    unsafe { check(raw::dsc_adam_step(p, g, m, v, s, count as i64, skip, &settings)) }
}

/// 1 if the square of a norm is NaN or infinite, else 0: a 0-d float32 tensor on its device, without synchronisation. For
/// [`adam_step`], which keeps the squares of gradients: an infinite one would freeze its weight.
pub fn is_bad(norm: &Tensor) -> Result<Tensor, String> {
    let mut out = ptr::null_mut();
    // SAFETY: a live tensor, and a live local for the result.
    unsafe {
        check(raw::dsc_is_bad(norm.as_ptr(), &mut out))?;
        Ok(take_tensor(out))
    }
}

/// The 2-norm of all gradients taken as one vector: a 0-d tensor on their device, so no synchronisation with the device.
pub fn grad_norm<G: Borrow<Tensor>>(gradients: &[G]) -> Result<Tensor, String> {
    let list = handles(gradients);
    let mut out = ptr::null_mut();
    // SAFETY: an array of live tensors, and a live local for the result.
    unsafe {
        check(raw::dsc_grad_norm(list.as_ptr(), list.len() as i64, &mut out))?;
        Ok(take_tensor(out))
    }
}

/// Scales all gradients in place by `min(1, max_norm / (norm + 1e-6))` and returns the norm before, as PyTorch's
/// `clip_grad_norm_` does. All gradients lie on one device.
pub fn clip_grad_norm<G: Borrow<Tensor>>(gradients: &[G], max_norm: f64) -> Result<Tensor, String> {
    let norm = grad_norm(gradients)?;
    let factor = (|| (norm.f_add_scalar(1e-6)?).f_reciprocal()?.f_mul_scalar(max_norm)?.f_clamp_max(1.0))()
        .map_err(|e| e.to_string())?;
    let list = handles(gradients);
    // SAFETY: an array of live tensors and one live tensor.
    unsafe { check(raw::dsc_scale(list.as_ptr(), list.len() as i64, factor.as_ptr()))? };
    Ok(norm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn filled(shape: &[i64], seed: i64) -> Tensor {
        let n: i64 = shape.iter().product();
        (Tensor::arange(n, (Kind::Float, Device::Cpu)) * 0.37 + seed as f64).sin().reshape(shape)
    }

    /// Kingma and Ba's algorithm 1 in float64, with the decay in its place.
    fn by_hand(p: &mut [f64], g: &[f64], m: &mut [f64], v: &mut [f64], t: i32, o: &Adam) {
        for i in 0..p.len() {
            let mut gi = g[i];
            if o.decoupled {
                p[i] -= o.lr * o.weight_decay * p[i];
            } else {
                gi += o.weight_decay * p[i];
            }
            m[i] = o.beta1 * m[i] + (1.0 - o.beta1) * gi;
            v[i] = o.beta2 * v[i] + (1.0 - o.beta2) * gi * gi;
            let (mh, vh) = (m[i] / (1.0 - o.beta1.powi(t)), v[i] / (1.0 - o.beta2.powi(t)));
            p[i] -= o.lr * mh / (vh.sqrt() + o.eps);
        }
    }

    fn numbers(t: &Tensor) -> Vec<f64> {
        Vec::<f64>::try_from(t.flatten(0, -1).to_kind(Kind::Double)).unwrap()
    }

    #[test]
    fn steps_follow_the_formula() {
        for decoupled in [false, true] {
            let o = Adam { lr: 0.05, beta1: 0.8, beta2: 0.95, eps: 1e-6, weight_decay: 0.1, decoupled };
            let shapes: [&[i64]; 3] = [&[3, 5], &[7], &[]];
            let params: Vec<Tensor> = shapes.iter().map(|s| filled(s, 1).set_requires_grad(true)).collect();
            let m: Vec<Tensor> = params.iter().map(|p| p.detach().zeros_like()).collect();
            let v: Vec<Tensor> = params.iter().map(|p| p.detach().zeros_like()).collect();
            let steps: Vec<Tensor> = params.iter().map(|_| Tensor::from(0f32)).collect();
            let mut hand: Vec<_> = params.iter().map(|p| (numbers(p), numbers(p), numbers(p))).collect();
            for (p, mh, vh) in &mut hand {
                mh.fill(0.0);
                vh.fill(0.0);
                assert!(!p.is_empty());
            }
            for t in 1..=4 {
                let grads: Vec<Tensor> = shapes.iter().map(|s| filled(s, 10 * t)).collect();
                adam_step(&params, &grads, &m, &v, &steps, None, &o).unwrap();
                for (g, (p, mh, vh)) in grads.iter().zip(&mut hand) {
                    by_hand(p, &numbers(g), mh, vh, t as i32, &o);
                }
            }
            for (i, (p, mh, vh)) in hand.iter().enumerate() {
                for (got, want) in [(&params[i], p), (&m[i], mh), (&v[i], vh)] {
                    for (a, b) in numbers(got).iter().zip(want) {
                        assert!((a - b).abs() < 1e-5, "decoupled {decoupled}: {a} {b}");
                    }
                }
                assert_eq!(steps[i].double_value(&[]), 4.0);
                assert!(params[i].requires_grad(), "the step is not recorded by autograd");
            }
        }
    }

    #[test]
    fn a_transposed_or_expanded_gradient_counts_by_value() {
        let state = || {
            let p = filled(&[4, 4], 2);
            let (m, v, s) = (p.zeros_like(), p.zeros_like(), Tensor::from(0f32));
            (p, m, v, s)
        };
        for g in [filled(&[4, 4], 3).tr(), filled(&[4, 1], 3).expand([4, 4], false)] {
            let (p1, m1, v1, s1) = state();
            let (p2, m2, v2, s2) = state();
            adam_step(&[&p1], &[&g], &[&m1], &[&v1], &[&s1], None, &Adam::default()).unwrap();
            adam_step(&[&p2], &[&g.contiguous()], &[&m2], &[&v2], &[&s2], None, &Adam::default()).unwrap();
            assert_eq!(p1, p2);
            assert_ne!(p1, filled(&[4, 4], 2));
        }
    }

    #[test]
    fn misfits_are_errors_and_change_nothing() {
        let p = filled(&[3], 1);
        let (m, s) = (p.zeros_like(), Tensor::from(0f32));
        let half = p.zeros_like().to_kind(Kind::BFloat16);
        let o = Adam::default();
        assert!(adam_step(&[&p], &[&p], &[&m], &[&half], &[&s], None, &o).unwrap_err().contains("second moment 0"));
        assert!(
            adam_step(&[&p], &[&filled(&[4], 1)], &[&m], &[&m], &[&s], None, &o).unwrap_err().contains("gradient 0")
        );
        assert!(adam_step(&[&p], &[&p], &[&m], &[&m], &[&p], None, &o).unwrap_err().contains("step counter 0"));
        assert!(adam_step(&[&p, &p], &[&p], &[&m], &[&m], &[&s], None, &o).unwrap_err().contains("2 parameters"));
        assert_eq!((p, s.double_value(&[])), (filled(&[3], 1), 0.0));
        adam_step::<Tensor, Tensor, Tensor>(&[], &[], &[], &[], &[], None, &o).unwrap();
    }

    #[test]
    fn clipping_scales_to_the_norm_or_leaves_alone() {
        let grads = || vec![Tensor::from_slice(&[3f32, 0.]), Tensor::from_slice(&[4f32])];
        let g = grads();
        assert_eq!(clip_grad_norm(&g, 10.0).unwrap().double_value(&[]), 5.0);
        assert_eq!(g, grads());
        assert_eq!(clip_grad_norm(&g, 1.0).unwrap().double_value(&[]), 5.0);
        assert!((grad_norm(&g).unwrap().double_value(&[]) - 1.0).abs() < 1e-5);
        assert!((g[1].double_value(&[0]) - 0.8).abs() < 1e-5);
        assert!(grad_norm::<Tensor>(&[]).unwrap_err().contains("no gradients"));
    }

    #[test]
    fn a_bad_norm_skips_the_step() {
        for (gradient, moves) in [(0.5f32, true), (f32::NAN, false), (f32::INFINITY, false), (3e30, false)] {
            for decoupled in [false, true] {
                let (p, g) = (filled(&[70], 1), filled(&[70], 2));
                let before = p.copy();
                let _ = g.get(3).fill_(f64::from(gradient));
                let (m, v, s) = (p.zeros_like(), p.zeros_like(), Tensor::from(0f32));
                let bad = is_bad(&grad_norm(&[&g]).unwrap()).unwrap();
                assert_eq!(bad.double_value(&[]), if moves { 0.0 } else { 1.0 });
                let o = Adam { weight_decay: 0.1, decoupled, ..Adam::default() };
                adam_step(&[&p], &[&g], &[&m], &[&v], &[&s], Some(&bad), &o).unwrap();
                assert_eq!((p != before, m != p.zeros_like()), (moves, moves), "{gradient}");
                // A step that is not skipped is the step without the check, bit for bit.
                let (q, n, w, t) = (before.copy(), p.zeros_like(), p.zeros_like(), Tensor::from(0f32));
                adam_step(&[&q], &[&g], &[&n], &[&w], &[&t], None, &o).unwrap();
                assert_eq!(p == q, moves, "{gradient}");
            }
        }
    }
}
