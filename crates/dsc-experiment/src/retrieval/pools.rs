//! The companion lists of a training split, and the settings they are made with.

use serde::{Deserialize, Serialize};

use dsc_graph::Ranks;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::run::E0968;

/// Numbers of companions, and length of the lists that they are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Number of positives per anchor.
    pub pos: usize,
    /// Number of negatives per anchor from the most similar samples of other classes.
    pub near: usize,
    /// Number of negatives per anchor from the least similar samples of other classes.
    pub far: usize,
    /// Maximum length of each list.
    pub pool: usize,
    /// Set if the lists contain ranks in the place of samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranks: Option<Ranks>,
}

impl Default for Settings {
    /// The values of the article: 2 positives, 2 near and 2 far negatives from lists of 10.
    fn default() -> Self {
        Settings { pos: 2, near: 2, far: 2, pool: 10, ranks: None }
    }
}

/// One list of samples per anchor, concatenated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    /// `[n + 1]`: the start of each list in `items`, and the end of the last one.
    pub offsets: Vec<u32>,
    /// Indices of training samples.
    pub items: Vec<u32>,
}

impl Lists {
    /// The list of an anchor, best first; empty for an anchor out of range.
    pub fn get(&self, anchor: usize) -> &[u32] {
        let bounds = self.offsets.get(anchor).zip(self.offsets.get(anchor + 1));
        bounds.and_then(|(&from, &to)| self.items.get(from as usize..to as usize)).unwrap_or_default()
    }

    pub(super) fn of(lists: impl ExactSizeIterator<Item = Vec<u32>>) -> Lists {
        let mut all = Lists { offsets: vec![0], items: Vec::new() };
        for list in lists {
            all.items.extend(list);
            all.offsets.push(all.items.len() as u32);
        }
        all
    }

    fn fit(&self, n: usize, pool: usize) -> bool {
        self.offsets.len() == n + 1
            && self.offsets.first() == Some(&0)
            && self.offsets.last().is_some_and(|&end| end as usize == self.items.len())
            && self.offsets.windows(2).all(|w| matches!(w, [a, b] if a <= b && (b - a) as usize <= pool))
            && self.items.iter().all(|&item| (item as usize) < n)
    }
}

/// The lists of all anchors; they are part of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pools {
    /// The settings of the search.
    pub settings: Settings,
    /// The most similar samples of the class of the anchor.
    pub pos: Lists,
    /// The most similar samples of other classes.
    pub near: Lists,
    /// The least similar samples of other classes.
    pub far: Lists,
}

impl Pools {
    /// Number of anchors, one per training sample.
    pub fn len(&self) -> usize {
        self.pos.offsets.len().saturating_sub(1)
    }

    /// Whether there are no anchors.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of anchors without companions of a requested kind. Their contrastive loss is 0; the log reports the number.
    pub fn absent(&self) -> usize {
        (0..self.len()).filter(|&anchor| !self.present(anchor)).count()
    }

    /// Whether an anchor has companions of every requested kind.
    pub(super) fn present(&self, anchor: usize) -> bool {
        let Settings { pos, near, far, .. } = self.settings;
        [(pos, &self.pos), (near, &self.near), (far, &self.far)]
            .iter()
            .all(|(wanted, lists)| *wanted == 0 || !lists.get(anchor).is_empty())
    }

    /// Checks that lists from a file fit a training split of `n` samples.
    ///
    /// # Errors
    /// `E0968` if they belong to another split or are damaged.
    pub fn check(&self, n: usize) -> Result<(), Diagnostic> {
        let pool = self.settings.pool;
        if [&self.pos, &self.near, &self.far].iter().all(|lists| lists.fit(n, pool)) {
            return Ok(());
        }
        Err(Diagnostic::error(
            E0968,
            format!("the saved companion lists ({} anchors) do not fit a training split of {n} samples", self.len()),
        )
        .help("use the data that the run was started with"))
    }
}

/// The lists of one anchor, best first.
pub(super) struct AnchorLists {
    pub(super) pos: Vec<u32>,
    pub(super) near: Vec<u32>,
    pub(super) far: Vec<u32>,
}
