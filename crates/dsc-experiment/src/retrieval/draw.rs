//! Draws companions from the lists.

use super::Pools;
use dsc_random::{Key, Stream};

/// The companions of one anchor in one epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Companions {
    /// Positives: as many as [`Settings::pos`](super::Settings), or none if the list is empty.
    pub pos: Vec<u32>,
    /// Negatives, first the near, then the far ones: as many as the settings say, or none if there is only one class.
    pub neg: Vec<u32>,
    /// Whether all requested kinds exist. If not, the loss terms of the anchor are 0 and it is counted as absent.
    pub present: bool,
}

impl Pools {
    /// The companions of `anchor` in `epoch`: a function of the lists and of (seed, epoch, anchor).
    ///
    /// Draws without replacement where possible: all members of a short list are drawn before one is repeated (the only other member
    /// of a class is drawn twice), and a far negative equals a near one only if the far list has too few others. An empty list, or
    /// an anchor out of range, gives no companions.
    pub fn draw(&self, seed: u64, epoch: u64, anchor: u32) -> Companions {
        let key = Key::new(seed).with("companions").with(epoch).with(anchor);
        let place = anchor as usize;
        let choose = |kind: &str, list: &[u32], k: usize| choose(&mut key.with(kind).stream(), list, k);
        let pos = choose("pos", self.pos.get(place), self.settings.pos);
        let mut neg = choose("near", self.near.get(place), self.settings.near);
        let far = self.far.get(place);
        let others: Vec<u32> = far.iter().copied().filter(|item| !neg.contains(item)).collect();
        let far = choose("far", if others.len() >= self.settings.far { &others } else { far }, self.settings.far);
        neg.extend(far);
        Companions { pos, neg, present: place < self.len() && self.present(place) }
    }
}

/// `k` members of a list: repeatedly all members in random order, until there are enough.
fn choose(stream: &mut Stream, list: &[u32], k: usize) -> Vec<u32> {
    let mut chosen = Vec::with_capacity(k);
    while chosen.len() < k && !list.is_empty() {
        let round = stream.sample_without_replacement(list.len(), k - chosen.len());
        chosen.extend(round.into_iter().filter_map(|i| list.get(i).copied()));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::super::{Matrix, Settings, search};
    use super::*;

    /// Twelve samples: ten of class 0 (numbers 0 to 9), two of class 1 (10, 11), one of class 2 (12).
    fn pools(settings: Settings) -> Pools {
        let data: Vec<f32> = (0..13).flat_map(|i| [(i as f32 * 0.3).cos(), (i as f32 * 0.3).sin()]).collect();
        let classes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2];
        search(&[Matrix { data: &data, width: 2 }], &classes, settings).unwrap()
    }

    #[test]
    fn draws_come_from_the_lists_without_repeats() {
        let pools = pools(Settings { pool: 5, ..Settings::default() });
        let mut seen = std::collections::BTreeSet::new();
        for epoch in 0..60 {
            let c = pools.draw(1, epoch, 3);
            assert!(c.present);
            assert_eq!((c.pos.len(), c.neg.len()), (2, 4));
            assert!(c.pos.iter().all(|p| pools.pos.get(3).contains(p)));
            assert!(c.neg.iter().all(|p| pools.near.get(3).contains(p)));
            assert_ne!(c.pos[0], c.pos[1]);
            assert_ne!(c.neg[0], c.neg[1]);
            seen.extend(c.pos);
        }
        assert_eq!(seen.len(), 5, "every member of the list is drawn at some time");
    }

    #[test]
    fn far_avoids_near_where_it_can() {
        // Anchors 10 and 11 have eleven negatives: with lists of 11 both lists hold all of them.
        let pools = pools(Settings { pos: 1, near: 3, far: 3, pool: 11, ranks: None });
        for epoch in 0..50 {
            let mut neg = pools.draw(9, epoch, 10).neg;
            neg.sort_unstable();
            neg.dedup();
            assert_eq!(neg.len(), 6);
        }
    }

    #[test]
    fn small_classes() {
        let pools = pools(Settings::default());
        // Class 1 has one other member, which is drawn twice.
        let c = pools.draw(0, 0, 10);
        assert_eq!((c.pos.as_slice(), c.present), ([11, 11].as_slice(), true));
        // Class 2 has none.
        let c = pools.draw(0, 0, 12);
        assert!(c.pos.is_empty() && !c.present);
        assert_eq!(c.neg.len(), 4);
        assert_eq!(pools.absent(), 1);
        assert_eq!(pools.draw(0, 0, 99), Companions::default());
    }

    #[test]
    fn one_class_has_no_negatives() {
        let pools = search(&[Matrix { data: &[1.0, 0.5, -1.0], width: 1 }], &[4, 4, 4], Settings::default()).unwrap();
        let c = pools.draw(0, 0, 0);
        assert_eq!((c.pos.len(), c.neg.len(), c.present), (2, 0, false));
        let pos_only = Settings { near: 0, far: 0, ..Settings::default() };
        let pools = search(&[Matrix { data: &[1.0, 0.5, -1.0], width: 1 }], &[4, 4, 4], pos_only).unwrap();
        assert!(pools.draw(0, 0, 0).present);
    }

    #[test]
    fn draws_are_keyed_by_their_coordinates() {
        let pools = pools(Settings { pool: 5, ..Settings::default() });
        let first: Vec<Companions> = (0..10).map(|a| pools.draw(1, 0, a)).collect();
        let again: Vec<Companions> = (0..10).rev().map(|a| pools.draw(1, 0, a)).collect();
        assert!(first.iter().eq(again.iter().rev()));
        assert!((0..10).any(|a| pools.draw(1, 1, a) != first[a as usize]));
        assert!((0..10).any(|a| pools.draw(2, 0, a) != first[a as usize]));
        insta::assert_debug_snapshot!(first.iter().map(|c| (&c.pos, &c.neg)).collect::<Vec<_>>());
    }
}
