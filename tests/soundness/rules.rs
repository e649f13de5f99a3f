//! One rule per primitive and standard block: what it takes of a body, how the call is written, what it gives.
//!
//! A rule gives nothing where the body has no operand for it. The names of all primitives have to be here: the report
//! of the soundness test counts their uses and fails where one is missing.

use super::body::Body;
use super::types::{Len, Ty, Width};
use dsc_graph::primitives::Unary;

/// How a call is written, and its type.
type Made = Option<(String, Ty)>;

pub type Rule = fn(&mut Body<'_>) -> Made;

fn any(b: &mut Body<'_>) -> Option<(String, Ty)> {
    b.pick(|_| true)
}

/// A value with at least one axis.
fn wide(b: &mut Body<'_>) -> Option<(String, Ty, Width)> {
    let (x, ty) = b.pick(|t| t.width().is_some())?;
    let w = ty.width()?.clone();
    Some((x, ty, w))
}

fn seq(len: Len, modality: impl Into<String>, width: Width) -> Ty {
    Ty::Seq { len, modality: modality.into(), width }
}

pub const RULES: &[Rule] = &[
    elementwise,
    elementwise,
    curve,
    affine,
    binary,
    binary,
    extremum,
    linear,
    linear,
    layer_norm,
    attention,
    attention,
    dropout,
    positions,
    sinusoid,
    learned,
    take,
    row,
    pool,
    pool,
    concat_time,
    concat_features,
    scalar,
    reduce,
    reduce,
    vectors,
    logsumexp,
    add_row,
    scale,
    param,
    conv1d,
    recurrent,
    recurrent,
    last_state,
    shift,
    reverse,
    skip,
    downsample,
    dense,
    softmax,
    normalize,
    einsum,
    einsum,
    outer,
    matmul,
    transpose,
    flatten,
    reshape,
    slice,
    split,
    stack,
    repeat,
    append,
    mul_row,
    grad_reverse,
    library_layer,
    library_attention,
    library_layer,
    statics,
    rows_of_data,
    constants,
];

/// Numbers near 0, down to the smallest that is accepted, and one below. What a program makes of them is compared with what it makes of a
/// usual one.
pub const SMALL: [&str; 5] = ["1e-20", "1e-25", "1e-30", "1.2e-38", "1e-44"];

fn rows_of_data(b: &mut Body<'_>) -> Made {
    let (x, len, m, w) = b.seq()?;
    let rows = b.data_rows()?;
    // Its length is that of nothing else.
    let kept = Len::Name(format!("min({}, {rows})", len.text().unwrap_or_else(|| "?".into())));
    b.bind(format!("take({x}, rows: {rows})"), seq(kept, m, w.clone()));
    let last = b.values.len() - 1;
    let name = b.values[last].name.clone();
    b.values[last].read = true;
    Some((format!("mean({name})"), Ty::Vec(w)))
}

fn constants(b: &mut Body<'_>) -> Made {
    let (x, ty, _) = wide(b)?;
    // What 32 bits do not hold is refused.
    let small = if b.chance(5) { SMALL[4] } else { b.choose(&SMALL[..4]) };
    Some(match b.below(10) {
        0 => (format!("{x} * {small}"), ty),
        1 => (format!("{x} / (abs({x}) + {small})"), ty),
        2 | 3 => (format!("layer_norm({x}, eps: {small})"), ty),
        4 => (format!("normalize({x}, eps: {small})"), ty),
        5 => (format!("leaky_relu({x}, slope: {small})"), ty),
        6 => (format!("elu({x}, alpha: {small})"), ty),
        7 => (format!("clamp({x}, min: {small}, max: 2)"), ty),
        8 => (format!("dropout({x}, p: {small})"), ty),
        _ if ty.is_seq() => (format!("stdpool({x}, eps: {small})"), Ty::Vec(ty.width()?.clone())),
        _ => (format!("scale({x}, by: {small})"), ty),
    })
}

fn elementwise(b: &mut Body<'_>) -> Made {
    let (x, ty) = any(b)?;
    let functions: Vec<&str> = Unary::ALL.iter().map(|f| f.name()).chain(["stop_grad"]).collect();
    let f = b.choose(&functions);
    Some(match (f, b.below(3)) {
        // Kept off their poles, as a user would.
        ("log" | "sqrt", _) => (format!("{f}(abs({x}) + 0.1)"), ty),
        (_, 0) => (format!("{x} |> {f}()"), ty),
        _ => (format!("{f}({x})"), ty),
    })
}

fn curve(b: &mut Body<'_>) -> Made {
    let (x, ty) = any(b)?;
    Some(match b.below(5) {
        0 => (format!("leaky_relu({x}, slope: 0.2)"), ty),
        1 => (format!("elu({x})"), ty),
        2 => (format!("clamp({x}, min: -1, max: 2.5)"), ty),
        3 => (format!("clamp({x}, max: 3)"), ty),
        _ => (format!("pow(abs({x}) + 0.5, exponent: 1.5)"), ty),
    })
}

fn affine(b: &mut Body<'_>) -> Made {
    let (x, ty) = any(b)?;
    let forms = ["0.5 * ", "2 - ", "1 + ", "-"];
    Some(match b.below(6) {
        4 => (format!("{x} / 2"), ty),
        5 => (format!("{x} ** 2"), ty),
        i => (format!("{}{x}", forms[i]), ty),
    })
}

fn binary(b: &mut Body<'_>) -> Made {
    let (x, ty) = any(b)?;
    let (y, _) = b.pick(|t| *t == ty)?;
    Some(match b.below(5) {
        0 => (format!("{x} - {y}"), ty),
        1 => (format!("{x} * {y}"), ty),
        2 => (format!("{x} / (abs({y}) + 1)"), ty),
        _ => (format!("{x} + {y}"), ty),
    })
}

fn extremum(b: &mut Body<'_>) -> Made {
    let (x, ty) = any(b)?;
    let (y, _) = b.pick(|t| *t == ty)?;
    let f = b.choose(&["minimum", "maximum"]);
    Some((format!("{f}({x}, with: {y})"), ty))
}

fn linear(b: &mut Body<'_>) -> Made {
    let (x, ty, _) = wide(b)?;
    let w = b.new_width();
    let out = b.width_text(&w);
    Some(match b.below(3) {
        0 => (format!("{x} |> linear(out: {out})"), ty.with_width(w)),
        1 => (format!("linear({x}, out: {out}, bias: false)"), ty.with_width(w)),
        _ => (format!("linear({x}, out: {out})"), ty.with_width(w)),
    })
}

fn layer_norm(b: &mut Body<'_>) -> Made {
    let (x, ty, _) = wide(b)?;
    Some((if b.chance(50) { format!("layer_norm({x})") } else { format!("layer_norm({x}, eps: 1e-6)") }, ty))
}

fn attention(b: &mut Body<'_>) -> Made {
    let (q, qlen, m, _) = b.seq()?;
    let (k, klen, km, _) = b.seq()?;
    let (w, e) = (b.new_width(), b.new_width());
    let (wt, et) = (b.width_text(&w), b.width_text(&e));
    let common = |w: &Width, e: &Width| match (w, e) {
        (Width::Num(a), Width::Num(b)) => (1..=*a).filter(|h| a % h == 0 && b % h == 0).collect::<Vec<_>>(),
        _ => vec![1],
    };
    let heads = b.choose(&common(&w, &e));
    let same = qlen == klen;
    // Keys and values that all heads share have the columns of one head.
    let shared = heads > 1 && b.chance(30);
    let of_head = |width: &Width, text: &str| match width {
        Width::Num(n) if shared => (Width::Num(n / heads), (n / heads).to_string()),
        _ => (width.clone(), text.to_owned()),
    };
    let ((kw, kt), (vw, vt)) = (of_head(&w, &wt), of_head(&e, &et));
    let bias = b.choose(&["", ", bias: false"]);
    let (q, k, v) = (
        b.bind(format!("linear({q}, out: {wt})"), seq(qlen.clone(), m.clone(), w)),
        b.bind(format!("linear({k}, out: {kt}, bias: false)"), seq(klen.clone(), km.clone(), kw)),
        b.bind(format!("linear({k}, out: {vt}{bias})"), seq(klen, km, vw)),
    );
    let known = b.values.len();
    b.values[known - 3..].iter_mut().for_each(|v| v.read = true);
    let mut call = format!("attention({q}, key: {k}, value: {v}, heads: {heads}");
    match b.below(6) {
        0 => call += ", drop: 0.3",
        1 => call += ", scale: 0.7",
        2 => call += ", causal: true",
        3 => call += ", causal: true, offset: 1",
        4 if same => call += ", window: 2",
        _ => {}
    }
    if shared {
        call += ", shared: true";
    }
    Some((call + ")", seq(qlen, m, e)))
}

fn dropout(b: &mut Body<'_>) -> Made {
    let (x, ty) = any(b)?;
    Some((if b.chance(50) { format!("dropout({x}, p: 0.25)") } else { format!("dropout({x}, p: rate)") }, ty))
}

fn positions(b: &mut Body<'_>) -> Made {
    let (x, len, m, _) = b.seq()?;
    let w = b.new_width();
    let out = b.width_text(&w);
    let init = b.choose(&["", ", init: \"zeros\"", ", init: \"ones\"", ", std: 0.1", ", rows: 60"]);
    Some((format!("positions({x}, width: {out}{init})"), seq(len, m, w)))
}

fn sinusoid(b: &mut Body<'_>) -> Made {
    let (x, len, m, _) = b.seq()?;
    let w = b.new_width();
    let out = b.width_text(&w);
    Some((format!("sinusoid({x}, width: {out})"), seq(len, m, w)))
}

fn learned(b: &mut Body<'_>) -> Made {
    let (w, n) = (b.new_width(), 1 + b.below(4) as i64);
    let out = b.width_text(&w);
    Some((format!("learned(rows: {n}, width: {out})"), seq(Len::Fixed(n), "learned", w)))
}

fn take(b: &mut Body<'_>) -> Made {
    let (x, len, m, w) = b.seq()?;
    let n = 1 + b.below(4) as i64;
    Some((
        if b.chance(50) { format!("take({x}, rows: {n})") } else { format!("{x} |> take(rows: {n})") },
        seq(len.min(n), m, w),
    ))
}

fn row(b: &mut Body<'_>) -> Made {
    let (x, len, _, w) = b.seq()?;
    let i = match len.fixed() {
        Some(n) => b.below(n as usize) as i64,
        None => b.choose(&[0, -1]),
    };
    Some((format!("{x}[{i}]"), Ty::Vec(w)))
}

fn pool(b: &mut Body<'_>) -> Made {
    let (x, _, _, w) = b.seq()?;
    let f = b.choose(&["mean", "maxpool", "minpool", "sumpool", "stdpool", "lsepool"]);
    Some((format!("{f}({x})"), Ty::Vec(w)))
}

fn concat_time(b: &mut Body<'_>) -> Made {
    let (x, xl, xm, w) = b.seq()?;
    let (y, ty) = b.pick(|t| matches!(t, Ty::Seq { width, .. } if *width == w))?;
    let Ty::Seq { len: yl, modality: ym, .. } = ty else { return None };
    let generic = |m: &str| m.len() == 1;
    let m = match () {
        // What a generic modality becomes is not known here.
        () if xm != ym && (generic(&xm) || generic(&ym)) => return None,
        () if xm == ym || ym == "learned" => xm,
        () if xm == "learned" => ym,
        () => "joint".to_owned(),
    };
    Some((format!("concat({x}, {y})"), seq(xl.sum(yl), m, w)))
}

fn concat_features(b: &mut Body<'_>) -> Made {
    let (x, ty) = b.pick(|t| matches!(t, Ty::Seq { width: Width::Num(_), .. } | Ty::Vec(Width::Num(_))))?;
    let same = |t: &Ty| match (t, &ty) {
        (Ty::Seq { len, width: Width::Num(_), .. }, Ty::Seq { len: l, .. }) => len == l,
        (Ty::Vec(Width::Num(_)), Ty::Vec(_)) => true,
        _ => false,
    };
    let (y, other) = b.pick(same)?;
    let w = Width::Num(ty.width()?.num()? + other.width()?.num()?);
    // Widths must not grow without end.
    if w.num()? > 24 {
        return None;
    }
    Some((
        if ty.is_seq() { format!("concat({x}, {y}, along: \"features\")") } else { format!("concat({x}, {y})") },
        ty.with_width(w),
    ))
}

fn scalar(b: &mut Body<'_>) -> Made {
    let x = b.vec_of(&Width::Num(1))?;
    Some((format!("scalar({x})"), Ty::Real))
}

fn reduce(b: &mut Body<'_>) -> Made {
    let (x, ty, _) = wide(b)?;
    let f = b.choose(&["sum_features", "mean_features", "max_features", "min_features", "norm"]);
    Some(match ty {
        Ty::Vec(_) => (format!("{f}({x})"), Ty::Real),
        Ty::Tensor(a, _) => (format!("{f}({x})"), Ty::Vec(a)),
        other => (format!("{f}({x}, keep: true)"), other.with_width(Width::Num(1))),
    })
}

fn vectors(b: &mut Body<'_>) -> Made {
    let (x, w) = b.vec()?;
    let y = b.vec_of(&w)?;
    let f = b.choose(&["cosine", "dot"]);
    Some((format!("{f}({x}, with: {y})"), Ty::Real))
}

fn logsumexp(b: &mut Body<'_>) -> Made {
    if b.chance(50) {
        let (x, _) = b.vec()?;
        return Some((format!("logsumexp({x})"), Ty::Real));
    }
    let (x, y) = (b.real()?, b.real()?);
    Some((format!("logsumexp([{x}, {y}])"), Ty::Real))
}

fn add_row(b: &mut Body<'_>) -> Made {
    let (x, ty, w) = wide(b)?;
    let row = b.vec_of(&w)?;
    Some((format!("add_row({x}, row: {row})"), ty))
}

fn mul_row(b: &mut Body<'_>) -> Made {
    let (x, ty, w) = wide(b)?;
    let row = b.vec_of(&w)?;
    Some((format!("mul_row({x}, row: {row})"), ty))
}

fn scale(b: &mut Body<'_>) -> Made {
    if b.chance(50) {
        let (x, len, m, w) = b.seq()?;
        let gate = b.bind(format!("sigmoid(linear({x}, out: 1))"), seq(len.clone(), m.clone(), Width::Num(1)));
        return Some((format!("scale({x}, by: {gate})"), seq(len, m, w)));
    }
    let (x, ty) = any(b)?;
    let by = b.real()?;
    Some((format!("scale({x}, by: {by})"), ty))
}

fn param(b: &mut Body<'_>) -> Made {
    let (a, c) = (b.new_width(), b.new_width());
    let (at, ct) = (b.width_text(&a), b.width_text(&c));
    let init = b.choose(&["", ", init: \"ones\"", ", init: \"zeros\"", ", std: 0.3"]);
    Some(match b.below(3) {
        0 => (format!("param(shape: []{init})"), Ty::Real),
        1 => (format!("param(shape: [{at}]{init})"), Ty::Vec(a)),
        _ => (format!("param(shape: [{at}, {ct}]{init})"), Ty::Tensor(a, c)),
    })
}

fn conv1d(b: &mut Body<'_>) -> Made {
    let (x, len, m, _) = b.seq()?;
    let w = b.new_width();
    let (out, kernel) = (b.width_text(&w), 1 + b.below(4));
    Some(match b.below(4) {
        0 => (format!("conv1d({x}, out: {out}, kernel: {kernel}, causal: true)"), seq(len, m, w)),
        1 => (format!("conv1d({x}, out: {out}, kernel: {kernel}, dilation: 2, bias: false)"), seq(len, m, w)),
        2 => (format!("conv1d({x}, out: {out}, kernel: {kernel}, stride: 2)"), seq(len.over(2), m, w)),
        _ => (format!("conv1d({x}, out: {out}, kernel: {kernel})"), seq(len, m, w)),
    })
}

fn recurrent(b: &mut Body<'_>) -> Made {
    let (x, len, m, _) = b.seq()?;
    let f = b.choose(&["gru", "lstm", "rnn"]);
    let hidden = 1 + b.below(4) as i64;
    Some(match b.chance(70) {
        true => (format!("{f}({x}, hidden: {hidden}, bidirectional: true)"), seq(len, m, Width::Num(2 * hidden))),
        false => (format!("{f}({x}, hidden: {hidden})"), seq(len, m, Width::Num(hidden))),
    })
}

fn last_state(b: &mut Body<'_>) -> Made {
    let (x, len, m, _) = b.seq()?;
    let h = b.bind(format!("gru({x}, hidden: 2, bidirectional: true)"), seq(len, m, Width::Num(4)));
    Some((format!("last_state({h})"), Ty::Vec(Width::Num(4))))
}

fn shift(b: &mut Body<'_>) -> Made {
    let (x, ty) = b.pick(Ty::is_seq)?;
    let by = b.choose(&[1, 2, -1, 9]);
    Some((format!("shift({x}, by: {by})"), ty))
}

fn reverse(b: &mut Body<'_>) -> Made {
    let (x, ty) = b.pick(Ty::is_seq)?;
    Some((format!("reverse({x})"), ty))
}

fn skip(b: &mut Body<'_>) -> Made {
    let (x, len, m, w) = b.seq()?;
    if m != "learned" && b.chance(50) {
        let text = b.width_text(&w);
        let cls = b.bind(format!("learned(rows: 1, width: {text})"), seq(Len::Fixed(1), "learned", w.clone()));
        let more = b.bind(format!("concat({cls}, {x})"), seq(len.clone().plus(1), m.clone(), w.clone()));
        return Some((format!("skip({more}, rows: 1)"), seq(len, m, w)));
    }
    let (x, ty) = b.pick(|t| matches!(t, Ty::Seq { len: Len::Plus(..) | Len::Fixed(2..), .. }))?;
    let Ty::Seq { len, modality, width } = ty else { return None };
    let len = match len {
        Len::Plus(l, 1) => *l,
        other => other.minus(1),
    };
    Some((format!("skip({x}, rows: 1)"), seq(len, modality, width)))
}

fn downsample(b: &mut Body<'_>) -> Made {
    let (x, len, m, w) = b.seq()?;
    let by = 2 + b.below(3) as i64;
    let with = b.choose(&["", ", with: \"max\"", ", with: \"mean\""]);
    Some((format!("downsample({x}, by: {by}{with})"), seq(len.over(by), m, w)))
}

fn dense(b: &mut Body<'_>) -> Made {
    let (x, len, m, w) = b.seq()?;
    if b.chance(50) {
        return Some((format!("dense({x}, to: \"data\")"), seq(len.most(), m, w)));
    }
    Some((format!("dense({x})"), seq(len.longest(), m, w)))
}

fn softmax(b: &mut Body<'_>) -> Made {
    let f = b.choose(&["softmax", "log_softmax"]);
    let (x, ty, _) = wide(b)?;
    let over = if ty.is_seq() && b.chance(50) { "time" } else { "features" };
    Some((format!("{f}({x}, over: \"{over}\")"), ty))
}

fn normalize(b: &mut Body<'_>) -> Made {
    let (x, ty, _) = wide(b)?;
    Some((format!("normalize({x})"), ty))
}

fn einsum(b: &mut Body<'_>) -> Made {
    match b.below(5) {
        0 => {
            let ((x, v), (y, w)) = (b.vec()?, b.vec()?);
            Some((format!("einsum({x}, {y}, spec: \"i,j -> ij\")"), Ty::Tensor(v, w)))
        }
        1 => {
            let (x, len, _, w) = b.seq()?;
            let (y, ty) = b.pick(|t| matches!(t, Ty::Seq { len: l, .. } if *l == len))?;
            Some((format!("einsum({x}, {y}, spec: \"ti,tj -> ij\")"), Ty::Tensor(w, ty.width()?.clone())))
        }
        2 => {
            let (x, len, m, w) = b.seq()?;
            let y = b.vec_of(&w)?;
            Some((format!("einsum({x}, {y}, spec: \"ti,i -> ti\")"), seq(len, m, w)))
        }
        3 => {
            let (x, _, _, w) = b.seq()?;
            Some((format!("einsum({x}, spec: \"ti -> i\")"), Ty::Vec(w)))
        }
        _ => {
            let (x, ty) = b.pick(|t| matches!(t, Ty::Tensor(..)))?;
            let Ty::Tensor(a, c) = ty else { return None };
            let y = b.vec_of(&c)?;
            Some((format!("einsum({x}, {y}, spec: \"ij,j -> i\")"), Ty::Vec(a)))
        }
    }
}

fn outer(b: &mut Body<'_>) -> Made {
    let ((x, v), (y, w)) = (b.vec()?, b.vec()?);
    Some((format!("outer({x}, with: {y})"), Ty::Tensor(v, w)))
}

fn matmul(b: &mut Body<'_>) -> Made {
    let (x, ty, w) = wide(b)?;
    let out = b.new_width();
    let (wt, ot) = (b.width_text(&w), b.width_text(&out));
    let table = b.bind(format!("param(shape: [{wt}, {ot}])"), Ty::Tensor(w, out.clone()));
    Some((format!("matmul({x}, with: {table})"), ty.with_width(out)))
}

fn tensor(b: &mut Body<'_>) -> Option<(String, Width, Width)> {
    match b.pick(|t| matches!(t, Ty::Tensor(..)))? {
        (x, Ty::Tensor(a, c)) => Some((x, a, c)),
        _ => None,
    }
}

fn transpose(b: &mut Body<'_>) -> Made {
    let (x, a, c) = tensor(b)?;
    Some((format!("transpose({x})"), Ty::Tensor(c, a)))
}

fn flatten(b: &mut Body<'_>) -> Made {
    if b.chance(50) {
        let table = b.bind("param(shape: [2, 3])", Ty::Tensor(Width::Num(2), Width::Num(3)));
        return Some((format!("flatten({table})"), Ty::Vec(Width::Num(6))));
    }
    let (x, a, c) = tensor(b)?;
    let w = Width::Num(a.num()? * c.num()?);
    (w.num()? <= 36).then(|| (format!("flatten({x})"), Ty::Vec(w)))
}

fn reshape(b: &mut Body<'_>) -> Made {
    let (x, ty) = b.pick(|t| matches!(t, Ty::Vec(Width::Num(_))))?;
    let n = ty.width()?.num()?;
    let parts: Vec<i64> = (1..=n).filter(|k| n % k == 0).collect();
    let k = b.choose(&parts);
    Some((format!("reshape({x}, shape: [{k}, {}])", n / k), Ty::Tensor(Width::Num(k), Width::Num(n / k))))
}

fn slice(b: &mut Body<'_>) -> Made {
    let (x, ty) = b.pick(|t| t.width().and_then(Width::num).is_some_and(|n| n > 1))?;
    let n = ty.width()?.num()?;
    let from = b.below(n as usize) as i64;
    let to = from + 1 + b.below((n - from) as usize) as i64;
    Some((format!("slice({x}, from: {from}, to: {to})"), ty.with_width(Width::Num(to - from))))
}

fn split(b: &mut Body<'_>) -> Made {
    let (x, ty) = b.pick(|t| t.width().and_then(Width::num).is_some_and(|n| n % 2 == 0))?;
    let half = Width::Num(ty.width()?.num()? / 2);
    let i = b.below(2);
    Some((format!("split({x}, parts: 2)[{i}]"), ty.with_width(half)))
}

fn stack(b: &mut Body<'_>) -> Made {
    let (x, w) = b.vec()?;
    let (y, z) = (b.vec_of(&w)?, b.vec_of(&w)?);
    Some(match b.chance(50) {
        true => (format!("stack([{x}, {y}, {z}])"), seq(Len::Fixed(3), "joint", w)),
        false => (format!("stack([{x}, {y}], modality: \"audio\")"), seq(Len::Fixed(2), "audio", w)),
    })
}

fn repeat(b: &mut Body<'_>) -> Made {
    let ((v, w), (x, len, m, _)) = (b.vec()?, b.seq()?);
    Some((format!("repeat({v}, like: {x})"), seq(len, m, w)))
}

fn append(b: &mut Body<'_>) -> Made {
    let (x, ty) = b.pick(|t| t.width().and_then(Width::num).is_some_and(|n| n < 12))?;
    let n = ty.width()?.num()?;
    Some((format!("append({x}, value: 1)"), ty.with_width(Width::Num(n + 1))))
}

fn grad_reverse(b: &mut Body<'_>) -> Made {
    let (x, ty) = any(b)?;
    Some((format!("grad_reverse({x}, by: 0.5)"), ty))
}

/// Numbers that are known at compile time, as arguments.
fn statics(b: &mut Body<'_>) -> Made {
    let (x, len, m, w) = b.seq()?;
    let n = 1 + b.below(3) as i64;
    Some(match b.below(4) {
        0 => (format!("take({x}, rows: min({n}, 7))"), seq(len.min(n), m, w)),
        1 => (format!("take({x}, rows: max(1, {n}))"), seq(len.min(n), m, w)),
        2 => (format!("take({x}, rows: len([{x}, {x}]))"), seq(len.min(2), m, w)),
        _ => (format!("take({x}, rows: keep(1))"), seq(len.min(4), m, w)),
    })
}

fn library_layer(b: &mut Body<'_>) -> Made {
    let (x, ty, _) = wide(b)?;
    let hidden = 1 + b.below(6);
    Some(match b.below(5) {
        0 => {
            let name = b.import("Linear");
            let out = b.new_width();
            (format!("{x} |> {name}(out: {})", b.width_text(&out)), ty.with_width(out))
        }
        1 => (format!("{}({x})", b.import("LayerNorm")), ty),
        2 => (format!("{}({x}, hidden: {hidden}, drop: rate)", b.import("FFN")), ty),
        3 => {
            let name = b.import("MLP");
            let out = b.new_width();
            (format!("{name}({x}, widths: [{hidden}, {}])", b.width_text(&out)), ty.with_width(out))
        }
        _ => {
            let name = b.import("FrameEncoder");
            let (n, len, m, _) = b.seq()?;
            let (width, layers) = (b.new_width(), b.below(2));
            let heads = b.heads(&width);
            let text = b.width_text(&width);
            (
                format!("{name}({n}, width: {text}, heads: {heads}, ff: {hidden}, layers: {layers})"),
                seq(len.plus(1), m, width),
            )
        }
    })
}

fn library_attention(b: &mut Body<'_>) -> Made {
    let (x, len, m, w) = b.seq()?;
    let heads = b.heads(&w);
    let ty = seq(len, m, w);
    Some(match b.below(4) {
        0 => {
            let (y, ..) = b.seq()?;
            (format!("{}({x}, from: {y}, heads: {heads})", b.import("CrossAttention")), ty)
        }
        1 => (format!("{}({x}, heads: {heads}, drop: rate)", b.import("SelfAttention")), ty),
        2 => (format!("{}({x}, heads: {heads}, ff: 3)", b.import("TransformerLayer")), ty),
        _ => {
            let ((y, ..), (z, ..)) = (b.seq()?, b.seq()?);
            (format!("{}({x}, streams: [first: {y}, {z}], heads: {heads})", b.import("MultiCA")), ty)
        }
    })
}
