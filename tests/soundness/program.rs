//! Whole programs: items around a model that is put together of rules, blocks, loops, branches, companions and variants.

use dsc_random::{Key, Stream};
use dsc_recipe::KEYS;

use super::body::{Body, Shared};
use super::rules::{RULES, SMALL};
use super::types::{Generics, Len, Ty, Width};

/// A program with what can be broken in it.
#[derive(Clone, Debug)]
pub struct Generated {
    pub text: String,
    /// The file that it imports, `lib.dsl`.
    pub library: String,
    /// The same program with a usual number in the place of the small ones, if it has any.
    pub usual: Option<String>,
    /// Whether the data may have too few columns for it.
    pub needs_wide_data: bool,
    /// Lines of `text`, counted from 1, each with what to write instead; every one makes it wrong at that line.
    pub mutations: Vec<Mutation>,
}

#[derive(Clone, Debug)]
pub struct Mutation {
    pub line: usize,
    pub instead: String,
    pub what: &'static str,
}

/// A block that the program declares.
#[derive(Clone, Debug)]
struct Block {
    name: String,
    text: Vec<String>,
    /// `Seq<m>[n, w]` and the like.
    params: Vec<Ty>,
    result: Vec<Ty>,
}

/// The program of that number.
pub fn generate(seed: u64, number: u64) -> Generated {
    let mut rng = Key::new(seed).with("program").with(number).stream();
    let mut shared = Shared {
        hypers: vec![("d".into(), [2, 4, 8][rng.below(3) as usize]), ("e".into(), [3, 5, 6][rng.below(3) as usize])],
        ..Shared::default()
    };
    let blocks: Vec<Block> = (0..1 + rng.below(3)).map(|i| block(&mut rng, &mut shared, &format!("B{i}"))).collect();
    let library = block(&mut rng, &mut Shared::default(), "Lib");
    let mut model = Model { second: rng.below(4) == 0, contrast: rng.below(3) == 0, ..Model::default() };
    let mut body = Body::new(&mut rng, &mut shared, "x");
    inputs(&mut body, &mut model);
    let mut callable = blocks.clone();
    callable.push(Block { name: "Guest".into(), ..library.clone() });
    for _ in 0..4 + body.below(10) {
        step(&mut body, &callable);
    }
    finish(&mut body, &mut model);
    let (lines, bound, values) =
        (std::mem::take(&mut body.lines), std::mem::take(&mut body.bound), std::mem::take(&mut body.values));
    drop(body);
    let text = assemble(&mut rng, &shared, &blocks, &model, &lines, &bound);
    let of_usual = |text: &str| SMALL.iter().fold(text.to_owned(), |text, small| text.replace(small, "0.01"));
    let usual = Some(of_usual(&text)).filter(|usual| *usual != text);
    let mutations = super::mutate::all(&mut rng, &text, &bound, &values);
    let library = format!("//! Blocks of another file.\n{}\n", library.text.join("\n"));
    Generated { text, library, usual, needs_wide_data: shared.needs_wide_data, mutations }
}

#[derive(Default)]
struct Model {
    inputs: Vec<String>,
    /// Whether there is a second label with an output and a loss.
    second: bool,
    contrast: bool,
    losses: Vec<String>,
}

fn inputs(b: &mut Body<'_>, model: &mut Model) {
    let stream = |len: &str, m: &str, w: Width| Ty::Seq { len: Len::Name(len.into()), modality: m.into(), width: w };
    model.inputs.push("input audio : Seq<audio>[Ta, fa]".into());
    b.know("audio", stream("Ta", "audio", Width::Name("fa".into())));
    if b.chance(70) {
        model.inputs.push("input vision : Seq<vision>[Tv, 5]".into());
        b.know("vision", stream("Tv", "vision", Width::Num(5)));
    }
    if b.chance(30) {
        // Word-aligned with the audio.
        model.inputs.push("input words : Seq<text>[Ta, fv] from \"text\"".into());
        b.know("words", stream("Ta", "text", Width::Name("fv".into())));
    }
    if b.chance(30) {
        model.inputs.push("input speaker : Vec[fx]".into());
        b.know("speaker", Ty::Vec(Width::Name("fx".into())));
    }
    if b.chance(25) {
        model.inputs.push("input text : Tokens[T]".into());
        let w = b.new_width();
        let (expr, w) = match b.chance(40) {
            true => (format!("text |> {}() |> linear(out: {})", b.import("Bert"), w.text()), w),
            false => (format!("embed(text, rows: encoder.vocab_size, width: {})", w.text()), w),
        };
        b.bind(expr, stream("T", "text", w));
    }
    if b.chance(50) {
        let w = b.new_width();
        let text = b.width_text(&w);
        b.bind(format!("audio |> linear(out: {text}) |> relu()"), stream("Ta", "audio", w));
    }
}

