//! Weights of a file into all parameters of a model: a checkpoint of `dsc`, or one of another program by a map of names.

use std::collections::BTreeSet;

use super::names::{NameMap, Part};
use crate::data::text::WeightFile;
use crate::diag::Diagnostic;
use crate::diag::codes::run::E0918;
use crate::ir::{Graph, Param};
use crate::runtime::ParamStore;

/// At most this many names stand in one message.
const NAMED: usize = 4;

/// Weights that a model starts from.
#[derive(Debug)]
pub struct InitialWeights {
    /// The file.
    pub file: WeightFile,
    /// Its names; without them they are the model's own paths.
    pub names: Option<NameMap>,
}

/// What a file gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Parameters that were set: all of the model's.
    pub parameters: usize,
    /// Tensors of the file that the map says nobody reads.
    pub unread: usize,
}

impl InitialWeights {
    /// Sets every parameter of the model.
    ///
    /// # Errors
    /// `E0918` for parameters that the file lacks or has in another shape, and for tensors that nothing takes: all of them
    /// at once, a few by name. `E0806` for numbers that are no floats. The store is then as it was.
    pub fn load(&self, graph: &Graph, store: &mut ParamStore) -> Result<Loaded, Diagnostic> {
        let mut faults = Vec::new();
        let mut taken = BTreeSet::new();
        let mut found = Vec::with_capacity(graph.params.len());
        for param in &graph.params {
            let Some((name, part)) = self.name_of(param) else {
                faults.push(format!("no line of the map names `{}`", param.path));
                continue;
            };
            let Some(weight) = self.file.get(&name) else {
                faults.push(format!("`{name}` is missing (parameter `{}`)", param.path));
                continue;
            };
            let own = store.tensor(&param.path).map(|t| t.size()).unwrap_or_default();
            if !fits(weight.shape(), part, &own) {
                let of = if part == Part::WHOLE { String::new() } else { format!(" (1/{} of it)", part.of) };
                faults.push(format!("`{name}` has shape {:?}{of}, `{}` has {own:?}", weight.shape(), param.path));
                continue;
            }
            taken.insert(name.clone());
            found.push((param.path.as_str(), own, name, part));
        }
        let (unread, left): (Vec<&str>, Vec<&str>) =
            self.file.names().filter(|name| !taken.contains(*name)).partition(|name| self.is_unread(name));
        faults.extend(left.iter().map(|name| format!("nothing takes `{name}`")));
        if !faults.is_empty() {
            return Err(self.misfit(faults, graph));
        }
        let all: Vec<_> = found
            .into_iter()
            .map(|(path, own, name, part)| Ok((path, own, cut(self.file.f32(&name)?, part))))
            .collect::<Result<_, Diagnostic>>()?;
        for (path, shape, numbers) in &all {
            store.set(path, shape, numbers)?;
        }
        Ok(Loaded { parameters: all.len(), unread: unread.len() })
    }

    fn name_of(&self, param: &Param) -> Option<(String, Part)> {
        match &self.names {
            Some(names) => names.theirs(param),
            None => Some((param.path.clone(), Part::WHOLE)),
        }
    }

    /// Beside weights, a checkpoint of ours holds moments and lists, whose names have a slash.
    fn is_unread(&self, name: &str) -> bool {
        match &self.names {
            Some(names) => names.is_unread(name),
            None => name.contains('/'),
        }
    }

    fn misfit(&self, mut faults: Vec<String>, graph: &Graph) -> Diagnostic {
        let more = faults.len().saturating_sub(NAMED);
        faults.truncate(NAMED);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        let message = format!(
            "the weights of `{}` do not fit `{}`: {}{more}",
            self.file.path().display(),
            graph.name,
            faults.join("; ")
        );
        Diagnostic::error(E0918, message).help(match self.names {
            Some(_) => {
                "use the hypers, data and text encoder that the weights were trained with, or mend the map of names"
            }
            None => {
                "the names of another program's weights need a map: `--names FILE`, or MODEL.names beside the model"
            }
        })
    }
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
    fn shapes_fit_but_for_axes_of_one() {
        assert!(fits(&[384, 128], Part { number: 2, of: 3 }, &[128, 128]));
        assert!(fits(&[1, 56, 128], Part::WHOLE, &[56, 128]) && fits(&[1, 1, 128], Part::WHOLE, &[1, 128]));
        assert!(!fits(&[56, 128], Part::WHOLE, &[128, 56]) && !fits(&[385], Part { number: 1, of: 3 }, &[128]));
        assert_eq!(cut((0..6).map(|n| n as f32).collect(), Part { number: 2, of: 3 }), [2.0, 3.0]);
    }
}
