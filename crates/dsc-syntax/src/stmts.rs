//! Bodies and statements.

use super::ast::*;
use super::items::is_type;
use super::parse::{Builder, Pair, Rule};
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::{Span, Spanned};

impl Builder<'_> {
    /// A body, and the height of its tree.
    pub(super) fn body(&mut self, pair: Pair<'_>) -> (Body, usize) {
        let mut body = Body { stmts: Vec::new(), value: None, span: self.span(&pair) };
        let mut height = 0;
        let mut pairs = pair.into_inner().filter(|p| p.as_rule() != Rule::open).peekable();
        let mut before: Option<Pair<'_>> = None;
        while let Some(p) = pairs.next() {
            let behind = before.replace(p.clone()).is_some_and(|b| self.on_one_line(&b, &p));
            if (p.as_rule() == Rule::unreadable_stmt && (behind || continues(p.as_str())))
                && let Some(stmt) = body.stmts.last_mut()
            {
                self.value_half_read(stmt);
            }
            if behind
                && p.as_rule() == Rule::expr_stmt
                && self.is_ternary(&p)
                && body.stmts.last_mut().is_some_and(|stmt| self.value_half_read(stmt))
            {
                self.ternary(&p, &mut pairs);
                continue;
            }
            if p.as_rule() == Rule::expr_stmt
                && is_word(p.as_str().trim_end())
                && pairs.peek().is_some_and(|next| begins_with_word(next.as_str()) && self.on_one_line(&p, next))
            {
                let bound = self.no_statement(&p, &mut pairs);
                body.stmts.push(bound);
                continue;
            }
            // A comma by itself, or two of them, are no tuple.
            let second =
                p.as_str().strip_prefix(',').map(str::trim_start).filter(|s| !s.is_empty() && !s.starts_with(','));
            let bare_tuple = behind && p.as_rule() == Rule::unreadable_stmt && second.is_some();
            if bare_tuple && let Some(Stmt { kind: StmtKind::Expr(first), .. }) = body.stmts.last() {
                self.bare_tuple(first.span, &p);
            }
            let (stmt, h) = self.stmt(p);
            height = height.max(h);
            body.stmts.push(stmt);
            // `lambda x: x + 1`, `if x is None:`: the rest of the line belongs to it.
            let bodyless = |p: &Pair<'_>| {
                let errs = matches!(body.stmts.last().map(|s| &s.kind), Some(StmtKind::Expr(e)) if matches!(e.kind, ExprKind::Error | ExprKind::Faulty(_)));
                errs && self.is_ternary(p)
            };
            if let Some(last) = &before
                && (last.as_str().trim_end().ends_with("lambda") || bodyless(last))
            {
                let mut last = last.clone();
                while let Some(p) = pairs.next_if(|next| self.on_one_line(&last, next)) {
                    self.record_skipped(p.as_str());
                    last = p;
                }
            }
        }
        // The last expression is the value, even if an unparsable statement follows.
        if let Some(last) = body.stmts.iter().rposition(|s| !matches!(s.kind, StmtKind::Error))
            && matches!(body.stmts.get(last).map(|s| &s.kind), Some(StmtKind::Expr(_)))
            && let StmtKind::Expr(value) = body.stmts.remove(last).kind
        {
            body.value = Some(Box::new(value));
        }
        (body, height + 1)
    }

    /// Notes that a value was read in part: what was read of it is of use, but a name alone may be the head of anything.
    /// Whether the statement has one.
    fn value_half_read(&mut self, stmt: &mut Stmt) -> bool {
        let value = match &mut stmt.kind {
            StmtKind::Let { value, .. } | StmtKind::Assign { value, .. } | StmtKind::Loss { value, .. } => value,
            StmtKind::Output { value, .. } | StmtKind::Reveal(value) | StmtKind::Expr(value) => value,
            StmtKind::For { .. } | StmtKind::Companions { .. } | StmtKind::Error => return false,
        };
        let span = value.span;
        value.kind = match std::mem::replace(&mut value.kind, ExprKind::Error) {
            ExprKind::Name(name) => {
                self.record_skipped(&name);
                ExprKind::Error
            }
            known @ (ExprKind::Error | ExprKind::Faulty(_)) => known,
            kind => ExprKind::Faulty(vec![Expr { kind, span }]),
        };
        true
    }

    /// Whether a match begins with `if` behind a value, as in `let x = a if c else b`.
    fn is_ternary(&self, p: &Pair<'_>) -> bool {
        p.as_str().strip_prefix("if").is_some_and(|rest| rest.starts_with([' ', '\t', '(']))
    }

    /// Reports the choice `a if c else b`; the rest of its line belongs to it.
    fn ternary<'i>(&mut self, first: &Pair<'i>, rest: &mut std::iter::Peekable<impl Iterator<Item = Pair<'i>>>) {
        let span = self.span(first);
        self.diagnostics.push(super::habits::ternary(Span { end: span.start + 2, ..span }));
        self.record_skipped(first.as_str());
        let mut last = first.clone();
        while let Some(p) = rest.next_if(|next| self.on_one_line(&last, next)) {
            self.record_skipped(p.as_str());
            last = p;
        }
    }

    /// Reports `a, b` as a value, a tuple without its brackets; the comma is not reported again.
    fn bare_tuple(&mut self, first: Span, rest: &Pair<'_>) {
        let whole = first.to(self.span(rest));
        let written = self.source_text(whole).to_owned();
        let fault = Diagnostic::error(codes::E0101, "a tuple has brackets").at(whole, "several values");
        self.diagnostics.push(match written.contains('\n') {
            true => fault.help("write `(a, b)`"),
            false => fault.help(format!("write `({written})`")).fix(whole, format!("({written})")),
        });
        self.reported_at = Some(rest.as_span().start());
    }

    /// Whether two matches are on the same line.
    fn on_one_line(&self, a: &Pair<'_>, b: &Pair<'_>) -> bool {
        let start = a.as_span().start();
        let between = self.edited.text.get(start + a.as_str().trim_end().len()..b.as_span().start()).unwrap_or("\n");
        !between.contains('\n')
    }

    /// A line that begins with a word that does not begin a statement: `lte b = a`. The rest of the line is parsed as the
    /// intended statement if that is clear, and skipped otherwise.
    fn no_statement<'i>(
        &mut self,
        word: &Pair<'i>,
        rest: &mut std::iter::Peekable<impl Iterator<Item = Pair<'i>>>,
    ) -> Stmt {
        const WORDS: [&str; 7] = ["let", "var", "for", "output", "companions", "loss", "reveal"];
        let (docs, span) = (self.docs(word), self.span(word));
        let written = self.source_text(span);
        let help = "a statement begins with `let`, `var`, `for`, `output`, `loss`, `companions` or `reveal`; \
                    the value of a body is its last expression";
        self.diagnostics.push(
            Diagnostic::error(codes::E0101, format!("expected a statement, found `{written}`"))
                .at(span, "not the start of a statement")
                .help(super::habits::statement(written).unwrap_or(help))
                .did_you_mean(written, WORDS),
        );
        let mut meant = StmtKind::Error;
        let mut last = word.clone();
        while let Some(p) = rest.next_if(|next| self.on_one_line(&last, next)) {
            if last.as_span() == word.as_span() && p.as_rule() == Rule::assign_stmt {
                last = p.clone();
                if let StmtKind::Assign { names, value } = self.stmt(p).0.kind {
                    meant = StmtKind::Let { names, ty: None, value, mutable: true };
                }
                continue;
            }
            self.record_skipped(p.as_str());
            last = p;
        }
        Stmt { docs, kind: meant, span }
    }

    fn stmt(&mut self, pair: Pair<'_>) -> (Stmt, usize) {
        let (docs, span) = (self.docs(&pair), self.span(&pair));
        let rule = pair.as_rule();
        if rule == Rule::unreadable_stmt {
            self.unreadable(&pair);
            return (Stmt { docs, kind: StmtKind::Error, span }, 1);
        }
        if rule == Rule::companions_stmt {
            self.entry_commas(&pair, "entries of `companions`");
        }
        let mutable = pair.as_str().starts_with("var");
        let (mut step, mut several) = (None, None);
        let (mut names, mut ty, mut value, mut height) = (Vec::new(), None, None, 1);
        let (mut body, mut entries) = (Body { span, ..Body::default() }, Vec::new());
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::ident => names.push(self.ident(&p)),
                Rule::expr | Rule::missing => {
                    let (mut e, h) = self.expr_with_height(p);
                    names.extend(several.take().map(|names| self.element_variable(&names, &mut e)));
                    (value, height) = (Some(e), height.max(h));
                }
                Rule::body => {
                    let (b, h) = self.body(p);
                    (body, height) = (b, height.max(h));
                }
                Rule::entry => {
                    let (entry, h) = self.entry(p, span);
                    entries.push(entry);
                    height = height.max(h);
                }
                Rule::unreadable_entry => self.unreadable(&p),
                Rule::mistaken_colon => self.mistaken_mark(&p, "="),
                Rule::mistaken_walrus => self.mistaken_mark(&p, "="),
                Rule::mistaken_output => self.mark_of_output(&p),
                Rule::mistaken_in => self.mistaken_word(&p, "in"),
                Rule::mistaken_for => self.mistaken_word(&p, "for"),
                Rule::mistaken_names => names.extend(self.bracketed_names(&p)),
                Rule::mistaken_loop => names.push(self.mistaken_loop(&p)),
                Rule::bracketed_loop => {
                    self.bracketed_loop(&p);
                    for p in p.into_inner() {
                        match p.as_rule() {
                            Rule::ident => names.push(self.ident(&p)),
                            Rule::expr | Rule::missing => {
                                let (e, h) = self.expr_with_height(p);
                                (value, height) = (Some(e), height.max(h));
                            }
                            _ => {}
                        }
                    }
                }
                Rule::mistaken_vars => {
                    self.several_variables(&p);
                    several = Some(p);
                }
                Rule::mistaken_assign if rule == Rule::loss_stmt => self.loss_step(&p),
                Rule::mistaken_assign => step = Some(self.span(&p)),
                r if is_type(r) => ty = Some(self.type_expr(p)),
                _ => {}
            }
        }
        let mut value = value.unwrap_or(Expr { kind: ExprKind::Error, span });
        if let Some((at, name)) = step.zip(names.first()) {
            value = self.step(name, at, value);
            height += 1;
        }
        let name = names.first().cloned().unwrap_or_else(|| self.missing_ident(span));
        let kind = match rule {
            Rule::let_stmt => StmtKind::Let { names, ty, value, mutable },
            Rule::assign_stmt => StmtKind::Assign { names, value },
            Rule::for_stmt => StmtKind::For { var: name, over: value, body },
            Rule::output_stmt => StmtKind::Output { value, label: name },
            Rule::companions_stmt => StmtKind::Companions { name, entries },
            Rule::loss_stmt => StmtKind::Loss { name, value },
            Rule::reveal_stmt => StmtKind::Reveal(value),
            Rule::expr_stmt => StmtKind::Expr(value),
            _ => StmtKind::Error,
        };
        (Stmt { docs, kind, span }, height + 1)
    }

    /// The value of `x = x + 1`, for `x += 1`.
    fn step(&mut self, name: &Ident, at: Span, by: Expr) -> Expr {
        let written = self.source_text(at);
        let op = match written {
            "+=" => BinaryOp::Add,
            "-=" => BinaryOp::Sub,
            "*=" => BinaryOp::Mul,
            "/=" => BinaryOp::Div,
            "%=" => BinaryOp::Rem,
            _ => BinaryOp::Pow,
        };
        let (name_text, sign) = (&name.value, op.symbol());
        let single =
            !matches!(by.kind, ExprKind::Binary(..) | ExprKind::Range { .. } | ExprKind::Call { piped: true, .. });
        let value = self.source_text(by.span);
        let mut fault = Diagnostic::error(codes::E0115, format!("the language has no `{written}`"))
            .at(at, "not an operator of this language");
        if value.contains('\n') || value.is_empty() {
            fault = fault.help(format!("write `{name_text} = {name_text} {sign} (..)`"));
        } else {
            let value = if single { value.to_owned() } else { format!("({value})") };
            let rest = format!("= {name_text} {sign} {value}");
            fault = fault.help(format!("write `{name_text} {rest}`")).fix(at.to(by.span), rest);
        }
        self.diagnostics.push(fault);
        let span = name.span.to(by.span);
        let left = Expr { kind: ExprKind::Name(name.value.clone()), span: name.span };
        Expr { kind: ExprKind::Binary(op, Spanned::new((), at), Box::new(left), Box::new(by)), span }
    }

    fn entry(&mut self, pair: Pair<'_>, span: Span) -> ((Ident, Expr), usize) {
        let (mut name, mut value, mut height) = (self.missing_ident(span), Expr { kind: ExprKind::Error, span }, 1);
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::word => name = self.ident(&p),
                Rule::mistaken_colon => self.mistaken_mark(&p, "="),
                Rule::expr | Rule::missing => (value, height) = self.expr_with_height(p),
                _ => {}
            }
        }
        ((name, value), height)
    }
}

/// Whether text that could not be read continues the value before it, rather than beginning something else.
fn continues(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '*', '/', '<', '>', '|', '&', '!', ':', '.', '^', '%', '?'])
}

fn begins_with_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
}
