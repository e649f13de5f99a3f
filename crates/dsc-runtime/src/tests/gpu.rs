//! Steps on a GPU beside those on the CPU. They skip themselves where there is none; `scripts/gpu-check.sh` runs them.

use super::models::{dims, graph, random_batch};
use super::*;
use crate::device;
use crate::precision::{Products, set_process};
use dsc_language::EmbeddedWorld;
use dsc_recipe::Precision;
use dsc_testing::skip::{Lacks, skip};

/// The GPU, or nothing, which is told.
fn gpu() -> Option<Device> {
    match device::Device::Cuda(0).open() {
        Ok(gpu) => Some(gpu),
        Err(why) => {
            skip(Lacks::Gpu(&why.message));
            None
        }
    }
}

/// What a training step and an evaluation give, on the host.
struct Step {
    loss: f64,
    outputs: Vec<f64>,
    gradients: Vec<(String, Tensor)>,
}

fn step(graph: &Graph, dims: &DimTable, device: Device, products: Products) -> Step {
    let mut program = Program::new(graph, dims).unwrap();
    program.set_products(products);
    let mut store = ParamStore::init(graph, dims, 3, device).unwrap();
    let rows = if graph.companions.is_empty() { 4 } else { 9 };
    let mut batch = random_batch(graph, dims, 4, rows);
    let found = program.run(&store, &batch, TRAIN, Want::LOSSES).unwrap();
    let total = found.losses.values().map(Tensor::shallow_clone).reduce(|a, b| a + b).unwrap();
    store.backward(&total).unwrap();
    batch.companions.clear();
    batch.anchors = rows;
    let evaluated = program.run(&store, &batch, Mode::Eval, Want::OUTPUTS).unwrap();
    let paths: Vec<String> = store.iter().map(|(path, _)| path.to_owned()).collect();
    let on_host = |g: Tensor| g.to_device(Device::Cpu);
    let gradients = paths.into_iter().filter_map(|p| store.gradient(&p).map(|g| (p, on_host(g.copy())))).collect();
    let outputs = evaluated.outputs.values().flat_map(|o| numbers(&o.to_device(Device::Cpu))).collect();
    Step { loss: total.to_device(Device::Cpu).double_value(&[]), outputs, gradients }
}

/// Losses, predictions and gradients within a tolerance, relative to the largest, dropout and companions included.
#[track_caller]
fn near(found: &Step, exact: &Step, tolerance: f64, what: &str) {
    assert!(
        (found.loss - exact.loss).abs() < tolerance * exact.loss.abs().max(1.0),
        "{what}: {} {}",
        found.loss,
        exact.loss
    );
    for (a, b) in found.outputs.iter().zip(&exact.outputs) {
        assert!((a - b).abs() < tolerance * b.abs().max(1.0), "{what}: {a} {b}");
    }
    let norm = |g: &Tensor| g.square().sum(Kind::Double).double_value(&[]).sqrt();
    let all = exact.gradients.iter().map(|(_, g)| norm(g).powi(2)).sum::<f64>().sqrt();
    assert_eq!(found.gradients.len(), exact.gradients.len(), "{what}");
    for ((path, g), (_, b)) in found.gradients.iter().zip(&exact.gradients) {
        assert!(norm(&(g - b)) < tolerance * all, "{what}, {path}: {} of {all}", norm(&(g - b)));
    }
}

#[test]
fn every_stock_model_computes_on_a_gpu_what_it_does_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let dims = dims([7, 12, 9], [3, 5]);
    for (name, _) in EmbeddedWorld::models() {
        let (_, variants) = graph(name, None, &dims);
        for variant in std::iter::once(None).chain(variants.iter().map(|v| Some(v.as_str()))) {
            let (graph, _) = graph(name, variant, &dims);
            let exact = step(&graph, &dims, Device::Cpu, Products::Full);
            for (precision, products, tolerance) in [
                (Precision::Fp32, Products::Full, 1e-3),
                (Precision::Tf32, Products::Full, 0.02),
                (Precision::Bf16, Products::Native, 0.1),
            ] {
                set_process(precision).unwrap();
                let found = step(&graph, &dims, gpu, products);
                near(&found, &exact, tolerance, &format!("{name} {variant:?} {precision}"));
            }
        }
    }
}
