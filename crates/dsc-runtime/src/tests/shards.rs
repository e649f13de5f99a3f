//! A training step in shards: the losses and gradients of the whole.

use std::sync::Arc;

use super::models::{dims, for_every_variant, graph, random_batch};
use super::sequence::layer;
use super::*;
use crate::{Shard, WholeBatch, values};
use dsc_graph::{Cell, Joint};
use dsc_language::EmbeddedWorld;
use dsc_recipe::Recompute;

/// Some rows of a batch, of which the first `anchors` are anchors, with what they know of it.
fn rows(of: &StepBatch, rows: &[usize], anchors: usize, whole: &Arc<WholeBatch>) -> StepBatch {
    let streams = of.streams.iter().map(|(name, stream)| {
        let picked = match stream {
            Stream::Float { data, rows: padded, width, lens } => {
                let row = |i: &usize| data[i * padded * width..(i + 1) * padded * width].to_vec();
                let (data, lens) = (rows.iter().flat_map(row).collect(), rows.iter().map(|i| lens[*i]).collect());
                Stream::Float { data, rows: *padded, width: *width, lens }
            }
            Stream::Tokens { ids, rows: padded, lens } => {
                let row = |i: &usize| ids[i * padded..(i + 1) * padded].to_vec();
                let (ids, lens) = (rows.iter().flat_map(row).collect(), rows.iter().map(|i| lens[*i]).collect());
                Stream::Tokens { ids, rows: *padded, lens }
            }
            Stream::Vector { .. } => unreachable!("no stock model reads vectors"),
        };
        (name.clone(), picked)
    });
    let labels = of.labels.iter().map(|(name, l)| (name.clone(), rows[..anchors].iter().map(|i| l[*i]).collect()));
    StepBatch {
        samples: rows.iter().map(|i| of.samples[*i]).collect(),
        anchors,
        streams: streams.collect(),
        labels: labels.collect(),
        part_of: Some(Arc::clone(whole)),
        ..StepBatch::default()
    }
}

/// Losses and gradients of a step in one run, and in two shards with 1 and 2 of 3 anchors, and 4 and 1 of 5 companions.
fn both(graph: &Graph, dims: &DimTable, again: Recompute) -> [(Vec<f64>, Vec<Vec<f64>>); 2] {
    let companions = !graph.companions.is_empty();
    let mut program = Program::new(graph, dims).unwrap();
    let store = || ParamStore::init(graph, dims, 1, Device::Cpu).unwrap().to_kind(Kind::Double).unwrap();
    let batch = random_batch(graph, dims, 3, if companions { 8 } else { 3 });
    let of = |store: &ParamStore, losses: &IndexMap<String, Tensor>| {
        let gradients = graph.params.iter().filter_map(|p| store.gradient(&p.path).map(numbers)).collect();
        (losses.values().flat_map(numbers).collect(), gradients)
    };
    let mut whole = store();
    let found = program.run(&whole, &batch, TRAIN, Want::LOSSES).unwrap();
    whole.backward(&values::total(&found.losses, 0.5).unwrap().unwrap()).unwrap();

    program.set_recompute(again.parts(graph));
    let mut cut = store();
    let lens = batch.streams.iter().map(|(name, s)| (name.clone(), s.time().unwrap().1.to_vec())).collect();
    let (samples, companion_rows) = (batch.samples.clone(), batch.companions.clone());
    let known = Arc::new(WholeBatch { samples, anchors: 3, lens, companions: companion_rows });
    let shards = [(&[0usize, 3, 4, 5, 6][..], 1), (&[1, 2, 7][..], 2)].map(|(all, anchors)| {
        let own = rows(&batch, if companions { all } else { &all[..anchors] }, anchors, &known);
        program.shard(&cut, &Arc::new(own), TRAIN, companions, false).unwrap()
    });
    let (samples, rows) = (batch.samples.clone(), batch.companions.clone());
    let joint = StepBatch { samples, anchors: 3, companions: rows, part_of: Some(known), ..StepBatch::default() };
    let joined = program.join(&cut, &joint, TRAIN, &shards, false).unwrap();
    let losses = joined.losses.iter().map(|(name, loss)| (name.clone(), loss.detach().copy())).collect();
    let total = values::total(&joined.losses, 0.5).unwrap().unwrap();
    let (own, upstream, _) = joined.gradients(&cut, &total, &shards).unwrap();
    cut.add_gradients(own).unwrap();
    for (shard, upstream) in <[Shard; 2]>::into_iter(shards).zip(upstream) {
        let (gradients, _) = shard.gradients(&program, &cut, companions, upstream).unwrap();
        cut.add_gradients(gradients).unwrap();
    }
    [of(&whole, &found.losses), of(&cut, &losses)]
}

#[track_caller]
fn same([whole, cut]: [(Vec<f64>, Vec<Vec<f64>>); 2]) {
    close(&cut.0, &whole.0, 1e-12);
    assert_eq!(cut.1.len(), whole.1.len());
    for (cut, whole) in cut.1.iter().zip(&whole.1) {
        close(cut, whole, 1e-12);
    }
}

#[test]
fn every_stock_model_has_the_gradients_of_the_whole() {
    let dims = dims([7, 12, 9], [3, 5]);
    let mut ran = 0;
    for_every_variant(&dims, |name, variant, graph| {
        let joint = Joint::of(&graph);
        assert!(joint.joins(), "{name}: no stock model reads companions as sequences");
        let program = Program::new(&graph, &dims).unwrap();
        let companions = !graph.companions.is_empty();
        assert_eq!(program.joins_shards(companions), joint.any(), "{name} {variant:?}");
        if joint.any() {
            for again in [Recompute::None, Recompute::Attention, Recompute::Blocks] {
                same(both(&graph, &dims, again));
            }
            ran += 1;
        }
    });
    assert!(ran >= 5, "{ran} models and variants");
}

