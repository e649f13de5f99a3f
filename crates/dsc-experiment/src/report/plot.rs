//! A plot of metrics over the values of a hyper, as self-contained SVG.

use std::fmt::Write as _;

use super::table::format_value;
use crate::metrics::{Family, Summary};

/// Width and height of the drawing area of one metric, in pixels, and the margins around it.
const PANEL: (f64, f64) = (250.0, 140.0);
const LEFT: f64 = 58.0;
const TOP: f64 = 30.0;
const BELOW: f64 = 46.0;
const COLUMNS: usize = 3;

/// One panel per metric of the family: the means of `rows` as a line over equidistant `values`, and the standard deviation over
/// seeds as a band. `rows[i]` belongs to `values[i]`; an undefined mean is skipped.
pub fn plot(hyper: &str, values: &[String], family: Family, rows: &[Vec<Summary>]) -> String {
    let metrics = family.metrics();
    let (width, height) = (LEFT + PANEL.0 + 20.0, TOP + PANEL.1 + BELOW);
    let columns = metrics.len().min(COLUMNS);
    let lines = metrics.len().div_ceil(COLUMNS);
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        w = width * columns as f64,
        h = height * lines as f64,
    );
    for (i, metric) in metrics.iter().enumerate() {
        let points: Vec<(usize, f64, f64)> = rows
            .iter()
            .enumerate()
            .filter_map(|(x, row)| {
                let s = row.get(i)?;
                Some((x, s.mean?, s.std.unwrap_or(0.0)))
            })
            .collect();
        let (left, top) = ((i % COLUMNS) as f64 * width + LEFT, (i / COLUMNS) as f64 * height + TOP);
        let _ = writeln!(out, "<g transform=\"translate({left:.1} {top:.1})\">");
        let arrow = if metric.higher_is_better { "↑" } else { "↓" };
        let _ = writeln!(out, "<text x=\"0\" y=\"-10\" font-weight=\"bold\">{} {arrow}</text>", metric.title);
        panel(&mut out, hyper, values, &points, |y| format_value(metric, Some(y)));
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

fn panel(
    out: &mut String,
    hyper: &str,
    values: &[String],
    points: &[(usize, f64, f64)],
    label: impl Fn(f64) -> String,
) {
    let (w, h) = PANEL;
    let low = points.iter().map(|(_, y, s)| y - s).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(|(_, y, s)| y + s).fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low.is_finite() { (low, high) } else { (0.0, 1.0) };
    let margin = if high > low { 0.08 * (high - low) } else { 0.5 * high.abs().max(1e-3) };
    let (low, high) = (low - margin, high + margin);
    let x = |i: usize| if values.len() > 1 { w * i as f64 / (values.len() - 1) as f64 } else { w / 2.0 };
    let y = |value: f64| h - h * (value - low) / (high - low);
    for k in 0..=3 {
        let value = low + (high - low) * f64::from(k) / 3.0;
        let _ = writeln!(
            out,
            "<line x1=\"0\" x2=\"{w}\" y1=\"{0:.1}\" y2=\"{0:.1}\" stroke=\"#ddd\"/>\
             <text x=\"-6\" y=\"{1:.1}\" text-anchor=\"end\">{2}</text>",
            y(value),
            y(value) + 4.0,
            label(value)
        );
    }
    for (i, value) in values.iter().enumerate() {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            x(i),
            h + 16.0,
            escape(value)
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        w / 2.0,
        h + 34.0,
        escape(hyper)
    );
    let corner = |(i, value): (usize, f64)| format!("{:.1},{:.1}", x(i), y(value));
    let above = points.iter().map(|(i, mean, std)| corner((*i, mean + std)));
    let under = points.iter().rev().map(|(i, mean, std)| corner((*i, mean - std)));
    let band: Vec<String> = above.chain(under).collect();
    let line: Vec<String> = points.iter().map(|(i, mean, _)| corner((*i, *mean))).collect();
    let _ = writeln!(out, "<polygon points=\"{}\" fill=\"#3b6ea5\" fill-opacity=\"0.18\"/>", band.join(" "));
    let _ =
        writeln!(out, "<polyline points=\"{}\" fill=\"none\" stroke=\"#3b6ea5\" stroke-width=\"2\"/>", line.join(" "));
    for (i, mean, _) in points {
        let _ = writeln!(out, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#3b6ea5\"/>", x(*i), y(*mean));
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Metrics, aggregate};

    #[test]
    fn every_metric_has_a_panel_with_a_point_for_each_value() {
        let row = |mae: f64| {
            let run = |shift: f64| Metrics::from_values(Family::Sims, 10, |m| (m != "corr").then_some(mae + shift));
            aggregate(Family::Sims, &[run(-0.1), run(0.1)])
        };
        let values = ["4".to_owned(), "8".to_owned(), "a<b".to_owned()];
        let svg = plot("p", &values, Family::Sims, &[row(0.4), row(0.5), row(0.3)]);
        let count = |what: &str| svg.matches(what).count();
        let metrics = Family::Sims.metrics().len();
        // The correlation is undefined, and has a panel without points.
        assert_eq!((count("<g "), count("<circle")), (metrics, 3 * (metrics - 1)));
        assert_eq!(count(">a&lt;b<"), metrics);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        let one = plot("p", &values[..1], Family::Sims, &[row(0.0)]);
        assert!(!one.contains("NaN") && !one.contains("inf"), "{one}");
    }
}