/// One more binding, of some kind.
fn step(b: &mut Body<'_>, blocks: &[Block]) {
    match b.below(20) {
        0..=9 => drop(rule(b)),
        10..=11 => call(b, blocks),
        12 => repeated(b),
        13 => changing(b),
        14 => each(b),
        15 => branch(b),
        16 => instance(b),
        17 => sum(b),
        18 => growing(b),
        _ => {
            if let Some((x, _)) = b.pick(|_| true) {
                b.line(format!("reveal {x}"));
            }
        }
    }
}

/// A binding by one of the rules.
fn rule(b: &mut Body<'_>) -> Option<String> {
    for _ in 0..20 {
        let rule = b.choose(RULES);
        if let Some((expr, ty)) = rule(b) {
            return Some(b.bind(expr, ty));
        }
    }
    None
}

/// A call of a block that takes what there is.
fn call(b: &mut Body<'_>, blocks: &[Block]) {
    let block = b.choose(blocks);
    let (mut g, mut args) = (Generics::default(), Vec::new());
    for (i, param) in block.params.iter().enumerate() {
        let Some((name, ty)) = b.pick(|t| t.kind() == param.kind()) else { return };
        args.push(if i == 0 { name } else { format!("other: {name}") });
        bind_generics(&mut g, param, &ty);
    }
    if b.chance(40) {
        args.push(format!("k: {}", 1 + b.below(3)));
    }
    let expr = format!("{}({})", block.name, args.join(", "));
    let result: Vec<Ty> = block.result.iter().map(|t| t.with(&g)).collect();
    match result.as_slice() {
        [one] => drop(b.bind(expr, one.clone())),
        several => {
            let names: Vec<String> = several.iter().map(|_| b.fresh()).collect();
            // Weights are named by the `let` of one name.
            let pair = b.fresh();
            b.line(format!("let {pair} = {expr}"));
            b.line(format!("let {} = {pair}", names.join(", ")));
            names.into_iter().zip(several).for_each(|(n, t)| b.know(n, t.clone()));
        }
    }
}

fn bind_generics(g: &mut Generics, param: &Ty, ty: &Ty) {
    let mut width = |w: &Width, v: &Width| {
        if let Width::Name(name) = w {
            g.widths.insert(name.clone(), v.clone());
        }
    };
    match (param, ty) {
        (Ty::Vec(w), Ty::Vec(v)) => width(w, v),
        (Ty::Seq { len, modality, width: w }, Ty::Seq { len: l, modality: m, width: v }) => {
            width(w, v);
            if let Len::Name(name) = len {
                g.lens.insert(name.clone(), l.clone());
            }
            g.modalities.insert(modality.clone(), m.clone());
        }
        _ => {}
    }
}

/// What leaves a sequence its type.
fn same_type(b: &mut Body<'_>, x: &str, w: &Width) -> String {
    let heads = b.heads(w);
    match b.below(6) {
        0 => format!("LayerNorm({x})").replace("LayerNorm", b.import("LayerNorm")),
        1 => format!("{}({x}, hidden: 3)", b.import("FFN")),
        2 => format!("{}({x}, heads: {heads}, ff: 2, drop: rate)", b.import("TransformerLayer")),
        3 => format!("{x} + tanh({x})"),
        4 => format!("dropout({x}, p: rate)"),
        _ => format!("{x} + {}({x}, heads: {heads})", b.import("SelfAttention")),
    }
}

