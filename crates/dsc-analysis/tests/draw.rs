//! Pictures: their content, that nothing in them covers anything else, and that they are well formed. No browser.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use dsc_analysis::Costs;
use dsc_analysis::draw::scene::{Kind, ROOT};
use dsc_analysis::draw::{Options as Look, Picture};
use dsc_data::card;
use dsc_graph::{Graph, NodeId, Op};
use dsc_language::EmbeddedWorld;
use dsc_language::lower::{Options, compile};
use dsc_language::sema::program::Program;
use dsc_syntax::source::MemoryWorld;

fn compiled(text: &str, variant: Option<&str>) -> Graph {
    let loaded = Program::load_text(&MemoryWorld::new(), "model.dsl", text);
    let encoder = card::encoder("bert-base-uncased").unwrap().config.statics();
    let options = Options { variant: variant.map(str::to_owned), encoder, ..Options::default() };
    let compiled = compile(&loaded.program.unwrap(), &options);
    assert!(!compiled.diagnostics.has_errors(), "{:#?}", compiled.diagnostics);
    compiled.graph.unwrap().without_dead_nodes()
}

fn stock(name: &str) -> Graph {
    compiled(EmbeddedWorld::model(name).unwrap(), None)
}

/// Every stock model and every variant of it.
fn all_models() -> Vec<Graph> {
    let mut out = Vec::new();
    for (name, text) in EmbeddedWorld::models() {
        let loaded = Program::load_text(&MemoryWorld::new(), name, text);
        out.push(compiled(text, None));
        out.extend(loaded.program.unwrap().variants.keys().map(|v| compiled(text, Some(v))));
    }
    out
}

fn picture(graph: &Graph, depth: Option<usize>) -> Picture {
    Picture::new(graph, &Look { depth, ..Look::default() })
}

/// A model with parameters that nothing reads, in the model, in a block and as a whole call.
const DEAD: &str = "
use std::{Linear, FFN, MLP, FrameEncoder, CrossAttention, mse}
hyper d = 16
input audio : Seq<audio>[Ta, fa]
input vision : Seq<vision>[Tv, fv]
label y : Real
block Two<n, m>(a: Seq<m>[n, 16], b: Seq<_>[_, 16]) -> (Seq<m>[n, 16], Seq<m>[n, 16]) {
  let one = a + CrossAttention(a, from: b, heads: 2)
  let other = FFN(one, hidden: 32)
  (one, other)
}
model Dead {
  let a = audio |> Linear(out: d)
  let v = vision |> Linear(out: d)
  let x, lost = Two(a, b: v)
  let gone = FrameEncoder(v, width: d, heads: 2, ff: 8, layers: 3)
  let rows = learned(rows: 3, width: d)
  let score = mean(x) |> MLP(widths: [8, 1]) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}";

// ---- what is drawn ----

#[test]
fn every_live_node_is_drawn_exactly_once_or_lies_in_a_closed_box() {
    for graph in all_models() {
        for depth in [None, Some(1), Some(2), Some(99)] {
            let picture = picture(&graph, depth);
            let mut drawn: Vec<NodeId> = Vec::new();
            let mut open = vec![ROOT];
            while let Some(id) = open.pop() {
                let item = picture.scene.item(id).unwrap();
                drawn.extend(&item.nodes);
                for child in &item.children {
                    assert_eq!(picture.scene.item(*child).unwrap().parent, Some(id));
                    open.push(*child);
                }
            }
            drawn.sort_unstable();
            let live = graph.nodes().filter(|(_, n)| !matches!(n.op, Op::Param(_))).map(|(id, _)| id);
            assert_eq!(drawn, live.collect::<Vec<_>>(), "{} {depth:?}", graph.name);
            // What is shown is in the picture once, what is not shown not at all.
            let svg = picture.svg();
            let shown: BTreeSet<usize> = (0..picture.scene.items.len())
                .filter(|id| *id != ROOT && picture.scene.item(*id).unwrap().parent.is_some())
                .filter(|id| picture.shown(*id) == *id)
                .collect();
            for id in 1..picture.scene.items.len() {
                let times = svg.matches(&format!("id=\"i{id}\"")).count();
                assert_eq!(times, usize::from(shown.contains(&id)), "{} {depth:?} item {id}", graph.name);
            }
        }
    }
}

