//! Companions: the samples that an anchor is contrasted with (article, section III-D).
//!
//! Before epochs 0, 2, 4, .. every training sample's `by` vectors are computed in evaluation mode; [`search`] turns
//! them into three lists per anchor, and [`Pools::draw`] takes companions out of them, as a function of (seed, epoch,
//! anchor) alone, so that neither the order of the batches nor a resumed run changes a draw.
//!
//! | list | members |
//! |---|---|
//! | positive | the `pool` most similar samples of the anchor's class, itself left out |
//! | near | the `pool` most similar samples of other classes |
//! | far | the `pool` least similar samples of other classes |
//!
//! **Similarity** is the mean of the cosines of the `by` vectors (`by = [mean(t), mean(a), mean(v)]` gives three), so
//! each modality counts the same whatever its scale and width. A vector of zeros has the cosine 0 with everything.
//!
//! **Ranks.** A declaration may ask for lists of ranks ([`Ranks`](dsc_graph::Ranks)): what the program that the authors
//! released does. They are drawn like samples.
//!
//! **Cost.** The products are formed in blocks that stay in the cache and are read once by the selection; the N x N
//! matrix never exists.

mod block;
mod classes;
mod draw;
mod pools;
mod ranks;

pub use classes::classes;
pub use draw::Companions;
pub use pools::{Lists, Matrix, Pools, Settings, search};

#[cfg(test)]
mod reference;
