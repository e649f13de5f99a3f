//! Graphs built by hand, run on small batches.

mod companions;
mod gpu;
mod gradients;
mod models;
mod ops;
mod optim;
mod packing;
mod params;
mod passes;
mod precision;
mod profile;
mod ragged;
mod sequence;
mod shards;
mod trace;

use indexmap::IndexMap;
use tch::{Device, Kind, Tensor};

use super::{Evaluated, Mode, Packing, ParamStore, Program, StepBatch, Stream, Want};
use dsc_graph::dims::{Dim, DimTable};
use dsc_graph::types::{Modality, TensorType, Type};
use dsc_graph::{
    Band, Companions, CompanionsId, Graph, Init, InputDecl, LabelDecl, Loss, Node, NodeId, Op, Output, Param, ParamId,
    Reduction,
};
use dsc_random::Key;
use dsc_syntax::source::Span;

/// The sum of a vector.
pub(super) const SUM: Op = Op::Reduce { how: Reduction::Sum, keep: false };

/// A graph under construction.
pub(super) struct Build {
    pub(super) graph: Graph,
}

impl Build {
    pub(super) fn new() -> Self {
        Build { graph: Graph::new("test") }
    }

    fn node(&mut self, op: Op, ty: Type, operands: &[NodeId]) -> NodeId {
        let node = Node { op, ty, span: Span::new(3, 8), loops: String::new(), scope: String::new(), region: None };
        self.graph.add(node, operands)
    }

    pub(super) fn op(&mut self, op: Op, operands: &[NodeId]) -> NodeId {
        let types: Vec<Type> = operands.iter().map(|o| self.graph.node(*o).unwrap().ty.clone()).collect();
        let ty = op.infer(&types, &|a: &Dim, b: &Dim| a == b).unwrap_or_else(|f| panic!("{}", f.message));
        self.node(op, ty, operands)
    }

    pub(super) fn input(&mut self, name: &str, ty: impl Into<Type>) -> NodeId {
        let ty = ty.into();
        let decl = InputDecl { name: name.into(), key: name.into(), ty: ty.clone(), span: Span::NONE };
        self.graph.inputs.insert(name.into(), decl);
        self.node(Op::Input(name.into()), ty, &[])
    }

    /// `Seq<name>[T, d]`.
    pub(super) fn seq(&mut self, name: &str, time: &str, width: i64) -> NodeId {
        self.input(name, TensorType::seq(Modality(name.into()), Dim::length(time), width))
    }

    pub(super) fn label(&mut self, name: &str) -> NodeId {
        self.graph.labels.insert(name.into(), LabelDecl { name: name.into(), key: None, span: Span::NONE });
        self.node(Op::Label(name.into()), TensorType::real().into(), &[])
    }

    pub(super) fn param(&mut self, path: &str, shape: &[i64], init: Init) -> NodeId {
        let id = ParamId(self.graph.params.len() as u32);
        let dims: Vec<Dim> = shape.iter().map(|n| Dim::from(*n)).collect();
        self.graph.params.push(Param { path: path.into(), shape: dims.clone(), init, encoder: None, span: Span::NONE });
        self.node(Op::Param(id), TensorType { time: None, dims }.into(), &[])
    }

    /// A weight with random entries.
    pub(super) fn weight(&mut self, path: &str, shape: &[i64]) -> NodeId {
        self.param(path, shape, Init::Normal { std: 0.5 })
    }

    pub(super) fn linear(&mut self, path: &str, x: NodeId, out: i64, from: i64) -> NodeId {
        let w = self.weight(&format!("{path}.weight"), &[out, from]);
        let b = self.weight(&format!("{path}.bias"), &[out]);
        self.op(Op::Linear, &[x, w, b])
    }

    pub(super) fn norm(&mut self, path: &str, x: NodeId, width: i64) -> NodeId {
        let w = self.weight(&format!("{path}.weight"), &[width]);
        let b = self.weight(&format!("{path}.bias"), &[width]);
        self.op(Op::LayerNorm { eps: 1e-5 }, &[x, w, b])
    }

    /// A weighted sum of the entries of a vector, as a Real that depends on all of them.
    pub(super) fn read(&mut self, path: &str, vector: NodeId, width: i64) -> NodeId {
        let x = self.linear(path, vector, 1, width);
        self.op(Op::Scalar, &[x])
    }

    pub(super) fn output(&mut self, label: &str, value: NodeId) {
        self.graph.outputs.push(Output { label: label.into(), value, span: Span::NONE });
    }

