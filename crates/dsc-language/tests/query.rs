//! What an editor shows for places of the canonical model, of a block of the library and of small files.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use dsc_data::card;
use dsc_language::lower::{Options, TypeTable, check, type_table};
use dsc_language::query;
use dsc_language::sema::program::Loaded;
use dsc_language::sema::program::Program;
use dsc_syntax::source::{MemoryWorld, Span};

const CANONICAL: &str = include_str!("../../dsc-syntax/tests/fixtures/canonical.dsl");

fn load(text: &str) -> Loaded {
    Program::load_text(&MemoryWorld::new(), "m.dsl", text)
}

/// The offset of the `nth` occurrence of `part` in a file, plus the place of `^` in it.
fn place(loaded: &Loaded, file: &str, part: &str, nth: usize) -> u32 {
    let (_, file) = loaded.sources.files().find(|(_, f)| f.name == file).unwrap();
    let plain = part.replace('^', "");
    let (at, _) = file.text.match_indices(&plain).nth(nth).unwrap_or_else(|| panic!("`{plain}` is not in the file"));
    file.base + (at + part.find('^').unwrap_or(0)) as u32
}

fn at(loaded: &Loaded, span: Span) -> String {
    loaded.sources.locate(span).unwrap().to_string()
}

/// Where the name at a place is defined, and as what.
fn defined(loaded: &Loaded, file: &str, part: &str) -> String {
    let found = query::definition(&loaded.names, place(loaded, file, part, 0)).unwrap();
    let text = loaded.sources.text(found.span).unwrap();
    format!("{} {text} at {}", found.kind.noun(), at(loaded, found.span))
}

fn types(loaded: &Loaded, variant: Option<&str>) -> TypeTable {
    let encoder = card::encoder("demo").unwrap().config.statics();
    let options = Options { encoder, variant: variant.map(str::to_owned), ..Options::default() };
    type_table(loaded.program.as_ref().unwrap(), &options)
}

#[test]
fn definitions_of_every_kind() {
    let loaded = load(CANONICAL);
    let main = |part: &str| defined(&loaded, "m.dsl", part);
    assert_eq!(main("128  where ^d %"), "hyper d at m.dsl:4:7");
    assert_eq!(main("^p // 2**l"), "hyper p at m.dsl:7:7");
    assert_eq!(main("2**^l)"), "parameter of a hyper l at m.dsl:13:12");
    assert_eq!(main("min(^n, tokens)"), "generic n at m.dsl:26:12");
    assert_eq!(main("min(n, ^tokens)"), "parameter tokens at m.dsl:26:60");
    assert_eq!(main("like ^streams"), "parameter streams at m.dsl:26:35");
    assert_eq!(main("from: ^src"), "let src at m.dsl:30:7");
    assert_eq!(main("LayerNorm(^x + CrossAttention(x"), "loop variable x at m.dsl:31:21");
    assert_eq!(main("= ^audio  |> FrameEncoder"), "input audio at m.dsl:16:7");
    assert_eq!(main("output score for ^y"), "label y at m.dsl:18:7");
    assert_eq!(main("{ ^h, xs = Fuse("), "var h at m.dsl:44:7");
    assert_eq!(main("neg: mean(t) at ^c.neg"), "companions c at m.dsl:50:14");
    // A named argument is for a parameter, here of the file and there of the library.
    assert_eq!(main("^tokens: keep(l)"), "parameter tokens at m.dsl:26:60");
    assert!(main("^widths: [2*d").starts_with("parameter widths at std/layers.dsl:"), "{}", main("^widths: [2*d"));
    // An import leads to what it imports, as do its uses.
    assert!(main("use std::{^Bert").starts_with("block Bert at std/bert.dsl:"));
    assert!(main("text   |> ^Bert()").starts_with("block Bert at std/bert.dsl:"));
    // Of what is changed, inherited and expected.
    assert_eq!(main("no_hbf      { set ^depth"), "hyper depth at m.dsl:8:7");
    assert_eq!(main("no_semantic { let ^text_pos"), "let text_pos at m.dsl:51:7");
    assert_eq!(main("no_dual     = ^no_temporal"), "variant no_temporal at m.dsl:60:9");
    assert_eq!(main("mosei = ^mosi"), "recipe mosi at m.dsl:65:8");
    assert_eq!(main("macs(^Fuse)"), "block Fuse at m.dsl:26:7");
    assert_eq!(main("150M for ^sims"), "recipe sims at m.dsl:64:8");
    // A primitive and a label of a list have no definition.
    for part in ["^concat(h[0]", "[^audio: a, vision: v])"] {
        assert_eq!(query::definition(&loaded.names, place(&loaded, "m.dsl", part, 0)), None, "{part}");
    }
}

