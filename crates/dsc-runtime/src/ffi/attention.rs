//! Attention of many samples of any length on the CPU, each by itself, with its gradient (`shim/attention.cpp`).

use super::raw::{self, AttentionSettings, check, take_tensor};
use std::ptr;
use tch::Tensor;

pub use super::raw::Place;

/// What all samples share.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Number of heads. Those of a query lie side by side in its row.
    pub heads: i64,
    /// Whether all heads read the same keys and values, which then have the width of one head.
    pub shared: bool,
    /// Row `i` sees the keys up to `i + offset`.
    pub offset: Option<i64>,
    /// Row `i` sees the keys at most as far away from it as this.
    pub window: Option<i64>,
    /// What scores are multiplied with.
    pub scale: f64,
    /// What the weights that dropout keeps are multiplied with.
    pub keep: f64,
}

impl Attention {
    /// Queries `[rows, heads * k]`, keys `[rows, heads * k]` and values `[rows, heads * e]`, of 32 or 64 bits, to
    /// `[rows of the queries, heads * e]`; shared keys are `[rows, k]`, and their values `[rows, e]`. Rows that no place has, and queries
    /// that see no key, are 0. Sums run in an order that depends on the sample alone.
    ///
    /// `bits` has a bit for each weight, 1 where it is kept, from the `bits` of its place on: for each head, then each query, the keys
    /// in whole words, the first in the lowest bit. It is empty without dropout.
    ///
    /// # Errors
    /// Values, places or bits that do not fit each other, a place without keys, and too little memory.
    pub fn apply(&self, values: [&Tensor; 3], places: &[Place], bits: &[u16]) -> Result<Tensor, String> {
        self.apply_with(0, values, places, bits)
    }

