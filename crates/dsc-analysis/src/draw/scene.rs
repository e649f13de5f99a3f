//! A graph as nested boxes: the model, calls and loop turns in it, operations in those, and the tensors between them.

use std::collections::BTreeMap;

use super::fold::{Folds, attributes, regions_of};
use super::{Options, set};
use crate::count;
use dsc_graph::dims::Dim;
use dsc_graph::{Graph, NameKind, Node, NodeId, Op, RegionId, RegionKind};
use dsc_syntax::source::Span;

/// What an item of a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The model itself, in which all else lies.
    Model,
    /// A call of a block.
    Call {
        /// Whether the block belongs to the standard library.
        library: bool,
    },
    /// A turn of a loop, or several equal ones.
    Turn,
    /// An operation, or a call of a block that holds a single one.
    Op,
    /// An input of the file.
    Input,
    /// A label of the file.
    Label,
    /// A prediction: an `output` of the file.
    Output,
    /// A loss of the file.
    Loss,
    /// A retrieval of companions.
    Companions,
    /// Parameters that neither an output nor a loss reaches.
    Dead,
}

/// A box, or an operation.
#[derive(Clone, Debug)]
pub struct Item {
    /// Which kind of item.
    pub kind: Kind,
    /// The item it lies in; none for the model.
    pub parent: Option<usize>,
    /// What lies in it, in the order of the source. Empty for operations.
    pub children: Vec<usize>,
    /// Its name: a block, an operation, an input.
    pub title: String,
    /// Which of several it is: `l = 1`.
    pub tag: String,
    /// Attributes: `heads 8`.
    pub note: String,
    /// Path of the call, as weights have it.
    pub path: String,
    /// How many equal turns it is drawn for.
    pub times: usize,
    /// The graph's nodes it is drawn for; none for a box, an output or a loss.
    pub nodes: Vec<NodeId>,
    /// Numbers in the parameters of it and all in it, in all turns.
    pub params: Dim,
    /// Those of them that neither an output nor a loss reaches.
    pub dead: Dim,
    /// Multiply-adds of it and all in it, if counted.
    pub macs: Option<Dim>,
    /// The type of its value, for operations and inputs.
    pub ty: Option<String>,
    /// Whether its value is that of companions.
    pub view: bool,
    /// File and line of its source, if the sources are given.
    pub place: Option<String>,
}

/// A tensor that goes from one operation to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// The operation that makes it.
    pub from: usize,
    /// The one that reads it.
    pub to: usize,
}

/// Nested boxes and the tensors between them.
#[derive(Clone, Debug)]
pub struct Scene {
    /// All items, the model first; an item that was drawn into another has no parent and is no child.
    pub items: Vec<Item>,
    /// Tensors, in order and each once.
    pub links: Vec<Link>,
    /// What tensors are called: by their operation and the item in which the name is bound.
    names: Names,
    /// What they are called as arguments: by their operation and the call.
    arguments: Names,
}

type Names = BTreeMap<(usize, usize), String>;

/// The model, which is always the first item.
pub const ROOT: usize = 0;

impl Scene {
    /// The boxes of a graph without dead nodes.
    pub fn new(graph: &Graph, options: &Options<'_>) -> Scene {
        let folds = Folds::of(graph);
        let mut builder = Builder {
            graph,
            options,
            folds,
            items: Vec::new(),
            of_node: vec![None; graph.len()],
            of_region: vec![None; graph.regions.len()],
            owned: vec![false; graph.params.len()],
            dead: graph.dead_params(),
        };
        builder.root();
        builder.operations();
        let mut links = builder.links();
        builder.roots(&mut links);
        builder.dead_parameters();
        let (names, arguments) = (builder.names(NameKind::Bound), builder.names(NameKind::Argument));
        let mut scene = Scene { items: builder.items, links, names, arguments };
        scene.simplify();
        scene.sum_up(ROOT);
        scene.links.retain(|l| l.from != l.to);
        scene.links.sort_unstable();
        scene.links.dedup();
        scene
    }

    /// The item of that number.
    pub fn item(&self, id: usize) -> Option<&Item> {
        self.items.get(id)
    }

    /// Whether an item holds others.
    pub fn is_box(&self, id: usize) -> bool {
        self.item(id).is_some_and(|i| !i.children.is_empty())
    }

    /// An item and those it lies in, the innermost first.
    pub fn around(&self, id: usize) -> Vec<usize> {
        let mut chain = vec![id];
        let mut at = id;
        while let Some(parent) = self.item(at).and_then(|i| i.parent) {
            chain.push(parent);
            at = parent;
        }
        chain
    }

    /// What the tensor of the operation `of` is called in the item `within`.
    pub fn name(&self, of: usize, within: usize) -> Option<&str> {
        self.names.get(&(of, within)).map(String::as_str)
    }