    pub(super) fn loss(&mut self, name: &str, value: NodeId) {
        self.graph.losses.push(Loss { name: name.into(), value, span: Span::NONE });
    }

    pub(super) fn companions(&mut self, by: &[NodeId], pos: usize, neg: usize) -> CompanionsId {
        self.graph.companions.push(Companions {
            name: "c".into(),
            by: by.to_vec(),
            class: "y".into(),
            pos,
            near: neg,
            far: 0,
            pool: 10,
            refresh: 1,
            ranks: None,
            span: Span::NONE,
        });
        CompanionsId(self.graph.companions.len() as u32 - 1)
    }

    pub(super) fn program(&self) -> Program {
        dsc_graph::verify(&self.graph, &|a, b| a == b).unwrap();
        Program::new(&self.graph, &DimTable::default()).unwrap()
    }

    /// Parameters in float64.
    pub(super) fn store(&self) -> ParamStore {
        let store = ParamStore::init(&self.graph, &DimTable::default(), 5, Device::Cpu).unwrap();
        store.to_kind(Kind::Double).unwrap()
    }
}

/// One sample: for each stream its valid rows.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) id: u64,
    pub(super) streams: IndexMap<String, (usize, Vec<f32>)>,
}

/// A sample of random numbers; `streams` are name, length, width.
pub(super) fn sample(id: u64, streams: &[(&str, usize, usize)]) -> Sample {
    let fill = |name: &str, n: usize| {
        let mut values = vec![0.0; n];
        Key::new(99).with(id).with(name).fill_normal(0.0, 1.0, &mut values);
        values
    };
    let streams =
        streams.iter().map(|(name, len, width)| (name.to_string(), (*len, fill(name, len * width)))).collect();
    Sample { id, streams }
}

/// Samples padded with large numbers to `extra` rows more than the longest has.
pub(super) fn batch(samples: &[Sample], anchors: usize, extra: usize) -> StepBatch {
    let mut streams = IndexMap::new();
    for (name, (len, values)) in &samples[0].streams {
        let width = values.len() / len;
        let rows = samples.iter().map(|s| s.streams[name].0).max().unwrap() + extra;
        let mut data = Vec::new();
        for sample in samples {
            let (len, values) = &sample.streams[name];
            data.extend_from_slice(values);
            data.extend((0..(rows - len) * width).map(|i| 1000.0 + i as f32));
        }
        let lens = samples.iter().map(|s| s.streams[name].0 as u32).collect();
        streams.insert(name.clone(), Stream::Float { data, rows, width, lens });
    }
    StepBatch { samples: samples.iter().map(|s| s.id).collect(), anchors, streams, ..StepBatch::default() }
}

pub(super) const TRAIN: Mode = Mode::Train { seed: 1, epoch: 2, step: 3 };

/// Runs with padding computed and with packed rows, which must agree, and returns the latter.
pub(super) fn run(b: &Build, store: &ParamStore, batch: &StepBatch, mode: Mode, want: Want) -> Evaluated {
    let [padded, packed] = [Packing::Never, Packing::Everywhere].map(|packing| {
        let mut program = b.program();
        program.set_packing(packing);
        program.run(store, batch, mode, want).unwrap_or_else(|d| panic!("{d}"))
    });
    agree(&packed, &padded);
    packed
}

/// Two evaluations of one step, equal but for rounding.
#[track_caller]
pub(super) fn agree(a: &Evaluated, b: &Evaluated) {
    let all = |e: &Evaluated| -> Vec<Tensor> {
        let named = e.outputs.values().chain(e.losses.values());
        named.chain(e.retrieval.iter().flatten()).map(Tensor::shallow_clone).collect()
    };
    let (a, b) = (all(a), all(b));
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(&b) {
        assert_eq!((a.size(), a.kind()), (b.size(), b.kind()));
        close(&numbers(a), &numbers(b), if a.kind() == Kind::Double { 1e-12 } else { 1e-4 });
    }
}

pub(super) fn numbers(t: &Tensor) -> Vec<f64> {
    Vec::try_from(t.detach().flatten(0, -1).to_kind(Kind::Double)).unwrap()
}

#[track_caller]
pub(super) fn close(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{got:?} {want:?}");
    for (g, w) in got.iter().zip(want) {
        assert!((g - w).abs() <= tolerance * (1.0 + w.abs()), "{got:?}\nis not\n{want:?}");
    }
}
