//! The arrangement of a box up to sizes: rows by longest path, lanes for tensors that pass rows, and an order within each
//! row by barycentres, so that few tensors cross (the method of Sugiyama).
//!
//! The plan of a box is about what lies directly in it, whether that is shown open or closed; so it is made once, and
//! opening a box changes sizes only.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};

use super::scene::{ROOT, Scene};
use super::set;

/// One position of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// An operation or a box, by its number in the scene.
    Item(usize),
    /// A tensor that passes this row.
    Lane,
    /// A tensor that comes into the box: the n-th.
    In(usize),
    /// A tensor that leaves it: the n-th.
    Out(usize),
}

/// A piece of a tensor, from a row to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    /// The upper of the two rows.
    pub row: usize,
    /// Position in it, and which of the item's outgoing tensors.
    pub from: (usize, usize),
    /// Position in the lower row, and which of the item's incoming tensors.
    pub to: (usize, usize),
    /// The operation whose value it is.
    pub tensor: usize,
}

/// The inside of a box.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Rows from top to bottom.
    pub rows: Vec<Vec<Slot>>,
    /// The wires between them.
    pub wires: Vec<Wire>,
}

/// The plans of all boxes, and what goes into and out of each item.
#[derive(Clone, Debug)]
pub struct Plans {
    /// By item; none for operations.
    pub of: Vec<Option<Plan>>,
    /// For each item, the tensors that it reads, from left to right.
    pub ins: Vec<Vec<usize>>,
    /// For each item, its tensors that are read elsewhere, from left to right.
    pub outs: Vec<Vec<usize>>,
}

/// Rounds of reordering, down and up.
const ROUNDS: usize = 12;

impl Plans {
    /// Plans all boxes of a scene.
    pub fn new(scene: &Scene) -> Plans {
        let n = scene.items.len();
        let mut ins: Vec<IndexSet<usize>> = vec![IndexSet::new(); n];
        let mut outs: Vec<IndexSet<usize>> = vec![IndexSet::new(); n];
        // What each box holds: from an item of it to another, for each tensor.
        let mut inner: Vec<IndexSet<Segment>> = vec![IndexSet::new(); n];
        for link in &scene.links {
            let (up, down) = (scene.around(link.from), scene.around(link.to));
            let shared = up.iter().rev().zip(down.iter().rev()).take_while(|(a, b)| a == b).count();
            // How many of the boxes around an end do not hold the other end.
            let apart = |chain: &[usize]| chain.len() - shared;
            // Out of the boxes around its maker, across, and into the boxes around its reader.
            for (i, item) in up.iter().enumerate().take(apart(&up)) {
                put(&mut outs, *item, link.from);
                if i + 1 < apart(&up) {
                    put(&mut inner, *up.get(i + 1).unwrap_or(&ROOT), (End::Item(*item), End::Border, link.from));
                }
            }
            for (i, item) in down.iter().enumerate().take(apart(&down)) {
                put(&mut ins, *item, link.from);
                if i + 1 < apart(&down) {
                    put(&mut inner, *down.get(i + 1).unwrap_or(&ROOT), (End::Border, End::Item(*item), link.from));
                }
            }
            let around = up.get(apart(&up)).copied().unwrap_or(ROOT);
            if let (Some(a), Some(b)) = (
                apart(&up).checked_sub(1).and_then(|i| up.get(i)),
                apart(&down).checked_sub(1).and_then(|i| down.get(i)),
            ) {
                put(&mut inner, around, (End::Item(*a), End::Item(*b), link.from));
            }
        }
        let list = |sets: Vec<IndexSet<usize>>| sets.into_iter().map(|s| s.into_iter().collect()).collect();
        let mut plans = Plans { of: vec![None; n], ins: list(ins), outs: list(outs) };
        plans.plan(scene, &inner, ROOT);
        plans
    }

