//! How the time of a check grows with the length of a file: `cargo nextest run --test growth --no-capture` prints it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dsc_data::card;
use dsc_language::lower::Options;
use dsc_language::sema::program::Program;
use dsc_project::check;
use dsc_syntax::source::MemoryWorld;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// A file of `n` times the same model under other names: inputs shared, blocks, encoders, fusion, losses apart.
fn file(n: usize) -> String {
    let mut text = "use std::{CrossAttention, FFN, FrameEncoder, LayerNorm, MLP, MultiCA, TransformerLayer, mse}

hyper d = 128
hyper heads = 8

input text   : Tokens[T]
input audio  : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
"
    .to_owned();
    let mut model = String::new();
    for i in 0..n {
        writeln!(
            text,
            "label y{i} : Real

block Fuse{i}<n, m>(h: Seq<m>[n, d], streams: [Seq<_>[_, d]], tokens: int) -> (Seq<m>[min(n, tokens), d], like streams) {{
  let b  = TransformerLayer(h, heads: heads, ff: 256) |> take(rows: tokens)
  let hb = LayerNorm(b + MultiCA(b, streams: streams, heads: heads))
  let hl = LayerNorm(hb + FFN(hb, hidden: 256))
  let spread = each x in streams {{
    let z = LayerNorm(x + CrossAttention(x, from: b, heads: heads))
    LayerNorm(z + FFN(z, hidden: 256))
  }}
  (hl, spread)
}}"
        )
        .unwrap();
        writeln!(
            model,
            "  let t{i} = embed(text, rows: 1000, width: d)
  let a{i} = audio |> FrameEncoder(width: d, heads: heads, ff: 256, layers: 2)
  let v{i} = vision |> FrameEncoder(width: d, heads: heads, ff: 256, layers: 2)
  var h{i} = t{i}
  var xs{i} = [text: t{i}, audio: a{i}, vision: v{i}]
  for l in 0..2 {{ h{i}, xs{i} = Fuse{i}(h{i}, streams: xs{i}, tokens: 8 // 2**l) }}
  let score{i} = concat(h{i}[0], ..each x in xs{i} {{ x[0] }}) |> MLP(widths: [256, 128, 1]) |> scalar()
  output score{i} for y{i}
  loss prediction{i} = mse(score{i}, target: y{i})"
        )
        .unwrap();
    }
    format!("{text}\nmodel Long {{\n{model}}}\n")
}

/// The least time of several checks, from the text to the diagnostics.
fn time(text: &str) -> Duration {
    let once = || {
        let began = Instant::now();
        let mut loaded = Program::load_text(&MemoryWorld::new(), "long.dsl", text);
        let options = Options::default();
        let request = check::Request { options: &options, bound: None, encoder: &card::encoder };
        loaded.diagnostics.extend(check::check(loaded.program.as_ref().unwrap(), &request).into_sorted());
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        began.elapsed()
    };
    (0..4).map(|_| once()).min().unwrap()
}

#[test]
fn a_check_takes_time_in_proportion_to_the_file() {
    let mut each = Vec::new();
    for n in [1, 10, 50] {
        let text = file(n);
        let taken = time(&text);
        each.push(taken.as_secs_f64() / n as f64);
        let lines = text.lines().count();
        println!("{n:>3} times: {lines:>5} lines, {:>7.1} ms", 1e3 * taken.as_secs_f64());
    }
    // The machine is shared; quadratic growth would be five times as long for each part.
    assert!(each.last().unwrap() / each.get(1).unwrap() < 2.5, "seconds for each part: {each:?}");
}
