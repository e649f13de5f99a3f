//! Lints, `W01xx`: the model means something, but probably not what was meant.

codes! {
    /// Weights that no output and no loss reaches: they would be trained by nothing and yet be counted and stored.
    W0101 = "dead parameters", "";
    /// A `let` that nothing reads.
    W0102 = "value never read", "";
    /// A hyper that nothing reads: setting it changes nothing.
    W0103 = "hyper never read", "";
    /// An imported name that nothing uses.
    W0104 = "import never used", "";
    /// A block that nothing calls. Blocks are checked where they are called, so this one has only been read.
    W0105 = "block never called", "";
    /// An input that nothing reads.
    W0106 = "input never read", "";
    /// `reveal x` in the file: not a fault, the checker tells the type as asked.
    W0107 = "revealed type", "";
    /// The learning rate still rises when training ends: the warm-up takes as many steps as the whole training or
    /// more, so the rate that was asked for is never reached or never held.
    W0190 = "warm-up as long as the training", "";
    /// `select` asks for the epoch that does worst: the least of a metric where more is better, or the reverse.
    W0191 = "selection against the metric", "";
}
