//! Coordinates: sizes from the labels, rows one below the other, and in each row the positions nearest to those of the
//! neighbours.

use std::collections::BTreeMap;

use super::labels::{Labels, symbol};
use super::plan::{Plan, Plans, Slot, Wire};
use super::scene::{ROOT, Scene};
use super::set;

/// Measures, in pixels. Letters are those of a monospaced font, so that the width of a text is known without one.
#[derive(Clone, Copy, Debug)]
pub struct Metrics {
    /// Width of a letter of a title, at 12 px.
    pub letter: f64,
    /// Width of a letter of anything else, at 10 px.
    pub small: f64,
    /// Left and right of a label.
    pub pad: f64,
    /// Height of a title.
    pub line: f64,
    /// Height of a small line.
    pub note: f64,
    /// Around the inside of an open box.
    pub margin: f64,
    /// Between two neighbours in a row.
    pub apart: f64,
    /// Width of a lane.
    pub lane: f64,
    /// Between two rows, at least and at most.
    pub gap: [f64; 2],
    /// How much a gap grows with the width that its wires cross.
    pub slope: f64,
    /// Between two tensors of one item, at least.
    pub port: f64,
    /// For the mark of what can be opened.
    pub mark: f64,
    /// Rounds of moving slots to their neighbours.
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
    slope: 0.12,
    port: 14.0,
    mark: 10.0,
    rounds: 30,
};

/// The space around the inside of an open box.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame {
    /// Width of the box, at least: that of its head.
    pub width: f64,
    /// Left and right of the inside, at least.
    pub side: f64,
    /// Above it: the head.
    pub top: f64,
    /// Below it.
    pub bottom: f64,
}

impl Frame {
    /// The model itself has neither head nor border.
    pub fn of(id: usize, labels: &Labels) -> Frame {
        let m = METRICS;
        if id == ROOT {
            return Frame::default();
        }
        let title = text_width(&labels.title, m.letter) + times_width(labels);
        let width = title + m.pad + text_width(&labels.head, m.small) + 2.0 * m.pad + 14.0;
        Frame { width, side: m.margin, top: m.line, bottom: m.margin }
    }
}

/// The space that an item takes up: its box and the labels of its tensors below it. Everything but sizes is relative to its
/// left upper corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Left edge of the box.
    pub left: f64,
    /// Width of the box.
    pub box_width: f64,
    /// Height of the box.
    pub box_height: f64,
    /// Where tensors come in, at its upper edge.
    pub ins: Vec<f64>,
    /// Where tensors leave, below it.
    pub outs: Vec<f64>,
    /// How far below its upper edge the label of each leaving tensor ends.
    pub ends: Vec<f64>,
}

/// The inside of an open box, relative to its own left upper corner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Interior {
    /// Left edges of slots, by row and position.
    pub lefts: Vec<Vec<f64>>,
    /// Widths of slots.
    pub widths: Vec<Vec<f64>>,
    /// Upper edges of rows.
    pub tops: Vec<f64>,
    /// Heights of rows.
    pub heights: Vec<f64>,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Interior {
    /// The centre of a slot.
    pub fn centre(&self, row: usize, position: usize) -> Option<f64> {
        Some(self.lefts.get(row)?.get(position)? + self.widths.get(row)?.get(position)? / 2.0)
    }
}

/// The course of a wire: down from its maker to the end of the row, across the gap, and on to where it ends.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Where it begins: x and y.
    pub from: (f64, f64),
    /// The lower edge of the row in which it begins.
    pub bottom: f64,
    /// Where it enters the next row.
    pub to: (f64, f64),
    /// How far down it goes from there.
    pub end: f64,
}

/// A box when it is open.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What it takes up.
    pub cell: Cell,
    /// The positions of what it holds.
    pub interior: Interior,
}

/// The coordinates of a picture, by item.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// What each item takes up as it is shown, open or closed.
    pub cells: Vec<Cell>,
    /// What each item takes up when it is closed.
    pub closed: Vec<Cell>,
    /// Boxes when they are open; none for operations.
    pub opened: Vec<Option<Opened>>,
}

