//! Values of hypers, plain (`d`) and indexed (`keep(l)`).

use super::MAIN;
use crate::lower::frame::{Frame, FrameKind};
use crate::lower::lowering::Lowering;
use crate::lower::value::{Argument, Value};
use crate::sema::program::ModuleId;
use crate::sema::resolve::DefId;
use dsc_graph::statics::Static;
use dsc_syntax::ast::{Expr, Hyper};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::{hypers as hyper, structure as code};
use dsc_syntax::source::Span;

impl<'p> Lowering<'p> {
    /// The value of a hyper, evaluated once.
    pub(in crate::lower) fn hyper_value(&mut self, def: DefId) -> Option<Static> {
        if let Some(known) = self.hypers.values.get(&def) {
            return known.clone();
        }
        let declared = self.hyper(def)?;
        let (name, module) = (&declared.name.value, self.program.names.def(def).module);
        if self.hypers.open.contains(&def) {
            self.report(
                Diagnostic::error(hyper::E0405, format!("hyper `{name}` depends on itself"))
                    .at(declared.name.span, "in this circle"),
            );
            return None;
        }
        // A function of numbers has no value by itself; its name alone is refused where it is read.
        if !declared.params.is_empty() {
            return None;
        }
        self.hypers.open.push(def);
        let set = self.local_name(module, name).and_then(|local| self.setting(&local));
        let default = match self.static_in(module, &declared.value) {
            Some(v) => Some(v),
            None => set.as_ref().and_then(|(v, _)| v.clone()),
        };
        let value = match set {
            None => default,
            Some((None, _)) => None,
            Some((Some(value), span)) => self.as_kind_of(name, value, default.as_ref(), span, declared.name.span),
        };
        self.hypers.open.pop();
        self.hypers.values.insert(def, value.clone());
        value
    }

    /// The declaration of a hyper.
    pub(in crate::lower) fn hyper(&self, def: DefId) -> Option<&'p Hyper> {
        let declared = self.program.names.def(def);
        self.program.module(declared.module)?.hypers.get(&declared.name)
    }

    /// Runs `f` outside every body: it sees the items of `module` alone.
    pub(in crate::lower) fn outside<T>(&mut self, module: ModuleId, f: impl FnOnce(&mut Self) -> T) -> T {
        self.frames.push(Frame::new(FrameKind::Item, module));
        let value = f(self);
        self.frames.pop();
        value
    }

    /// A static value of an item of `module`, outside every body.
    fn static_in(&mut self, module: ModuleId, e: &Expr) -> Option<Static> {
        match self.outside(module, |l| l.expr(e)) {
            Value::Static(Static::Dim(d)) => {
                self.report(
                    Diagnostic::error(
                        hyper::E0401,
                        format!("a hyper is a number, this is {d}, known with the data only"),
                    )
                    .at(e.span, "not known at compile time"),
                );
                None
            }
            Value::Static(s) => Some(s),
            Value::Error => None,
            other => {
                self.report(
                    Diagnostic::error(
                        hyper::E0401,
                        format!("a hyper is a number, flag or string, this is a {}", other.kind()),
                    )
                    .at(e.span, "no value of a hyper")
                    .help("numbers by an index are a function, `hyper width(l) = when l == 0 { 8 } else { 4 }`"),
                );
                None
            }
        }
    }

    /// Values of the main file's hypers, its own and the imported ones.
    pub(in crate::lower) fn main_hyper_values(&mut self) -> Vec<(String, Static)> {
        let program = self.program;
        let plain = program.hyper_names().filter_map(|local| {
            let (_, hyper) = program.hyper(MAIN, local)?;
            let value = self.hypers.values.get(&program.names.defined_at(None, hyper.name.span)?)?.clone()?;
            Some((local.to_owned(), value))
        });
        plain.collect()
    }

    /// The name that the main file has for a hyper, if it has one: the one it is set by.
    pub(super) fn local_name(&self, module: ModuleId, name: &str) -> Option<String> {
        if module == MAIN {
            return Some(name.to_owned());
        }
        let imports = &self.program.main()?.hyper_imports;
        imports.iter().find(|(_, (m, there, _))| *m == module && there == name).map(|(local, _)| local.clone())
    }

    /// `keep(l)`.
    pub(in crate::lower) fn call_hyper(&mut self, def: DefId, args: Vec<Argument>, span: Span) -> Value {
        let Some(declared) = self.hyper(def) else { return self.reported() };
        let name = &declared.name.value;
        if args.iter().any(Argument::is_unknown) {
            return self.reported();
        }
        if declared.params.len() != args.len() {
            return self.fail(
                Diagnostic::error(
                    code::E0501,
                    format!(
                        "`{name}` takes {} number{}, not {}",
                        declared.params.len(),
                        if declared.params.len() == 1 { "" } else { "s" },
                        args.len()
                    ),
                )
                .at(span, "in this call")
                .because(declared.name.span, "declared here"),
            );
        }
        if self.hypers.open.contains(&def) {
            return self.fail(
                Diagnostic::error(hyper::E0405, format!("hyper `{name}` depends on itself"))
                    .at(declared.name.span, "in this circle"),
            );
        }
        for (param, arg) in declared.params.iter().zip(&args) {
            let known: Vec<&str> = declared.params.iter().map(|p| p.value.as_str()).collect();
            if let Some(given) = arg.name.as_ref().filter(|n| n.value != param.value) {
                return self.fail(
                    Diagnostic::error(code::E0502, format!("`{name}` takes {}, in this order", known.join(", ")))
                        .at(given.span, format!("`{}` is set here", param.value))
                        .because(declared.name.span, "declared here"),
                );
            }
        }
        self.hypers.open.push(def);
        let module = self.program.names.def(def).module;
        self.frames.push(Frame { call: span, ..Frame::new(FrameKind::Hyper, module) });
        for (param, arg) in declared.params.iter().zip(args) {
            self.bind(param, arg.value);
        }
        let value = self.expr(&declared.value);
        let value = self.in_its_range(declared, value, span);
        self.frames.pop();
        self.hypers.open.pop();
        value
    }
}
