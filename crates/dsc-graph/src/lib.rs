//! The graph: what a checked program means, one typed node per operation.
//!
//! - [`dims`], [`types`], [`statics`]: dimensions as polynomials over named atoms, types of one sample with lengths and modality,
//!   values known at compile time; [`constant`]: those that need no name;
//! - [`primitives`]: the table of operations, from which calls are checked and explained;
//! - [`Op`]: the operations, each with its typing rule ([`Op::infer`]), its name and its [`Attributes`];
//! - [`Graph`]: nodes on `petgraph`, the table of parameters, inputs, outputs, losses, companions;
//! - [`Graph::to_text`]: the stable text form, and the hash taken of it; [`mod@parse`] describes the form and reads it;
//! - [`Region`], [`Named`]: which call, loop turn and name of the source a node comes from;
//! - [`Rewriter`]: one graph from another, which is what passes do;
//! - [`verify`]: the invariants; a verified graph lowers without surprises;
//! - [`passes`]: rewrites that keep the numbers.
//!
//! A node describes one sample. Nodes are in an order in which operands come first. Parameters are nodes too
//! ([`Op::Param`]); they are the only nodes that have no sample.

pub mod constant;
pub mod dims;
pub mod passes;
pub mod primitives;
pub mod statics;
pub mod types;

mod attributes;
mod einsum;
mod equal;
mod form;
mod graph;
mod init;
mod joint;
pub mod layout;
mod linear;
mod op;
pub mod parse;
pub mod recompute;
mod region;
mod rewrite;
mod sequence;
mod spelling;
mod text;
mod typing;
mod verify;

pub use attributes::{Attribute, Attributes, OpFault};
pub use einsum::{Einsum, EinsumFault};
pub use graph::{
    Companions, CompanionsId, Graph, Init, InputDecl, LabelDecl, Loss, Node, NodeId, Output, Param, ParamId, Ranks,
};
pub use joint::Joint;
pub use linear::{LinearMap, linear_places};
pub use op::{Axis, Binary, Group, MaxOver, Op, Over, ParametricUnary, RandomSite, Reduction, Unary, View};
pub use parse::{Parsed, parse};
pub use region::{NameKind, Named, Region, RegionId, RegionKind};
pub use rewrite::{Rewriter, Rewritten};
pub use sequence::{Band, Cell, Pool};
pub use text::bind_text;
pub use typing::{DimEq, TypeFault};
pub use verify::{Unsound, diagnose, verify};