#[test]
fn parameters_and_costs_of_boxes_add_up_to_the_models() {
    for graph in all_models() {
        let macs = Costs::of(&graph).multiply_adds();
        let picture = Picture::new(&graph, &Look { macs: Some(&macs), ..Look::default() });
        let root = picture.scene.item(ROOT).unwrap();
        let (all, dead) = dsc_analysis::count::parameters(&graph);
        assert_eq!((&root.params, &root.dead), (&all, &dead), "{}", graph.name);
        let sum = macs.iter().fold(dsc_graph::dims::Dim::from(0), |sum, n| sum.plus(n));
        assert_eq!(root.macs, Some(sum), "{}", graph.name);
    }
}

/// Title and count of every item that represents several turns.
fn repeated(picture: &Picture) -> Vec<(String, usize)> {
    let items = picture.scene.items.iter().filter(|i| i.parent.is_some() && i.times > 1);
    items.map(|i| (i.title.clone(), i.times)).collect()
}

#[test]
fn equal_turns_are_drawn_once_with_their_count() {
    let text = repeated(&picture(&stock("unimodal/text"), None));
    assert_eq!(text, [("BertLayer".to_owned(), 12)]);
    let dash = picture(&stock("dashfusion"), None);
    let of = |title: &str| repeated(&dash).into_iter().filter(|(t, _)| t == title).map(|(_, n)| n).collect::<Vec<_>>();
    assert_eq!((of("BertLayer"), of("TransformerLayer")), (vec![12], vec![2, 2]));
    // The two fusion layers have bottlenecks of different sizes.
    assert_eq!(of("Fuse"), Vec::<usize>::new());
    assert_eq!(dash.scene.items.iter().filter(|i| i.parent.is_some() && i.title == "Fuse").count(), 2);
    assert!(!dash.svg().contains(">BertLayer"), "closed by default");
    assert!(picture(&stock("unimodal/text"), Some(2)).svg().contains("\u{d7}12"));
}

#[test]
fn turns_that_differ_are_drawn_each() {
    let model = |body: &str| {
        compiled(
            &format!(
                "use std::{{Linear, MLP, mse}}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {{\n  let x = audio |> Linear(out: 8)\n  var h = x\n  {body}\n  let score = mean(h) |> MLP(widths: [1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}}"
            ),
            None,
        )
    };
    let count = |body: &str| repeated(&picture(&model(body), None)).iter().map(|(_, n)| *n).collect::<Vec<_>>();
    assert_eq!(count("for l in 0..4 { h = Linear(h, out: 8) |> relu() }"), [4]);
    // Another width, another reader of the state before, another operation.
    assert_eq!(count("for l in 1..4 { h = Linear(h, out: 8 * l) |> relu() }"), Vec::<usize>::new());
    assert_eq!(count("for l in 0..3 { h = relu(Linear(h, out: 8)) + when l == 1 { x } else { h } }"), [2]);
    assert_eq!(
        count("for l in 0..3 { h = when l == 2 { tanh(Linear(h, out: 8)) } else { relu(Linear(h, out: 8)) } }"),
        [2]
    );
    // What stays the same in each turn may be read from outside.
    assert_eq!(count("for l in 0..3 { h = relu(Linear(h, out: 8)) + x }"), [3]);
}

#[test]
fn dead_parameters_companions_outputs_and_losses_are_marked() {
    let dead = picture(&compiled(DEAD, None), None);
    let marked: BTreeMap<&str, String> = dead
        .scene
        .items
        .iter()
        .filter(|i| i.kind == Kind::Dead)
        .map(|i| (i.path.as_str(), i.dead.to_string()))
        .collect();
    assert_eq!(marked.keys().copied().collect::<Vec<_>>(), ["gone.frame_encoder", "rows.rows", "two.other.ffn"]);
    assert_eq!(marked["rows.rows"], "48");
    assert_eq!(dead.svg().matches("<g class=\"dead\"").count(), 3);
    assert_eq!(dead.dot().matches("style=\"dashed,rounded\"").count(), 3);

    let dash = picture(&stock("dashfusion"), None);
    let svg = dash.svg();
    for (class, n) in [("input", 3), ("label", 1), ("output", 1), ("loss", 2), ("companions", 1)] {
        assert_eq!(svg.matches(&format!("<g class=\"{class}\"")).count(), n, "{class}");
    }
    // Values at companions are dashed, all others are not.
    let views = dash.scene.items.iter().filter(|i| i.view && i.parent.is_some()).count();
    assert_eq!(views, 8, "two groups for each of four anchors");
    assert!(svg.contains("marker-end=\"url(#view-tip)\"") && svg.contains("at a companion"));
    let late = picture(&stock("late_fusion"), None).svg();
    assert!(!late.contains("marker-end=\"url(#view-tip)\"") && !late.contains("at a companion"));
}

