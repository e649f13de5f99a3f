//! Values that are the same whatever the weights are, and losses that train nothing or the wrong way.

use super::lowering::Lowering;
use super::stated::is_placeholder;
use crate::sema::resolve::{DefId, DefKind, Res, Role};
use dsc_graph::dims::Dim;
use dsc_graph::{Binary, Graph, Init, Loss, Node, NodeId, Op, Over, ParametricUnary};
use dsc_syntax::ast::{Change, ExprKind};
use dsc_syntax::diag::codes::lints as lint;
use dsc_syntax::diag::{Diagnostic, did_you_mean};
use dsc_syntax::source::Span;

/// For each node, whether a gradient other than 0 flows back from it into a weight, or into a value that has none for a
/// fault.
pub(super) fn gradients(graph: &Graph) -> Vec<bool> {
    let mut flows: Vec<bool> = Vec::with_capacity(graph.len());
    for (id, node) in graph.nodes() {
        let operands = graph.operands(id);
        flows.push(match &node.op {
            Op::Param(_) => true,
            op if is_placeholder(op) => true,
            op if stops(op, &operands) || same_for_all(graph, node, &operands).is_some_and(|c| c.whole) => false,
            _ => operands.iter().any(|o| flows.get(o.index()) == Some(&true)),
        });
    }
    flows
}

/// Whether no gradient passes an operation, whatever its operands are.
fn stops(op: &Op, operands: &[NodeId]) -> bool {
    let itself = || matches!(operands, [a, b] if a == b);
    match op {
        Op::StopGrad => true,
        Op::Affine { mul, .. } => *mul == 0.0,
        Op::Binary(Binary::Sub | Binary::Div) | Op::Cosine => itself(),
        _ => false,
    }
}

/// A result that does not depend on an operand.
struct Same {
    what: &'static str,
    help: &'static str,
    /// Whether it depends on no weight either.
    whole: bool,
}

/// What is said of an operation whose result is the same whatever its operand is.
fn same_for_all(graph: &Graph, node: &Node, operands: &[NodeId]) -> Option<Same> {
    let one = |d: Option<&Dim>| d.and_then(Dim::as_const) == Some(1);
    let of = operands.first().and_then(|x| graph.node(*x)).map(|n| &n.ty);
    let last = || of.and_then(|ty| ty.tensor()).is_some_and(|t| one(t.dims.last()));
    let same = |what, help| Some(Same { what, help, whole: true });
    match &node.op {
        Op::Softmax { over, .. }
            if node.ty.tensor().is_some_and(|t| {
                one(match over {
                    Over::Time => t.time.as_ref().map(|time| &time.len),
                    Over::Features => t.dims.last(),
                    Over::Axis(axis) => t.dims.get(*axis),
                })
            }) =>
        {
            same("a softmax over one value is always 1", "normalise over another axis, or leave it out")
        }
        Op::LayerNorm { .. } if last() => Some(Same {
            what: "a layer norm over one value is always its bias",
            help: "normalise before the layer that makes one entry, or leave it out",
            whole: false,
        }),
        Op::Normalize { .. } if last() => {
            same("one value divided by its own size is always 1 or -1", "normalise a longer vector, or leave it out")
        }
        Op::StdTime { .. } if one(of.and_then(|ty| ty.len())) => {
            same("the deviation of one row is always 0", "pool more rows, or leave it out")
        }
        Op::ParametricUnary(ParametricUnary::Clamp { min: Some(min), max: Some(max) }) if min == max => {
            same("a value between equal bounds is always that number", "give `clamp` a `min` below its `max`")
        }
        _ => None,
    }
}

