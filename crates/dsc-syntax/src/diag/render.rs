//! Rendering of diagnostics as text or JSON.

use super::printable::{printable_diagnostic, printable_json, printable_sources};
use super::{Diagnostic, Label, Severity};
use crate::source::{SourceFile, SourceMap, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Output format of diagnostics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// With source excerpts, for a terminal.
    #[default]
    Full,
    /// One line each: `file:line:column: error[E0203]: message`.
    Concise,
    /// A JSON array, for editors.
    Json,
}

/// Renders `diagnostics` in the given format. `color` enables ANSI colours (full format only).
///
/// Control characters of messages, names and excerpts are escaped, so that a file cannot send commands to a terminal.
/// The result does not depend on the terminal or the environment. It ends with a line feed unless it is empty; JSON is
/// one array, `[]` if there are no diagnostics. Lines and columns count from 1, columns in characters; `start` and `end`
/// are byte offsets in the file.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, format: Format, color: bool) -> String {
    if format == Format::Json {
        // Values made of strings and numbers always have a text.
        let text = serde_json::to_string_pretty(&to_json(diagnostics, sources)).unwrap_or_default() + "\n";
        return printable_json(&text).into_owned();
    }
    let (list, sources) =
        (diagnostics.iter().map(printable_diagnostic).collect::<Vec<_>>(), printable_sources(sources));
    match format {
        Format::Concise => list.iter().map(|d| concise(d, &sources) + "\n").collect(),
        Format::Full | Format::Json => full(&list, &sources, color),
    }
}

/// The diagnostics as in `--format json`, for commands whose JSON result contains more than diagnostics.
pub fn to_json(diagnostics: &[Diagnostic], sources: &SourceMap) -> Value {
    Value::Array(diagnostics.iter().map(|d| as_json(d, sources)).collect())
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn concise(d: &Diagnostic, sources: &SourceMap) -> String {
    let place = d.primary.as_ref().and_then(|l| sources.locate(l.span)).map(|at| format!("{at}: ")).unwrap_or_default();
    let help = d.help.as_ref().map(|h| format!(" (help: {h})")).unwrap_or_default();
    format!("{place}{}[{}]: {}{help}", word(d.severity), d.code, d.message)
}

/// `file`, `line`, `column`, `end_line`, `end_column`, `start`, `end` of a span; null without one.
fn place(span: Option<Span>, sources: &SourceMap) -> serde_json::Map<String, Value> {
    let found = span.and_then(|span| {
        let (_, file) = sources.file_of(span)?;
        let first = sources.locate(span)?;
        let last = sources.locate(Span { start: span.end, end: span.end })?;
        Some((file, first, last, span))
    });
    let mut map = serde_json::Map::new();
    let (file, numbers) = match found {
        Some((file, first, last, span)) => {
            let numbers = [first.line, first.column, last.line, last.column].map(|n| json!(n));
            let [line, column, end_line, end_column] = numbers;
            let bytes = [json!(span.start - file.base), json!(span.end - file.base)];
            let [start, end] = bytes;
            (json!(first.file), [line, column, end_line, end_column, start, end])
        }
        None => (Value::Null, std::array::from_fn(|_| Value::Null)),
    };
    map.insert("file".into(), file);
    for (key, value) in ["line", "column", "end_line", "end_column", "start", "end"].into_iter().zip(numbers) {
        map.insert(key.into(), value);
    }
    map
}

fn as_json(d: &Diagnostic, sources: &SourceMap) -> Value {
    let mut map = serde_json::Map::new();
    map.insert("code".into(), json!(d.code));
    map.insert("severity".into(), json!(word(d.severity)));
    map.insert("message".into(), json!(d.message));
    map.append(&mut place(d.primary.as_ref().map(|l| l.span), sources));
    let label = |l: &Label, primary: bool| {
        let mut map = place(Some(l.span), sources);
        map.insert("text".into(), json!(l.text));
        map.insert("primary".into(), json!(primary));
        Value::Object(map)
    };
    let labels = d.primary.iter().map(|l| label(l, true)).chain(d.secondary.iter().map(|l| label(l, false)));
    map.insert("labels".into(), Value::Array(labels.collect()));
    map.insert("help".into(), json!(d.help));
    let fix = d.fix.as_ref().and_then(|fix| {
        let mut map = place(Some(fix.place(sources)?), sources);
        map.insert("replacement".into(), json!(fix.with));
        Some(Value::Object(map))
    });
    map.insert("fix".into(), fix.unwrap_or(Value::Null));
    Value::Object(map)
}

fn full(diagnostics: &[Diagnostic], sources: &SourceMap, color: bool) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false).with_context_lines(1);
    let mut out = String::new();
    for d in diagnostics {
        let shown = Report::new(d, sources);
        // Writing to a String cannot fail; the one way to fail is a label outside all files.
        if handler.render_report(&mut out, &shown).is_err() {
            let _ = writeln!(out, "{}", concise(d, sources));
        }
        out.push('\n');
    }
    out
}

