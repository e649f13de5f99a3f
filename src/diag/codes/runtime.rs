//! libtorch and devices, `E07xx`.

codes! {
    /// libtorch refused an operation of a checked graph. The checker should have refused the model before; the message
    /// names the line and the loop values of the operation.
    E0720 = "an operation failed", "";
    /// A batch does not hold what the graph needs: a stream or a label is missing, lists differ in length, a length is
    /// outside of 1..=padded length, or two streams with one length variable differ in length.
    E0721 = "the batch does not fit the graph", "";
    /// A token number is negative or not below the number of rows of the embedding table: the text was tokenised with
    /// the vocabulary of another encoder.
    E0722 = "token outside of the vocabulary", "";
    /// A sequence is longer than its table of learned positions.
    E0723 = "more rows than positions", "";
    /// A value that is read at a companion depends on a label. Labels are known of anchors only.
    E0724 = "label of a companion", "";
    /// A dim has no number under the bound data.
    E0725 = "dim without a number", "";
    /// A parameter is missing, unknown, or of another shape than the graph says.
    E0726 = "parameter does not fit", "";
    /// Saved moments do not fit the parameter they are for.
    E0727 = "optimiser state does not fit", "";
    /// The device's memory is full.
    E0728 = "out of memory", "";
}
