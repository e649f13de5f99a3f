//! How the time of a check grows with the length of a file: `cargo nextest run --test growth --no-capture` prints it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dsc_data::card;
use dsc_language::EmbeddedWorld;
use dsc_language::sema::program::Program;
use dsc_project::{BindRequest, ModelRequest, check, options};
use dsc_syntax::source::MemoryWorld;
use dsc_testing::long_file;
use std::time::{Duration, Instant};

/// The least time of several checks, from the text to the diagnostics.
fn time(text: &str) -> Duration {
    let once = || {
        let began = Instant::now();
        let mut loaded = Program::load_text(&MemoryWorld::new(), "long.dsl", text);
        let bind = BindRequest::default();
        let options = options(loaded.program.as_ref().unwrap(), &ModelRequest::default(), &bind).unwrap();
        let request = check::Request { options: &options, bound: None, encoder: &card::encoder };
        loaded.diagnostics.extend(check::check(loaded.program.as_ref().unwrap(), &request).into_sorted());
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        began.elapsed()
    };
    (0..4).map(|_| once()).min().unwrap()
}

/// The bound is generous: a check takes 0.1 s as the tests are compiled.
#[test]
fn the_stock_model_is_checked_soon() {
    let taken = time(EmbeddedWorld::model("dashfusion").unwrap());
    assert!(taken < Duration::from_millis(1500), "{taken:?}");
}

#[test]
fn a_check_takes_time_in_proportion_to_the_file() {
    let mut each = Vec::new();
    for n in [1, 10, 50] {
        let text = long_file(n);
        let taken = time(&text);
        each.push(taken.as_secs_f64() / n as f64);
        let lines = text.lines().count();
        println!("{n:>3} times: {lines:>5} lines, {:>7.1} ms", 1e3 * taken.as_secs_f64());
    }
    // The machine is shared; quadratic growth would be five times as long for each part.
    assert!(each.last().unwrap() / each.get(1).unwrap() < 2.5, "seconds for each part: {each:?}");
}
