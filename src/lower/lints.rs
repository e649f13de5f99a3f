//! Lints that look at the whole graph, dead nodes included: what a model computes and its author would hardly want.

use std::collections::{BTreeMap, BTreeSet};

use super::lowering::Lowering;
use crate::diag::Diagnostic;
use crate::diag::codes::lints as lint;
use crate::ir::{Named, NodeId, Op, Over};
use crate::sema::dims::Dim;
use crate::sema::types::Type;
use crate::source::Span;

/// Attention scales that differ by less are one.
const SAME_SCALE: f64 = 1e-6;

impl Lowering<'_> {
    /// Lints the lowered model.
    pub(super) fn lint(&mut self) {
        for warning in [self.swapped(), self.idle_dropout(), self.scales(), self.alone()].into_iter().flatten() {
            self.report(warning);
        }
    }

    /// Names of one modality for values that are made of others alone. What is computed of such a value is not told again.
    fn swapped(&self) -> Vec<Diagnostic> {
        let sources = self.sources();
        let mut told: BTreeSet<NodeId> = BTreeSet::new();
        let mut found = Vec::new();
        for named in &self.graph.names {
            let mut wrong: Vec<(&str, String)> = Vec::new();
            for (place, node) in &named.values {
                let Some(from) = sources.get(node.index()).filter(|from| !from.is_empty()) else { continue };
                let name = label(named, place);
                let meant: BTreeSet<&str> = self.inputs_called(name);
                if !meant.is_empty() && meant.is_disjoint(from) && !self.reads_any(*node, &told) {
                    let from: Vec<String> = from.iter().map(|input| format!("`{input}`")).collect();
                    wrong.push((name, from.join(" and ")));
                    told.insert(*node);
                }
            }
            let told: Vec<String> = wrong.iter().map(|(name, from)| format!("`{name}` is made of {from}")).collect();
            if !told.is_empty() {
                let what =
                    if told.len() > 1 { "modalities change places" } else { "a modality under the name of another" };
                found.push(
                    Diagnostic::warning(lint::W0113, format!("{what}: {}", told.join(", ")))
                        .at(named.span, "names and values do not go together")
                        .help("weights are called by these names: put the values under their own"),
                );
            }
        }
        found
    }

    /// The inputs that every node is made of.
    fn sources(&self) -> Vec<BTreeSet<&str>> {
        let mut sources: Vec<BTreeSet<&str>> = Vec::with_capacity(self.graph.len());
        for (id, node) in self.graph.nodes() {
            let of = match &node.op {
                Op::Input(name) => BTreeSet::from([name.as_str()]),
                _ => self.graph.operands(id).iter().filter_map(|o| sources.get(o.index())).flatten().copied().collect(),
            };
            sources.push(of);
        }
        sources
    }

    /// The inputs of that name, and those of a modality of that name.
    fn inputs_called(&self, name: &str) -> BTreeSet<&str> {
        let modality = |ty: &Type| match ty {
            Type::Tokens { .. } => Some("text".to_owned()),
            Type::Tensor(t) => t.time.as_ref().map(|time| time.modality.to_string()),
        };
        let called = self.graph.inputs.values().filter(|i| i.name == name || modality(&i.ty).as_deref() == Some(name));
        called.map(|i| i.name.as_str()).collect()
    }

    /// Whether a value is computed of one of `nodes`, or is one.
    fn reads_any(&self, node: NodeId, nodes: &BTreeSet<NodeId>) -> bool {
        let needed = if nodes.is_empty() { Vec::new() } else { self.graph.needed_by([node]) };
        nodes.iter().any(|n| *n != node && needed.get(n.index()) == Some(&true))
    }

    /// Dropout that no loss reaches: it acts in training alone, so it changes nothing. A call that acts in one turn of a
    /// loop acts.
    fn idle_dropout(&self) -> Vec<Diagnostic> {
        let reached = self.graph.needed_by(self.graph.losses.iter().map(|l| l.value));
        let mut calls: BTreeMap<Span, bool> = BTreeMap::new();
        for (id, node) in self.graph.nodes() {
            if matches!(node.op, Op::Dropout { .. }) {
                *calls.entry(self.place_of(id)).or_default() |= reached.get(id.index()) == Some(&true);
            }
        }
        let idle = calls.into_iter().filter(|(_, acts)| !acts);
        let warning = |(span, _)| {
            Diagnostic::warning(lint::W0114, "this dropout has no effect")
                .at(span, "no loss reads its result")
                .help("read its result where the value is used, or take it away")
        };
        idle.map(warning).collect()
    }

    /// Scores of attention that are scaled in more than one way, relative to 1/sqrt(width of a head).
    fn scales(&self) -> Vec<Diagnostic> {
        // By place: the factor, and how many times 1/sqrt(width of a head) it is.
        let mut calls: BTreeMap<Span, (f64, f64)> = BTreeMap::new();
        for (id, node) in self.graph.nodes() {
            let Op::Attention { heads, scale, .. } = node.op else { continue };
            let query = self.graph.operands(id).first().and_then(|q| self.graph.node(*q));
            let width = query.and_then(|q| q.ty.tensor()?.dims.last()?.as_const());
            let usual = width.map(|w| (heads as f64 / w as f64).sqrt());
            if let Some((factor, relative)) = match (scale, usual) {
                (None, usual) => Some((usual.unwrap_or(f64::NAN), 1.0)),
                (Some(scale), Some(usual)) => Some((scale, scale / usual)),
                (Some(_), None) => None,
            } {
                calls.entry(self.place_of(id)).or_insert((factor, relative));
            }
        }
        let usual = calls.iter().find(|(_, (_, relative))| (relative - 1.0).abs() < SAME_SCALE);
        let Some((first, (_, common))) = usual.or_else(|| calls.iter().next()).map(|(span, call)| (*span, *call))
        else {
            return Vec::new();
        };
        let others = calls.iter().filter(|(_, (_, relative))| (relative - common).abs() >= SAME_SCALE);
        let warning = |(span, (factor, relative)): (&Span, &(f64, f64))| {
            let times = format!("{relative:.3} times 1/sqrt(width of a head)");
            Diagnostic::warning(lint::W0115, format!("attention is scaled in two ways: here by {factor:.4}, {times}"))
                .at(*span, "another scale than elsewhere")
                .because(
                    first,
                    match usual {
                        Some(_) => "by 1/sqrt(width of a head) here".to_owned(),
                        None => format!("{common:.3} times that here"),
                    },
                )
                .help("leave `scale` out for 1/sqrt(width of a head), or give all attention the same")
        };
        others.map(warning).collect()
    }

    /// Comparisons of one value with itself: what comes out is known before.
    fn alone(&self) -> Vec<Diagnostic> {
        let one = |d: Option<&Dim>| d.and_then(Dim::as_const) == Some(1);
        let mut found = Vec::new();
        for (id, node) in self.graph.nodes() {
            let of = self.graph.operands(id);
            let warning = match &node.op {
                Op::LogSumExp if of.len() == 1 => {
                    Diagnostic::warning(lint::W0116, "a contrast without negatives: `logsumexp` of one value is that value")
                        .help("what is subtracted from it is the same number, so the term is 0 and trains nothing; give it negatives")
                }
                Op::Softmax { over, .. } if node.ty.tensor().is_some_and(|t| one(match over {
                    Over::Time => t.time.as_ref().map(|time| &time.len),
                    Over::Features => t.dims.last(),
                    Over::Axis(axis) => t.dims.get(*axis),
                })) => Diagnostic::warning(lint::W0116, "a softmax over one value is always 1")
                    .help("normalise over another axis, or leave it out"),
                _ => continue,
            };
            found.push(warning.at(self.place_of(id), "there is nothing to compare with"));
        }
        found
    }

    /// The place of a node in the user's files.
    fn place_of(&self, id: NodeId) -> Span {
        self.places.get(id.index()).copied().unwrap_or(Span::NONE)
    }
}

/// What a value is called: the innermost label in its list, or else its name.
fn label<'n>(named: &'n Named, place: &'n str) -> &'n str {
    let innermost = place.rsplit('.').find(|step| step.parse::<usize>().is_err() && !step.is_empty());
    let last = |path: &'n str| path.rsplit('.').next().unwrap_or(path);
    match named.kind {
        // A result has the name of the call's block, which speaks of no value.
        crate::ir::NameKind::Result => innermost.unwrap_or_default(),
        _ => innermost.unwrap_or_else(|| last(&named.path)),
    }
}