#[test]
fn tensors_carry_names_and_types_and_blocks_their_arguments() {
    let svg = picture(&stock("dashfusion"), None).svg();
    for text in [
        "a: Seq&lt;audio&gt;[Ta + 1, 128]",
        "hl: Seq&lt;text&gt;[min(8, T), 128]",
        "score: Real",
        ">others.audio<",
        ">streams.vision<",
        ">Tokens[T]<",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(!svg.contains("@companions") && !svg.contains("T@"), "companions' lengths are those of their type");
}

#[test]
fn depth_opens_levels_and_the_files_own_blocks_are_open_by_default() {
    let graph = stock("dashfusion");
    let open = |depth: Option<usize>| {
        let picture = picture(&graph, depth);
        let titles = picture.scene.items.iter().enumerate().filter(|(id, i)| picture.open[*id] && i.parent.is_some());
        titles.map(|(_, i)| i.title.clone()).collect::<BTreeSet<_>>()
    };
    let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<BTreeSet<_>>();
    // The untitled ones are turns of a loop of the model.
    assert_eq!(open(None), names(&["", "Align", "Fuse"]));
    assert_eq!(open(Some(1)), names(&[]));
    assert!(open(Some(2)).is_superset(&names(&["Align", "Fuse", "Bert", "FrameEncoder", "MLP"])));
    assert!(!open(Some(2)).contains("BertLayer") && open(Some(3)).contains("BertLayer"));
}

// ---- that it can be read ----

#[derive(Clone, Debug)]
struct Rect {
    what: String,
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl Rect {
    fn meets(&self, other: &Rect) -> bool {
        let apart = 0.4;
        self.x + self.w > other.x + apart
            && other.x + other.w > self.x + apart
            && self.y + self.h > other.y + apart
            && other.y + other.h > self.y + apart
    }

    fn holds(&self, (x, y): (f64, f64)) -> bool {
        let edge = 1.5;
        x > self.x + edge && x < self.x + self.w - edge && y > self.y + edge && y < self.y + self.h - edge
    }
}

fn attribute<'a>(line: &'a str, name: &str) -> &'a str {
    let start = line.find(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{name} in {line}")) + name.len() + 3;
    &line[start..start + line[start..].find('"').unwrap()]
}

fn number(line: &str, name: &str) -> f64 {
    attribute(line, name).parse().unwrap()
}

/// The corners of an edge.
type Line = Vec<(f64, f64)>;

/// Closed boxes and what is written outside of them, and the ways of tensors as points.
fn parts(svg: &str) -> (Vec<Rect>, Vec<Rect>, Vec<Line>) {
    let (mut boxes, mut texts, mut wires) = (Vec::new(), Vec::new(), Vec::new());
    let body = &svg[svg.find("class=\"name\"").unwrap()..];
    // Where the groups that are open begin.
    let mut origins = vec![(0.0, 0.0)];
    for line in body.lines() {
        let (dx, dy) = *origins.last().unwrap();
        if line.starts_with("<g ") {
            let at = attribute(line, "transform").strip_prefix("translate(").unwrap().strip_suffix(')').unwrap();
            let (x, y) = at.split_once(' ').unwrap();
            origins.push((dx + x.parse::<f64>().unwrap(), dy + y.parse::<f64>().unwrap()));
        } else if line == "</g>" {
            origins.pop();
        } else if line.starts_with("<rect class=\"box") {
            boxes.push(Rect {
                what: line.into(),
                x: dx + number(line, "x"),
                y: dy + number(line, "y"),
                w: number(line, "width"),
                h: number(line, "height"),
            });
        } else if line.starts_with("<text class=\"type\"") {
            let text = line[line.find('>').unwrap() + 1..]
                .trim_end_matches("</text>")
                .replace("&lt;", "<")
                .replace("&gt;", ">");
            let width = text.chars().count() as f64 * 6.02;
            texts.push(Rect {
                what: text,
                x: dx + number(line, "x") - width / 2.0,
                y: dy + number(line, "y") - 8.0,
                w: width,
                h: 10.0,
            });
        } else if line.starts_with("<path class=\"wire") {
            wires.push(points(attribute(line, "d")).into_iter().map(|(x, y)| (dx + x, dy + y)).collect());
        }
    }
    assert_eq!(origins.len(), 1, "groups are closed");
    (boxes, texts, wires)
}

/// Points along a path of M, V, H, L and C.
fn points(path: &str) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    let mut rest = path;
    while let Some(command) = rest.chars().next() {
        let end = rest[1..].find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |i| i + 1);
        let n: Vec<f64> = rest[1..end].split(' ').map(|n| n.parse().unwrap()).collect();
        let (x, y) = out.last().copied().unwrap_or_default();
        let line = |to: (f64, f64)| {
            (1..=24).map(move |i| f64::from(i) / 24.0).map(move |t| (x + (to.0 - x) * t, y + (to.1 - y) * t))
        };
        match command {
            'M' => out.push((n[0], n[1])),
            'V' => out.extend(line((x, n[0])).collect::<Vec<_>>()),
            'H' => out.extend(line((n[0], y)).collect::<Vec<_>>()),
            'L' => out.extend(line((n[0], n[1])).collect::<Vec<_>>()),
            'C' => out.extend((1..=48).map(|i| f64::from(i) / 48.0).map(|t| {
                let (a, b, c, d) = ((1.0 - t).powi(3), 3.0 * (1.0 - t).powi(2) * t, 3.0 * (1.0 - t) * t * t, t.powi(3));
                (a * x + b * n[0] + c * n[2] + d * n[4], a * y + b * n[1] + c * n[3] + d * n[5])
            })),
            other => panic!("{other} in {path}"),
        }
        rest = &rest[end..];
    }
    out
}

