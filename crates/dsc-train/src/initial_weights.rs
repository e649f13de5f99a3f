//! Reads the weights of a whole model from a checkpoint of `dsc`, or of another program with a [`WeightMap`].

use std::collections::BTreeMap;

use super::encoder_weights::a_few;
use super::weight_map::{RowChunk, WeightMap};
use dsc_data::text::WeightFile;
use dsc_graph::dims::DimTable;
use dsc_graph::{Graph, Param};
use dsc_runtime::ParamStore;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0918;

/// The weights of a whole model in a checkpoint file.
#[derive(Debug)]
pub struct InitialWeights {
    /// The checkpoint.
    pub file: WeightFile,
    /// Maps parameters to tensors. Not used if the file has a tensor for the path of every parameter.
    pub names: Option<WeightMap>,
}

/// The result of loading a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Number of parameters that were set, all of the model.
    pub parameters: usize,
    /// Number of tensors of the file that the map lists as not read.
    pub unread: usize,
}

/// A parameter and its values.
struct Found<'g> {
    path: &'g str,
    shape: Vec<i64>,
    numbers: Vec<f32>,
}

impl InitialWeights {
    /// Checks that the weights fit the model, without loading them.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn check(&self, graph: &Graph, dims: &DimTable) -> Result<(), Diagnostic> {
        self.find(graph, dims).map(|_| ())
    }

    /// Sets every parameter of the model from the file.
    ///
    /// # Errors
    /// `E0918` for parameters that are missing in the file or have another shape, for tensors (or chunks) that no parameter uses,
    /// and for those that two parameters use: one error that names the first four. `E0806` for tensors that are not floating
    /// point. The store is then unchanged.
    pub fn load(&self, graph: &Graph, dims: &DimTable, store: &mut ParamStore) -> Result<Loaded, Diagnostic> {
        let (found, unread) = self.find(graph, dims)?;
        for Found { path, shape, numbers } in &found {
            store.set(path, shape, numbers)?;
        }
        Ok(Loaded { parameters: found.len(), unread })
    }

    /// The weight map, unless the file has the paths of the model: a checkpoint of `dsc`.
    fn map(&self, graph: &Graph) -> Option<&WeightMap> {
        let own = graph.params.iter().all(|p| self.file.get(&p.path).is_some());
        self.names.as_ref().filter(|_| !own)
    }

    /// The text that the names in the file have in front of those that are looked for: `module.` of a model on several devices,
    /// `_orig_mod.` of a compiled one, `net.` of a part of a larger one. Empty unless it finds most names, and more than without.
    fn prefix(&self, graph: &Graph, map: Option<&WeightMap>) -> String {
        let wanted: Vec<String> = graph.params.iter().filter_map(|p| tensor_of(p, map)).map(|(name, _)| name).collect();
        let found =
            |prefix: &str| wanted.iter().filter(|name| self.file.get(&format!("{prefix}{name}")).is_some()).count();
        let Some(first) = wanted.first() else { return String::new() };
        let before = |name: &str, wanted: &str| {
            name.strip_suffix(wanted).filter(|prefix| prefix.ends_with('.')).map(str::to_owned)
        };
        // The first weight may be the one that is missing.
        let some = [Some(first), wanted.get(wanted.len() / 2), wanted.last()];
        let mut best = (found(""), String::new());
        for wanted in some.into_iter().flatten() {
            for prefix in self.file.names().filter_map(|name| before(name, wanted)) {
                let count = found(&prefix);
                if count > best.0 {
                    best = (count, prefix);
                }
            }
        }
        if best.0 * 2 > wanted.len() { best.1 } else { String::new() }
    }

    /// All parameters with their values, and the number of tensors that are not read.
    fn find<'g>(&self, graph: &'g Graph, dims: &DimTable) -> Result<(Vec<Found<'g>>, usize), Diagnostic> {
        let map = self.map(graph);
        let prefix = self.prefix(graph, map);
        let mut faults = Vec::new();
        let mut found: Vec<(&Param, Vec<i64>, String, RowChunk)> = Vec::with_capacity(graph.params.len());
        // For each tensor, which parameter uses which chunk of it.
        let mut taken: BTreeMap<String, Vec<(RowChunk, &str)>> = BTreeMap::new();
        for param in &graph.params {
            let Some((name, chunk)) = tensor_of(param, map) else {
                faults.push(format!("the weight map has no entry for `{}`", param.path));
                continue;
            };
            let name = format!("{prefix}{name}");
            let Some(weight) = self.file.get(&name) else {
                faults.push(format!("{} (parameter `{}`)", self.file.lacks(&name), param.path));
                continue;
            };
            taken.entry(name.clone()).or_default().push((chunk, &param.path));
            let own: Vec<i64> = param.shape.iter().map(|d| d.eval(dims).unwrap_or_default()).collect();
            if !fits(weight.shape(), chunk, &own) {
                let of = if chunk == RowChunk::WHOLE { String::new() } else { format!(" (1/{} of it)", chunk.of) };
                faults.push(format!("`{name}` has shape {:?}{of}, `{}` has {own:?}", weight.shape(), param.path));
                continue;
            }
            found.push((param, own, name, chunk));
        }
        faults.extend(taken.iter().filter_map(|(name, chunks)| Some(format!("{} of `{name}`", uncovered(chunks)?))));
        let is_unread = |name: &str| {
            let name = name.strip_prefix(prefix.as_str()).unwrap_or(name);
            map.map_or_else(|| name.contains('/'), |names| names.is_unread(name))
        };
        let (unread, left): (Vec<&str>, Vec<&str>) =
            self.file.names().filter(|name| !taken.contains_key(*name)).partition(|name| is_unread(name));
        faults.extend(left.iter().map(|name| format!("tensor `{name}` is not used")));
        if !faults.is_empty() {
            return Err(self.misfit(faults, graph, map.is_some()));
        }
        let numbers = |(param, shape, name, chunk): (&'g Param, _, String, _)| {
            Ok(Found { path: &param.path, shape, numbers: cut(self.file.f32(&name)?, chunk) })
        };
        Ok((found.into_iter().map(numbers).collect::<Result<_, Diagnostic>>()?, unread.len()))
    }

    fn misfit(&self, faults: Vec<String>, graph: &Graph, mapped: bool) -> Diagnostic {
        let none_fits = faults.iter().filter(|f| f.contains("is missing")).count() == graph.params.len();
        let message =
            format!("the weights of `{}` do not fit `{}`: {}", self.file.path().display(), graph.name, a_few(faults));
        Diagnostic::error(E0918, message).help(match (mapped, none_fits) {
            (true, _) => {
                "use the hypers, data and text encoder that the weights were trained with, or correct the weight map"
            }
            (false, true) => {
                "weights of another program need a weight map: `--names FILE`, or a file MODEL.names next to the model"
            }
            (false, false) => "use the model, hypers, data and text encoder that the weights were trained with",
        })
    }
}