/// `for` with a `var` that keeps its type.
fn repeated(b: &mut Body<'_>) {
    let Some((x, len, m, w)) = b.seq() else { return };
    let h = b.fresh();
    let over = b.choose(&["0..depth", "0..2", "0..=1"]);
    let value = same_type(b, &h, &w);
    b.line(format!("var {h} = {x}"));
    // Its weights are those of a `let`, since another loop may call the same block.
    let inner = b.fresh();
    b.line(format!("for l in {over} {{ let {inner} = {value}  {h} = {inner} }}"));
    b.know(h, Ty::Seq { len, modality: m, width: w });
}

/// `for` with a `var` whose dims change.
fn changing(b: &mut Body<'_>) {
    let Some((x, len, m, _)) = b.seq() else { return };
    let h = b.fresh();
    b.line(format!("var {h} = {x}"));
    let ty = match b.chance(50) {
        true => {
            let inner = b.fresh();
            b.line(format!("for l in 0..3 {{ let {inner} = linear({h}, out: 2 + l)  {h} = {inner} }}"));
            Ty::Seq { len, modality: m, width: Width::Num(4) }
        }
        false => {
            let inner = b.fresh();
            b.line(format!(
                "for l in 0..2 {{ let {inner} = linear({h}, out: 3)  {h} = take({inner}, rows: keep(l)) }}"
            ));
            // keep(0) is 8, keep(1) is 4.
            Ty::Seq { len: len.min(8).min(4), modality: m, width: Width::Num(3) }
        }
    };
    let ty = match ty {
        // The checker joins nested minima, which are the same length here too.
        Ty::Seq { len: Len::Min(inner, n), modality, width } => {
            let len = match *inner {
                Len::Min(l, k) => l.min(n.min(k)),
                other => Len::Min(Box::new(other), n),
            };
            Ty::Seq { len, modality, width }
        }
        other => other,
    };
    b.know(h, ty);
}

/// `each` over labelled streams of different types.
fn each(b: &mut Body<'_>) {
    let (Some((x, ..)), Some((y, ..))) = (b.seq(), b.seq()) else { return };
    let list = b.fresh();
    let body =
        b.choose(&["linear(mean(s), out: 4)", "let m = maxpool(s)  linear(m, out: 4)", "mean(linear(s, out: 4))"]);
    b.line(format!("let {list} = each s in [first: {x}, second: {y}] {{ {body} }}"));
    let name = if b.chance(50) { format!("{list}.second") } else { format!("{list}[0]") };
    b.bind(name, Ty::Vec(Width::Num(4)));
    if b.chance(40) {
        b.bind(format!("concat(..each v in {list} {{ relu(v) }})"), Ty::Vec(Width::Num(8)));
    }
}

fn sum(b: &mut Body<'_>) {
    let Some((x, len, m, w)) = b.seq() else { return };
    let (Some((y, ..)), Some((z, ..))) = (b.seq(), b.seq()) else { return };
    let heads = b.heads(&w);
    let name = b.import("CrossAttention");
    b.bind(
        format!("{x} + sum o in [{y}, last: {z}] {{ {name}({x}, from: o, heads: {heads}) }}"),
        Ty::Seq { len, modality: m, width: w },
    );
}

/// `when` whose branches have one type here and may have two elsewhere.
fn branch(b: &mut Body<'_>) {
    let Some((x, len, m, w)) = b.seq() else { return };
    let (one, other) = (same_type(b, &x, &w), same_type(b, &x, &w));
    let cond = b.choose(&["flag", "not flag", "depth > 1", "flag and d > 1", "mode == \"plain\""]);
    b.bind(format!("when {cond} {{ {one} }} else {{ {other} }}"), Ty::Seq { len, modality: m, width: w });
}

/// One instance, called twice.
fn instance(b: &mut Body<'_>) {
    let Some((x, ty)) = b.pick(|t| t.width().is_some()) else { return };
    let Some((y, other)) = b.pick(|t| t.width() == ty.width()) else { return };
    let (shared, hidden) = (b.fresh(), 1 + b.below(4));
    let name = b.import("FFN");
    b.line(format!("let {shared} = {name}{{hidden: {hidden}}}"));
    b.bind(format!("{shared}({x})"), ty);
    b.bind(format!("{shared}({y})"), other);
}

