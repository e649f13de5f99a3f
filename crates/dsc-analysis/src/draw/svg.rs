//! The picture as SVG.

use std::fmt::Write as _;

use super::Picture;
use super::place::{Cell, Layout, METRICS, Room, layout, meets, slot_width, tenth};
use super::plan::{Plan, Slot};
use super::scene::{Kind, ROOT};
use super::style;
use super::words::{SHADES, Words, symbol};

/// Around the picture.
const BORDER: f64 = 20.0;
/// For the model's name above it.
const HEAD: f64 = 34.0;
/// For the legend below it.
const LEGEND: f64 = 46.0;

impl Picture {
    /// One SVG file, light or dark as its viewer prefers.
    pub fn svg(&self) -> String {
        let layout = layout(&self.scene, &self.plans, &self.words, &self.open);
        let size = layout.cells.get(ROOT).and_then(Option::as_ref).cloned().unwrap_or_default();
        let width = tenth(size.width.max(560.0) + 2.0 * BORDER);
        let height = tenth(size.height + 2.0 * BORDER + HEAD + LEGEND);
        let mut pen = Pen { picture: self, layout: &layout, out: String::new() };
        let title = self.words.get(ROOT).map(|w| w.title.as_str()).unwrap_or_default();
        pen.line(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
        ));
        pen.line(&format!("<title>{}</title>", escape(title)));
        pen.line(&format!("<style>\n{}</style>", style::alone()));
        pen.line("<defs>");
        for (id, class) in [("tip", "arrow"), ("view-tip", "view-arrow")] {
            pen.line(&format!(
                "<marker id=\"{id}\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" refX=\"7\" refY=\"4\" orient=\"auto\"><path class=\"{class}\" d=\"M0.5 1 7.5 4 0.5 7z\"/></marker>"
            ));
        }
        pen.line("</defs>");
        pen.line(&format!("<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>"));
        let head = self.words.get(ROOT).map(|w| w.head.as_str()).unwrap_or_default();
        pen.text("name", BORDER, BORDER + 12.0, title);
        let behind = BORDER + 9.2 * (title.chars().count() as f64 + 1.0);
        pen.text("small left", behind, BORDER + 12.0, head);
        let left = BORDER + (width - 2.0 * BORDER - size.width) / 2.0;
        pen.inside(ROOT, left, BORDER + HEAD);
        pen.legend(BORDER, height - BORDER - 10.0);
        pen.line("</svg>");
        pen.out
    }
}

struct Pen<'a> {
    picture: &'a Picture,
    layout: &'a Layout,
    out: String,
}

