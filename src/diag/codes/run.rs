//! Runs and the command line, `E09xx`.

codes! {
    /// A prediction is NaN or infinite. It has no class and would poison every mean, so nothing is scored; the
    /// message names the sample. The usual causes are a learning rate that is too high and NaN or -inf in the features.
    E0960 = "prediction is not a number", "";
    /// A label of the split that is to be scored, or of the training split, is NaN or infinite.
    E0961 = "label is not a number", "";
    /// Two lists that belong together, one number per sample each, differ in length.
    E0962 = "lists of different length", "";
    /// The metric named in `select` or on the command line is not one of the data set's metric family.
    E0963 = "unknown metric", "";
    /// The metric family is none of those that exist: sims, mosi, regression.
    E0964 = "unknown metric family", "";
    /// The vectors by which companions are retrieved cannot be compared: a NaN or an infinite value, or matrices of
    /// different heights.
    E0965 = "companions cannot be retrieved", "";
    /// The storage of a dropout mask has another size than its shape: a bug in `dsc`.
    E0966 = "dropout mask of another size", "";
    /// A dropout rate below 0 or above 1.
    E0967 = "dropout rate out of range", "";
    /// A saved set of companion lists does not fit the training split or its own settings.
    E0968 = "companion lists do not fit", "";
}