    /// What the tensor of the operation `of` is called as an argument of the call `call`.
    pub fn argument(&self, of: usize, call: usize) -> Option<&str> {
        self.arguments.get(&(of, call)).map(String::as_str)
    }

    /// A turn that holds a single item is drawn as that item, and so is a call that holds a single operation.
    fn simplify(&mut self) {
        let mut order = vec![ROOT];
        let mut next = 0;
        while let Some(id) = order.get(next).copied() {
            order.extend(self.item(id).into_iter().flat_map(|i| i.children.iter().copied()));
            next += 1;
        }
        for id in order.into_iter().rev() {
            let Some(item) = self.items.get(id).cloned() else { continue };
            let [only] = item.children.as_slice() else { continue };
            let Some(child) = self.items.get(*only).cloned() else { continue };
            let single = child.kind == Kind::Op && child.times == 1 && child.children.is_empty();
            let merged = match item.kind {
                Kind::Turn => {
                    let tag = [item.tag.as_str(), child.tag.as_str()]
                        .iter()
                        .filter(|t| !t.is_empty())
                        .copied()
                        .collect::<Vec<_>>();
                    Item { tag: tag.join(", "), times: item.times * child.times, parent: item.parent, ..child }
                }
                Kind::Call { .. } if single => Item {
                    kind: Kind::Op,
                    ty: child.ty,
                    note: child.note,
                    children: Vec::new(),
                    nodes: child.nodes,
                    params: child.params,
                    dead: child.dead,
                    macs: child.macs,
                    view: child.view,
                    ..item
                },
                _ => continue,
            };
            if let (Kind::Turn, Some(parent)) = (item.kind, item.parent) {
                // What is bound in the turn is bound around the item.
                let moved: Vec<_> =
                    self.names.iter().filter(|((_, within), _)| *within == id).map(|(k, n)| (k.0, n.clone())).collect();
                self.names.retain(|(_, within), _| *within != id);
                for (of, name) in moved {
                    self.names.entry((of, parent)).or_insert(name);
                }
            }
            for grandchild in &merged.children {
                self.items.get_mut(*grandchild).into_iter().for_each(|i| i.parent = Some(id));
            }
            set(&mut self.items, id, merged);
            if let Some(child) = self.items.get_mut(*only) {
                child.parent = None;
                child.children.clear();
            }
            self.redirect(*only, id);
        }
    }

    fn redirect(&mut self, from: usize, to: usize) {
        let moved = |id: usize| if id == from { to } else { id };
        self.links.iter_mut().for_each(|l| *l = Link { from: moved(l.from), to: moved(l.to) });
        for names in [&mut self.names, &mut self.arguments] {
            *names =
                std::mem::take(names).into_iter().map(|((of, within), n)| ((moved(of), moved(within)), n)).collect();
        }
    }

    /// Adds up what boxes hold.
    fn sum_up(&mut self, id: usize) {
        let Some(children) = self.item(id).map(|i| i.children.clone()) else { return };
        for child in children {
            self.sum_up(child);
            let Some(child) = self.items.get(child).cloned() else { continue };
            if let Some(item) = self.items.get_mut(id) {
                item.params = item.params.plus(&child.params);
                item.dead = item.dead.plus(&child.dead);
                item.macs = match (&item.macs, &child.macs) {
                    (Some(a), Some(b)) => Some(a.plus(b)),
                    (a, b) => a.clone().or_else(|| b.clone()),
                };
            }
        }
    }
}

struct Builder<'a, 'o> {
    graph: &'a Graph,
    options: &'o Options<'a>,
    folds: Folds,
    items: Vec<Item>,
    of_node: Vec<Option<usize>>,
    of_region: Vec<Option<usize>>,
    /// Parameters that an item counts.
    owned: Vec<bool>,
    dead: Vec<bool>,
}

impl Builder<'_, '_> {
    fn add(&mut self, kind: Kind, parent: Option<usize>, title: impl Into<String>, span: Span) -> usize {
        let id = self.items.len();
        let place = self.options.sources.and_then(|s| s.locate(span)).map(|at| format!("{}:{}", at.file, at.line));
        self.items.push(Item {
            kind,
            parent,
            children: Vec::new(),
            title: title.into(),
            tag: String::new(),
            note: String::new(),
            path: String::new(),
            times: 1,
            nodes: Vec::new(),
            params: Dim::from(0),
            dead: Dim::from(0),
            macs: None,
            ty: None,
            view: false,
            place,
        });
        if let Some(parent) = parent.and_then(|p| self.items.get_mut(p)) {
            parent.children.push(id);
        }
        id
    }

