//! How the process behaves when things end badly.

use dsc_syntax::diag::printable;
use std::io::{ErrorKind, Write as _};
use std::panic::{self, PanicHookInfo};
use std::process::ExitCode;

use super::Exit;

/// A panic is a bug in dsc and says so; the exit code is 101. With `RUST_BACKTRACE` set the usual report follows.
pub(super) fn report_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let _ = writeln!(std::io::stderr(), "{}", printable(&bug_report(info)));
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            usual(info);
        }
    }));
}

/// A file beyond the limit of `ulimit -f` is an error of the write, as a full disk is, and does not kill the process.
pub(super) fn report_large_files() {
    #[cfg(unix)]
    // SAFETY: ignores a signal before any thread is started.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// What clap has to say, a fault of the command line or the text of `--help`, and how the program ends with it.
pub(super) fn answer(answer: &clap::Error) -> ExitCode {
    let printed = answer.print().and_then(|()| std::io::stdout().flush());
    match printed {
        Err(why) if why.kind() != ErrorKind::BrokenPipe => Exit::Faults.into(),
        _ => ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2)),
    }
}

/// The command line as a run records it: `dsc` and its arguments.
pub(super) fn command_line() -> Vec<String> {
    // Arguments need not be UTF-8, and the first one is the path of the program that `dsc` replaced itself with.
    let arguments = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned());
    std::iter::once("dsc".to_owned()).chain(arguments).collect()
}

fn bug_report(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let message = message.unwrap_or("no message");
    let place = info.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
    format!(
        "error: internal error{place}: {message}\n  \
         this is a bug in dsc {}: please report it with the command line and the model file",
        env!("CARGO_PKG_VERSION")
    )
}

/// `dsc explain E0701 | head -1` ends without a word, as other programs do. Rust ignores the signal by default; a
/// training run keeps that, and goes on when its reader is gone.
pub(super) fn die_quietly_on_closed_pipe() {
    #[cfg(unix)]
    // SAFETY: restores the default disposition before any thread is started.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}
