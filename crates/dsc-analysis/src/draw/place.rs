//! Coordinates: sizes from the words, rows one below the other, and in each row the places nearest to those of the
//! neighbours. `page.js` does the same in the browser; the numbers are shared by [`METRICS`].

use std::collections::BTreeMap;

use super::plan::{Plan, Plans, Slot, Wire};
use super::scene::{Kind, ROOT, Scene};
use super::words::{Words, symbol};

/// Measures, in pixels. Letters are those of a monospaced font, so that a word's width is known without one.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Metrics {
    /// Width of a letter of a title, at 12 px.
    pub letter: f64,
    /// Width of a letter of anything else, at 10 px.
    pub small: f64,
    /// Left and right of words.
    pub pad: f64,
    /// Height of a title.
    pub line: f64,
    /// Height of a small line.
    pub note: f64,
    /// Around the inside of an open box.
    pub margin: f64,
    /// Between two things in a row.
    pub apart: f64,
    /// Width of a lane.
    pub lane: f64,
    /// Between two rows, at least and at most.
    pub gap: [f64; 2],
    /// Between two tensors of one item, at least.
    pub port: f64,
    /// For the mark of what can be opened.
    pub mark: f64,
    /// Rounds of moving things to their neighbours.
    pub rounds: usize,
}

/// The measures.
pub const METRICS: Metrics = Metrics {
    letter: 7.3,
    small: 6.1,
    pad: 9.0,
    line: 22.0,
    note: 14.0,
    margin: 14.0,
    apart: 20.0,
    lane: 8.0,
    gap: [22.0, 90.0],
    port: 14.0,
    mark: 10.0,
    rounds: 30,
};

/// What an item takes up: its box and the words of its tensors below it. All but sizes are relative to its left upper
/// corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Left edge of the box.
    pub left: f64,
    /// Its width.
    pub box_width: f64,
    /// Its height.
    pub box_height: f64,
    /// Where tensors come in, at its upper edge.
    pub ins: Vec<f64>,
    /// Where they leave.
    pub outs: Vec<f64>,
    /// How far below its upper edge the words of a tensor end.
    pub ends: Vec<f64>,
}

/// The inside of an open box, relative to the left upper corner of the inside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Room {
    /// Left edges, by row and place.
    pub lefts: Vec<Vec<f64>>,
    /// Upper edges of rows.
    pub tops: Vec<f64>,
    /// Heights of rows.
    pub heights: Vec<f64>,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A picture's coordinates.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// By item; none for what is not shown.
    pub cells: Vec<Option<Cell>>,
    /// By item; none for what is not open.
    pub rooms: Vec<Option<Room>>,
}

/// Lays out a scene in which `open` boxes show what they hold.
pub fn layout(scene: &Scene, plans: &Plans, words: &[Words], open: &[bool]) -> Layout {
    let n = scene.items.len();
    let mut layout = Layout { cells: vec![None; n], rooms: vec![None; n] };
    let mut order = vec![ROOT];
    let mut next = 0;
    while let Some(id) = order.get(next).copied() {
        if open.get(id) == Some(&true) {
            order.extend(scene.item(id).into_iter().flat_map(|i| i.children.iter().copied()));
        }
        next += 1;
    }
    // What a box holds comes before the box.
    for id in order.into_iter().rev() {
        let Some(own) = words.get(id) else { continue };
        let plan = plans.of.get(id).and_then(Option::as_ref).filter(|_| open.get(id) == Some(&true));
        let cell = match plan {
            Some(plan) => {
                let room = room(plan, &layout.cells, own);
                let cell =
                    opened(plan, &room, own, &layout.cells, scene.item(id).is_some_and(|i| i.kind == Kind::Model));
                layout.rooms.iter_mut().skip(id).take(1).for_each(|slot| *slot = Some(room.clone()));
                cell
            }
            None => {
                let sign = scene.item(id).is_some_and(|i| symbol(i).is_some());
                let ins = plans.ins.get(id).map_or(0, Vec::len);
                closed(own, ins, (sign, scene.is_box(id)))
            }
        };
        layout.cells.iter_mut().skip(id).take(1).for_each(|slot| *slot = Some(cell.clone()));
    }
    layout
}

