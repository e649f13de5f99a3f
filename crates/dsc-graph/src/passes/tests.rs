//! What the passes do to graphs written by hand. `crates/dsc-runtime/src/tests/passes.rs` compares the numbers.

use super::*;
use crate::Op;

/// The lines of a pass's documentation between the fences behind `word`.
fn documented(source: &str, word: &str) -> String {
    let lines = source.lines().map_while(|l| l.strip_prefix("//!")).map(|l| l.strip_prefix(' ').unwrap_or(l));
    let mut behind = lines.skip_while(|l| *l != word).skip_while(|l| !l.starts_with("```")).skip(1);
    behind.by_ref().take_while(|l| !l.starts_with("```")).map(|l| format!("{l}\n")).collect()
}

/// The same with the tables that the examples leave out.
fn whole(lines: &str) -> String {
    let tables = [
        ("@score.weight", "param score.weight : [1, fa] fan_in(fa)\n"),
        ("@x.weight", "param x.weight : [4, fa] fan_in(fa)\n"),
        ("@q.weight", "param q.weight : [8, fa] fan_in(fa)\n"),
    ];
    let params: String = tables.iter().filter(|(path, _)| lines.contains(path)).map(|(_, table)| *table).collect();
    format!("graph Example\ninput audio : Seq<audio>[Ta, fa] from \"audio\"\nlabel y : Real\n{params}{lines}")
}

#[track_caller]
fn read(text: &str) -> Graph {
    let graph = Graph::from_text(text).unwrap_or_else(|f| panic!("{f:#?}\n{text}"));
    verify(&graph, &|a, b| a == b).unwrap();
    graph
}

#[test]
fn every_pass_does_what_its_documentation_shows() {
    let sources = [
        ("common_subexpressions", include_str!("common_subexpressions.rs")),
        ("row_demand", include_str!("row_demand.rs")),
        ("dead_code", include_str!("dead_code.rs")),
        ("absorbed_projections", include_str!("absorbed_projections.rs")),
        ("merged_projections", include_str!("merged_projections.rs")),
    ];
    assert_eq!(sources.map(|s| s.0).to_vec(), PIPELINE.iter().map(|p| p.name).collect::<Vec<_>>());
    for ((name, source), pass) in sources.iter().zip(PIPELINE) {
        let [before, after] = ["Before:", "After:"].map(|word| read(&whole(&documented(source, word))));
        let rewritten = step(&before, pass, None).unwrap();
        assert!(rewritten.graph == after, "{name}:\n{}", rewritten.graph.to_whole_text());
        assert!(after != before, "{name} has something to do");
        // Once is enough.
        assert!(step(&after, pass, None).unwrap().graph == after, "{name}");
    }
}

#[test]
fn a_draw_of_random_numbers_is_never_merged_with_another() {
    let lines = "param a.weight : [2, fa] fan_in(fa)\nparam b.weight : [2, fa] fan_in(fa)\n\
        %0 = input() audio : Seq<audio>[Ta, fa]\n\
        %1 = dropout(%0) p 0.5 site a : Seq<audio>[Ta, fa]\n\
        %2 = dropout(%0) p 0.5 site b : Seq<audio>[Ta, fa]\n\
        %3 = linear(%0, @a.weight) : Seq<audio>[Ta, 2]\n\
        %4 = linear(%0, @b.weight) : Seq<audio>[Ta, 2]\n\
        %5 = attention(%1, %2, %3) heads 1 drop 0.1 site c : Seq<audio>[Ta, 2]\n\
        %6 = attention(%1, %2, %3) heads 1 drop 0.1 site d : Seq<audio>[Ta, 2]\n\
        %7 = attention(%1, %2, %4) heads 1 : Seq<audio>[Ta, 2]\n\
        %8 = attention(%1, %2, %4) heads 1 : Seq<audio>[Ta, 2]\n\
        %9 = add(%5, %6) : Seq<audio>[Ta, 2]\n\
        %10 = add(%7, %8) : Seq<audio>[Ta, 2]\n\
        %11 = mean(%9) : Vec[2]\n%12 = mean(%10) : Vec[2]\n%13 = dot(%11, %12) : Real\nloss l = %13\n";
    let before = read(&whole(lines));
    let after = step(&before, &common_subexpressions::PASS, None).unwrap().graph;
    let lost: Vec<String> = {
        let left: Vec<String> = after.nodes().map(|(_, n)| format!("{}{}", n.op.name(), n.op.attributes())).collect();
        let mut all: Vec<String> =
            before.nodes().map(|(_, n)| format!("{}{}", n.op.name(), n.op.attributes())).collect();
        for one in left {
            let at = all.iter().position(|o| *o == one).unwrap();
            all.remove(at);
        }
        all
    };
    assert_eq!(lost, ["attention heads 1"]);
}

