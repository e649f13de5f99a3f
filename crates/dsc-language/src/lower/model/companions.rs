//! `companions c { .. }`: which samples are retrieved for a sample, and by what.

use crate::lower::lowering::Lowering;
use crate::lower::value::Value;
use crate::sema::resolve::COMPANION_ENTRIES;
use dsc_graph::statics::Static;
use dsc_graph::types::Type;
use dsc_graph::{Companions, CompanionsId, Ranks};
use dsc_syntax::ast::{Expr, ExprKind, Ident};
use dsc_syntax::diag::codes::{lints, names, structure as code};
use dsc_syntax::diag::{Diagnostic, did_you_mean};
use dsc_syntax::source::{Span, Spanned};

impl<'p> Lowering<'p> {
    pub(super) fn companions(&mut self, name: &Ident, entries: &[(Ident, Expr)], span: Span) {
        let mut companions = Companions {
            name: name.value.clone(),
            by: Vec::new(),
            class: String::new(),
            pos: 2,
            near: 2,
            far: 2,
            pool: 10,
            refresh: 2,
            ranks: None,
            span,
        };
        // Whether the numbers are given as they have to be, and all else.
        let (mut counted, mut ok) = (true, true);
        let (mut ranks, mut by_rank) = (Ranks { upper: 1.0, lower: 1.0 }, false);
        for (i, (key, value)) in entries.iter().enumerate() {
            if let Some((first, _)) = entries.iter().take(i).find(|(k, _)| k.value == key.value) {
                self.report(
                    Diagnostic::error(names::E0203, format!("a second `{}`", key.value))
                        .at(key.span, "given again here")
                        .because(first.span, "first given here"),
                );
            }
            match key.value.as_str() {
                "by" => ok &= self.companion_vectors(value, &mut companions),
                "class" => match self.class_label(value) {
                    Some(label) => companions.class = label,
                    None => ok = false,
                },
                "pos" => counted &= self.count(key, value, &mut companions.pos, 1),
                "near" => counted &= self.count(key, value, &mut companions.near, 0),
                "far" => counted &= self.count(key, value, &mut companions.far, 0),
                "pool" => counted &= self.count(key, value, &mut companions.pool, 1),
                "refresh" => ok &= self.count(key, value, &mut companions.refresh, 1),
                "listed" => match self.listed(value) {
                    Some(ranks) => by_rank = ranks,
                    None => counted = false,
                },
                "upper" => ok &= self.share(key, value, &mut ranks.upper),
                "lower" => ok &= self.share(key, value, &mut ranks.lower),
                other => {
                    ok = false;
                    let d = Diagnostic::error(code::E0511, format!("companions have no entry `{other}`"))
                        .at(key.span, "unknown entry")
                        .help(format!("the entries are {}", COMPANION_ENTRIES.join(", ")));
                    self.report(match foreign_entry(other) {
                        Some(ours) => d.help(format!("did you mean `{ours}`?")).fix(key.span, ours),
                        None => d.did_you_mean(other, COMPANION_ENTRIES),
                    });
                }
            }
        }
        for (missing, gone) in [("by", companions.by.is_empty()), ("class", companions.class.is_empty())] {
            // Also under a name near it, which has been reported.
            let given = entries.iter().any(|(k, _)| {
                k.value == missing
                    || !COMPANION_ENTRIES.contains(&k.value.as_str())
                        && foreign_entry(&k.value).or_else(|| did_you_mean(&k.value, COMPANION_ENTRIES))
                            == Some(missing)
            });
            if gone && !given {
                ok = false;
                let example = if missing == "by" { "by = [mean(t), mean(a)]" } else { "class = class(y)" };
                self.report(
                    Diagnostic::error(code::E0511, format!("companions without `{missing}`"))
                        .at(span, "missing here")
                        .help(format!("add `{example}`")),
                );
            }
        }
        ok &= counted;
        let part = entries.iter().find(|(key, _)| matches!(key.value.as_str(), "upper" | "lower"));
        if let (Some((key, _)), false, true) = (part, by_rank, ok) {
            ok = false;
            self.report(
                Diagnostic::error(
                    code::E0511,
                    format!("`{}` is a part of a ranking, and samples are listed", key.value),
                )
                .at(key.span, "nothing reads this")
                .help("take it away, or list ranks: `listed = \"ranks\"`"),
            );
        }
        if counted && !by_rank {
            self.check_drawn(entries, &companions);
        }
        companions.ranks = by_rank.then_some(ranks);
        // What reads companions with a fault, which was reported, is checked all the same.
        debug_assert!(ok || !self.faults.none(), "a fault is reported");
        let id = CompanionsId(self.graph.companions.len() as u32);
        self.graph.companions.push(companions);
        self.bind(name, Value::Companions(id));
    }

