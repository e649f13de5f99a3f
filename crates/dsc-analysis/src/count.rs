//! How many numbers parameters hold, and how such counts are written.

use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::{Graph, Param};

/// Multiply-adds of each node for one sample, by the node's place in the graph. A polynomial of the data's dims, as
/// counts of parameters are.
pub type NodeCosts = Vec<Dim>;

/// Numbers in a parameter: the product of its shape.
pub fn size(param: &Param) -> Dim {
    param.shape.iter().fold(Dim::from(1), |product, axis| product.times(axis))
}

/// Numbers in all parameters of a graph, and in the dead ones among them.
pub fn parameters(graph: &Graph) -> (Dim, Dim) {
    let (mut all, mut dead) = (Dim::from(0), Dim::from(0));
    for (param, is_dead) in graph.params.iter().zip(graph.dead_params()) {
        let n = size(param);
        if is_dead {
            dead = dead.plus(&n);
        }
        all = all.plus(&n);
    }
    (all, dead)
}

/// A count with the data's numbers where they are known: `109,482,240`, or `128*fa + 640`.
pub fn text(count: &Dim, dims: Option<&DimTable>) -> String {
    match dims.and_then(|d| count.eval(d)).or_else(|| count.as_const()) {
        Some(n) => grouped(n),
        None => {
            let factor = |word: &str| match word.split_once('*') {
                Some((n, rest)) => n.parse().map_or_else(|_| word.to_owned(), |n| format!("{}*{rest}", grouped(n))),
                None => word.parse().map_or_else(|_| word.to_owned(), grouped),
            };
            count.to_string().split(' ').map(factor).collect::<Vec<_>>().join(" ")
        }
    }
}

/// A number with commas between groups of three digits.
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("-{out}") } else { out }
}

/// A number in three significant digits: `640`, `18.2k`, `109M`.
pub fn short(n: i64) -> String {
    let size = n.unsigned_abs() as f64;
    let (scaled, unit) = match size {
        x if x < 1e3 => return n.to_string(),
        x if x < 999.5e3 => (x / 1e3, "k"),
        x if x < 999.5e6 => (x / 1e6, "M"),
        x if x < 999.5e9 => (x / 1e9, "G"),
        x => (x / 1e12, "T"),
    };
    let digits = if scaled < 9.995 { 2 } else { usize::from(scaled < 99.95) };
    format!("{}{scaled:.digits$}{unit}", if n < 0 { "-" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_written_for_people() {
        assert_eq!([grouped(0), grouped(-1234), grouped(1_000_000)], ["0", "-1,234", "1,000,000"]);
        let shorts =
            [short(999), short(1000), short(18_240), short(999_949), short(109_482_240), short(-2_500_000_000)];
        assert_eq!(shorts, ["999", "1.00k", "18.2k", "1.00M", "109M", "-2.50G"]);
        let count = Dim::width("fa").times(&Dim::from(128)).plus(&Dim::from(10_640));
        assert_eq!(text(&count, None), "128*fa + 10,640");
        assert_eq!(text(&count.times(&Dim::from(-10)), None), "-1,280*fa - 106,400");
        let dims = DimTable { widths: [("fa".to_owned(), 10)].into(), ..DimTable::default() };
        assert_eq!(text(&count, Some(&dims)), "11,920");
    }
}
