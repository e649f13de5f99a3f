//! The retrieval of companions: `cargo bench --no-default-features --bench mining`. `make mining` does it once, for as many samples as
//! CMU-MOSEI has, and measures its memory.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dsc_experiment::retrieval::{Matrix, Settings, search};
use dsc_random::Key;

const WIDTH: usize = 128;

fn mining(c: &mut Criterion) {
    let mut group = c.benchmark_group("mining");
    group.sample_size(10);
    // The training splits of CH-SIMS, and of a data set with twice the samples.
    for samples in [1_368usize, 2_736] {
        let classes: Vec<i64> = (0..samples as i64).map(|i| i * 7 % 5).collect();
        let vectors = [0u64, 1, 2].map(|modality| {
            let mut data = vec![0.0f32; samples * WIDTH];
            Key::new(2).with(modality).fill_normal(0.0, 1.0, &mut data);
            data
        });
        let matrices = vectors.each_ref().map(|data| Matrix { data, width: WIDTH });
        group.throughput(Throughput::Elements(samples as u64));
        group.bench_function(BenchmarkId::from_parameter(samples), |b| {
            b.iter(|| search(&matrices, &classes, Settings::default()).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, mining);
criterion_main!(benches);
