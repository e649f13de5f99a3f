//! Weights of a file into all parameters of a model: a checkpoint of `dsc`, or one of another program by a map of names.

use std::collections::BTreeMap;

use super::encoder_weights::a_few;
use super::weight_map::{Part, WeightMap};
use dsc_data::text::WeightFile;
use dsc_graph::dims::DimTable;
use dsc_graph::{Graph, Param};
use dsc_runtime::ParamStore;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0918;

/// Weights that a model starts from.
#[derive(Debug)]
pub struct InitialWeights {
    /// The file.
    pub file: WeightFile,
    /// Its names; without them, or where it has all of the model's own paths, they are those.
    pub names: Option<WeightMap>,
}

/// What a file gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Parameters that were set: all of the model's.
    pub parameters: usize,
    /// Tensors of the file that the map says nobody reads.
    pub unread: usize,
}

/// A parameter with its numbers.
struct Found<'g> {
    path: &'g str,
    shape: Vec<i64>,
    numbers: Vec<f32>,
}

impl InitialWeights {
    /// Whether the weights are those of the model: what [`load`](Self::load) would say.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn check(&self, graph: &Graph, dims: &DimTable) -> Result<(), Diagnostic> {
        self.find(graph, dims).map(|_| ())
    }

    /// Sets every parameter of the model.
    ///
    /// # Errors
    /// `E0918` for parameters that the file lacks or has in another shape, for tensors, and parts of them, that nothing takes
    /// and for those that two parameters take: all of them at once, a few by name. `E0806` for numbers that are no floats.
    /// The store is then as it was.
    pub fn load(&self, graph: &Graph, dims: &DimTable, store: &mut ParamStore) -> Result<Loaded, Diagnostic> {
        let (found, unread) = self.find(graph, dims)?;
        for Found { path, shape, numbers } in &found {
            store.set(path, shape, numbers)?;
        }
        Ok(Loaded { parameters: found.len(), unread })
    }

    /// The names, unless the file calls every weight as the model does: a checkpoint of `dsc`.
    fn map(&self, graph: &Graph) -> Option<&WeightMap> {
        let own = graph.params.iter().all(|p| self.file.get(&p.path).is_some());
        self.names.as_ref().filter(|_| !own)
    }

    /// All parameters with their numbers, and how many tensors nobody reads.
    fn find<'g>(&self, graph: &'g Graph, dims: &DimTable) -> Result<(Vec<Found<'g>>, usize), Diagnostic> {
        let map = self.map(graph);
        let mut faults = Vec::new();
        let mut found: Vec<(&Param, Vec<i64>, String, Part)> = Vec::with_capacity(graph.params.len());
        // For each tensor, which parameter takes which part of it.
        let mut taken: BTreeMap<String, Vec<(Part, &str)>> = BTreeMap::new();
        for param in &graph.params {
            let named = match map {
                Some(names) => names.theirs(param),
                None => Some((param.path.clone(), Part::WHOLE)),
            };
            let Some((name, part)) = named else {
                faults.push(format!("no line of the map names `{}`", param.path));
                continue;
            };
            let Some(weight) = self.file.get(&name) else {
                faults.push(format!("`{name}` is missing (parameter `{}`)", param.path));
                continue;
            };
            taken.entry(name.clone()).or_default().push((part, &param.path));
            let own: Vec<i64> = param.shape.iter().map(|d| d.eval(dims).unwrap_or_default()).collect();
            if !fits(weight.shape(), part, &own) {
                let of = if part == Part::WHOLE { String::new() } else { format!(" (1/{} of it)", part.of) };
                faults.push(format!("`{name}` has shape {:?}{of}, `{}` has {own:?}", weight.shape(), param.path));
                continue;
            }
            found.push((param, own, name, part));
        }
        faults.extend(taken.iter().filter_map(|(name, parts)| Some(format!("{} of `{name}`", uncovered(parts)?))));
        let is_unread = |name: &str| map.map_or_else(|| name.contains('/'), |names| names.is_unread(name));
        let (unread, left): (Vec<&str>, Vec<&str>) =
            self.file.names().filter(|name| !taken.contains_key(*name)).partition(|name| is_unread(name));
        faults.extend(left.iter().map(|name| format!("nothing takes `{name}`")));
        if !faults.is_empty() {
            return Err(self.misfit(faults, graph, map.is_some()));
        }
        let numbers = |(param, shape, name, part): (&'g Param, _, String, _)| {
            Ok(Found { path: &param.path, shape, numbers: cut(self.file.f32(&name)?, part) })
        };
        Ok((found.into_iter().map(numbers).collect::<Result<_, Diagnostic>>()?, unread.len()))
    }

    fn misfit(&self, faults: Vec<String>, graph: &Graph, mapped: bool) -> Diagnostic {
        let none_fits = faults.iter().filter(|f| f.contains("is missing")).count() == graph.params.len();
        let message =
            format!("the weights of `{}` do not fit `{}`: {}", self.file.path().display(), graph.name, a_few(faults));
        Diagnostic::error(E0918, message).help(match (mapped, none_fits) {
            (true, _) => {
                "use the hypers, data and text encoder that the weights were trained with, or mend the map of names"
            }
            (false, true) => {
                "the names of another program's weights need a map: `--names FILE`, or MODEL.names beside the model"
            }
            (false, false) => "use the model, hypers, data and text encoder that the weights were trained with",
        })
    }
}

