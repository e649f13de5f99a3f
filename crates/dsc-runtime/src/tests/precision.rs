//! Products in bfloat16: near those in fp32, and nothing else changes.

use super::models::{dims, graph, random_batch};
use super::*;
use crate::precision::Products;
use dsc_graph::{Binary, Over, Unary};
use dsc_language::EmbeddedWorld;

/// Loss and gradients of a step, and the predictions of an evaluation.
fn step(
    graph: &Graph,
    dims: &DimTable,
    products: Products,
    packing: Packing,
) -> (f64, Vec<f64>, Vec<(String, Tensor)>) {
    let mut program = Program::new(graph, dims).unwrap();
    program.set_products(products);
    program.set_packing(packing);
    let mut store = ParamStore::init(graph, dims, 3, Device::Cpu).unwrap();
    let mut batch = random_batch(graph, dims, 4, 4);
    for companions in &mut batch.companions {
        let fold = |rows: &mut Vec<Vec<u32>>| rows.iter_mut().flatten().for_each(|row| *row %= 4);
        fold(&mut companions.pos);
        fold(&mut companions.neg);
    }
    let found = program.run(&store, &batch, TRAIN, Want::LOSSES).unwrap();
    let total = found.losses.values().map(Tensor::shallow_clone).reduce(|a, b| a + b).unwrap();
    store.backward(&total).unwrap();
    batch.companions.clear();
    let evaluated = program.run(&store, &batch, Mode::Eval, Want::OUTPUTS).unwrap();
    let paths: Vec<String> = store.iter().map(|(path, _)| path.to_owned()).collect();
    let gradients = paths.into_iter().filter_map(|p| store.gradient(&p).map(|g| (p, g.copy()))).collect();
    (total.double_value(&[]), evaluated.outputs.values().flat_map(numbers).collect(), gradients)
}

#[test]
fn products_in_bfloat16_are_near_those_in_fp32() {
    let dims = dims([7, 12, 9], [3, 5]);
    for (name, _) in EmbeddedWorld::models() {
        let (graph, _) = graph(name, None, &dims);
        let (loss, outputs, gradients) = step(&graph, &dims, Products::Full, Packing::WherePays);
        let norm = |list: &[(String, Tensor)]| {
            list.iter().map(|(_, g)| g.square().sum(Kind::Double).double_value(&[])).sum::<f64>().sqrt()
        };
        for (products, packing) in [
            (Products::Rounded, Packing::WherePays),
            (Products::Native, Packing::WherePays),
            // As on a GPU.
            (Products::Native, Packing::Everywhere),
        ] {
            let what = format!("{name}, {products:?}, {packing:?}");
            let (low, predicted, slopes) = step(&graph, &dims, products, packing);
            assert!(low != loss && (low - loss).abs() < 0.05 * loss.abs().max(1.0), "{what}: {low} and {loss}");
            assert_ne!(predicted, outputs, "{what}");
            close(&predicted, &outputs, 0.1);
            let all = norm(&gradients);
            for ((path, g), (_, exact)) in slopes.iter().zip(&gradients) {
                assert_eq!(g.kind(), Kind::Float, "{what}, {path}");
                let off = (g - exact).square().sum(Kind::Double).double_value(&[]).sqrt();
                assert!(off < 0.1 * all, "{what}, {path}: {off} of {all}");
            }
        }
    }
}

#[test]
fn what_is_no_product_stays_as_it_is() {
    let mut b = Build::new();
    let x = b.seq("audio", "Ta", 8);
    let normed = b.norm("norm", x, 8);
    let soft = b.op(Op::Softmax { over: Over::Features, log: false }, &[normed]);
    let mean = b.op(Op::MeanTime, &[soft]);
    let weight = b.weight("w", &[8]);
    let weights = b.op(Op::Expand, &[weight]);
    let score = b.op(Op::Dot, &[mean, weights]);
    let y = b.label("y");
    let off = b.op(Op::Binary(Binary::Sub), &[score, y]);
    let loss = b.op(Op::Unary(Unary::Square), &[off]);
    b.output("y", score);
    b.loss("prediction", loss);
    let dims = dims([7, 12, 9], [3, 5]);
    let (loss, outputs, _) = step(&b.graph, &dims, Products::Full, Packing::WherePays);
    for products in [Products::Rounded, Products::Native] {
        let (low, predicted, _) = step(&b.graph, &dims, products, Packing::WherePays);
        assert_eq!((low, &predicted), (loss, &outputs), "{products:?}");
    }
}