/// A list that grows in a loop: all hidden states.
fn growing(b: &mut Body<'_>) {
    let Some((x, ty)) = b.pick(|t| t.width().is_some()) else { return };
    let hs = b.fresh();
    b.line(format!("var {hs} = [{x}]"));
    b.line(format!("for l in 0..2 {{ {hs} = [..{hs}, relu({hs}[l])] }}"));
    b.bind(format!("sum h in {hs} {{ h }}"), ty);
}

/// Everything that is unread goes into the prediction; output, losses, companions.
fn finish(b: &mut Body<'_>, model: &mut Model) {
    let mut parts: Vec<String> = Vec::new();
    for i in 0..b.values.len() {
        let value = b.values[i].clone();
        if value.read || parts.len() > 8 {
            continue;
        }
        b.values[i].read = true;
        let n = &value.name;
        parts.push(match value.ty {
            Ty::Real => format!("linear(param(shape: [1]) + 0 * {n}, out: 2)"),
            Ty::Vec(_) => n.clone(),
            Ty::Tensor(..) => format!("sum_features({n})"),
            Ty::Seq { .. } => format!("mean({n})"),
        });
    }
    let mut joined: Vec<String> = Vec::new();
    for part in parts {
        // A Real is scaled onto a vector of its own.
        let expr = match part.strip_prefix("linear(param(shape: [1]) + 0 * ").and_then(|r| r.strip_suffix(", out: 2)"))
        {
            Some(real) => {
                let one = b.bind("param(shape: [2])", Ty::Vec(Width::Num(2)));
                format!("scale({one}, by: {real})")
            }
            None => part,
        };
        let v = b.bind(expr, Ty::Vec(Width::Name("?".into())));
        joined.push(v);
    }
    if joined.is_empty() {
        joined.push(b.bind("mean(audio)", Ty::Vec(Width::Name("fa".into()))));
    }
    let mlp = b.import("MLP");
    b.line(format!("let score = concat({}) |> {mlp}(widths: [3, 1]) |> scalar()", joined.join(", ")));
    b.line("output score for y");
    let mse = b.import("mse");
    b.line(format!("loss prediction = {mse}(score, target: y)"));
    model.losses.push("prediction".into());
    if model.second {
        b.line("let other_score = concat(mean(audio), mean(audio)) |> linear(out: 1) |> scalar()");
        b.line("output other_score for z");
        let mae = b.import("mae");
        b.line(format!("loss second = 0.5 * {mae}(other_score, target: z)"));
        model.losses.push("second".into());
    }
    let vector =
        b.values.iter().rev().find(|v| matches!(&v.ty, Ty::Vec(w) if w.num().is_some())).map(|v| v.name.clone());
    let Some(v) = vector else {
        model.contrast = false;
        return;
    };
    if model.contrast {
        b.line(format!(
            "companions c {{ by = [{v}]  class = class(y)  pos = 2  near = 1  far = 1  pool = 4  refresh = 1 }}"
        ));
        let nt_xent = b.import("nt_xent");
        let loss = match b.below(3) {
            0 => format!("loss contrast = 0.1 * {nt_xent}({v}, pos: {v} at c.pos, neg: {v} at c.neg, tau: 0.5)"),
            1 => format!("loss contrast = sum q in {v} at c.neg {{ cosine({v}, with: q) }}"),
            _ => "loss contrast = sum q in audio at c.pos { dot(mean(q), with: mean(audio)) }".to_owned(),
        };
        b.line(loss);
        model.losses.push("contrast".into());
    }
    if b.chance(25) {
        b.line(format!("let logits = matmul({v}, with: transpose(in_batch({v})))"));
        b.line("loss in_step = logsumexp(logits) - own(logits)");
        model.losses.push("in_step".into());
    }
}

