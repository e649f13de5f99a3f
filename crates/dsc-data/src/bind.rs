//! Binds the named dims of a graph to the sizes of a data set.

use super::binding::Binding;
use dsc_graph::InputDecl;
use dsc_graph::dims::{Atom, Dim, DimTable};
use dsc_graph::types::Type;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0613, E0614};
use dsc_syntax::source::Span;

/// The size of a dim, and name and place of the input that it comes from.
type Given = (i64, String, Span);

impl Binding {
    /// The sizes of all named dims of `inputs`: widths, and the maximum length of each time axis.
    ///
    /// # Errors
    /// `E0613` for an input whose stream is missing in the data or has another form, `E0614` if two inputs give the same width
    /// two sizes, or if the data have another width than the model file declares. All errors are returned at once.
    pub fn dims<'a>(&self, inputs: impl IntoIterator<Item = &'a InputDecl>) -> Result<DimTable, Vec<Diagnostic>> {
        let mut table = DimTable::default();
        let mut faults = Vec::new();
        let mut widths: Vec<(String, Given)> = Vec::new();
        for input in inputs {
            let (len, width) = match self.sizes(input) {
                Ok(sizes) => sizes,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            if let (Some(Atom::Length { name, .. }), Some(max)) = (input.ty.len().and_then(Dim::as_atom), len) {
                // Inputs that share a length variable are aligned; this is checked per sample when batches are made.
                let slot = table.max_lengths.entry(name.clone()).or_insert(max);
                *slot = (*slot).max(max);
            }
            let (Some(dim), Some(width)) = (input.ty.tensor().and_then(|t| t.dims.last()), width) else { continue };
            match (dim.as_atom(), dim.as_const()) {
                (Some(Atom::Width(name)), _) => {
                    let before = widths.iter().find(|(n, _)| n == name).map(|(_, given)| given.clone());
                    match before {
                        Some((n, other, place)) if n != width => faults.push(
                            Diagnostic::error(
                                E0614,
                                format!("{name} is {width} for `{}` and {n} for `{other}`", input.name),
                            )
                            .at(input.span, format!("{width} in {}", self.name))
                            .because(place, format!("{n} in {}", self.name))
                            .help("give the two widths different names"),
                        ),
                        Some(_) => {}
                        None => {
                            widths.push((name.clone(), (width, input.name.clone(), input.span)));
                            table.widths.insert(name.clone(), width);
                        }
                    }
                }
                (_, Some(n)) if n != width => faults.push(
                    Diagnostic::error(
                        E0614,
                        format!("`{}` has width {width} in {}, the model file declares {n}", input.name, self.name),
                    )
                    .at(input.span, format!("declared as {}", input.ty))
                    .help("write a name in place of the number to use the width of the data"),
                ),
                _ => {}
            }
        }
        if faults.is_empty() { Ok(table) } else { Err(faults) }
    }

    /// Maximum length and width of an input, as far as it has them.
    fn sizes(&self, input: &InputDecl) -> Result<(Option<i64>, Option<i64>), Diagnostic> {
        let number = |n: usize| i64::try_from(n).ok();
        let tensor = match &input.ty {
            Type::Tokens { .. } if self.texts.contains(&input.key) => return Ok((number(self.text_max_len), None)),
            Type::Tokens { .. } => {
                return Err(self
                    .missing(input, &format!("no `{}`", input.key))
                    .help("a text input that takes precomputed features is declared `input text : Seq<text>[T, ft]`"));
            }
            Type::Tensor(t) => t,
        };
        let Some(stream) = self.streams.get(&input.key) else {
            return Err(self
                .missing(input, &format!("no stream `{}`", input.key))
                .help(format!("available: {}; use `from \"key\"` to read another key", self.stream_names()))
                .did_you_mean(&input.key, self.streams.keys().map(String::as_str)));
        };
        match (tensor.time.is_some(), stream.vector) {
            (true, true) => {
                Err(self.missing(input, "one vector per sample, not a sequence,").help("declare it as `Vec[f]`"))
            }
            (false, false) => {
                Err(self.missing(input, "a sequence per sample, not a vector,").help("declare it as `Seq<m>[T, f]`"))
            }
            (true, false) => Ok((number(stream.max_len), number(stream.width))),
            (false, true) => Ok((None, number(stream.width))),
        }
    }

    fn missing(&self, input: &InputDecl, what: &str) -> Diagnostic {
        Diagnostic::error(E0613, format!("{} has {what} for the input `{}`", self.name, input.name))
            .at(input.span, format!("declared as {}", input.ty))
    }

    fn stream_names(&self) -> String {
        self.streams.iter().map(|(k, s)| format!("`{k}` ({} x {})", s.max_len, s.width)).collect::<Vec<_>>().join(", ")
    }
}
