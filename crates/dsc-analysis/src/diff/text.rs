//! The difference as text.

use std::fmt::Write as _;

use super::{Change, Detail, Difference, Entry, Location, ParamGroup};
use dsc_syntax::diag::printable;

/// How much of a difference is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Whether each parameter and each name is listed.
    pub all: bool,
    /// Whether what went is red and what came is green, by ANSI codes.
    pub color: bool,
}

/// Names of one entry that are listed.
const NAMES: usize = 4;
/// Source lines of one side of an entry that are listed.
const LINES: usize = 4;

impl Difference {
    /// The difference for people. Ends with a line break.
    pub fn to_text(&self, style: Style) -> String {
        let mut out = Writer { text: String::new(), style };
        out.line(' ', &format!("{} -> {}", self.a.label, self.b.label));
        if self.equal {
            out.line(' ', &format!("equal: graph hash {}", self.a.hash));
            if let Some(bound) = self.a.bound_hash.as_ref().filter(|_| self.b.bound_hash.is_some()) {
                out.line(' ', &format!("       bound hash {bound}"));
            }
            if !self.hypers.is_empty() {
                out.head("hypers that make no difference to the graph");
                out.values(&self.hypers);
            }
            return out.text;
        }
        let symbolic = self.a.hash == self.b.hash;
        if symbolic {
            out.line(' ', &format!("equal but for the data's dims: graph hash {}", self.a.hash));
        }
        if !self.hypers.is_empty() {
            out.head("hypers");
            out.values(&self.hypers);
        }
        let sections = [
            ("inputs", &self.inputs),
            ("labels", &self.labels),
            ("outputs", &self.outputs),
            ("losses", &self.losses),
            ("companions", &self.companions),
            ("calls of blocks", &self.calls),
        ];
        for (title, entries) in sections {
            if !entries.is_empty() {
                out.head(title);
                entries.iter().for_each(|e| out.entry(e));
            }
        }
        let (follow, primary): (Vec<&Entry>, Vec<&Entry>) = self.bindings.iter().partition(|e| same_text(e));
        if !primary.is_empty() {
            out.head("values");
            primary.into_iter().for_each(|e| out.entry(e));
        }
        if !follow.is_empty() {
            out.head("values that follow from it, on unchanged lines");
            follow.into_iter().for_each(|e| out.entry(e));
        }
        if !self.parameters.is_empty() {
            out.head("parameters");
            self.parameters.iter().for_each(|g| out.group(g));
        }
        out.head("figures");
        let width = self.figures.iter().map(|f| f.what.len()).max().unwrap_or_default();
        for f in &self.figures {
            match f.delta.as_str() {
                "0" => out.line(' ', &format!("  {:width$}  {}", f.what, f.a)),
                delta => out.line(' ', &format!("  {:width$}  {} -> {} ({delta})", f.what, f.a, f.b)),
            }
        }
        out.head("graph hash");
        out.line('-', &self.a.hash.clone());
        out.line('+', &self.b.hash.clone());
        if let (true, Some(a), Some(b)) = (symbolic, &self.a.bound_hash, &self.b.bound_hash) {
            out.head("bound hash");
            out.line('-', a);
            out.line('+', b);
        }
        out.text
    }
}

/// Whether the source text of both sides is the same.
fn same_text(entry: &Entry) -> bool {
    matches!((&entry.a, &entry.b), (Some(a), Some(b)) if a.text == b.text)
}

struct Writer {
    text: String,
    style: Style,
}

impl Writer {
    fn head(&mut self, title: &str) {
        let _ = writeln!(self.text, "\n{}", printable(title));
    }

    /// A line with its mark: `-` gone, `+` come, `~` changed, blank else.
    fn line(&mut self, mark: char, text: &str) {
        let text = printable(text);
        let shown = if mark == ' ' { text.into_owned() } else { format!("  {mark} {text}") };
        let code = match mark {
            '-' => "31",
            '+' => "32",
            '~' => "33",
            _ => "",
        };
        let _ = match self.style.color && !code.is_empty() {
            true => writeln!(self.text, "\x1b[{code}m{shown}\x1b[0m"),
            false => writeln!(self.text, "{shown}"),
        };
    }

