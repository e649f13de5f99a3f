//! Lists of ranks in the place of samples, as the program that the authors of DashFusion released makes them.
//!
//! All samples, including the anchor, are ranked by their similarity to the anchor; among equally similar samples the one with the
//! smaller index is first. The ranking is searched from the top for positives and near negatives and from the end for far negatives.
//! For each match the *rank* is added to the list: counted from 0 from the top, and from the end as the number of samples minus the
//! number of steps. Later these numbers are used as sample indices. From the top, a rank equal to the index of the anchor is skipped.

use super::block::Units;
use super::pools::AnchorLists;
use dsc_graph::Ranks;

/// Number of ranks that are sorted at first; most lists are full by then.
const FIRST: usize = 256;

/// The rank lists of a block of anchors (from, count).
pub(super) fn rank_lists(
    units: &Units,
    classes: &[i64],
    pool: usize,
    ranks: Ranks,
    anchors: (usize, usize),
) -> Vec<AnchorLists> {
    let n = classes.len();
    let mut similarity = vec![0.0f32; anchors.1 * n];
    units.products(anchors, (0, n), &mut similarity);
    let rows = similarity.chunks_exact(n.max(1));
    (anchors.0..).zip(rows).map(|(anchor, row)| lists(row, classes, pool, ranks, anchor)).collect()
}

fn lists(similarity: &[f32], classes: &[i64], pool: usize, ranks: Ranks, anchor: usize) -> AnchorLists {
    let n = classes.len();
    let part = |share: f64| ((n as f64 * share) as usize).min(n);
    let mut found = AnchorLists { pos: Vec::new(), near: Vec::new(), far: Vec::new() };
    let class = classes.get(anchor);
    let full = |list: &Vec<u32>| list.len() >= pool;
    walk(similarity, part(ranks.upper), false, |rank, sample| {
        if rank != anchor {
            let list = if classes.get(sample) == class { &mut found.pos } else { &mut found.near };
            if !full(list) {
                list.push(rank as u32);
            }
        }
        !full(&found.pos) || !full(&found.near)
    });
    // The released program stops one step early.
    walk(similarity, part(ranks.lower).saturating_sub(1), true, |steps, sample| {
        if classes.get(sample) != class {
            found.far.push((n - 1 - steps) as u32);
        }
        !full(&found.far)
    });
    found
}