/// The name, and the chunk, of the tensor that a weight is read from.
fn tensor_of(param: &Param, map: Option<&WeightMap>) -> Option<(String, RowChunk)> {
    match map {
        Some(names) => names.tensor_of(param),
        None => Some((param.path.clone(), RowChunk::WHOLE)),
    }
}

/// An error if the chunks of one tensor are not used by exactly one parameter each.
fn uncovered(chunks: &[(RowChunk, &str)]) -> Option<String> {
    let ((RowChunk { of, .. }, first), _) = chunks.split_first()?;
    if let Some((_, other)) = chunks.iter().find(|(chunk, _)| chunk.of != *of) {
        return Some(format!("`{first}` and `{other}` use chunks of different sizes"));
    }
    (1..=*of).find_map(|number| {
        let takers: Vec<&str> = chunks.iter().filter(|(p, _)| p.number == number).map(|(_, path)| *path).collect();
        match takers.as_slice() {
            [_] => None,
            [] => Some(format!("no parameter uses chunk {number} of {of}")),
            [a, b, ..] => Some(format!("`{a}` and `{b}` use the same chunk")),
        }
    })
}

/// Whether a chunk of a tensor has the shape of a parameter, ignoring axes of length 1.
fn fits(theirs: &[usize], chunk: RowChunk, own: &[i64]) -> bool {
    let longer = |shape: &mut dyn Iterator<Item = usize>| shape.filter(|n| *n != 1).collect::<Vec<_>>();
    let mut rows = theirs.to_vec();
    if let Some(first) = rows.first_mut() {
        if !first.is_multiple_of(chunk.of) {
            return false;
        }
        *first /= chunk.of;
    }
    longer(&mut rows.into_iter()) == longer(&mut own.iter().map(|n| *n as usize))
}

/// The values of a chunk of the rows.
fn cut(numbers: Vec<f32>, chunk: RowChunk) -> Vec<f32> {
    let each = numbers.len() / chunk.of;
    if chunk.of == 1 { numbers } else { numbers.into_iter().skip((chunk.number - 1) * each).take(each).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_has_one_parameter() {
        let chunk = |number, of| RowChunk { number, of };
        let all = |chunks: &[(RowChunk, &'static str)]| uncovered(chunks).unwrap_or_default();
        assert_eq!(all(&[(RowChunk::WHOLE, "a")]), "");
        assert_eq!(all(&[(chunk(2, 2), "a"), (chunk(1, 2), "b")]), "");
        assert_eq!(all(&[(chunk(1, 3), "a"), (chunk(3, 3), "b")]), "no parameter uses chunk 2 of 3");
        assert_eq!(
            all(&[(chunk(1, 2), "a"), (chunk(1, 2), "b"), (chunk(2, 2), "c")]),
            "`a` and `b` use the same chunk"
        );
        assert_eq!(all(&[(RowChunk::WHOLE, "a"), (RowChunk::WHOLE, "b")]), "`a` and `b` use the same chunk");
        assert_eq!(all(&[(chunk(1, 2), "a"), (chunk(2, 3), "b")]), "`a` and `b` use chunks of different sizes");
    }

    #[test]
    fn shapes_fit_but_for_axes_of_one() {
        assert!(fits(&[384, 128], RowChunk { number: 2, of: 3 }, &[128, 128]));
        assert!(fits(&[1, 56, 128], RowChunk::WHOLE, &[56, 128]) && fits(&[1, 1, 128], RowChunk::WHOLE, &[1, 128]));
        assert!(!fits(&[56, 128], RowChunk::WHOLE, &[128, 56]) && !fits(&[385], RowChunk { number: 1, of: 3 }, &[128]));
        assert_eq!(cut((0..6).map(|n| n as f32).collect(), RowChunk { number: 2, of: 3 }), [2.0, 3.0]);
    }
}
