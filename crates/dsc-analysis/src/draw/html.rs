//! The picture as a page by itself: scene and plans as data, places and drawing in the browser, so that boxes open and
//! close. Nothing is loaded from anywhere.

use serde_json::{Value, json};

use super::Picture;
use super::place::METRICS;
use super::plan::{Plan, Slot};
use super::scene::{Kind, ROOT};
use super::style;
use super::svg::{class, escape};
use super::words::{SHADES, symbol};

const PAGE: &str = include_str!("assets/page.html");
const SCRIPT: &str = include_str!("assets/page.js");

impl Picture {
    /// One HTML file.
    pub fn html(&self) -> String {
        let title = self.words.get(ROOT).map(|w| w.title.as_str()).unwrap_or_default();
        let head = self.words.get(ROOT).map(|w| w.head.as_str()).unwrap_or_default();
        let data = json!({
            "metrics": METRICS,
            "items": (0..self.scene.items.len()).map(|id| self.data(id)).collect::<Vec<_>>(),
        });
        // A script ends at `</script>`, and goes on past it after `<!--`, also within a string: no tag may begin in one.
        let data = data.to_string().replace('<', "\\u003c");
        let shades: String = (1..=SHADES)
            .map(|s| format!("<svg width=\"18\" height=\"13\"><rect class=\"box s{s}\" width=\"18\" height=\"13\" rx=\"2\"/></svg>"))
            .collect();
        let view =
            "&nbsp; <svg width=\"34\" height=\"8\"><path class=\"wire view\" d=\"M0 4H34\"/></svg> at a companion";
        let view = if self.has_views() { view } else { "" };
        let parts = [
            ("{{view}}", view.to_owned()),
            ("{{title}}", escape(title)),
            ("{{head}}", escape(head)),
            ("{{shading}}", escape(self.shading)),
            ("{{shades}}", shades),
            ("{{style}}", style::page()),
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

    fn data(&self, id: usize) -> Value {
        let (Some(item), Some(words)) = (self.scene.item(id), self.words.get(id)) else { return Value::Null };
        if item.parent.is_none() && id != ROOT {
            return Value::Null;
        }
        let round = matches!(item.kind, Kind::Input | Kind::Label | Kind::Output | Kind::Loss);
        json!({
            "kind": class(item.kind),
            "title": words.title,
            "times": words.times,
            "note": words.note,
            "head": words.head,
            "outs": words.outs,
            "ins": words.ins,
            "reads": self.plans.ins.get(id).map_or(0, Vec::len),
            "tip": words.tip,
            "shade": words.shade,
            "sign": symbol(item).is_some(),
            "round": round || symbol(item).is_some(),
            "view": item.view,
            "open": self.open.get(id) == Some(&true),
            "plan": self.plans.of.get(id).and_then(Option::as_ref).map(plan),
        })
    }
}

/// Rows of slots and wires, as short as it goes: an item is its number, a lane -1, what comes in `[0, n]`, what leaves
/// `[1, n]`.
fn plan(plan: &Plan) -> Value {
    let slot = |slot: &Slot| match slot {
        Slot::Item(id) => json!(id),
        Slot::Lane => json!(-1),
        Slot::In(i) => json!([0, i]),
        Slot::Out(i) => json!([1, i]),
    };
    let rows: Vec<Vec<Value>> = plan.rows.iter().map(|row| row.iter().map(slot).collect()).collect();
    let wires: Vec<[usize; 6]> =
        plan.wires.iter().map(|w| [w.row, w.from.0, w.from.1, w.to.0, w.to.1, w.tensor]).collect();
    json!({ "rows": rows, "wires": wires })
}
