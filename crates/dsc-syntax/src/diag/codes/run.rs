//! Runs and the command line, `E09xx`.

codes! {
    /// A recipe, the environment or the command line sets something that training does not know. A misspelt setting
    /// would otherwise be lost without a sound.
    E0901 = "unknown setting",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { epocs = 3 }\n";
    /// The value of a setting is of another kind than the setting takes, or out of its range.
    E0902 = "wrong value of a setting",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { epochs = 3  batch = \"16\" }\n";
    /// The folder that a run is to be written to exists and is not empty. A run is never overwritten.
    E0910 = "run folder exists", "";
    /// The folder is not a run of `dsc`, is damaged, or was written by a newer version.
    E0911 = "not a run folder", "";
    /// The disk has less room than the next checkpoint needs. Nothing was written over.
    E0912 = "disk is full", "";
    /// A file of a run cannot be written or read.
    E0913 = "file of a run", "";
    /// A checkpoint is damaged, lacks a part, or has a schema of a newer version.
    E0914 = "checkpoint is damaged", "";
    /// The weights belong to another graph: parameters are missing, superfluous or of another shape.
    E0915 = "weights of another graph", "";
    /// A map of names (`MODEL.names`, or `--names FILE`) says for each weight of a model what a checkpoint of another program
    /// calls it; a line of it cannot be read.
    E0916 = "unreadable map of names", "";
    /// A checkpoint that is to be imported does not hold the model's weights, each in its shape, and nothing else. What is
    /// left over would be lost without a sound, so it has to be named in the map of names as unread.
    E0918 = "weights do not fit the model", "";
    /// The weights of the text encoder do not fit the encoder that the model computes.
    E0917 = "encoder weights do not fit", "";
    /// A loss became NaN or infinite. The usual causes are a learning rate that is too high and features of huge size.
    E0920 = "loss is not a number", "";
    /// A split that is needed has no samples.
    E0921 = "empty split", "";
    /// The model has nothing to train or to score: no loss, no output, or an output without the label in the data.
    E0922 = "nothing to train", "";
    /// A prediction is NaN or infinite. It has no class and would poison every mean, so nothing is scored; the
    /// message names the sample. The usual causes are a learning rate that is too high and NaN or -inf in the features.
    E0960 = "prediction is not a number", "";
    /// A label of the split that is to be scored, or of the training split, is NaN or infinite.
    E0961 = "label is not a number", "";
    /// Two lists that belong together, one number per sample each, differ in length.
    E0962 = "lists of different length", "";
    /// The metric named in `select` or on the command line is not one of the data set's metric family.
    E0963 = "unknown metric",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { family = sims  select = max acc7 }\n";
    /// The vectors by which companions are retrieved cannot be compared: a NaN or an infinite value, or matrices of
    /// different heights.
    E0965 = "companions cannot be retrieved", "";
    /// The storage of a dropout mask has another size than its shape: a bug in `dsc`.
    E0966 = "dropout mask of another size", "";
    /// A dropout rate below 0 or above 1.
    E0967 = "dropout rate out of range", "";
    /// A saved set of companion lists does not fit the training split or its own settings.
    E0968 = "companion lists do not fit", "";
    /// The test split of a run that is not finished stays unread: its epoch could otherwise be chosen by the test scores.
    E0923 = "test split of an unfinished run", "";
    /// The formatter would have changed what the file means, or lost a comment: a bug in `dsc`. The file is left as it is.
    E0930 = "file cannot be formatted", "";
    /// A file that `dsc fmt` formats cannot be written. It is left as it is.
    E0931 = "formatted file cannot be written", "";
    /// A golden file that `dsc test --bless` makes cannot be written.
    E0932 = "golden file cannot be written", "";
    /// The run was stopped before the end of its first epoch. An epoch is selected by its scores on the validation split,
    /// so there are no weights to score or to predict with.
    E0924 = "no epoch of the run is selected yet", "";
    /// None of the seeds below the folder has come to its end.
    E0925 = "no seed is finished", "";
}
