//! Colours, light and dark, as style sheets: plain rules with plain colours, which every viewer of SVG understands.

/// A rule: selector, and properties with names of colours in braces.
const RULES: &[(&str, &str)] = &[
    (".paper", "fill:{paper}"),
    (
        "text",
        "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:{ink};text-anchor:middle",
    ),
    (".title", "font-size:12px"),
    (".small", "font-size:10px;fill:{soft}"),
    (".note", "font-size:10px;fill:{ink}"),
    (".type", "font-size:10px;fill:{type}"),
    (".left", "text-anchor:start"),
    (".right", "text-anchor:end"),
    (".times", "font-size:12px;font-weight:bold;fill:{times}"),
    (".name", "font-size:15px;font-weight:bold;text-anchor:start"),
    (".box", "stroke:{line};stroke-width:1"),
    (".open > .frame", "fill:{room};stroke:{line};stroke-width:1"),
    (".turn > .frame", "fill:{room};stroke:{line};stroke-dasharray:2 3"),
    (".call > .box", "stroke:{ink};stroke-width:1.2"),
    (".s0", "fill:{s0}"),
    (".s1", "fill:{s1}"),
    (".s2", "fill:{s2}"),
    (".s3", "fill:{s3}"),
    (".s4", "fill:{s4}"),
    (".s5", "fill:{s5}"),
    (".s6", "fill:{s6}"),
    (".input > .box", "fill:{input};stroke:{input-line};stroke-width:1.5"),
    (".label > .box", "fill:{label};stroke:{label-line};stroke-width:1.5"),
    (".output > .box", "fill:{output};stroke:{output-line};stroke-width:1.5"),
    (".loss > .box", "fill:{loss};stroke:{loss-line};stroke-width:1.5"),
    (".companions > .box", "fill:{companions};stroke:{companions-line};stroke-width:1.5"),
    (".dead > .box", "fill:none;stroke:{dead};stroke-width:1.5;stroke-dasharray:4 3"),
    (".dead > .title", "fill:{dead};text-decoration:line-through"),
    (".dead > .note,.unread", "fill:{dead}"),
    (".wire", "fill:none;stroke:{wire};stroke-width:1.3"),
    (".view", "stroke:{view};stroke-dasharray:5 3"),
    (".arrow", "fill:{wire}"),
    (".view-arrow", "fill:{view}"),
];

/// Names of colours, and the colours in light and in dark.
const COLOURS: &[(&str, &str, &str)] = &[
    ("paper", "#ffffff", "#16181d"),
    ("ink", "#1c2430", "#e4e8ee"),
    ("soft", "#5a6473", "#a3adba"),
    ("type", "#3b5d8f", "#8fb4e8"),
    ("times", "#a3440b", "#f2a26b"),
    ("line", "#9aa5b4", "#565f6d"),
    ("room", "#f6f8fa", "#1d2128"),
    ("wire", "#6b7787", "#8d98a7"),
    ("view", "#8250b5", "#c39bea"),
    ("dead", "#b42318", "#f08a80"),
    ("s0", "#ffffff", "#262b34"),
    ("s1", "#fbf6e9", "#2e2f31"),
    ("s2", "#f8edcf", "#3a372d"),
    ("s3", "#f5e0ab", "#4b432b"),
    ("s4", "#f2d083", "#5f5029"),
    ("s5", "#eebb55", "#735a1f"),
    ("s6", "#e8a02c", "#8a6412"),
    ("input", "#e3efff", "#1c3350"),
    ("input-line", "#3b78c4", "#6ea8ef"),
    ("label", "#e8ecf2", "#2b323c"),
    ("label-line", "#5a6473", "#a3adba"),
    ("output", "#dff5e4", "#17402a"),
    ("output-line", "#2d8a4e", "#5fc487"),
    ("loss", "#fde5e3", "#4d2020"),
    ("loss-line", "#c2362b", "#f08a80"),
    ("companions", "#f0e6fa", "#37254a"),
    ("companions-line", "#8250b5", "#c39bea"),
];

/// The rules below a selector, in light or dark.
fn rules(below: &str, dark: bool) -> String {
    let mut out = String::new();
    for (selector, properties) in RULES {
        let mut properties = (*properties).to_owned();
        for (name, light, night) in COLOURS {
            properties = properties.replace(&format!("{{{name}}}"), if dark { night } else { light });
        }
        let selectors: Vec<String> = selector.split(',').map(|s| format!("{below}{s}")).collect();
        out.push_str(&format!("{}{{{properties}}}\n", selectors.join(",")));
    }
    out
}

/// For a picture by itself: light, or dark where the viewer prefers that.
pub(super) fn alone() -> String {
    format!("{}@media (prefers-color-scheme:dark){{\n{}}}\n", rules("", false), rules("", true))
}

/// For the page: the same, and a choice that is stronger.
pub(super) fn page() -> String {
    format!(
        "{}@media (prefers-color-scheme:dark){{\n{}}}\n{}",
        rules("svg ", false),
        rules(":root:not([data-theme=light]) svg ", true),
        rules(":root[data-theme=dark] svg ", true)
    )
}

/// The colour of a step of shading in light, for formats without style sheets.
pub(super) fn shade(step: i64) -> &'static str {
    let name = format!("s{step}");
    COLOURS.iter().find(|(n, ..)| *n == name).map_or("#ffffff", |(_, light, _)| light)
}