#[test]
fn names_inside_the_library_and_in_variants() {
    let loaded = load(CANONICAL);
    let library = |part: &str| defined(&loaded, "std/attention.dsl", part);
    assert!(library("^LayerNorm(").starts_with("block LayerNorm at std/layers.dsl:"), "{}", library("^LayerNorm("));
    // What a variant puts in the place of a binding knows what is known there.
    assert_eq!(defined(&loaded, "m.dsl", "no_semantic { let text_pos = mean(^t)"), "let t at m.dsl:39:7");
    assert_eq!(defined(&loaded, "m.dsl", "mean(t) at ^c.pos }"), "companions c at m.dsl:50:14");
    let known = |part: &str| {
        let found = query::in_scope(&loaded.names, place(&loaded, "m.dsl", part, 0));
        found.into_iter().map(|d| d.name).collect::<Vec<_>>()
    };
    let early = known("no_temporal { let h0 = learned(rows: ^p");
    assert!(early.contains(&"v".to_owned()) && early.contains(&"audio".to_owned()), "{early:?}");
    assert!(!early.contains(&"xs".to_owned()) && !early.contains(&"h0".to_owned()), "{early:?}");
}

#[test]
fn what_is_in_scope() {
    let loaded = load(CANONICAL);
    let known = |part: &str| {
        let found = query::in_scope(&loaded.names, place(&loaded, "m.dsl", part, 0));
        found.into_iter().map(|d| (d.name, d.kind.noun())).collect::<Vec<_>>()
    };
    let has = |known: &[(String, &str)], name: &str| known.iter().any(|(n, _)| n == name);
    let in_block = known("LayerNorm(z^ + FFN(z");
    assert_eq!(in_block[0], ("z".to_owned(), "let"));
    assert_eq!(in_block[1], ("x".to_owned(), "loop variable"));
    for name in ["src", "hb", "h", "streams", "tokens", "n", "d", "Fuse", "MultiCA", "fa"] {
        assert!(has(&in_block, name), "{name}: {in_block:?}");
    }
    for name in ["spread", "audio", "text_pos", "o", "l"] {
        assert!(!has(&in_block, name), "{name}: {in_block:?}");
    }
    let in_model = known("concat(^h[0]");
    assert!(has(&in_model, "xs") && has(&in_model, "audio") && has(&in_model, "y"), "{in_model:?}");
    assert!(!has(&in_model, "score") && !has(&in_model, "l") && !has(&in_model, "streams"), "{in_model:?}");
    // The inner of two is meant.
    let text = "hyper d = 3\nblock F(d: int) -> int { d }\nmodel M { let a = F(d: 4) }\n";
    let loaded = load(text);
    let found = query::in_scope(&loaded.names, place(&loaded, "m.dsl", "{ ^d }", 0));
    let of_d: Vec<&str> = found.iter().filter(|d| d.name == "d").map(|d| d.kind.noun()).collect();
    assert_eq!(of_d, ["parameter"]);
}

#[test]
fn all_occurrences() {
    let loaded = load(CANONICAL);
    let lines = |part: &str, nth| -> Vec<usize> {
        let found = query::occurrences(&loaded.names, place(&loaded, "m.dsl", part, nth));
        found.into_iter().map(|s| loaded.sources.locate(s).unwrap().line).collect()
    };
    assert_eq!(lines("hyper ^refined", 0), [12, 30]);
    assert_eq!(lines("when ^refined", 0), [12, 30]);
    // Bound, read, changed by two variants (and once more by one that inherits).
    assert_eq!(lines("let ^text_pos", 0), [51, 54, 58, 59, 61]);
    // The parameter: its declaration, its uses, the named argument of the call in the model.
    assert_eq!(lines("^tokens: int", 0), [26, 26, 27, 46]);
    // A block of the library: where it is declared, imported and called, in this file and in the library.
    let linear = query::occurrences(&loaded.names, place(&loaded, "m.dsl", "use std::{Bert, ^Linear", 0));
    let files: Vec<String> = linear.iter().map(|s| loaded.sources.locate(*s).unwrap().file).collect();
    assert!(
        files.iter().filter(|f| *f == "m.dsl").count() == 2 && files.contains(&"std/layers.dsl".to_owned()),
        "{files:?}"
    );
}

