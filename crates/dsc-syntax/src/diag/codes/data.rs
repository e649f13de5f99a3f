//! Data files, `E06xx`.

codes! {
    /// The file does not exist, may not be read, or is no regular file. The message holds the system's own words.
    E0601 = "a data file cannot be read", "";
    /// The bytes are no pickle of protocols 0 to 5, or the file ends early (a broken download), or it contradicts
    /// itself: a length beyond the end, a value taken from an empty stack, a memo entry never written. The message
    /// gives the byte at which reading stopped. Compare the size and SHA-256 with the published ones.
    E0602 = "a damaged pickle", "";
    /// A pickle can name any function of any Python module to be called while it is loaded. `dsc` executes nothing: it
    /// knows the few names that numpy arrays, numpy scalars, plain containers and PyTorch checkpoints need and refuses every
    /// other, by its name. Turn such objects into numpy arrays or plain lists when the file is written.
    E0603 = "a pickle asks for an object that is not on the list", "";
    /// Arrays may hold floats of 2, 4 or 8 bytes, integers, booleans, text or plain objects, in either byte order.
    /// Structured, complex, date and long double arrays have no place in a feature file.
    E0604 = "an array of a kind that is not read", "";
    /// The file has no such split or key. What it has is listed; a key with another name is mapped by
    /// `input x : .. from "key"`.
    E0605 = "a feature file lacks a key", "";
    /// The key is there, but what it holds has the wrong form: another number of samples than the split has, rows of
    /// different widths, text where numbers are expected, a length beyond the array.
    E0606 = "a key of a feature file has the wrong form", "";
    /// NaN and infinity occur in published feature files (-inf in COVAREP audio, NaN in Facet vision). They would turn
    /// the whole model into NaN, so training stops at them unless the recipe says what they become: `nonfinite = zero`.
    E0607 = "values that are not finite", "";
    /// `--data` takes the name of a known data set, or the path of a feature file.
    E0608 = "an unknown data set", "";
    /// The feature files of the known data sets are handed out by their makers and cannot be fetched by `dsc`.
    E0609 = "the files of a data set were not found", "";
    /// The file differs from the card of the data set it was named as. The file wins; figures computed from the card
    /// (without the file) will differ.
    E0610 = "a feature file differs from its card", "";
    /// A sample, a row or a buffer was asked for that does not fit the data: a fault of the caller within `dsc`.
    E0611 = "a request that does not fit the data", "";
    /// No configuration of that text encoder is embedded.
    E0612 = "an unknown encoder card", "";
    /// An input of the model has no counterpart in the data: the key is missing, or it has another form.
    E0613 = "the data lack an input", "";
    /// A width that the file fixes, or that two inputs share, is another number in the data.
    E0614 = "a width of the data does not fit the file", "";
    /// A trained model meets data with longer samples than it was trained on, and one of its weights has a row for every
    /// position up to the longest one: a table of learned positions. The rows beyond have never been trained. Lengths that
    /// size no weight may grow.
    E0615 = "a sample is longer than a trained model takes", "";
    /// Two inputs are declared with one length variable (`Seq<audio>[T, fa]` and `Seq<vision>[T, fv]`): every sample has to
    /// have as many rows of the one as of the other. A file is aligned only if that holds for all of its samples.
    E0616 = "streams that share a length differ in it", "";
}
