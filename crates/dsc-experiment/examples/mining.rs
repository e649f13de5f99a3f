//! Time and memory of the retrieval of companions, for the size of the training split of CMU-MOSEI, with lists of samples and of
//! ranks: `cargo run --release --package dsc-experiment --example mining`.
//!
//! Each sample has three random vectors of 128 numbers and one of seven classes, as in that data set. The exit status is 1 if a
//! search takes more than ten seconds or the process more than 1 GB.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::process::ExitCode;
use std::time::Instant;

use dsc_experiment::retrieval::{Matrix, Settings, search};
use dsc_graph::Ranks;
use dsc_random::Key;

const SAMPLES: usize = 16_326;
const WIDTH: usize = 128;

fn main() -> ExitCode {
    let classes: Vec<i64> = {
        // Most utterances are near neutral.
        let mut draw = Key::new(1).stream();
        (0..SAMPLES).map(|_| (0..3).map(|_| draw.below(3) as i64 - 1).sum()).collect()
    };
    let vectors: Vec<Vec<f32>> = (0..3u64)
        .map(|modality| {
            let mut data = vec![0.0f32; SAMPLES * WIDTH];
            Key::new(2).with(modality).fill_normal(0.0, 1.0, &mut data);
            // One element depends on the class, as in the vectors of a trained encoder.
            for (row, class) in data.chunks_exact_mut(WIDTH).zip(&classes) {
                row.iter_mut().take(1).for_each(|x| *x += *class as f32);
            }
            data
        })
        .collect();
    let matrices: Vec<Matrix<'_>> = vectors.iter().map(|data| Matrix { data, width: WIDTH }).collect();
    // The values of the released program for CMU-MOSEI.
    let ranks = Ranks { upper: 0.5, lower: 0.125 };
    let mut good = true;
    for (name, ranks) in [("samples", None), ("ranks", Some(ranks))] {
        let began = Instant::now();
        let found = search(&matrices, &classes, Settings { ranks, ..Settings::default() });
        let seconds = began.elapsed().as_secs_f64();
        match found {
            Ok(pools) => println!("lists of {name}: {seconds:.1} s for {} samples", pools.len()),
            Err(fault) => {
                eprintln!("{}", fault.message);
                return ExitCode::FAILURE;
            }
        }
        good &= seconds < 10.0;
    }
    let memory = peak_memory();
    println!("{} threads, {} MB at most, including the vectors", rayon::current_num_threads(), memory >> 20);
    if good && memory < 1 << 30 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Peak resident memory in bytes.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) << 10
}