    fn list<'a>(&self, of: &'a [Vec<usize>], id: usize) -> &'a [usize] {
        of.get(id).map_or(&[], Vec::as_slice)
    }

    /// Plans a box and all boxes in it, from top to bottom: tensors go into a box in the order in which they come, and leave
    /// it in the order that suits its inside.
    fn plan(&mut self, scene: &Scene, inner: &[IndexSet<Segment>], id: usize) {
        let Some(item) = scene.item(id).filter(|i| !i.children.is_empty()) else { return };
        let edges: Vec<Segment> = inner.get(id).into_iter().flatten().copied().collect();
        let layers = Layers::new(&item.children, &edges, self.list(&self.ins, id), self.list(&self.outs, id));
        let order = layers.ordered();
        let leaving: Vec<usize> = order.rows.last().into_iter().flatten().filter_map(|v| layers.leaves(*v)).collect();
        if let Some(outs) = self.outs.get_mut(id) {
            *outs = leaving.into_iter().filter_map(|i| outs.get(i).copied()).collect();
        }
        for v in order.rows.iter().flatten() {
            let Some(Vertex::Item(child)) = layers.vertices.get(*v) else { continue };
            let mut from: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
            for (a, _, tensor) in layers.wires.iter().filter(|(_, b, _)| b == v) {
                let port = match layers.vertices.get(*a) {
                    Some(Vertex::Item(source)) => self.list(&self.outs, *source).iter().position(|t| t == tensor),
                    _ => None,
                };
                from.insert(*tensor, (order.position.get(*a).copied().unwrap_or_default(), port.unwrap_or_default()));
            }
            if let Some(ins) = self.ins.get_mut(*child) {
                ins.sort_by_key(|tensor| from.get(tensor).copied());
            }
            self.plan(scene, inner, *child);
        }
        let plan = layers.plan(&order, self);
        set(&mut self.of, id, Some(plan));
    }
}

fn put<T: std::hash::Hash + Eq>(sets: &mut [IndexSet<T>], at: usize, value: T) {
    if let Some(set) = sets.get_mut(at) {
        set.insert(value);
    }
}

/// A tensor within a box: its ends there, and the operation that makes it.
type Segment = (End, End, usize);

/// An end of a tensor within a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum End {
    Item(usize),
    Border,
}

/// A vertex of the layered graph of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vertex {
    Item(usize),
    Lane,
    In(usize),
    Out(usize),
}

/// The vertices of one box with their rows.
struct Layers {
    vertices: Vec<Vertex>,
    row: Vec<usize>,
    rows: usize,
    /// From a vertex to one in the next row, for a tensor.
    wires: Vec<(usize, usize, usize)>,
}

/// Vertices by row, and the position of each in its row.
#[derive(Clone)]
struct Order {
    rows: Vec<Vec<usize>>,
    position: Vec<usize>,
}

impl Layers {
    fn new(children: &[usize], edges: &[Segment], ins: &[usize], outs: &[usize]) -> Layers {
        let index: IndexMap<usize, usize> = children.iter().enumerate().map(|(i, c)| (*c, i)).collect();
        let between: Vec<(usize, usize)> = edges
            .iter()
            .filter_map(|(a, b, _)| match (a, b) {
                (End::Item(a), End::Item(b)) => Some((*index.get(a)?, *index.get(b)?)),
                _ => None,
            })
            .collect();
        let ranks = ranks(children.len(), &between);
        let first = usize::from(!ins.is_empty());
        let last = ranks.iter().max().copied().unwrap_or_default() + first;
        let mut layers = Layers { vertices: Vec::new(), row: Vec::new(), rows: 0, wires: Vec::new() };
        for (child, rank) in children.iter().zip(&ranks) {
            layers.add(Vertex::Item(*child), rank + first);
        }
        let from_border: Vec<usize> = (0..ins.len()).map(|i| layers.add(Vertex::In(i), 0)).collect();
        let to_border: Vec<usize> = (0..outs.len()).map(|i| layers.add(Vertex::Out(i), last + 1)).collect();
        layers.rows = last + 1 + usize::from(!outs.is_empty());
        // All readers of a tensor hang on one line of lanes.
        let mut readers: IndexMap<(usize, usize), Vec<usize>> = IndexMap::new();
        for (a, b, tensor) in edges {
            let from = match a {
                End::Item(a) => index.get(a).copied(),
                End::Border => ins.iter().position(|t| t == tensor).and_then(|i| from_border.get(i).copied()),
            };
            let to = match b {
                End::Item(b) => index.get(b).copied(),
                End::Border => outs.iter().position(|t| t == tensor).and_then(|i| to_border.get(i).copied()),
            };
            if let (Some(from), Some(to)) = (from, to) {
                readers.entry((from, *tensor)).or_default().push(to);
            }
        }
        for ((from, tensor), readers) in readers {
            let below = |v: &usize| layers.row.get(*v).copied().unwrap_or_default();
            let (start, mut ends): (usize, Vec<(usize, usize)>) =
                (below(&from), readers.iter().map(|v| (below(v), *v)).collect());
            ends.sort_unstable();
            let mut line = from;
            let mut at = start;
            for (row, reader) in ends {
                // A reader that is not below can only come from a graph that was not made by this compiler.
                while at + 1 < row {
                    at += 1;
                    let lane = layers.add(Vertex::Lane, at);
                    layers.wires.push((line, lane, tensor));
                    line = lane;
                }
                if row > start {
                    layers.wires.push((line, reader, tensor));
                }
            }
        }
        layers
    }

