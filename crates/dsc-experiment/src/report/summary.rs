//! The summary of a model in the layout of torchinfo: a tree of blocks, then the totals.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::table::{Align, Table};
use dsc_analysis::cost::CONVENTION;
use dsc_analysis::count;
use dsc_analysis::memory::at_batch;
use dsc_analysis::step::{LengthsOf, StepEstimate};
use dsc_analysis::{Figures, LineCost, Memory, MemoryPlan, Summary, SummaryNode, SummaryRow};
use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::types::{TensorType, Time, Type};
use dsc_recipe::Recompute;

/// Options of the summary.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// Dims of the data; without them costs are shown as polynomials.
    pub dims: Option<&'a DimTable>,
    /// Depth of nested calls that are shown; 0 shows the model only.
    pub depth: usize,
    /// Whether to show polynomials next to numbers.
    pub symbolic: bool,
    /// Batch size and optimiser for the memory estimate.
    pub plan: MemoryPlan,
    /// Bytes of a training by simulation, where they are known.
    pub step: Option<Step>,
    /// Available memory in bytes, for the largest batch that fits.
    pub limit: u64,
}

/// Bytes of a training, and the largest batch that fits.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// With the batch that is shown.
    pub estimate: StepEstimate,
    /// At most all samples; 0 if not one anchor fits.
    pub largest_batch: u64,
    /// Samples of the training split.
    pub samples: u64,
    /// What the step computes again on its way back.
    pub recompute: Recompute,
}

/// The summary grouped by block: a tree of blocks, then the totals.
pub fn by_block(summary: &Summary, shown: &Shown<'_>) -> String {
    let same = |a: &Figures, b: &Figures| match shown.dims {
        Some(_) => shown.numbers(a) == shown.numbers(b),
        None => a == b,
    };
    let root = SummaryRow::of(&summary.root, &same);
    let columns = shown.columns(&[("part", Align::Left), ("output", Align::Left)]);
    let mut table = Table::new(columns);
    let total = summary.total();
    let mut add = |name: String, row: &SummaryRow| {
        table.row([name, shown.types(&row.results)].into_iter().chain(shown.cells(&row.figures, total)));
    };
    add(root.name.clone(), &root);
    tree(&root, shown.depth, "", &mut add);
    format!("{}\n{}", table.text(), shown.totals(summary))
}

