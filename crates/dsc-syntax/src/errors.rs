//! Error messages for text that no rule of the grammar accepts.

use super::ast::Ident;
use super::balance::ITEM_WORDS;
use super::habits;
use super::parse::{Builder, Dsl, Pair, Rule};
use crate::diag::{Diagnostic, codes::syntax as codes};
use crate::source::{Span, Spanned};
use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use std::collections::BTreeSet;

impl Builder<'_> {
    /// Reports a missing expression, type, name, parameter list or body; `pair` is empty and marks its position.
    pub(super) fn missing(&mut self, pair: &Pair<'_>) {
        let edited = self.edited;
        let at = pair.as_span().start();
        let before = edited.text.get(..at).unwrap_or("").trim_end();
        let rest = edited.text.get(before.len()..).unwrap_or("");
        let found_at = before.len() + (rest.len() - rest.trim_start().len());
        // Junk that starts here has the same cause.
        self.reported_at = Some(found_at);
        let same_line = !edited.text.get(before.len()..found_at).unwrap_or("").contains('\n');
        let found = first_token(edited.text.get(found_at..).unwrap_or(""));
        let what = match pair.as_rule() {
            Rule::missing_type => "a type",
            Rule::missing_name => "a name",
            Rule::missing_params => "parameters in `(` and `)`",
            Rule::missing_body => "a body in `{` and `}`",
            _ => "an expression",
        };
        if self.keyword_names.contains(found) {
            return;
        }
        let shaped = match found {
            "each" => Some(Rule::each),
            "sum" => Some(Rule::sum),
            "when" => Some(Rule::when),
            _ => None,
        };
        if let Some(rule) = shaped
            && what == "an expression"
            && let Some(fault) = self.reread(rule, found_at, head_end(&edited.text, found_at))
        {
            self.diagnostics.push(with_form(fault, rule));
        } else if same_line && !found.is_empty() && !found.starts_with([')', ']', '}', ',']) {
            let span = self.span_at(found_at, found_at + found.len());
            let word = self.source_text(span);
            self.diagnostics.push(if is_reserved(found) {
                keyword(word, what, span)
            } else {
                let fault = Diagnostic::error(codes::E0101, format!("expected {what}, found `{word}`"))
                    .at(span, format!("expected {what}"));
                let help = match what {
                    "an expression" => habits::in_place_of_value(found).map(str::to_owned),
                    "a type" => Some(habits::type_of_parameter(last_token(before), found)),
                    _ => None,
                };
                help.into_iter().fold(fault, Diagnostic::help)
            });
        } else {
            let start = before.len() - last_token(before).len();
            let previous = self.span_at(start, before.len());
            let end = Span { start: previous.end, ..previous };
            let after = self.source_text(previous);
            let fault = Diagnostic::error(codes::E0102, format!("expected {what} after `{after}`"))
                .at(end, format!("expected {what}"));
            let typed = pair.as_rule() == Rule::missing_type;
            self.diagnostics.push(match typed {
                true => fault.help(habits::type_of_parameter(after, found)),
                false => fault,
            });
        }
    }

    /// Reports text that no rule accepts.
    pub(super) fn unreadable(&mut self, pair: &Pair<'_>) {
        let (start, end) = (pair.as_span().start(), pair.as_span().end());
        self.record_skipped(pair.as_str());
        if self.reported_at == Some(start) {
            return;
        }
        let first = first_token(pair.as_str());
        let span = self.span_at(start, start + first.len());
        let word = self.source_text(span);
        let rule = match pair.as_rule() {
            Rule::unreadable_item => item_rule(first).or_else(|| statement_rule(first)),
            Rule::unreadable_stmt | Rule::unreadable_entry => statement_rule(first).or_else(|| item_rule(first)),
            _ => None,
        };
        match pair.as_rule() {
            Rule::unreadable_arg if first == "for" => {
                return self.diagnostics.push(habits::comprehension(span, pair.as_str()));
            }
            Rule::unreadable_arg if first == "if" => return self.diagnostics.push(habits::ternary(span)),
            _ => {}
        }
        if let Some(rule) = rule {
            let fault = self.reread(rule, start, end).map(|fault| with_form(fault, rule));
            let fault = fault.unwrap_or_else(|| {
                let place = match rule {
                    Rule::set_stmt => "a variant or recipe",
                    Rule::drop_stmt => "a variant",
                    _ if ITEM_WORDS.contains(&first) => "the outermost level of the file",
                    _ => "a model or block",
                };
                Diagnostic::error(codes::E0101, format!("`{word}` is not allowed here"))
                    .at(span, "not allowed here")
                    .help(format!("move it to {place}"))
            });
            self.diagnostics.push(fault);
            return;
        }
        if let Some(fault) = self.behind(pair, first, span) {
            self.diagnostics.push(fault);
            return;
        }
        let fault = match pair.as_rule() {
            Rule::unreadable_item if first.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                Diagnostic::error(codes::E0107, format!("unknown item `{word}`"))
                    .at(span, "not an item keyword")
                    .help(
                        habits::item(word).map_or_else(
                            || format!("an item begins with `{}`", ITEM_WORDS.join("`, `")),
                            str::to_owned,
                        ),
                    )
                    .did_you_mean(word, ITEM_WORDS)
            }
            Rule::unreadable_item => Diagnostic::error(codes::E0107, format!("expected an item, found `{word}`"))
                .at(span, "not the start of an item")
                .help(format!("an item begins with `{}`", ITEM_WORDS.join("`, `"))),
            Rule::unreadable_arg | Rule::unreadable_angle => {
                Diagnostic::error(codes::E0101, format!("unexpected `{word}`"))
                    .at(span, "expected a comma or the closing bracket before this")
                    .help("separate them with `,`")
            }
            _ => {
                let fault = Diagnostic::error(codes::E0101, format!("unexpected `{word}`")).at(span, "not valid here");
                let entry = pair.as_rule() == Rule::unreadable_entry;
                match habits::behind_value(first)
                    .or_else(|| habits::statement(first))
                    .or_else(|| habits::entry(first).filter(|_| entry))
                {
                    Some(help) => fault.help(help),
                    None => fault,
                }
            }
        };
        self.diagnostics.push(fault);
    }

    /// What is said of text that follows a value or type on its line.
    fn behind(&self, pair: &Pair<'_>, first: &str, span: Span) -> Option<Diagnostic> {
        let start = pair.as_span().start();
        let line = self.edited.text.get(..start)?.rsplit('\n').next()?;
        let before = line.trim_end();
        if before.trim().is_empty() || before.ends_with(['(', '[', '{']) {
            return None;
        }
        let item = pair.as_rule() == Rule::unreadable_item;
        let text = pair.as_str().trim_end();
        match first {
            "if" if item => Some(habits::ternary(span)),
            "," if self.is_in_number(before, start) => Some(habits::thousands(span)),
            "," if item && text == "," => Some(habits::comma_of_item(span)),
            "," if pair.as_rule() == Rule::unreadable_rest => Some(habits::second_index(span)),
            "{" => Some(habits::settings(span, last_token(before), text)),
            _ => None,
        }
    }

    /// Whether a comma at `at` stands in a number: between digits, three of which follow.
    fn is_in_number(&self, before: &str, at: usize) -> bool {
        let behind = self.edited.text.get(at + 1..).unwrap_or("");
        let digits = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
        let number = last_token(before);
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        all_digits(number) && digits == 3 && behind.get(..3).is_some_and(all_digits)
    }

    /// Reports unexpected text between the name of an item and its brace. If it can only name the base of the item, as
    /// `sims` in `recipe mosi(sims) {`, that name is returned.
    pub(super) fn mistaken_head(&mut self, pair: &Pair<'_>, item: &str, name: &str) -> Option<Ident> {
        let start = pair.as_span().start();
        let (text, span) = (pair.as_str().trim_end(), self.span(pair));
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
        let based = matches!(item, "variant" | "recipe")
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_:() \t<>=".contains(c));
        let other = words
            .clone()
            .next_back()
            .filter(|w| based && words.clone().count() <= 2 && is_name(w) && self.declared(item, w));
        if self.reported_at != Some(start) {
            let written = match (item, other) {
                ("block", _) => format!("block {name}(x: Vec[d]) -> Vec[d] {{ .. }}"),
                ("model", _) => format!("model {name} {{ .. }}"),
                (_, Some(other)) => format!("{item} {name} = {other} {{ .. }}"),
                (_, None) => format!("{item} {name} {{ .. }}"),
            };
            let shown = if text.len() <= 24 { text } else { first_token(text) };
            // `variant both = a, b {`: which of them is meant is not known.
            let several = matches!(item, "variant" | "recipe") && text.starts_with(',');
            let mut fault =
                Diagnostic::error(codes::E0101, format!("unexpected `{shown}` before the body of {item} `{name}`"))
                    .at(span, "not valid here")
                    .help(format!("write `{written}`"));
            if several {
                fault = fault.help(format!(
                    "a {item} inherits from one other; let that one inherit from the next, or repeat its entries here"
                ));
            } else if let Some(other) = other {
                let blank =
                    if self.edited.text.get(..start).is_some_and(|t| t.ends_with([' ', '\t'])) { "" } else { " " };
                fault = fault.fix(span, format!("{blank}= {other}"));
            } else if item == "model" || words.clone().next().is_none() {
                fault = fault.fix(span, "");
            }
            self.diagnostics.push(fault);
        }
        let Some(other) = other else {
            self.record_skipped(text);
            return None;
        };
        let at = start + text.rfind(other).unwrap_or(0);
        Some(Spanned::new(other.to_owned(), self.span_at(at, at + other.len())))
    }

    /// Whether the text defines something of this kind and name: `hyper d`.
    pub(super) fn declared(&self, kind: &str, name: &str) -> bool {
        // Collected once: many entries may ask.
        let names = self.declared.get_or_init(|| {
            let words =
                self.edited.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
            let mut before = "";
            let mut found = BTreeSet::new();
            for word in words {
                if matches!(before, "hyper" | "let" | "var" | "variant" | "recipe") {
                    found.insert((before, word));
                }
                before = word;
            }
            found
        });
        names.contains(&(kind, name))
    }

    /// Records the words of skipped text: a name among them may have been defined there.
    pub(super) fn record_skipped(&mut self, text: &str) {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
        self.lost.extend(words.map(str::to_owned));
    }

    /// Reports a statement in a variant that is allowed in models only.
    pub(super) fn wrong_change(&mut self, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(codes::E0101, "a variant replaces one name at a time: `let name = ..`")
                .at(span, "not allowed in a variant")
                .help("write one `let name = value` per binding, without a type"),
        );
    }

    /// Parses `start..end` of the edited text with the rule that it was probably meant for, to find out where it fails.
    fn reread(&self, rule: Rule, start: usize, end: usize) -> Option<Diagnostic> {
        let text = self.edited.text.get(start..end)?;
        let error = Dsl::parse(rule, text).err()?;
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => start + at,
        };
        let blanks = self.edited.text.get(at..).map_or(0, |t| t.len() - t.trim_start_matches([' ', '\t', '\r']).len());
        let at = at + blanks;
        let mut expected: Vec<&str> = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives.iter().filter_map(|r| describe(*r)).collect(),
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        expected.sort_unstable();
        expected.dedup();
        let before = self.edited.text.get(..at).unwrap_or("").trim_end();
        let found = first_token(self.edited.text.get(at..).unwrap_or(""));
        let same_line = !self.edited.text.get(before.len()..at).unwrap_or("").contains('\n');
        let span = self.span_at(at, at + found.len());
        let word = self.source_text(span);
        let expected = expected.join(" or ");
        let ahead = self.edited.text.get(at..).unwrap_or("");
        Some(if !expected.is_empty() && (found == "\n" || ahead.trim().is_empty()) {
            let end = if ahead.trim().is_empty() { "file" } else { "line" };
            let here = self.span_at(before.len(), before.len());
            Diagnostic::error(codes::E0101, format!("expected {expected}, found the end of the {end}"))
                .at(here, format!("expected {expected}"))
        } else if found.is_empty() || !same_line || expected.is_empty() && found.starts_with(['}', ')', ']']) {
            let start = before.len() - last_token(before).len();
            let previous = self.span_at(start, before.len());
            let after = self.source_text(previous);
            let what = if expected.is_empty() { "more" } else { &expected };
            Diagnostic::error(codes::E0101, format!("expected {what} after `{after}`"))
                .at(Span { start: previous.end, ..previous }, "something is missing here")
        } else if expected.is_empty() {
            Diagnostic::error(codes::E0101, format!("unexpected `{word}`")).at(span, "not valid here")
        } else if expected.contains("a name") && is_reserved(found) {
            keyword(word, &expected, span)
        } else {
            Diagnostic::error(codes::E0101, format!("expected {expected}, found `{word}`"))
                .at(span, format!("expected {expected}"))
        })
    }
}

