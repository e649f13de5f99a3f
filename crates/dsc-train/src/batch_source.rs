//! Makes the batches of a model from a data set.

use std::borrow::Cow;

use indexmap::IndexMap;

use dsc_data::text::Texts;
use dsc_data::{Dataset, NonFiniteCount, Reads, Split, Standardizer, Table, batch, check_split};
use dsc_graph::types::Type;
use dsc_graph::{Graph, InputDecl, MaxOver, Op};
use dsc_recipe::{NonFinite, Settings, Standardize};
use dsc_runtime::{StepBatch, Stream};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0605;
use dsc_syntax::diag::codes::run::E0922;

pub use dsc_data::LABELS;

/// An input that the graph reads.
#[derive(Clone, Debug)]
struct Input {
    name: String,
    key: String,
    kind: Kind,
    decl: InputDecl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sequence,
    Tokens,
    Vector,
}

/// Makes batches from a data set: which streams the graph reads, and how they are cleaned and standardised.
#[derive(Clone, Debug)]
pub struct BatchSource<'a> {
    dataset: &'a Dataset,
    texts: Option<&'a Texts>,
    inputs: Vec<Input>,
    labels: IndexMap<String, String>,
    rule: NonFinite,
    standardizer: Standardizer,
    /// The batch size of the recipe, if a value depends on the other samples of the batch.
    in_batches_of: Option<usize>,
}

