use std::ops::Range;

use super::*;

#[test]
fn parts_cover_the_anchors_and_differ_by_one() {
    for anchors in 1..40 {
        for parts in 1..10 {
            let cut = cut(anchors, parts);
            assert_eq!(cut.len(), parts.min(anchors));
            assert_eq!(cut.iter().cloned().flatten().collect::<Vec<_>>(), (0..anchors).collect::<Vec<_>>());
            let sizes = || cut.iter().map(Range::len);
            assert!(sizes().max().unwrap() - sizes().min().unwrap() <= 1);
        }
    }
}

fn graph(body: &str) -> (Graph, DimTable) {
    use dsc_language::lower::{Options, compile};
    use dsc_language::sema::program::Program;
    use dsc_syntax::source::MemoryWorld;
    let text = format!(
        "use std::{{mse}}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {{\n{body}\n  output score for y\n}}\n"
    );
    let loaded = Program::load_text(&MemoryWorld::new(), "m.dsl", &text);
    let compiled = compile(&loaded.program.unwrap(), &Options::default());
    let dims = DimTable { widths: [("fa".to_owned(), 10)].into(), max_lengths: [("Ta".to_owned(), 1000)].into() };
    (compiled.graph.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics)), dims)
}

fn rows(lens: &[i64]) -> PartRows {
    PartRows {
        anchors: lens.len(),
        samples: lens.len(),
        lengths: [("Ta".to_owned(), lens.to_vec())].into(),
        companions: Vec::new(),
        part_of: None,
    }
}

fn step(body: &str, target: Target, parts: &[Vec<i64>]) -> StepMemory {
    let (graph, dims) = graph(body);
    let parts: Vec<PartRows> = parts.iter().map(|lens| rows(lens)).collect();
    StepMemory::of(&graph, &dims, &graph.trained_params(), None, target, &[StepRows { parts, shards: false }]).unwrap()
}

const CHAIN: &str = "  let a = linear(audio, out: 100) |> relu()\n  let b = linear(a, out: 100) |> relu()\n  \
                     let score = linear(mean(b), out: 1) |> scalar()\n  loss p = mse(score, target: y)";

#[test]
fn a_step_holds_what_is_kept_and_the_gradients_of_a_few_values() {
    let found = step(CHAIN, Target::Cpu, &[vec![1000, 1000]]);
    // 2000 rows of 10 numbers, on the host and as a tensor, and twice the results of the ReLUs.
    let (frames, hidden) = (2000 * 10 * 4, 2000 * 100 * 4);
    let kept = 2 * frames + 2 * hidden;
    // On the way back the gradients of two values at a time.
    let small = 100_000;
    assert!((kept + 2 * hidden..kept + 2 * hidden + small).contains(&found.peak), "{found:?}");
    assert!(found.above() >= found.peak - found.gradients, "holes count");
}

#[test]
fn lengths_count_as_they_are_and_parts_one_after_the_other() {
    let long = step(CHAIN, Target::Cpu, &[vec![1000, 1000, 1000, 1000]]);
    let ragged = step(CHAIN, Target::Cpu, &[vec![1000, 100, 100, 100]]);
    // Rows are packed; the batch on the host is padded.
    assert!(ragged.peak < long.peak / 2, "{ragged:?} {long:?}");
    let halves = step(CHAIN, Target::Cpu, &[vec![1000, 1000], vec![1000, 1000]]);
    let about = long.peak / 2;
    assert!(halves.peak > about && halves.peak < about + about / 4, "{halves:?} {long:?}");
    assert_eq!(halves.gradients, long.gradients);
}

#[test]
fn dropout_on_the_weights_of_attention_is_kept_as_bits_on_the_cpu() {
    let body = |drop: &str| {
        format!(
            "  let x = linear(audio, out: 16)\n  let a = attention(x, key: x, value: x, heads: 2, drop: {drop})\n  \
             let score = linear(mean(a), out: 1) |> scalar()\n  loss p = mse(score, target: y)"
        )
    };
    let of = |drop: &str, target| step(&body(drop), target, &[vec![1000]]).peak;
    let weights = 2 * 1000 * 1000;
    // A bit for each, in words of 16 keys, drawn and then copied.
    let bits = of("0.5", Target::Cpu) - of("0.0", Target::Cpu);
    assert!(bits <= 2 * weights / 8 + 20_000 && bits > weights / 10, "{bits}");
    let floats = of("0.5", Target::Gpu) - of("0.0", Target::Gpu);
    assert!(floats > 3 * 4 * weights, "the weights, the mask, and both multiplied: {floats}");
}

#[test]
fn the_gradient_of_a_vocabulary_is_that_of_the_rows_that_were_read() {
    let text = "use std::{mse}\ninput text : Tokens[T]\nlabel y : Real\nmodel M {\n  let e = embed(text, rows: 50000, width: 64)\n  \
                let score = linear(mean(e), out: 1) |> scalar()\n  output score for y\n  loss p = mse(score, target: y)\n}\n";
    let loaded =
        dsc_language::sema::program::Program::load_text(&dsc_syntax::source::MemoryWorld::new(), "m.dsl", text);
    let compiled = dsc_language::lower::compile(&loaded.program.unwrap(), &dsc_language::lower::Options::default());
    let graph = compiled.graph.unwrap();
    let dims = DimTable { max_lengths: [("T".to_owned(), 40)].into(), ..DimTable::default() };
    let part = PartRows { lengths: [("T".to_owned(), vec![40, 40])].into(), ..rows(&[1, 1]) };
    let found = StepMemory::of(
        &graph,
        &dims,
        &graph.trained_params(),
        None,
        Target::Cpu,
        &[StepRows { parts: vec![part], shards: false }],
    )
    .unwrap();
    let table = 50_000 * 64 * 4;
    assert!(found.part < table / 10, "{found:?}");
    assert!(found.gradients > table && found.peak >= found.gradients, "in the end it is a whole table");
}
