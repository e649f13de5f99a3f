//! `dsc summary FILE --compare FILE..`: what several models cost, a row each.

use super::model::open;
use super::{Exit, Output};
use dsc_analysis::cost::CONVENTION;
use dsc_analysis::{Figures, Summary, count};
use dsc_experiment::report::table::{Align, Table};
use dsc_graph::dims::Dim;
use dsc_project::{BindRequest, CompiledModel, ModelRequest};
use serde_json::json;

/// The models and what is shown of them.
pub(super) struct Comparison<'a> {
    /// The models, a row each.
    pub models: &'a [ModelRequest],
    pub bind: &'a BindRequest,
    /// Blocks that have a column of their own.
    pub blocks: &'a [String],
}

/// What one model costs.
struct Cost {
    name: String,
    params: Dim,
    macs: Dim,
    /// Multiply-adds of all calls of each block of `blocks`; nothing where the model does not call it.
    of: Vec<Option<Dim>>,
}

impl Comparison<'_> {
    /// Prints the table.
    pub fn run(&self, out: &mut Output) -> Exit {
        let mut costs = Vec::new();
        for model in self.models {
            match open(model, self.bind, out) {
                Ok(model) => costs.push(self.cost(&model)),
                Err(exit) => return exit,
            }
        }
        if let Some(nowhere) = (0..self.blocks.len()).find(|i| costs.iter().all(|c| c.of.get(*i) == Some(&None))) {
            let name = self.blocks.get(nowhere).map_or("", String::as_str);
            return out.usage(format_args!("`--block {name}`: none of these models calls a block of that name"));
        }
        if out.is_json() {
            let entry = |c: &Cost| {
                let of: serde_json::Map<_, _> =
                    self.blocks.iter().cloned().zip(c.of.iter().map(|d| json!(d.as_ref().map(value)))).collect();
                json!({ "model": c.name, "parameters": value(&c.params), "multiply_adds": value(&c.macs), "of": of })
            };
            out.json(&json!({ "models": costs.iter().map(entry).collect::<Vec<_>>(), "convention": CONVENTION }));
        } else {
            out.line(self.table(&costs).text().trim_end());
        }
        Exit::Done
    }

    fn cost(&self, model: &CompiledModel) -> Cost {
        let summary = Summary::of(&model.graph);
        let bound = |dim: &Dim| match model.dims().and_then(|table| dim.eval(table)) {
            Some(n) => Dim::from(n),
            None => dim.clone(),
        };
        let parts = summary.root.all();
        let calls = |block: &String| {
            let calls: Vec<&Figures> =
                parts.iter().filter(|p| p.block.as_ref() == Some(block)).map(|p| &p.figures).collect();
            (!calls.is_empty()).then(|| bound(&Figures::sum(calls).multiply_adds))
        };
        let total = summary.total();
        Cost {
            name: model.label.clone(),
            params: bound(&total.params),
            macs: bound(&total.multiply_adds),
            of: self.blocks.iter().map(calls).collect(),
        }
    }

    fn table(&self, costs: &[Cost]) -> Table {
        let fixed = ["model", "parameters", "multiply-adds"].map(str::to_owned);
        let of = self.blocks.iter().map(|block| format!("of them in {block}"));
        let columns = fixed.into_iter().chain(of).enumerate();
        let mut table = Table::new(columns.map(|(i, c)| (c, if i == 0 { Align::Left } else { Align::Right })));
        for c in costs {
            let cells = [c.name.clone(), number(&c.params), number(&c.macs)];
            table.row(cells.into_iter().chain(c.of.iter().map(|d| d.as_ref().map_or_else(|| "-".into(), number))));
        }
        table.note(format!("{CONVENTION}."));
        table
    }
}

fn number(d: &Dim) -> String {
    d.as_const().map_or_else(|| count::text(d, None), count::grouped)
}

/// A number where it is one, else a formula.
fn value(d: &Dim) -> serde_json::Value {
    d.as_const().map_or_else(|| json!(d.to_string()), |n| json!(n))
}