impl<'a> BatchSource<'a> {
    /// Prepares a data set for a graph. `standardizer` are the statistics of an earlier training; without them, they are computed
    /// from the training split if the settings say so.
    ///
    /// # Errors
    /// `E0605` to `E0607` for streams that are missing, have another form, or are not finite.
    pub fn new(
        graph: &Graph,
        dataset: &'a Dataset,
        texts: Option<&'a Texts>,
        settings: &Settings,
        standardizer: Option<Standardizer>,
    ) -> Result<BatchSource<'a>, Diagnostic> {
        let mut inputs = Vec::new();
        let reads = Reads::of(graph);
        for decl in reads.inputs {
            let kind = match &decl.ty {
                Type::Tokens { .. } => Kind::Tokens,
                Type::Tensor(t) if t.time.is_some() => Kind::Sequence,
                Type::Tensor(_) => Kind::Vector,
            };
            inputs.push(Input { name: decl.name.clone(), key: decl.key.clone(), kind, decl: decl.clone() });
        }
        let rule = settings.nonfinite;
        let labels = reads.labels.into_iter().map(|label| (label.name, label.key)).collect();
        let padded = graph.nodes().any(|(_, n)| matches!(n.op, Op::Dense { to: MaxOver::Batch }));
        let in_batches_of = padded.then_some(settings.batch);
        let none = Standardizer::default();
        let mut data = BatchSource { dataset, texts, inputs, labels, rule, standardizer: none, in_batches_of };
        data.standardizer = match (standardizer, settings.standardize) {
            (Some(saved), _) => saved,
            (None, Standardize::None) => Standardizer::default(),
            (None, Standardize::Train) => Standardizer::fit(dataset, &data.stream_keys(), rule)?,
        };
        Ok(data)
    }

    /// Keys of the feature streams that the graph reads.
    pub fn stream_keys(&self) -> Vec<&str> {
        self.inputs.iter().filter(|i| i.kind != Kind::Tokens).map(|i| i.key.as_str()).collect()
    }

    /// The statistics that are applied; empty if nothing is standardised.
    pub fn standardizer(&self) -> &Standardizer {
        &self.standardizer
    }

    /// Checks that a split has everything that the graph reads. Returns the number of values that are not finite, by stream.
    ///
    /// # Errors
    /// As [`check_split`].
    pub fn check(&self, split: Split) -> Result<IndexMap<String, NonFiniteCount>, Diagnostic> {
        let decls: Vec<&InputDecl> = self.inputs.iter().map(|input| &input.decl).collect();
        check_split(self.dataset, &decls, split, self.rule, self.texts.map(|t| &t.ids))
    }

    /// Number of frames or tokens of one sample.
    fn rows(&self, table: &Table, input: &Input, sample: usize) -> usize {
        match input.kind {
            Kind::Tokens => self.tokens(table.split).ok().and_then(|t| t.get(sample)).map_or(0, Vec::len),
            _ => table.streams.get(&input.key).map_or(0, |s| s.len_of(sample)),
        }
    }

    /// Checks that all labels of a split that an output, a loss or a class reads exist and are finite.
    ///
    /// # Errors
    /// `E0605` for a missing label column, `E0606` for a label that is not finite.
    pub fn check_labels(&self, split: Split) -> Result<(), Diagnostic> {
        let table = self.dataset.split(split)?;
        for (name, key) in &self.labels {
            table.label(key, &format!("label `{name}`"))?;
        }
        Ok(())
    }

    /// Whether a split has no label of any sample for one of those that are read: the key is missing, or no value is finite.
    ///
    /// # Errors
    /// `E0605` if the data have no such split.
    pub fn is_unlabelled(&self, split: Split) -> Result<bool, Diagnostic> {
        let table = self.dataset.split(split)?;
        Ok(self.labels.values().any(|key| match table.label_values(key, "a label") {
            Ok(values) => !table.is_empty() && values.iter().all(|v| !v.is_finite()),
            Err(fault) => fault.code == E0605,
        }))
    }

    /// Number of samples of a split.
    ///
    /// # Errors
    /// `E0605` if the data have no such split.
    pub fn len(&self, split: Split) -> Result<usize, Diagnostic> {
        Ok(self.dataset.split(split)?.len)
    }

    /// Ids of the samples of a split.
    ///
    /// # Errors
    /// `E0605` if the data have no such split.
    pub fn ids(&self, split: Split) -> Result<&'a [String], Diagnostic> {
        Ok(&self.dataset.split(split)?.ids)
    }

    /// All values of the label `name` on a split.
    ///
    /// # Errors
    /// `E0605`, `E0606`; `E0922` for a label that the model file does not declare.
    pub fn label(&self, split: Split, name: &str) -> Result<Cow<'a, [f32]>, Diagnostic> {
        let key = self.label_key(name)?;
        self.dataset.split(split)?.label(key, &format!("label `{name}`"))
    }

    /// The values of the label `name` on a split; `None` for a sample without a finite label. For output beside predictions.
    ///
    /// # Errors
    /// As [`label`](Self::label), except for samples without a finite label.
    pub fn known_labels(&self, split: Split, name: &str) -> Result<Vec<Option<f32>>, Diagnostic> {
        let key = self.label_key(name)?;
        let values = self.dataset.split(split)?.label_values(key, &format!("label `{name}`"))?;
        Ok(values.iter().map(|v| Some(*v).filter(|v| v.is_finite())).collect())
    }

    /// Total length of a sample over all inputs. Batches of samples of similar size have little padding.
    pub fn size(&self, split: Split, sample: usize) -> usize {
        let Ok(table) = self.dataset.split(split) else { return 0 };
        self.inputs.iter().map(|input| self.rows(table, input, sample)).sum()
    }

    /// Every sample of a split once, in batches of `size` samples of similar length. If the model pads to the longest sample of
    /// the batch, predictions depend on the batch: then the order is that of the file and the batch size that of the recipe.
    ///
    /// # Errors
    /// `E0605` if the data have no such split.
    pub fn evaluation_batches(&self, split: Split, size: usize) -> Result<Vec<Vec<usize>>, Diagnostic> {
        let mut order: Vec<usize> = (0..self.len(split)?).collect();
        if self.in_batches_of.is_none() {
            order.sort_by_key(|s| self.size(split, *s));
        }
        Ok(order.chunks(self.in_batches_of.unwrap_or(size).max(1)).map(<[usize]>::to_vec).collect())
    }

    /// The batch of `samples`, of which the first `anchors` are the anchors. Labels are read only if `labels` is set.
    ///
    /// # Errors
    /// As [`check`](Self::check) and [`check_labels`](Self::check_labels).
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
            part_of: None,
        })
    }

    /// Whether a value depends on the longest sample of the batch.
    pub(crate) fn pads_to_batch(&self) -> bool {
        self.in_batches_of.is_some()
    }

    /// Valid frames and tokens of `samples`, by the name of the input.
    ///
    /// # Errors
    /// `E0605` if the data have no such split.
    pub(crate) fn lengths(&self, split: Split, samples: &[usize]) -> Result<IndexMap<String, Vec<u32>>, Diagnostic> {
        let table = self.dataset.split(split)?;
        let timed = self.inputs.iter().filter(|input| input.kind != Kind::Vector);
        let lens = |input: &Input| samples.iter().map(|s| self.rows(table, input, *s) as u32).collect();
        Ok(timed.map(|input| (input.name.clone(), lens(input))).collect())
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
