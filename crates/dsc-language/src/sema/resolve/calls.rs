//! Callees and named arguments.

use super::contexts::Expected;
use super::foreign::MODULES;
use super::names::{DefId, DefKind, Remedy, Res, Role};
use super::walk::Resolver;
use super::{faults, foreign};
use dsc_graph::primitives::{self, Param, Primitive};
use dsc_syntax::ast::{Arg, Expr, ExprKind, Ident, TypeExprKind};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::Span;

impl Resolver<'_> {
    /// `F(x, k: e)`.
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg]) {
        match &callee.kind {
            ExprKind::Name(name) => self.callee(name, callee, args),
            _ if self.of_module(callee) => self.note_foreign_call(callee, args),
            ExprKind::Field(_, method) => {
                if foreign::method(&method.value).is_some() {
                    self.note_foreign_call(callee, args);
                }
                self.expr(callee);
            }
            _ => self.expr(callee),
        }
        self.values_of(callee, args);
    }

    /// The values of arguments.
    fn values_of(&mut self, callee: &Expr, args: &[Arg]) {
        let callee = self.names.resolve(self.here.site, callee.span);
        let block = callee.def().and_then(|def| self.declared_block(self.names.callable(def)));
        for arg in args {
            let expected = arg.name.as_ref().and_then(|name| match (callee, block) {
                (Res::Primitive(primitive), _) => Expected::of_primitive(primitive, &name.value),
                (_, Some(block)) => Expected::of_block(block, &name.value),
                _ => None,
            });
            // What is given to an argument that does not exist goes with it.
            if let (Some(name), ExprKind::Name(value)) = (&arg.name, &arg.value.kind)
                && self.names.refers_to_nothing(self.here.site, name.span)
                && self.names.lookup(self.here.scope, value, DefKind::is_value).is_none()
            {
                self.unresolved(arg.value.span, None);
                continue;
            }
            self.argument(arg, expected);
        }
    }

    /// Notes the arguments of a call that is none in this language: how they are written is no fault of its own.
    fn note_foreign_call(&mut self, callee: &Expr, args: &[Arg]) {
        if let Some(last) = args.last() {
            self.foreign_calls.push(Span { start: callee.span.end, end: last.value.span.end });
        }
    }

    /// A callee such as `torch.relu` or `nn.functional.relu`. Whether it was one, and has been reported.
    fn of_module(&mut self, callee: &Expr) -> bool {
        let ExprKind::Field(x, function) = &callee.kind else { return false };
        let mut root = x;
        while let ExprKind::Field(inner, _) = &root.kind {
            root = inner;
        }
        let ExprKind::Name(module) = &root.kind else { return false };
        let defined = self.names.lookup(self.here.scope, module, DefKind::is_value).is_some();
        if defined || !MODULES.contains(&module.as_str()) {
            return false;
        }
        let known = self.callables();
        let fault =
            faults::foreign_module(&Ident::new(module.clone(), root.span), &function.value, callee.span, &known);
        self.take_callee_for(callee.span, &fault);
        // The import of the module failed, which was reported.
        let fault = Some(fault).filter(|_| !self.is_unread(module));
        self.unresolved(root.span, fault);
        true
    }

    /// Names of everything that can be called here.
    fn callables(&self) -> Vec<&str> {
        let mut known = self.known(&|k| k == DefKind::Block);
        known.extend(primitives::PRIMITIVES.iter().map(|p| p.name));
        let functions = self.names.visible(self.here.scope, &|k| k == DefKind::Hyper);
        let functions: Vec<DefId> = functions.filter(|h| self.indexed(self.names.root(*h)).is_some()).collect();
        known.extend(functions.iter().map(|h| self.names.def(*h).name.as_str()));
        let library = self.files.modules.iter().filter(|m| m.is_std).flat_map(|m| m.blocks.keys());
        known.extend(library.map(String::as_str));
        known
    }

    /// What is called: a local name (an instance), a block, an indexed hyper, a primitive.
    fn callee(&mut self, name: &str, callee: &Expr, args: &[Arg]) {
        let find = |accept: fn(DefKind) -> bool| self.names.lookup(self.here.scope, name, accept);
        if let Some(local) = find(DefKind::is_local) {
            self.resolved(callee.span, local, Role::Call);
            self.arguments_of(self.names.callable(local), args);
        } else if let Some(block) = find(|k| k == DefKind::Block) {
            let block = self.resolved(callee.span, block, Role::Call);
            if !self.is_call_of_another(block, callee, args) && !self.is_loose_list(block, callee, args) {
                self.block_arguments(name, block, args);
            }
        } else if let Some(hyper) = find(|k| k == DefKind::Hyper) {
            let hyper = self.resolved(callee.span, hyper, Role::Call);
            match self.indexed(hyper) {
                Some(_) => self.arguments_of(hyper, args),
                None => {
                    self.unresolved(callee.span, Some(faults::not_callable("hyper without parameters", callee.span)))
                }
            }
        } else if let Some(primitive) = primitives::find(name) {
            if self.is_text_without_name(primitive, callee, args) {
                return;
            }
            self.names.note(self.here.site, callee.span, Res::Primitive(primitive));
            for given in args.iter().filter_map(|a| a.name.as_ref()) {
                if !primitive.args().any(|known| known == given.value) {
                    self.no_argument(given, faults::no_primitive_argument(primitive, given));
                }
            }
        } else {
            self.no_block(name, callee);
        }
    }

    /// `F{k: e}`: of blocks alone.
    pub(super) fn instance(&mut self, callee: &Expr, args: &[Arg]) {
        match &callee.kind {
            ExprKind::Name(name) => match self.names.lookup(self.here.scope, name, |k| k == DefKind::Block) {
                Some(block) => {
                    let block = self.resolved(callee.span, block, Role::Call);
                    self.block_arguments(name, block, args);
                }
                None => self.no_block(name, callee),
            },
            _ => self.expr(callee),
        }
        self.values_of(callee, args);
    }

    /// Whether a call of a block that the file declares more than once, which was reported, may be meant for another of
    /// them: the last one does not take its arguments.
    fn is_call_of_another(&mut self, block: DefId, callee: &Expr, args: &[Arg]) -> bool {
        let Some(declared) = self.declared_block(block) else { return false };
        let home = self.files.modules.get(self.names.def(block).module.0);
        if !home.is_some_and(|m| m.doubled.contains(&declared.name.value)) {
            return false;
        }
        let given = |name: &str| args.iter().any(|a| a.name.as_ref().is_some_and(|n| n.value == name));
        let complete = declared.params.iter().skip(1).all(|p| p.default.is_some() || given(&p.name.value));
        let mut names = args.iter().filter_map(|a| a.name.as_ref());
        let fits = complete && names.all(|n| declared.params.iter().any(|p| p.name.value == n.value));
        if !fits {
            self.unresolved(callee.span, None);
        }
        !fits
    }

    /// Whether the elements of a list are given without its brackets, `LowRankFusion(a, b, rank: 4)`, which is reported.
    fn is_loose_list(&mut self, block: DefId, callee: &Expr, args: &[Arg]) -> bool {
        let Some(first) = self.declared_block(block).and_then(|b| b.params.first()) else { return false };
        let loose: Vec<&Arg> = args.iter().take_while(|a| a.name.is_none()).collect();
        let is_list = |e: &Expr| matches!(e.kind, ExprKind::List(_) | ExprKind::Each { .. });
        let listed = loose.iter().any(|a| a.spread || is_list(&a.value));
        if !matches!(first.ty.kind, TypeExprKind::List(_)) || loose.len() < 2 || listed {
            return false;
        }
        let values: Vec<&Expr> = loose.iter().map(|a| &a.value).collect();
        let fault = faults::loose_list(&first.name.value, &self.names.def(block).name, &values);
        self.names.note_remedy(self.here.site, callee.span, Remedy::Name(Res::Def(block)));
        self.unresolved(callee.span, Some(fault));
        true
    }

    /// Whether a string is given without the name of its argument, `einsum(a, w, "ti,ij->tj")`, which is reported.
    fn is_text_without_name(&mut self, primitive: &Primitive, callee: &Expr, args: &[Arg]) -> bool {
        let is_text = |p: &&Param| Expected::of_primitive(primitive, p.name) == Some(Expected::Text);
        let given = |name: &str| args.iter().any(|a| a.name.as_ref().is_some_and(|n| n.value == name));
        let Some(param) = primitive.named().iter().find(is_text).filter(|p| !given(p.name)) else { return false };
        let text = |a: &&Arg| a.name.is_none() && matches!(a.value.kind, ExprKind::Str(_));
        let Some((i, arg)) = args.iter().enumerate().find(|(_, a)| text(a)) else { return false };
        let fault = faults::text_without_name(primitive, param.name, i + 1, arg.value.span);
        self.unresolved(callee.span, Some(fault));
        true
    }

    /// Named arguments of a block. That a variant's block takes others is seen where it is called.
    fn block_arguments(&mut self, name: &str, block: DefId, args: &[Arg]) {
        self.arguments_of(block, args);
        let Some(header) = self.headers.get(&block).copied() else { return };
        let params = self.names.visible(header, &|k| k == DefKind::Param);
        let mut known: Vec<String> = params.map(|p| self.names.def(p).name.clone()).collect();
        known.reverse();
        let (declared, module) = (self.names.def(block).span, self.names.def(block).module);
        let of_module = self.files.modules.get(module.0).and_then(|m| m.blocks.get(&self.names.def(block).name));
        if of_module.is_some_and(|b| b.params_unread) {
            return;
        }
        for given in args.iter().filter_map(|a| a.name.as_ref()) {
            if !known.contains(&given.value) {
                self.no_argument(given, faults::no_argument(name, given, declared, &known));
            }
        }
    }

    /// Notes which parameters named arguments are for.
    fn arguments_of(&mut self, callee: DefId, args: &[Arg]) {
        let Some(header) = self.headers.get(&callee).copied() else { return };
        for given in args.iter().filter_map(|a| a.name.as_ref()) {
            let is_param = |k| matches!(k, DefKind::Param | DefKind::Index);
            if let Some(param) = self.names.lookup(header, &given.value, is_param) {
                self.resolved(given.span, param, Role::Argument);
            }
        }
    }

    fn no_block(&mut self, name: &str, callee: &Expr) {
        let reported = self.is_unread(name)
            || (faults::in_std(name) && !self.not_imported.insert((self.here.module, name.to_owned())));
        let library = self.library_block(name);
        if let Some(block) = library {
            self.names.note_remedy(self.here.site, callee.span, Remedy::Name(Res::Def(block)));
        }
        if reported && library.is_some() {
            return self.unresolved(callee.span, None);
        }
        let fault = faults::no_block(name, callee.span, self.items().map(|items| items.use_at), &self.callables());
        if library.is_none() {
            self.take_callee_for(callee.span, &fault);
        }
        self.unresolved(callee.span, (!reported).then_some(fault));
    }

    /// Notes that an unknown callee is taken for what the fix of its fault puts in its place.
    fn take_callee_for(&mut self, span: Span, fault: &Diagnostic) {
        let Some(name) = fault.fix.as_ref().map(|fix| fix.with.as_str()) else { return };
        if let Some(import) = self.names.lookup(self.here.scope, name, |_| true) {
            self.names.note_meant(import);
        }
        let block = self.names.lookup(self.here.scope, name, |k| k == DefKind::Block);
        let block = block.map(|def| self.names.root(def)).or_else(|| self.library_block(name));
        let meant = block.map(Res::Def).or_else(|| primitives::find(name).map(Res::Primitive));
        if let Some(meant) = meant {
            self.names.note_remedy(self.here.site, span, Remedy::Name(meant));
        }
    }

    /// A block of the standard library, imported or not.
    fn library_block(&self, name: &str) -> Option<DefId> {
        let library = self.files.modules.iter().zip(&self.modules).filter(|(m, _)| m.is_std);
        library.into_iter().find_map(|(_, scope)| self.names.lookup(*scope, name, |k| k == DefKind::Block))
    }

    /// Notes that an unknown argument is taken for the one that the fix of its fault puts in its place.
    fn no_argument(&mut self, given: &Ident, fault: Diagnostic) {
        if let Some(fix) = &fault.fix {
            self.names.note_remedy(self.here.site, given.span, Remedy::Argument(fix.with.clone()));
        }
        self.unresolved(given.span, Some(fault));
    }
}
