//! Dropout masks: `cargo bench --no-default-features --bench dropout`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dsc_random::{Key, MaskRow, dropout_mask, dropout_rows};

/// Rows of 16 samples of 400 frames, of width 128; of attention 8 heads with 50 queries and keys each.
const SAMPLES: usize = 16;
const FRAMES: usize = 400;
const WIDTH: usize = 128;
const HEADS: usize = 8;
const STEPS: usize = 50;

fn dropout(c: &mut Criterion) {
    let key = Key::new(1).with("dropout");
    let samples: Vec<u64> = (0..SAMPLES as u64).map(|i| i * 37).collect();
    let mut group = c.benchmark_group("dropout");

    let mut values = vec![0.0f32; SAMPLES * FRAMES * WIDTH];
    group.throughput(Throughput::Elements(values.len() as u64));
    let rows: Vec<MaskRow> = samples
        .iter()
        .flat_map(|&sample| (0..FRAMES as u64).map(move |row| MaskRow { sample, head: 0, row }))
        .collect();
    group.bench_function("rows", |b| b.iter(|| dropout_rows(key, &rows, WIDTH, 0.1, &mut values).unwrap()));

    let mut values = vec![0.0f32; SAMPLES * HEADS * STEPS * STEPS];
    group.throughput(Throughput::Elements(values.len() as u64));
    group.bench_function("attention", |b| {
        b.iter(|| dropout_mask(key, &samples, HEADS, STEPS, STEPS, 0.1, &mut values).unwrap());
    });
    group.finish();
}

criterion_group!(benches, dropout);
criterion_main!(benches);
