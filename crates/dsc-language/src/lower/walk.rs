//! The walk of [`names`](super::names): scopes, names, written types.

use super::names::{is_damaged, unknown_block};
use crate::sema::primitives;
use crate::sema::program::{ModuleId, Program};
use dsc_syntax::ast::{
    Arg, Block, Body, Change, Expr, ExprKind, Hyper, Ident, StmtKind, TypeExpr, TypeExprKind, Variant,
};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{names as code, structure};
use dsc_syntax::source::Span;
use dsc_syntax::visit;

pub(super) struct Walk<'p> {
    program: &'p Program,
    module: ModuleId,
    /// Names that are bound here.
    scope: Vec<String>,
    /// Whether inputs and labels are known.
    in_model: bool,
    /// Declared generics of the block.
    generics: Vec<String>,
    pub(super) found: Vec<Diagnostic>,
}

impl<'p> Walk<'p> {
    pub(super) fn new(program: &'p Program, module: ModuleId) -> Self {
        Walk { program, module, scope: Vec::new(), in_model: false, generics: Vec::new(), found: Vec::new() }
    }

    fn scoped(&mut self, f: impl FnOnce(&mut Self)) {
        let depth = self.scope.len();
        f(self);
        self.scope.truncate(depth);
    }

    /// Whether a missing name may stand in text that could not be read.
    fn lost(&self, name: &str) -> bool {
        self.program.module(self.module).is_none_or(|m| m.lost.contains(name))
    }

    pub(super) fn hyper(&mut self, h: &Hyper) {
        self.once(&h.params);
        self.scoped(|w| {
            w.scope.extend(h.params.iter().map(|p| p.value.clone()));
            w.expr(&h.value);
            h.domain.iter().chain(&h.constraint).for_each(|e| w.expr(e));
        });
    }

    pub(super) fn block(&mut self, block: &Block) {
        let params: Vec<Ident> = block.params.iter().map(|p| p.name.clone()).collect();
        let all: Vec<Ident> = block.generics.iter().chain(&params).cloned().collect();
        self.once(&all);
        for generic in &block.generics {
            if !block.params.iter().any(|p| speaks_of(&p.ty, &generic.value)) {
                self.found.push(
                    Diagnostic::error(
                        code::E0201,
                        format!("generic `{}` stands in no parameter's type", generic.value),
                    )
                    .at(generic.span, "nothing says what it is")
                    .help("use it in the type of a parameter, `x: Seq<m>[n, d]`, or take it away"),
                );
            }
        }
        let outer = std::mem::take(&mut self.in_model);
        self.generics = block.generics.iter().map(|g| g.value.clone()).collect();
        self.scoped(|w| {
            w.scope.extend(all.iter().map(|n| n.value.clone()));
            for param in &block.params {
                w.ty(&param.ty);
                param.default.iter().for_each(|e| w.expr(e));
            }
            block.constraint.iter().for_each(|e| w.expr(e));
            block.result.iter().for_each(|ty| w.ty(ty));
            w.value_body(&block.body);
        });
        self.generics.clear();
        self.in_model = outer;
    }

    pub(super) fn model(&mut self, body: &Body) {
        self.in_model = true;
        self.scoped(|w| {
            w.body(body);
        });
    }

    /// A variant sees every binding of the model; that they come in time is seen when it is lowered.
    pub(super) fn variant(&mut self, variant: &Variant, model: &Body) {
        self.in_model = true;
        for (i, change) in variant.changes.iter().enumerate() {
            let key = super::names::change_key(change);
            let first = variant.changes.iter().take(i).find(|c| key.is_some() && super::names::change_key(c) == key);
            if let (Some(first), Some((what, name))) = (first, key) {
                self.found.push(
                    Diagnostic::error(code::E0203, format!("a second {what} `{name}` in one variant"))
                        .at(change.span(), "changed again here")
                        .because(first.span(), "first changed here")
                        .help("take one of them away"),
                );
            }
            match change {
                Change::Set { value, .. } => {
                    self.in_model = false;
                    self.scoped(|w| w.expr(value));
                    self.in_model = true;
                }
                Change::Let { value, .. } | Change::Loss { value, .. } | Change::Reweight { factor: value, .. } => self
                    .scoped(|w| {
                        w.bind_all(model);
                        w.expr(value);
                    }),
                Change::Block(block, _) => self.block(block),
                Change::Input(..) | Change::Drop { .. } | Change::Error(_) => {}
            }
        }
    }

    fn bind_all(&mut self, body: &Body) {
        visit::stmts(body, &mut |stmt| match &stmt.kind {
            StmtKind::Let { names, .. } => self.scope.extend(names.iter().map(|n| n.value.clone())),
            StmtKind::Companions { name, .. } | StmtKind::For { var: name, .. } => self.scope.push(name.value.clone()),
            _ => {}
        });
        visit::exprs_of_body(body, &mut |e| {
            if let ExprKind::Each { var, .. } | ExprKind::Sum { var, .. } = &e.kind {
                self.scope.push(var.value.clone());
            }
        });
    }

