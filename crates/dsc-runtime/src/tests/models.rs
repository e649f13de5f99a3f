//! Every stock model and every variant, forward and backward on random data.

use super::*;

use crate::CompanionRows;
use dsc_data::text::EncoderConfig;
use dsc_graph::{Group, MaxOver, Op};
use dsc_language::lower::{Options, Setting, compile};

use dsc_language::EmbeddedWorld;
use dsc_language::sema::program::Program as Source;
use dsc_syntax::source::MemoryWorld;

pub(super) fn encoder() -> EncoderConfig {
    EncoderConfig {
        model_type: "bert".into(),
        hidden_size: 16,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        intermediate_size: 24,
        vocab_size: 50,
        max_position_embeddings: 64,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        hidden_dropout_prob: 0.1,
        attention_probs_dropout_prob: 0.1,
        hidden_act: "gelu".into(),
    }
}

/// Dims with the names that the stock models use.
pub(super) fn dims(lengths: [i64; 3], widths: [i64; 2]) -> DimTable {
    let named =
        |names: &[&str], values: &[i64]| names.iter().map(|n| n.to_string()).zip(values.iter().copied()).collect();
    DimTable { widths: named(&["fa", "fv"], &widths), max_lengths: named(&["T", "Ta", "Tv"], &lengths) }
}

pub(super) fn graph(name: &str, variant: Option<&str>, dims: &DimTable) -> (Graph, Vec<String>) {
    graph_with(name, variant, dims, &encoder(), Vec::new())
}

pub(super) fn graph_with(
    name: &str,
    variant: Option<&str>,
    dims: &DimTable,
    encoder: &EncoderConfig,
    sets: Vec<Setting>,
) -> (Graph, Vec<String>) {
    let text = EmbeddedWorld::model(name).unwrap();
    let loaded = Source::load_text(&MemoryWorld::default(), &format!("{name}.dsl"), text);
    let program = loaded.program.unwrap();
    let options = Options {
        variant: variant.map(str::to_owned),
        dims: Some(dims.clone()),
        encoder: encoder.statics(),
        sets,
        ..Options::default()
    };
    let variants = program.variants.keys().cloned().collect();
    let compiled = compile(&program, &options);
    let faults: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    (compiled.graph.unwrap_or_else(|| panic!("{name}: {faults:?}")), variants)
}

/// Random streams for the inputs of a graph; row `i` is sample `100 + i`, companions are spread over all rows.
pub(super) fn random_batch(graph: &Graph, dims: &DimTable, anchors: usize, rows: usize) -> StepBatch {
    let mut batch = StepBatch { samples: (0..rows as u64).map(|i| 100 + i).collect(), anchors, ..StepBatch::default() };
    for (name, decl) in &graph.inputs {
        let longest = decl.ty.len().and_then(|l| l.eval(dims)).unwrap() as usize;
        let key = Key::new(8).with(name.as_str());
        let lens: Vec<u32> =
            (0..rows).map(|i| 1 + key.stream().permutation(rows * 7)[i] as u32 % longest as u32).collect();
        let stream = match &decl.ty {
            Type::Tokens { .. } => {
                let ids = (0..rows * longest).map(|i| (key.word(i as u64) % 50) as i64).collect();
                Stream::Tokens { ids, rows: longest, lens }
            }
            Type::Tensor(t) => {
                let width = t.features().unwrap().eval(dims).unwrap() as usize;
                let mut data = vec![0.0; rows * longest * width];
                key.fill_normal(0.0, 1.0, &mut data);
                Stream::Float { data, rows: longest, width, lens }
            }
        };
        batch.streams.insert(name.clone(), stream);
    }
    for name in graph.labels.keys() {
        batch.labels.insert(name.clone(), (0..anchors).map(|i| (i as f32 * 0.7).sin()).collect());
    }
    for c in &graph.companions {
        let rows_of = |group: Group, count: usize| -> Vec<Vec<u32>> {
            let salt = usize::from(group == Group::Neg);
            (0..count).map(|i| (0..anchors).map(|a| ((a * 7 + i * 5 + salt * 3 + 1) % rows) as u32).collect()).collect()
        };
        batch.companions.push(CompanionRows {
            pos: rows_of(Group::Pos, c.pos),
            neg: rows_of(Group::Neg, c.near + c.far),
            present: vec![true; anchors],
        });
    }
    batch
}

/// Every stock model by itself and in its variants.
pub(super) fn for_every_variant(dims: &DimTable, mut then: impl FnMut(&str, Option<&str>, Graph)) {
    for (name, _) in EmbeddedWorld::models() {
        let (base, variants) = graph(name, None, dims);
        then(name, None, base);
        for variant in &variants {
            then(name, Some(variant), graph(name, Some(variant), dims).0);
        }
    }
}

