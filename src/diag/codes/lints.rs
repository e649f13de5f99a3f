//! Lints, `W01xx`.

codes! {
    /// The learning rate still rises when training ends: the warm-up takes as many steps as the whole training or
    /// more, so the rate that was asked for is never reached or never held.
    W0190 = "warm-up as long as the training", "";
    /// `select` asks for the epoch that does worst: the least of a metric where more is better, or the reverse.
    W0191 = "selection against the metric", "";
}