impl Pen<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        if !text.is_empty() {
            self.line(&format!(
                "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
                tenth(x),
                tenth(y),
                escape(text)
            ));
        }
    }

    fn words(&self, id: usize) -> Words {
        self.picture.words.get(id).cloned().unwrap_or_default()
    }

    /// An item whose cell has its left upper corner at `x`, `y`.
    fn item(&mut self, id: usize, x: f64, y: f64) {
        let (Some(item), Some(Some(cell))) = (self.picture.scene.item(id), self.layout.cells.get(id)) else { return };
        let words = self.words(id);
        let is_open = matches!(self.layout.rooms.get(id), Some(Some(_)));
        let class = class(item.kind);
        let open = if is_open { " open" } else { "" };
        self.line(&format!("<g class=\"{class}{open}\" id=\"i{id}\"><title>{}</title>", escape(&words.tip)));
        if is_open {
            self.opened(id, cell, &words, x, y);
        } else {
            self.closed(cell, &words, item, x, y);
        }
        self.line("</g>");
    }

    fn rect(&mut self, class: &str, (x, y): (f64, f64), (w, h): (f64, f64), round: f64) {
        let [x, y, w, h] = [x, y, w, h].map(tenth);
        self.line(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{round}\"/>"
        ));
    }

    fn closed(&mut self, cell: &Cell, words: &Words, item: &super::scene::Item, x: f64, y: f64) {
        let m = METRICS;
        let (left, centre) = (x + cell.left, x + cell.left + cell.box_width / 2.0);
        let is_box = !item.children.is_empty();
        if item.times > 1 {
            // A second sheet behind the first.
            self.rect("box s0", (left + 3.0, y - 3.0), (cell.box_width, cell.box_height), 4.0);
        }
        let round = match (item.kind, symbol(item)) {
            (_, Some(_)) => 11.0,
            (Kind::Input | Kind::Label | Kind::Output | Kind::Loss, _) => 11.0,
            _ => 4.0,
        };
        self.rect(&format!("box s{}", words.shade), (left, y), (cell.box_width, cell.box_height), round);
        let times = words.times.chars().count() as f64 * m.letter;
        let shift = if times > 0.0 { (times + m.pad) / 2.0 } else { 0.0 };
        self.text("title", centre - shift, y + 15.0, &words.title);
        self.text("times right", left + cell.box_width - m.pad, y + 15.0, &words.times);
        self.text(
            if words.note.ends_with("dead") { "note unread" } else { "note" },
            centre,
            y + m.line + 8.0,
            &words.note,
        );
        if is_box {
            // A mark of what can be opened.
            let (a, b) = (tenth(left + cell.box_width - 9.0), tenth(y + cell.box_height - 3.0));
            self.line(&format!("<path class=\"arrow\" d=\"M{a} {b}h6v-6z\"/>"));
        }
        for ((out, end), text) in cell.outs.iter().zip(&cell.ends).zip(&words.outs) {
            let stub = end - cell.box_height - 6.0 - m.note;
            if stub > 0.0 {
                let (x, from, to) = (tenth(x + out), tenth(y + cell.box_height), tenth(y + end - m.note));
                self.line(&format!("<path class=\"wire\" d=\"M{x} {from}V{to}\"/>"));
            }
            self.text("type", x + out, y + end - 4.0, text);
        }
    }

    fn opened(&mut self, id: usize, cell: &Cell, words: &Words, x: f64, y: f64) {
        let m = METRICS;
        self.rect("frame", (x, y), (cell.box_width, cell.box_height), 6.0);
        self.text("title left", x + m.pad, y + 15.0, &words.title);
        let mut at = x + m.pad + (words.title.chars().count() as f64 + 1.0) * m.letter;
        self.text("times left", at, y + 15.0, &words.times);
        if !words.times.is_empty() {
            at += (words.times.chars().count() as f64 + 1.0) * m.letter;
        }
        self.text("small left", at, y + 15.0, &words.head);
        let Some(Some(room)) = self.layout.rooms.get(id) else { return };
        self.inside(id, x + (cell.box_width - room.width) / 2.0, y + m.line);
    }

    /// What an open box holds; the left upper corner of its inside is at `x`, `y`.
    fn inside(&mut self, id: usize, x: f64, y: f64) {
        let (Some(Some(plan)), Some(Some(room))) = (self.picture.plans.of.get(id), self.layout.rooms.get(id)) else {
            return;
        };
        let words = self.words(id);
        self.wires(id, plan, room, &words, x, y);
        for ((row, lefts), top) in plan.rows.iter().zip(&room.lefts).zip(&room.tops) {
            for (slot, left) in row.iter().zip(lefts) {
                match slot {
                    Slot::Item(item) => self.item(*item, x + left, y + top),
                    Slot::In(i) => {
                        let centre = left + slot_width(slot, &self.layout.cells, &words) / 2.0;
                        let text = words.ins.get(*i).cloned().unwrap_or_default();
                        self.text("small", x + centre, y + top + 10.0, &text);
                    }
                    Slot::Lane | Slot::Out(_) => {}
                }
            }
        }
    }

    fn wires(&mut self, id: usize, plan: &Plan, room: &Room, words: &Words, x: f64, y: f64) {
        for wire in &plan.wires {
            let end = |row: usize, (place, port): (usize, usize), leaving: bool| {
                let slot = plan.rows.get(row)?.get(place)?;
                let left = room.lefts.get(row)?.get(place)?;
                let (top, height) = (room.tops.get(row)?, room.heights.get(row)?);
                let across = x + left + meets(slot, port, leaving, &self.layout.cells, words);
                // The end of the words below an item, the end of a lane.
                let down = match slot {
                    Slot::Item(item) if leaving => {
                        self.layout.cells.get(*item)?.as_ref()?.ends.get(port).copied().unwrap_or(*height)
                    }
                    _ if leaving => *height,
                    _ => 0.0,
                };
                Some((*slot, across, y + top + down, y + top + height))
            };
            let (Some((_, x1, y1, bottom)), Some((to, x2, y2, end_of_row))) =
                (end(wire.row, wire.from, true), end(wire.row + 1, wire.to, false))
            else {
                continue;
            };
            let mut path = format!("M{} {}", tenth(x1), tenth(y1));
            if bottom - y1 > 0.05 {
                let _ = write!(path, "V{}", tenth(bottom));
            }
            let to_item = matches!(to, Slot::Item(_));
            let tip = if to_item { y2 - 1.0 } else { y2 };
            if (x1 - x2).abs() < 0.5 {
                let _ = write!(path, "L{} {}", tenth(x2), tenth(tip));
            } else {
                let middle = (bottom + tip) / 2.0;
                let [a, b, c, d] = [x1, middle, x2, tip].map(tenth);
                let _ = write!(path, "C{a} {b} {c} {b} {c} {d}");
            }
            match to {
                Slot::Lane if end_of_row - y2 > 0.05 => drop(write!(path, "V{}", tenth(end_of_row))),
                // To the edge of the box.
                Slot::Out(_) if id != ROOT => drop(write!(path, "V{}", tenth(y + room.height + METRICS.margin))),
                _ => {}
            }
            let view = self.picture.scene.item(wire.tensor).is_some_and(|t| t.view);
            let class = if view { "wire view" } else { "wire" };
            let marker = match (to_item, view) {
                (true, true) => " marker-end=\"url(#view-tip)\"",
                (true, false) => " marker-end=\"url(#tip)\"",
                (false, _) => "",
            };
            self.line(&format!("<path class=\"{class}\" d=\"{path}\"{marker}/>"));
        }
    }

    fn legend(&mut self, x: f64, y: f64) {
        let mut at = x;
        self.text("small left", at, y, &format!("{} of a box, by factors of ten:", self.picture.shading));
        at += 6.1 * (self.picture.shading.chars().count() as f64 + 32.0);
        for step in 1..=SHADES {
            self.rect(&format!("box s{step}"), (at, y - 10.0), (18.0, 13.0), 2.0);
            at += 20.0;
        }
        if !self.picture.has_views() {
            return;
        }
        at += 16.0;
        let [a, b, c] = [at, y - 3.0, at + 34.0].map(tenth);
        self.line(&format!("<path class=\"wire view\" d=\"M{a} {b}H{c}\"/>"));
        self.text("small left", at + 40.0, y, "at a companion");
    }
}

/// The class of a kind of item.
pub(super) fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Model => "model",
        Kind::Call { .. } => "call",
        Kind::Turn => "turn",
        Kind::Op => "op",
        Kind::Input => "input",
        Kind::Label => "label",
        Kind::Output => "output",
        Kind::Loss => "loss",
        Kind::Companions => "companions",
        Kind::Dead => "dead",
    }
}

/// Text as XML has it.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no other control characters.
            c if c.is_control() && c != '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
