//! The samples of a part of a batch: their lengths, and the layout that these give to sequences.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use dsc_graph::dims::{Atom, Dim, DimTable};
use dsc_graph::layout::packing_pays;
use dsc_graph::{Graph, Group, Op, View};

/// Anchors with their companions, each sample once, the anchors first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartRows {
    /// Number of anchors.
    pub anchors: usize,
    /// The length of every sample by the name of the time axis.
    pub lengths: BTreeMap<String, Vec<i64>>,
    /// For each declaration of companions, positives and negatives: `[index][anchor]`, the place of the sample.
    pub companions: Vec<[Vec<Vec<usize>>; 2]>,
    /// Number of samples.
    pub samples: usize,
    /// The batch that these are a part of; none if they are all of it.
    pub part_of: Option<Rc<PartRows>>,
}

/// The samples of a step.
#[derive(Clone, Debug, Default)]
pub struct StepRows {
    /// One by one, or all before the first goes back.
    pub parts: Vec<PartRows>,
    /// Whether the parts are shards, whose losses are known when all are computed.
    pub shards: bool,
}

impl PartRows {
    /// A shard of a batch: some of its anchors, and some of its other samples. What it reads of companions are rows of its own, as many
    /// as those are elsewhere.
    pub fn shard(&self, anchors: Range<usize>, others: Range<usize>) -> PartRows {
        let rows: Vec<usize> = anchors.clone().chain(others).collect();
        let of = |lens: &Vec<i64>| rows.iter().filter_map(|row| lens.get(*row).copied()).collect();
        let own = |column: &Vec<usize>| (0..column.len().min(anchors.len())).map(|i| i % rows.len().max(1)).collect();
        PartRows {
            anchors: anchors.len(),
            lengths: self.lengths.iter().map(|(name, lens)| (name.clone(), of(lens))).collect(),
            companions: self
                .companions
                .iter()
                .map(|c| c.each_ref().map(|group| group.iter().map(own).collect()))
                .collect(),
            samples: rows.len(),
            part_of: self.part_of.clone(),
        }
    }

    /// The sample of each anchor that an `at` reads.
    fn companion(&self, view: (usize, Group, usize)) -> Option<&[usize]> {
        let [pos, neg] = self.companions.get(view.0)?;
        let group = if view.1 == Group::Pos { pos } else { neg };
        group.get(view.2).map(Vec::as_slice)
    }
}

/// The rows of a sequence with one time axis.
#[derive(Debug)]
pub(super) struct Lengths {
    pub(super) lens: Vec<i64>,
    pub(super) padded: i64,
    pub(super) ragged: bool,
    pub(super) packed: bool,
}

impl Lengths {
    fn new(lens: Vec<i64>) -> Lengths {
        let padded = lens.iter().copied().max().unwrap_or(0);
        let ragged = lens.iter().any(|l| *l != padded);
        let packed = packing_pays(lens.iter().sum(), padded * lens.len() as i64);
        Lengths { lens, padded, ragged, packed }
    }

    /// Rows in memory.
    pub(super) fn rows(&self) -> u64 {
        match self.packed {
            true => self.valid(),
            false => self.padded_rows(),
        }
    }

    pub(super) fn valid(&self) -> u64 {
        self.lens.iter().sum::<i64>().unsigned_abs()
    }

    pub(super) fn padded_rows(&self) -> u64 {
        self.padded.unsigned_abs() * self.lens.len() as u64
    }
}

/// Numbers of all dims of a graph for some samples.
pub(super) struct Layout<'a> {
    dims: &'a DimTable,
    pub(super) rows: &'a PartRows,
    views: HashMap<String, (usize, Group, usize)>,
    /// Whether the longest of the batch is that of anchors and companions.
    longest_over_all: bool,
    known: RefCell<HashMap<(Dim, bool), Rc<Lengths>>>,
}

impl<'a> Layout<'a> {
    /// `extended` are the nodes that are computed for companions too.
    pub(super) fn new(graph: &Graph, dims: &'a DimTable, rows: &'a PartRows, extended: &[bool]) -> Layout<'a> {
        let mut views = HashMap::new();
        let mut longest_over_all = false;
        for (id, node) in graph.nodes() {
            if let Op::At { companions, group, index } = node.op {
                views.insert(View { companions, group, index }.to_string(), (companions.index(), group, index));
            }
            longest_over_all |= extended.get(id.index()) == Some(&true)
                && node.ty.len().is_some_and(|l| l.any_atom(&mut |a| matches!(a, Atom::Longest(_))));
        }
        Layout { dims, rows, views, longest_over_all, known: RefCell::default() }
    }

    /// Samples of the anchors, or of all.
    pub(super) fn count(&self, all: bool) -> usize {
        if all { self.rows.samples } else { self.rows.anchors }
    }

    /// The lengths of a time axis; none where a name has no number.
    pub(super) fn lengths(&self, dim: &Dim, all: bool) -> Option<Rc<Lengths>> {
        let key = (dim.clone(), all);
        if let Some(known) = self.known.borrow().get(&key) {
            return Some(Rc::clone(known));
        }
        let lens = (0..self.count(all)).map(|row| dim.eval(&|atom: &Atom| self.atom(atom, self.rows, row)));
        let lengths = Rc::new(Lengths::new(lens.collect::<Option<_>>()?));
        self.known.borrow_mut().insert(key, Rc::clone(&lengths));
        Some(lengths)
    }

    /// A dim that is one number for all samples.
    pub(super) fn number(&self, dim: &Dim) -> Option<u64> {
        dim.eval(&|atom: &Atom| self.atom(atom, self.rows, 0)).and_then(|n| u64::try_from(n).ok())
    }

    fn atom(&self, atom: &Atom, of: &PartRows, row: usize) -> Option<i64> {
        match atom {
            Atom::Length { name, view } => {
                let row = match view {
                    None => row,
                    Some(view) => *of.companion(*self.views.get(view)?)?.get(row)?,
                };
                of.lengths.get(name)?.get(row).copied()
            }
            Atom::Width(name) => self.dims.widths.get(name).copied(),
            Atom::Most(name) => self.dims.max_lengths.get(name).copied(),
            Atom::Batch => Some(self.rows.anchors as i64),
            Atom::Longest(dim) => {
                let views = dim.any_atom(&mut |a| matches!(a, Atom::Length { view: Some(_), .. }));
                let batch = self.rows.part_of.as_deref().unwrap_or(self.rows);
                let rows = if self.longest_over_all && !views { batch.samples } else { batch.anchors };
                let lens = (0..rows).map(|row| dim.eval(&|atom: &Atom| self.atom(atom, batch, row)));
                lens.collect::<Option<Vec<i64>>>()?.into_iter().max()
            }
            _ => None,
        }
    }
}