#[test]
fn types_of_names_and_expressions() {
    let loaded = load(CANONICAL);
    let base = types(&loaded, None);
    let ty = |table: &TypeTable, file: &str, part: &str| {
        query::type_at(table, place(&loaded, file, part, 0)).unwrap().types.join("; ")
    };
    assert_eq!(ty(&base, "m.dsl", "let ^t = text"), "Seq<text>[T, 128]");
    assert_eq!(ty(&base, "m.dsl", "Align(^t, others"), "Seq<text>[T, 128]");
    assert_eq!(ty(&base, "m.dsl", "concat(h^[0]"), "Seq<text>[min(4, T), 128]");
    assert_eq!(ty(&base, "m.dsl", "concat(h[0]^,"), "Vec[128]");
    assert_eq!(ty(&base, "m.dsl", "tokens: keep(l^)"), "int 0 (l = 0); int 1 (l = 1)");
    assert!(
        ty(&base, "std/attention.dsl", "^heads: int").contains("int 8"),
        "{}",
        ty(&base, "std/attention.dsl", "^heads: int")
    );
    // In the variant the binding is another one, and what the base has in its place is not lowered.
    let variant = types(&loaded, Some("no_temporal"));
    assert_eq!(ty(&variant, "m.dsl", "let h0 = ^learned(rows: p"), "Seq<learned>[8, 128]");
    assert_eq!(ty(&variant, "m.dsl", "var ^h  = h0"), "Seq<learned>[8, 128]");
    assert_eq!(query::type_at(&base, place(&loaded, "m.dsl", "let h0 = ^learned(rows: p", 0)), None);
}

#[test]
fn signatures() {
    let loaded = load(CANONICAL);
    let program = loaded.program.as_ref().unwrap();
    let of = |part: &str| query::signature(program, place(&loaded, "m.dsl", part, 0)).unwrap();
    let fuse = of("Fuse(h, streams: ^xs");
    assert_eq!(
        fuse.text,
        "Fuse<n, m>(h: Seq<m>[n, d], streams: [Seq<_>[_, d]], tokens: int) -> (Seq<m>[min(n, tokens), d], like streams)"
    );
    assert_eq!((fuse.parameters[1].as_str(), fuse.active), ("streams: [Seq<_>[_, d]]", Some(1)));
    assert_eq!(of("= Fuse(^h, streams").active, Some(0));
    assert_eq!(of("tokens: keep(^l)").text, "keep(l)");
    let learned = of("learned(rows: ^p");
    assert!(learned.text.starts_with("learned(rows: int, width: int") && learned.active == Some(0), "{learned:?}");
    // The innermost call; what is left of `|>` is not within the call.
    assert!(of("nt_xent(mean(^t), pos").text.starts_with("mean("));
    assert!(of("let t = text   |> Bert(^").text.starts_with("Bert<"), "{:?}", of("Bert()"));
    assert_eq!(query::signature(program, place(&loaded, "m.dsl", "= audio^  |> FrameEncoder", 0)), None);
    // An instance has the parameters of its block.
    let text = "use std::{Linear}\ninput audio : Seq<audio>[Ta, fa]\nmodel M {\n  let f = Linear{out: 3}\n  let a = f(audio)\n}\n";
    let loaded = load(text);
    let program = loaded.program.as_ref().unwrap();
    let instance = query::signature(program, place(&loaded, "m.dsl", "f(^audio)", 0)).unwrap();
    assert!(instance.text.starts_with("Linear(x: ") && instance.active == Some(0), "{instance:?}");
}

