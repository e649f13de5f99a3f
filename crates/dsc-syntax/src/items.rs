//! Items and types.

use super::ast::*;
use super::marks::names_behind_drop;
use super::parse::{Builder, Pair, Rule};
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::{Span, Spanned};

impl Builder<'_> {
    pub(super) fn item(&mut self, pair: Pair<'_>) -> Item {
        let docs = self.docs(&pair);
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::use_item => self.use_item(pair, span),
            Rule::hyper_item => self.hyper(pair, span),
            Rule::input_item => ItemKind::Input(self.input(pair, span)),
            Rule::label_item => ItemKind::Label(self.input(pair, span)),
            Rule::block_item => ItemKind::Block(self.block(pair, span)),
            Rule::model_item => {
                let (mut name, mut body) = (self.missing_ident(span), Body { span, ..Body::default() });
                for p in pair.into_inner() {
                    match p.as_rule() {
                        Rule::ident => name = self.ident(&p),
                        Rule::missing_name => self.missing(&p),
                        Rule::mistaken_head => drop(self.mistaken_head(&p, "model", &name.value)),
                        Rule::body => body = self.body(p).0,
                        _ => {}
                    }
                }
                ItemKind::Model(Model { name, body })
            }
            Rule::variant_item => {
                self.entry_commas(&pair, "changes of a variant");
                let dropped = names_behind_drop(&pair);
                let (mut name, mut base, mut changes) = (None, None, Vec::new());
                for p in pair.into_inner() {
                    match p.as_rule() {
                        Rule::ident => name = Some(self.ident(&p)),
                        Rule::base => base = self.first_ident(p),
                        // Reported with its comma.
                        Rule::unreadable_entry if dropped.iter().any(|(_, start)| *start == p.as_span().start()) => {
                            let span = self.span(&p);
                            let name = Spanned::new(p.as_str().trim_end().to_owned(), span);
                            changes.push(Change::Drop { name, span });
                        }
                        Rule::mistaken_head => {
                            let written = name.as_ref().map_or("_", |n: &Ident| n.value.as_str()).to_owned();
                            let other = self.mistaken_head(&p, "variant", &written);
                            base = base.or(other);
                        }
                        Rule::open | Rule::kw_variant | Rule::kw_recipe | Rule::entry_comma => {}
                        _ => changes.push(self.change(p)),
                    }
                }
                ItemKind::Variant(Variant { name: name.unwrap_or_else(|| self.missing_ident(span)), base, changes })
            }
            Rule::recipe_item => {
                self.entry_commas(&pair, "entries of a recipe");
                let (mut name, mut base, mut entries) = (None, None, Vec::new());
                for p in pair.into_inner() {
                    match p.as_rule() {
                        Rule::ident => name = Some(self.ident(&p)),
                        Rule::base => base = self.first_ident(p),
                        Rule::mistaken_head => {
                            let written = name.as_ref().map_or("_", |n: &Ident| n.value.as_str()).to_owned();
                            let other = self.mistaken_head(&p, "recipe", &written);
                            base = base.or(other);
                        }
                        Rule::open | Rule::kw_variant | Rule::kw_recipe | Rule::entry_comma => {}
                        _ => entries.push(self.recipe_entry(p)),
                    }
                }
                ItemKind::Recipe(Recipe { name: name.unwrap_or_else(|| self.missing_ident(span)), base, entries })
            }
            Rule::expect_item => {
                let mut recipe = None;
                for p in pair.clone().into_inner() {
                    match p.as_rule() {
                        Rule::mistaken_for => self.mistaken_word(&p, "for"),
                        Rule::ident => recipe = Some(self.ident(&p)),
                        _ => {}
                    }
                }
                let claims = self.conditions(pair.into_inner()).into_iter().map(|c| self.unclaimed(c)).collect();
                ItemKind::Expect(Expect { claims, recipe })
            }
            _ => {
                self.unreadable(&pair);
                ItemKind::Error
            }
        };
        Item { docs, kind, span }
    }

    /// A claim; one that was written with `=` says what was meant, and is not judged.
    fn unclaimed(&self, claim: Expr) -> Expr {
        match claim.kind {
            ExprKind::Binary(BinaryOp::Eq, at, a, b) if self.source_text(at.span) == "=" => {
                Expr { kind: ExprKind::Faulty(vec![*a, *b]), span: claim.span }
            }
            kind => Expr { kind, span: claim.span },
        }
    }

    fn first_ident(&mut self, pair: Pair<'_>) -> Option<Ident> {
        pair.into_inner().find(|p| p.as_rule() == Rule::ident).map(|p| self.ident(&p))
    }

    fn use_item(&mut self, pair: Pair<'_>, span: Span) -> ItemKind {
        let (mut from, mut quoted, mut names) = (self.missing_ident(span), false, Vec::new());
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::string => (from, quoted) = (self.string(&p), true),
                // That there is no such module is the fault.
                Rule::mistaken_path if quoted || from.value == "std" => self.mistaken_mark(&p, "::"),
                Rule::ident => from = self.ident(&p),
                Rule::mistaken_module => {
                    let at = self.span(&p);
                    self.diagnostics.push(super::habits::module_within_file(at));
                }
                Rule::use_name => names.extend(self.use_name(p)),
                Rule::use_list => {
                    for p in p.into_inner() {
                        match p.as_rule() {
                            Rule::use_name => names.extend(self.use_name(p)),
                            _ => self.unreadable(&p),
                        }
                    }
                }
                _ => {}
            }
        }
        ItemKind::Use(Use { from, quoted, names })
    }

    fn use_name(&mut self, pair: Pair<'_>) -> Option<(Ident, Option<Ident>)> {
        let mut idents = pair.into_inner().filter(|p| p.as_rule() == Rule::ident);
        let (name, other) = (idents.next(), idents.next());
        Some((self.ident(&name?), other.map(|o| self.ident(&o))))
    }

    /// A list of names; other text is reported as unreadable.
    fn names(&mut self, pair: Pair<'_>) -> Vec<Ident> {
        let mut names = Vec::new();
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::ident => names.push(self.ident(&p)),
                Rule::missing_name => self.missing(&p),
                Rule::angle => {}
                _ => self.unreadable(&p),
            }
        }
        names
    }

    fn hyper(&mut self, pair: Pair<'_>, span: Span) -> ItemKind {
        let mut hyper = Hyper {
            name: self.missing_ident(span),
            params: Vec::new(),
            value: Expr { kind: ExprKind::Error, span },
            domain: None,
            constraint: None,
        };
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::ident => hyper.name = self.ident(&p),
                Rule::hyper_params => hyper.params = self.names(p),
                Rule::expr | Rule::missing => hyper.value = self.expr(p),
                Rule::domain => hyper.domain = self.inner_expr(p),
                Rule::constraint => hyper.constraint = self.inner_expr(p),
                Rule::mistaken_colon => self.mistaken_mark(&p, "="),
                Rule::mistaken_type => self.typed_hyper(&p),
                _ => {}
            }
        }
        ItemKind::Hyper(hyper)
    }

    fn inner_expr(&mut self, pair: Pair<'_>) -> Option<Expr> {
        self.conditions(pair.into_inner()).into_iter().next()
    }

    pub(super) fn input(&mut self, pair: Pair<'_>, span: Span) -> Input {
        let mut input =
            Input { name: self.missing_ident(span), ty: TypeExpr { kind: TypeExprKind::Error, span }, from: None };
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::ident => input.name = self.ident(&p),
                Rule::mistaken_eq => self.mistaken_mark(&p, ":"),
                Rule::uncoloned => {
                    let Some(name) = self.first_ident(p) else { continue };
                    let at = Span { start: name.span.end, ..name.span };
                    self.diagnostics.push(
                        Diagnostic::error(codes::E0101, format!("expected `:` after `{}`", name.value))
                            .at(at, "expected `:`")
                            .help(format!("write `{} : TYPE`", name.value))
                            .fix(at, " :"),
                    );
                    input.name = name;
                }
                Rule::mistaken_from => {
                    for p in p.into_inner() {
                        match p.as_rule() {
                            Rule::string => input.from = Some(self.string(&p)),
                            _ => self.mistaken_word(&p, "from"),
                        }
                    }
                }
                Rule::from_key => {
                    input.from = p.into_inner().find(|p| p.as_rule() == Rule::string).map(|p| self.string(&p));
                }
                Rule::mistaken_key => input.from = self.bare_key(p),
                rule if is_type(rule) => input.ty = self.type_expr(p),
                _ => {}
            }
        }
        input
    }

    pub(super) fn block(&mut self, pair: Pair<'_>, span: Span) -> Block {
        let mut block = Block {
            name: self.missing_ident(span),
            generics: Vec::new(),
            params: Vec::new(),
            params_unread: false,
            result: None,
            constraint: None,
            body: Body { span, ..Body::default() },
        };
        self.keyword_names.clear();
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::ident => block.name = self.ident(&p),
                Rule::missing_name => self.missing(&p),
                Rule::missing_params => {
                    block.params_unread = true;
                    self.missing(&p);
                }
                Rule::generics => block.generics = self.names(p),
                Rule::params => {
                    let mut faulty = false;
                    for p in p.into_inner() {
                        let before = self.diagnostics.len();
                        match p.as_rule() {
                            // What follows a parameter with a fault is part of it: `int` in `k = 3: int`.
                            Rule::unreadable_arg if faulty => self.record_skipped(p.as_str()),
                            Rule::param => {
                                let param = self.param(p);
                                // Other languages pass the block itself; it is no parameter, which was reported.
                                let itself = matches!(param.name.value.as_str(), "self" | "cls" | "this");
                                if !itself || self.diagnostics.len() == before {
                                    block.params.push(param);
                                }
                            }
                            Rule::mistaken_param => {
                                self.missing_comma(&p);
                                block.params.push(self.param(p));
                            }
                            Rule::missing_name => self.missing(&p),
                            Rule::paren => {}
                            _ => {
                                block.params_unread = true;
                                self.unreadable(&p);
                            }
                        }
                        faulty = self.diagnostics.len() > before;
                    }
                }
                Rule::constraint => block.constraint = self.inner_expr(p),
                Rule::mistaken_arrow => {
                    let at = self.span(&p);
                    let before = self.edited.text.get(..p.as_span().start()).unwrap_or("");
                    let arrow = if before.ends_with([' ', '\t', '\n']) { "->" } else { " ->" };
                    self.diagnostics.push(
                        Diagnostic::error(
                            codes::E0101,
                            format!("expected `->` before the result type, found `{}`", self.source_text(at)),
                        )
                        .at(at, "expected `->`")
                        .help("write `->`")
                        .fix(at, arrow),
                    );
                }
                Rule::mistaken_head => drop(self.mistaken_head(&p, "block", &block.name.value)),
                Rule::body => block.body = self.body(p).0,
                rule if is_type(rule) => block.result = Some(self.type_expr(p)),
                _ => {}
            }
        }
        block
    }

    fn param(&mut self, pair: Pair<'_>) -> Param {
        let span = self.span(&pair);
        let mut param =
            Param { name: self.missing_ident(span), ty: TypeExpr { kind: TypeExprKind::Error, span }, default: None };
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::ident => param.name = self.ident(&p),
                Rule::keyword_name => {
                    param.name = self.ident(&p);
                    self.keyword_parameter(&param.name);
                }
                Rule::expr | Rule::missing => param.default = Some(self.expr(p)),
                rule if is_type(rule) => param.ty = self.type_expr(p),
                _ => {}
            }
        }
        param
    }

    fn change(&mut self, pair: Pair<'_>) -> Change {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::block_item => Change::Block(Box::new(self.block(pair, span)), span),
            Rule::input_item => Change::Input(self.input(pair, span), span),
            Rule::mistaken_hyper => {
                let (name, value) = self.hyper_as_change(pair, "variant");
                Change::Set { name, value, span }
            }
            Rule::unreadable_entry => {
                self.unreadable(&pair);
                Change::Error(span)
            }
            Rule::let_stmt if pair.as_str().starts_with("var") => {
                self.wrong_change(span);
                Change::Error(span)
            }
            rule => {
                let (mut names, mut value, mut typed) = (Vec::new(), None, false);
                for p in pair.into_inner() {
                    match p.as_rule() {
                        Rule::mistaken_owner => {
                            let at = self.span(&p);
                            self.diagnostics.push(super::habits::set_of_no_hyper(at, self.source_text(at)));
                            return Change::Error(span);
                        }
                        Rule::ident => names.push(self.ident(&p)),
                        Rule::expr | Rule::missing => value = Some(self.expr(p)),
                        Rule::mistaken_colon if rule != Rule::mistaken_set => self.mistaken_mark(&p, "="),
                        Rule::mistaken_assign => self.loss_step(&p),
                        r => typed |= is_type(r),
                    }
                }
                let mut names = names.into_iter();
                let name = names.next().unwrap_or_else(|| self.missing_ident(span));
                let value = value.unwrap_or(Expr { kind: ExprKind::Error, span });
                match rule {
                    Rule::mistaken_set => self.bare_change(name, value, span),
                    Rule::set_stmt => Change::Set { name, value, span },
                    Rule::loss_stmt => Change::Loss { name, value, span },
                    Rule::drop_stmt => Change::Drop { name, span },
                    Rule::reweight_stmt => Change::Reweight { name, factor: value, span },
                    _ if names.next().is_some() || typed => {
                        self.wrong_change(span);
                        Change::Error(span)
                    }
                    _ => Change::Let { name, value, span },
                }
            }
        }
    }

    fn recipe_entry(&mut self, pair: Pair<'_>) -> RecipeEntry {
        let span = self.span(&pair);
        let mut path = Vec::new();
        let mut value = SettingValue::Expr(Expr { kind: ExprKind::Error, span });
        let rule = pair.as_rule();
        if rule == Rule::unreadable_entry {
            self.unreadable(&pair);
            return RecipeEntry::Error(span);
        }
        if rule == Rule::mistaken_hyper {
            let (name, value) = self.hyper_as_change(pair, "recipe");
            return RecipeEntry::Set { name, value, span };
        }
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::ident => path.push(self.ident(&p)),
                Rule::mistaken_owner => {
                    let at = self.span(&p);
                    let key = self.source_text(at);
                    self.diagnostics.push(super::habits::set_of_setting(Span { end: at.start, ..span }, at, key));
                    return RecipeEntry::Error(span);
                }
                Rule::key => path.extend(p.into_inner().filter(|p| p.as_rule() == Rule::word).map(|p| self.ident(&p))),
                Rule::select => {
                    let minimize = p.as_str().starts_with("min");
                    if let Some(metric) = p.into_inner().find(|p| p.as_rule() == Rule::metric) {
                        value = SettingValue::Select { minimize, metric: self.ident(&metric) };
                    }
                }
                Rule::mistaken_percent => self.percentage(p),
                Rule::mistaken_colon => self.mistaken_mark(&p, "="),
                Rule::quantity => {
                    let mut inner = p.into_inner();
                    if let (Some(number), Some(unit)) = (inner.next(), inner.next()) {
                        value = SettingValue::Quantity { value: self.number(&number), unit: self.ident(&unit) };
                    }
                }
                Rule::expr | Rule::missing => value = SettingValue::Expr(self.expr(p)),
                _ => {}
            }
        }
        match (rule, value) {
            (Rule::set_stmt, SettingValue::Expr(value)) => {
                let name = path.into_iter().next().unwrap_or_else(|| self.missing_ident(span));
                RecipeEntry::Set { name, value, span }
            }
            (_, value) => RecipeEntry::Key { path, value, span },
        }
    }

    /// A type. If it contains an error, the result is `Error`, so that it is not checked further.
    pub(super) fn type_expr(&mut self, pair: Pair<'_>) -> TypeExpr {
        let span = self.span(&pair);
        let before = self.diagnostics.len() - self.understood;
        let kind = self.type_kind(pair, span);
        let faulty = self.diagnostics.len() - self.understood > before;
        TypeExpr { kind: if faulty { TypeExprKind::Error } else { kind }, span }
    }

    fn type_kind(&mut self, pair: Pair<'_>, span: Span) -> TypeExprKind {
        match pair.as_rule() {
            Rule::missing_type => {
                self.missing(&pair);
                TypeExprKind::Error
            }
            Rule::like_type => TypeExprKind::Like(self.first_ident(pair).unwrap_or_else(|| self.missing_ident(span))),
            Rule::list_type | Rule::tuple_type => {
                let list = pair.as_rule() == Rule::list_type;
                let mut inner = Vec::new();
                for p in pair.into_inner() {
                    match p.as_rule() {
                        rule if is_type(rule) => inner.push(self.type_expr(p)),
                        _ => self.unreadable(&p),
                    }
                }
                match (list, inner.len()) {
                    (true, _) => {
                        inner.into_iter().next().map_or(TypeExprKind::Error, |t| TypeExprKind::List(Box::new(t)))
                    }
                    (false, 1) => inner.into_iter().next().map_or(TypeExprKind::Error, |t| t.kind),
                    (false, _) => TypeExprKind::Tuple(inner),
                }
            }
            _ => {
                let (mut name, mut params, mut dims) = (None, Vec::new(), None);
                for p in pair.into_inner() {
                    match p.as_rule() {
                        Rule::ident => name = Some(self.ident(&p)),
                        Rule::type_params => params = self.names(p),
                        Rule::mistaken_modality => {
                            let whole = self.span(&p);
                            params = self.names(p);
                            let written = params.first().map_or("m", |m: &Ident| m.value.as_str());
                            self.diagnostics.push(super::habits::modality_in_brackets(whole, written));
                            self.understood += 1;
                        }
                        Rule::dims => dims = Some(self.expr_list(p).0),
                        Rule::mistaken_dims => {
                            let whole = self.span(&p);
                            let fault = super::habits::dims_in_parentheses(whole, self.source_text(whole));
                            self.diagnostics.push(fault);
                            self.understood += 1;
                            dims = Some(self.expr_list(p).0);
                        }
                        _ => {}
                    }
                }
                TypeExprKind::Named { name: name.unwrap_or_else(|| Spanned::new("_".into(), span)), params, dims }
            }
        }
    }
}

/// Whether this rule matches a type.
pub(super) fn is_type(rule: Rule) -> bool {
    matches!(rule, Rule::list_type | Rule::tuple_type | Rule::like_type | Rule::named_type | Rule::missing_type)
}