/// A fault of a statement or item, which says its form if nothing else mends it.
fn with_form(fault: Diagnostic, rule: Rule) -> Diagnostic {
    match habits::form(rule) {
        Some(form) if fault.help.is_none() => fault.help(format!("its form is `{form}`")),
        _ => fault,
    }
}

/// The end of the line at `at`.
fn head_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |i| at + i)
}

fn keyword(word: &str, expected: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::E0114, format!("expected {expected}, found the keyword `{word}`"))
        .at(span, "a keyword")
        .help(format!("choose another name, such as `{word}_`"))
}

fn is_name(word: &str) -> bool {
    Dsl::parse(Rule::ident, word).is_ok()
}

fn is_reserved(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic()) && Dsl::parse(Rule::ident, word).is_err()
}

/// The first token of a text: a word, a number, a string, an operator, or one character.
fn first_token(text: &str) -> &str {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = match text.chars().next() {
        Some(c) if word(c) => text.find(|c| !word(c)).unwrap_or(text.len()),
        Some('"') => Dsl::parse(Rule::string, text).map_or(1, |p| p.as_str().len()),
        Some('=' | '+' | '-' | '*' | '/' | '<' | '>' | '|' | '&' | '!' | ':' | '.') => {
            text.find(|c: char| !"=+-*/<>|&!:.".contains(c)).unwrap_or(text.len())
        }
        Some(c) => c.len_utf8(),
        None => 0,
    };
    text.get(..end).unwrap_or("")
}