    /// Which of the tensors that leave the box a vertex is.
    fn leaves(&self, v: usize) -> Option<usize> {
        match self.vertices.get(v) {
            Some(Vertex::Out(i)) => Some(*i),
            _ => None,
        }
    }

    fn add(&mut self, vertex: Vertex, row: usize) -> usize {
        self.vertices.push(vertex);
        self.row.push(row);
        self.vertices.len() - 1
    }

    /// For each vertex, those above and those below that it has wires to.
    fn neighbours(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        neighbours(self.vertices.len(), self.wires.iter().map(|(a, b, _)| (*a, *b)))
    }

    /// Orders rows by barycentres, down and up in turn; the order with the fewest crossings wins.
    fn ordered(&self) -> Order {
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); self.rows];
        for v in self.start() {
            if let Some(row) = self.row.get(v).and_then(|r| rows.get_mut(*r)) {
                row.push(v);
            }
        }
        let mut order = Order { position: vec![0; self.vertices.len()], rows: vec![Vec::new(); self.rows] };
        rows.into_iter().enumerate().for_each(|(row, vertices)| order.put(row, vertices));
        let (above, below) = self.neighbours();
        let mut best = (self.crossings(&order), order.clone());
        for round in 0..ROUNDS {
            let down = round % 2 == 0;
            let rows: Vec<usize> =
                if down { (1..self.rows).collect() } else { (0..self.rows.saturating_sub(1)).rev().collect() };
            for row in rows {
                self.reorder(&mut order, row, if down { &above } else { &below });
            }
            let crossings = self.crossings(&order);
            if crossings < best.0 {
                best = (crossings, order.clone());
            }
        }
        best.1
    }

    /// Vertices in the order in which a walk down from each source meets them.
    fn start(&self) -> Vec<usize> {
        let (above, below) = self.neighbours();
        let mut seen = vec![false; self.vertices.len()];
        let mut out = Vec::new();
        let sources = (0..self.vertices.len()).filter(|v| above.get(*v).is_some_and(Vec::is_empty));
        // Tensors from outside first, they have their order already.
        let (borders, others): (Vec<usize>, Vec<usize>) =
            sources.partition(|v| matches!(self.vertices.get(*v), Some(Vertex::In(_))));
        for source in borders.into_iter().chain(others) {
            let mut open = vec![source];
            while let Some(v) = open.pop() {
                if seen.get(v) == Some(&false) {
                    set(&mut seen, v, true);
                    out.push(v);
                    open.extend(below.get(v).into_iter().flatten().rev());
                }
            }
        }
        out
    }

    fn reorder(&self, order: &mut Order, row: usize, neighbours: &[Vec<usize>]) {
        let Some(vertices) = order.rows.get(row).cloned() else { return };
        // What comes into a box has its order.
        if vertices.iter().any(|v| matches!(self.vertices.get(*v), Some(Vertex::In(_)))) {
            return;
        }
        let centre = |v: &usize| {
            let list = neighbours.get(*v).map_or(&[][..], Vec::as_slice);
            let current = order.position.get(*v).copied().unwrap_or_default() as f64;
            let places = list.iter().map(|n| order.position.get(*n).copied().unwrap_or_default() as f64);
            if list.is_empty() { current } else { places.sum::<f64>() / list.len() as f64 }
        };
        let mut keyed: Vec<(f64, usize)> = vertices.iter().map(|v| (centre(v), *v)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        order.put(row, keyed.into_iter().map(|(_, v)| v).collect());
    }

    /// Pairs of wires that cross.
    fn crossings(&self, order: &Order) -> usize {
        let mut by_row: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.rows];
        let place = |v: usize| order.position.get(v).copied().unwrap_or_default();
        for (a, b, _) in &self.wires {
            if let Some(list) = self.row.get(*a).and_then(|r| by_row.get_mut(*r)) {
                list.push((place(*a), place(*b)));
            }
        }
        by_row
            .into_iter()
            .map(|mut wires| {
                wires.sort_unstable();
                inversions(&wires.into_iter().map(|(_, b)| b).collect::<Vec<_>>())
            })
            .sum()
    }

    fn plan(&self, order: &Order, plans: &Plans) -> Plan {
        let slot = |v: &usize| match self.vertices.get(*v) {
            Some(Vertex::Item(item)) => Slot::Item(*item),
            Some(Vertex::In(i)) => Slot::In(*i),
            // They are numbered from left to right by now.
            Some(Vertex::Out(_)) => Slot::Out(order.position.get(*v).copied().unwrap_or_default()),
            Some(Vertex::Lane) | None => Slot::Lane,
        };
        let rows = order.rows.iter().map(|row| row.iter().map(slot).collect()).collect();
        let port = |lists: &[Vec<usize>], v: usize, tensor: usize| match self.vertices.get(v) {
            Some(Vertex::Item(item)) => plans.list(lists, *item).iter().position(|t| *t == tensor).unwrap_or_default(),
            _ => 0,
        };
        let place = |v: usize| order.position.get(v).copied().unwrap_or_default();
        let wire = |(a, b, tensor): &(usize, usize, usize)| Wire {
            row: self.row.get(*a).copied().unwrap_or_default(),
            from: (place(*a), port(&plans.outs, *a, *tensor)),
            to: (place(*b), port(&plans.ins, *b, *tensor)),
            tensor: *tensor,
        };
        Plan { rows, wires: self.wires.iter().map(wire).collect() }
    }
}

