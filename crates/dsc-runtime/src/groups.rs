//! Groups of samples of similar length: attention pads each group to its longest sample only.

use std::cell::OnceCell;

use tch::{Device, Tensor};

use super::band;
use super::fault::Fault;
use super::lengths::{Lengths, Packing, cached, places};
use dsc_graph::Band;

/// Cost of a further group on the CPU, in attention scores of one head (forward and backward). Measured for a training step of 16
/// anchors and 96 companions, six layers of 12 heads, sentences of 3 to 50 tokens, two threads, packed: 2525 ms without groups,
/// 1954 ms with the constant at 5,000, 1559 ms at 20,000, 1479 ms at 80,000. Small models do not profit from groups and become
/// slower with many of them.
const GROUP: i64 = 100_000;

/// The same for [`Packing::Everywhere`], where time does not matter: small batches get several groups, some with samples of
/// different length.
const SMALL: i64 = 100;

/// Samples that attend together.
pub(crate) struct Group {
    /// Rows of the samples in the batch.
    pub(crate) rows: Vec<usize>,
    /// Query rows per sample, padding included.
    pub(crate) queries: i64,
    /// Lengths of the keys, as padded sequences.
    pub(crate) keys: Lengths,
    /// Valid query rows of each sample.
    valid: Vec<i64>,
    band: Band,
    seen: OnceCell<Tensor>,
}

impl Group {
    /// The attention mask, see [`band::seen`], for a band that is not full.
    pub(crate) fn seen(&self, device: Device) -> Result<&Tensor, Fault> {
        cached(&self.seen, || band::seen(self.band, &self.valid, self.queries, &self.keys, device))
    }
}

/// How rows of one time axis attend to rows of another: gathers into the padded layout of each group and back. `None` for a gather
/// that would change nothing.
pub(crate) struct Groups {
    pub(crate) groups: Vec<Group>,
    /// For each query row of each group, its index in the query value.
    pub(crate) query: Option<Tensor>,
    /// For each key row of each group, its index in the key value.
    pub(crate) key: Option<Tensor>,
    /// For each row of the result, its index in the concatenated results of the groups.
    pub(crate) back: Option<Tensor>,
}

impl Groups {
    pub(crate) fn new(
        query: &Lengths,
        key: &Lengths,
        heads: i64,
        band: Band,
        packing: Packing,
        device: Device,
    ) -> Result<Groups, Fault> {
        let cost = match packing {
            Packing::Everywhere => Some(SMALL),
            // On a GPU the calls of a second group cost more than the scores of all padding.
            Packing::WherePays if !device.is_cuda() => Some(GROUP),
            _ => None,
        };
        let samples = query.lens.len();
        let groups: Vec<Group> = match cost {
            Some(cost) if query.ragged || key.ragged => split(query, key, heads, cost),
            _ => vec![(0..samples).collect()],
        }
        .into_iter()
        .map(|rows| Group {
            queries: rows.iter().map(|s| query.len(*s)).max().unwrap_or(0),
            keys: Lengths::new(rows.iter().map(|s| key.len(*s)).collect(), Packing::Never),
            valid: rows.iter().map(|s| query.len(*s)).collect(),
            band,
            seen: OnceCell::new(),
            rows,
        })
        .collect();
        let single = groups.len() == 1;
        let into = |of: &Lengths, longest: &dyn Fn(&Group) -> i64| -> Result<Option<Tensor>, Fault> {
            if single && !of.packed {
                return Ok(None);
            }
            let mut all = Vec::new();
            for group in &groups {
                for sample in &group.rows {
                    let len = of.len(*sample);
                    all.extend((0..longest(group)).map(|row| of.place(*sample, if row < len { row } else { 0 })));
                }
            }
            places(all, device).map(Some)
        };
        let (query_places, key_places) = (into(query, &|g| g.queries)?, into(key, &|g| g.keys.padded)?);
        let back = if single && !query.packed { None } else { Some(places(back(&groups, query), device)?) };
        Ok(Groups { query: query_places, key: key_places, back, groups })
    }
}

/// For each row of a value with the layout of the queries, its index in the concatenated results of the groups.
fn back(groups: &[Group], query: &Lengths) -> Vec<i64> {
    let mut starts = vec![0i64; query.lens.len()];
    let mut next = 0;
    for group in groups {
        for sample in &group.rows {
            if let Some(start) = starts.get_mut(*sample) {
                *start = next;
            }
            next += group.queries;
        }
    }
    let mut rows = Vec::with_capacity(query.flat_rows() as usize);
    for (start, len) in starts.iter().zip(&query.lens) {
        rows.extend(*start..start + len);
        if !query.packed {
            rows.extend((*len..query.padded).map(|_| *start));
        }
    }
    rows
}

/// Splits the samples, sorted by their number of scores, such that the fewest scores are computed, counting `cost` per group. Each
/// group keeps the order of the batch.
fn split(query: &Lengths, key: &Lengths, heads: i64, cost: i64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..query.lens.len()).collect();
    order.sort_by_key(|s| (query.len(*s) * key.len(*s), query.len(*s)));
    // best[j]: cost of the first j samples and where their last group begins.
    let mut best: Vec<(i64, usize)> = vec![(0, 0)];
    for end in 1..=order.len() {
        let (mut n, mut t, mut found) = (0, 0, (i64::MAX, 0));
        for (begin, sample) in order.iter().enumerate().take(end).rev() {
            (n, t) = (n.max(query.len(*sample)), t.max(key.len(*sample)));
            let before = best.get(begin).map_or(0, |b| b.0);
            let all = before + cost + n * t * heads * (end - begin) as i64;
            if all < found.0 {
                found = (all, begin);
            }
        }
        best.push(found);
    }
    let mut groups = Vec::new();
    let mut end = order.len();
    while end > 0 {
        let begin = best.get(end).map_or(0, |b| b.1);
        let mut group = order.get(begin..end).unwrap_or_default().to_vec();
        group.sort_unstable();
        groups.push(group);
        end = begin;
    }
    groups.reverse();
    groups
}
