//! The picture as a page by itself: every box in both forms and the layouts of its inside, so that boxes open and close.
//! Nothing is loaded from anywhere.
//!
//! Each inside is laid out three times: with the boxes in it all closed, as they are open at first, and all open. The page's
//! script takes the largest layout in which everything fits and stretches it where a box is larger.

use serde_json::{Value, json};

use super::Picture;
use super::labels::SHADES;
use super::layout::{Cell, Frame, Interior, Layout, METRICS};
use super::plan::{Plan, Slot};
use super::scene::ROOT;
use super::style;
use super::svg::escape;

const PAGE: &str = include_str!("assets/page.html");
const SCRIPT: &str = include_str!("assets/page.js");

impl Picture {
    /// One HTML file, in which boxes open and close by a click or the keyboard.
    pub fn html(&self) -> String {
        let n = self.scene.items.len();
        let layouts = [vec![true; n], self.open.clone(), vec![false; n]].map(|open| self.layout(&open));
        let [_, shown, _] = &layouts;
        let data = json!({
            "widest": METRICS.gap[1],
            "slope": METRICS.slope,
            "items": (0..n).map(|id| self.data(id, &layouts)).collect::<Vec<_>>(),
        });
        // A script ends at `</script>`, and goes on past it after `<!--`, also within a string: no tag may begin in one.
        let data = data.to_string().replace('<', "\\u003c");
        let shades: String = (1..=SHADES)
            .map(|s| format!("<svg width=\"18\" height=\"13\"><rect class=\"box s{s}\" width=\"18\" height=\"13\" rx=\"2\"/></svg>"))
            .collect();
        let view =
            "&nbsp; <svg width=\"34\" height=\"8\"><path class=\"wire view\" d=\"M0 4H34\"/></svg> at a companion";
        let view = if self.has_views() { view } else { "" };
        let (title, head) = self.labels.first().map_or(("", ""), |l| (l.title.as_str(), l.head.as_str()));
        let parts = [
            ("{{view}}", view.to_owned()),
            ("{{title}}", escape(title)),
            ("{{head}}", escape(head)),
            ("{{shading}}", escape(self.shading)),
            ("{{shades}}", shades),
            ("{{style}}", style::page()),
            ("{{picture}}", self.folding_svg(shown)),
            ("{{script}}", SCRIPT.to_owned()),
            ("{{data}}", data),
        ];
        let mut out = String::new();
        let mut rest = PAGE;
        // In one pass, so that what is filled in is not looked at.
        while let Some((at, (mark, text))) =
            parts.iter().filter_map(|p| Some((rest.find(p.0)?, p))).min_by_key(|(at, _)| *at)
        {
            out.push_str(rest.get(..at).unwrap_or_default());
            out.push_str(text);
            rest = rest.get(at + mark.len()..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }

    /// What the script needs of an item; null for one that was drawn into another.
    fn data(&self, id: usize, layouts: &[Layout]) -> Value {
        let (Some(item), Some(labels), Some(layout)) = (self.scene.item(id), self.labels.get(id), layouts.last())
        else {
            return Value::Null;
        };
        if item.parent.is_none() && id != ROOT {
            return Value::Null;
        }
        let closed = layout.closed.get(id).map(cell);
        let Some(plan) = self.plans.of.get(id).and_then(Option::as_ref) else { return json!({ "closed": closed }) };
        let frame = Frame::of(id, labels);
        let inside = layout.inside(plan, labels);
        let interiors = layouts.iter().filter_map(|l| l.opened.get(id)?.as_ref()).map(|o| interior(&o.interior));
        let mut interiors: Vec<Value> = interiors.collect();
        interiors.dedup();
        json!({
            "closed": closed,
            "open": self.open.get(id) == Some(&true),
            "frame": [frame.width, frame.side, frame.top, frame.bottom],
            "plan": rows_and_wires(plan),
            "least": (0..plan.rows.len()).map(|row| inside.least_height(row)).collect::<Vec<_>>(),
            "gaps": (1..plan.rows.len()).map(|row| inside.least_gap(row - 1)).collect::<Vec<_>>(),
            "layouts": interiors,
        })
    }
}

fn cell(cell: &Cell) -> Value {
    json!({ "width": cell.width, "height": cell.height, "ins": cell.ins, "outs": cell.outs, "ends": cell.ends })
}

/// Rows of slots and wires, as short as it goes: an item is its number, a lane -1, what comes in `[0, n]`, what leaves
/// `[1, n]`.
fn rows_and_wires(plan: &Plan) -> Value {
    let slot = |slot: &Slot| match slot {
        Slot::Item(id) => json!(id),
        Slot::Lane => json!(-1),
        Slot::In(i) => json!([0, i]),
        Slot::Out(i) => json!([1, i]),
    };
    let rows: Vec<Vec<Value>> = plan.rows.iter().map(|row| row.iter().map(slot).collect()).collect();
    let wires: Vec<[usize; 5]> = plan.wires.iter().map(|w| [w.row, w.from.0, w.from.1, w.to.0, w.to.1]).collect();
    json!({ "rows": rows, "wires": wires })
}

/// Left edges and widths of the slots, by row.
fn interior(interior: &Interior) -> Value {
    json!({ "lefts": interior.lefts, "widths": interior.widths })
}