/// The last token of a text; empty text has none.
fn last_token(text: &str) -> &str {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mark = |c: char| "=+-*/<>|&!:.".contains(c);
    let kind = match text.chars().next_back() {
        Some(c) if word(c) => text.rfind(|c| !word(c)),
        Some(c) if mark(c) => text.rfind(|c| !mark(c)),
        Some(c) => return text.get(text.len() - c.len_utf8()..).unwrap_or(""),
        None => return "",
    };
    let start = kind.map_or(0, |i| i + text.get(i..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8));
    text.get(start..).unwrap_or("")
}

fn item_rule(word: &str) -> Option<Rule> {
    Some(match word {
        "use" => Rule::use_item,
        "hyper" => Rule::hyper_item,
        "input" => Rule::input_item,
        "label" => Rule::label_item,
        "block" => Rule::block_item,
        "model" => Rule::model_item,
        "variant" => Rule::variant_item,
        "recipe" => Rule::recipe_item,
        "expect" => Rule::expect_item,
        _ => return None,
    })
}

fn statement_rule(word: &str) -> Option<Rule> {
    Some(match word {
        "let" | "var" => Rule::let_stmt,
        "for" => Rule::for_stmt,
        "output" => Rule::output_stmt,
        "companions" => Rule::companions_stmt,
        "loss" => Rule::loss_stmt,
        "reveal" => Rule::reveal_stmt,
        "set" => Rule::set_stmt,
        "drop" => Rule::drop_stmt,
        "each" => Rule::each,
        "when" => Rule::when,
        "sum" => Rule::sum,
        _ => return None,
    })
}

/// Description of what a rule accepts; none for optional text that messages do not mention.
fn describe(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::eq | Rule::base => "`=`",
        Rule::colon => "`:`",
        Rule::arrow => "`->`",
        Rule::path => "`::`",
        Rule::open | Rule::body | Rule::use_list => "`{`",
        Rule::paren | Rule::params => "`(`",
        Rule::angle => "`>`",
        Rule::ident | Rule::word | Rule::use_name | Rule::param => "a name",
        Rule::string => "a string",
        Rule::kw_in => "`in`",
        Rule::kw_for => "`for`",
        Rule::expr | Rule::operand | Rule::neg | Rule::not | Rule::missing | Rule::number => "an expression",
        Rule::missing_type | Rule::named_type | Rule::list_type | Rule::tuple_type | Rule::like_type => "a type",
        _ => return None,
    })
}