fn width(text: &str, letter: f64) -> f64 {
    text.chars().count() as f64 * letter
}

/// The cell of an operation or a closed box.
fn closed(words: &Words, ins: usize, (sign, is_box): (bool, bool)) -> Cell {
    let m = METRICS;
    let times = if words.times.is_empty() { 0.0 } else { width(&words.times, m.letter) + m.pad };
    let title = width(&words.title, m.letter) + times;
    let outs = words.outs.len();
    let longest = words.outs.iter().map(|t| width(t, m.small)).fold(0.0, f64::max);
    // The words of several tensors stand in two rows, turn by turn.
    let step = if outs > 1 { (longest / 2.0 + m.port / 2.0).max(m.port) } else { 0.0 };
    let spread = step * outs.saturating_sub(1) as f64;
    let wants = [
        title.max(width(&words.note, m.small)) + 2.0 * m.pad + if is_box { m.mark } else { 0.0 },
        ins as f64 * m.port,
        if outs > 1 { spread + m.port } else { 0.0 },
        if sign { m.line + 6.0 } else { 0.0 },
    ];
    let box_width = wants.into_iter().fold(0.0, f64::max);
    let box_height = m.line + if words.note.is_empty() { 0.0 } else { m.note - 2.0 };
    let width = box_width.max(spread + longest);
    let left = (width - box_width) / 2.0;
    let rows = [0, 1, 2].get(outs).copied().unwrap_or(2);
    Cell {
        width,
        height: box_height + rows as f64 * m.note + if rows > 0 { 6.0 } else { 0.0 },
        left,
        box_width,
        box_height,
        ins: (0..ins).map(|i| left + box_width * (i as f64 + 0.5) / ins as f64).collect(),
        outs: (0..outs).map(|i| width / 2.0 - spread / 2.0 + step * i as f64).collect(),
        ends: (0..outs).map(|i| box_height + 6.0 + m.note * (1 + i % 2) as f64).collect(),
    }
}

/// The cell of an open box.
fn opened(plan: &Plan, room: &Room, words: &Words, cells: &[Option<Cell>], model: bool) -> Cell {
    let m = METRICS;
    let times = if words.times.is_empty() { 0.0 } else { width(&words.times, m.letter) + m.pad };
    let head = width(&words.title, m.letter) + times + m.pad + width(&words.head, m.small) + 2.0 * m.pad + 14.0;
    let box_width = if model { room.width } else { head.max(room.width + 2.0 * m.margin) };
    let shift = (box_width - room.width) / 2.0;
    let box_height = room.height + if model { 0.0 } else { m.line + m.margin };
    let at = |wanted: &dyn Fn(&Slot) -> Option<usize>| {
        let mut found: Vec<(usize, f64)> = Vec::new();
        for (row, lefts) in plan.rows.iter().zip(&room.lefts) {
            for (slot, left) in row.iter().zip(lefts) {
                found.extend(wanted(slot).map(|i| (i, shift + left + slot_width(slot, cells, words) / 2.0)));
            }
        }
        found.sort_by_key(|(i, _)| *i);
        found.into_iter().map(|(_, x)| x).collect::<Vec<_>>()
    };
    let outs = at(&|slot| if let Slot::Out(i) = slot { Some(*i) } else { None });
    Cell {
        width: box_width,
        height: box_height,
        left: 0.0,
        box_width,
        box_height,
        ins: at(&|slot| if let Slot::In(i) = slot { Some(*i) } else { None }),
        ends: vec![box_height; outs.len()],
        outs,
    }
}

/// The width of what stands at a place.
pub fn slot_width(slot: &Slot, cells: &[Option<Cell>], words: &Words) -> f64 {
    match slot {
        Slot::Item(id) => cells.get(*id).and_then(Option::as_ref).map_or(0.0, |c| c.width),
        Slot::In(i) => words.ins.get(*i).map_or(0.0, |t| width(t, METRICS.small)).max(METRICS.lane),
        Slot::Lane | Slot::Out(_) => METRICS.lane,
    }
}