impl Lowering<'_> {
    /// Results that are known before: comparisons of one value with itself, and the like.
    pub(super) fn always_the_same(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (id, node) in self.graph.nodes() {
            let operands = self.graph.operands(id);
            let (what, help) = match &node.op {
                Op::LogSumExp if operands.len() == 1 => (
                    "a comparison with itself alone: `logsumexp` of one value is that value",
                    "a contrast expects a positive and at least one negative: without, it is the same number whatever the weights are",
                ),
                Op::Attention { scale: Some(0.0), .. } => (
                    "attention with a scale of 0 gives every row the same weight",
                    "leave `scale` out for 1/sqrt(width of a head); the mean of all rows is `mean(x)`",
                ),
                _ => match same_for_all(&self.graph, node, &operands) {
                    Some(same) => (same.what, same.help),
                    None => continue,
                },
            };
            let d = Diagnostic::warning(lint::W0116, what).help(help);
            found.push(d.at(self.place_of(id), "there is nothing to compare with"));
        }
        // Those without a gradient are told as such.
        let flows = gradients(&self.graph);
        for (what, call, result) in &self.notes.with_themselves {
            if flows.get(result.index()) == Some(&true) {
                let d = Diagnostic::warning(lint::W0116, format!("a comparison with itself alone: {what}"));
                found.push(d.at(*call, "given twice").help("compare two values of one sample, such as two modalities"));
            }
        }
        found
    }

    /// Losses that give no weight a gradient, beside others that do.
    pub(super) fn fixed_losses(&self) -> Vec<Diagnostic> {
        let flows = gradients(&self.graph);
        let trains = |l: &&Loss| flows.get(l.value.index()) == Some(&true);
        // Where all are such, there is nothing to train, which is an error.
        if !self.graph.losses.iter().any(|l| trains(&l)) {
            return Vec::new();
        }
        let fixed = self.graph.losses.iter().filter(|l| !trains(l));
        let warning = |l: &Loss| {
            let of_variant = |c: &&Change| matches!(c, Change::Loss { name, .. } if name.value == l.name);
            let change = self.changes.iter().rev().find(|c| of_variant(c));
            let constant = match self.graph.node(l.value).map(|n| &n.op) {
                Some(Op::Const(x)) => Some(*x),
                _ => None,
            };
            let d = match constant {
                Some(x) => Diagnostic::warning(lint::W0118, format!("loss `{}` is the number {x}", l.name)),
                None => Diagnostic::warning(lint::W0118, format!("loss `{}` gives no weight a gradient", l.name)),
            };
            let d = d.at(l.span, "the same whatever the weights are");
            match (constant, change) {
                (Some(x), Some(_)) => d.help(format!(
                    "to scale the loss of the model write `loss {} *= {x}`; to leave it out, `drop {}`",
                    l.name, l.name
                )),
                _ => d.help("compute it from values that depend on weights, or take it away"),
            }
        };
        fixed.map(warning).collect()
    }

    /// Predictions of labels that no loss reads, although losses train all that they are made of.
    pub(super) fn unread_labels(&self) -> Vec<Diagnostic> {
        let losses = || self.graph.losses.iter().map(|l| l.value);
        let flows = gradients(&self.graph);
        // Where nothing is trained, that is the fault.
        if !losses().any(|l| flows.get(l.index()) == Some(&true)) {
            return Vec::new();
        }
        // A loss with a fault may read any label that is mentioned, or meant.
        let faulty = losses().any(|l| self.nodes.reads(l).faulty) || !self.faults.none();
        let read = self.graph.needed_by(losses().chain(self.notes.in_doubt.iter().copied()));
        let trained = self.graph.trained_by(losses());
        let is_read = |label: &str| {
            let of_label = |(_, n): &(NodeId, &Node)| matches!(&n.op, Op::Label(name) if name == label);
            self.graph.nodes().filter(of_label).any(|(id, _)| read.get(id.index()) == Some(&true))
        };
        let mut found = Vec::new();
        let unread = |label: &str| !(is_read(label) || faulty && self.may_be_read(label));
        for output in self.graph.outputs.iter().filter(|o| unread(&o.label)) {
            let of = self.graph.needed_by([output.value]);
            let weights: Vec<bool> = self
                .graph
                .nodes()
                .filter(|(id, _)| of.get(id.index()) == Some(&true))
                .filter_map(|(_, node)| match node.op {
                    Op::Param(p) => Some(trained.get(p.index()) == Some(&true)),
                    _ => None,
                })
                .collect();
            // Weights that no loss trains are told as such.
            let in_training = !weights.is_empty() && !weights.contains(&false);
            if in_training {
                let d = Diagnostic::warning(lint::W0119, format!("no loss reads the label `{}`", output.label));
                found.push(
                    d.at(output.span, "nothing teaches this prediction what it should be")
                        .help(format!("compare the two in a loss: `mse(x, target: {})`", output.label)),
                );
            }
        }
        found
    }

    /// Whether an expression mentions a label, or a word that refers to nothing may have been meant for it.
    fn may_be_read(&self, label: &str) -> bool {
        let (program, names) = (self.program, &self.program.names);
        let is_it = |def: DefId| names.def(def).kind == DefKind::Label && names.def(def).name == label;
        if names.uses().any(|u| u.role == Role::Read && is_it(u.def)) {
            return true;
        }
        let mut meant = program.main().is_some_and(|m| m.unread.contains(label));
        if names.is_complete() {
            return meant;
        }
        let known: Vec<&str> = names.defs().map(|(_, def)| def.name.as_str()).collect();
        // What is called is no label.
        let mut called: Vec<Span> = Vec::new();
        program.exprs(&mut |e| match &e.kind {
            ExprKind::Error => meant = true,
            ExprKind::Call { callee, .. } => called.push(callee.span),
            ExprKind::Name(word)
                if !meant && !called.contains(&e.span) && matches!(names.resolve(None, e.span), Res::Error) =>
            {
                meant = did_you_mean(word, [label]).is_some() || did_you_mean(word, known.iter().copied()).is_none();
            }
            _ => {}
        });
        meant
    }

    /// Predictions that read neither the sample nor a weight.
    pub(super) fn fixed_predictions(&self) -> Vec<Diagnostic> {
        let depends = |op: &Op| matches!(op, Op::Input(_) | Op::Param(_));
        let mut found = Vec::new();
        for output in &self.graph.outputs {
            let needed = self.graph.needed_by([output.value]);
            if self.graph.nodes().any(|(id, n)| needed.get(id.index()) == Some(&true) && depends(&n.op)) {
                continue;
            }
            let number = match self.graph.node(output.value).map(|n| &n.op) {
                Some(Op::Const(x)) => format!("the number {x}"),
                _ => "the same".to_owned(),
            };
            let message = format!("the prediction of `{}` is {number} for every sample", output.label);
            let d = Diagnostic::warning(lint::W0123, message).at(output.span, "it reads no input and no weight");
            found.push(d.help("predict it from the inputs: `mean(x) |> MLP(widths: [64, 1]) |> scalar()`"));
        }
        found
    }

    /// Weights that every loss trains through `grad_reverse` alone, so that they make the losses larger.
    pub(super) fn only_reversed(&self) -> Vec<Diagnostic> {
        // For each node, whether a gradient of a loss comes as it is, and whether one comes reversed.
        let mut seen = vec![[false; 2]; self.graph.len()];
        let mut open: Vec<(NodeId, bool)> = self.graph.losses.iter().map(|l| (l.value, false)).collect();
        open.extend(self.notes.in_doubt.iter().map(|id| (*id, false)));
        while let Some((id, reversed)) = open.pop() {
            let Some(mark) = seen.get_mut(id.index()).and_then(|marks| marks.get_mut(usize::from(reversed))) else {
                continue;
            };
            if std::mem::replace(mark, true) {
                continue;
            }
            let turned = match self.graph.node(id).map(|n| &n.op) {
                Some(Op::StopGrad) => continue,
                Some(Op::GradReverse { .. }) => !reversed,
                _ => reversed,
            };
            open.extend(self.graph.operands(id).into_iter().map(|o| (o, turned)));
        }
        let mut found: Vec<Diagnostic> = Vec::new();
        for (id, _) in self.graph.nodes().filter(|(_, n)| matches!(n.op, Op::GradReverse { .. })) {
            let before = self.graph.needed_by([id]);
            let wrong = |(w, n): (NodeId, &Node)| {
                let mark = seen.get(w.index()).copied().unwrap_or_default();
                matches!(n.op, Op::Param(_)) && before.get(w.index()) == Some(&true) && mark == [false, true]
            };
            if self.graph.nodes().any(wrong) {
                found.push(
                    Diagnostic::warning(lint::W0120, "what is before this `grad_reverse` is trained against every loss")
                        .at(self.place_of(id), "all gradients change their sign here")
                        .help("give it another way to a loss as well: a prediction reads the value without `grad_reverse`, the classifier that is to be misled reads it with"),
                );
            }
        }
        found
    }

    /// Products of values that are all 0 at the start: the gradient of each is the other one, so both stay 0.
    pub(super) fn stuck_at_zero(&self) -> Vec<Diagnostic> {
        let mut zero: Vec<bool> = Vec::with_capacity(self.graph.len());
        let mut found = Vec::new();
        for (id, node) in self.graph.nodes() {
            let operands = self.graph.operands(id);
            let is_zero = |o: &NodeId| zero.get(o.index()) == Some(&true);
            let product = matches!(node.op, Op::Binary(Binary::Mul) | Op::Einsum(_) | Op::MulRow | Op::Scale | Op::Dot);
            if product && operands.len() > 1 && operands.iter().all(is_zero) {
                found.push(
                    Diagnostic::warning(lint::W0118, "a product of values that are all 0 at the start stays 0")
                        .at(self.place_of(id), "the gradient of each is the other one, which is 0")
                        .help("let one of them begin with other values: `init: \"xavier_uniform\"`"),
                );
            }
            let next = match &node.op {
                Op::Param(p) => self.graph.param(*p).is_some_and(|p| p.init == Init::Zeros),
                Op::Expand | Op::Learned | Op::Reshape { .. } | Op::Slice { .. } | Op::Row(_) => {
                    operands.first().is_some_and(is_zero)
                }
                Op::Affine { add, .. } if *add == 0.0 => operands.first().is_some_and(is_zero),
                _ if product => operands.iter().any(is_zero),
                _ => false,
            };
            zero.push(next);
        }
        found
    }
}