#[test]
fn what_is_merged_makes_what_reads_it_equal() {
    let lines = "%0 = input() audio : Seq<audio>[Ta, fa]\n%1 = mean(%0) : Vec[fa]\n%2 = relu(%1) : Vec[fa]\n\
        %3 = input() audio : Seq<audio>[Ta, fa]\n%4 = mean(%3) : Vec[fa]\n%5 = relu(%4) : Vec[fa]\n\
        %6 = dot(%2, %5) : Real\n%7 = dot(%5, %2) : Real\n%8 = sub(%7, %6) : Real\nloss l = %8\nloss m = %6\n";
    let after = step(&read(&whole(lines)), &common_subexpressions::PASS, None).unwrap().graph;
    insta::assert_snapshot!(after.to_whole_text());
}

/// The first rows for everyone and the whole for the anchors, with the same random numbers.
#[test]
fn what_companions_read_in_part_is_computed_twice() {
    let lines = "param w : [fa, fa] fan_in(fa)\n\
        companions0 c : by [%6] class y pos 1 near 0 far 0 pool 4 refresh 1\n\
        %0 = input() audio : Seq<audio>[Ta, fa]\n%1 = linear(%0, @w) : Seq<audio>[Ta, fa]\n\
        %2 = dropout(%1) p 0.5 site a : Seq<audio>[Ta, fa]\n%3 = row(%2) 0 : Vec[fa]\n\
        %4 = at(%3) companions0.pos.0 : Vec[fa]\n%5 = mean(%2) : Vec[fa]\n%6 = mean(%0) : Vec[fa]\n\
        %7 = dot(%4, %5) : Real\nloss l = %7\n";
    let before = read(&whole(lines));
    let after = step(&before, &row_demand::PASS, None).unwrap().graph;
    let text = after.to_whole_text();
    let has = |line: &str| assert!(text.contains(line), "{line}\n{text}");
    has("take(%0) rows 1 : Seq<audio>[1, fa]");
    has("%4 = dropout(%2) p 0.5 site a : Seq<audio>[1, fa]");
    has("%5 = dropout(%3) p 0.5 site a : Seq<audio>[Ta, fa]");
    assert!(step(&after, &row_demand::PASS, None).unwrap().graph == after, "{text}");
    // Two draws of as many rows at one site stay a fault.
    let twice = Graph::from_text(
        &text.replace("dropout(%2) p 0.5 site a : Seq<audio>[1, fa]", "dropout(%3) p 0.5 site a : Seq<audio>[Ta, fa]"),
    );
    let faults = verify(&twice.unwrap(), &|a, b| a == b).unwrap_err();
    assert!(faults.iter().any(|f| f.message == "a second draw at the random site `a`"), "{faults:?}");
}

/// A window is a band of a square, time is not split, and the last row is not the first.
#[test]
fn rows_that_depend_on_others_are_all_computed() {
    for line in [
        "%1 = reverse(%0) : Seq<audio>[Ta, fa]",
        "%1 = shift(%0) by 1 : Seq<audio>[Ta, fa]",
        "%1 = softmax(%0) over time : Seq<audio>[Ta, fa]",
        "%1 = attention(%0, %0, %0) heads 1 window 1 : Seq<audio>[Ta, fa]",
    ] {
        let text = whole(&format!(
            "%0 = input() audio : Seq<audio>[Ta, fa]\n{line}\n%2 = row(%1) 0 : Vec[fa]\n%3 = sum_features(%2) : Real\nloss l = %3\n"
        ));
        let Ok(before) = Graph::from_text(&text) else { panic!("{text}\n{:#?}", Graph::from_text(&text).err()) };
        assert!(step(&before, &row_demand::PASS, None).unwrap().graph == before, "{line}");
    }
    let last = "%0 = input() audio : Seq<audio>[Ta, fa]\n%1 = relu(%0) : Seq<audio>[Ta, fa]\n%2 = row(%1) -1 : Vec[fa]\n\
        %3 = sum_features(%2) : Real\nloss l = %3\n";
    let before = read(&whole(last));
    assert!(step(&before, &row_demand::PASS, None).unwrap().graph == before);
}