#[test]
fn names_are_known_where_a_file_has_faults_or_no_model() {
    let loaded = load("hyper d = 3\nblock F(x: Vec[d]) -> Vec[d] { linear(x, out: ^) }\n".replace('^', "dd").as_str());
    assert!(loaded.program.is_none());
    assert_eq!(defined(&loaded, "m.dsl", "Vec[^d]) ->"), "hyper d at m.dsl:1:7");
    assert!(loaded.diagnostics.iter().any(|d| d.message == "nothing is called `dd` here"), "{:?}", loaded.diagnostics);
}

#[test]
fn fixes_mend_the_fault() {
    let text = "input audio : Seq<audio>[Ta, fa]\nlabel mark : Vec[3]\nmodel M {\n  let a = mean(audoi)\n  let b = 3\n  b = 4\n  let flag = True\n  \
                let c = Linear(a, out: 1, bais: false)\n  let d = linear(a, otu: 1)\n  output score for makr\n  let score = a\n}\n";
    let loaded = load(text);
    let mut found = loaded.diagnostics.clone();
    found.extend(check(loaded.program.as_ref().unwrap(), &Options::default(), &[]).into_sorted());
    let fixed: Vec<String> = found
        .into_sorted()
        .iter()
        .filter_map(|d| {
            let edit = query::fix(d, &loaded.sources)?;
            Some(format!("{} {:?} -> {:?}", d.code, loaded.sources.text(edit.span).unwrap(), edit.text))
        })
        .collect();
    assert_eq!(
        fixed,
        [
            r#"E0518 "Vec[3]" -> "Real""#,
            r#"E0201 "audoi" -> "audio""#,
            r#"E0514 "let" -> "var""#,
            r#"E0201 "True" -> "true""#,
            r#"E0201 "" -> "use std::{Linear}\n""#,
            r#"W0102 "d" -> "_d""#,
            r#"E0502 "otu" -> "out""#,
            r#"E0201 "makr" -> "mark""#,
        ]
    );
}

/// What a variant puts in the place of two bindings of one name is resolved at each of them.
#[test]
fn an_expression_of_a_variant_knows_what_is_known_at_each_of_its_places() {
    let text = "input audio : Seq<audio>[Ta, 8]\nlabel y : Real\nmodel M {\n  var h = mean(audio)\n  \
                for l in 0..2 { let u = linear(h, out: 8)  h = u }\n  for l in 4..6 { let u = linear(h, out: 8)  h = u }\n  \
                let score = linear(h, out: 1) |> scalar()\n  output score for y\n  loss q = square(score - y)\n}\n\
                variant v { let u = h * (l + 1) }\n";
    let loaded = load(text);
    assert!(!loaded.diagnostics.has_errors(), "{:?}", loaded.diagnostics);
    let read = place(&loaded, "m.dsl", "h * (^l", 0);
    assert_eq!(at(&loaded, query::definition(&loaded.names, read).unwrap().span), "m.dsl:5:7");
    let options = Options { variant: Some("v".into()), ..Options::default() };
    let graph = dsc_language::lower::compile(loaded.program.as_ref().unwrap(), &options).graph.unwrap().to_text();
    for factor in ["mul 2 ", "mul 5 ", "mul 6 "] {
        assert!(graph.contains(factor), "{factor}: {graph}");
    }
}

/// Names are looked for in every part of a file, whether anything calls it or not, and each fault comes once.
#[test]
fn every_fault_of_a_name_comes_with_the_file() {
    let text = "hyper d = 3\nhyper e(i) = i + j\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\n\
                block F(x: Vec[d], k: int = later, later: int = e) -> Vec[q] { x }\n\
                model M {\n  let s = linear(mean(audio), out: 1) |> scalar()\n  output s for y\n  loss l = square(s - y)\n}\n\
                variant v { let s = gone }\nvariant w { loss l = square(gone2) }\nvariant u = v { drop l }\n";
    let loaded = load(text);
    let found: Vec<String> = loaded.diagnostics.into_sorted().iter().map(|d| d.message.clone()).collect();
    assert_eq!(
        found,
        [
            "nothing is called `j` here",
            "nothing is called `later` here",
            "`e` is a function of i",
            "nothing is called `q` here",
            "nothing is called `gone` here",
            "nothing is called `gone2` here",
        ]
    );
}
