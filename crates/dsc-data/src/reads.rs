//! What of the data a model reads, and what of the data concerns it.

use super::dataset::Dataset;
use super::labels::label_finding;
use dsc_graph::{Graph, InputDecl, Op};
use dsc_recipe::Family;
use dsc_syntax::diag::Diagnostic;

/// The key of the labels, unless the model file sets another one.
pub const LABELS: &str = "regression_labels";

/// A label that a model reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadLabel {
    /// Its name in the model file.
    pub name: String,
    /// Its key in the data.
    pub key: String,
}

/// The inputs and labels that a graph reads. Others need no data.
#[derive(Clone, Debug)]
pub struct Reads<'g> {
    /// The inputs, in the order of the file.
    pub inputs: Vec<&'g InputDecl>,
    /// The labels that an output, a loss or a class of companions reads.
    pub labels: Vec<ReadLabel>,
    /// The keys of the labels that outputs predict.
    pub predicted: Vec<String>,
}

impl<'g> Reads<'g> {
    /// What `graph` reads.
    pub fn of(graph: &'g Graph) -> Reads<'g> {
        let label = |name: &str| {
            graph.nodes().any(|(_, n)| matches!(&n.op, Op::Label(read) if read == name))
                || graph.outputs.iter().any(|o| o.label == name)
                || graph.companions.iter().any(|c| c.class == name)
        };
        let key = |decl: &dsc_graph::LabelDecl| decl.key.clone().unwrap_or_else(|| LABELS.to_owned());
        let labels = graph.labels.values().filter(|decl| label(&decl.name));
        let predicted = graph.labels.values().filter(|decl| graph.outputs.iter().any(|o| o.label == decl.name));
        Reads {
            inputs: graph.inputs_read(),
            labels: labels.map(|decl| ReadLabel { name: decl.name.clone(), key: key(decl) }).collect(),
            predicted: predicted.map(key).collect(),
        }
    }

    /// The keys of all inputs and labels.
    pub fn keys(&self) -> Vec<&str> {
        let inputs = self.inputs.iter().map(|input| input.key.as_str());
        inputs.chain(self.labels.iter().map(|label| label.key.as_str())).collect()
    }

    /// The warnings about a data set that concern the model: those about what it reads, and labels that do not go with the metrics
    /// of `family`.
    pub fn warnings(&self, dataset: &Dataset, family: Family) -> Vec<Diagnostic> {
        let mut found = dataset.warnings_about(&self.keys());
        found.extend(self.predicted.iter().filter_map(|key| Some(label_finding(dataset, key, family)?.warning)));
        found
    }
}
