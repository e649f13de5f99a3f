//! Data files, `E06xx`.

codes! {
    /// The file does not exist, is not a regular file, or must not be read by this user. The message contains the error
    /// of the operating system.
    E0601 = "cannot read a data file", "";
    /// The file is not a pickle of protocol 0 to 5, ends early, or is inconsistent (a length beyond the end, a value
    /// popped from an empty stack). For another format the message says which one it is, and how to convert it. For damage it
    /// gives the byte offset at which reading stopped; the usual cause is an incomplete download: compare size and
    /// SHA-256 with the published ones.
    E0602 = "not a pickle, or a damaged one", "";
    /// A pickle can name any Python function to be called while it is loaded. `dsc` executes none of them: it supports
    /// numpy arrays and scalars, plain containers and PyTorch checkpoints. A value of any other class is left out; the error
    /// comes where the value is needed, and names its key and class. Convert such values to numpy arrays or plain lists
    /// before saving the file. A file that names a function that runs commands, such as `os.system`, is refused as a whole.
    E0603 = "unsupported object in a pickle", "";
    /// Supported arrays contain floats of 2, 4 or 8 bytes, integers, booleans, text or plain objects, in either byte
    /// order. Structured, complex, date and long double arrays are rejected. Convert the array before saving it, for
    /// instance with `x.astype("float32")`.
    E0604 = "unsupported array type", "";
    /// The feature file has no such split or key; the message lists the existing ones. If the data are stored under
    /// another key, name it: `input audio : Seq<audio>[Ta, fa] from "acoustic"`.
    E0605 = "missing key in a feature file", "";
    /// The key exists but its content is malformed: a number of samples other than that of the split, rows of different
    /// widths, text instead of numbers, or a length beyond the array.
    E0606 = "malformed key in a feature file", "";
    /// The features contain NaN or infinity. This occurs in published files (-inf in COVAREP audio, NaN in Facet
    /// vision) and would turn all parameters into NaN in the first step. Replace them by 0 with `nonfinite = zero` in
    /// the recipe.
    E0607 = "NaN or infinite features", "";
    /// `--data` takes the name of a known data set or the path of a feature file. The message lists the known names.
    E0608 = "unknown data set", "";
    /// The feature files of the known data sets are distributed by their authors and cannot be downloaded by `dsc`.
    /// Obtain the file and pass its path with `--data`, or put it below the folder that `--data-root` or `DSC_DATA`
    /// names, at the path that the message shows.
    E0609 = "data set not found", "";
    /// The file has other sizes than the built-in data card of the data set it was named as. The file takes precedence;
    /// counts that were computed from the card (without the file) differ.
    E0610 = "feature file differs from its data card", "";
    /// `dsc` requested a sample, row or buffer that does not exist in the data. This is a bug in `dsc`; please report
    /// it.
    E0611 = "request does not fit the data", "";
    /// No configuration of a text encoder of this name is built in. The message lists the names that are; any other
    /// encoder is read from its folder with `--text-encoder DIR`.
    E0612 = "unknown encoder card", "";
    /// An input of the model does not exist in the data: its key is missing, or the data have another form. Map it to
    /// another key with `from "key"`, or use a data set that has it.
    E0613 = "missing input in the data", "";
    /// The data have another width than the model file states, or two inputs that share a width variable have different
    /// widths. Use a variable (`fa`) instead of a number to accept any width, and one variable per input if the widths
    /// differ.
    E0614 = "mismatched width of the data", "";
    /// The model was trained on shorter samples, and one of its parameters has a row for every position, such as a
    /// table of learned positions. The rows beyond the longest training sample have never been trained. Truncate the
    /// samples, or train on data that include samples of this length.
    E0615 = "sample longer than the trained model supports", "";
    /// Two inputs are declared with the same length variable, such as `Seq<audio>[T, fa]` and `Seq<vision>[T, fv]`, so
    /// every sample must have as many rows of one as of the other. This sample does not. Use the aligned version of the
    /// data, or give each input its own length variable.
    E0616 = "mismatched lengths of aligned streams", "";
    /// The sequences of a feature file are padded in front of their frames, as MMSA-FET does with `padding_location = "start"`
    /// and as the files of MulT are; or it is not clear on which side they are padded. Where in most short samples the first
    /// frame is zero and the last is not, the last frames are used, with this warning. `padding = front` or `padding = end`
    /// in the recipe states the side.
    E0617 = "padding in front of the frames", "";
    /// The labels do not go with the metrics of the recipe's `family`: they lie outside its range, are all of one sign where
    /// negative is measured against positive, or are 0 and 1 where an intensity is measured. Scores are computed all the same,
    /// and say little: with `family = mosi` the labels 0 and 1 are one class, and a constant has an accuracy of 100.
    /// `family = binary` scores 0 and 1, `family = regression` any labels.
    E0618 = "labels that do not fit the metrics", "";
}
