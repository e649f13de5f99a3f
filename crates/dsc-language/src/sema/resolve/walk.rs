//! The walk over bodies and expressions: which scopes there are, what is bound in them, what a name in them refers to.

use std::collections::{BTreeMap, BTreeSet};

use super::faults::{self, quoted};
use super::files::Files;
use super::foreign;
use super::names::{Def, DefId, DefKind, Names, Remedy, Res, Role, ScopeId, Site};
use crate::sema::module::{ModuleId, ModuleItems};
use dsc_graph::primitives;
use dsc_syntax::ast::{Body, Expr, ExprKind, Ident, Stmt, StmtKind};
use dsc_syntax::diag::codes::names as code;
use dsc_syntax::diag::{Diagnostic, MAX_ERRORS};
use dsc_syntax::source::Span;

/// What a `companions` declaration may say.
pub const COMPANION_ENTRIES: [&str; 10] =
    ["by", "class", "pos", "near", "far", "pool", "refresh", "listed", "upper", "lower"];

/// A shorter name is like many, so what follows is not checked as if it were the one that its remedy names.
const LEAST_TO_GUESS: usize = 4;

/// Resolves the names of one program.
pub(super) struct Resolver<'a> {
    pub(super) files: &'a Files<'a>,
    pub(super) names: Names,
    pub(super) faults: Vec<Diagnostic>,
    /// The file, scope and place that is being resolved.
    pub(super) here: Here,
    /// The scope of each file's items; of the main file without inputs and labels, which the model alone knows.
    pub(super) modules: Vec<ScopeId>,
    /// The scope of inputs and labels, around that of the model.
    pub(super) of_sample: ScopeId,
    /// Scopes of the headers of blocks and indexed hypers: what a named argument may be for.
    pub(super) headers: BTreeMap<DefId, ScopeId>,
    /// Bindings and losses of the model, with what is known there: a variant may give them another value.
    pub(super) sites: Vec<(DefId, (ScopeId, usize))>,
    /// Blocks of the standard library that a file calls without importing them: one `use` mends all calls.
    pub(super) not_imported: BTreeSet<(ModuleId, String)>,
    /// Arguments of calls that are written as in another language.
    pub(super) foreign_calls: Vec<Span>,
    /// The statement that is being resolved, and the names of it that were told to refer to nothing.
    pub(super) told: (Span, BTreeSet<String>),
}

/// Where the walk is.
#[derive(Clone, Copy)]
pub(super) struct Here {
    pub(super) module: ModuleId,
    pub(super) scope: ScopeId,
    pub(super) site: Site,
    /// Whether outputs, losses and companions are allowed here.
    pub(super) in_model: bool,
    /// Whether parameters around it could not be read: then a name that is unknown may be one of them.
    pub(super) half_read: bool,
    /// Whether what a variant changes does not exist: then any name of the model may be meant.
    pub(super) anywhere: bool,
}

