//! The picture in the language of Graphviz: open boxes are clusters.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Picture;
use super::scene::{Kind, ROOT};
use super::style;

impl Picture {
    /// A graph for `dot`.
    pub fn dot(&self) -> String {
        let mut out = String::new();
        let title = self.labels.get(ROOT).map(|l| l.title.as_str()).unwrap_or_default();
        let _ = writeln!(out, "digraph {} {{", quoted(title));
        out.push_str("  graph [rankdir=TB, fontname=\"monospace\", fontsize=11, nodesep=0.3, ranksep=0.4];\n");
        out.push_str("  node [shape=box, style=\"filled,rounded\", fontname=\"monospace\", fontsize=11, fillcolor=\"#ffffff\"];\n");
        out.push_str("  edge [fontname=\"monospace\", fontsize=9, color=\"#6b7787\", fontcolor=\"#3b5d8f\"];\n");
        let _ = writeln!(out, "  label={}; labelloc=t;", quoted(title));
        self.clusters(ROOT, 1, &mut out);
        let mut drawn = BTreeSet::new();
        for link in &self.scene.links {
            let (from, to) = (self.shown(link.from), self.shown(link.to));
            if from == to || !drawn.insert((from, to, link.from)) {
                continue;
            }
            // The name in the innermost box that holds both ends.
            let around = self.scene.around(to);
            let within = self.scene.around(from).into_iter().skip(1).find(|i| around.contains(i)).unwrap_or(ROOT);
            let ty = self.scene.item(link.from).and_then(|i| i.ty.clone()).unwrap_or_default();
            let label = match self.scene.name(link.from, within) {
                Some(name) => format!("{name}: {ty}"),
                None => ty,
            };
            let view = self.scene.item(link.from).is_some_and(|i| i.view);
            let dashed = if view { ", style=dashed, color=\"#8250b5\"" } else { "" };
            let _ = writeln!(out, "  n{from} -> n{to} [label={}{dashed}];", quoted(&label));
        }
        out.push_str("}\n");
        out
    }

    fn clusters(&self, id: usize, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        for child in self.scene.item(id).into_iter().flat_map(|i| i.children.iter().copied()) {
            let (Some(item), Some(labels)) = (self.scene.item(child), self.labels.get(child)) else { continue };
            let name = match labels.times.as_str() {
                "" => labels.title.clone(),
                times => format!("{} {times}", labels.title),
            };
            if self.open.get(child) == Some(&true) {
                let _ = writeln!(out, "{indent}subgraph cluster_{child} {{");
                let head = if labels.head.is_empty() { name } else { format!("{name}  {}", labels.head) };
                let dashed = if item.kind == Kind::Turn { " style=dashed;" } else { "" };
                let _ = writeln!(out, "{indent}  label={}; labeljust=l; color=\"#9aa5b4\";{dashed}", quoted(&head));
                self.clusters(child, depth + 1, out);
                let _ = writeln!(out, "{indent}}}");
                continue;
            }
            let text = if labels.note.is_empty() { name } else { format!("{name}\n{}", labels.note) };
            let look = match item.kind {
                Kind::Input => "fillcolor=\"#e3efff\", color=\"#3b78c4\"".to_owned(),
                Kind::Label => "fillcolor=\"#e8ecf2\", color=\"#5a6473\"".to_owned(),
                Kind::Output => "fillcolor=\"#dff5e4\", color=\"#2d8a4e\"".to_owned(),
                Kind::Loss => "fillcolor=\"#fde5e3\", color=\"#c2362b\"".to_owned(),
                Kind::Companions => "fillcolor=\"#f0e6fa\", color=\"#8250b5\"".to_owned(),
                Kind::Dead => "style=\"dashed,rounded\", color=\"#b42318\", fontcolor=\"#b42318\"".to_owned(),
                _ => format!("fillcolor=\"{}\"", style::shade(labels.shade)),
            };
            let more = if item.children.is_empty() { "" } else { ", peripheries=2" };
            let _ = writeln!(
                out,
                "{indent}n{child} [label={}, tooltip={}, {look}{more}];",
                quoted(&text),
                quoted(&labels.tip)
            );
        }
    }
}

/// A string of the language.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
