//! The one place where text leaves the program.

use super::output_args::{Color, OutputArgs, OutputFormat};
use dsc_project::Faults;
use dsc_syntax::diag::codes::run::E0934;
use dsc_syntax::diag::{Diagnostic, printable, printable_json, render};
use dsc_syntax::source::SourceMap;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::process::ExitCode;

/// How a command ended.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Diagnostics were reported, at least one of them an error.
    Faults,
    /// Two models differ: the answer of a comparison, not a fault.
    Different,
    /// The command line makes no sense, in a way clap cannot see; for a comparison, any fault.
    Usage,
    /// Ctrl-C; what was done so far is saved.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Faults | Exit::Different => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        })
    }
}

/// Results go to standard output, notes and diagnostics to standard error. What cannot be written does not end a command: a
/// training goes on when nobody reads it. A result that could not be written, on a full disk, is an error at the end
/// ([`finish`](Self::finish)); one that nobody wanted any more, in a closed pipe, is not.
///
/// Control characters in texts from files are escaped, so that a file cannot send commands to a terminal.
pub struct Output {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    args: OutputArgs,
    color: bool,
    /// Whether standard output is a terminal.
    terminal: bool,
    /// Why a result could not be written.
    lost: Option<io::Error>,
}

impl Output {
    /// Standard output and standard error.
    pub fn stdio(args: &OutputArgs) -> Output {
        let color = match args.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
                    && io::stdout().is_terminal()
                    && io::stderr().is_terminal()
            }
        };
        let terminal = io::stdout().is_terminal();
        Output { out: Box::new(io::stdout()), err: Box::new(io::stderr()), args: *args, color, terminal, lost: None }
    }

    /// Output to these writers, without colours.
    pub fn to(args: &OutputArgs, out: Box<dyn Write>, err: Box<dyn Write>) -> Output {
        Output { out, err, args: *args, color: false, terminal: false, lost: None }
    }

    /// The end of a command that ended with `exit`: what was not written yet is, and a result that could not be written is
    /// reported. `failed` is how a command ends that did all but that.
    pub fn finish(&mut self, exit: Exit, failed: Exit) -> Exit {
        let flushed = self.out.flush();
        self.keep(flushed);
        let Some(why) = self.lost.take() else { return exit };
        let fault = Diagnostic::error(E0934, format!("cannot write to standard output: {why}"))
            .help("free some space, or write the output to another place");
        let _ = writeln!(
            self.err,
            "{}",
            render(&[fault], &SourceMap::new(), self.args.format.into(), self.color).trim_end()
        );
        if matches!(exit, Exit::Done | Exit::Different) { failed } else { exit }
    }

    fn keep(&mut self, written: io::Result<()>) {
        if let Err(why) = written
            && why.kind() != ErrorKind::BrokenPipe
        {
            self.lost.get_or_insert(why);
        }
    }

    fn write(&mut self, text: &str) {
        let written = writeln!(self.out, "{text}");
        self.keep(written);
    }

    /// Whether colours are wanted.
    pub fn color(&self) -> bool {
        self.color
    }

    /// The options given.
    pub fn args(&self) -> &OutputArgs {
        &self.args
    }

    /// Whether results are wanted as JSON.
    pub fn is_json(&self) -> bool {
        self.args.format == OutputFormat::Json
    }

    /// One line (or block) of the result.
    pub fn line(&mut self, text: impl Display) {
        self.write(&printable(&text.to_string()));
    }

    /// A result that another program reads byte by byte: a table of predictions, a source, a picture. A terminal gets it as
    /// [`line`](Self::line) writes it.
    pub fn verbatim(&mut self, text: &str) {
        match self.terminal {
            true => self.line(text),
            false => self.write(text),
        }
    }

    /// A block with colours of its own, whose texts are escaped already.
    pub fn painted(&mut self, text: &str) {
        match self.color {
            true => self.write(text),
            false => self.line(text),
        }
    }

    /// The result as JSON, indented.
    pub fn json(&mut self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.write(&printable_json(&text)),
            Err(why) => self.keep(Err(why.into())),
        }
    }

    /// A remark on standard error, left out with `--quiet`.
    pub fn note(&mut self, text: impl Display) {
        if !self.args.quiet {
            let _ = writeln!(self.err, "{}", printable(&text.to_string()));
        }
    }

    /// Options that do not go together, or a name that is none: told as the parser of the command line tells its errors, also with
    /// `--quiet`.
    pub fn usage(&mut self, text: impl Display) -> Exit {
        let _ = writeln!(self.err, "error: {}", printable(&text.to_string()));
        Exit::Usage
    }

    /// Diagnostics: on standard error, or as JSON on standard output. `Faults` if one of them is an error.
    pub fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) -> Exit {
        let text = render(diagnostics, sources, self.args.format.into(), self.color);
        let text = text.trim_end();
        match (text.is_empty(), self.is_json()) {
            (true, _) => {}
            (false, true) => self.write(text),
            (false, false) => drop(writeln!(self.err, "{text}")),
        }
        if diagnostics.iter().any(Diagnostic::is_error) { Exit::Faults } else { Exit::Done }
    }

    /// Warnings of a command whose result is something else: on standard error whatever the format, so that standard output
    /// holds the result alone.
    pub fn remarks(&mut self, warnings: &[Diagnostic], sources: &SourceMap) {
        let text = render(warnings, sources, self.args.format.into(), self.color);
        if !warnings.is_empty() {
            let _ = writeln!(self.err, "{}", text.trim_end());
        }
    }

    /// Why a request was not carried out.
    pub fn faults(&mut self, faults: &Faults) -> Exit {
        self.diagnostics(&faults.list, &faults.sources)
    }

    /// One fault that has no place in a source file.
    pub fn fault(&mut self, fault: &Diagnostic) -> Exit {
        self.diagnostics(std::slice::from_ref(fault), &SourceMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Fails with this error after so many bytes.
    struct Full(usize, ErrorKind);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(self.1.into());
            }
            let n = bytes.len().min(self.0);
            self.0 -= n;
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[derive(Clone, Default)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Shared {
        fn text(&self) -> String {
            String::from_utf8(self.0.borrow().clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_lost_result_is_an_error_and_a_closed_pipe_is_not() {
        let ends = |kind: ErrorKind, room: usize, exit: Exit| {
            let err = Shared::default();
            let args = OutputArgs::default();
            let mut out = Output::to(&args, Box::new(Full(room, kind)), Box::new(err.clone()));
            out.line("one");
            out.json(&[1, 2]);
            out.verbatim("three");
            (out.finish(exit, Exit::Faults), err.text())
        };
        for room in [0, 2, 5, 12] {
            let (exit, text) = ends(ErrorKind::StorageFull, room, Exit::Done);
            assert!(exit == Exit::Faults && text.contains("E0934"), "{room}: {text}");
            assert_eq!(ends(ErrorKind::BrokenPipe, room, Exit::Done), (Exit::Done, String::new()), "{room}");
        }
        assert_eq!(ends(ErrorKind::StorageFull, 0, Exit::Interrupted).0, Exit::Interrupted);
        assert_eq!(ends(ErrorKind::StorageFull, 1000, Exit::Done), (Exit::Done, String::new()));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let (text, notes) = (Shared::default(), Shared::default());
        let mut out = Output::to(&OutputArgs::default(), Box::new(text.clone()), Box::new(notes.clone()));
        out.line("id \u{1b}[2J");
        out.json(&"\u{9b}2J");
        out.painted("\u{1b}[1m");
        out.note("key \u{1b}]0;x\u{7}");
        out.verbatim("as it is \u{1b}");
        assert_eq!(text.text(), "id \\x1b[2J\n\"\\u009b2J\"\n\\x1b[1m\nas it is \u{1b}\n");
        assert_eq!(notes.text(), "key \\x1b]0;x\\x07\n");
        out.terminal = true;
        out.verbatim("seen \u{1b}");
        assert!(text.text().ends_with("seen \\x1b\n"));
    }
}
