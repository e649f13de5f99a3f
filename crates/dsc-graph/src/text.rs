//! Prints the stable text form of a graph, and takes its hash. [`parse`](super::parse) describes the form.
//!
//! One line per node; parameters stand in the table above and are operands by their path. Nodes are numbered by their
//! order. Spans and loop indices are not part of it, so a moved line does not change a hash.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Attribute, Attributes, Graph, NodeId, Op, Ranks, spelling};
use crate::dims::{Dim, DimTable, DimValues};

impl Graph {
    /// The text form. Dead nodes are left out; dead parameters stay, marked `dead`.
    pub fn to_text(&self) -> String {
        self.live().to_whole_text()
    }

    /// The text form with its dead nodes.
    pub fn to_whole_text(&self) -> String {
        self.to_text_as(&self.numbers())
    }

    /// The whole text form with other numbers for its nodes (those of parameters are not looked at), so that two graphs
    /// can be compared line by line.
    pub fn to_text_as(&self, numbers: &[usize]) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_text(&self.name, numbers, |op| (op.name(), op.attributes()), &mut out);
        out
    }

    /// The number of each node in the text form: parameters have none and get that of the next node.
    pub fn numbers(&self) -> Vec<usize> {
        let mut next = 0;
        let number = |(_, node): (NodeId, &super::Node)| {
            let this = next;
            next += usize::from(!matches!(node.op, Op::Param(_)));
            this
        };
        self.nodes().map(number).collect()
    }

    /// SHA-256 of the text form without the model's name, in hex. Operations have their former names in it, so that hashes
    /// are those that graphs had before operations were called as in the language.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.hashed_text().as_bytes()))
    }

    /// The same with the numbers of bound dims: equal hashes mean equal graphs on equal dims.
    pub fn bound_hash(&self, values: &dyn DimValues) -> String {
        let mut text = self.hashed_text();
        for atom in self.dim_atoms() {
            let value = Dim::atom(atom.clone()).eval(values);
            let _ = writeln!(text, "bind {atom} = {}", value.map_or_else(|| "?".to_owned(), |v| v.to_string()));
        }
        hex(&Sha256::digest(text.as_bytes()))
    }

    fn hashed_text(&self) -> String {
        let live = self.live();
        let mut out = String::new();
        let _ = live.write_text("", &live.numbers(), spelling::hashed, &mut out);
        out
    }

    /// The names that data give numbers to, sorted.
    pub fn dim_atoms(&self) -> Vec<crate::dims::Atom> {
        let mut atoms = std::collections::BTreeSet::new();
        for input in self.inputs.values() {
            let axes: Vec<&Dim> = match &input.ty {
                crate::types::Type::Tensor(t) => t.axes().collect(),
                crate::types::Type::Tokens { len } => vec![len],
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

    fn write_text(
        &self,
        graph: &str,
        numbers: &[usize],
        spelled: impl Fn(&Op) -> (&'static str, Attributes),
        out: &mut String,
    ) -> std::fmt::Result {
        let names = self.operand_names(numbers);
        let name = |id: NodeId| names.get(id.index()).cloned().unwrap_or_default();
        writeln!(out, "graph {graph}")?;
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
            write!(out, "param {} : [{}] {}", param.path, shape.join(", "), param.init)?;
            if let Some(path) = &param.encoder {
                write!(out, " encoder {path}")?;
            }
            writeln!(out, "{}", if dead { " dead" } else { "" })?;
        }
        for (i, c) in self.companions.iter().enumerate() {
            let by: Vec<String> = c.by.iter().map(|id| name(*id)).collect();
            write!(
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
            if let Some(Ranks { upper, lower }) = c.ranks {
                write!(out, " ranks {} {}", Attribute::from(upper), Attribute::from(lower))?;
            }
            writeln!(out)?;
        }
        for (id, node) in self.nodes() {
            if matches!(node.op, Op::Param(_)) {
                continue;
            }
            let operands: Vec<String> = self.operands(id).into_iter().map(name).collect();
            let (op, attributes) = spelled(&node.op);
            writeln!(out, "{} = {op}({}){attributes} : {}", name(id), operands.join(", "), node.ty)?;
        }
        for o in &self.outputs {
            writeln!(out, "output {} for {}", name(o.value), o.label)?;
        }
        for l in &self.losses {
            writeln!(out, "loss {} = {}", l.name, name(l.value))?;
        }
        Ok(())
    }

    /// What each node is called in the text: parameters by path, the others by number.
    fn operand_names(&self, numbers: &[usize]) -> Vec<String> {
        let name = |(id, node): (NodeId, &super::Node)| match &node.op {
            Op::Param(p) => self.param(*p).map_or_else(|| p.to_string(), |p| format!("@{}", p.path)),
            _ => format!("%{}", numbers.get(id.index()).copied().unwrap_or_default()),
        };
        self.nodes().map(name).collect()
    }
}

/// The numbers of a data set as the lines of the text form that follow a graph: `bind fa = 33`, `bind Ta <= 400`.
pub fn bind_text(dims: &DimTable) -> String {
    let lengths = dims.max_lengths.iter().map(|(name, n)| format!("bind {name} <= {n}\n"));
    lengths.chain(dims.widths.iter().map(|(name, n)| format!("bind {name} = {n}\n"))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut s, b| {
        let _ = write!(s, "{b:02x}");
        s
    })
}