impl<'a> Resolver<'a> {
    pub(super) fn items(&self) -> Option<&'a ModuleItems> {
        self.files.modules.get(self.here.module.0)
    }

    /// Whether a name may be in text that could not be read, or be that of an import that failed: its fault has been
    /// reported.
    pub(super) fn is_unread(&self, name: &str) -> bool {
        self.here.half_read || self.items().is_none_or(|items| items.unread.contains(name))
    }

    /// Runs `f` in a scope within the present one.
    pub(super) fn within(&mut self, span: Span, f: impl FnOnce(&mut Self)) {
        let inner = self.names.open(Some(self.here.scope), span);
        let outer = std::mem::replace(&mut self.here.scope, inner);
        f(self);
        self.here.scope = outer;
    }

    /// Defines a name in the present scope, known from `from` on.
    pub(super) fn define(&mut self, name: &Ident, kind: DefKind, whole: Span, from: u32) -> DefId {
        let id = self.names.add(
            self.here.site,
            Def { name: name.value.clone(), span: name.span, whole, kind, module: self.here.module },
        );
        self.names.show(self.here.scope, id, from);
        id
    }

    /// Defines a name of a body. One that its call has already may not be bound again.
    fn bind(&mut self, name: &Ident, kind: DefKind, stmt: Span) -> DefId {
        // A name that is missing has a fault of its own.
        if let Some(before) = self.local(&name.value).filter(|_| name.span.start < name.span.end) {
            let first = self.names.def(before).span;
            self.faults.push(faults::second_binding(name, first));
            self.names.note_again(name.span);
            // What reads the name may have been meant to read either.
            self.names.note_meant(before);
        }
        self.define(name, kind, stmt, stmt.end)
    }

    fn local(&self, name: &str) -> Option<DefId> {
        self.names.lookup(self.here.scope, name, DefKind::is_local)
    }

    /// Notes that the name at `span` is a use of a definition.
    pub(super) fn resolved(&mut self, span: Span, def: DefId, role: Role) -> DefId {
        let target = self.names.note_use(span, def, role);
        self.names.note(self.here.site, span, Res::Def(target));
        target
    }

    /// Notes that the name at `span` refers to nothing; the fault is reported unless it was before.
    pub(super) fn unresolved(&mut self, span: Span, fault: Option<Diagnostic>) {
        self.names.note(self.here.site, span, Res::Error);
        self.names.unresolved += 1;
        // What the remedy says was meant is of use.
        let fix = fault.as_ref().and_then(|d| d.fix.as_ref()).map(|fix| fix.with.as_str());
        let help = fault.as_ref().and_then(|d| d.help.as_deref()).into_iter().flat_map(quoted);
        for meant in help.chain(fix) {
            if let Some(def) = self.names.lookup(self.here.scope, meant, |_| true) {
                self.names.note_meant(def);
            }
        }
        self.faults.extend(fault);
    }

    pub(super) fn body(&mut self, body: &Body) {
        for stmt in &body.stmts {
            self.stmt(stmt);
        }
        body.value.iter().for_each(|e| self.expr(e));
    }

    /// A body with a value.
    pub(super) fn value_body(&mut self, body: &Body) {
        // Statements of the model in a block have a fault of their own.
        let of_model = |s: &Stmt| matches!(s.kind, StmtKind::Output { .. } | StmtKind::Loss { .. });
        let is_missing = body.value.is_none() && !has_unread_statement(body) && !body.stmts.iter().any(of_model);
        if is_missing {
            self.faults.push(faults::no_value(body));
        }
        self.within(body.span, |r| r.body(body));
        // What the remedy says is the value is of use.
        if let Some(name) = faults::last_name(body).filter(|_| is_missing)
            && let Some(def) = self.names.defined_at(None, name.span)
        {
            self.names.note_meant(def);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.told = (stmt.span, BTreeSet::new());
        let of_model =
            matches!(stmt.kind, StmtKind::Output { .. } | StmtKind::Loss { .. } | StmtKind::Companions { .. });
        if of_model && !self.here.in_model {
            self.faults.push(faults::not_in_a_block(stmt.span));
        }
        match &stmt.kind {
            StmtKind::Let { names, ty, value, mutable } => {
                let before = self.names.point(self.here.scope);
                self.expr(value);
                ty.iter().for_each(|ty| self.ty(ty));
                let kind = if *mutable { DefKind::Var } else { DefKind::Let };
                for name in names {
                    let def = self.bind(name, kind, stmt.span);
                    if names.len() == 1 {
                        self.note_instance(def, value);
                        self.note_site(def, before);
                    }
                }
            }
            StmtKind::Assign { names, value } => {
                if let [name] = names.as_slice()
                    && self.is_setting(name)
                {
                    return self.unresolved(name.span, Some(faults::setting_in_a_body(name)));
                }
                self.expr(value);
                names.iter().for_each(|name| self.assigned(name));
            }
            StmtKind::For { var, over, body } => {
                self.expr(over);
                self.within(body.span, |r| {
                    r.define(var, DefKind::Element, var.span, body.span.start);
                    r.body(body);
                });
            }
            StmtKind::Output { value, label } => {
                self.expr(value);
                if self.here.in_model {
                    self.label(label, true);
                }
            }
            StmtKind::Companions { name, entries } => {
                entries.iter().for_each(|(key, value)| self.entry(key, value));
                self.bind(name, DefKind::Companions, stmt.span);
            }
            StmtKind::Loss { name, value } => {
                let before = self.names.point(self.here.scope);
                self.expr(value);
                let def = self.define(name, DefKind::Loss, stmt.span, stmt.span.end);
                self.note_site(def, before);
            }
            StmtKind::Reveal(e) | StmtKind::Expr(e) => self.expr(e),
            StmtKind::Error => self.names.unresolved += 1,
        }
    }

    /// Notes a binding or loss of the model itself.
    fn note_site(&mut self, def: DefId, known: (ScopeId, usize)) {
        if self.here.in_model && self.here.site.is_none() {
            self.sites.push((def, known));
        }
    }

    /// A local name that holds an instance has the block's parameters as arguments.
    fn note_instance(&mut self, def: DefId, value: &Expr) {
        if let ExprKind::Instance { callee, .. } = &value.kind
            && let Res::Def(block) = self.names.resolve(self.here.site, callee.span)
        {
            self.names.note_instance(def, block);
        }
    }

    /// An entry of a `companions` declaration. The value of an unknown key is left alone: it may be meant for
    /// another one.
    fn entry(&mut self, key: &Ident, value: &Expr) {
        match (key.value.as_str(), &value.kind) {
            // `class = class(y)` is no call.
            ("class", ExprKind::Call { callee, args, .. }) => {
                if let ExprKind::Name(class) = &callee.kind
                    && class == "class"
                    && let [arg] = args.as_slice()
                    && let ExprKind::Name(label) = &arg.value.kind
                {
                    self.label(&Ident::new(label.clone(), arg.value.span), false);
                }
            }
            ("class", _) => {}
            (known, _) if COMPANION_ENTRIES.contains(&known) => self.expr(value),
            _ => {}
        }
    }

    /// A label of the model, by name.
    fn label(&mut self, name: &Ident, declare: bool) {
        let found = self.names.lookup(self.here.scope, &name.value, |k| k == DefKind::Label);
        match found {
            Some(def) => {
                self.resolved(name.span, def, Role::Reference);
            }
            None => {
                let known = self.known(&|k| k == DefKind::Label);
                let fault = faults::no_label(name, declare, &known);
                self.unresolved(name.span, Some(fault).filter(|_| !self.is_unread(&name.value)));
            }
        }
    }

    /// The target of an assignment: a `var` of this body.
    fn assigned(&mut self, name: &Ident) {
        if let Some(def) = self.local(&name.value) {
            let target = self.names.def(def).clone();
            self.resolved(name.span, def, Role::Write);
            if target.kind != DefKind::Var {
                self.faults.push(faults::not_a_var(name, &target));
            }
            return;
        }
        let hyper = self.names.lookup(self.here.scope, &name.value, |k| k == DefKind::Hyper);
        let fault = match hyper {
            Some(def) => faults::hyper_assigned(name, self.names.target(def).span),
            None => faults::no_var(name, &self.known(&|k| k == DefKind::Var)),
        };
        let unread = hyper.is_none() && self.is_unread(&name.value);
        self.unresolved(name.span, Some(fault).filter(|_| !unread));
        if hyper.is_none() {
            // Read as the `var` that it lacks, so that its uses are no faults of their own.
            self.define(name, DefKind::Var, name.span, name.span.end);
        }
    }

    /// Names that are known here, of the kinds that `accept` takes, to suggest one; none once there are more faults than are shown.
    pub(super) fn known(&self, accept: &dyn Fn(DefKind) -> bool) -> Vec<&str> {
        if self.has_more_faults_than_shown() {
            return Vec::new();
        }
        self.names.visible(self.here.scope, accept).map(|id| self.names.def(id).name.as_str()).collect()
    }

    pub(super) fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Name(name) => self.value(name, e.span),
            ExprKind::Field(x, field) => {
                self.expr(x);
                self.group(x, field);
            }
            ExprKind::Unary(_, x) => self.expr(x),
            ExprKind::Binary(op, _, a, b) => self.operands(*op, a, b),
            ExprKind::At(x, group) => {
                self.expr(x);
                if !self.is_group_of_another(group) {
                    self.expr(group);
                }
            }
            ExprKind::Index(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Call { callee, args, .. } => self.call(callee, args),
            ExprKind::Instance { callee, args } => self.instance(callee, args),
            ExprKind::List(elements) => elements.iter().for_each(|x| self.expr(&x.value)),
            ExprKind::Tuple(parts) => parts.iter().for_each(|x| self.expr(x)),
            ExprKind::Range { start, end, .. } => {
                self.expr(start);
                self.expr(end);
            }
            ExprKind::Each { var, over, body } | ExprKind::Sum { var, over, body } => {
                self.expr(over);
                self.within(body.span, |r| {
                    r.define(var, DefKind::Element, var.span, body.span.start);
                    r.value_body(body);
                });
            }
            ExprKind::When { cond, then, otherwise } => {
                self.expr(cond);
                self.value_body(then);
                otherwise.iter().for_each(|b| self.value_body(b));
            }
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Str(_) => {}
            ExprKind::Faulty(parts) => {
                parts.iter().for_each(|x| self.expr(x));
                self.names.unresolved += 1;
            }
            ExprKind::Error => self.names.unresolved += 1,
        }
    }

    /// `c.pos`, where `c` is the handle of companions.
    fn group(&mut self, x: &Expr, field: &Ident) {
        let of_companions = self
            .names
            .resolve(self.here.site, x.span)
            .def()
            .is_some_and(|def| self.names.def(def).kind == DefKind::Companions);
        if of_companions && !matches!(field.value.as_str(), "pos" | "neg") {
            self.unresolved(field.span, Some(faults::no_group(field)));
        }
    }

    /// A name that is read as a value.
    fn value(&mut self, name: &str, span: Span) {
        let Some(def) = self.names.lookup(self.here.scope, name, DefKind::is_value).or_else(|| self.elsewhere(name))
        else {
            return self.no_value(name, span);
        };
        let target = self.resolved(span, def, Role::Read);
        let of_sample = matches!(self.names.def(target).kind, DefKind::Input | DefKind::Label);
        if of_sample && self.names.lookup(self.here.scope, name, |k| k == DefKind::Hyper).is_some() {
            // Two items of one name, which was reported when the file was loaded.
            return self.unresolved(span, None);
        }
        if let Some(params) = self.indexed(target) {
            let fault = faults::function_as_value(name, &params, span, self.names.def(target).span);
            self.unresolved(span, Some(fault));
        }
    }

    /// Parameters of an indexed hyper; nothing for what is none.
    pub(super) fn indexed(&self, hyper: DefId) -> Option<Vec<String>> {
        let header = self.headers.get(&hyper).filter(|_| self.names.def(hyper).kind == DefKind::Hyper)?;
        let mut params: Vec<String> =
            self.names.visible(*header, &|k| k == DefKind::Index).map(|p| self.names.def(p).name.clone()).collect();
        params.reverse();
        (!params.is_empty()).then_some(params)
    }

    /// Any binding of the model of that name, where it is unknown which are in scope.
    fn elsewhere(&self, name: &str) -> Option<DefId> {
        let model = self.files.main.as_ref().filter(|_| self.here.anywhere)?.model.body.span;
        let inside = |s: Span| model.start <= s.start && s.end <= model.end;
        self.names.defs().find(|(_, d)| d.kind.is_local() && d.name == name && inside(d.span)).map(|(id, _)| id)
    }

    /// A name that no value has.
    fn no_value(&mut self, name: &str, span: Span) {
        if name == "encoder" {
            return self.names.note(self.here.site, span, Res::Encoder);
        }
        if let Some(block) = self.names.lookup(self.here.scope, name, |k| k == DefKind::Block) {
            self.resolved(span, block, Role::Read);
            return self.unresolved(span, Some(faults::block_as_value(name, span)));
        }
        if primitives::find(name).is_some() {
            return self.unresolved(span, Some(faults::block_as_value(name, span)));
        }
        if self.is_unread(name) {
            return self.unresolved(span, None);
        }
        // Losses that are added up are one mistake, and so is one name that is read twice in a statement.
        let loss = self.names.lookup(self.here.scope, name, |k| k == DefKind::Loss);
        let key = if loss.is_some() { "loss" } else { name };
        let (statement, told) = &mut self.told;
        let inside = statement.start <= span.start && span.end <= statement.end;
        if inside && !told.insert(key.to_owned()) {
            return self.unresolved(span, None);
        }
        if let Some(loss) = loss {
            let fault = faults::loss_as_value(name, span, self.names.def(loss).span);
            return self.unresolved(span, Some(fault));
        }
        let fault = faults::foreign_value(name, span).unwrap_or_else(|| self.unknown_value(name, span));
        let meant = fault.fix.as_ref().filter(|_| name.len() >= LEAST_TO_GUESS);
        if let Some(def) = meant.and_then(|fix| self.names.lookup(self.here.scope, &fix.with, DefKind::is_value)) {
            self.names.note_remedy(self.here.site, span, Remedy::Name(Res::Def(self.names.root(def))));
        }
        self.unresolved(span, Some(fault));
    }

    pub(super) fn unknown_value(&self, name: &str, span: Span) -> Diagnostic {
        let d = Diagnostic::error(code::E0201, format!("nothing is called `{name}` here"));
        let of_sample = self.items().is_some_and(|i| i.inputs.contains_key(name) || i.labels.contains_key(name));
        if of_sample {
            let message = format!("`{name}` is an input of the model and is not known inside a block");
            return Diagnostic::error(code::E0201, message)
                .at(span, "not known here")
                .help("give the block a parameter and pass the input in the call");
        }
        let d = d.at(span, "unknown name");
        match self.of_model(name) {
            Some(outside) if !self.here.in_model => d
                .because(outside, "a name of the model is not known inside a block")
                .help("give the block a parameter and pass the value in the call"),
            _ => {
                let d = d.did_you_mean(name, self.known(&DefKind::is_value));
                match self.another_name(name).filter(|_| d.help.is_none()) {
                    Some(ours) => d.help(format!("write `{ours}`")).fix(span, ours),
                    None => d,
                }
            }
        }
    }

    /// The input or label that others call so: `visual` for `vision`, `labels` for the one label of the file.
    fn another_name(&self, name: &str) -> Option<String> {
        let known = |ours: &&str| self.names.lookup(self.here.scope, ours, |k| k == DefKind::Input).is_some();
        if let Some(input) = foreign::modality(name).filter(known) {
            return Some(input.to_owned());
        }
        let all = || self.items().into_iter().flat_map(|items| items.labels.keys()).filter(|_| self.here.in_model);
        if let Some(label) = all().find(|label| foreign::is_label_of(name, label)) {
            return Some(label.clone());
        }
        let mut labels = all().filter(|_| foreign::is_label(name));
        labels.next().filter(|_| labels.next().is_none()).cloned()
    }

    /// Whether remedies of further faults would not be shown. They take time in the number of names each.
    fn has_more_faults_than_shown(&self) -> bool {
        self.faults.len() > MAX_ERRORS
    }

    /// Where the model binds that name, for a remedy.
    fn of_model(&self, name: &str) -> Option<Span> {
        if self.has_more_faults_than_shown() {
            return None;
        }
        let model = self.files.main.as_ref().filter(|_| self.here.module == ModuleId::MAIN)?.model.body.span;
        let inside = |s: Span| model.start <= s.start && s.end <= model.end;
        let found = |d: &&Def| d.kind.is_local() && d.name == name && inside(d.span);
        self.names.defs().map(|(_, d)| d).find(found).map(|d| d.span)
    }
}

/// Whether some statement could not be read.
fn has_unread_statement(body: &Body) -> bool {
    body.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Error => true,
        StmtKind::For { body, .. } => has_unread_statement(body),
        _ => false,
    })
}
