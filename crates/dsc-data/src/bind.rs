//! Binds the named dims of a graph to the sizes of a data set.

use super::binding::Binding;
use super::card::cards;
use dsc_graph::InputDecl;
use dsc_graph::dims::{Atom, Dim, DimTable};
use dsc_graph::types::Type;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0613, E0614, E0616};
use dsc_syntax::source::Span;

/// The size of a dim, and name and place of the input that it comes from.
type Given = (i64, String, Span);

impl Binding {
    /// The sizes of all named dims of `inputs`: widths, and the maximum length of each time axis.
    ///
    /// # Errors
    /// `E0613` for an input whose stream is missing in the data or has another form, `E0614` if two inputs give the same width
    /// two sizes, or if the data have another width than the model file declares, `E0616` if inputs that share a length are
    /// not aligned. All errors are returned at once.
    pub fn dims<'a>(&self, inputs: impl IntoIterator<Item = &'a InputDecl>) -> Result<DimTable, Vec<Diagnostic>> {
        let mut table = DimTable::default();
        let mut faults = Vec::new();
        let mut widths: Vec<(String, Given)> = Vec::new();
        let mut lengths: Vec<(String, Given)> = Vec::new();
        let mut computed: Vec<(&InputDecl, &Dim, i64)> = Vec::new();
        for input in inputs {
            let (len, width) = match self.sizes(input) {
                Ok(sizes) => sizes,
                Err(fault) => {
                    faults.push(fault);
                    continue;
                }
            };
            if let (Some(Atom::Length { name, .. }), Some(max)) = (input.ty.len().and_then(Dim::as_atom), len) {
                // Inputs that share a length variable are aligned: each sample has as many rows of one as of the other, which
                // is checked when batches are made, so their longest have as many too. Texts are cut, so theirs says nothing.
                if input.ty.tensor().is_some() {
                    match lengths.iter().find(|(n, _)| n == name) {
                        Some((_, (other, first, place))) if *other != max => {
                            faults.push(self.not_aligned(input, max, name, (*other, first, *place)));
                        }
                        Some(_) => {}
                        None => lengths.push((name.clone(), (max, input.name.clone(), input.span))),
                    }
                }
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
                (None, None) => computed.push((input, dim, width)),
                _ => {}
            }
        }
        // A width that is computed from those of other inputs.
        for (input, dim, width) in computed {
            if let Some(n) = table.number(dim).filter(|n| *n != width) {
                faults.push(
                    Diagnostic::error(
                        E0614,
                        format!(
                            "`{}` has width {width} in {}, the model file declares {dim} = {n}",
                            input.name, self.name
                        ),
                    )
                    .at(input.span, format!("declared as {}", input.ty)),
                );
            }
        }
        if faults.is_empty() { Ok(table) } else { Err(faults) }
    }

    fn not_aligned(
        &self,
        input: &InputDecl,
        max: i64,
        length: &str,
        (other, first, place): (i64, &str, Span),
    ) -> Diagnostic {
        let message = format!(
            "`{}` has up to {max} rows in {}, `{first}` up to {other}, and both have the length `{length}`",
            input.name, self.name
        );
        let aligned = cards().iter().find(|card| card.recipe == self.name && card.name != self.name);
        let aligned = aligned.map_or_else(String::new, |card| format!(", `--data {}`", card.name));
        Diagnostic::error(E0616, message)
            .at(input.span, format!("up to {max} rows"))
            .because(place, format!("up to {other} rows"))
            .help(format!("use the aligned version of the data{aligned}, or give each input a length of its own"))
    }

    /// Maximum length and width of an input, as far as it has them.
    fn sizes(&self, input: &InputDecl) -> Result<(Option<i64>, Option<i64>), Diagnostic> {
        let number = |n: usize| i64::try_from(n).ok();
        let tensor = match &input.ty {
            Type::Tokens { .. } if self.texts.contains(&input.key) => return Ok((number(self.text_max_len), None)),
            Type::Tokens { .. } => {
                if let Some(reason) = self.unusable.get(&input.key) {
                    return Err(self.unusable(input, reason));
                }
                return Err(self
                    .missing(input, &format!("no `{}`", input.key))
                    .help("a text input that takes precomputed features is declared `input text : Seq<text>[T, ft]`"));
            }
            Type::Tensor(t) => t,
        };
        let Some(stream) = self.streams.get(&input.key) else {
            // A column of numbers is a vector of one number per sample.
            if self.labels.contains(&input.key) {
                return match tensor.time {
                    None => Ok((None, Some(1))),
                    Some(_) => Err(self
                        .missing(input, "one number per sample, not a sequence,")
                        .help("declare it as `Vec[1]`")),
                };
            }
            if let Some(reason) = self.unusable.get(&input.key) {
                return Err(self.unusable(input, reason));
            }
            return Err(self
                .missing(input, &format!("no stream `{}`", input.key))
                .help(match self.streams.is_empty() {
                    true => "there are no streams in the data".to_owned(),
                    false => format!("available: {}; use `from \"key\"` to read another key", self.stream_names()),
                })
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

    /// A key that the data have and that cannot be read.
    fn unusable(&self, input: &InputDecl, reason: &Diagnostic) -> Diagnostic {
        Diagnostic { primary: None, ..reason.clone() }.at(input.span, format!("`{}` is required here", input.key))
    }

    fn missing(&self, input: &InputDecl, what: &str) -> Diagnostic {
        Diagnostic::error(E0613, format!("{} has {what} for the input `{}`", self.name, input.name))
            .at(input.span, format!("declared as {}", input.ty))
    }

    fn stream_names(&self) -> String {
        self.streams.iter().map(|(k, s)| format!("`{k}` ({} x {})", s.max_len, s.width)).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_language::lower::{Options, inputs};
    use dsc_language::sema::program::Program;
    use dsc_syntax::source::MemoryWorld;

    /// What binding these inputs to a data set gives.
    fn bound(declared: &str, data: &str) -> Result<DimTable, Vec<Diagnostic>> {
        let text = format!("{declared}label y : Real\nmodel M {{ output y for y }}\n");
        let program = Program::load_text(&MemoryWorld::new(), "m.dsl", &text).program.unwrap();
        Binding::from_card(data, None).unwrap().dims(&inputs(&program, &Options::default()))
    }

    #[test]
    fn streams_of_one_length_are_aligned_in_the_data() {
        let aligned =
            "input text : Seq<text>[T, ft]\ninput audio : Seq<audio>[T, fa]\ninput vision : Seq<vision>[T, fv]\n";
        let faults = bound(aligned, "mosi").unwrap_err();
        assert_eq!(faults.iter().map(|d| d.code).collect::<Vec<_>>(), [E0616, E0616]);
        let expected = "`audio` has up to 375 rows in mosi, `text` up to 50, and both have the length `T`";
        assert_eq!(faults[0].message, expected);
        assert!(faults.iter().all(|d| d.primary.is_some() && d.secondary.len() == 1));
        let own = "input text : Seq<text>[T, ft]\ninput audio : Seq<audio>[Ta, fa]\n";
        assert_eq!(bound(own, "mosi").unwrap().max_lengths["Ta"], 375);
        // A text is cut, so its longest says nothing about the frames of its words.
        assert!(bound("input text : Tokens[T]\ninput audio : Seq<audio>[T, fa]\n", "mosi").is_ok());
    }

    #[test]
    fn a_width_that_is_computed_is_compared_with_the_data() {
        let of = |width: &str| format!("input audio : Seq<audio>[Ta, fa]\ninput vision : Seq<vision>[Tv, {width}]\n");
        assert!(bound(&of("4 * fa"), "mosi").is_ok());
        let faults = bound(&of("2 * fa"), "mosi").unwrap_err();
        assert_eq!((faults.len(), faults[0].code), (1, E0614));
        assert!(faults[0].message.ends_with("the model file declares 2*fa = 10"), "{}", faults[0].message);
    }
}
