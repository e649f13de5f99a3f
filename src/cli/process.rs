//! How the process behaves when things end badly.

use std::io::Write as _;
use std::panic::{self, PanicHookInfo};

/// A panic is a bug in dsc and says so; the exit code is 101. With `RUST_BACKTRACE` set the usual report follows.
pub(super) fn report_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let _ = writeln!(std::io::stderr(), "{}", bug_report(info));
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            usual(info);
        }
    }));
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
