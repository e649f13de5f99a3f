//! Pictures of a graph: nested boxes for calls and loop turns, operations in them, tensors with their types between them.
//!
//! From graph to picture:
//! 1. `fold`: what is drawn once although it is computed several times (equal turns, equal expressions);
//! 2. [`scene`]: boxes, operations, tensors, with their parameters and costs;
//! 3. [`plan`]: rows, lanes and orders within each box, whatever is open in it;
//! 4. [`labels`] and [`layout`]: what is written, and coordinates for a set of open boxes;
//! 5. [`Picture::svg`], [`Picture::dot`], [`Picture::html`]. The page holds the inside of every box, laid out for some sets of
//!    open boxes, and makes room in the one that fits best.
//!
//! No tensor runs through a box that it does not belong to: it passes each row on a lane of its own.
//!
//! Cost is shown as shading: multiply-adds where [`Options::macs`] gives them, parameters else.

mod dot;
mod fold;
mod html;
pub mod labels;
pub mod layout;
pub mod plan;
pub mod scene;
mod style;
mod svg;

use crate::count::NodeCosts;
use dsc_graph::Graph;
use dsc_graph::dims::DimTable;
use dsc_syntax::source::SourceMap;
use labels::Labels;
use layout::Layout;
use plan::Plans;
use scene::{Kind, ROOT, Scene};

/// Levels of the file's own blocks that are open by default: the model, and what it calls.
pub const LEVELS: usize = 2;

/// What a picture is made with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Levels of boxes that are open, from 1. Without it [`LEVELS`] levels of the file's own blocks are open, and none of the
    /// library's.
    pub depth: Option<usize>,
    /// The files, for places.
    pub sources: Option<&'a SourceMap>,
    /// The data's numbers, for counts.
    pub dims: Option<&'a DimTable>,
    /// Multiply-adds of the nodes of [`Graph::without_dead_nodes`], for shading.
    pub macs: Option<&'a NodeCosts>,
}

/// A graph, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Boxes, operations and the tensors between them.
    pub scene: Scene,
    /// Rows and lanes of every box.
    pub plans: Plans,
    /// What is written on each item.
    pub labels: Vec<Labels>,
    /// Which boxes are open.
    pub open: Vec<bool>,
    /// What shading shows: `multiply-adds` or `parameters`.
    pub shading: &'static str,
}

impl Picture {
    /// Prepares a picture of the graph's live nodes.
    pub fn new(graph: &Graph, options: &Options<'_>) -> Picture {
        let live = graph.without_dead_nodes();
        let scene = Scene::new(&live, options);
        let plans = Plans::new(&scene);
        let labels = labels::labels(&scene, &plans, options);
        let open = open(&scene, options.depth);
        let shading = if options.macs.is_some() { "multiply-adds" } else { "parameters" };
        Picture { scene, plans, labels, open, shading }
    }

    /// Coordinates with these boxes open.
    fn layout(&self, open: &[bool]) -> Layout {
        Layout::new(&self.scene, &self.plans, &self.labels, open)
    }

    /// Whether some tensor is that of companions.
    fn has_views(&self) -> bool {
        self.scene.items.iter().any(|i| i.view)
    }

    /// The item that shows an item: itself, or the closed box that it lies in.
    pub fn shown(&self, id: usize) -> usize {
        let closed = |i: &&usize| self.open.get(**i) != Some(&true);
        // The outermost closed one; the item itself is never open unless it is a box.
        self.scene.around(id).iter().rev().find(closed).copied().unwrap_or(id)
    }
}

/// Which boxes are open.
fn open(scene: &Scene, depth: Option<usize>) -> Vec<bool> {
    let is_open = |id: usize| {
        scene.item(id).is_some_and(|item| {
            let level = scene.around(id).len();
            let by_default = level <= LEVELS && !matches!(item.kind, Kind::Call { library: true });
            scene.is_box(id) && (id == ROOT || depth.map_or(by_default, |d| level <= d))
        })
    };
    (0..scene.items.len()).map(is_open).collect()
}

/// Sets an element that is there.
fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}
