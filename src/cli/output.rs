//! The one place where text leaves the program.

use super::output_args::{Color, OutputArgs, OutputFormat};
use dsc_project::Faults;
use dsc_syntax::diag::{Diagnostic, render};
use dsc_syntax::source::SourceMap;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};
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

/// Results go to standard output, notes and diagnostics to standard error. What cannot be written (a closed pipe) is
/// dropped: a training run does not die because nobody reads it.
pub struct Output {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    args: OutputArgs,
    color: bool,
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
        Output { out: Box::new(io::stdout()), err: Box::new(io::stderr()), args: *args, color }
    }

    /// Output to these writers, without colours.
    pub fn to(args: &OutputArgs, out: Box<dyn Write>, err: Box<dyn Write>) -> Output {
        Output { out, err, args: *args, color: false }
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
        let _ = writeln!(self.out, "{text}");
    }

    /// The result as JSON, indented.
    pub fn json(&mut self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.line(text),
            Err(why) => self.note(format_args!("the result cannot be written as JSON: {why}")),
        }
    }

    /// A remark on standard error, left out with `--quiet`.
    pub fn note(&mut self, text: impl Display) {
        if !self.args.quiet {
            let _ = writeln!(self.err, "{text}");
        }
    }

    /// Diagnostics: on standard error, or as JSON on standard output. `Faults` if one of them is an error.
    pub fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceMap) -> Exit {
        let text = render(diagnostics, sources, self.args.format.into(), self.color);
        let text = text.trim_end();
        let to = if self.is_json() { &mut self.out } else { &mut self.err };
        if !text.is_empty() {
            let _ = writeln!(to, "{text}");
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