/// Adapter from a diagnostic to miette.
#[derive(Debug)]
struct Report<'a> {
    of: &'a Diagnostic,
    code: JoinedFiles<'a>,
}

impl<'a> Report<'a> {
    fn new(of: &'a Diagnostic, sources: &'a SourceMap) -> Self {
        let first = of.primary.as_ref().and_then(|l| sources.file_of(l.span)).map(|(_, file)| file);
        Report { of, code: JoinedFiles { sources, first } }
    }

    /// The location of the primary label, if miette shows another label first.
    fn place_if_not_first(&self) -> Option<String> {
        let primary = self.of.primary.as_ref()?.span;
        let first = self.of.secondary.iter().map(|l| l.span).filter(|s| self.code.same_file(*s, primary)).min()?;
        let line = |span| self.code.sources.locate(span).map(|at| at.line);
        // Excerpts with a line of context each are one where they meet.
        (line(first)? + 2 < line(primary)?).then(|| self.code.sources.locate(primary).map(|at| at.to_string()))?
    }
}

impl std::fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.of.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        let mut head = format!("{}[{}]", word(self.of.severity), self.of.code);
        if let Some(at) = self.place_if_not_first() {
            let _ = write!(head, " at {at}");
        }
        Some(Box::new(head))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.of.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        self.of.help.as_ref().map(|h| Box::new(h) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.of.primary.is_some().then_some(&self.code as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let at = |l: &Label| {
            let (start, len) = match self.code.sources.file_of(l.span) {
                Some((_, file)) => drawable(l.span, file),
                None => (l.span.start as usize, l.span.len()),
            };
            SourceSpan::new(self.code.to_joined(start).into(), len)
        };
        let primary =
            self.of.primary.iter().map(move |l| LabeledSpan::new_primary_with_span(Some(l.text.clone()), at(l)));
        let others = self.of.secondary.iter().map(move |l| LabeledSpan::new_with_span(Some(l.text.clone()), at(l)));
        Some(Box::new(primary.chain(others)))
    }
}

/// Start and length of what miette can draw of a label: under the empty line at the end of a file, and behind the last
/// character of a file without a final line break, it draws nothing. The last text before it has the label then.
fn drawable(span: Span, file: &SourceFile) -> (usize, usize) {
    let (start, base) = (span.start as usize, file.base as usize);
    if !span.is_empty() || start < base + file.text.len() {
        return (start, span.len());
    }
    let text = file.text.trim_end();
    match text.chars().next_back() {
        Some(last) if text.len() == file.text.len() => (base + text.len() - last.len_utf8(), last.len_utf8()),
        _ => (base + text.len(), 0),
    }
}

/// All files as one source for miette: what it reads around a span never leaves the span's file,
/// and line numbers are the file's own. miette shows labels in the order of their offsets, so the file of the fault is
/// moved before all others.
#[derive(Debug)]
struct JoinedFiles<'a> {
    sources: &'a SourceMap,
    first: Option<&'a SourceFile>,
}

impl JoinedFiles<'_> {
    fn same_file(&self, a: Span, b: Span) -> bool {
        let id = |s| self.sources.file_of(s).map(|(id, _)| id);
        id(a) == id(b)
    }

    /// Bytes by which the other files are shifted, to make room for the first one.
    fn shift(&self) -> usize {
        self.first.map_or(0, |f| f.text.len() + 1)
    }

    /// The offset for miette of a global offset.
    fn to_joined(&self, at: usize) -> usize {
        match self.first {
            Some(f) if (f.base as usize..=f.base as usize + f.text.len()).contains(&at) => at - f.base as usize,
            _ => at + self.shift(),
        }
    }

    /// The file at one of miette's offsets, and that file's own start there.
    fn file(&self, at: usize) -> Option<(&SourceFile, usize)> {
        match self.first {
            Some(f) if at < self.shift() => Some((f, 0)),
            _ => {
                let at = at.checked_sub(self.shift())?;
                let (_, file) = self.sources.file_of(Span::new(at, at))?;
                Some((file, file.base as usize + self.shift()))
            }
        }
    }
}

