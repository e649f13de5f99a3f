//! Checks whether a trained model can run on other data: widths must be equal, and no sample longer than the weights allow.

use indexmap::IndexMap;

use super::binding::Binding;
use super::dataset::{Dataset, Split, Table};
use super::reads::Reads;
use dsc_graph::dims::{Atom, Dim, DimTable};
use dsc_graph::types::Type;
use dsc_graph::{Graph, InputDecl, Param};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0614, E0615};

/// Token ids of the transcripts, for each split one list per sample.
pub type Tokens = IndexMap<Split, Vec<Vec<u32>>>;

/// The longest sample of an input that exceeds the maximum length of the training.
struct Longest<'d> {
    length: i64,
    split: Split,
    key: &'d str,
    id: &'d str,
    /// Number of samples that exceed the maximum.
    beyond: usize,
}

/// The dims for running a trained model on `dataset`, whose sizes are `binding`; `trained` are the dims of the training.
///
/// Samples may be longer than in the training unless a weight has that length: a table of learned positions has as many rows as
/// the longest training sample, and none for later positions.
///
/// # Errors
/// As [`Binding::dims`]; `E0614` for another width, `E0615` for a sample that is longer than a weight allows. All are
/// returned at once, one per width and one per length.
pub fn fit(
    graph: &Graph,
    dataset: &Dataset,
    binding: &Binding,
    tokens: Option<&Tokens>,
    trained: &DimTable,
) -> Result<DimTable, Vec<Diagnostic>> {
    // An input that nothing reads needs no data.
    let inputs = Reads::of(graph).inputs;
    let given = binding.dims(inputs.iter().copied())?;
    let mut faults: Vec<Diagnostic> = given
        .widths
        .iter()
        .filter(|(name, n)| trained.widths.get(*name) != Some(*n))
        .map(|(name, n)| other_width(graph, binding, name, *n, trained.widths.get(name).copied()))
        .collect();
    let mut dims = trained.clone();
    let mut reported: Vec<&str> = Vec::new();
    for input in inputs {
        let Some(Atom::Length { name, .. }) = input.ty.len().and_then(Dim::as_atom) else { continue };
        let Some(most) = trained.max_lengths.get(name).copied() else { continue };
        let Some(longest) = longest(dataset, input, tokens, most) else { continue };
        let mut grown = trained.clone();
        grown.max_lengths.insert(name.clone(), longest.length);
        let sized = graph.params.iter().find(|p| p.shape.iter().any(|d| d.eval(trained) != d.eval(&grown)));
        match sized {
            Some(param) if !reported.contains(&name.as_str()) => {
                reported.push(name);
                faults.push(too_long(input, name, most, &longest, param, binding));
            }
            Some(_) => {}
            None => {
                let slot = dims.max_lengths.entry(name.clone()).or_insert(most);
                *slot = (*slot).max(longest.length);
            }
        }
    }
    if faults.is_empty() { Ok(dims) } else { Err(faults) }
}

fn longest<'d>(dataset: &'d Dataset, input: &'d InputDecl, tokens: Option<&Tokens>, most: i64) -> Option<Longest<'d>> {
    let mut found: Option<Longest<'d>> = None;
    for table in &dataset.tables {
        let (key, lengths) = lengths(table, input, tokens);
        for (length, id) in lengths.into_iter().zip(&table.ids).filter(|(n, _)| *n > most) {
            let beyond = 1 + found.as_ref().map_or(0, |f| f.beyond);
            match &mut found {
                Some(known) if known.length >= length => known.beyond = beyond,
                _ => found = Some(Longest { length, split: table.split, key, id, beyond }),
            }
        }
    }
    found
}

