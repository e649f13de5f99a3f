//! Companions: the samples that an anchor is contrasted with (article, section III-D).
//!
//! Before every `refresh`-th epoch the retrieval vectors (`by`) of all training samples are computed in evaluation mode. [`search`]
//! makes three lists per anchor from them, and [`Pools::draw`] draws companions from the lists, as a function of (seed, epoch,
//! anchor): neither the order of the batches nor resuming a run changes a draw.
//!
//! | list | members |
//! |---|---|
//! | positive | the `pool` most similar samples of the class of the anchor, without the anchor |
//! | near | the `pool` most similar samples of other classes |
//! | far | the `pool` least similar samples of other classes |
//!
//! **Similarity** is the mean of the cosines of the `by` vectors (`by = [mean(t), mean(a), mean(v)]` gives three), so
//! each modality has the same weight, whatever its scale and width. A vector of zeros has cosine 0 with every vector.
//!
//! **Ranks.** With [`Ranks`](dsc_graph::Ranks) the lists contain ranks in the place of samples, as in the program that the authors
//! released. They are drawn in the same way.
//!
//! **Cost.** Products are computed in blocks that fit the cache, and the selection reads each once; the N x N matrix is never
//! stored.

mod block;
mod classes;
mod draw;
mod pools;
mod ranks;
mod search;

pub use classes::classes;
pub use draw::Companions;
pub use pools::{Lists, Pools, Settings};
pub use search::{Matrix, search};

#[cfg(test)]
mod reference;