impl Layout {
    /// Lays out all boxes of a scene, each with the boxes in it open or closed as `open` says.
    pub fn new(scene: &Scene, plans: &Plans, labels: &[Labels], open: &[bool]) -> Layout {
        let closed: Vec<Cell> = labels.iter().enumerate().map(|(id, l)| closed(scene, plans, l, id)).collect();
        let mut layout = Layout { cells: closed.clone(), opened: vec![None; closed.len()], closed };
        // What a box holds has a larger number than the box.
        for (id, labels) in labels.iter().enumerate().rev() {
            let Some(plan) = plans.of.get(id).and_then(Option::as_ref) else { continue };
            let inside = layout.inside(plan, labels);
            let interior = inside.interior();
            let opened = Opened { cell: inside.cell(&interior, Frame::of(id, labels)), interior };
            if open.get(id) == Some(&true) {
                set(&mut layout.cells, id, opened.cell.clone());
            }
            set(&mut layout.opened, id, Some(opened));
        }
        layout
    }

    /// What an open box holds, with the sizes that this layout gives it.
    pub fn inside<'a>(&'a self, plan: &'a Plan, labels: &'a Labels) -> Inside<'a> {
        Inside { plan, cells: &self.cells, labels }
    }
}

fn text_width(text: &str, letter: f64) -> f64 {
    text.chars().count() as f64 * letter
}

fn times_width(labels: &Labels) -> f64 {
    if labels.times.is_empty() { 0.0 } else { text_width(&labels.times, METRICS.letter) + METRICS.pad }
}

/// The cell of an operation or a closed box.
fn closed(scene: &Scene, plans: &Plans, labels: &Labels, id: usize) -> Cell {
    let m = METRICS;
    let ins = plans.ins.get(id).map_or(0, Vec::len);
    let title = text_width(&labels.title, m.letter) + times_width(labels);
    let outs = labels.outs.len();
    let longest = labels.outs.iter().map(|t| text_width(t, m.small)).fold(0.0, f64::max);
    // The labels of several tensors are written in two lines, in turn.
    let step = if outs > 1 { (longest / 2.0 + m.port / 2.0).max(m.port) } else { 0.0 };
    let spread = step * outs.saturating_sub(1) as f64;
    let widths = [
        title.max(text_width(&labels.note, m.small)) + 2.0 * m.pad + if scene.is_box(id) { m.mark } else { 0.0 },
        ins as f64 * m.port,
        if outs > 1 { spread + m.port } else { 0.0 },
        if scene.item(id).is_some_and(|i| symbol(i).is_some()) { m.line + 6.0 } else { 0.0 },
    ];
    let box_width = widths.into_iter().fold(0.0, f64::max);
    let box_height = m.line + if labels.note.is_empty() { 0.0 } else { m.note - 2.0 };
    let width = box_width.max(spread + longest);
    let left = (width - box_width) / 2.0;
    let lines = outs.min(2);
    Cell {
        width,
        height: box_height + lines as f64 * m.note + if lines > 0 { 6.0 } else { 0.0 },
        left,
        box_width,
        box_height,
        ins: (0..ins).map(|i| left + box_width * (i as f64 + 0.5) / ins as f64).collect(),
        outs: (0..outs).map(|i| width / 2.0 - spread / 2.0 + step * i as f64).collect(),
        ends: (0..outs).map(|i| box_height + 6.0 + m.note * (1 + i % 2) as f64).collect(),
    }
}

/// The plan of a box with the sizes of what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Inside<'a> {
    plan: &'a Plan,
    cells: &'a [Cell],
    labels: &'a Labels,
}