/// A block with generics.
fn block(rng: &mut Stream, shared: &mut Shared, name: &str) -> Block {
    let inside = name == "Lib";
    let mut b = Body::new(rng, shared, "u");
    let stream = |n: &str, m: &str, w: &str| Ty::Seq {
        len: Len::Name(n.into()),
        modality: m.into(),
        width: Width::Name(w.into()),
    };
    let shape = b.below(3);
    let (generics, params, written): (&str, Vec<Ty>, &str) = match shape {
        0 => ("n, m, w", vec![stream("n", "m", "w")], "x: Seq<m>[n, w], k: int = 2"),
        1 => (
            "n, m, w, t, r, v",
            vec![stream("n", "m", "w"), stream("t", "r", "v")],
            "x: Seq<m>[n, w], other: Seq<r>[t, v], k: int = 2",
        ),
        _ => ("w", vec![Ty::Vec(Width::Name("w".into()))], "x: Vec[w], k: int = 2"),
    };
    b.know("x", params[0].clone());
    if let Some(other) = params.get(1) {
        b.know("other", other.clone());
    }
    b.bind(
        format!("linear({}, out: k)", if shape == 1 { "other" } else { "x" }),
        match params.last() {
            Some(ty) => ty.with_width(Width::Name("k".into())),
            None => Ty::Real,
        },
    );
    // The width k is that of the call; nothing further is made of it.
    let last = b.values.len() - 1;
    let mut known = b.values.remove(last);
    known.read = true;
    for _ in 0..b.below(4) {
        for _ in 0..20 {
            let rule = b.choose(RULES);
            // What a library block may read of hypers and imports is its own file's.
            let before = (b.shared.imports.len(), b.lines.len(), b.values.len(), b.bound.len());
            let Some((expr, ty)) = rule(&mut b) else { continue };
            let foreign = ["rate", "keep", "d", "e"].iter().any(|h| mentions(&expr, h));
            if inside && (foreign || b.shared.imports.len() > before.0 || b.lines.len() > before.1) {
                b.shared.imports.clear();
                b.lines.truncate(before.1);
                b.values.truncate(before.2);
                b.bound.truncate(before.3);
                continue;
            }
            b.bind(expr, ty);
            break;
        }
    }
    let read = |b: &Body<'_>| b.values.iter().rev().find(|v| v.name != "other").map(|v| (v.name.clone(), v.ty.clone()));
    let (value, ty) = read(&b).unwrap_or_else(|| ("x".into(), params[0].clone()));
    let tuple = b.chance(25);
    let (value, result) = match tuple {
        true => (format!("({value}, x)"), vec![ty, params[0].clone()]),
        false => (value, vec![ty]),
    };
    let stated: Option<Vec<String>> = result.iter().map(Ty::text).collect();
    let arrow = match stated {
        Some(parts) if b.chance(70) => match parts.as_slice() {
            [one] => format!(" -> {one}"),
            several => format!(" -> ({})", several.join(", ")),
        },
        _ => String::new(),
    };
    let mut text = vec![format!("/// A block."), format!("block {name}<{generics}>({written}){arrow} where k > 0 {{")];
    text.append(&mut b.lines);
    text.push(format!("  {value}"));
    text.push("}".into());
    Block { name: name.into(), text, params, result }
}

/// Some keys of a recipe with values that it takes, ordinary ones and such at the ends of their ranges.
fn recipe(rng: &mut Stream) -> String {
    const VALUES: [(&str, &[&str]); 23] = [
        ("epochs", &["1", "2", "100"]),
        ("batch", &["1", "4", "1048576"]),
        ("accumulate", &["1", "3"]),
        (
            "optimizer",
            &["adam(lr: 1e-3)", "adamw(lr: 1e-2)", "adam(lr: 1e-30, eps: 4e-18)", "adamw(lr: 1, weight_decay: 1)"],
        ),
        ("optimizer.lr", &["1e-3", "1e-38", "0.5"]),
        ("optimizer.encoder_lr", &["0", "1e-5", "none"]),
        ("optimizer.weight_decay", &["0", "1e-38", "0.1"]),
        ("optimizer.betas", &["[0, 0]", "[0.9, 0.999]", "[0.99999999, 0.9999999999]", "[0, 0.9999999999999999]"]),
        ("optimizer.eps", &["1e-8", "4e-18", "2e-11", "1"]),
        ("warmup", &["none", "1 epochs", "3 steps", "0.5 fraction", "0 epochs"]),
        ("decay", &["none", "linear"]),
        ("clip", &["none", "1", "1e-38", "1e30"]),
        ("select", &["min mae", "max corr"]),
        ("seeds", &["1", "2"]),
        ("seed", &["0", "7"]),
        ("encoder", &["\"demo\""]),
        ("class", &["exact", "round"]),
        ("family", &["sims", "mosi", "regression"]),
        ("standardize", &["none", "train"]),
        ("nonfinite", &["error", "zero"]),
        ("padding", &["auto", "end", "front"]),
        ("max_tokens", &["3", "50", "128"]),
        ("recompute", &["none", "attention", "blocks"]),
    ];
    let mut out = Vec::new();
    for (key, values) in VALUES {
        if rng.below(4) == 0 {
            out.push(format!("{key} = {}", values[rng.below(values.len() as u64) as usize]));
        }
    }
    // Any other key by its example.
    for key in KEYS.iter().filter(|key| VALUES.iter().all(|(name, _)| *name != key.name)) {
        if rng.below(4) == 0 {
            out.push(key.example.to_owned());
        }
    }
    // The words of keys that look alike go by `optimizer` first.
    out.join("  ")
}

fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|w| w == name)
}

fn assemble(
    rng: &mut Stream,
    shared: &Shared,
    blocks: &[Block],
    model: &Model,
    lines: &[String],
    bound: &[super::body::Bound],
) -> String {
    let mut out: Vec<String> = vec!["//! A program of the generator.".into()];
    let imports: Vec<&str> = shared.imports.iter().copied().collect();
    if !imports.is_empty() {
        out.push(format!("use std::{{{}}}", imports.join(", ")));
    }
    out.push("use \"lib.dsl\"::{Lib as Guest}".into());
    let [d, e] = [0, 1].map(|i| shared.hypers[i].1);
    out.push(format!("hyper d = {d} in 1..=8"));
    out.push(format!("hyper e = {e} where e + d < 20"));
    out.push("hyper depth = 1 in 0..=3".into());
    out.push("hyper flag = true".into());
    out.push("hyper mode = \"plain\" in [\"plain\", \"other\"]".into());
    out.push("hyper rate = 0.1 in 0.0..0.9".into());
    out.push("hyper keep(l) = max(1, 8 // (2**l))".into());
    out.extend(model.inputs.iter().cloned());
    out.push("label y : Real".into());
    if model.second {
        out.push("label z : Real from \"second\"".into());
    }
    blocks.iter().for_each(|b| out.extend(b.text.iter().cloned()));
    out.push("model M {".into());
    out.extend(lines.iter().cloned());
    out.push("}".into());
    out.push(format!("variant deeper {{ set depth = {} }}", rng.below(4)));
    out.push("variant other = deeper { set flag = false  set mode = \"other\" }".into());
    if let Some(last) = model.losses.last().filter(|_| model.losses.len() > 1) {
        out.push(format!("variant without {{ drop {last} }}"));
    }
    out.push("variant harder { loss prediction = abs(score - y) }".into());
    if !bound.is_empty() {
        let change = &bound[rng.below(bound.len() as u64) as usize];
        if !matches!(&change.ty, Ty::Vec(Width::Name(w)) if w == "?")
            && change.expr.starts_with(|c: char| c.is_ascii_lowercase())
        {
            out.push(format!("variant bound {{ let {} = 2 * ({}) }}", change.name, change.expr));
        }
    }
    let called = |b: &&Block| lines.iter().any(|l| l.contains(&format!("{}(", b.name)));
    if let Some(block) = blocks.iter().find(called).filter(|b| b.result.len() == 1) {
        let mut text = block.text.clone();
        let value = text.len() - 2;
        text[value] = format!("  2 * {}", text[value].trim_start());
        out.push("variant block_changed {".into());
        out.extend(text.iter().skip(1).cloned());
        out.push("}".into());
    }
    if !shared.names_data_widths {
        out.push("variant narrow { input audio : Seq<audio>[Ta, 3] }".into());
    }
    out.push(format!("recipe demo {{ {}  set depth = {} }}", recipe(rng), rng.below(3)));
    out.push("recipe sims = demo { epochs = 3  optimizer = adam(lr: 1e-3) }".into());
    out.push("expect params < 900M".into());
    out.push(String::new());
    out.join("\n")
}
