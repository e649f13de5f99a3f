//! The search against its definition: the whole N x N matrix, sorted.

use super::block::Units;
use super::search::search_units;
use super::{Matrix, Pools, Settings, search};
use dsc_random::Key;

/// The lists by definition, of similarities in float64.
fn plain(similarity: &[Vec<f64>], classes: &[i64], pool: usize) -> [Vec<Vec<u32>>; 3] {
    let n = classes.len();
    let list = |anchor: usize, same: bool, sign: f64| -> Vec<u32> {
        let mut all: Vec<usize> = (0..n).filter(|&j| j != anchor && (classes[j] == classes[anchor]) == same).collect();
        // A stable sort keeps equal ones in the order of their numbers.
        let value = |j: usize| sign * similarity[anchor][j];
        all.sort_by(|&i, &j| value(j).partial_cmp(&value(i)).unwrap());
        all.truncate(pool);
        all.into_iter().map(|j| j as u32).collect()
    };
    [(true, 1.0), (false, 1.0), (false, -1.0)].map(|(same, sign)| (0..n).map(|a| list(a, same, sign)).collect())
}

fn assert_equal(pools: &Pools, expected: &[Vec<Vec<u32>>; 3]) {
    for (lists, expected) in [&pools.pos, &pools.near, &pools.far].into_iter().zip(expected) {
        for (anchor, list) in expected.iter().enumerate() {
            assert_eq!(lists.get(anchor), list, "anchor {anchor}");
        }
    }
    pools.check(expected[0].len()).unwrap();
}

/// Vectors of eighths, whose products are exact in float32: there are many ties, which must be in the order of the indices.
/// 1,100 samples make several blocks of anchors and of candidates, the last ones cut.
#[test]
fn ties_and_block_borders_are_exact() {
    let (n, width) = (1100, 6);
    let mut draw = Key::new(5).stream();
    let data: Vec<f32> = (0..n * width).map(|_| (draw.below(5) as f32 - 2.0) / 8.0).collect();
    let classes: Vec<i64> = (0..n).map(|_| draw.below(7) as i64 - 3).collect();
    let similarity: Vec<Vec<f64>> = data
        .chunks(width)
        .map(|a| data.chunks(width).map(|b| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum()).collect())
        .collect();
    let settings = Settings { pool: 10, ..Settings::default() };
    let pools = search_units(&Units { data, width }, &classes, settings);
    assert_equal(&pools, &plain(&similarity, &classes, 10));
}

/// Real-valued vectors of three widths: the mean of the cosines.
#[test]
fn the_similarity_is_the_mean_of_the_cosines() {
    let (n, widths) = (400, [16usize, 5, 9]);
    let matrices: Vec<Vec<f32>> = widths
        .iter()
        .enumerate()
        .map(|(m, width)| {
            let mut data = vec![0.0f32; n * width];
            // Scales that differ between matrices and must not matter.
            Key::new(3).with(m).fill_normal(0.1, 10f32.powi(m as i32 * 3 - 3), &mut data);
            data
        })
        .collect();
    let mut draw = Key::new(4).stream();
    let classes: Vec<i64> = (0..n).map(|_| draw.below(5) as i64).collect();
    let cosine = |m: usize, i: usize, j: usize| {
        let row = |i: usize| matrices[m][i * widths[m]..(i + 1) * widths[m]].iter().map(|&x| f64::from(x));
        let dot: f64 = row(i).zip(row(j)).map(|(x, y)| x * y).sum();
        dot / (row(i).map(|x| x * x).sum::<f64>() * row(j).map(|x| x * x).sum::<f64>()).sqrt()
    };
    let similarity: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| (0..3).map(|m| cosine(m, i, j)).sum::<f64>() / 3.0).collect()).collect();
    let vectors: Vec<Matrix<'_>> = matrices.iter().zip(widths).map(|(data, width)| Matrix { data, width }).collect();
    let pools = search(&vectors, &classes, Settings::default()).unwrap();
    assert_equal(&pools, &plain(&similarity, &classes, 10));

    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(one.install(|| search(&vectors, &classes, Settings::default()).unwrap()), pools);
    let read: Pools = serde_json::from_str(&serde_json::to_string(&pools).unwrap()).unwrap();
    assert_eq!(read, pools);
}

#[test]
fn repeated_and_zero_vectors_are_in_the_order_of_their_indices() {
    let data = [[1.0f32, 2.0], [0.0, 0.0], [1.0, 2.0], [0.0, 0.0], [1.0, 2.0]].concat();
    let pools = search(&[Matrix { data: &data, width: 2 }], &[0; 5], Settings::default()).unwrap();
    assert_eq!(pools.pos.get(2), [0, 4, 1, 3]);
    assert_eq!(pools.pos.get(1), [0, 2, 3, 4]);
    assert!(pools.near.get(2).is_empty());
}

#[test]
fn faults_are_reported() {
    use dsc_syntax::diag::codes::run::{E0962, E0965, E0968};
    let matrix = |data| Matrix { data, width: 2 };
    let code = |data, classes: &[i64]| search(&[matrix(data)], classes, Settings::default()).unwrap_err().code;
    assert_eq!(code(&[1.0, 2.0, 3.0], &[0, 0]), E0962);
    let wrong = search(&[matrix(&[1.0, 2.0, f32::NAN, 1.0])], &[0, 0], Settings::default()).unwrap_err();
    assert_eq!(
        (wrong.code, wrong.message.as_str()),
        (E0965, "a vector of `by` is not finite for the training sample with index 1")
    );
    let mut pools = search(&[matrix(&[1.0, 2.0, 3.0, 1.0])], &[0, 0], Settings::default()).unwrap();
    pools.check(2).unwrap();
    assert_eq!(pools.check(3).unwrap_err().code, E0968);
    pools.pos.items[0] = 7;
    assert_eq!(pools.check(2).unwrap_err().code, E0968);
    let empty = search(&[matrix(&[])], &[], Settings::default()).unwrap();
    assert!(empty.is_empty());
    empty.check(0).unwrap();
}