/// The key of an input and the length of each sample of a split.
fn lengths<'d>(table: &'d Table, input: &'d InputDecl, tokens: Option<&Tokens>) -> (&'d str, Vec<i64>) {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    match &input.ty {
        Type::Tokens { .. } => {
            let ids = tokens.and_then(|t| t.get(&table.split));
            (&input.key, ids.into_iter().flatten().map(|ids| number(ids.len())).collect())
        }
        Type::Tensor(_) => {
            let stream = table.streams.get(&input.key);
            (&input.key, stream.into_iter().flat_map(|s| s.lengths()).map(|n| i64::from(*n)).collect())
        }
    }
}

fn other_width(graph: &Graph, binding: &Binding, name: &str, n: i64, trained: Option<i64>) -> Diagnostic {
    let trained = trained.map_or_else(|| "another width".to_owned(), |n| n.to_string());
    let has = |input: &&InputDecl| {
        let width = input.ty.tensor().and_then(|t| t.dims.last()).and_then(Dim::as_atom);
        matches!(width, Some(Atom::Width(w)) if w == name)
    };
    let fault =
        Diagnostic::error(E0614, format!("{name} is {n} in {}, the run was trained with {trained}", binding.name))
            .help("use data with the features that the run was trained on");
    match graph.inputs.values().find(has) {
        Some(input) => fault.at(input.span, format!("{n} features in `{}`", input.key)),
        None => fault,
    }
}