#[test]
fn nothing_covers_anything_and_no_tensor_runs_through_a_box() {
    let mut graphs = all_models();
    graphs.push(compiled(DEAD, None));
    for graph in graphs {
        for depth in [None, Some(1), Some(2), Some(3), Some(99)] {
            let svg = picture(&graph, depth).svg();
            let (boxes, words, wires) = parts(&svg);
            assert!(boxes.len() > 5 && words.len() > 5 && wires.len() > 5, "{}", graph.name);
            // The second sheet of a repeated box is meant to be covered by the first.
            let sheets: Vec<&Rect> = boxes
                .iter()
                .zip(boxes.iter().skip(1))
                .filter(|(a, b)| (a.x - b.x - 3.0).abs() < 1e-6 && (a.y - b.y + 3.0).abs() < 1e-6)
                .map(|(a, _)| a)
                .collect();
            let solid: Vec<&Rect> = boxes.iter().filter(|b| !sheets.iter().any(|s| std::ptr::eq(*s, *b))).collect();
            for (i, a) in solid.iter().enumerate() {
                for b in solid.iter().skip(i + 1) {
                    assert!(!a.meets(b), "{} {depth:?}: {} and {}", graph.name, a.what, b.what);
                }
            }
            for (i, a) in words.iter().enumerate() {
                for b in words.iter().skip(i + 1) {
                    assert!(!a.meets(b), "{} {depth:?}: `{}` and `{}`", graph.name, a.what, b.what);
                }
                for b in &solid {
                    assert!(!a.meets(b), "{} {depth:?}: `{}` and {}", graph.name, a.what, b.what);
                }
            }
            for wire in &wires {
                for b in solid.iter().copied().chain(&words) {
                    let inside = wire.iter().find(|p| b.holds(**p));
                    assert!(inside.is_none(), "{} {depth:?}: a tensor at {inside:?} in {}", graph.name, b.what);
                }
            }
        }
    }
}

