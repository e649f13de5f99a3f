//! The graph: what a checked program means, one typed node per operation.
//!
//! - [`Op`]: the operations, each with its typing rule ([`Op::infer`]);
//! - [`Graph`]: nodes on `petgraph`, the table of parameters, inputs, outputs, losses, companions;
//! - [`Graph::to_text`]: the stable text form, and the hash taken of it;
//! - [`verify`]: the invariants; a verified graph lowers without surprises.
//!
//! A node speaks of one sample. Nodes stand in an order in which operands come first. Parameters are nodes too
//! ([`Op::Param`]); they are the only nodes that have no sample.

mod graph;
mod op;
mod text;
mod typing;
mod verify;

pub use graph::{
    Companions, CompanionsId, Graph, Init, InputDecl, LabelDecl, Loss, Node, NodeId, Output, Param, ParamId,
};
pub use op::{Axis, Binary, Group, Op, RandomSite, Unary};
pub use typing::TypeFault;
pub use verify::verify;
