//! What is written on items and beside tensors.

use super::Options;
use super::plan::Plans;
use super::scene::{Item, Kind, ROOT, Scene};
use crate::count;
use dsc_graph::dims::{Atom, Dim};

/// Steps of shading; each is a factor of ten.
pub const SHADES: i64 = 6;

/// What dims count as in shading where no data are bound: only orders of magnitude matter there.
const NOMINAL: i64 = 100;

/// What is written on one item.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// The first line: name and which of several it is.
    pub title: String,
    /// `×12` for equal turns.
    pub times: String,
    /// The second line of what is closed: attributes and parameters.
    pub note: String,
    /// In the head of an open box, behind its name: the counts.
    pub head: String,
    /// Beside each of its tensors: name and type.
    pub outs: Vec<String>,
    /// Beside each tensor that comes into the open box: the argument's name.
    pub ins: Vec<String>,
    /// Shown when it is pointed at, in lines: name, path, type, counts, place.
    pub tip: String,
    /// 0 to [`SHADES`].
    pub shade: i64,
}

/// The labels of all items.
pub fn labels(scene: &Scene, plans: &Plans, options: &Options<'_>) -> Vec<Labels> {
    let cost = |item: &Item| {
        let count = item.macs.as_ref().unwrap_or(&item.params);
        let known = options.dims.and_then(|d| count.eval(d));
        known.or_else(|| count.eval(&|_: &Atom| Some(NOMINAL))).unwrap_or_default()
    };
    let most = scene.item(ROOT).map_or(0, cost);
    (0..scene.items.len())
        .filter_map(|id| scene.item(id).map(|item| (id, item)))
        .map(|(id, item)| of(scene, plans, options, id, item, shade(cost(item), most)))
        .collect()
}

fn of(scene: &Scene, plans: &Plans, options: &Options<'_>, id: usize, item: &Item, shade: i64) -> Labels {
    let params = format!("{} params", short(&item.params, options));
    // A formula of multiply-adds is too long for a box; pointing at it shows it.
    let macs = item.macs.as_ref().and_then(|m| options.dims.and_then(|d| m.eval(d)).or_else(|| m.as_const()));
    let macs = macs.filter(|n| *n > 0).map(|n| format!("{} macs", count::short(n)));
    let dead = item.dead != Dim::from(0);
    let mut notes: Vec<String> = Vec::new();
    let (sign, note) = plain(item);
    notes.extend((!note.is_empty()).then_some(note));
    let counts: Vec<String> = (item.params != Dim::from(0)).then_some(params).into_iter().chain(macs).collect();
    notes.extend(counts.iter().cloned());
    notes.extend(dead.then(|| match item.dead == item.params {
        true => "dead".to_owned(),
        false => format!("{} dead", short(&item.dead, options)),
    }));
    let title = match (item.title.as_str(), item.tag.as_str()) {
        (title, "") => title.to_owned(),
        ("", tag) => tag.to_owned(),
        (title, tag) => format!("{title}  {tag}"),
    };
    let parent = item.parent.unwrap_or(ROOT);
    let out = |tensor: &usize| {
        let ty = scene.item(*tensor).and_then(|t| t.ty.clone()).unwrap_or_default();
        match scene.name(*tensor, parent) {
            Some(name) => format!("{name}: {ty}"),
            None => ty,
        }
    };
    let argument = |tensor: &usize| scene.argument(*tensor, id).unwrap_or_default().to_owned();
    let is_box = !item.children.is_empty();
    Labels {
        title: sign.unwrap_or(title),
        times: if item.times > 1 { format!("\u{d7}{}", item.times) } else { String::new() },
        note: notes.join(", "),
        head: if is_box { counts.join(", ") } else { String::new() },
        outs: plans.outs.get(id).into_iter().flatten().map(out).collect(),
        ins: if is_box { plans.ins.get(id).into_iter().flatten().map(argument).collect() } else { Vec::new() },
        tip: tip(item, options),
        shade,
    }
}