#[test]
fn tensors_run_downwards() {
    for graph in all_models() {
        let (_, _, wires) = parts(&picture(&graph, Some(99)).svg());
        let up = wires.iter().filter(|w| w.windows(2).any(|p| p[1].1 < p[0].1 - 0.01)).count();
        assert_eq!(up, 0, "{}", graph.name);
    }
}

// ---- that it is well formed ----

/// A small reader of XML: tags are balanced, attributes quoted and unique, entities known.
fn check_xml(text: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut rest = text;
    let mut roots = 0;
    while let Some(start) = rest.find('<') {
        check_entities(&rest[..start]);
        assert!(!open.is_empty() || rest[..start].trim().is_empty(), "text outside of all tags");
        let end = start + rest[start..].find('>').unwrap();
        let tag = &rest[start + 1..end];
        assert!(!tag.contains('<'), "{tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
        } else {
            let closed = tag.ends_with('/');
            let tag = tag.trim_end_matches('/');
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            roots += usize::from(open.is_empty());
            let mut left = attributes.trim();
            let mut seen = BTreeSet::new();
            while !left.is_empty() {
                let (key, after) = left.split_once("=\"").unwrap_or_else(|| panic!("{tag}"));
                assert!(key.chars().all(|c| c.is_alphanumeric() || c == '-' || c == ':') && seen.insert(key), "{tag}");
                let (value, after) = after.split_once('"').unwrap();
                check_entities(value);
                left = after.trim_start();
            }
            if !closed {
                open.push(name.to_owned());
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.trim().is_empty() && roots == 1, "{open:?} {roots}");
}

fn check_entities(text: &str) {
    for part in text.split('&').skip(1) {
        let name = part.split(';').next().unwrap();
        assert!(["amp", "lt", "gt", "quot"].contains(&name), "&{name}");
    }
}

#[test]
fn svg_is_well_formed() {
    for graph in all_models() {
        for depth in [None, Some(99)] {
            check_xml(&picture(&graph, depth).svg());
        }
    }
}

#[test]
fn names_that_mean_something_in_a_format_are_only_names() {
    let mut graph = stock("unimodal/audio");
    graph.name = "<b>&\"\\ </script><script>alert(1)</script>".into();
    let picture = picture(&graph, None);
    check_xml(&picture.svg());
    check_dot(&picture.dot());
    assert_eq!(picture.html().matches("</script>").count(), 2, "the page's own two");
    assert!(!picture.html().contains("<b>"));
}

/// Reads the language of Graphviz as far as pictures use it; the nodes and edges.
fn check_dot(text: &str) -> (BTreeSet<String>, Vec<(String, String)>) {
    let mut tokens: Vec<String> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                let mut word = String::from("\"");
                loop {
                    match chars.next().expect("a string ends") {
                        '\\' => word.extend(chars.next()),
                        '"' => break,
                        '\n' => panic!("a line ends within a string"),
                        c => word.push(c),
                    }
                }
                tokens.push(word);
            }
            '-' if chars.peek() == Some(&'>') => {
                chars.next();
                tokens.push("->".into());
            }
            c if c.is_whitespace() => {}
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '.') {
                    word.push(c);
                }
                tokens.push(word);
            }
            c => tokens.push(c.into()),
        }
    }
    let (mut nodes, mut edges) = (BTreeSet::new(), Vec::new());
    let mut at = 0;
    let expect = |at: &mut usize, token: &str| {
        assert_eq!(tokens[*at], token, "token {at}");
        *at += 1;
    };
    expect(&mut at, "digraph");
    assert!(tokens[at].starts_with('"'));
    at += 1;
    expect(&mut at, "{");
    let mut depth = 1;
    while depth > 0 {
        match tokens[at].as_str() {
            "}" => {
                depth -= 1;
                at += 1;
            }
            "subgraph" => {
                assert!(tokens[at + 1].starts_with("cluster_"));
                at += 2;
                expect(&mut at, "{");
                depth += 1;
            }
            _ => {
                let name = tokens[at].clone();
                at += 1;
                let mut is_assignment = false;
                match tokens[at].as_str() {
                    "->" => {
                        edges.push((name, tokens[at + 1].clone()));
                        at += 2;
                    }
                    "=" => {
                        is_assignment = true;
                        at += 2;
                    }
                    _ if ["graph", "node", "edge"].contains(&name.as_str()) => {}
                    _ => assert!(nodes.insert(name.clone()), "{name} twice"),
                }
                if !is_assignment {
                    expect(&mut at, "[");
                    loop {
                        assert!(tokens[at].chars().all(|c| c.is_alphabetic()), "{}", tokens[at]);
                        at += 1;
                        expect(&mut at, "=");
                        at += 1;
                        match tokens[at].as_str() {
                            "," => at += 1,
                            _ => break,
                        }
                    }
                    expect(&mut at, "]");
                }
                expect(&mut at, ";");
            }
        }
    }
    assert_eq!(at, tokens.len());
    (nodes, edges)
}