/// Where a wire meets what stands at a place, from its left edge.
pub fn meets(slot: &Slot, port: usize, leaving: bool, cells: &[Option<Cell>], words: &Words) -> f64 {
    match slot {
        Slot::Item(id) => {
            let cell = cells.get(*id).and_then(Option::as_ref);
            let ports = cell.map(|c| if leaving { &c.outs } else { &c.ins });
            ports.and_then(|p| p.get(port)).copied().unwrap_or_else(|| cell.map_or(0.0, |c| c.width / 2.0))
        }
        slot => slot_width(slot, cells, words) / 2.0,
    }
}

/// Lays out the inside of a box.
fn room(plan: &Plan, cells: &[Option<Cell>], words: &Words) -> Room {
    let m = METRICS;
    let widths: Vec<Vec<f64>> =
        plan.rows.iter().map(|row| row.iter().map(|s| slot_width(s, cells, words)).collect()).collect();
    let mut lefts: Vec<Vec<f64>> = Vec::new();
    for row in &widths {
        let all: f64 = row.iter().sum::<f64>() + m.apart * row.len().saturating_sub(1) as f64;
        let mut x = -all / 2.0;
        let place = |w: &f64| {
            let left = x;
            x += w + m.apart;
            left
        };
        lefts.push(row.iter().map(place).collect());
    }
    let pulls = pulls(plan);
    for round in 0..m.rounds {
        let down = round % 2 == 0;
        let rows: Vec<usize> = if down { (0..plan.rows.len()).collect() } else { (0..plan.rows.len()).rev().collect() };
        for row in rows {
            // Both neighbours count at the end, when things are about where they belong.
            let settle = round + 2 >= m.rounds;
            settle_row(plan, &pulls, row, (down || settle, !down || settle), cells, words, &widths, &mut lefts);
        }
    }
    let least = lefts.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let least = if least.is_finite() { least } else { 0.0 };
    lefts.iter_mut().flatten().for_each(|x| *x = tenth(*x - least));
    let right = lefts.iter().flatten().zip(widths.iter().flatten()).map(|(x, w)| x + w).fold(0.0, f64::max);
    let (mut tops, mut heights, mut y) = (Vec::new(), Vec::new(), 0.0);
    for (i, row) in plan.rows.iter().enumerate() {
        let height = row.iter().map(|s| slot_height(s, cells, words)).fold(0.0, f64::max);
        tops.push(y);
        heights.push(height);
        y += height;
        if i + 1 < plan.rows.len() {
            y += gap(plan, i, cells, words, &lefts);
        }
    }
    Room { lefts, tops, heights, width: tenth(right), height: tenth(y) }
}

fn slot_height(slot: &Slot, cells: &[Option<Cell>], words: &Words) -> f64 {
    match slot {
        Slot::Item(id) => cells.get(*id).and_then(Option::as_ref).map_or(0.0, |c| c.height),
        Slot::In(i) if words.ins.get(*i).is_some_and(|t| !t.is_empty()) => METRICS.note,
        _ => 0.0,
    }
}

/// The gap below a row: wider where wires have far to go, so that they don't run flat.
fn gap(plan: &Plan, row: usize, cells: &[Option<Cell>], words: &Words, lefts: &[Vec<f64>]) -> f64 {
    let far = plan
        .wires
        .iter()
        .filter(|w| w.row == row)
        .filter_map(|w| {
            let x = end(plan, w.row, w.from, true, cells, words, lefts)?;
            let y = end(plan, w.row + 1, w.to, false, cells, words, lefts)?;
            Some((x - y).abs())
        })
        .fold(0.0, f64::max);
    // What leaves a box does so right below.
    let leaving = plan.rows.get(row + 1).is_some_and(|r| r.iter().all(|s| matches!(s, Slot::Out(_))));
    let least = if leaving { METRICS.port / 2.0 } else { METRICS.gap[0] };
    tenth((least + far * 0.12).min(METRICS.gap[1]))
}