    fn once(&mut self, names: &[Ident]) {
        for (i, name) in names.iter().enumerate() {
            if let Some(first) = names.iter().take(i).find(|n| n.value == name.value) {
                self.found.push(
                    Diagnostic::error(code::E0203, format!("a second `{}` in one declaration", name.value))
                        .at(name.span, "given again here")
                        .because(first.span, "first given here")
                        .help("rename one of them"),
                );
            }
        }
    }

    fn body(&mut self, body: &Body) {
        for stmt in &body.stmts {
            match &stmt.kind {
                StmtKind::Let { names, ty, value, .. } => {
                    self.expr(value);
                    ty.iter().for_each(|ty| self.ty(ty));
                    self.scope.extend(names.iter().map(|n| n.value.clone()));
                }
                StmtKind::Assign { value, .. } | StmtKind::Loss { value, .. } => self.expr(value),
                StmtKind::Output { value, .. } => self.expr(value),
                StmtKind::For { var, over, body } => {
                    self.expr(over);
                    self.scoped(|w| {
                        w.scope.push(var.value.clone());
                        w.body(body);
                    });
                }
                StmtKind::Companions { name, entries } => {
                    // `class = class(y)` is no call, and what stands behind an unknown key may be meant likewise.
                    let is_expr =
                        |key: &Ident| key.value != "class" && super::model::ENTRIES.contains(&key.value.as_str());
                    entries.iter().filter(|(key, _)| is_expr(key)).for_each(|(_, e)| self.expr(e));
                    self.scope.push(name.value.clone());
                }
                StmtKind::Reveal(e) | StmtKind::Expr(e) => self.expr(e),
                StmtKind::Error => {}
            }
            let of_model =
                matches!(stmt.kind, StmtKind::Output { .. } | StmtKind::Loss { .. } | StmtKind::Companions { .. });
            if of_model && !self.in_model {
                self.found.push(super::model::not_in_a_block(stmt.span));
            }
        }
        body.value.iter().for_each(|e| self.expr(e));
    }

    fn value_body(&mut self, body: &Body) {
        if body.value.is_none() && !is_damaged(body) {
            self.found.push(super::statements::no_value(body));
        }
        self.scoped(|w| w.body(body));
    }

    fn knows(&self, name: &str) -> bool {
        let Some(items) = self.program.module(self.module) else { return true };
        let input = items.inputs.contains_key(name) || items.labels.contains_key(name);
        let dim = || items.inputs.values().any(|i| super::names::mentions(&i.ty, name));
        self.scope.iter().any(|n| n == name)
            || self.program.hyper(self.module, name).is_some()
            || (input && self.in_model)
            || dim()
            || name == "encoder"
            || self.program.block(self.module, name).is_some()
            || primitives::find(name).is_some()
    }

    fn name(&mut self, name: &str, span: Span) {
        if self.knows(name) || self.lost(name) {
            return;
        }
        if let Some(d) = super::names::foreign_value(name, span) {
            self.found.push(d);
            return;
        }
        let mut known: Vec<&str> = self.scope.iter().map(String::as_str).collect();
        known.extend(super::names::values_of(self.program, self.module, self.in_model));
        let d = Diagnostic::error(code::E0201, format!("nothing is called `{name}` here")).at(span, "unknown name");
        self.found.push(d.did_you_mean(name, known));
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Name(name) => self.name(name, e.span),
            ExprKind::Unary(_, x) | ExprKind::Field(x, _) => self.expr(x),
            ExprKind::Binary(_, _, a, b) | ExprKind::Index(a, b) | ExprKind::At(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Call { callee, args, .. } | ExprKind::Instance { callee, args } => {
                self.callee(callee, args);
                args.iter().for_each(|a| self.expr(&a.value));
            }
            ExprKind::List(elements) => elements.iter().for_each(|x| self.expr(&x.value)),
            ExprKind::Tuple(parts) => parts.iter().for_each(|x| self.expr(x)),
            ExprKind::Range { start, end, .. } => {
                self.expr(start);
                self.expr(end);
            }
            ExprKind::Each { var, over, body } | ExprKind::Sum { var, over, body } => {
                self.expr(over);
                self.scoped(|w| {
                    w.scope.push(var.value.clone());
                    w.value_body(body);
                });
            }
            ExprKind::When { cond, then, otherwise } => {
                self.expr(cond);
                self.value_body(then);
                otherwise.iter().for_each(|b| self.value_body(b));
            }
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Str(_) | ExprKind::Error => {}
        }
    }