    fn root(&mut self) {
        let title = if self.graph.name.is_empty() { "model".to_owned() } else { self.graph.name.clone() };
        self.add(Kind::Model, None, title, Span::NONE);
    }

    fn drawn(&self, id: NodeId) -> NodeId {
        self.folds.drawn.get(id.index()).copied().unwrap_or(id)
    }

    /// The box of a region.
    fn region(&mut self, region: Option<RegionId>) -> usize {
        let mut parent = ROOT;
        for id in regions_of(self.graph, region) {
            let known = self.of_region.get(id.index()).copied().flatten();
            parent = known.unwrap_or_else(|| self.new_region(id, parent));
        }
        parent
    }

    fn new_region(&mut self, id: RegionId, parent: usize) -> usize {
        let Some(region) = self.graph.region(id) else { return parent };
        let (kind, title, tag) = match &region.kind {
            RegionKind::Call { block, library, .. } => (Kind::Call { library: *library }, block.clone(), String::new()),
            RegionKind::Turn { variable, step } => (Kind::Turn, String::new(), format!("{variable} = {step}")),
        };
        let item = self.add(kind, Some(parent), title, region.span);
        let times = self.folds.times.get(id.index()).copied().unwrap_or(1).max(1);
        if let Some(new) = self.items.get_mut(item) {
            new.times = times;
            new.path.clone_from(&region.path);
            new.tag = tag;
            if let (RegionKind::Turn { variable, .. }, true) = (&region.kind, times > 1) {
                // Which turn it was does not matter where there are several.
                new.title.clone_from(variable);
                new.tag.clear();
            }
        }
        set(&mut self.of_region, id.index(), Some(item));
        item
    }

    /// An item for each node that is drawn; the others are added to the one that is drawn for them.
    fn operations(&mut self) {
        for (id, node) in self.graph.nodes() {
            if self.drawn(id) == id && !matches!(node.op, Op::Param(_)) {
                let item = self.operation(node);
                set(&mut self.of_node, id.index(), Some(item));
            }
        }
        for (id, node) in self.graph.nodes() {
            let Some(item) = self.of_node.get(self.drawn(id).index()).copied().flatten() else { continue };
            let (params, dead) = self.parameters(id, node);
            let macs = self.options.macs.and_then(|m| m.get(id.index())).cloned();
            if let Some(item) = self.items.get_mut(item) {
                item.nodes.push(id);
                item.params = item.params.plus(&params);
                item.dead = item.dead.plus(&dead);
                item.macs = match (item.macs.take(), macs) {
                    (Some(a), Some(b)) => Some(a.plus(&b)),
                    (a, b) => a.or(b),
                };
            }
        }
    }

    fn operation(&mut self, node: &Node) -> usize {
        let kind = match node.op {
            Op::Input(_) => Kind::Input,
            Op::Label(_) => Kind::Label,
            _ => Kind::Op,
        };
        // Inputs belong to the file, wherever they are read first.
        let (parent, title, note) = match &node.op {
            Op::Input(name) | Op::Label(name) => (ROOT, name.clone(), String::new()),
            Op::At { companions, group, .. } => {
                let name = self.graph.companions.get(companions.index()).map_or("companions", |c| &c.name);
                (self.region(node.region), format!("at {name}.{group}"), String::new())
            }
            op => (self.region(node.region), op.name().to_owned(), attributes(op).to_string().trim_start().to_owned()),
        };
        let span = match &node.op {
            Op::Input(name) => self.graph.inputs.get(name).map_or(node.span, |i| i.span),
            Op::Label(name) => self.graph.labels.get(name).map_or(node.span, |l| l.span),
            _ => node.span,
        };
        let item = self.add(kind, Some(parent), title, span);
        if let Some(new) = self.items.get_mut(item) {
            new.note = note;
            new.ty = Some(without_view(&node.ty.to_string()));
            new.view = matches!(node.op, Op::At { .. });
            new.path.clone_from(&node.scope);
        }
        item
    }

    /// Numbers in the parameters that a node is the first to read, and those of them that are dead.
    fn parameters(&mut self, id: NodeId, _node: &Node) -> (Dim, Dim) {
        let (mut all, mut dead) = (Dim::from(0), Dim::from(0));
        for operand in self.graph.operands(id) {
            let Some(Op::Param(param)) = self.graph.node(operand).map(|n| n.op.clone()) else { continue };
            let Some(owned) = self.owned.get_mut(param.index()).filter(|o| !**o) else { continue };
            *owned = true;
            let n = self.graph.param(param).map_or_else(|| Dim::from(0), count::size);
            if self.dead.get(param.index()) == Some(&true) {
                dead = dead.plus(&n);
            }
            all = all.plus(&n);
        }
        (all, dead)
    }

    fn item_of(&self, id: NodeId) -> Option<usize> {
        self.of_node.get(self.drawn(id).index()).copied().flatten()
    }

    fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        for (id, _) in self.graph.nodes().filter(|(id, _)| self.drawn(*id) == *id) {
            let Some(to) = self.item_of(id) else { continue };
            let read = self.folds.operands.get(id.index()).into_iter().flatten();
            links.extend(read.filter_map(|o| self.item_of(*o)).map(|from| Link { from, to }));
        }
        links
    }

    /// Outputs, losses and retrievals: what the graph is for.
    fn roots(&mut self, links: &mut Vec<Link>) {
        let graph = self.graph;
        for c in &graph.companions {
            let item = self.add(Kind::Companions, Some(ROOT), format!("companions {}", c.name), c.span);
            if let Some(new) = self.items.get_mut(item) {
                new.note = format!("pos {}, near {}, far {}", c.pos, c.near, c.far);
            }
            links.extend(c.by.iter().filter_map(|v| self.item_of(*v)).map(|from| Link { from, to: item }));
        }
        for o in &graph.outputs {
            let item = self.add(Kind::Output, Some(ROOT), format!("output for {}", o.label), o.span);
            links.extend(self.item_of(o.value).map(|from| Link { from, to: item }));
        }
        for l in &graph.losses {
            let item = self.add(Kind::Loss, Some(ROOT), format!("loss {}", l.name), l.span);
            links.extend(self.item_of(l.value).map(|from| Link { from, to: item }));
        }
    }

    /// Parameters that no node reads lie where their call would be.
    fn dead_parameters(&mut self) {
        let mut groups: BTreeMap<(usize, String), (String, Dim, Span)> = BTreeMap::new();
        for (i, param) in self.graph.params.iter().enumerate() {
            if self.owned.get(i) == Some(&true) {
                continue;
            }
            let calls = self.graph.regions.iter().enumerate().filter(|(_, r)| {
                matches!(r.kind, RegionKind::Call { .. })
                    && param.path.strip_prefix(r.path.as_str()).is_some_and(|rest| rest.starts_with('.'))
            });
            let call =
                calls.max_by_key(|(i, r)| (r.path.len(), std::cmp::Reverse(*i))).map(|(i, _)| RegionId(i as u32));
            // The outermost region of which nothing is left, in the innermost of which something is.
            let chain = regions_of(self.graph, call);
            let lives = |r: &RegionId| self.of_region.get(r.index()).copied().flatten();
            let parent = chain.iter().rev().find_map(lives).unwrap_or(ROOT);
            let gone = chain.iter().filter(|r| lives(r).is_none()).filter_map(|r| self.graph.region(*r));
            let gone = gone.clone().find(|r| matches!(r.kind, RegionKind::Call { .. }));
            let (title, path, span) = match gone.map(|r| (&r.kind, r)) {
                Some((RegionKind::Call { block, .. }, r)) => (block.clone(), r.path.clone(), r.span),
                _ => (param.path.rsplit('.').next().unwrap_or_default().to_owned(), param.path.clone(), param.span),
            };
            let group = groups.entry((parent, path)).or_insert((title, Dim::from(0), span));
            group.1 = group.1.plus(&count::size(param));
        }
        for ((parent, path), (title, size, span)) in groups {
            let item = self.add(Kind::Dead, Some(parent), title, span);
            if let Some(new) = self.items.get_mut(item) {
                new.path = path;
                new.params = size.clone();
                new.dead = size;
            }
        }
    }

    /// Names of a kind, each in the box where it is bound, an argument's in that of the call; the first if there are several.
    fn names(&self, kind: NameKind) -> Names {
        let mut names = BTreeMap::new();
        for named in self.graph.names.iter().filter(|n| n.kind == kind) {
            let Some(within) = named.region.map_or(Some(ROOT), |r| self.of_region.get(r.index()).copied().flatten())
            else {
                continue;
            };
            let last = named.path.rsplit('.').find(|s| !s.bytes().all(|b| b.is_ascii_digit())).unwrap_or_default();
            // An element without a label has a number, which says nothing.
            let numbered =
                |place: &str| !place.is_empty() && place.split('.').any(|s| s.bytes().all(|b| b.is_ascii_digit()));
            for (place, node) in named.values.iter().filter(|(place, _)| !numbered(place)) {
                let Some(of) = self.item_of(*node) else { continue };
                let name = if place.is_empty() { last.to_owned() } else { format!("{last}.{place}") };
                names.entry((of, within)).or_insert(name);
            }
        }
        names
    }
}

/// A type without the companions that its lengths are of: `T` for `T@companions0.pos.1`.
fn without_view(ty: &str) -> String {
    let mut out = String::new();
    let mut rest = ty;
    while let Some((before, after)) = rest.split_once('@') {
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
    }
    out.push_str(rest);
    out
}