    /// More companions of a kind than its list holds.
    fn check_drawn(&mut self, entries: &[(Ident, Expr)], companions: &Companions) {
        let pool = companions.pool;
        let of_kinds = [("pos", companions.pos), ("near", companions.near), ("far", companions.far)];
        for (kind, n) in of_kinds.into_iter().filter(|(_, n)| *n > pool) {
            let place = entries.iter().find(|(key, _)| key.value == kind || key.value == "pool");
            let d = Diagnostic::warning(lints::W0122, format!("`{kind}` is {n}, and a list holds {pool} samples"))
                .at(place.map_or(companions.span, |(_, value)| value.span), "the same ones are drawn again")
                .help(format!("give `pool` at least {n}, or draw at most {pool}"));
            self.report(d);
        }
    }

    fn companion_vectors(&mut self, e: &Expr, companions: &mut Companions) -> bool {
        let list = match self.expr(e) {
            Value::List(list) => list.into_iter().map(|(_, v)| v).collect(),
            Value::Error => return false,
            one => vec![one],
        };
        let mut ok = true;
        for value in list {
            let Some(node) = self.node_of(&value, e.span, "`by`") else {
                ok = false;
                continue;
            };
            let ty = self.graph.node(node).map(|n| n.ty.clone());
            match ty.as_ref().and_then(Type::tensor) {
                Some(t) if t.time.is_none() && t.dims.len() == 1 => companions.by.push(node),
                _ => {
                    let found = ty.map_or_else(String::new, |t| t.to_string());
                    self.report(
                        Diagnostic::error(code::E0511, format!("samples are compared by vectors, found {found}"))
                            .at(e.span, format!("this is {found}"))
                            .help("pool a sequence first: `mean(x)`"),
                    );
                    ok = false;
                }
            }
        }
        ok
    }

    /// `class(y)`: the label's name.
    fn class_label(&mut self, e: &Expr) -> Option<String> {
        let label = match &e.kind {
            ExprKind::Call { callee, args, .. } => match (&callee.kind, args.as_slice()) {
                (ExprKind::Name(f), [arg]) if f == "class" => match &arg.value.kind {
                    ExprKind::Name(label) => Some(Spanned::new(label.clone(), arg.value.span)),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        match label {
            Some(label) if self.resolve(label.span).def().is_some() => Some(label.value),
            Some(_) => {
                self.reported();
                None
            }
            None => {
                let d = Diagnostic::error(code::E0511, "the class of a sample comes from a label")
                    .at(e.span, "not a class")
                    .help("write `class = class(y)`");
                self.report(match &e.kind {
                    ExprKind::Name(label) if self.program.main().is_some_and(|m| m.labels.contains_key(label)) => {
                        d.help(format!("write `class = class({label})`")).fix(e.span, format!("class({label})"))
                    }
                    _ => d,
                });
                None
            }
        }
    }

    /// Whether ranks are listed, rather than samples.
    fn listed(&mut self, e: &Expr) -> Option<bool> {
        const KINDS: [&str; 2] = ["samples", "ranks"];
        match self.expr(e) {
            Value::Static(Static::Str(kind)) if KINDS.contains(&kind.as_str()) => Some(kind == "ranks"),
            Value::Error => None,
            other => {
                let d = Diagnostic::error(
                    code::E0511,
                    format!("`listed` is \"samples\" or \"ranks\", found {}", self.describe(&other)),
                )
                .at(e.span, "not such a kind");
                self.report(match &other {
                    Value::Static(Static::Str(kind)) => d.did_you_mean(kind, KINDS),
                    _ => d,
                });
                None
            }
        }
    }

    /// A part of all samples.
    fn share(&mut self, key: &Ident, e: &Expr, slot: &mut f64) -> bool {
        match self.expr(e) {
            Value::Static(s) if s.as_f64().is_some_and(Ranks::is_part) => {
                *slot = s.as_f64().unwrap_or(1.0);
                true
            }
            Value::Error => false,
            other => {
                let found = self.describe(&other);
                self.report(
                    Diagnostic::error(code::E0511, format!("`{}` is above 0 and at most 1, found {found}", key.value))
                        .at(e.span, "not such a part"),
                );
                false
            }
        }
    }

    fn count(&mut self, key: &Ident, e: &Expr, slot: &mut usize, least: i64) -> bool {
        match self.expr(e) {
            Value::Static(s) if s.as_i64().is_some_and(|n| (least..=10_000).contains(&n)) => {
                *slot = s.as_i64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
                true
            }
            Value::Error => false,
            other => {
                let found = self.describe(&other);
                self.report(
                    Diagnostic::error(
                        code::E0511,
                        format!("`{}` is a number of at least {least}, found {found}", key.value),
                    )
                    .at(e.span, "not such a number"),
                );
                false
            }
        }
    }
}

/// An entry as articles and other programs call it.
fn foreign_entry(name: &str) -> Option<&'static str> {
    Some(match name {
        "positive" | "positives" | "num_pos" | "n_pos" | "k_pos" => "pos",
        "hard" | "hard_negatives" | "near_negatives" | "negatives" | "neg" | "num_neg" => "near",
        "easy" | "easy_negatives" | "far_negatives" => "far",
        "features" | "vectors" | "anchor" | "anchors" | "key" | "keys" => "by",
        "label" | "labels" | "target" => "class",
        "top_k" | "topk" | "candidates" | "size" => "pool",
        "every" | "update" | "interval" => "refresh",
        _ => return None,
    })
}