    /// Hypers: name, values and places in columns.
    fn values(&mut self, entries: &[Entry]) {
        let width = entries.iter().flat_map(|e| &e.names).map(String::len).max().unwrap_or_default();
        for e in entries {
            let name = e.names.first().map_or("", String::as_str);
            let value = |d: &Detail| format!("{} -> {}", d.a, d.b);
            let values = e.details.iter().map(value).collect::<Vec<_>>().join(", ");
            let text = format!("{name:width$}  {values}");
            self.line(mark(e.change), &format!("{}{}", text.trim_end(), locations(e)));
        }
    }

    fn entry(&mut self, e: &Entry) {
        let names = self.names(&e.names);
        let details = e.details.iter().map(detail).collect::<Vec<_>>().join("; ");
        let colon = if details.is_empty() { "" } else { ": " };
        let in_source = e.change == Change::Changed && !same_text(e) && (e.a.is_some() || e.b.is_some());
        let locations = if in_source { String::new() } else { locations(e) };
        self.line(mark(e.change), &format!("{names}{colon}{details}{locations}"));
        if in_source {
            let (a, b) = without_common_lines(e.a.as_ref(), e.b.as_ref());
            a.iter().for_each(|p| self.source('-', p));
            b.iter().for_each(|p| self.source('+', p));
        }
    }

    fn source(&mut self, mark: char, location: &Location) {
        for (i, text) in location.text.iter().take(LINES).enumerate() {
            self.line(mark, &format!("  {}:{}  {text}", location.file, location.line + i));
        }
        if location.text.len() > LINES {
            self.line(mark, &format!("  .. {} more lines", location.text.len() - LINES));
        }
    }

    fn names(&self, names: &[String]) -> String {
        match names.len() {
            n if n > NAMES && !self.style.all => {
                format!(
                    "{} and {} more",
                    names.iter().take(NAMES - 2).cloned().collect::<Vec<_>>().join(", "),
                    n - NAMES + 2
                )
            }
            _ => names.join(", "),
        }
    }

    fn group(&mut self, g: &ParamGroup) {
        let n = g.list.len() / g.times.max(1);
        let times = if g.times > 1 { format!("{} times ", g.times) } else { String::new() };
        let many = if n > 1 { format!("{n} parameters, ") } else { String::new() };
        let what = match (&g.a, &g.b) {
            (Some(a), Some(b)) => format!("{a} -> {b}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => String::new(),
        };
        self.line(mark(g.change), &format!("{}  {times}{many}{what}", g.pattern));
        if self.style.all && g.list.len() > 1 {
            for p in &g.list {
                let what = match (&p.a, &p.b) {
                    (Some(a), Some(b)) => format!("{a} -> {b}"),
                    (a, b) => a.clone().or_else(|| b.clone()).unwrap_or_default(),
                };
                self.line(' ', &format!("      {}  {what}", p.path));
            }
        }
    }
}

fn mark(change: Change) -> char {
    match change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '~',
    }
}

fn detail(d: &Detail) -> String {
    match (d.a.as_str(), d.b.as_str()) {
        (a, "") => a.to_owned(),
        ("", b) => b.to_owned(),
        (a, b) => format!("{} {a} -> {b}", d.what),
    }
}

fn locations(e: &Entry) -> String {
    let at = |p: &Location| format!("{}:{}", p.file, p.line);
    match (&e.a, &e.b) {
        (Some(a), Some(b)) if at(a) == at(b) => format!("  ({})", at(a)),
        (Some(a), Some(b)) => format!("  ({} -> {})", at(a), at(b)),
        (Some(one), None) | (None, Some(one)) => format!("  ({})", at(one)),
        (None, None) => String::new(),
    }
}

/// Both locations without the lines that they begin and end with alike.
fn without_common_lines(a: Option<&Location>, b: Option<&Location>) -> (Option<Location>, Option<Location>) {
    let (Some(x), Some(y)) = (a, b) else { return (a.cloned(), b.cloned()) };
    let front = x.text.iter().zip(&y.text).take_while(|(p, q)| p == q).count();
    let back = x.text.iter().rev().zip(y.text.iter().rev()).take_while(|(p, q)| p == q).count();
    let cut = |p: &Location| {
        let back = back.min(p.text.len() - front);
        let text: Vec<String> = p.text.iter().take(p.text.len() - back).skip(front).cloned().collect();
        (!text.is_empty()).then(|| Location { file: p.file.clone(), line: p.line + front, text })
    };
    (cut(x), cut(y))
}
