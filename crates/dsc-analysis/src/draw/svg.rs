//! The picture as SVG. Every item is a group of its own whose place is a translation, so that the page can move it.

use std::fmt::Write as _;

use super::Picture;
use super::labels::{Labels, SHADES, symbol};
use super::layout::{Cell, Frame, Layout, METRICS, Opened, tenth};
use super::plan::{Plan, Slot};
use super::scene::{Item, Kind, ROOT};
use super::style;

/// Around the picture.
const BORDER: f64 = 20.0;
/// For the model's name above it.
const HEAD: f64 = 34.0;
/// For the legend below it.
const LEGEND: f64 = 46.0;

/// The tips of wires.
const MARKERS: &str = "\
<defs>
<marker id=\"tip\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" refX=\"7\" refY=\"4\" orient=\"auto\"><path class=\"arrow\" d=\"M0.5 1 7.5 4 0.5 7z\"/></marker>
<marker id=\"view-tip\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" refX=\"7\" refY=\"4\" orient=\"auto\"><path class=\"view-arrow\" d=\"M0.5 1 7.5 4 0.5 7z\"/></marker>
</defs>";

impl Picture {
    /// One SVG file, light or dark as its viewer prefers.
    pub fn svg(&self) -> String {
        let layout = self.layout(&self.open);
        let size = layout.cells.first().cloned().unwrap_or_default();
        let width = tenth(size.width.max(560.0) + 2.0 * BORDER);
        let height = tenth(size.height + 2.0 * BORDER + HEAD + LEGEND);
        let mut pen = Pen { picture: self, layout: &layout, folds: false, out: String::new() };
        let (title, head) = self.labels.first().map_or(("", ""), |l| (l.title.as_str(), l.head.as_str()));
        pen.line(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
        ));
        pen.line(&format!("<title>{}</title>", escape(title)));
        pen.line(&format!("<style>\n{}</style>", style::alone()));
        pen.line(MARKERS);
        pen.line(&format!("<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>"));
        pen.text("name", BORDER, BORDER + 12.0, title);
        let behind = BORDER + 9.2 * (title.chars().count() as f64 + 1.0);
        pen.text("small left", behind, BORDER + 12.0, head);
        pen.inside(ROOT, (BORDER + (width - 2.0 * BORDER - size.width) / 2.0, BORDER + HEAD));
        pen.legend(BORDER, height - BORDER - 10.0);
        pen.line("</svg>");
        pen.out
    }

    /// The picture for the page: each box in both forms, of which one is shown.
    pub(super) fn folding_svg(&self, layout: &Layout) -> String {
        let size = layout.cells.first().cloned().unwrap_or_default();
        let [width, height] = [size.width, size.height].map(|n| tenth(n + 2.0 * BORDER));
        let mut pen = Pen { picture: self, layout, folds: true, out: String::new() };
        pen.line(&format!("<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">"));
        pen.line(MARKERS);
        pen.inside(ROOT, (BORDER, BORDER));
        pen.line("</svg>");
        pen.out
    }
}

struct Pen<'a> {
    picture: &'a Picture,
    layout: &'a Layout,
    /// Whether boxes are drawn in both forms, with what the page's script needs to tell them apart.
    folds: bool,
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

    fn rect(&mut self, class: &str, (x, y): (f64, f64), (w, h): (f64, f64), round: f64) {
        let [x, y, w, h] = [x, y, w, h].map(tenth);
        self.line(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{round}\"/>"
        ));
    }

    /// An item whose cell has its left upper corner at `at`.
    fn item(&mut self, id: usize, at: (f64, f64)) {
        let picture = self.picture;
        let (Some(item), Some(labels)) = (picture.scene.item(id), picture.labels.get(id)) else { return };
        let (Some(closed), Some(opened)) = (self.layout.closed.get(id), self.layout.opened.get(id)) else { return };
        let is_open = picture.open.get(id) == Some(&true);
        let class = class(item.kind);
        let place = format!("id=\"i{id}\" {}", translate(at));
        let tip = escape(&labels.tip);
        match opened {
            Some(opened) if self.folds => {
                let hidden = |hidden: bool| if hidden { " display=\"none\"" } else { "" };
                self.line(&format!("<g {place}>"));
                let button = button(labels, false);
                self.line(&format!("<g class=\"{class} more\"{button}{}><title>{tip}</title>", hidden(is_open)));
                self.closed(closed, labels, item);
                self.line("</g>");
                self.line(&format!("<g class=\"{class} open\"{}><title>{tip}</title>", hidden(!is_open)));
                self.opened(id, opened, labels);
                self.line("</g>");
                self.line("</g>");
            }
            Some(opened) if is_open => {
                self.line(&format!("<g class=\"{class} open\" {place}><title>{tip}</title>"));
                self.opened(id, opened, labels);
                self.line("</g>");
            }
            _ => {
                self.line(&format!("<g class=\"{class}\" {place}><title>{tip}</title>"));
                self.closed(closed, labels, item);
                self.line("</g>");
            }
        }
    }

    fn closed(&mut self, cell: &Cell, labels: &Labels, item: &Item) {
        let m = METRICS;
        let (left, centre) = (cell.left, cell.left + cell.box_width / 2.0);
        if item.times > 1 {
            // A second sheet behind the first.
            self.rect("box s0", (left + 3.0, -3.0), (cell.box_width, cell.box_height), 4.0);
        }
        let is_round = matches!(item.kind, Kind::Input | Kind::Label | Kind::Output | Kind::Loss);
        let round = if is_round || symbol(item).is_some() { 11.0 } else { 4.0 };
        self.rect(&format!("box s{}", labels.shade), (left, 0.0), (cell.box_width, cell.box_height), round);
        let times = labels.times.chars().count() as f64 * m.letter;
        let shift = if times > 0.0 { (times + m.pad) / 2.0 } else { 0.0 };
        self.text("title", centre - shift, 15.0, &labels.title);
        self.text("times right", left + cell.box_width - m.pad, 15.0, &labels.times);
        let note = if labels.note.ends_with("dead") { "note unread" } else { "note" };
        self.text(note, centre, m.line + 8.0, &labels.note);
        if !item.children.is_empty() {
            // A mark of what can be opened.
            let (a, b) = (tenth(left + cell.box_width - 9.0), tenth(cell.box_height - 3.0));
            self.line(&format!("<path class=\"arrow\" d=\"M{a} {b}h6v-6z\"/>"));
        }
        for ((out, end), text) in cell.outs.iter().zip(&cell.ends).zip(&labels.outs) {
            if end - cell.box_height - 6.0 - m.note > 0.0 {
                let (x, from, to) = (tenth(*out), tenth(cell.box_height), tenth(end - m.note));
                self.line(&format!("<path class=\"wire\" d=\"M{x} {from}V{to}\"/>"));
            }
            self.text("type", *out, end - 4.0, text);
        }
    }

    fn opened(&mut self, id: usize, opened: &Opened, labels: &Labels) {
        let m = METRICS;
        let (cell, frame) = (&opened.cell, Frame::of(id, labels));
        self.rect("frame", (0.0, 0.0), (cell.box_width, cell.box_height), 6.0);
        self.text("title left", m.pad, 15.0, &labels.title);
        let mut x = m.pad + (labels.title.chars().count() as f64 + 1.0) * m.letter;
        self.text("times left", x, 15.0, &labels.times);
        if !labels.times.is_empty() {
            x += (labels.times.chars().count() as f64 + 1.0) * m.letter;
        }
        self.text("small left", x, 15.0, &labels.head);
        if self.folds {
            self.line(&format!(
                "<rect class=\"head more\"{} width=\"{}\" height=\"{}\" rx=\"6\"><title>{}\nclick to close</title></rect>",
                button(labels, true),
                tenth(cell.box_width),
                m.line,
                escape(&labels.tip)
            ));
        }
        self.inside(id, ((cell.box_width - opened.interior.width) / 2.0, frame.top));
    }

    /// What an open box holds; the left upper corner of its inside is at `at`.
    fn inside(&mut self, id: usize, at: (f64, f64)) {
        let picture = self.picture;
        let (Some(Some(plan)), Some(Some(opened)), Some(labels)) =
            (picture.plans.of.get(id), self.layout.opened.get(id), picture.labels.get(id))
        else {
            return;
        };
        let interior = &opened.interior;
        let name = if self.folds { format!("id=\"b{id}\" ") } else { String::new() };
        self.line(&format!("<g {name}{}>", translate(at)));
        self.wires(plan, opened, labels, Frame::of(id, labels).bottom);
        for (row, (slots, top)) in plan.rows.iter().zip(&interior.tops).enumerate() {
            for (position, slot) in slots.iter().enumerate() {
                let centre = interior.centre(row, position).unwrap_or_default();
                match slot {
                    Slot::Item(item) => {
                        let width = self.layout.cells.get(*item).map_or(0.0, |c| c.width);
                        self.item(*item, (centre - width / 2.0, *top));
                    }
                    Slot::In(i) => {
                        let text = escape(labels.ins.get(*i).map_or("", String::as_str));
                        let name = if self.folds { format!(" id=\"t{id}-{i}\"") } else { String::new() };
                        let (x, y) = (tenth(centre), tenth(top + 10.0));
                        self.line(&format!("<text class=\"small\"{name} x=\"{x}\" y=\"{y}\">{text}</text>"));
                    }
                    Slot::Lane | Slot::Out(_) => {}
                }
            }
        }
        self.line("</g>");
    }

    fn wires(&mut self, plan: &Plan, opened: &Opened, labels: &Labels, bottom: f64) {
        let inside = self.layout.inside(plan, labels);
        for wire in &plan.wires {
            let Some(route) = inside.route(wire, &opened.interior, bottom) else { continue };
            let [x1, y1, bottom, x2, y2, end] =
                [route.from.0, route.from.1, route.bottom, route.to.0, route.to.1, route.end].map(tenth);
            let middle = tenth((route.bottom + route.to.1) / 2.0);
            let mut path = format!("M{x1} {y1}V{bottom}C{x1} {middle} {x2} {middle} {x2} {y2}");
            if end > y2 {
                let _ = write!(path, "V{end}");
            }
            let view = if self.picture.scene.item(wire.tensor).is_some_and(|t| t.view) { "view" } else { "" };
            let class = if view.is_empty() { "wire" } else { "wire view" };
            let reader = match plan.rows.get(wire.row + 1).and_then(|row| row.get(wire.to.0)) {
                Some(Slot::Item(item)) => Some(item),
                _ => None,
            };
            let tip = if view.is_empty() { "tip" } else { "view-tip" };
            let mut more = reader.map_or_else(String::new, |_| format!(" marker-end=\"url(#{tip})\""));
            if self.folds {
                let _ = write!(more, " data-of=\"{}\"", wire.tensor);
                let _ = reader.map(|item| write!(more, " data-to=\"{item}\""));
            }
            self.line(&format!("<path class=\"{class}\" d=\"{path}\"{more}/>"));
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

fn translate((x, y): (f64, f64)) -> String {
    format!("transform=\"translate({} {})\"", tenth(x), tenth(y))
}

/// The attributes of what opens or closes a box.
fn button(labels: &Labels, is_open: bool) -> String {
    format!(" tabindex=\"0\" role=\"button\" aria-expanded=\"{is_open}\" aria-label=\"{}\"", escape(&labels.title))
}

/// The class of a kind of item.
fn class(kind: Kind) -> &'static str {
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