impl Inside<'_> {
    fn slot(&self, row: usize, position: usize) -> Option<&Slot> {
        self.plan.rows.get(row)?.get(position)
    }

    fn width(&self, slot: &Slot) -> f64 {
        match slot {
            Slot::Item(id) => self.cells.get(*id).map_or(0.0, |c| c.width),
            Slot::In(i) => self.labels.ins.get(*i).map_or(0.0, |t| text_width(t, METRICS.small)).max(METRICS.lane),
            Slot::Lane | Slot::Out(_) => METRICS.lane,
        }
    }

    fn height(&self, slot: &Slot) -> f64 {
        match slot {
            Slot::Item(id) => self.cells.get(*id).map_or(0.0, |c| c.height),
            Slot::In(i) if self.labels.ins.get(*i).is_some_and(|t| !t.is_empty()) => METRICS.note,
            _ => 0.0,
        }
    }

    /// The height of a row without the items in it.
    pub fn least_height(&self, row: usize) -> f64 {
        let slots = self.plan.rows.get(row).into_iter().flatten().filter(|s| !matches!(s, Slot::Item(_)));
        slots.map(|s| self.height(s)).fold(0.0, f64::max)
    }

    /// Where a wire meets a slot, from the slot's left edge.
    fn port(&self, slot: &Slot, port: usize, leaving: bool) -> f64 {
        let ports = match slot {
            Slot::Item(id) => self.cells.get(*id).map(|c| if leaving { &c.outs } else { &c.ins }),
            _ => None,
        };
        ports.and_then(|p| p.get(port)).copied().unwrap_or_else(|| self.width(slot) / 2.0)
    }

    /// Where the wire meets the slot at its upper end, or at its lower one.
    fn end(&self, wire: &Wire, lower: bool, lefts: &[Vec<f64>]) -> Option<f64> {
        let (row, (position, port)) = if lower { (wire.row + 1, wire.to) } else { (wire.row, wire.from) };
        Some(lefts.get(row)?.get(position)? + self.port(self.slot(row, position)?, port, !lower))
    }

    /// The course of a wire in an interior; `bottom` is what lies below the interior.
    pub fn route(&self, wire: &Wire, interior: &Interior, bottom: f64) -> Option<Route> {
        let (from, to) = (self.slot(wire.row, wire.from.0)?, self.slot(wire.row + 1, wire.to.0)?);
        let (top, height) = (interior.tops.get(wire.row)?, interior.heights.get(wire.row)?);
        let (next, next_height) = (interior.tops.get(wire.row + 1)?, interior.heights.get(wire.row + 1)?);
        // The end of the label below an item, the end of a lane.
        let start = match from {
            Slot::Item(item) => self.cells.get(*item)?.ends.get(wire.from.1).unwrap_or(height),
            _ => height,
        };
        let y = if matches!(to, Slot::Item(_)) { next - 1.0 } else { *next };
        Some(Route {
            from: (self.end(wire, false, &interior.lefts)?, top + start),
            bottom: top + height,
            to: (self.end(wire, true, &interior.lefts)?, y),
            end: match to {
                Slot::Lane => next + next_height,
                // To the edge of the box.
                Slot::Out(_) => interior.height + bottom,
                _ => y,
            },
        })
    }

    /// Lays out the inside of a box.
    fn interior(&self) -> Interior {
        let rows = &self.plan.rows;
        let widths: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|s| self.width(s)).collect()).collect();
        let mut lefts: Vec<Vec<f64>> = widths.iter().map(|row| centred(row)).collect();
        let pulls = pulls(self.plan);
        for round in 0..METRICS.rounds {
            let down = round % 2 == 0;
            // Both neighbours count at the end, when the slots are about where they belong.
            let both = round + 2 >= METRICS.rounds;
            for i in 0..rows.len() {
                let row = if down { i } else { rows.len() - 1 - i };
                self.settle(row, (down || both, !down || both), &pulls, &widths, &mut lefts);
            }
        }
        let least = lefts.iter().flatten().copied().reduce(f64::min).unwrap_or_default();
        lefts.iter_mut().flatten().for_each(|x| *x = tenth(*x - least));
        let right = lefts.iter().flatten().zip(widths.iter().flatten()).map(|(x, w)| x + w).fold(0.0, f64::max);
        let heights: Vec<f64> = rows.iter().map(|row| row.iter().map(|s| self.height(s)).fold(0.0, f64::max)).collect();
        let (mut tops, mut y) = (Vec::new(), 0.0);
        for (row, height) in heights.iter().enumerate() {
            y += if row > 0 { self.gap(row - 1, &lefts) } else { 0.0 };
            tops.push(y);
            y += height;
        }
        Interior { lefts, widths, tops, heights, width: tenth(right), height: tenth(y) }
    }

    /// The gap below a row: wider where wires have far to go, so that they do not run flat.
    fn gap(&self, row: usize, lefts: &[Vec<f64>]) -> f64 {
        let wires = self.plan.wires.iter().filter(|w| w.row == row);
        let distance = |w: &Wire| Some((self.end(w, false, lefts)? - self.end(w, true, lefts)?).abs());
        let far = wires.filter_map(distance).fold(0.0, f64::max);
        tenth((self.least_gap(row) + far * METRICS.slope).min(METRICS.gap[1]))
    }

    /// The gap below a row whose wires run straight down. What leaves a box does so right below.
    pub fn least_gap(&self, row: usize) -> f64 {
        let leaving = self.plan.rows.get(row + 1).is_some_and(|r| r.iter().all(|s| matches!(s, Slot::Out(_))));
        if leaving { METRICS.port / 2.0 } else { METRICS.gap[0] }
    }

    /// Moves the slots of a row to the mean position of their neighbours, as near as the order and the widths allow: the
    /// least sum of squares, by pooling what would overlap.
    fn settle(&self, row: usize, (up, down): (bool, bool), pulls: &[f64], widths: &[Vec<f64>], lefts: &mut [Vec<f64>]) {
        let Some(slots) = self.plan.rows.get(row) else { return };
        let mut targets = vec![(0.0, 0.0); slots.len()];
        for (wire, weight) in self.plan.wires.iter().zip(pulls) {
            let lower = wire.row + 1 == row;
            let ((position, port), counts) = if lower { (wire.to, up) } else { (wire.from, down && wire.row == row) };
            if let (true, Some(target), Some(slot), Some(x)) =
                (counts, targets.get_mut(position), slots.get(position), self.end(wire, !lower, lefts))
            {
                target.0 += weight * (x - self.port(slot, port, !lower));
                target.1 += weight;
            }
        }
        let (Some(widths), Some(lefts)) = (widths.get(row), lefts.get_mut(row)) else { return };
        // Positions from which the width that is taken to the left has been taken off: mean, weight, number of slots.
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        let mut offsets = Vec::new();
        let mut taken = 0.0;
        for (((sum, weight), width), left) in targets.iter().zip(widths).zip(lefts.iter()) {
            // What has no neighbours stays where it is, unless it is pushed.
            let (mean, weight) = if *weight > 0.0 { (sum / weight, *weight) } else { (*left, 0.01) };
            pools.push((mean - taken, weight, 1));
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
        let means = pools.into_iter().flat_map(|(x, _, n)| std::iter::repeat_n(x, n));
        for ((left, x), offset) in lefts.iter_mut().zip(means).zip(offsets) {
            *left = x + offset;
        }
    }

    /// The cell of the box when it is open.
    fn cell(&self, interior: &Interior, frame: Frame) -> Cell {
        let width = frame.width.max(interior.width + 2.0 * frame.side);
        let height = frame.top + interior.height + frame.bottom;
        let shift = (width - interior.width) / 2.0;
        let mut cell = Cell { width, height, box_width: width, box_height: height, ..Cell::default() };
        for (row, slots) in self.plan.rows.iter().enumerate() {
            for (position, slot) in slots.iter().enumerate() {
                let x = shift + interior.centre(row, position).unwrap_or_default();
                match slot {
                    Slot::In(_) => cell.ins.push(x),
                    Slot::Out(_) => cell.outs.push(x),
                    Slot::Item(_) | Slot::Lane => {}
                }
            }
        }
        cell.ends = vec![height; cell.outs.len()];
        cell
    }
}

