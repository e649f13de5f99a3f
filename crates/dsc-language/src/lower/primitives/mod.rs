//! Calls of primitives. What each means is in its entry ([`dsc_graph::primitives`]) and in the typing rule of its
//! operation.
//!
//! The entry says which arguments a call takes ([`args`]). A primitive whose parameters are the operands and attributes of
//! its operation needs nothing more; the others have a rule here: those that own weights, those that are made of other
//! operations, those of numbers known at compile time.

mod args;
mod init;
mod sequence;
mod statics;
mod tensor;

use std::collections::BTreeMap;

use super::block::Argument;
use super::lowering::Lowering;
use super::value::Value;
pub(super) use args::BEYOND;
use args::{Args, Bound, Operand, values};
use dsc_graph::dims::Dim;
use dsc_graph::primitives::{Operation, Primitive};
use dsc_graph::statics::Static;
use dsc_graph::{Attributes, Axis, Init, MaxOver, Op};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{structure as code, types};
use dsc_syntax::source::Span;

impl Lowering<'_> {
    pub(super) fn call_primitive(&mut self, primitive: &'static Primitive, args: Vec<Argument>, span: Span) -> Value {
        let mut args = Args { primitive, args, span, named: true };
        args.named = self.names_are_known(&args);
        if args.args.iter().any(Argument::is_unknown) {
            return self.first_operand(&args).unwrap_or(Value::Error);
        }
        let counted = self.operands_are_given(&args);
        if counted && !args.args.iter().any(|a| a.value.is_error() && args.is_operand(a)) {
            return self.primitive(&args).unwrap_or(Value::Error);
        }
        self.check_beside_faults(&args);
        self.first_operand(&args).unwrap_or(Value::Error)
    }

    /// Whether the operand without a name is there, and no other argument goes without one.
    fn operands_are_given(&mut self, args: &Args) -> bool {
        let primitive = args.primitive;
        let positional = primitive.positional();
        let wanted = usize::from(positional.is_some());
        let given = args.positional().count();
        if given == wanted || positional.is_some_and(|p| p.kind.is_variadic()) {
            return true;
        }
        let d = match args.positional().nth(wanted).map(|a| a.span) {
            Some(extra) => {
                let d = Diagnostic::error(
                    code::E0503,
                    format!("argument {} of `{}` has no name", wanted + 1, primitive.name),
                )
                .at(extra, "which one is it?");
                // In the order of the entry, as other languages take them.
                match primitive.named().first().filter(|p| args.named(p.name).is_none()) {
                    Some(meant) => d
                        .help(format!("write `{}: ..`; it is called as {}", meant.name, primitive.signature()))
                        .fix(Span { end: extra.start, ..extra }, format!("{}: ", meant.name)),
                    None => args.help(d),
                }
            }
            // What was meant for it may be there with a fault.
            None if args.args.iter().any(|a| a.value.is_error()) => return false,
            None => args.help(
                Diagnostic::error(code::E0501, format!("missing tensor of `{}`", primitive.name))
                    .at(args.span, "missing in this call"),
            ),
        };
        self.report(d);
        false
    }

    /// What to go on with where an argument has no value for a fault that was reported: the first operand, if the result
    /// has its type and the others are operands without a fault.
    fn first_operand(&mut self, args: &Args) -> Option<Value> {
        if !args.primitive.keeps_type() {
            return None;
        }
        if args.args.iter().any(|a| args.is_operand(a) && a.value.is_error()) {
            return None;
        }
        match &args.positional().next()?.value {
            Value::Node(node) if self.graph.node(*node).is_some_and(|n| n.ty.tensor().is_some()) => {
                Some(Value::Node(*node))
            }
            _ => None,
        }
    }

    fn names_are_known(&mut self, args: &Args) -> bool {
        let mut ok = true;
        let mut named: BTreeMap<&str, Span> = BTreeMap::new();
        for arg in &args.args {
            match &arg.name {
                Some(name) => {
                    let first = named.get(name.value.as_str()).copied();
                    named.entry(&name.value).or_insert(name.span);
                    if let Some(first) = first {
                        ok = false;
                        let d = Diagnostic::error(
                            code::E0502,
                            format!("`{}` of `{}` is given twice", name.value, args.primitive.name),
                        )
                        .at(name.span, "given again here")
                        .because(first, "first given here");
                        self.report(d);
                    }
                }
                None if !named.is_empty() && !arg.is_unknown() => {
                    ok = false;
                    let d = Diagnostic::error(
                        code::E0503,
                        format!("an argument of `{}` without a name follows named ones", args.primitive.name),
                    )
                    .at(arg.span, "put it first");
                    self.report(args.help(d));
                }
                None => {}
            }
            if let Some(name) = &arg.name
                && !args.primitive.args().any(|known| known == name.value)
            {
                // Reported with the names.
                ok = false;
                self.reported();
            }
        }
        ok
    }

    fn primitive(&mut self, a: &Args) -> Option<Value> {
        if let Some(value) = self.of_number(a) {
            return Some(value);
        }
        let b = match self.bound(a) {
            Ok(bounds) => bounds,
            Err(operand) => return operand.map(|x| Value::Node(x.node)),
        };
        match a.primitive.operation {
            Operation::Linear => self.linear(a, b),
            Operation::LayerNorm => self.layer_norm(a, b),
            Operation::Attention => self.attention(a, b),
            Operation::Conv1d => self.conv1d(a, b),
            Operation::Gru | Operation::Lstm | Operation::Rnn => self.recurrent(a, b),
            Operation::LastState => self.last_state(a, b),
            Operation::Dropout => self.dropout(a, b),
            Operation::Embed => self.embed(a, b),
            Operation::Positions => self.positions(a, b),
            Operation::Learned => self.learned(a, b),
            Operation::Param => self.fresh(a, b),
            Operation::Shift => self.shift(a, b),
            Operation::Skip => self.skip(a, b),
            Operation::Dense => self.dense(a, b),
            Operation::Concat => self.concat(a, b),
            Operation::Einsum => self.einsum(a, b),
            Operation::Outer => self.outer(a, b),
            Operation::Matmul => self.matmul(a, b),
            Operation::Transpose => self.transpose(a, b),
            Operation::Flatten => self.flatten(a, b),
            Operation::Reshape => self.reshape(a, b),
            Operation::Slice => self.slice(a, b),
            Operation::Split => self.split(a, b),
            Operation::Append => self.append(a, b),
            Operation::Stack => self.stack(a, b),
            Operation::Softmax | Operation::LogSoftmax => self.softmax(a, b),
            Operation::LogSumExp => self.logsumexp(a, b),
            Operation::Clamp => self.clamp(a, b),
            Operation::Pow => self.pow(a, b),
            Operation::InBatch => self.in_batch(a, b),
            Operation::Min | Operation::Max => self.extremum(a, b),
            Operation::Longest => self.extent_of(a, b, MaxOver::Batch),
            Operation::Most => self.extent_of(a, b, MaxOver::Data),
            Operation::Len => self.length(a, b),
            _ => self.direct(a, &b),
        }
    }

    /// The operation of that name, whose operands and attributes are the parameters.
    fn direct(&mut self, a: &Args, bounds: &[Bound]) -> Option<Value> {
        let (mut operands, mut spans, mut attributes) = (Vec::new(), Vec::new(), Attributes::new());
        for (param, bound) in a.primitive.params.iter().zip(bounds) {
            match bound {
                Bound::Operand(x) => {
                    operands.push(x.node);
                    spans.push(x.span);
                }
                bound => bound.attribute().into_iter().for_each(|value| attributes.push(param.name, value)),
            }
        }
        let op = Op::with(a.primitive.operation, &attributes);
        debug_assert!(op.is_ok(), "`{}` has other attributes than its entry: {op:?}", a.primitive.name);
        Some(self.emit(op.ok()?, &operands, a.span, &spans))
    }

    fn one(&mut self, a: &Args, x: Operand, op: Op) -> Option<Value> {
        Some(self.emit(op, &[x.node], a.span, &[x.span]))
    }

    // ---- weights ----

    fn linear(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, out, bias) = values::<(Operand, Dim, bool)>(a, b)?;
        let fan_in = self.features(x, a.primitive.name)?;
        let init = Init::FanIn(fan_in.clone());
        let mut operands = vec![x.node, self.param("weight", vec![out.clone(), fan_in], init.clone(), a.span)];
        if bias {
            operands.push(self.param("bias", vec![out], init, a.span));
        }
        Some(self.emit(Op::Linear, &operands, a.span, &[x.span]))
    }

    fn layer_norm(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, eps) = values::<(Operand, _)>(a, b)?;
        let k = self.features(x, a.primitive.name)?;
        let weight = self.param("weight", vec![k.clone()], Init::Ones, a.span);
        let bias = self.param("bias", vec![k], Init::Zeros, a.span);
        Some(self.emit(Op::LayerNorm { eps }, &[x.node, weight, bias], a.span, &[x.span]))
    }

    fn embed(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, rows, width, init, std, bound) = values::<(Operand, _, _, _, _, _)>(a, b)?;
        self.holds_vocabulary(a, &rows);
        let shape = vec![rows, width];
        let init = self.init(a, &shape, (init, std, bound))?;
        let table = self.param("weight", shape, init, a.span);
        Some(self.emit(Op::Embedding, &[x.node, table], a.span, &[x.span]))
    }

    /// Every token of the text encoder that goes with the data has a row of its own.
    fn holds_vocabulary(&mut self, a: &Args, rows: &Dim) {
        let vocabulary = self.options.encoder.get("vocab_size").and_then(Static::as_i64);
        let rows = self.number_of(rows).as_const();
        if let (Some(_), Some(vocabulary), Some(rows)) = (&self.options.dims, vocabulary, rows)
            && rows < vocabulary
        {
            let d = Diagnostic::error(
                types::E0306,
                format!("a table of {rows} rows, the vocabulary of the text encoder has {vocabulary} tokens"),
            )
            .at(a.place("rows"), "too few rows")
            .help("every token has a row: `rows: encoder.vocab_size`");
            self.report(d);
        }
    }

    fn learned(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (rows, width, init, std, bound) = values(a, b)?;
        let shape = vec![rows, width];
        let init = self.init(a, &shape, (init, std, bound))?;
        let table = self.param("rows", shape, init, a.span);
        Some(self.emit(Op::Learned, &[table], a.span, &[]))
    }

    /// `param(shape: ..)`
    fn fresh(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (shape, init, std, bound) = values::<(Vec<_>, _, _, _)>(a, b)?;
        let init = self.init(a, &shape, (init, std, bound))?;
        let param = self.param("value", shape, init, a.span);
        Some(self.emit(Op::Expand, &[param], a.span, &[]))
    }

    fn positions(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, width, rows, init, std, bound) = values::<(Operand, _, Option<_>, _, _, _)>(a, b)?;
        let len = match self.graph.node(x.node).map(|n| &n.ty) {
            Some(dsc_graph::types::Type::Tensor(t)) if t.time.is_some() => t.time.as_ref()?.len.clone(),
            found => {
                let found = found.map_or_else(String::new, ToString::to_string);
                let d = Diagnostic::error(types::E0301, format!("`positions` expects a Seq, found {found}"))
                    .at(x.span, format!("this is {found}"))
                    .help("only rows of a sequence have positions");
                return Some(self.fail(d));
            }
        };
        let rows = match rows {
            Some(rows) => {
                // A table as long as this very sequence is what the default says; another length says nothing.
                if !self.same_dim(&rows, &len) {
                    self.fixed(&rows, a.place("rows"), "`rows` of `positions`")?;
                }
                rows
            }
            None => len.clone(),
        };
        let table = self.number_of(&rows).as_const();
        if let (Some(table), Some(longest)) = (table, self.options.dims.as_ref().and_then(|t| len.eval(t)))
            && longest > table
        {
            let d = Diagnostic::error(
                types::E0306,
                format!("positions of sequences of up to {longest} rows, the table has {table}"),
            )
            .at(x.span, format!("its length is {len}, at most {longest}"))
            .help("give `rows` at least the longest length, or `take` fewer rows first");
            return Some(self.fail(d));
        }
        let shape = vec![rows, width];
        let init = self.init(a, &shape, (init, std, bound))?;
        let table = self.growing_table("weight", shape, init, a.span);
        Some(self.emit(Op::Positions, &[x.node, table], a.span, &[x.span]))
    }

    // ---- values joined, entries dropped ----

    fn concat(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (operands, along) = values::<(Vec<Operand>, Option<String>)>(a, b)?;
        let first = operands.first().and_then(|x| self.graph.node(x.node));
        let axis = match along.as_deref().and_then(Axis::named) {
            Some(axis) => axis,
            None if first.is_some_and(|n| n.ty.len().is_some()) => Axis::Time,
            None => Axis::Features,
        };
        let (nodes, spans): (Vec<_>, Vec<_>) = operands.iter().map(|x| (x.node, x.span)).unzip();
        Some(self.emit(Op::Concat(axis), &nodes, a.span, &spans))
    }

    fn dropout(&mut self, a: &Args, b: Vec<Bound>) -> Option<Value> {
        let (x, p) = values::<(Operand, f64)>(a, b)?;
        if p == 0.0 {
            return Some(Value::Node(x.node));
        }
        let site = self.site("dropout");
        self.one(a, x, Op::Dropout { p, site })
    }

    /// `abs(-1)`: a function of every entry, of a number that is known.
    fn of_number(&mut self, a: &Args) -> Option<Value> {
        let Operation::Unary(f) = a.primitive.operation else { return None };
        let of_number = f.of_number()?;
        let Value::Static(s) = &a.positional().next()?.value else { return None };
        if Self::may_be_any(s) {
            return Some(Value::Error);
        }
        let n = s.as_f64()?;
        if let (Static::Int(n), Some(whole)) = (s, of_number.whole) {
            return Some(Value::int(whole(*n)));
        }
        let number = of_number.real;
        Some(match Static::finite(Static::Float(number(n)), || format!("`{}` of {n}", a.primitive.name)) {
            Ok(value) => Value::Static(value),
            Err(f) => self.fail(Diagnostic::error(f.code, f.message).at(a.span, "here")),
        })
    }
}