#[test]
fn every_stock_model_and_variant_runs_forward_and_backward() {
    let dims = dims([7, 12, 9], [3, 5]);
    let mut ran = 0;
    for_every_variant(&dims, |name, variant, graph| {
        let program = Program::new(&graph, &dims).unwrap();
        let mut store = ParamStore::init(&graph, &dims, 1, Device::Cpu).unwrap();
        let rows = if graph.companions.is_empty() { 3 } else { 8 };
        let batch = random_batch(&graph, &dims, 3, rows);
        let found = program.run(&store, &batch, TRAIN, Want { outputs: true, losses: true, retrieval: false });
        let found = found.unwrap_or_else(|d| panic!("{name} {variant:?}: {d}"));
        assert_eq!(found.losses.len(), graph.losses.len(), "{name} {variant:?}");
        let total = found.losses.values().map(Tensor::shallow_clone).reduce(|a, b| a + b).unwrap();
        store.backward(&total).unwrap();
        for (param, trained) in graph.params.iter().zip(graph.trained_params()) {
            let gradient = store.gradient(&param.path).map(numbers);
            assert_eq!(gradient.is_some(), trained, "{name} {variant:?}: {}", param.path);
            assert!(gradient.iter().flatten().all(|g| g.is_finite()), "{name} {variant:?}: {}", param.path);
        }
        assert!(found.outputs.values().flat_map(numbers).all(f64::is_finite));

        // Evaluation, one by one or together: bit for bit the same. Where padding shows, a prediction depends on the batch.
        let padded = graph.nodes().any(|(_, n)| matches!(n.op, Op::Dense { to: MaxOver::Batch }));
        assert_eq!(padded, name == "dashfusion_released", "{name}");
        let mut all = random_batch(&graph, &dims, rows, rows);
        all.companions.clear();
        let want = Want { outputs: true, losses: false, retrieval: true };
        for store in [&store, &store.to_kind(Kind::Double).unwrap()] {
            let differs = program.differs_alone(store, &all).unwrap();
            assert_eq!(differs.is_some(), padded, "{name} {variant:?}: {differs:?}");
            let together = program.run(store, &all, Mode::Eval, want).unwrap();
            for row in (0..rows).filter(|_| !padded) {
                let alone = program.run(store, &all.only(row), Mode::Eval, want).unwrap();
                for (label, output) in &together.outputs {
                    assert_eq!(numbers(&alone.outputs[label]), [numbers(output)[row]], "{name} {variant:?}");
                }
                for (a, b) in alone.retrieval.iter().flatten().zip(together.retrieval.iter().flatten()) {
                    assert_eq!(numbers(a), numbers(&b.get(row as i64)), "{name} {variant:?}");
                }
            }
        }
        ran += 1;
    });
    assert!(ran >= 10, "{ran} models and variants");
}

/// Lengths at which sequences are packed, in a batch and not alone.
#[test]
fn every_stock_model_predicts_long_sequences_alike_alone_and_beside_others() {
    let dims = dims([40, 170, 60], [3, 5]);
    for (name, _) in EmbeddedWorld::models() {
        let (graph, _) = graph(name, None, &dims);
        if graph.nodes().any(|(_, n)| matches!(n.op, Op::Dense { to: MaxOver::Batch })) {
            continue;
        }
        let program = Program::new(&graph, &dims).unwrap();
        let store = ParamStore::init(&graph, &dims, 1, Device::Cpu).unwrap();
        let mut batch = random_batch(&graph, &dims, 5, 5);
        batch.companions.clear();
        assert_eq!(program.differs_alone(&store, &batch).unwrap(), None, "{name}");
    }
}

/// On a GPU each wait would leave it without work.
#[test]
fn a_training_step_waits_for_the_device_once_when_its_losses_are_read() {
    let dims = dims([7, 12, 9], [3, 5]);
    for_every_variant(&dims, |name, variant, graph| {
        let rows = if graph.companions.is_empty() { 3 } else { 8 };
        let (program, batch) = (Program::new(&graph, &dims).unwrap(), random_batch(&graph, &dims, 3, rows));
        let store = ParamStore::init(&graph, &dims, 1, Device::Cpu).unwrap();
        let before = crate::transfer::waits();
        let found = program.run(&store, &batch, TRAIN, Want::LOSSES).unwrap();
        store.gradients_of(&crate::values::total(&found.losses, 0.5).unwrap().unwrap()).unwrap();
        assert_eq!(crate::transfer::waits(), before, "{name} {variant:?}");
        let losses = crate::values::of_losses(&found.losses).unwrap();
        assert_eq!(crate::transfer::waits(), before + 1);
        for (loss, value) in found.losses.values().zip(losses.values()) {
            assert_eq!(crate::values::scalar(loss).unwrap(), *value, "{name} {variant:?}");
        }
    });
}
