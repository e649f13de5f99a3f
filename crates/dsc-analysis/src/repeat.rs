//! Parts that one place of the source repeats, turn by turn, joined for reading: twelve equal layers are one row.

use super::part::{Figures, Part};
use dsc_graph::types::Type;

/// A part, or all parts that one place of a body makes in the turns of the loops around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Path below the enclosing row, with `*` for what differs between the joined parts.
    pub name: String,
    /// The block, none for an operation.
    pub block: Option<String>,
    /// Types of the values, where all joined parts agree in them.
    pub results: Vec<Type>,
    /// The sum over the joined parts.
    pub figures: Figures,
    /// How many parts are joined.
    pub times: usize,
    /// What lies within.
    pub rows: Vec<Row>,
    /// Whether the rows within are the joined parts one by one, because they are not alike.
    pub turns: bool,
}

/// Whether two parts amount to the same; how that is decided depends on whether data are bound.
type Same<'a> = &'a dyn Fn(&Figures, &Figures) -> bool;

impl Row {
    /// The rows of a part.
    pub fn of(part: &Part, same: Same<'_>) -> Row {
        Row {
            name: part.name.clone(),
            block: part.block.clone(),
            results: part.results.clone(),
            figures: part.figures.clone(),
            times: 1,
            rows: rows_of(part, same),
            turns: false,
        }
    }

    /// Adds a row of the same form.
    fn add(&mut self, other: Row) {
        self.figures = Figures::sum([&self.figures, &other.figures]);
        self.times += other.times;
        if self.results != other.results {
            self.results.clear();
        }
        self.rows.iter_mut().zip(other.rows).for_each(|(a, b)| a.add(b));
    }
}

fn rows_of(part: &Part, same: Same<'_>) -> Vec<Row> {
    let mut places: Vec<Vec<&Part>> = Vec::new();
    for inner in &part.parts {
        match places.iter_mut().find(|p| p.first().is_some_and(|first| one_place(first, inner))) {
            Some(place) => place.push(inner),
            None => places.push(vec![inner]),
        }
    }
    places.into_iter().filter_map(|parts| joined(&parts, same)).collect()
}

/// Whether two parts of one body come from one place of it.
fn one_place(a: &Part, b: &Part) -> bool {
    let operation = |p: &Part| p.block.is_none().then(|| p.name.rsplit('.').next().map(str::to_owned));
    (a.span, a.declared, &a.block, operation(a)) == (b.span, b.declared, &b.block, operation(b))
}

fn joined(parts: &[&Part], same: Same<'_>) -> Option<Row> {
    let (first, others) = parts.split_first()?;
    if others.is_empty() {
        return Some(Row::of(first, same));
    }
    let mut rows = parts.iter().map(|p| Row::of(p, same));
    let mut all = rows.next()?;
    if others.iter().all(|p| alike(first, p, same)) {
        rows.for_each(|row| all.add(row));
    } else {
        let rows: Vec<Row> = std::iter::once(all).chain(rows).collect();
        let results = &first.results;
        all = Row {
            name: String::new(),
            block: first.block.clone(),
            results: if others.iter().all(|p| p.results == *results) { results.clone() } else { Vec::new() },
            figures: Figures::sum(rows.iter().map(|r| &r.figures)),
            times: rows.len(),
            rows,
            turns: true,
        };
    }
    all.name = pattern(parts);
    Some(all)
}

fn alike(a: &Part, b: &Part, same: Same<'_>) -> bool {
    let inner = || a.parts.iter().zip(&b.parts).all(|(x, y)| one_place(x, y) && alike(x, y, same));
    same(&a.figures, &b.figures) && a.parts.len() == b.parts.len() && inner()
}

/// `fuse.*` of `fuse.0` and `fuse.1`.
fn pattern(parts: &[&Part]) -> String {
    let names: Vec<Vec<&str>> = parts.iter().map(|p| p.name.split('.').collect()).collect();
    let Some(first) = names.first() else { return String::new() };
    let word = |i: usize, word: &str| match names.iter().all(|n| n.get(i) == Some(&word)) {
        true => word.to_owned(),
        false => "*".to_owned(),
    };
    first.iter().enumerate().map(|(i, w)| word(i, w)).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_graph::dims::Dim;
    use dsc_syntax::source::Span;

    fn part(name: &str, place: usize, macs: i64, parts: Vec<Part>) -> Part {
        let figures = Figures { multiply_adds: Dim::from(macs), ..Figures::default() };
        Part {
            name: name.into(),
            block: Some("B".into()),
            span: Span::new(place, place + 1),
            figures,
            parts,
            ..Part::default()
        }
    }

    /// Indented lines `name x times: multiply-adds`.
    fn told(row: &Row, depth: usize, out: &mut Vec<String>) {
        out.push(format!("{}{} x {}: {}", "  ".repeat(depth), row.name, row.times, row.figures.multiply_adds));
        row.rows.iter().for_each(|r| told(r, depth + 1, out));
    }

    #[test]
    fn equal_turns_are_one_row_and_unequal_ones_stand_below_their_sum() {
        let layer =
            |i: usize| part(&format!("layer.{i}"), 1, 12, vec![part("q", 2, 5, vec![]), part("k", 3, 7, vec![])]);
        let fuse = |i: usize, n: i64| part(&format!("fuse.{i}"), 4, n, vec![part("b", 5, n, vec![])]);
        let root = part("m", 0, 66, vec![layer(0), layer(1), fuse(0, 20), layer(2), fuse(1, 10)]);
        let mut out = Vec::new();
        told(&Row::of(&root, &|a, b| a == b), 0, &mut out);
        let expected = [
            "m x 1: 66",
            "  layer.* x 3: 36",
            "    q x 3: 15",
            "    k x 3: 21",
            "  fuse.* x 2: 30",
            "    fuse.0 x 1: 20",
            "      b x 1: 20",
            "    fuse.1 x 1: 10",
            "      b x 1: 10",
        ];
        assert_eq!(out, expected);
    }
}