/// What is wrong with the parts of one tensor that parameters take, if anything is: each part has one parameter.
fn uncovered(parts: &[(Part, &str)]) -> Option<String> {
    let ((Part { of, .. }, first), _) = parts.split_first()?;
    if let Some((_, other)) = parts.iter().find(|(part, _)| part.of != *of) {
        return Some(format!("`{first}` and `{other}` take parts of different sizes"));
    }
    (1..=*of).find_map(|number| {
        let takers: Vec<&str> = parts.iter().filter(|(p, _)| p.number == number).map(|(_, path)| *path).collect();
        match takers.as_slice() {
            [_] => None,
            [] => Some(format!("nothing takes part {number} of {of}")),
            [a, b, ..] => Some(format!("`{a}` and `{b}` take one part")),
        }
    })
}

/// Whether a part of a tensor has a parameter's shape, axes of length 1 aside.
fn fits(theirs: &[usize], part: Part, own: &[i64]) -> bool {
    let longer = |shape: &mut dyn Iterator<Item = usize>| shape.filter(|n| *n != 1).collect::<Vec<_>>();
    let mut rows = theirs.to_vec();
    if let Some(first) = rows.first_mut() {
        if !first.is_multiple_of(part.of) {
            return false;
        }
        *first /= part.of;
    }
    longer(&mut rows.into_iter()) == longer(&mut own.iter().map(|n| *n as usize))
}

/// A part of the rows.
fn cut(numbers: Vec<f32>, part: Part) -> Vec<f32> {
    let each = numbers.len() / part.of;
    if part.of == 1 { numbers } else { numbers.into_iter().skip((part.number - 1) * each).take(each).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_one_parameter() {
        let part = |number, of| Part { number, of };
        let all = |parts: &[(Part, &'static str)]| uncovered(parts).unwrap_or_default();
        assert_eq!(all(&[(Part::WHOLE, "a")]), "");
        assert_eq!(all(&[(part(2, 2), "a"), (part(1, 2), "b")]), "");
        assert_eq!(all(&[(part(1, 3), "a"), (part(3, 3), "b")]), "nothing takes part 2 of 3");
        assert_eq!(all(&[(part(1, 2), "a"), (part(1, 2), "b"), (part(2, 2), "c")]), "`a` and `b` take one part");
        assert_eq!(all(&[(Part::WHOLE, "a"), (Part::WHOLE, "b")]), "`a` and `b` take one part");
        assert_eq!(all(&[(part(1, 2), "a"), (part(2, 3), "b")]), "`a` and `b` take parts of different sizes");
    }

    #[test]
    fn shapes_fit_but_for_axes_of_one() {
        assert!(fits(&[384, 128], Part { number: 2, of: 3 }, &[128, 128]));
        assert!(fits(&[1, 56, 128], Part::WHOLE, &[56, 128]) && fits(&[1, 1, 128], Part::WHOLE, &[1, 128]));
        assert!(!fits(&[56, 128], Part::WHOLE, &[128, 56]) && !fits(&[385], Part { number: 1, of: 3 }, &[128]));
        assert_eq!(cut((0..6).map(|n| n as f32).collect(), Part { number: 2, of: 3 }), [2.0, 3.0]);
    }
}