fn too_long(
    input: &InputDecl,
    name: &str,
    most: i64,
    longest: &Longest<'_>,
    param: &Param,
    binding: &Binding,
) -> Diagnostic {
    let Longest { length, split, key, id, beyond } = longest;
    let unit = if matches!(input.ty, Type::Tokens { .. }) { "tokens" } else { "frames" };
    let (what, them) = match beyond {
        1 => ("truncate the sample".to_owned(), "it"),
        n => (format!("{n} samples are too long: truncate them"), "them"),
    };
    let message =
        format!("`{}`, {split}.{key}: sample `{id}` has {length} {unit}, the run allows at most {most}", binding.name);
    Diagnostic::error(E0615, message)
        .at(input.span, format!("the longest sample of the training has {name} = {most}"))
        .because(param.span, format!("`{}` has {most} rows", param.path))
        .help(format!("{what} to {most} {unit}, remove {them}, or train again on data with such lengths"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use dsc_language::lower::{Options, compile};
    use dsc_language::sema::program::Program;
    use dsc_syntax::source::MemoryWorld;

    /// Positions for the vision alone; audio may be of any length.
    const MODEL: &str = "
use std::{Linear, MLP, mse}
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y      : Real
model M {
  let v = vision |> Linear(out: 8)
  let placed = v + positions(v, width: 8)
  let score = concat(mean(audio), mean(placed)) |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
";

    fn graph() -> Graph {
        graph_of(MODEL)
    }

    fn graph_of(text: &str) -> Graph {
        let program = Program::load_text(&MemoryWorld::new(), "m.dsl", text).program.unwrap();
        let compiled = compile(&program, &Options::default());
        compiled.graph.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics.into_sorted()))
    }

    fn fitted(trained: &DimTable) -> Result<DimTable, Vec<Diagnostic>> {
        let dataset = demo::dataset(1);
        let binding = Binding::from_dataset(&dataset, None, None).unwrap();
        fit(&graph(), &dataset, &binding, None, trained)
    }

    fn trained_dims() -> DimTable {
        let dataset = demo::dataset(1);
        Binding::from_dataset(&dataset, None, None).unwrap().dims(graph().inputs.values()).unwrap()
    }

    #[test]
    fn data_like_those_of_the_training_fit() {
        assert_eq!(fitted(&trained_dims()).unwrap(), trained_dims());
        // Shorter data keep the dims of the run.
        let mut trained = trained_dims();
        trained.max_lengths.insert("Tv".into(), 900);
        assert_eq!(fitted(&trained).unwrap(), trained);
    }

    #[test]
    fn an_input_that_nothing_reads_needs_no_data() {
        let mut dataset = demo::dataset(1);
        dataset.tables.iter_mut().for_each(|t| drop(t.streams.shift_remove("audio")));
        let binding = Binding::from_dataset(&dataset, None, None).unwrap();
        let fitted = |graph: &Graph| fit(graph, &dataset, &binding, None, &trained_dims());
        assert!(fitted(&graph()).unwrap_err()[0].message.contains("no stream `audio`"));
        assert!(fitted(&graph_of(&MODEL.replace("concat(mean(audio), mean(placed))", "mean(placed)"))).is_ok());
    }

    #[test]
    fn lengths_without_weights_grow_and_others_are_one_fault() {
        let mut trained = trained_dims();
        trained.max_lengths.insert("Ta".into(), 5);
        assert_eq!(fitted(&trained).unwrap(), trained_dims(), "no weight has the length of the audio");
        let most = trained_dims().max_lengths["Tv"] - 1;
        trained.max_lengths.insert("Tv".into(), most);
        let faults = fitted(&trained).unwrap_err();
        let [fault] = faults.as_slice() else { panic!("{faults:#?}") };
        assert_eq!(fault.code, E0615);
        let expected = format!("has {} frames, the run allows at most {most}", most + 1);
        assert!(fault.message.starts_with("`demo`, train.vision: sample `train$_$"), "{fault}");
        assert!(fault.message.ends_with(&expected), "{fault}");
        assert!(fault.help.as_ref().unwrap().contains("train again") && fault.primary.is_some(), "{fault}");
        assert!(fault.secondary[0].text.contains("placed"), "{fault:?}");
    }

    #[test]
    fn the_longest_sample_is_named_and_the_others_counted() {
        let dataset = demo::dataset(1);
        let mut trained = trained_dims();
        let most = 4;
        trained.max_lengths.insert("Tv".into(), most);
        let fault = fitted(&trained).unwrap_err().remove(0);
        let streams = dataset.tables.iter().map(|t| &t.streams["vision"]);
        let beyond = streams.flat_map(|s| s.lengths()).filter(|n| i64::from(**n) > most).count();
        assert!(fault.help.as_ref().unwrap().starts_with(&format!("{beyond} samples are too long")), "{fault}");
        assert!(fault.message.contains(&format!("has {} frames", trained_dims().max_lengths["Tv"])), "{fault}");
    }

    #[test]
    fn other_widths_are_told_all_at_once() {
        let mut trained = trained_dims();
        trained.widths.insert("fa".into(), 3);
        trained.widths.insert("fv".into(), 4);
        let faults = fitted(&trained).unwrap_err();
        assert_eq!(faults.len(), 2);
        assert!(faults.iter().all(|d| d.code == E0614 && d.primary.is_some()), "{faults:#?}");
        assert!(faults[1].message.ends_with("in demo, the run was trained with 4"), "{}", faults[1]);
    }

    #[test]
    fn texts_count_by_their_tokens() {
        let text = "
use std::{Linear, MLP, mse}
input text : Tokens[T]
label y : Real
model M {
  let t = embed(text, rows: 50, width: 8)
  let placed = t + positions(t, width: 8)
  let score = mean(placed) |> MLP(widths: [1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
";
        let program = Program::load_text(&MemoryWorld::new(), "m.dsl", text).program.unwrap();
        let compiled = compile(&program, &Options::default());
        let graph = compiled.graph.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics.into_sorted()));
        let mut dataset = demo::dataset(1);
        dataset.tables.retain(|t| t.split == Split::Test);
        let tokens: Tokens = [(Split::Test, vec![vec![1; 3], vec![1; 9]])].into();
        let binding = Binding::from_dataset(&dataset, None, Some(9)).unwrap();
        let trained = DimTable { max_lengths: [("T".to_owned(), 8)].into(), ..DimTable::default() };
        let faults = fit(&graph, &dataset, &binding, Some(&tokens), &trained).unwrap_err();
        let expected = "`demo`, test.raw_text: sample `test$_$1` has 9 tokens, the run allows at most 8";
        assert_eq!((faults.len(), faults[0].message.as_str()), (1, expected));
    }
}
