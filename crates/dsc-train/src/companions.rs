//! Companions during training: lists that are refreshed every few epochs, companions drawn per anchor, rows of a batch.

use std::collections::HashMap;

use super::evaluate::{Vectors, retrieval_vectors};
use super::non_finite::{At, Replay};
use dsc_data::Split;
use dsc_experiment::retrieval::{Matrix, Pools, Settings as PoolSettings, classes, search};
use dsc_graph::Graph;
use dsc_recipe::Settings;
use dsc_runtime::CompanionRows;
use dsc_syntax::diag::Diagnostic;

/// The companion lists of one declaration, and their age.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// The lists of all anchors.
    pub pools: Pools,
    /// The epoch before which they were made, from 0.
    pub epoch: u64,
}

/// Whether the lists of any declaration must be refreshed before this epoch.
pub(super) fn is_due(graph: &Graph, lists: &[Option<Listed>], epoch: u64) -> bool {
    graph.companions.iter().zip(lists).any(|(c, l)| needs_refresh(c.refresh, l.as_ref(), epoch))
}

fn needs_refresh(refresh: usize, listed: Option<&Listed>, epoch: u64) -> bool {
    listed.is_none_or(|l| l.epoch != epoch) && (listed.is_none() || epoch.is_multiple_of(refresh.max(1) as u64))
}

/// Refreshes the lists that are due, with vectors of the training split computed in evaluation mode.
pub(super) fn refresh(
    replay: &Replay<'_>,
    settings: &Settings,
    lists: &mut [Option<Listed>],
    at: At,
) -> Result<(), Diagnostic> {
    let (graph, data, epoch) = (replay.graph, replay.data, at.epoch);
    let vectors = retrieval_vectors(graph, replay.program, replay.store, data, replay.workers)?;
    for ((decl, vectors), listed) in graph.companions.iter().zip(&vectors).zip(lists) {
        for Vectors { data, width } in vectors {
            if let Some((i, value)) = data.iter().enumerate().find(|(_, x)| !x.is_finite()) {
                return Err(replay.of_retrieval(&decl.name, i / (*width).max(1), *value, at));
            }
        }
        if !needs_refresh(decl.refresh, listed.as_ref(), epoch) {
            continue;
        }
        let classes = classes(settings.class, &data.label(Split::Train, &decl.class)?)?;
        let matrices: Vec<Matrix<'_>> =
            vectors.iter().map(|Vectors { data, width }| Matrix { data, width: *width }).collect();
        let wanted = PoolSettings { pos: decl.pos, near: decl.near, far: decl.far, pool: decl.pool, ranks: decl.ranks };
        *listed = Some(Listed { pools: search(&matrices, &classes, wanted)?, epoch });
    }
    Ok(())
}

/// The samples of a batch, anchors first, then their companions, each sample once; and the rows of the companions.
pub(super) fn rows(
    lists: &[Option<Listed>],
    anchors: &[usize],
    seed: u64,
    epoch: u64,
) -> (Vec<usize>, Vec<CompanionRows>) {
    let mut samples = anchors.to_vec();
    let mut places: HashMap<usize, u32> = anchors.iter().enumerate().map(|(row, s)| (*s, row as u32)).collect();
    let mut all = Vec::new();
    for listed in lists.iter().flatten() {
        let PoolSettings { pos, near, far, .. } = listed.pools.settings;
        let mut rows = CompanionRows {
            pos: vec![Vec::with_capacity(anchors.len()); pos],
            neg: vec![Vec::with_capacity(anchors.len()); near + far],
            present: Vec::with_capacity(anchors.len()),
        };
        for (row, anchor) in anchors.iter().enumerate() {
            let drawn = listed.pools.draw(seed, epoch, *anchor as u32);
            rows.present.push(drawn.present);
            for (columns, chosen) in [(&mut rows.pos, &drawn.pos), (&mut rows.neg, &drawn.neg)] {
                for (index, column) in columns.iter_mut().enumerate() {
                    // An anchor without companions refers to itself; its loss terms are masked.
                    let companion = chosen.get(index).filter(|_| drawn.present);
                    column.push(companion.map_or(row as u32, |c| {
                        *places.entry(*c as usize).or_insert_with(|| {
                            samples.push(*c as usize);
                            samples.len() as u32 - 1
                        })
                    }));
                }
            }
        }
        all.push(rows);
    }
    (samples, all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_experiment::retrieval::Lists;

    fn lists(of: &[&[u32]]) -> Lists {
        let mut l = Lists { offsets: vec![0], items: vec![] };
        for list in of {
            l.items.extend(*list);
            l.offsets.push(l.items.len() as u32);
        }
        l
    }

    #[test]
    fn every_sample_occurs_once_and_companions_refer_to_it() {
        // Six samples, classes {0, 1, 2} and {3, 4} and {5}: 5 has no positive.
        let settings = PoolSettings { pos: 2, near: 1, far: 1, pool: 3, ranks: None };
        let pos = lists(&[&[1, 2], &[0, 2], &[0, 1], &[4], &[3], &[]]);
        let other = lists(&[&[3, 4, 5], &[3, 4, 5], &[3, 4, 5], &[0, 1, 2], &[0, 1, 2], &[0, 1, 2]]);
        let pools = Pools { settings, pos, near: other.clone(), far: other };
        let listed = [Some(Listed { pools: pools.clone(), epoch: 0 })];
        let anchors = [3usize, 0, 5];
        let (samples, companions) = rows(&listed, &anchors, 9, 4);
        assert_eq!(samples[..3], anchors);
        let mut unique = samples.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), samples.len());
        let c = &companions[0];
        assert_eq!(c.present, [true, true, false]);
        assert_eq!((c.pos.len(), c.neg.len()), (2, 2));
        // The class of 3 has one other member, which is drawn twice.
        assert_eq!([samples[c.pos[0][0] as usize], samples[c.pos[1][0] as usize]], [4, 4]);
        let drawn = pools.draw(9, 4, 0);
        for (index, wanted) in drawn.neg.iter().enumerate() {
            assert_eq!(samples[c.neg[index][1] as usize], *wanted as usize);
        }
        assert!(c.pos.iter().chain(&c.neg).all(|column| column[2] == 2));
        assert_eq!(rows(&listed, &anchors, 9, 4).0, samples);
    }

    #[test]
    fn lists_are_due_at_multiples_and_after_a_start() {
        assert!(needs_refresh(2, None, 0) && needs_refresh(2, None, 3));
        let at = |epoch| Listed {
            pools: Pools {
                settings: PoolSettings::default(),
                pos: Lists::default(),
                near: Lists::default(),
                far: Lists::default(),
            },
            epoch,
        };
        assert!(!needs_refresh(2, Some(&at(0)), 0));
        assert!(!needs_refresh(2, Some(&at(0)), 1));
        assert!(needs_refresh(2, Some(&at(0)), 2));
    }
}