/// The rows below a row, each with the lines of the tree in front of its name. Rows without parameters and multiply-adds are
/// skipped, and so is the only operation of a block, which would repeat the block.
fn tree(row: &SummaryRow, depth: usize, indent: &str, add: &mut dyn FnMut(String, &SummaryRow)) {
    if depth == 0 {
        return;
    }
    let zero = Dim::from(0);
    let counts = |f: &Figures| f.params != zero || f.multiply_adds != zero;
    let mut rows: Vec<&SummaryRow> = row.rows.iter().filter(|r| counts(&r.figures)).collect();
    if let [only] = rows.as_slice()
        && only.block.is_none()
        && only.times == row.times
    {
        rows.clear();
    }
    for (i, inner) in rows.iter().enumerate() {
        let last = i + 1 == rows.len();
        let (branch, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let times =
            if inner.times > 1 && row.times != inner.times { format!(" x {}", inner.times) } else { String::new() };
        add(format!("{indent}{branch}{}{times}", inner.name), inner);
        // The iterations of a loop have the depth of the loop; they are shown if anything below them is.
        let deeper = if inner.turns && depth > 1 { depth } else { depth - 1 };
        tree(inner, deeper, &format!("{indent}{below}"), add);
    }
}

/// The summary grouped by line of the model file, then the totals.
pub fn by_line(lines: &[LineCost], summary: &Summary, shown: &Shown<'_>) -> String {
    let columns = shown.columns(&[("line", Align::Right), ("text", Align::Left)]);
    let mut table = Table::new(columns);
    let several = lines.iter().any(|l| lines.first().is_some_and(|first| first.file != l.file));
    for line in lines {
        let place = if several { format!("{}:{}", line.file, line.line) } else { line.line.to_string() };
        let text: String = line.text.chars().take(72).collect();
        let text = if text.len() < line.text.len() { format!("{text} ..") } else { text };
        table.row([place, text].into_iter().chain(shown.cells(&line.figures, summary.total())));
    }
    format!("{}\n{}", table.text(), shown.totals(summary))
}

/// The summary as JSON. Every cost has its polynomial and, if the dims are known, its value.
pub fn to_json(summary: &Summary, lines: Option<&[LineCost]>, shown: &Shown<'_>) -> Value {
    let total = summary.total();
    let training = &summary.training;
    let mut out = json!({
        "name": summary.root.name,
        "convention": CONVENTION,
        "dims": shown.dims,
        "parts": shown.part(&summary.root),
        "totals": {
            "params": shown.figure(&total.params),
            "dead_params": shown.figure(&total.dead),
            "encoder_params": shown.figure(&summary.encoder_params),
            "multiply_adds": shown.figure(&total.multiply_adds),
        },
        "training": {
            "companions": training.companions,
            "multiply_adds_of_anchor": shown.figure(&training.anchor),
            "multiply_adds_of_companion": shown.figure(&training.companion),
            "multiply_adds_per_anchor": shown.figure(&training.forward()),
            "input_bytes_per_anchor": shown.figure(&summary.input_bytes),
            "kept_bytes_per_anchor": shown.figure(&total.kept),
        },
        "memory": shown.memory(summary).map(|m| json!({
            "batch": m.batch,
            "params": m.params,
            "gradients": m.gradients,
            "moments": m.moments,
            "inputs": m.inputs(),
            "kept": m.kept(),
            "step": shown.step.map(|s| s.estimate),
            "total": shown.step.map(|s| s.estimate.total()),
            "limit": shown.limit,
            "largest_batch": shown.step.map(|s| s.largest_batch),
        })),
    });
    if let (Some(lines), Some(object)) = (lines, out.as_object_mut()) {
        let line = |l: &LineCost| {
            let mut value = json!({ "file": l.file, "line": l.line, "text": l.text });
            shown.add_figures(&mut value, &l.figures);
            value
        };
        object.insert("lines".to_owned(), lines.iter().map(line).collect());
    }
    out
}

impl Shown<'_> {
    fn number(&self, d: &Dim) -> Option<i64> {
        self.dims.map_or_else(|| d.as_const(), |dims| d.eval(&at_batch(dims, self.plan.batch)))
    }

    fn text(&self, d: &Dim) -> String {
        self.number(d).map_or_else(|| count::text(d, None), count::grouped)
    }

    fn numbers(&self, f: &Figures) -> [Option<i64>; 5] {
        [&f.params, &f.dead, &f.multiply_adds, &f.loss_multiply_adds, &f.kept].map(|d| self.number(d))
    }

    fn memory(&self, summary: &Summary) -> Option<Memory> {
        let none = DimTable::default();
        Memory::of(summary, self.dims.unwrap_or(&none), self.plan)
    }

    fn columns(&self, first: &[(&'static str, Align)]) -> Vec<(&'static str, Align)> {
        let mut columns = first.to_vec();
        match self.dims {
            Some(_) => {
                let numbers = ["parameters", "multiply-adds", "share", "kept (MB)"];
                columns.extend(numbers.map(|title| (title, Align::Right)));
                if self.symbolic {
                    columns.push(("multiply-adds as a formula", Align::Left));
                }
            }
            None => columns.extend([("parameters", Align::Right), ("multiply-adds", Align::Left)]),
        }
        columns
    }

    fn cells(&self, figures: &Figures, total: &Figures) -> Vec<String> {
        let text = |d: &Dim| self.text(d);
        if self.dims.is_none() {
            return vec![text(&figures.params), shortened(&figures.multiply_adds)];
        }
        let (macs, all) = (self.number(&figures.multiply_adds), self.number(&total.multiply_adds));
        let share = match (macs, all) {
            (Some(macs), Some(all)) if all > 0 => format!("{:.1} %", 100.0 * macs as f64 / all as f64),
            _ => String::new(),
        };
        let kept =
            self.number(&figures.kept).map(|bytes| megabytes(bytes.unsigned_abs().saturating_mul(self.plan.batch)));
        let mut cells = vec![text(&figures.params), text(&figures.multiply_adds), share, kept.unwrap_or_default()];
        if self.symbolic {
            cells.push(shortened(&figures.multiply_adds));
        }
        cells
    }

    /// The first of several types, with the dims of the data, and the number of the others.
    fn types(&self, types: &[Type]) -> String {
        let Some(first) = types.first() else { return String::new() };
        let more = if types.len() > 1 { format!(" +{}", types.len() - 1) } else { String::new() };
        format!("{}{more}", self.bound(first))
    }

    fn bound(&self, ty: &Type) -> Type {
        let dim = |d: &Dim| self.number(d).map_or_else(|| d.clone(), Dim::from);
        match ty {
            Type::Tensor(t) => {
                let time = t.time.as_ref().map(|t| Time { modality: t.modality.clone(), len: dim(&t.len) });
                TensorType { time, dims: t.dims.iter().map(dim).collect() }.into()
            }
            Type::Tokens { len } => Type::Tokens { len: dim(len) },
        }
    }

    fn totals(&self, summary: &Summary) -> String {
        let total = summary.total();
        let training = &summary.training;
        let text = |d: &Dim| self.text(d);
        let zero = Dim::from(0);
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut line = |name: &str, value: String| lines.push((name.to_owned(), value));
        line("trainable parameters", text(&total.params.minus(&total.dead)));
        if summary.encoder_params != zero {
            line("  of them the text encoder's", text(&summary.encoder_params));
        }
        if total.dead != zero {
            line("dead parameters", text(&total.dead));
        }
        line("multiply-adds", text(&total.multiply_adds));
        let forward = training.forward();
        if forward != total.multiply_adds {
            let factor = match (self.number(&forward), self.number(&total.multiply_adds)) {
                (Some(step), Some(one)) if one > 0 => format!(" (x {:.2})", step as f64 / one as f64),
                _ => String::new(),
            };
            line("  in a training step, per anchor", format!("{}{factor}", text(&forward)));
        }
        let mut out = String::new();
        match self.memory(summary) {
            Some(memory) => {
                line("weights, gradients and moments (MB)", megabytes(memory.fixed()));
                if let Some(Step { estimate, largest_batch, samples, recompute }) = self.step {
                    let parts =
                        if estimate.parts > 1 { format!(" in {} parts", estimate.parts) } else { String::new() };
                    let again = match recompute {
                        Recompute::None => String::new(),
                        what => format!(", recompute = {what}"),
                    };
                    line(&format!("a step of batch {}{parts}{again} (MB)", estimate.batch), megabytes(estimate.above));
                    if estimate.per_thread > 0 {
                        line("  for each thread more, at most (MB)", megabytes(estimate.per_thread));
                    }
                    line("estimated total size (MB)", megabytes(estimate.total()));
                    let fits = match largest_batch {
                        0 => "no batch".to_owned(),
                        all if all >= samples => format!("all {samples} samples in one batch"),
                        most => format!("up to batch {most}"),
                    };
                    line(&format!("fits {}", gigabytes(self.limit)), fits);
                }
            }
            None => line("bytes kept for the backward pass, per anchor", text(&total.kept)),
        }
        let (left, right) = (width(lines.iter().map(|l| &l.0)), width(lines.iter().map(|l| &l.1)));
        for (name, value) in &lines {
            // Polynomials are aligned left, numbers right.
            let value = if self.dims.is_some() { format!("{value:>right$}") } else { value.clone() };
            let _ = writeln!(out, "{name:<left$}  {value}");
        }
        let _ = write!(out, "\n{CONVENTION}.");
        if training.companions > 0 {
            let _ = write!(
                out,
                "\nTraining runs what its losses read of companions for up to {} of them per anchor; the backward pass takes about twice the forward pass.",
                training.companions
            );
        } else {
            out.push_str("\nThe backward pass of training takes about twice the forward pass.");
        }
        if self.dims.is_some() {
            out.push_str("\n`kept` is a bound: every sequence as long as the longest, every companion a sample of its own, all parts at once.");
            let steps = self.step.map(|step| step.estimate);
            match steps.map(|s| s.lengths) {
                Some(LengthsOf::Samples) => {
                    let of = steps.map_or(0, |s| s.steps);
                    let _ = write!(out, "\nThe step is the most of {of} that were simulated with the lengths of training samples; program, libtorch and data come on top (`dsc bench` measures them).");
                }
                Some(LengthsOf::Longest) => out.push_str("\nThe step was simulated with every sequence as long as the longest, which is more than batches have: with a file as --data, lengths are those of its samples. Program, libtorch and data come on top (`dsc bench` measures them)."),
                None => {}
            }
        } else {
            out.push_str("\nNames are widths and maximum lengths of the data; `--data sims` sets their values.");
        }
        out
    }

    fn figure(&self, d: &Dim) -> Value {
        json!({ "value": self.number(d), "formula": d.to_string() })
    }

    fn add_figures(&self, value: &mut Value, figures: &Figures) {
        if let Some(object) = value.as_object_mut() {
            object.insert("params".to_owned(), self.figure(&figures.params));
            object.insert("dead_params".to_owned(), self.figure(&figures.dead));
            object.insert("multiply_adds".to_owned(), self.figure(&figures.multiply_adds));
            object.insert("loss_multiply_adds".to_owned(), self.figure(&figures.loss_multiply_adds));
            object.insert("kept_bytes_per_anchor".to_owned(), self.figure(&figures.kept));
        }
    }

    fn part(&self, part: &SummaryNode) -> Value {
        let results: Vec<String> = part.results.iter().map(ToString::to_string).collect();
        let mut value = json!({ "name": part.name, "path": part.path, "block": part.block, "output": results });
        self.add_figures(&mut value, &part.figures);
        if let Some(object) = value.as_object_mut() {
            object.insert("parts".to_owned(), part.children.iter().map(|p| self.part(p)).collect());
        }
        value
    }
}

fn width<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(|t| t.chars().count()).max().unwrap_or(0)
}

/// A polynomial, truncated after some terms: `84,934,656*T + 18,432*T**2 + .. 14 terms`.
fn shortened(d: &Dim) -> String {
    const WIDTH: usize = 64;
    let text = count::text(d, None);
    if text.chars().count() <= WIDTH {
        return text;
    }
    let ends: Vec<usize> = text.match_indices(" + ").chain(text.match_indices(" - ")).map(|(i, _)| i).collect();
    let cut = ends.iter().copied().filter(|i| *i <= WIDTH).max().unwrap_or(WIDTH);
    let left = ends.iter().filter(|i| **i >= cut).count();
    format!("{} + .. {left} terms", text.get(..cut).unwrap_or(&text))
}

/// Millions of bytes, as torchinfo counts them.
fn megabytes(bytes: u64) -> String {
    let (whole, rest) = (bytes / 1_000_000, bytes % 1_000_000 / 10_000);
    format!("{}.{rest:02}", count::grouped(i64::try_from(whole).unwrap_or(i64::MAX)))
}

/// `24 GB`, `23.5 GB`.
fn gigabytes(bytes: u64) -> String {
    let text = format!("{:.3}", bytes as f64 / 1e9);
    format!("{} GB", text.trim_end_matches('0').trim_end_matches('.'))
}