#[test]
fn numbers_of_nodes_that_stay_do_not_change_in_a_comparison() {
    let lines = "%0 = input() audio : Seq<audio>[Ta, fa]\n%1 = maxpool(%0) : Vec[fa]\n%2 = mean(%0) : Vec[fa]\n\
        %3 = sum_features(%2) : Real\nloss l = %3\n";
    let before = read(&whole(lines));
    let after = step(&before, &dead_code::PASS, None).unwrap();
    let kept: String =
        before.to_whole_text().lines().filter(|l| !l.starts_with("%1 ")).map(|l| format!("{l}\n")).collect();
    assert_eq!(after.graph.to_text_as(&after.numbers(&before)), kept);
}

#[test]
fn levels_and_names() {
    assert_eq!("0".parse(), Ok(OptLevel::None));
    assert_eq!("1".parse(), Ok(OptLevel::All));
    assert!("2".parse::<OptLevel>().unwrap_err().contains("no level 2"));
    assert_eq!(serde_json::to_string(&OptLevel::All).unwrap(), "1");
    assert_eq!(serde_json::from_str::<OptLevel>("0").unwrap(), OptLevel::None);
    for pass in PIPELINE {
        assert_eq!(find(pass.name).map(|p| p.name), Some(pass.name));
        assert!(pass.name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !pass.about.is_empty());
    }
    assert!(find("no_such_pass").is_none());
}

#[test]
fn a_pass_that_breaks_a_graph_is_told() {
    fn forget(graph: &Graph) -> Rewritten {
        let mut new = crate::Rewriter::new(graph);
        for (id, node) in graph.nodes().skip(1) {
            new.keep(id, node);
        }
        new.finish()
    }
    let pass = Pass { name: "forget", about: "forgets the first node", run: forget };
    let graph = read(&whole("%0 = label() y : Real\n%1 = square(%0) : Real\nloss l = %1\n"));
    let fault = run(&graph, &[pass], None).err().unwrap();
    assert_eq!(fault.code, code::E1005);
    assert!(fault.message.starts_with("the pass `forget` broke the graph: %0: `square` takes 1 operand"), "{fault}");
    assert!(step(&read(&whole("%0 = label() y : Real\nloss l = %0\n")), &pass, None).is_err(), "a root is lost");
}

/// A sequence of at most 8 rows has 8 first rows: there is no second form of it.
#[test]
fn first_rows_that_are_all_rows_are_computed_once() {
    let lines = "%0 = input() audio : Seq<audio>[Ta, fa]\n\
        %1 = take(%0) rows 8 : Seq<audio>[min(8, Ta), fa]\n\
        %2 = dropout(%1) p 0.5 site a : Seq<audio>[min(8, Ta), fa]\n\
        %3 = mean(%2) : Vec[fa]\n\
        %4 = take(%2) rows 9 : Seq<audio>[min(8, Ta), fa]\n\
        %5 = mean(%4) : Vec[fa]\n\
        %6 = at(%5) companions0.pos.0 : Vec[fa]\n\
        %7 = dot(%3, %6) : Real\nloss l = %7\n";
    let before = read(&whole(&format!("companions0 c : by [%5] class y pos 1 near 1 far 0 pool 5 refresh 1\n{lines}")));
    let after = step(&before, find("row_demand").unwrap(), None).unwrap().graph;
    let draws = after.nodes().filter(|(_, n)| matches!(n.op, Op::Dropout { .. })).count();
    assert_eq!(draws, 1, "{}", after.to_whole_text());
}

/// Of 4 rows at one companion and all rows for the anchors, two forms are fewer rows than one; of 300 they are more.
#[test]
fn a_value_is_computed_twice_where_that_is_less() {
    let forms = |rows: i64| {
        let lines = format!(
            "companions0 c : by [%4] class y pos 1 near 1 far 0 pool 5 refresh 1\n\
            %0 = input() audio : Seq<audio>[Ta, fa]\n\
            %1 = relu(%0) : Seq<audio>[Ta, fa]\n\
            %2 = mean(%1) : Vec[fa]\n\
            %3 = take(%1) rows {rows} : Seq<audio>[min({rows}, Ta), fa]\n\
            %4 = mean(%3) : Vec[fa]\n\
            %5 = at(%4) companions0.pos.0 : Vec[fa]\n\
            %6 = dot(%2, %5) : Real\nloss l = %6\n"
        );
        let after = step(&read(&whole(&lines)), find("row_demand").unwrap(), None).unwrap().graph;
        after.nodes().filter(|(_, n)| matches!(n.op, Op::Unary(_))).count()
    };
    assert_eq!((forms(4), forms(300)), (2, 1));
}