impl SourceCode for JoinedFiles<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let (file, base) = self.file(span.offset()).ok_or(MietteError::OutOfBounds)?;
        // miette joins labels that lie close together into one excerpt; over two files that has to fail, so that
        // each label gets an excerpt of its own.
        if span.offset() + span.len() > base + file.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let local = SourceSpan::new((span.offset() - base).into(), span.len());
        let inner = file.text.read_span(&local, before, after)?;
        let at = SourceSpan::new((inner.span().offset() + base).into(), inner.span().len());
        // The lines of the excerpt; miette's own count is that of the file up to its end.
        let lines = inner.data().iter().filter(|b| **b == b'\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            file.name.clone(),
            inner.data(),
            at,
            inner.line(),
            inner.column(),
            lines,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::codes::syntax as codes;

    fn case() -> (Vec<Diagnostic>, SourceMap) {
        let mut sources = SourceMap::new();
        let std = sources.add("std/linear.dsl", "block Linear(x: Real) -> Real {\n  x\n}\n");
        let main = sources.add("größe.dsl", "hyper d = 8\nmodel M {\n  let ö = Linear(t, out = 8)\n  let y = 3\n}\n");
        let base = |id| sources.file(id).unwrap().base as usize;
        let find = |id, what: &str| {
            let at = base(id) + sources.file(id).unwrap().text.find(what).unwrap();
            Span::new(at, at + what.len())
        };
        let end = base(main) + sources.file(main).unwrap().text.len();
        let end = Span::new(end, end);
        let list = vec![
            Diagnostic::error(codes::E0106, "expected `:` after `out`, found `=`")
                .at(find(main, "= 8)"), "expected `:`")
                .because(find(std, "Linear"), "declared here")
                .because(find(main, "let y"), "and this")
                .help("write `out: ..`"),
            Diagnostic::warning(codes::E0103, "over several lines").at(find(main, "{\n  let ö"), "opened here"),
            Diagnostic::error(codes::E0101, "a fault without a place").help("look elsewhere"),
            Diagnostic::error(codes::E0103, "at the end").at(end, "here"),
        ];
        (list, sources)
    }

    #[test]
    fn full_text() {
        let (list, sources) = case();
        insta::assert_snapshot!(render(&list, &sources, Format::Full, false));
    }

    #[test]
    fn concise_text() {
        let (list, sources) = case();
        insta::assert_snapshot!(render(&list, &sources, Format::Concise, true));
    }

    #[test]
    fn json_text() {
        let (list, sources) = case();
        insta::assert_snapshot!(render(&list, &sources, Format::Json, false));
    }

    #[test]
    fn the_end_of_a_file_without_a_final_line_break_is_marked() {
        for text in ["hyper d =", "hyper d = größ", "hyper d =\n", "x", "hyper d = heads\n\n"] {
            for (start, end) in [(text.len(), text.len()), (text.trim_end().len() - 1, text.trim_end().len())] {
                let mut sources = SourceMap::new();
                sources.add("before.dsl", "hyper a = 1");
                let file = sources.add("end.dsl", text);
                let base = sources.file(file).unwrap().base as usize;
                let d = Diagnostic::error(codes::E0102, "expected an expression")
                    .at(Span::new(base + start, base + end), "the label");
                let shown = render(&[d], &sources, Format::Full, false);
                assert!(
                    shown.contains("the label") && shown.contains(['┬', '▲']) && shown.contains("end.dsl"),
                    "{text:?}\n{shown}"
                );
            }
        }
    }

    #[test]
    fn colour_changes_no_words() {
        let (list, sources) = case();
        let coloured = render(&list, &sources, Format::Full, true);
        assert!(coloured.contains("\u{1b}["));
        assert!(!render(&list, &sources, Format::Full, false).contains("\u{1b}["));
        assert_eq!(render(&[], &sources, Format::Full, false), "");
        assert_eq!(render(&[], &sources, Format::Json, false), "[]\n");
    }
}
