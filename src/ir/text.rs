//! The stable text form of a graph, and its hash.
//!
//! One line per node; parameters stand in the table above and are operands by their path. Nodes are numbered by their
//! order. Spans and loop indices are not part of it, so a moved line does not change a hash.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Graph, Group, Init, NodeId, Op};
use crate::sema::dims::{Dim, DimValues};

impl Graph {
    /// The text form. Dead nodes are left out; dead parameters stay, marked `dead`.
    pub fn to_text(&self) -> String {
        let live = self.without_dead_nodes();
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = live.write_text(&mut out);
        out
    }

    /// SHA-256 of the text form without the model's name, in hex.
    pub fn hash(&self) -> String {
        let unnamed = self.unnamed();
        hex(&Sha256::digest(unnamed.to_text().as_bytes()))
    }

    /// The same with the numbers of bound dims: equal hashes mean equal graphs on equal dims.
    pub fn bound_hash(&self, values: &dyn DimValues) -> String {
        let unnamed = self.unnamed();
        let mut text = unnamed.to_text();
        for atom in self.dim_atoms() {
            let value = Dim::atom(atom.clone()).eval(values);
            let _ = writeln!(text, "bind {atom} = {}", value.map_or_else(|| "?".to_owned(), |v| v.to_string()));
        }
        hex(&Sha256::digest(text.as_bytes()))
    }

    fn unnamed(&self) -> Graph {
        let mut graph = self.clone();
        graph.name.clear();
        graph
    }

    /// The names that data give numbers to, sorted.
    pub fn dim_atoms(&self) -> Vec<crate::sema::dims::Atom> {
        let mut atoms = std::collections::BTreeSet::new();
        for input in self.inputs.values() {
            let axes: Vec<&Dim> = match &input.ty {
                crate::sema::types::Type::Tensor(t) => t.axes().collect(),
                crate::sema::types::Type::Tokens { len } => vec![len],
            };
            for axis in axes {
                axis.any_atom(&mut |a| {
                    atoms.insert(a.clone());
                    false
                });
            }
        }
        atoms.into_iter().collect()
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        let names = self.operand_names();
        let name = |id: NodeId| names.get(id.index()).cloned().unwrap_or_default();
        writeln!(out, "graph {}", self.name)?;
        for input in self.inputs.values() {
            writeln!(out, "input {} : {} from {:?}", input.name, input.ty, input.key)?;
        }
        for label in self.labels.values() {
            match &label.key {
                Some(key) => writeln!(out, "label {} : Real from {key:?}", label.name)?,
                None => writeln!(out, "label {} : Real", label.name)?,
            }
        }
        for (param, dead) in self.params.iter().zip(self.dead_params()) {
            let shape: Vec<String> = param.shape.iter().map(ToString::to_string).collect();
            write!(out, "param {} : [{}] {}", param.path, shape.join(", "), InitText(&param.init))?;
            if let Some(path) = &param.encoder {
                write!(out, " encoder {path}")?;
            }
            writeln!(out, "{}", if dead { " dead" } else { "" })?;
        }
        for (i, c) in self.companions.iter().enumerate() {
            let by: Vec<String> = c.by.iter().map(|id| name(*id)).collect();
            writeln!(
                out,
                "companions{i} {} : by [{}] class {} pos {} near {} far {} pool {} refresh {}",
                c.name,
                by.join(", "),
                c.class,
                c.pos,
                c.near,
                c.far,
                c.pool,
                c.refresh
            )?;
        }
        for (id, node) in self.nodes() {
            if matches!(node.op, Op::Param(_)) {
                continue;
            }
            let operands: Vec<String> = self.operands(id).into_iter().map(name).collect();
            write!(out, "{} = {}", name(id), node.op.name())?;
            write!(out, "({})", operands.join(", "))?;
            write!(out, "{}", Attributes(&node.op))?;
            writeln!(out, " : {}", node.ty)?;
        }
        for o in &self.outputs {
            writeln!(out, "output {} for {}", name(o.value), o.label)?;
        }
        for l in &self.losses {
            writeln!(out, "loss {} = {}", l.name, name(l.value))?;
        }
        Ok(())
    }

    /// What each node is called in the text: parameters by path, the others numbered in order.
    fn operand_names(&self) -> Vec<String> {
        let mut next = 0;
        self.nodes()
            .map(|(_, node)| match &node.op {
                Op::Param(p) => self.param(*p).map_or_else(|| p.to_string(), |p| format!("@{}", p.path)),
                _ => {
                    next += 1;
                    format!("%{}", next - 1)
                }
            })
            .collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}

struct InitText<'a>(&'a Init);

impl std::fmt::Display for InitText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Init::Zeros => f.write_str("zeros"),
            Init::Ones => f.write_str("ones"),
            Init::Normal { std } => write!(f, "normal({std})"),
            Init::FanIn(d) => write!(f, "fan_in({d})"),
        }
    }
}

struct Attributes<'a>(&'a Op);

impl std::fmt::Display for Attributes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Op::Input(name) | Op::Label(name) => write!(f, " {name}"),
            Op::Const(value) => write!(f, " {value}"),
            Op::Affine { mul, add } => write!(f, " mul {mul} add {add}"),
            Op::LayerNorm { eps } => write!(f, " eps {eps}"),
            Op::Attention { heads, scale, drop, site } => {
                write!(f, " heads {heads}")?;
                if let Some(scale) = scale {
                    write!(f, " scale {scale}")?;
                }
                if *drop > 0.0 {
                    write!(f, " drop {drop} site {}", site.0)?;
                }
                Ok(())
            }
            Op::Dropout { p, site } => write!(f, " p {p} site {}", site.0),
            Op::Take { rows } => write!(f, " rows {rows}"),
            Op::Row(i) => write!(f, " {i}"),
            Op::At { companions, group, index } => {
                let group = match group {
                    Group::Pos => "pos",
                    Group::Neg => "neg",
                };
                write!(f, " {companions}.{group}.{index}")
            }
            _ => Ok(()),
        }
    }
}