/// A shorter title than the operation's name, if it has one, and the attributes that are worth a line.
fn plain(item: &Item) -> (Option<String>, String) {
    let words: Vec<&str> = item.note.split(' ').collect();
    match (item.kind, item.title.as_str(), words.as_slice()) {
        (Kind::Op, "row", [row]) => (Some(format!("[{row}]")), String::new()),
        (Kind::Op, "affine", ["mul", mul, "add", "0"]) => (Some(format!("\u{d7} {mul}")), String::new()),
        (Kind::Op, "affine", ["mul", "1", "add", add]) => (Some(format!("+ {add}")), String::new()),
        (Kind::Op, "const", [value]) => (Some((*value).to_owned()), String::new()),
        // The constant of norms is the same everywhere; pointing at the box shows it.
        (_, _, ["eps", _]) => (None, String::new()),
        _ => (symbol(item).map(str::to_owned), item.note.clone()),
    }
}

/// Small operations are drawn as signs.
pub fn symbol(item: &Item) -> Option<&'static str> {
    match (item.kind, item.title.as_str()) {
        (Kind::Op, "add") => Some("+"),
        (Kind::Op, "sub") => Some("\u{2212}"),
        (Kind::Op, "mul" | "scale") => Some("\u{d7}"),
        (Kind::Op, "div") => Some("\u{f7}"),
        _ => None,
    }
}

fn tip(item: &Item, options: &Options<'_>) -> String {
    let mut lines = vec![match item.kind {
        Kind::Dead => format!("{}: no output and no loss reaches these parameters", item.title),
        _ => item.title.clone(),
    }];
    lines.extend((!item.path.is_empty()).then(|| item.path.clone()));
    lines.extend((!item.tag.is_empty()).then(|| item.tag.clone()));
    lines.extend((!item.note.is_empty()).then(|| item.note.clone()));
    lines.extend((item.times > 1).then(|| format!("{} equal turns, drawn once", item.times)));
    let drawn_once = item.nodes.len().saturating_sub(1);
    let many = item.times == 1 && drawn_once > 0;
    lines.extend(many.then(|| format!("{} operations, drawn once", item.nodes.len())));
    lines.extend(item.ty.clone());
    lines.extend(
        (item.params != Dim::from(0)).then(|| format!("{} parameters", count::text(&item.params, options.dims))),
    );
    lines
        .extend((item.dead != Dim::from(0)).then(|| format!("{} of them dead", count::text(&item.dead, options.dims))));
    lines.extend(item.macs.as_ref().map(|m| format!("{} multiply-adds per sample", count::text(m, options.dims))));
    lines.extend(item.place.clone());
    lines.join("\n")
}

/// A count in few letters: `18.2k`, `128*fa + 66.0k`.
fn short(count: &Dim, options: &Options<'_>) -> String {
    match options.dims.and_then(|d| count.eval(d)).or_else(|| count.as_const()) {
        Some(n) => count::short(n),
        None => {
            let word = |w: &str| w.parse().map_or_else(|_| w.to_owned(), count::short);
            count.to_string().split(' ').map(word).collect::<Vec<_>>().join(" ")
        }
    }
}

/// The step of shading of a cost: the darkest is for the whole model's and what is at least a tenth of it.
fn shade(cost: i64, most: i64) -> i64 {
    if cost <= 0 {
        return 0;
    }
    let mut step = SHADES;
    let mut cost = cost;
    while step > 1 && cost < most / 10 + i64::from(most % 10 > 0) {
        cost = cost.saturating_mul(10);
        step -= 1;
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_shading_is_a_factor_of_ten() {
        let steps = [0, 1, 10, 100, 999, 1_000, 100_000, 1_000_000].map(|n| shade(n, 1_000_000));
        assert_eq!(steps, [0, 1, 2, 3, 3, 4, 6, 6]);
    }
}