#[test]
fn dot_parses_and_its_edges_join_its_nodes() {
    for graph in all_models() {
        for depth in [None, Some(1), Some(99)] {
            let (nodes, edges) = check_dot(&picture(&graph, depth).dot());
            assert!(edges.iter().all(|(a, b)| nodes.contains(a) && nodes.contains(b) && a != b), "{}", graph.name);
            let joined: BTreeSet<&String> = edges.iter().flat_map(|(a, b)| [a, b]).collect();
            assert_eq!(joined.len(), nodes.len(), "{}: every node is connected", graph.name);
        }
    }
}

#[test]
fn the_page_is_one_file_that_loads_nothing() {
    for name in ["dashfusion", "unimodal/audio"] {
        let picture = picture(&stock(name), None);
        let page = picture.html();
        for word in ["http", "src=", "href=", "@import", "fetch(", "XMLHttpRequest", "import(", "{{"] {
            assert!(!page.contains(word), "{word}");
        }
        let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let items = data["items"].as_array().unwrap();
        assert_eq!(items.len(), picture.scene.items.len());
        for (id, item) in items.iter().enumerate().filter(|(_, i)| !i.is_null()) {
            assert_eq!(item["plan"].is_null(), !picture.scene.is_box(id), "each box has a plan, open or closed");
            assert_eq!(page.matches(&format!("id=\"i{id}\"")).count(), usize::from(id != ROOT), "each item is drawn");
            if picture.scene.is_box(id) {
                assert_eq!(item["open"], picture.open[id]);
                assert!((1..=3).contains(&item["layouts"].as_array().unwrap().len()));
                let rows = item["plan"]["rows"].as_array().unwrap();
                for layout in item["layouts"].as_array().unwrap() {
                    assert_eq!(layout["lefts"].as_array().unwrap().len(), rows.len());
                    for (lefts, widths) in
                        layout["lefts"].as_array().unwrap().iter().zip(layout["widths"].as_array().unwrap())
                    {
                        let at = |list: &serde_json::Value, i: usize| list[i].as_f64().unwrap();
                        let n = lefts.as_array().unwrap().len();
                        assert!(
                            (1..n).all(|i| at(lefts, i) - at(lefts, i - 1) - at(widths, i - 1) > 19.0),
                            "{name} {id}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_picture_is_always_the_same() {
    for name in ["dashfusion", "late_fusion"] {
        let (a, b) = (picture(&stock(name), None), picture(&stock(name), None));
        assert_eq!((a.svg(), a.dot(), a.html()), (b.svg(), b.dot(), b.html()));
    }
}

#[test]
fn small_models() {
    insta::assert_snapshot!("draw_audio_svg", picture(&stock("unimodal/audio"), None).svg());
    insta::assert_snapshot!("draw_late_fusion_dot", picture(&stock("late_fusion"), Some(2)).dot());
}

#[test]
fn a_graph_without_regions_is_drawn_flat() {
    let mut graph = stock("late_fusion");
    let lives = graph.len();
    graph.regions.clear();
    graph.names.clear();
    let picture = picture(&graph, None);
    check_xml(&picture.svg());
    assert!(picture.scene.items.iter().all(|i| i.parent.is_none_or(|p| p == ROOT)), "{lives}");
}
