//! From the data set to the batches of a model.

use indexmap::IndexMap;

use dsc_data::text::Texts;
use dsc_data::{Dataset, NonFiniteCount, Split, Standardizer, Table, batch};
use dsc_graph::dims::{Atom, Dim};
use dsc_graph::types::Type;
use dsc_graph::{Extent, Graph, Op};
use dsc_recipe::{NonFinite, Settings, Standardize};
use dsc_runtime::{StepBatch, Stream};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0616;
use dsc_syntax::diag::codes::run::{E0921, E0922};

/// The key of the labels unless the file of the model says another one.
pub const LABELS: &str = "regression_labels";

#[derive(Clone, Debug)]
struct Input {
    name: String,
    key: String,
    kind: Kind,
    /// Name of its length in the file; inputs of one length are aligned.
    length: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sequence,
    Tokens,
    Vector,
}

/// Makes batches: which streams a graph reads, how they are cleaned and standardised.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    dataset: &'a Dataset,
    texts: Option<&'a Texts>,
    inputs: Vec<Input>,
    labels: IndexMap<String, String>,
    rule: NonFinite,
    standardizer: Standardizer,
    /// The recipe's batch size where a value depends on the batch that a sample stands in.
    in_batches_of: Option<usize>,
}

impl<'a> Feed<'a> {
    /// Prepares a data set for a graph. `standardizer` are the statistics of an earlier training; without them they are taken
    /// of the training split if the settings ask for it.
    ///
    /// # Errors
    /// `E0605` to `E0607` for streams and labels that are missing, of another form, or not finite; `E0921` for a split
    /// without samples.
    pub fn new(
        graph: &Graph,
        dataset: &'a Dataset,
        texts: Option<&'a Texts>,
        settings: &Settings,
        standardizer: Option<Standardizer>,
    ) -> Result<Feed<'a>, Diagnostic> {
        let mut inputs = Vec::new();
        for decl in graph.inputs.values() {
            // An input that nothing reads asks nothing of the data.
            if !graph.nodes().any(|(_, n)| matches!(&n.op, Op::Input(name) if *name == decl.name)) {
                continue;
            }
            let kind = match &decl.ty {
                Type::Tokens { .. } => Kind::Tokens,
                Type::Tensor(t) if t.time.is_some() => Kind::Sequence,
                Type::Tensor(_) => Kind::Vector,
            };
            let length = match decl.ty.len().and_then(Dim::as_atom) {
                Some(Atom::Length { name, .. }) => Some(name.clone()),
                _ => None,
            };
            inputs.push(Input { name: decl.name.clone(), key: decl.key.clone(), kind, length });
        }
        let rule = settings.nonfinite;
        let label =
            |decl: &dsc_graph::LabelDecl| (decl.name.clone(), decl.key.clone().unwrap_or_else(|| LABELS.into()));
        let labels = graph.labels.values().filter(|decl| is_read(graph, &decl.name)).map(label).collect();
        let padded = graph.nodes().any(|(_, n)| matches!(n.op, Op::Dense { to: Extent::Batch }));
        let in_batches_of = padded.then_some(settings.batch);
        let none = Standardizer::default();
        let mut feed = Feed { dataset, texts, inputs, labels, rule, standardizer: none, in_batches_of };
        feed.standardizer = match (standardizer, settings.standardize) {
            (Some(saved), _) => saved,
            (None, Standardize::None) => Standardizer::default(),
            (None, Standardize::Train) => Standardizer::fit(dataset, &feed.stream_keys(), rule)?,
        };
        Ok(feed)
    }

    /// The keys of the feature streams that the graph reads.
    pub fn stream_keys(&self) -> Vec<&str> {
        self.inputs.iter().filter(|i| i.kind != Kind::Tokens).map(|i| i.key.as_str()).collect()
    }

    /// The statistics in use; empty when nothing is standardised.
    pub fn standardizer(&self) -> &Standardizer {
        &self.standardizer
    }

    /// Checks that a split holds all that the graph reads, and counts values that are not finite, per stream.
    ///
    /// # Errors
    /// As [`Feed::new`]; `E0616` for a sample whose streams share a length in the model's file and not in the data.
    pub fn check(&self, split: Split) -> Result<IndexMap<String, NonFiniteCount>, Diagnostic> {
        let table = self.dataset.split(split)?;
        if table.is_empty() {
            return Err(Diagnostic::error(E0921, format!("the split `{split}` of `{}` has no samples", table.source))
                .help("give a data file with samples in train, valid and test"));
        }
        let mut counts = IndexMap::new();
        for input in &self.inputs {
            let wanted_by = format!("input `{}`", input.name);
            if input.kind == Kind::Tokens {
                table.text(&input.key, &wanted_by)?;
            } else {
                counts.insert(input.key.clone(), table.stream(&input.key, &wanted_by)?.check_finite(self.rule)?);
            }
        }
        self.check_aligned(table)?;
        Ok(counts)
    }

    /// Inputs that share a length in the model's file have it in every sample.
    fn check_aligned(&self, table: &Table) -> Result<(), Diagnostic> {
        for (n, input) in self.inputs.iter().enumerate() {
            let others = self.inputs.iter().take(n).filter(|o| o.length.is_some() && o.length == input.length);
            for other in others {
                let lengths = |of: &Input| -> Vec<usize> { (0..table.len).map(|s| self.rows(table, of, s)).collect() };
                let pairs = lengths(other).into_iter().zip(lengths(input)).zip(&table.ids);
                let Some(((a, b), id)) = pairs.into_iter().find(|((a, b), _)| a != b) else { continue };
                let length = input.length.as_deref().unwrap_or_default();
                let (split, source) = (table.split, &table.source);
                return Err(Diagnostic::error(
                    E0616,
                    format!(
                        "`{source}`, {split}: sample `{id}` has {a} rows of `{}` and {b} of `{}`, which share the length \
                         {length}",
                        other.key, input.key
                    ),
                )
                .help("name the lengths of the two inputs differently, or give data that are aligned"));
            }
        }
        Ok(())
    }

    /// Frames or tokens of one sample.
    fn rows(&self, table: &Table, input: &Input, sample: usize) -> usize {
        match input.kind {
            Kind::Tokens => self.tokens(table.split).ok().and_then(|t| t.get(sample)).map_or(0, Vec::len),
            _ => table.streams.get(&input.key).map_or(0, |s| s.len_of(sample)),
        }
    }

    /// Checks that a split has a finite number for every sample and every label that an output, a loss or a class reads.
    ///
    /// # Errors
    /// `E0605`, `E0606`.
    pub fn check_labels(&self, split: Split) -> Result<(), Diagnostic> {
        let table = self.dataset.split(split)?;
        for (name, key) in &self.labels {
            table.label(key, &format!("label `{name}`"))?;
        }
        Ok(())
    }

    /// Number of samples of a split.
    ///
    /// # Errors
    /// `E0605`.
    pub fn len(&self, split: Split) -> Result<usize, Diagnostic> {
        Ok(self.dataset.split(split)?.len)
    }

    /// Ids of a split's samples.
    ///
    /// # Errors
    /// `E0605`.
    pub fn ids(&self, split: Split) -> Result<&'a [String], Diagnostic> {
        Ok(&self.dataset.split(split)?.ids)
    }

    /// All values of a label of the file on a split.
    ///
    /// # Errors
    /// `E0605`, `E0606`; `E0922` for a label that the file does not declare.
    pub fn label(&self, split: Split, name: &str) -> Result<&'a [f32], Diagnostic> {
        let key = self.label_key(name)?;
        self.dataset.split(split)?.label(key, &format!("label `{name}`"))
    }

    /// The values of a label as far as a split has them: what predictions are shown beside.
    ///
    /// # Errors
    /// As [`label`](Self::label), but for single samples without a finite label.
    pub fn known_labels(&self, split: Split, name: &str) -> Result<Vec<Option<f32>>, Diagnostic> {
        let key = self.label_key(name)?;
        let values = self.dataset.split(split)?.label_values(key, &format!("label `{name}`"))?;
        Ok(values.iter().map(|v| Some(*v).filter(|v| v.is_finite())).collect())
    }

    /// How long a sample is, over all inputs: samples of like size make batches with little padding.
    pub fn size(&self, split: Split, sample: usize) -> usize {
        let Ok(table) = self.dataset.split(split) else { return 0 };
        self.inputs.iter().map(|input| self.rows(table, input, sample)).sum()
    }

    /// Every sample of a split once, in batches of samples of like size. Where a model pads to the longest of the batch, a
    /// prediction depends on the batch: then in the order of the file, in batches as large as the recipe's.
    ///
    /// # Errors
    /// `E0605`.
    pub fn evaluation_batches(&self, split: Split, size: usize) -> Result<Vec<Vec<usize>>, Diagnostic> {
        let mut order: Vec<usize> = (0..self.len(split)?).collect();
        if self.in_batches_of.is_none() {
            order.sort_by_key(|s| self.size(split, *s));
        }
        Ok(order.chunks(self.in_batches_of.unwrap_or(size).max(1)).map(<[usize]>::to_vec).collect())
    }

    /// The batch of `samples`, the first `anchors` of which are the anchors. Labels are read only with `labels`.
    ///
    /// # Errors
    /// As [`Feed::new`].
    pub fn batch(
        &self,
        split: Split,
        samples: &[usize],
        anchors: usize,
        labels: bool,
    ) -> Result<StepBatch, Diagnostic> {
        let table = self.dataset.split(split)?;
        let mut streams = IndexMap::new();
        for input in &self.inputs {
            let stream = match input.kind {
                Kind::Tokens => {
                    let padded = batch::tokens(self.tokens(split)?, samples, 0)?;
                    Stream::Tokens { ids: padded.ids, rows: padded.longest, lens: padded.lengths }
                }
                Kind::Sequence | Kind::Vector => {
                    let source = table.stream(&input.key, &format!("input `{}`", input.name))?;
                    let p = batch::sequences(source, samples, self.rule, Some(&self.standardizer))?;
                    match input.kind {
                        Kind::Vector => Stream::Vector { data: p.values, width: p.width },
                        _ => Stream::Float { data: p.values, rows: p.longest, width: p.width, lens: p.lengths },
                    }
                }
            };
            streams.insert(input.name.clone(), stream);
        }
        let mut values = IndexMap::new();
        if labels {
            for (name, key) in &self.labels {
                let anchors = samples.get(..anchors).unwrap_or(samples);
                values.insert(name.clone(), batch::labels(table, key, anchors)?);
            }
        }
        Ok(StepBatch {
            samples: samples.iter().map(|s| *s as u64).collect(),
            anchors,
            streams,
            labels: values,
            companions: Vec::new(),
        })
    }

    fn label_key(&self, name: &str) -> Result<&str, Diagnostic> {
        self.labels.get(name).map(String::as_str).ok_or_else(|| {
            Diagnostic::error(E0922, format!("the model has no label `{name}`")).help("declare it: `label y : Real`")
        })
    }

    fn tokens(&self, split: Split) -> Result<&'a [Vec<u32>], Diagnostic> {
        let found = self.texts.and_then(|t| t.ids.get(&split)).map(Vec::as_slice);
        found.ok_or_else(|| {
            Diagnostic::error(E0922, format!("the texts of the split `{split}` were not tokenised"))
                .help("this is a bug in dsc")
        })
    }
}

/// Whether an output, a loss or a class reads the label; one that nothing reads asks nothing of the data.
fn is_read(graph: &Graph, label: &str) -> bool {
    graph.nodes().any(|(_, n)| matches!(&n.op, Op::Label(name) if name == label))
        || graph.outputs.iter().any(|o| o.label == label)
        || graph.companions.iter().any(|c| c.class == label)
}