    /// The same with a set of kernels: 0 for the widest that the processor has.
    fn apply_with(
        &self,
        set: i64,
        [query, key, value]: [&Tensor; 3],
        places: &[Place],
        bits: &[u16],
    ) -> Result<Tensor, String> {
        let settings = AttentionSettings {
            heads: self.heads,
            shared: self.shared.into(),
            causal: self.offset.is_some().into(),
            offset: self.offset.unwrap_or(0),
            window: self.window.unwrap_or(-1),
            scale: self.scale,
            keep: self.keep,
            set,
        };
        let mut out = ptr::null_mut();
        // SAFETY: tensors, settings, places and bits are borrowed for the call, which copies what it keeps; the result goes to a
        // live local, and is a new tensor on success.
        unsafe {
            check(raw::dsc_attention(
                query.as_ptr(),
                key.as_ptr(),
                value.as_ptr(),
                &settings,
                places.as_ptr(),
                places.len() as i64,
                bits.as_ptr(),
                bits.len() as i64,
                &mut out,
            ))?;
            Ok(take_tensor(out))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    /// Two samples of 5 and 37 queries, of 19 and 1 keys, behind a row that no sample has.
    const PLACES: [Place; 2] = [
        Place { query: 1, queries: 5, key: 0, keys: 19, bits: 0 },
        Place { query: 6, queries: 37, key: 19, keys: 1, bits: 5 * 2 * 2 },
    ];
    const HEADS: i64 = 2;

    /// Numbers between -1 and 1 that a formula gives.
    fn numbers(rows: i64, width: i64, kind: Kind) -> Tensor {
        let at = Tensor::arange(rows * width, (Kind::Double, Device::Cpu)) * (0.37 + 0.01 * rows as f64);
        (at.sin() * 0.9).view([rows, width]).to_kind(kind)
    }

    fn bits() -> Vec<u16> {
        (0..HEADS * (5 * 2 + 37)).map(|i| (i * 40_503 % 65_521) as u16).collect()
    }

    /// The same by operators of libtorch, every sample and head by itself.
    fn plain(a: &Attention, [q, k, v]: [&Tensor; 3], bits: &[u16]) -> Tensor {
        let mut rows =
            vec![Tensor::zeros([1, v.size()[1] * if a.shared { HEADS } else { 1 }], (q.kind(), Device::Cpu))];
        for place in PLACES {
            let mut heads = Vec::new();
            for head in 0..HEADS {
                let part = |x: &Tensor, from: i64, rows: i64, shared: bool| {
                    let of = if shared { 1 } else { HEADS };
                    let width = x.size()[1] / of;
                    x.narrow(0, from, rows).narrow(1, if shared { 0 } else { head * width }, width)
                };
                let query = part(q, place.query, place.queries, false);
                let key = part(k, place.key, place.keys, a.shared);
                let value = part(v, place.key, place.keys, a.shared);
                let ahead = Tensor::arange(place.keys, (Kind::Int64, Device::Cpu)).unsqueeze(0)
                    - Tensor::arange(place.queries, (Kind::Int64, Device::Cpu)).unsqueeze(1);
                let mut hidden = ahead.gt(a.offset.unwrap_or(1000));
                hidden = hidden.logical_or(&ahead.abs().gt(a.window.unwrap_or(1000)));
                let scores = (query.matmul(&key.transpose(0, 1)) * a.scale).masked_fill(&hidden, f64::NEG_INFINITY);
                let mut weights = scores.softmax(-1, None).nan_to_num(0.0, None, None);
                if !bits.is_empty() {
                    let words = (place.keys as usize).div_ceil(16);
                    let of = |i: i64, j: i64| {
                        let line = place.bits as usize + ((head * place.queries + i) as usize) * words;
                        f64::from(bits[line + j as usize / 16] >> (j % 16) & 1)
                    };
                    let kept: Vec<f64> =
                        (0..place.queries).flat_map(|i| (0..place.keys).map(move |j| of(i, j))).collect();
                    weights =
                        weights * Tensor::from_slice(&kept).view_as(&weights_like(&place)).to_kind(q.kind()) * a.keep;
                }
                heads.push(weights.matmul(&value));
            }
            rows.push(Tensor::cat(&heads, 1));
        }
        Tensor::cat(&rows, 0)
    }

    fn weights_like(place: &Place) -> Tensor {
        Tensor::zeros([place.queries, place.keys], (Kind::Double, Device::Cpu))
    }

    #[test]
    fn every_instruction_set_computes_attention_and_its_gradient() {
        let full = Attention { heads: HEADS, shared: false, offset: None, window: None, scale: 0.7, keep: 1.0 };
        let forms = [
            (full.clone(), vec![]),
            (Attention { offset: Some(1), ..full.clone() }, vec![]),
            (Attention { offset: Some(0), window: Some(3), scale: -0.4, ..full.clone() }, vec![]),
            (Attention { keep: 2.0, ..full.clone() }, bits()),
            (Attention { shared: true, keep: 1.5, window: Some(40), ..full }, bits()),
        ];
        // SAFETY: it only counts.
        let sets = unsafe { raw::dsc_kernel_sets() };
        assert!(sets > 0);
        for set in 1..=sets {
            for (kind, tolerance) in [(Kind::Double, 1e-12), (Kind::Float, 2e-5)] {
                for (width, columns) in [(3, 5), (16, 16), (40, 24)] {
                    for (attention, bits) in &forms {
                        let of = if attention.shared { 1 } else { HEADS };
                        let x = [(43, HEADS * width), (20, of * width), (20, of * columns)];
                        let run = |own: bool| {
                            // A leaf each, read through a view whose rows lie further apart.
                            let leaf = x.map(|(n, w)| numbers(n, w + 1, kind).set_requires_grad(true));
                            let [q, k, v] = [0, 1, 2].map(|i| leaf[i].narrow(1, 1, x[i].1));
                            let out = match own {
                                true => attention.apply_with(set, [&q, &k, &v], &PLACES, bits).unwrap(),
                                false => plain(attention, [&q, &k, &v], bits),
                            };
                            let loss = (&out * numbers(out.size()[0], out.size()[1], kind)).sum(kind);
                            loss.backward();
                            let gradients = leaf.map(|leaf| leaf.grad());
                            (out, gradients)
                        };
                        let ((got, slopes), (want, wanted)) = (run(true), run(false));
                        let what = format!("set {set}, {kind:?}, {width}, {columns}, {attention:?}");
                        let off = |a: &Tensor, b: &Tensor| (a - b).abs().max().double_value(&[]);
                        assert!(off(&got, &want) < tolerance, "{what}: {}", off(&got, &want));
                        for (i, (got, want)) in slopes.iter().zip(&wanted).enumerate() {
                            assert!(off(got, want) < 5.0 * tolerance, "{what}, operand {i}: {}", off(got, want));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn large_scores_and_far_windows_change_nothing_of_it() {
        let plain_scale = Attention { heads: HEADS, shared: false, offset: None, window: None, scale: 0.7, keep: 1.0 };
        let far = Attention { offset: Some(i64::MAX), window: Some(i64::MAX), ..plain_scale.clone() };
        // SAFETY: it only counts.
        let sets = unsafe { raw::dsc_kernel_sets() };
        for set in 1..=sets {
            for size in [1.0, 100.0, 1e4, 1e6] {
                let x = [(43, 16), (20, 16), (20, 16)].map(|(n, w)| numbers(n, w, Kind::Float) * size);
                let run = |attention: &Attention, kind: Kind| {
                    let [q, k, v] = [0, 1, 2].map(|i| x[i].to_kind(kind).copy().set_requires_grad(true));
                    let out = attention.apply_with(set, [&q, &k, &v], &PLACES, &[]).unwrap();
                    (&out * numbers(43, 16, kind)).sum(kind).backward();
                    [out, v.grad()].map(|x| x.detach().to_kind(Kind::Double))
                };
                let (found, exact, beyond) =
                    (run(&plain_scale, Kind::Float), run(&plain_scale, Kind::Double), run(&far, Kind::Float));
                for ((found, exact), beyond) in found.iter().zip(&exact).zip(&beyond) {
                    let off = (found - exact).abs().max() / exact.abs().max();
                    // Scores of 1e4 have three digits behind the point in 32 bits.
                    let tolerance = 1e-5_f64.max(size * size * 1e-6).min(1.0);
                    assert!(off.double_value(&[]) < tolerance, "set {set}, {size}: {off:?}");
                    assert_eq!(found, beyond);
                }
                // Weights of a query add up to 1, whatever the size of its scores.
                let [_, to_values] = &found;
                let all = numbers(43, 16, Kind::Double).narrow(0, 6, 37).sum_dim_intlist(
                    [0i64].as_slice(),
                    false,
                    Kind::Double,
                );
                let single = (to_values.get(19) - &all).abs().max().double_value(&[]);
                assert!(single < 1e-4, "set {set}, {size}: {single}");
            }
        }
    }

    #[test]
    fn numbers_that_are_none_stay_so_and_other_samples_do_not_see_them() {
        let a = Attention { heads: HEADS, shared: false, offset: None, window: None, scale: 1.0, keep: 1.0 };
        let [q, k, v] = [43, 20, 20].map(|n| numbers(n, 8, Kind::Float));
        let _ = k.get(3).fill_(f64::NAN);
        let out = a.apply([&q, &k, &v], &PLACES, &[]).unwrap();
        assert!(out.narrow(0, 1, 5).isnan().all().int64_value(&[]) == 1);
        assert!(out.narrow(0, 6, 37).isfinite().all().int64_value(&[]) == 1);
        let outside = [Place { keys: 21, ..PLACES[0] }];
        assert!(a.apply([&q, &k, &v], &outside, &[]).unwrap_err().contains("outside of its rows"));
        assert!(a.apply([&q, &k, &v], &PLACES, &[0; 3]).unwrap_err().contains("lacks bits"));
    }
}