fn end(
    plan: &Plan,
    row: usize,
    (place, port): (usize, usize),
    leaving: bool,
    cells: &[Option<Cell>],
    words: &Words,
    lefts: &[Vec<f64>],
) -> Option<f64> {
    let slot = plan.rows.get(row)?.get(place)?;
    Some(lefts.get(row)?.get(place)? + meets(slot, port, leaving, cells, words))
}

/// How hard each wire pulls at its ends: hardest between lanes, so that long lines are straight, and hard where it is the
/// only one at both ends.
fn pulls(plan: &Plan) -> Vec<f64> {
    let mut down: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let mut up: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for wire in &plan.wires {
        *down.entry((wire.row, wire.from.0)).or_default() += 1;
        *up.entry((wire.row + 1, wire.to.0)).or_default() += 1;
    }
    let lane = |row: usize, place: usize| plan.rows.get(row).and_then(|r| r.get(place)) == Some(&Slot::Lane);
    let pull = |wire: &Wire| {
        let alone = down.get(&(wire.row, wire.from.0)) == Some(&1) && up.get(&(wire.row + 1, wire.to.0)) == Some(&1);
        match (lane(wire.row, wire.from.0) && lane(wire.row + 1, wire.to.0), alone) {
            (true, _) => 6.0,
            (false, true) => 3.0,
            (false, false) => 1.0,
        }
    };
    plan.wires.iter().map(pull).collect()
}

/// Moves what stands in a row to the mean place of its neighbours, as near as the order and the widths allow: the least
/// sum of squares, by pooling what would overlap.
#[expect(clippy::too_many_arguments, reason = "the state of one pass")]
fn settle_row(
    plan: &Plan,
    pulls: &[f64],
    row: usize,
    (up, down): (bool, bool),
    cells: &[Option<Cell>],
    words: &Words,
    widths: &[Vec<f64>],
    lefts: &mut [Vec<f64>],
) {
    let Some(slots) = plan.rows.get(row) else { return };
    let mut wants = vec![(0.0, 0.0); slots.len()];
    for (wire, weight) in plan.wires.iter().zip(pulls) {
        let (from, to) = (wire.row, wire.row + 1);
        let mut pull = |place: usize, other: Option<f64>, own: f64| {
            if let (Some(want), Some(x)) = (wants.get_mut(place), other) {
                want.0 += weight * (x - own);
                want.1 += weight;
            }
        };
        if up && to == row {
            let own = slots.get(wire.to.0).map_or(0.0, |s| meets(s, wire.to.1, false, cells, words));
            pull(wire.to.0, end(plan, from, wire.from, true, cells, words, lefts), own);
        }
        if down && from == row {
            let own = slots.get(wire.from.0).map_or(0.0, |s| meets(s, wire.from.1, true, cells, words));
            pull(wire.from.0, end(plan, to, wire.to, false, cells, words, lefts), own);
        }
    }
    let (Some(widths), Some(lefts)) = (widths.get(row), lefts.get_mut(row)) else { return };
    // Without widths: places from which the room that is taken to the left has been taken off.
    let mut taken = 0.0;
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    let mut offsets = Vec::new();
    for (((sum, weight), width), left) in wants.iter().zip(widths).zip(lefts.iter()) {
        // What has no neighbours stays, but gives way.
        let (wish, weight) = if *weight > 0.0 { (sum / weight, *weight) } else { (*left, 0.01) };
        pools.push((wish - taken, weight, 1));
        offsets.push(taken);
        taken += width + METRICS.apart;
        while let [.., a, b] = pools.as_slice()
            && a.0 > b.0
        {
            let joined = ((a.0 * a.1 + b.0 * b.1) / (a.1 + b.1), a.1 + b.1, a.2 + b.2);
            pools.truncate(pools.len() - 2);
            pools.push(joined);
        }
    }
    let places = pools.into_iter().flat_map(|(x, _, n)| std::iter::repeat_n(x, n));
    for ((left, x), offset) in lefts.iter_mut().zip(places).zip(offsets) {
        *left = x + offset;
    }
}

/// Rounded, so that a picture is the same everywhere.
pub fn tenth(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}
