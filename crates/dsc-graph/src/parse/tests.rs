//! Forms that are read, and faults of those that are not.

use super::*;
use crate::dims::Dim;
use crate::{Attribute, Attributes, Op};
use proptest::prelude::*;

/// A graph around the lines, with the dims `T`, `Ta` (lengths), `fa`, `fv` (widths).
fn around(lines: &str) -> String {
    format!(
        "graph M\ninput text : Tokens[T] from \"raw_text\"\ninput audio : Seq<audio>[Ta, fa] from \"audio\"\n\
         input v : Vec[fv] from \"v\"\nlabel y : Real\n{lines}"
    )
}

fn faults_of(text: &str) -> Vec<String> {
    let line_of = |at: u32| text.get(..at as usize).map_or(0, |t| t.matches('\n').count() + 1);
    let faults = parse(text).err().unwrap_or_default();
    faults
        .iter()
        .map(|f| format!("{} line {}: {}", f.code, f.primary.as_ref().map_or(0, |l| line_of(l.span.start)), f.message))
        .collect()
}

/// The dim that `param p : [TEXT] zeros dead` declares.
fn dim(text: &str) -> Result<Dim, Vec<String>> {
    let text = around(&format!("param p : [{text}] zeros dead\n"));
    parse(&text).map(|p| p.graph.params[0].shape[0].clone()).map_err(|_| faults_of(&text))
}

