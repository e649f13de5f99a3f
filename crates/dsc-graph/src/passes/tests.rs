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
        ("@p.weight", "param p.weight : [8, 4] fan_in(4)\n"),
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
        ("constant_folding", include_str!("constant_folding.rs")),
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

/// The linear maps after `merged_projections`, as text.
fn merged(lines: &str) -> Vec<String> {
    let after = step(&read(&whole(lines)), find("merged_projections").unwrap(), None).unwrap().graph;
    assert!(read(&after.to_whole_text()) == after);
    after.to_whole_text().lines().filter_map(|l| Some(l.split_once("linear")?.1.to_owned())).collect()
}

/// Weights come before the first map that needs them, wherever they were.
#[test]
fn maps_with_a_bias_and_those_without_are_merged_apart() {
    let lines = "param a : [2, 4] fan_in(4)\nparam a.bias : [2] fan_in(4)\nparam b : [3, 4] fan_in(4)\n\
        param c : [5, 4] fan_in(4)\nparam c.bias : [5] fan_in(4)\nparam d : [1, 4] fan_in(4)\n\
        %0 = input() audio : Seq<audio>[Ta, fa]\n%1 = linear(%0, @x.weight) : Seq<audio>[Ta, 4]\n\
        %2 = linear(%1, @a, @a.bias) : Seq<audio>[Ta, 2]\n%3 = linear(%1, @b) : Seq<audio>[Ta, 3]\n\
        %4 = mean(%2) : Vec[2]\n%5 = mean(%3) : Vec[3]\n\
        %6 = linear(%1, @c, @c.bias) : Seq<audio>[Ta, 5]\n%7 = linear(%1, @d) : Seq<audio>[Ta, 1]\n\
        %8 = mean(%6) : Vec[5]\n%9 = mean(%7) : Vec[1]\n%10 = concat(%4, %5, %8, %9) along features : Vec[11]\n\
        %11 = dot(%10, %10) : Real\nloss l = %11\n";
    assert_eq!(
        merged(lines),
        [
            "(%0, @x.weight) : Seq<audio>[Ta, 4]",
            "(%1, @a, @a.bias, @c, @c.bias) : Seq<audio>[Ta, 7]",
            "(%1, @b, @d) : Seq<audio>[Ta, 4]"
        ]
    );
}

#[test]
fn maps_that_are_not_computed_together_are_not_merged() {
    let maps = |before: &str, widths: [i64; 2], behind: &str| {
        let [a, b] = widths;
        let lines = format!(
            "param a : [{a}, {b}] fan_in(4)\nparam b : [{a}, {b}] fan_in(4)\nparam x : [{b}, fa] fan_in(fa)\n\
            {before}%0 = input() audio : Seq<audio>[Ta, fa]\n%1 = linear(%0, @x) : Seq<audio>[Ta, {b}]\n{behind}"
        );
        merged(&lines).len() - 1
    };
    let of_rows = |a: i64| {
        format!(
            "%2 = linear(%1, @a) : Seq<audio>[Ta, {a}]\n%3 = linear(%1, @b) : Seq<audio>[Ta, {a}]\n\
            %4 = mean(%2) : Vec[{a}]\n%5 = mean(%3) : Vec[{a}]\n"
        )
    };
    let together = "%6 = dot(%4, %5) : Real\nloss l = %6\n";
    assert_eq!(maps("", [2, 4], &(of_rows(2) + together)), 1);
    assert_eq!(maps("", [512, 256], &(of_rows(512) + together)), 1);
    assert_eq!(maps("", [513, 256], &(of_rows(513) + together)), 2, "the weights are large");
    let apart = "%6 = dot(%4, %4) : Real\n%7 = dot(%5, %5) : Real\noutput %6 for y\nloss l = %7\n";
    assert_eq!(maps("", [2, 4], &(of_rows(2) + apart)), 2, "a prediction needs one of them");
    let companion = "%6 = at(%5) companions0.pos.0 : Vec[2]\n%7 = dot(%4, %6) : Real\nloss l = %7\n";
    let drawn = "companions0 c : by [%5] class y pos 1 near 0 far 0 pool 4 refresh 1\n";
    assert_eq!(maps(drawn, [2, 4], &(of_rows(2) + companion)), 2, "companions need one of them");
    let of_vector = "%2 = mean(%1) : Vec[4]\n%3 = linear(%2, @a) : Vec[2]\n%4 = linear(%2, @b) : Vec[2]\n\
        %5 = dot(%3, %4) : Real\nloss l = %5\n";
    assert_eq!(maps("", [2, 4], of_vector), 2, "a row for each sample");
}

#[test]
fn maps_side_by_side_have_a_bias_each_or_none() {
    let fault = |operands: &str, width: i64| {
        let shapes = [("@a", "[2, 4]"), ("@b", "[3, 4]"), ("@c", "[3, 5]"), ("@u", "[2]"), ("@v", "[3]")];
        let shapes = shapes.iter().filter(|(path, _)| operands.contains(path));
        let params: String =
            shapes.map(|(path, shape)| format!("param {} : {shape} fan_in(4)\n", &path[1..])).collect();
        let lines = format!(
            "{params}%0 = input() audio : Seq<audio>[Ta, fa]\n%1 = linear(%0, @x.weight) : Seq<audio>[Ta, 4]\n\
            %2 = linear(%1, {operands}) : Seq<audio>[Ta, {width}]\n%3 = mean(%2) : Vec[{width}]\n\
            %4 = dot(%3, %3) : Real\nloss l = %4\n"
        );
        let graph = Graph::from_text(&whole(&lines)).unwrap();
        verify(&graph, &|a, b| a == b).err().map(|faults| faults.iter().map(ToString::to_string).collect::<String>())
    };
    assert_eq!(fault("@a, @b", 5), None);
    assert_eq!(fault("@a, @u, @b, @v", 5), None);
    for (operands, width) in [("@a, @b, @v", 5), ("@a, @u, @b", 5), ("@a, @v, @b, @u", 5), ("@a, @c", 5), ("@a, @b", 6)]
    {
        assert!(fault(operands, width).is_some(), "{operands}");
    }
}