/// Visits the first `most` ranks, or the last ones from the end, as (rank, sample), while `go_on` returns true. Only about as many
/// ranks are sorted as are visited.
fn walk(similarity: &[f32], most: usize, from_end: bool, mut go_on: impl FnMut(usize, usize) -> bool) {
    let value = |sample: &u32| similarity.get(*sample as usize).copied().unwrap_or(f32::NEG_INFINITY);
    // Similarities are finite. Among equal ones the smaller index is first in the ranking, so last from its end.
    let before = |a: &u32, b: &u32| {
        let order = value(b).total_cmp(&value(a)).then(a.cmp(b));
        if from_end { order.reverse() } else { order }
    };
    let mut order: Vec<u32> = (0..similarity.len() as u32).collect();
    let (mut done, mut next) = (0, FIRST);
    while done < most {
        let until = next.min(most);
        let rest = order.get_mut(done..).unwrap_or_default();
        if until - done < rest.len() {
            rest.select_nth_unstable_by(until - done, before);
        }
        let now = rest.get_mut(..until - done).unwrap_or_default();
        now.sort_unstable_by(before);
        for (place, sample) in (done..).zip(now) {
            if !go_on(place, *sample as usize) {
                return;
            }
        }
        (done, next) = (until, until * 4);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Matrix, Pools, Settings, search};
    use super::*;
    use dsc_random::Key;

    /// By the definition, from a full sort.
    fn plain(similarity: &[f64], classes: &[i64], anchor: usize, ranks: Ranks) -> [Vec<u32>; 3] {
        let n = classes.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| similarity[*b].total_cmp(&similarity[*a]).then(a.cmp(b)));
        let same = |rank: usize| classes[order[rank]] == classes[anchor];
        let upper = (n as f64 * ranks.upper) as usize;
        let top = |wanted: bool| -> Vec<u32> {
            (0..upper).filter(|r| *r != anchor && same(*r) == wanted).take(10).map(|r| r as u32).collect()
        };
        let steps = 1..(n as f64 * ranks.lower) as usize;
        let far = steps.map(|k| n - k).filter(|r| !same(*r)).take(10).map(|r| r as u32);
        [top(true), top(false), far.collect()]
    }

    fn data(n: usize, seed: u64) -> (Vec<f32>, Vec<i64>) {
        let mut draw = Key::new(seed).stream();
        let data = (0..n * 4).map(|_| draw.below(5) as f32 - 2.0).collect();
        (data, (0..n).map(|_| draw.below(40) as i64).collect())
    }

    fn of(n: usize, ranks: Ranks) -> (Pools, Vec<f32>, Vec<i64>) {
        let (data, classes) = data(n, 7);
        let settings = Settings { ranks: Some(ranks), ..Settings::default() };
        (search(&[Matrix { data: &data, width: 4 }], &classes, settings).unwrap(), data, classes)
    }

    #[test]
    fn lists_are_those_of_a_full_sort() {
        // Rare classes make the walk go on beyond what is put in order at first.
        for (n, ranks) in [(1000, Ranks { upper: 0.625, lower: 0.5 }), (700, Ranks { upper: 1.0, lower: 1.0 })] {
            let (pools, data, classes) = of(n, ranks);
            let row = |i: usize| &data[i * 4..i * 4 + 4];
            let norm = |i: usize| row(i).iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            // As the search computes them, in float32, so that ties are ties in both.
            let unit: Vec<Vec<f32>> = (0..n)
                .map(|i| {
                    row(i).iter().map(|x| if norm(i) > 0.0 { (f64::from(*x) / norm(i)) as f32 } else { 0.0 }).collect()
                })
                .collect();
            let units = Units { data: unit.concat(), width: 4 };
            let mut products = vec![0.0f32; n];
            for anchor in (0..n).step_by(7) {
                units.products((anchor, 1), (0, n), &mut products);
                let similarity: Vec<f64> = products.iter().map(|x| f64::from(*x)).collect();
                let wanted = plain(&similarity, &classes, anchor, ranks);
                let found = [&pools.pos, &pools.near, &pools.far].map(|l| l.get(anchor).to_vec());
                assert_eq!(found, wanted, "anchor {anchor} of {n}");
            }
            pools.check(n).unwrap();
        }
    }

    /// As observed with the released program: most ranks are small numbers, so few samples are ever drawn, and a positive is of the
    /// class of the anchor only by chance.
    #[test]
    fn ranks_hit_the_class_by_chance() {
        let (n, classes_of) = (1368, 11);
        let mut draw = Key::new(3).stream();
        let mut vectors = vec![0.0f32; n * 16];
        Key::new(4).fill_normal(0.0, 1.0, &mut vectors);
        let classes: Vec<i64> = (0..n).map(|_| draw.below(classes_of) as i64).collect();
        let matrix = [Matrix { data: &vectors, width: 16 }];
        let share = |settings: Settings| {
            let pools = search(&matrix, &classes, settings).unwrap();
            let pairs = (0..n).flat_map(|a| pools.pos.get(a).iter().map(move |p| (a, *p as usize)));
            let hits: Vec<bool> = pairs.map(|(a, p)| classes[a] == classes[p]).collect();
            let mut drawn: Vec<u32> =
                [&pools.pos, &pools.near, &pools.far].iter().flat_map(|l| l.items.clone()).collect();
            drawn.sort_unstable();
            drawn.dedup();
            (hits.iter().filter(|h| **h).count() as f64 / hits.len() as f64, drawn.len())
        };
        let (hits, drawn) = share(Settings { ranks: Some(Ranks { upper: 0.625, lower: 0.5 }), ..Settings::default() });
        assert!((0.05..0.14).contains(&hits), "{hits}: one in {classes_of} is chance");
        assert!(drawn < 400, "{drawn} of {n} samples");
        let (hits, drawn) = share(Settings::default());
        assert!(hits == 1.0 && drawn > 1200, "{hits}, {drawn}");
    }
}
