//! Lints that look at the whole graph, dead nodes included: what a model computes and its author would hardly want.

use std::collections::BTreeMap;

use super::lowering::Lowering;
use dsc_graph::dims::Dim;
use dsc_graph::types::Type;
use dsc_graph::{MaxOver, NameKind, Named, NodeId, Op, Param, Region, RegionKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::lints as lint;
use dsc_syntax::source::Span;

/// Attention scales that differ by less are one.
const SAME_SCALE: f64 = 1e-6;
/// Values under wrong names beyond these are not looked for.
const MAX_TOLD: usize = 20;
/// What follows a modality in names of a value of that modality.
const KINDS: [&str; 14] = [
    "enc",
    "encoded",
    "emb",
    "embedding",
    "feat",
    "feats",
    "features",
    "stream",
    "seq",
    "sequence",
    "hidden",
    "states",
    "vec",
    "vector",
];

impl Lowering<'_> {
    /// Lints what was lowered: also beside a fault, as far as it is sound. What the faulty statements read may be of use.
    pub(super) fn lint(&mut self) {
        let found = [
            self.swapped(),
            self.idle_dropout(),
            self.scales(),
            self.always_the_same(),
            self.dropped_masks(),
            self.undefined(),
            self.fixed_losses(),
            self.unread_labels(),
            self.fixed_predictions(),
            self.only_reversed(),
            self.stuck_at_zero(),
        ];
        for warning in found.into_iter().flatten() {
            self.report(warning);
        }
    }

    /// Names of one modality for values that are made of others alone. What is computed of such a value is not reported again.
    fn swapped(&self) -> Vec<Diagnostic> {
        let sources = self.sources();
        // What is computed of a value that was reported.
        let mut after = vec![false; self.graph.len()];
        let mut found = Vec::new();
        for named in &self.graph.names {
            // The standard library's parameters know nothing of modalities; labels of streams are the user's.
            let of_library = self.is_of_library(named);
            let mut wrong: Vec<(&str, u64)> = Vec::new();
            let mut reported = Vec::new();
            for (place, node) in &named.values {
                let Some(from) = sources.get(node.index()).filter(|from| **from != 0) else { continue };
                let name = if of_library { innermost(place) } else { label(named, place) };
                let Some(modality) = self.modality_in(name) else { continue };
                if self.inputs_of(modality) & from == 0 && after.get(node.index()) == Some(&false) {
                    wrong.push((modality, *from));
                    reported.push(*node);
                }
            }
            if wrong.is_empty() {
                continue;
            }
            self.mark_after(&reported, &mut after);
            let text: Vec<String> =
                wrong.iter().map(|(name, from)| format!("`{name}` is made of {}", self.named(*from))).collect();
            let names = wrong.iter().fold(0, |all, (name, _)| all | self.inputs_of(name));
            let values = wrong.iter().fold(0, |all, (_, from)| all | from);
            let what = match wrong.len() > 1 && names == values {
                true => "modalities change places",
                false => "a modality under the name of another",
            };
            found.push(
                Diagnostic::warning(lint::W0113, format!("{what}: {}", text.join(", ")))
                    .at(named.span, "names and values do not go together")
                    .help(
                        "weights are called by these names: put the values under their own, or give them other names",
                    ),
            );
            if found.len() == MAX_TOLD {
                break;
            }
        }
        found
    }

    /// Whether a name is that of a parameter of the standard library.
    fn is_of_library(&self, named: &Named) -> bool {
        let region = named.region.and_then(|r| self.graph.regions.get(r.index()));
        named.kind == NameKind::Argument
            && matches!(region, Some(Region { kind: RegionKind::Call { library: true, .. }, .. }))
    }

    /// Marks all that is computed of `nodes`.
    fn mark_after(&self, nodes: &[NodeId], after: &mut [bool]) {
        for (id, _) in self.graph.nodes() {
            let reads = |after: &[bool]| {
                let of = self.graph.operands(id);
                of.iter().any(|o| nodes.contains(o) || after.get(o.index()) == Some(&true))
            };
            let reads = nodes.contains(&id) || reads(after);
            after.iter_mut().skip(id.index()).take(1).for_each(|mark| *mark |= reads);
        }
    }

    /// The inputs that every node is made of: a bit for each by its place among them, the last bit for all beyond.
    fn sources(&self) -> Vec<u64> {
        let mut sources: Vec<u64> = Vec::with_capacity(self.graph.len());
        for (id, node) in self.graph.nodes() {
            let of = match &node.op {
                // A value that has none for a fault may be made of anything.
                Op::Input(name) => self.graph.inputs.get_index_of(name).map_or(u64::MAX, bit),
                _ => self.graph.operands(id).iter().filter_map(|o| sources.get(o.index())).fold(0, |all, of| all | of),
            };
            sources.push(of);
        }
        sources
    }

    /// The inputs of these bits, for people.
    fn named(&self, inputs: u64) -> String {
        let of = self.graph.inputs.keys().enumerate().filter(|(i, _)| inputs & bit(*i) != 0);
        of.map(|(_, name)| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
    }

    /// The modality that a name refers to: `audio`, `audio_enc`; none of `audio_gate`, which may be anything.
    fn modality_in<'n>(&self, name: &'n str) -> Option<&'n str> {
        let word = match name.split_once('_') {
            Some((word, kind)) if KINDS.contains(&kind) => word,
            Some(_) => return None,
            None => name,
        };
        (self.inputs_of(word) != 0).then_some(word)
    }

    /// The inputs of a modality.
    fn inputs_of(&self, name: &str) -> u64 {
        let is = |ty: &Type| match ty {
            Type::Tokens { .. } => name == "text",
            Type::Tensor(t) => t.time.as_ref().is_some_and(|time| time.modality.0 == name),
        };
        let of = self.graph.inputs.values().enumerate().filter(|(_, input)| is(&input.ty));
        of.fold(0, |all, (i, _)| all | bit(i))
    }

    /// Dropout that no loss reaches: it acts in training alone, so it changes nothing. A call that acts in one turn of a
    /// loop acts.
    fn idle_dropout(&self) -> Vec<Diagnostic> {
        // That there is no loss is another fault.
        if self.graph.losses.is_empty() {
            return Vec::new();
        }
        let in_doubt = self.notes.in_doubt.iter().copied();
        let reached = self.graph.needed_by(self.graph.losses.iter().map(|l| l.value).chain(in_doubt));
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

    /// Scores of attention that are scaled in more than one way, relative to 1/sqrt(width of a head). Scales that the
    /// standard library gives are its own business.
    fn scales(&self) -> Vec<Diagnostic> {
        // By place, each way of it: the factor, if the width is known, and how many times 1/sqrt(width of a head) it is.
        let mut calls: Vec<(Span, Option<f64>, f64)> = Vec::new();
        for (id, node) in self.graph.nodes() {
            let Op::Attention { heads, scale, .. } = node.op else { continue };
            let query = self.graph.operands(id).first().and_then(|q| self.graph.node(*q));
            let width = query.and_then(|q| q.ty.tensor()?.dims.last()?.as_const());
            let usual = width.map(|w| (heads as f64 / w as f64).sqrt());
            let place = self.place_of(id);
            let (factor, relative) = match (scale, usual) {
                (None, usual) => (usual, 1.0),
                (Some(scale), Some(usual)) if place == node.span => (Some(scale), scale / usual),
                _ => continue,
            };
            if !calls.iter().any(|(p, _, r)| *p == place && (r - relative).abs() < SAME_SCALE) {
                calls.push((place, factor, relative));
            }
        }
        let usual = calls.iter().find(|(_, _, relative)| (relative - 1.0).abs() < SAME_SCALE);
        let Some(&(first, _, common)) = usual.or(calls.first()) else { return Vec::new() };
        let by_root = usual.is_some();
        let others = calls.iter().filter(|(_, _, relative)| (relative - common).abs() >= SAME_SCALE);
        let warning = |(span, factor, relative): &(Span, Option<f64>, f64)| {
            let here = factor.map_or_else(String::new, |f| format!("by {f:.4}, "));
            let times = format!("{relative:.3} times 1/sqrt(width of a head)");
            let before = match by_root {
                true => "by 1/sqrt(width of a head) here".to_owned(),
                false => format!("{common:.3} times that here"),
            };
            Diagnostic::warning(lint::W0115, format!("attention is not scaled in one way: here {here}{times}"))
                .at(*span, "another scale than elsewhere")
                .because(first, before)
                .help("leave `scale` out for 1/sqrt(width of a head), or give all attention the same")
        };
        others.map(warning).collect()
    }

    /// Sequences whose padding becomes visible, by a call in the user's files.
    fn dropped_masks(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (id, node) in self.graph.nodes() {
            let Op::Dense { to } = node.op else { continue };
            if self.place_of(id) != node.span {
                continue;
            }
            let rows = node.ty.len().cloned().unwrap_or_default();
            let why = match to {
                MaxOver::Batch => {
                    "predictions depend on the batch now; without `dense` every operation leaves padding out"
                }
                MaxOver::Data => {
                    "predictions depend on the longest sample of the data now; without `dense` every operation leaves padding out"
                }
            };
            found.push(
                Diagnostic::warning(lint::W0112, format!("padding becomes visible: every sample gets {rows} rows"))
                    .at(node.span, "from here on, shorter samples end in rows of zeros")
                    .help(why),
            );
        }
        found
    }

    /// Weights that no loss trains, one lint per call of the file that owns them.
    pub(super) fn dead_parameters(&self) -> Vec<Diagnostic> {
        // That there is no loss is another fault.
        if self.graph.losses.is_empty() {
            return Vec::new();
        }
        let graph = &self.graph;
        let in_doubt = || self.notes.in_doubt.iter().copied();
        let mut by_call: BTreeMap<(Span, bool), Vec<&Param>> = BTreeMap::new();
        let trained = graph.trained_by(graph.losses.iter().map(|l| l.value).chain(in_doubt()));
        // That nothing is trained at all is an error.
        if !trained.contains(&true) {
            return Vec::new();
        }
        let states = graph.dead_beside(in_doubt()).into_iter().zip(trained).zip(graph.constant_params());
        for ((param, ((dead, trained), constant)), call) in graph.params.iter().zip(states).zip(&self.weights.calls) {
            if !trained && !constant {
                by_call.entry((*call, dead)).or_default().push(param);
            }
        }
        let warning = |((call, dead), params): ((Span, bool), Vec<&Param>)| {
            let sizes = params.iter().map(|p| Dim::product(&p.shape).unwrap_or_default());
            let count = sizes.fold(Dim::default(), |sum, n| sum.plus(&n));
            let shown: Vec<&str> = params.iter().take(6).map(|p| p.path.as_str()).collect();
            let more = params.len().saturating_sub(shown.len());
            let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
            let what = if params.len() == 1 { "1 weight".to_owned() } else { format!("{} weights", params.len()) };
            let state = match (dead, params.len() == 1) {
                (true, true) => "reaches neither an output nor a loss",
                (true, false) => "reach neither an output nor a loss",
                (false, true) => "gets no gradient from any loss",
                (false, false) => "get no gradient from any loss",
            };
            Diagnostic::warning(lint::W0101, format!("{what} ({count} parameters) {state}"))
                .at(call, "owned by this call")
                .help(format!("nothing would train them: {}{tail}", shown.join(", ")))
        };
        by_call.into_iter().map(warning).collect()
    }

    /// The place of a node in the user's files.
    pub(super) fn place_of(&self, id: NodeId) -> Span {
        self.nodes.place(id)
    }
}

/// The bit of an input.
fn bit(index: usize) -> u64 {
    1 << index.min(63)
}

/// The innermost label of a value in its list; empty where there is none.
fn innermost(place: &str) -> &str {
    place.rsplit('.').find(|step| step.parse::<usize>().is_err()).unwrap_or_default()
}

/// What a value is called: the innermost label in its list, or else its name. A result has the name of the call's block,
/// which refers to no value.
fn label<'n>(named: &'n Named, place: &'n str) -> &'n str {
    match (innermost(place), named.kind) {
        ("", NameKind::Result) => "",
        ("", _) => named.path.rsplit('.').next().unwrap_or_default(),
        (label, _) => label,
    }
}