    fn callee(&mut self, callee: &Expr, args: &[Arg]) {
        let ExprKind::Name(name) = &callee.kind else { return self.expr(callee) };
        let bound = self.scope.contains(name);
        let Some(items) = self.program.module(self.module) else { return };
        if bound || self.program.hyper(self.module, name).is_some() {
            return;
        }
        let known: Vec<&str> = match (self.program.block(self.module, name), primitives::find(name)) {
            (Some((_, block)), _) => block.params.iter().map(|p| p.name.value.as_str()).collect(),
            (None, Some(primitive)) => primitive.args.to_vec(),
            (None, None) => {
                let input = items.inputs.contains_key(name) || items.labels.contains_key(name);
                if !self.lost(name) && !input {
                    self.found.push(unknown_block(self.program, self.module, name, callee.span));
                }
                return;
            }
        };
        for given in args.iter().filter_map(|a| a.name.as_ref()) {
            if !known.contains(&given.value.as_str()) {
                self.found.push(
                    Diagnostic::error(structure::E0502, format!("`{name}` has no argument `{}`", given.value))
                        .at(given.span, "no such argument")
                        .did_you_mean(&given.value, known.iter().copied()),
                );
            }
        }
    }

    fn ty(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeExprKind::Named { name, params, dims } => {
                let dims = dims.as_deref().unwrap_or_default();
                let (may_have_params, most) = match name.value.as_str() {
                    "Seq" => (true, usize::MAX),
                    "Vec" | "Any" | "Tokens" => (false, 1),
                    "Tensor" => (false, usize::MAX),
                    "Real" | "int" | "real" | "bool" | "str" => (false, 0),
                    _ => {
                        let d = super::pattern::no_type(name);
                        self.found.push(d);
                        return;
                    }
                };
                let wrong = if params.len() > usize::from(may_have_params) {
                    Some(if may_have_params { "a Seq has one modality" } else { "only a Seq has a modality" })
                } else if dims.len() > most || (name.value == "Seq" && dims.len() == 1) {
                    Some("another number of dims than such a type has")
                } else {
                    None
                };
                if let Some(wrong) = wrong {
                    self.found.push(
                        Diagnostic::error(structure::E0518, format!("`{}`: {wrong}", super::pattern::type_text(ty)))
                            .at(ty.span, "not a type")
                            .help("Seq<m>[n, d], Vec[d], Tensor[a, b], Tokens[n], Real, Any[d], int, real, bool, str"),
                    );
                }
                params.iter().for_each(|m| self.modality(m));
                for dim in dims {
                    if !matches!(&dim.kind, ExprKind::Name(n) if n == "_" || n == super::model::BATCH) {
                        self.expr(dim);
                    }
                }
            }
            TypeExprKind::List(inner) => self.ty(inner),
            TypeExprKind::Tuple(parts) => parts.iter().for_each(|p| self.ty(p)),
            TypeExprKind::Like(name) if !self.scope.contains(&name.value) => {
                let d = super::pattern::no_parameter(name);
                self.found.push(d.did_you_mean(&name.value, self.scope.iter().map(String::as_str)));
            }
            TypeExprKind::Like(_) | TypeExprKind::Error => {}
        }
    }

    /// A modality is a generic of the block, or one that some input has. Files of blocks have no inputs to compare with.
    fn modality(&mut self, m: &Ident) {
        let Some(items) = self.program.module(self.module) else { return };
        if self.lost(&m.value) || items.inputs.is_empty() || self.generics.contains(&m.value) {
            return;
        }
        let mut known: Vec<&str> = vec!["text", "learned", "joint"];
        for input in items.inputs.values() {
            if let TypeExprKind::Named { params, .. } = &input.ty.kind {
                known.extend(params.iter().map(|p| p.value.as_str()));
            }
        }
        if m.value == "_" || known.contains(&m.value.as_str()) {
            return;
        }
        self.found.push(
            Diagnostic::error(code::E0201, format!("no modality `{}`", m.value))
                .at(m.span, "no input has it")
                .help(format!("a block for any modality declares it: `block F<{}>(..)`", m.value))
                .did_you_mean(&m.value, known),
        );
    }
}

/// Whether a type mentions a name as a modality or in a dim.
fn speaks_of(ty: &TypeExpr, name: &str) -> bool {
    fn in_dim(e: &Expr, name: &str) -> bool {
        match &e.kind {
            ExprKind::Name(n) => n == name,
            ExprKind::Unary(_, x) => in_dim(x, name),
            ExprKind::Binary(_, _, a, b) => in_dim(a, name) || in_dim(b, name),
            ExprKind::Call { args, .. } => args.iter().any(|a| in_dim(&a.value, name)),
            _ => false,
        }
    }
    match &ty.kind {
        TypeExprKind::Named { params, dims, .. } => {
            params.iter().any(|p| p.value == name) || dims.iter().flatten().any(|d| in_dim(d, name))
        }
        TypeExprKind::List(inner) => speaks_of(inner, name),
        TypeExprKind::Tuple(parts) => parts.iter().any(|p| speaks_of(p, name)),
        TypeExprKind::Like(_) => false,
        TypeExprKind::Error => true,
    }
}