impl Order {
    fn put(&mut self, row: usize, vertices: Vec<usize>) {
        for (i, v) in vertices.iter().enumerate() {
            set(&mut self.position, *v, i);
        }
        set(&mut self.rows, row, vertices);
    }
}

/// For each of `n` vertices, where edges to it come from, and where those from it lead.
fn neighbours(n: usize, edges: impl Iterator<Item = (usize, usize)>) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let (mut above, mut below) = (vec![Vec::new(); n], vec![Vec::new(); n]);
    for (a, b) in edges {
        if let (Some(above), Some(below)) = (above.get_mut(b), below.get_mut(a)) {
            above.push(a);
            below.push(b);
        }
    }
    (above, below)
}

/// The row of each of `n` items in the order of the source: below all that it reads, and what reads nothing directly above
/// its first reader. An item with more readers than it reads is placed as low as they let it.
fn ranks(n: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let (above, below) = neighbours(n, edges.iter().filter(|(a, b)| a < b).copied());
    let mut rank: Vec<usize> = Vec::with_capacity(n);
    for read in &above {
        let lowest = read.iter().filter_map(|v| rank.get(*v)).max();
        rank.push(lowest.map_or(0, |r| r + 1));
    }
    for v in (0..n).rev() {
        let (read, readers) = (above.get(v).map_or(0, Vec::len), below.get(v));
        let first = readers.into_iter().flatten().filter_map(|r| rank.get(*r)).min().copied();
        let (Some(first), Some(readers)) = (first, readers) else { continue };
        if read == 0 || readers.len() > read {
            let lowest = rank.get(v).copied().unwrap_or_default().max(first.saturating_sub(1));
            set(&mut rank, v, lowest);
        }
    }
    rank
}

/// Pairs in the wrong order.
fn inversions(list: &[usize]) -> usize {
    if list.len() < 2 {
        return 0;
    }
    let size = list.iter().max().copied().unwrap_or_default() + 2;
    let mut tree = vec![0usize; size];
    let mut count = 0;
    for (seen, value) in list.iter().enumerate() {
        // How many before are not larger.
        let (mut at, mut smaller) = (value + 1, 0);
        while at > 0 {
            smaller += tree.get(at).copied().unwrap_or_default();
            at &= at - 1;
        }
        count += seen - smaller;
        at = value + 1;
        while at < size {
            tree.get_mut(at).into_iter().for_each(|t| *t += 1);
            at += at & at.wrapping_neg();
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_what_is_read() {
        // 0 -> 1 -> 2 -> 3, 4 -> 3: what reads nothing is above its reader.
        assert_eq!(ranks(5, &[(0, 1), (1, 2), (2, 3)]), [0, 1, 2, 3, 0]);
        assert_eq!(ranks(5, &[(0, 2), (2, 3), (3, 4), (1, 4)]), [0, 2, 1, 2, 3]);
    }

    #[test]
    fn inversions_are_counted_once_a_pair() {
        assert_eq!(inversions(&[0, 1, 2]), 0);
        assert_eq!(inversions(&[2, 1, 0]), 3);
        assert_eq!(inversions(&[1, 1, 0, 5]), 2);
    }
}