/// Left edges of a row around 0.
fn centred(widths: &[f64]) -> Vec<f64> {
    let all = widths.iter().sum::<f64>() + METRICS.apart * widths.len().saturating_sub(1) as f64;
    let step = |x: &mut f64, width: &f64| {
        let left = *x;
        *x += width + METRICS.apart;
        Some(left)
    };
    widths.iter().scan(-all / 2.0, step).collect()
}

/// How hard each wire pulls at its ends: hardest between lanes, so that long lines are straight, and hard where it is the
/// only one at both ends.
fn pulls(plan: &Plan) -> Vec<f64> {
    // Wires that leave a slot, and that reach one.
    let mut count: BTreeMap<(bool, usize, usize), usize> = BTreeMap::new();
    for wire in &plan.wires {
        *count.entry((true, wire.row, wire.from.0)).or_default() += 1;
        *count.entry((false, wire.row + 1, wire.to.0)).or_default() += 1;
    }
    let lane = |row: usize, position: usize| plan.rows.get(row).and_then(|r| r.get(position)) == Some(&Slot::Lane);
    let pull = |wire: &Wire| {
        let (from, to) = ((wire.row, wire.from.0), (wire.row + 1, wire.to.0));
        let alone = [(true, from.0, from.1), (false, to.0, to.1)].iter().all(|end| count.get(end) == Some(&1));
        match (lane(from.0, from.1) && lane(to.0, to.1), alone) {
            (true, _) => 6.0,
            (false, true) => 3.0,
            (false, false) => 1.0,
        }
    };
    plan.wires.iter().map(pull).collect()
}

/// Rounded, so that a picture is the same everywhere.
pub fn tenth(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}
