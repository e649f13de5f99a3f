//! Tests that cannot run here say so, and `scripts/test.sh` counts them in its last line.
//!
//! The unit tests of the library and the test programs below `tests/` include this one file.
#![allow(dead_code, reason = "each program uses a part")]

use std::fs::OpenOptions;
use std::io::Write as _;

/// What a test lacks.
#[derive(Clone, Copy, Debug)]
pub enum Lacks<'a> {
    /// A file of the folder beside the checkout, by its path below `../shared`.
    Shared(&'a str),
    /// A GPU; why there is none.
    Gpu(&'a str),
    /// Something that can be had everywhere; how.
    Other(&'a str),
}

/// Tells that the running test is skipped: a line on standard error and, if `DSC_SKIPPED` names a file, at its end.
///
/// With `CI=true` only a missing GPU and a missing `../shared` are reasons; any other fails the test.
#[track_caller]
pub fn skip(lacks: Lacks<'_>) {
    let shared = crate::root().join("../shared");
    let (reason, excused) = judge(lacks, shared.is_dir());
    let line = format!("SKIPPED {}: {reason}", test_name());
    eprintln!("{line}");
    let in_ci = std::env::var("CI").as_deref() == Ok("true");
    assert!(excused || !in_ci, "{line}; with CI=true this is no reason");
    if let Some(path) = std::env::var_os("DSC_SKIPPED") {
        let written = OpenOptions::new().create(true).append(true).open(&path).and_then(|mut f| writeln!(f, "{line}"));
        assert!(written.is_ok(), "cannot write {}: {written:?}", path.display());
    }
}

/// The reason in words, and whether it is one where everything else should be there.
pub fn judge(lacks: Lacks<'_>, has_shared: bool) -> (String, bool) {
    match lacks {
        Lacks::Shared(file) if has_shared => (format!("a file of ../shared is absent ({file})"), false),
        Lacks::Shared(file) => (format!("../shared is absent ({file})"), true),
        Lacks::Gpu(why) => (format!("no GPU ({why})"), true),
        Lacks::Other(how) => (how.to_owned(), false),
    }
}

/// Threads of tests have their names. With one thread for all, the test is named on the command line, or its place is given.
#[track_caller]
fn test_name() -> String {
    let thread = std::thread::current().name().filter(|n| *n != "main").map(str::to_owned);
    let argument = || std::env::args().skip(1).find(|a| a.contains("::") && !a.starts_with('-'));
    thread.or_else(argument).unwrap_or_else(|| std::panic::Location::caller().to_string())
}
