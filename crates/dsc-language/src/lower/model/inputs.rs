//! Inputs and labels: their types, their dims, their nodes.

use crate::lower::budget::NODE;
use crate::lower::lowering::Lowering;
use crate::lower::value::Value;
use crate::sema::resolve::{BATCH, Def, DefKind, expr_text, type_text};
use dsc_graph::dims::{Atom, Dim};
use dsc_graph::types::{Modality, TensorType, Type};
use dsc_graph::{InputDecl, LabelDecl, Op};
use dsc_syntax::ast::{Change, Expr, ExprKind, Ident, Input, TypeExpr, TypeExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{names, structure as code, types};
use dsc_syntax::source::Span;

impl<'p> Lowering<'p> {
    /// An input or label of the file, or what the variant makes of it.
    fn declared_input(&mut self, name: &str) -> Option<&'p Input> {
        let change = self.changes.iter().rev().find_map(|c| match c {
            Change::Input(input, span) if input.name.value == name => Some((input, *span)),
            _ => None,
        });
        if let Some((input, span)) = change {
            self.changes.applied.insert(span);
            return Some(input);
        }
        self.program.main().and_then(|m| m.inputs.get(name))
    }

    pub(super) fn declare_inputs(&mut self) {
        let Some(main) = self.program.main() else { return };
        for name in main.inputs.keys() {
            let Some(input) = self.declared_input(name) else { continue };
            if !self.spend(NODE, input.ty.span) {
                return;
            }
            if let Some(ty) = self.input_type(&input.ty) {
                self.note_dims(&ty);
                let default_key = if matches!(ty, Type::Tokens { .. }) { "raw_text" } else { name.as_str() };
                let key = input.from.as_ref().map_or_else(|| default_key.to_owned(), |k| k.value.clone());
                self.graph
                    .inputs
                    .insert(name.clone(), InputDecl { name: name.clone(), key, ty, span: input.name.span });
            }
        }
        for (name, label) in &main.labels {
            let real = matches!(&label.ty.kind, TypeExprKind::Named { name, .. } if name.value == "Real");
            if !real && !matches!(label.ty.kind, TypeExprKind::Error) {
                self.report(
                    Diagnostic::error(code::E0518, "a label is a Real")
                        .at(label.ty.span, "not a Real")
                        .help("write `label y : Real`")
                        .fix(label.ty.span, "Real"),
                );
            }
            let key = label.from.as_ref().map(|k| k.value.clone());
            self.graph.labels.insert(name.clone(), LabelDecl { name: name.clone(), key, span: label.name.span });
        }
    }

    fn input_type(&mut self, ty: &TypeExpr) -> Option<Type> {
        if matches!(ty.kind, TypeExprKind::Error) {
            self.reported();
            return None;
        }
        let TypeExprKind::Named { name, params, dims } = &ty.kind else {
            self.report(
                Diagnostic::error(code::E0518, "an input is a stream, not a list or tuple").at(ty.span, "not a stream"),
            );
            return None;
        };
        let dims = dims.as_deref().unwrap_or_default();
        match (name.value.as_str(), dims) {
            ("Tokens", [n]) => Some(Type::Tokens { len: self.input_dim(n, true) }),
            ("Seq", [n, width]) => {
                let modality = params.first().filter(|p| p.value != "_").map(|p| p.value.clone());
                if modality.is_none() {
                    self.report(
                        Diagnostic::error(code::E0518, "an input sequence says its modality")
                            .at(ty.span, "which stream is it?")
                            .help("write `Seq<audio>[Ta, fa]`"),
                    );
                }
                let modality = Modality(modality?);
                Some(TensorType::seq(modality, self.input_dim(n, true), self.input_dim(width, false)).into())
            }
            ("Vec", [width]) => Some(TensorType::vec(self.input_dim(width, false)).into()),
            ("Real", []) => Some(TensorType::real().into()),
            _ => {
                if self.is_type(name) {
                    let d = Diagnostic::error(code::E0518, format!("no input has this type: `{}`", type_text(ty)))
                        .at(ty.span, "not a type of inputs");
                    self.report(match (name.value.as_str(), params.first()) {
                        ("Seq", Some(m)) => {
                            d.help(format!("a sequence has a length and a width: `Seq<{}>[T, f]`", m.value))
                        }
                        _ => d.help("an input is Tokens[T], Seq<audio>[Ta, fa] or Vec[f]"),
                    });
                }
                self.meant_type(name, params, dims)
            }
        }
    }

    /// What an input with other dims than it can have is taken for, so that what is made of it is checked too.
    fn meant_type(&mut self, name: &Ident, params: &[Ident], dims: &[Expr]) -> Option<Type> {
        let len = dims.first().map_or_else(|| Dim::open("T"), |n| self.input_dim(n, true));
        match (name.value.as_str(), params.first()) {
            ("Tokens", _) => Some(Type::Tokens { len }),
            ("Seq", Some(m)) if m.value != "_" => {
                Some(TensorType::seq(Modality(m.value.clone()), len, Dim::open("f")).into())
            }
            _ => None,
        }
    }

    /// A dim as an input declares it; one that may be any where that is no dim of an input, which is reported.
    fn input_dim(&mut self, e: &Expr, length: bool) -> Dim {
        self.declared_dim(e, length).unwrap_or_else(|| Dim::open(&expr_text(e)))
    }

    fn declared_dim(&mut self, e: &Expr, length: bool) -> Option<Dim> {
        match &e.kind {
            ExprKind::Name(name) if name == "_" => {
                self.report(
                    Diagnostic::error(code::E0518, "the dims of an input have names")
                        .at(e.span, "which dim is it?")
                        .help("write a name that is no hyper, such as `Ta`"),
                );
                None
            }
            ExprKind::Name(name) if name == BATCH => {
                let d = Diagnostic::error(code::E0518, format!("`{BATCH}` is the number of samples of a step"));
                self.report(d.at(e.span, "no dim of the data").help("give the dim another name"));
                None
            }
            ExprKind::Name(name) if self.is_other_dim(name, length) => {
                self.report(
                    Diagnostic::error(code::E0518, format!("`{name}` is a length of one input and a width of another"))
                        .at(e.span, "another kind of dim")
                        .help("a length differs from sample to sample, a width does not: use two names"),
                );
                None
            }
            ExprKind::Name(name) if self.is_dim(e.span) => Some(match self.equal.get(name) {
                _ if length => Dim::length(name.clone()),
                Some(other) => other.clone(),
                None => Dim::width(name.clone()),
            }),
            _ if length => {
                self.report(
                    Diagnostic::error(code::E0518, "the length of an input is a name: every sample has its own")
                        .at(e.span, "not a name")
                        .help("write a name that is no hyper, such as `Ta`"),
                );
                None
            }
            _ => {
                let dim = self.dim_of(e)?;
                if dim.as_const().is_none_or(|n| n >= 1) {
                    return Some(dim);
                }
                let d = Diagnostic::error(types::E0306, format!("a width of {dim}"));
                self.report(d.at(e.span, "at least 1"));
                None
            }
        }
    }

    /// Whether an input before has a dim of that name of the other kind.
    fn is_other_dim(&mut self, name: &str, length: bool) -> bool {
        let known = self.equal.get(name).or_else(|| self.data_dims.get(name));
        known.is_some_and(|d| d.is_ragged() != length)
    }

    /// Whether the name at `span` is that of a dim of the data.
    fn is_dim(&self, span: Span) -> bool {
        let names = &self.program.names;
        names.resolve(None, span).def().is_some_and(|def| names.def(def).kind == DefKind::Dim)
    }

    /// A dim that no input of this form of the model has.
    pub(in crate::lower) fn no_dim(&mut self, dim: &Def, span: Span) -> Value {
        // The type of an input that has it was faulty, which was reported.
        let missing = self.program.main().into_iter().flat_map(|m| m.inputs.values());
        let mut missing = missing.filter(|i| !self.graph.inputs.contains_key(&i.name.value));
        if missing.any(|i| i.ty.span.start <= dim.span.start && dim.span.end <= i.ty.span.end) {
            return self.reported();
        }
        self.fail(
            Diagnostic::error(names::E0201, format!("no input has a dim `{}` here", dim.name))
                .at(span, "not known here")
                .because(dim.span, "declared by this type, which is not that of an input here"),
        )
    }

    /// A name of a dim of the inputs (`Ta`, `fa`) as a value.
    pub(in crate::lower) fn data_dim(&mut self, name: &str) -> Option<Dim> {
        self.equal.get(name).or_else(|| self.data_dims.get(name)).cloned()
    }

    /// Notes the names of the dims of an input.
    fn note_dims(&mut self, ty: &Type) {
        let axes: Vec<&Dim> = match ty {
            Type::Tensor(t) => t.axes().collect(),
            Type::Tokens { len } => vec![len],
        };
        for axis in axes {
            if let Some(Atom::Length { name, .. } | Atom::Width(name)) = axis.as_atom() {
                self.data_dims.insert(name.clone(), axis.clone());
            }
        }
    }

    pub(in crate::lower) fn input_node(&mut self, name: &str, span: Span) -> Value {
        if let Some(node) = self.nodes.inputs.get(name) {
            return Value::Node(*node);
        }
        let (op, ty) = match (self.graph.inputs.get(name), self.graph.labels.contains_key(name)) {
            (Some(input), _) => (Op::Input(name.to_owned()), input.ty.clone()),
            (None, true) => (Op::Label(name.to_owned()), TensorType::real().into()),
            // Its declaration was faulty and has been reported.
            (None, false) => return self.reported(),
        };
        let value = self.push(op, ty, &[], span);
        if let Value::Node(id) = value {
            self.nodes.inputs.insert(name.to_owned(), id);
        }
        value
    }
}