#[test]
fn faults_are_told_with_their_lines_all_at_once() {
    let found = faults_of(&around(
        "param p : [2, zeros\nparam w : [fb] zeros\n%0 = input() text : Tokens[T]\n%1 = mean(%7) : Vec[fa]\n\
         %2 = mean(%0 : Vec[fa]\n%3 = lineer(%0) : Real\n%0 = label() y : Real\n%4 = label() z : Real\n\
         %5 = affine(%0) mul 2 : Real\n%6 = row(%0) fast : Real\n%8 = scalar(%0) : Number\nnonsense\n\
         companions1 c : by [] class y pos 1 near 1 far 1 pool 1 refresh 1\nbind fa <= 3\noutput %0\n",
    ));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn what_a_faulty_line_declares_is_not_missed_afterwards() {
    let lines = "label z : Vec[fa]\nparam w : [fb] zeros\nparam u : [fa zeros\n%0 = label() z : Real\n%1 = lineer(%0) : Real\n\
        %2 = square(%1) : Real\n%3 = square(%2 : Real\n%4 = param(@w) : Real\n%5 = param(@u) : Real\n\
        %6 = add(%3, %4) : Real\nloss l = %6\n%7 = square(%8) : Real\n";
    let want = [
        "E1001 line 6: a label is a Real",
        "E1002 line 7: no input has the dim `fb`",
        "E1001 line 8: expected `+` or `-` or `]`, found `zeros`",
        "E1004 line 10: there is no operation `lineer`",
        "E1001 line 12: expected `)`, found `:`",
        "E1002 line 17: no line above declares `%8`",
    ];
    assert_eq!(faults_of(&around(lines)), want);
    // Without the inputs nothing can be said of dims.
    let found = faults_of("graph M\ninput x Vec[f] from \"x\"\nlabel y : Real\nparam p : [f] zeros dead\n");
    assert_eq!(found, ["E1001 line 2: expected `:`, found `Vec`"]);
}

#[test]
fn parts_of_a_ranking_are_parts() {
    let line = |ranks: &str| {
        around(&format!(
            "companions0 c : by [] class y pos 1 near 1 far 1 pool 1 refresh 1{ranks}\nparam p : [] zeros dead\n"
        ))
    };
    let read = parse(&line(" ranks 0.625 1")).unwrap().graph;
    assert_eq!(read.companions[0].ranks, Some(crate::Ranks { upper: 0.625, lower: 1.0 }));
    assert_eq!(parse(&line("")).unwrap().graph.companions[0].ranks, None);
    assert!(faults_of(&line(" ranks 2 0.5"))[0].contains("a part of a ranking is above 0 and at most 1"));
    assert!(faults_of(&line(" ranks 0.5"))[0].contains("expected a number"), "{:?}", faults_of(&line(" ranks 0.5")));
}

#[test]
fn a_text_without_a_name_is_no_graph() {
    assert_eq!(faults_of(""), ["E1001 line 0: no line says `graph NAME`"]);
    assert_eq!(faults_of("graph A\ngraph B\n"), ["E1003 line 2: a second `graph`"]);
}

#[test]
fn dead_has_to_be_true() {
    let text = around("param w : [] zeros\nparam u : [] zeros dead\n%0 = param(@u) : Real\nloss l = %0\n");
    let want = [
        "E1005 line 6: `w` is reached by no output and no loss, and not called `dead`",
        "E1005 line 7: `u` is called `dead`, and reached by an output or a loss",
    ];
    assert_eq!(faults_of(&text), want);
}

#[test]
fn dims_are_read_as_they_are_printed() {
    for text in [
        "0",
        "7",
        "-3",
        "T",
        "fa",
        "2*T + 1",
        "-fa + 8",
        "T**2*fa - 2*fa",
        "min(8, T)",
        "max(1, (T // 2))",
        "((T + 1) // 2)",
        "((T*fa) // (fa + 1))",
        "(8 // T)",
        "((-3) // T)",
        "longest(T)",
        "longest(T) + 1",
        "longest(T*Ta)",
        "most(T) + 1",
        "min(8, most(T))",
        "T@companions0.pos.1",
        "min(8, T@companions1.neg.0) + T",
        "min(longest(T), 8, fa)",
        "(((T + 1) // 2) // 2)",
    ] {
        let read = dim(text).unwrap_or_else(|f| panic!("{text}: {f:?}"));
        // Sums and lists are printed in their normal order.
        assert_eq!(dim(&read.to_string()), Ok(read.clone()), "{text}");
    }
    assert_eq!(dim("T@companions0.pos.1"), Ok(Dim::length("T").in_view("companions0.pos.1")));
    assert_eq!(dim("fa"), Ok(Dim::width("fa")));
    assert_eq!(dim("T + 0*fa - T"), Ok(Dim::from(0)));
}

#[test]
fn dims_that_mean_nothing_are_faults() {
    for (text, part) in [
        ("Tb", "no input has the dim `Tb`"),
        ("fa@companions0.pos.1", "no input has the length `fa`"),
        ("(T // 0)", "a division by 0"),
        ("(T + 1 // 2)", "parentheses of its own"),
        ("2**T", "expected a number"),
        ("(T + 1)**2", "a power expects a name"),
        ("T**0", "at least 1"),
        ("mean(T)", "dims have no `mean` of 1"),
        ("9999999999999999999", "too large"),
        ("2 fa", "expected"),
    ] {
        let found = dim(text).unwrap_err();
        assert!(found[0].contains(part), "{text}: {found:?}");
    }
    let wide: Vec<String> = (1..600).map(|n| format!("T**{n}*fa")).collect();
    assert!(dim(&wide.join(" + ")).unwrap_err()[0].contains("too large"));
    assert!(dim(&format!("{}T{}", "(".repeat(5000), ")".repeat(5000))).unwrap_err()[0].contains("64 brackets"));
}

#[test]
fn numbers_keep_every_digit() {
    for x in [0.1, -0.0, 1e-300, 1.5e300, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, 9007199254740993.0, 1e19, -2.0] {
        let text = around(&format!("%0 = const(){} : Real\nloss l = %0\n", Op::Const(x).attributes()));
        let graph = Graph::from_text(&text).unwrap_or_else(|f| panic!("{text}: {f:?}"));
        let Some((_, node)) = graph.nodes().next() else { panic!("{text}") };
        assert!(matches!(node.op, Op::Const(y) if y.to_bits() == x.to_bits()), "{x}: {node:?}");
    }
    let text = around("%0 = const() 1e-5 : Real\nloss l = %0\n");
    assert!(Graph::from_text(&text).unwrap().to_text().contains("const() 0.00001"));
}

/// The attributes of one node with them, as they are read.
fn reread(attributes: &Attributes) -> Option<Attributes> {
    let text = around(&format!("%0 = f(){attributes} : Real\n"));
    let line = text.lines().last()?;
    let pair = read_line(&Line { at: 0, text: line }).ok()??;
    let names = dims::Names { lengths: ["T".to_owned()].into(), widths: ["fa".to_owned()].into() };
    let reader = dims::Reader { line: Line { at: 0, text: line }, names: &names };
    let mut read = Attributes::new();
    for attribute in dims::parts(&pair, Rule::attribute) {
        read.push(dims::text(&attribute, Rule::key), reader.value(&dims::part(&attribute, Rule::value)?).ok()?);
    }
    Some(read)
}

#[test]
fn names_that_look_like_something_else_are_read() {
    for name in ["T", "fa", "inf", "NaN", "min", "mul", "companions0", "from", "dead", "text"] {
        let attributes = Op::Input(name.into()).attributes();
        let read = reread(&attributes).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(Op::from_text("input", &read), Ok(Op::Input(name.into())));
    }
    for site in ["0.dropout", "a.b#2", "T", "7.x.8", "inf.x"] {
        let op = Op::Dropout { p: 0.5, site: crate::RandomSite(site.into()) };
        let read = reread(&op.attributes()).unwrap_or_else(|| panic!("{site}"));
        assert_eq!(Op::from_text("dropout", &read), Ok(op));
    }
}

#[test]
fn lists_and_strings_are_values_too() {
    let list = vec![Dim::from(2), Dim::width("fa").plus(&Dim::from(1))];
    let all = Attributes::new()
        .with("", Attribute::Text("nd,md->nm \"\u{e9}\u{1}\n\\".into()))
        .with("shape", Attribute::Dims(list))
        .with("none", Attribute::Dims(Vec::new()));
    assert_eq!(reread(&all), Some(all));
}

/// Dims of some depth over the declared names.
fn any_dim() -> impl Strategy<Value = Dim> {
    let view = |name: &str| Dim::length(name).in_view("companions0.neg.3");
    let leaf = prop_oneof![
        (-9i64..100).prop_map(Dim::from),
        prop::sample::select(vec![Dim::length("T"), Dim::length("Ta"), Dim::width("fa"), Dim::width("fv"), view("T")]),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.plus(&b)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.times(&b)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.floor_div(&b).unwrap_or(a)),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Dim::min),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Dim::max),
            inner.prop_map(|d| d.longest()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, rng_seed: proptest::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_dim_is_read_back(d in any_dim()) {
        prop_assume!(!d.is_unwieldy());
        prop_assert_eq!(dim(&d.to_string()), Ok(d.clone()), "{}", d);
    }

    #[test]
    fn any_name_and_key_is_read_back(path in "[a-z0-9_]{1,3}(\\.[a-z0-9_]{1,3}){1,3}(#[1-9])?", key in "[ -~é\n]{0,6}") {
        let text = format!("graph M\ninput x : Vec[f] from {key:?}\nparam {path} : [] ones encoder {path} dead\n");
        let graph = Graph::from_text(&text);
        prop_assert!(graph.is_ok(), "{}: {:?}", text, graph);
        prop_assert_eq!(graph.map(|g| g.to_text()), Ok(text));
    }
}

#[test]
fn places_in_the_text_go_with_what_is_read() {
    let text = around("%0 = label() y : Real\nloss l = %0\n");
    let graph = Graph::from_text(&text).unwrap();
    let (_, node) = graph.nodes().next().unwrap();
    assert_eq!(text.get(node.span.start as usize..node.span.end as usize), Some("%0 = label() y : Real"));
}