#[test]
fn losses_over_the_batch_have_the_gradients_of_the_whole() {
    let text = "use std::{mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let h = linear(audio, out: 6) |> gelu()\n  \
                let v = mean(dense(h)) |> dropout(p: 0.3)\n  let w = param(shape: [6])\n  let all = in_batch(v)\n  \
                let near = einsum(all, v * w, spec: \"nd,d->n\") |> softmax()\n  let own = own(near)\n  \
                let score = linear(v, out: 1) |> scalar()\n  output score for y\n  loss p = mse(score, target: y)\n  \
                loss c = log(own + 0.1)\n}\n";
    let loaded =
        dsc_language::sema::program::Program::load_text(&dsc_syntax::source::MemoryWorld::new(), "m.dsl", text);
    let dims = dims([7, 12, 9], [3, 5]);
    let options = dsc_language::lower::Options { dims: Some(dims.clone()), ..Default::default() };
    let compiled = dsc_language::lower::compile(&loaded.program.unwrap(), &options);
    let graph = compiled.graph.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    assert!(Program::new(&graph, &dims).unwrap().reads_batch());
    same(both(&graph, &dims, Recompute::None));
    same(both(&graph, &dims, Recompute::Blocks));
}

#[test]
fn what_is_computed_again_has_the_same_losses_and_gradients() {
    let dims = dims([7, 12, 9], [3, 5]);
    for (name, _) in EmbeddedWorld::models() {
        let (graph, _) = graph(name, None, &dims);
        let rows = if graph.companions.is_empty() { 3 } else { 8 };
        let batch = Arc::new(random_batch(&graph, &dims, 3, rows));
        let of = |again: Recompute| {
            let mut program = Program::new(&graph, &dims).unwrap();
            program.set_recompute(again.parts(&graph));
            assert_eq!(program.recomputes(), again != Recompute::None);
            let mut store = ParamStore::init(&graph, &dims, 1, Device::Cpu).unwrap().to_kind(Kind::Double).unwrap();
            let companions = !graph.companions.is_empty();
            let shard = program.shard(&store, &batch, TRAIN, companions, true).unwrap();
            let shards = [shard];
            let joined = program.join(&store, &batch, TRAIN, &shards, true).unwrap();
            let losses: Vec<f64> = joined.losses.values().flat_map(numbers).collect();
            let total = values::total(&joined.losses, 1.0).unwrap().unwrap();
            let (own, upstream, _) = joined.gradients(&store, &total, &shards).unwrap();
            store.add_gradients(own).unwrap();
            let ([shard], [upstream]) = (shards, <[_; 1]>::try_from(upstream).ok().unwrap());
            let (gradients, profile) = shard.gradients(&program, &store, companions, upstream).unwrap();
            store.add_gradients(gradients).unwrap();
            let gradients: Vec<_> = graph.params.iter().filter_map(|p| store.gradient(&p.path).map(numbers)).collect();
            let calls: u64 = (0..graph.len()).map(|i| profile.as_ref().unwrap().node(i).calls).sum();
            ((losses, gradients), calls)
        };
        let (kept, calls) = of(Recompute::None);
        for again in [Recompute::Attention, Recompute::Blocks] {
            let (found, more) = of(again);
            let attends = graph.nodes().any(|(_, node)| matches!(node.op, Op::Attention { .. }));
            assert_eq!(more > calls, attends || again == Recompute::Blocks, "{name} {again:?}: {more} of {calls}");
            // Forward the same operations have read the same numbers.
            assert_eq!(found.0, kept.0, "{name} {again:?}");
            same([(kept.0.clone(), kept.1.clone()), found]);
        }
    }
}

/// libtorch has another kernel for an LSTM that is computed without a tape: for one sample it differs at nearly every size.
#[test]
fn recurrent_layers_that_are_computed_again_have_the_bits_that_they_had() {
    for (cell, len) in [Cell::Rnn, Cell::Gru, Cell::Lstm].into_iter().flat_map(|cell| (1..9).map(move |n| (cell, n))) {
        let mut b = Build::new();
        let x = b.seq("a", "T", 1);
        let states = layer(&mut b, x, cell, 1, 8, true);
        let mean = b.op(Op::MeanTime, &[states]);
        let score = b.read("out", mean, 16);
        let y = b.label("y");
        let gap = b.op(Op::Binary(dsc_graph::Binary::Sub), &[score, y]);
        let loss = b.op(Op::Unary(dsc_graph::Unary::Square), &[gap]);
        b.loss("prediction", loss);
        let mut batch = batch(&[sample(0, &[("a", len, 1)])], 1, 0);
        batch.labels.insert("y".into(), vec![0.25]);
        let (batch, store, mut program) = (Arc::new(batch), b.store().to_kind(Kind::Float).unwrap(), b.program());
        let mut loss = |parts| {
            program.set_recompute(parts);
            let shard = program.shard(&store, &batch, TRAIN, false, false).unwrap();
            values::of_losses(&program.join(&store, &batch, TRAIN, &[shard], false).unwrap().losses).unwrap()["prediction"]
        };
        let (kept, again) = (loss(None), loss(Some(vec![Some(0); b.graph.len()])));
        assert_eq!(kept.to_bits(), again.to_bits(), "{cell:?}, {len} rows");
    }
}
