//! Runs and the command line, `E09xx`.

codes! {
    /// A recipe, an environment variable or the command line sets a key that does not exist. The help suggests the
    /// nearest key; `dsc explain recipe` and the README list them all.
    E0901 = "unknown setting",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { epocs = 3 }\n";
    /// The value of a setting has the wrong kind or is out of range. The message says what the key accepts.
    E0902 = "invalid value of a setting",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { epochs = 3  batch = \"16\" }\n";
    /// The output folder exists and is not empty, or is a file. Runs are never overwritten, and `dsc ablate` and `dsc sweep` write into
    /// new folders and into those of an earlier comparison only. Choose another folder with `--out`, or delete this one.
    E0910 = "run folder exists", "";
    /// The folder was not written by `dsc train`, is damaged, or was written by a newer version of `dsc`. Several
    /// commands take the folder of one seed (`RUN/seed-1`) rather than that of all seeds.
    E0911 = "not a run folder", "";
    /// There is less free space than the checkpoints of the training, or the next one of them, need: the weights of the best epoch,
    /// and weights and moments of the last one twice, while a new file is written beside the old one. Nothing was overwritten. Free
    /// some space and start the run again.
    E0912 = "disk full", "";
    /// A file of the run folder cannot be read or written. The message contains the error of the operating system.
    E0913 = "cannot access a file of a run", "";
    /// The checkpoint is damaged or incomplete, or was written by a newer version of `dsc`.
    E0914 = "damaged checkpoint", "";
    /// The parameters of the checkpoint do not match those of the graph: some are missing, unexpected or of another
    /// shape. The model file, or a `--set`, has changed since the checkpoint was written.
    E0915 = "checkpoint of another graph", "";
    /// A line of the weight map cannot be parsed. A weight map (`MODEL.names`, or `--names FILE`) gives for each
    /// parameter of the model the name of the tensor in a checkpoint of another program: `OUR PATH = THEIR NAME`.
    E0916 = "invalid weight map", "";
    /// The imported checkpoint must contain every parameter of the model with its shape, and nothing else. Tensors
    /// without a counterpart would be dropped without notice, so list the ones that are meant to be ignored in the
    /// weight map: `- THEIR NAME`.
    E0918 = "imported weights do not match the model", "";
    /// The weights of the text encoder do not have the names or shapes of the encoder in the model. Use the folder of a
    /// BERT encoder together with its own `config.json`.
    E0917 = "encoder weights do not match", "";
    /// A loss became NaN or infinite during training. The step is computed again, and the message names the first
    /// operation whose result is not finite although its operands are, with its line and loop turn, the samples, and
    /// the streams and labels that it is computed from. The usual causes are an operation without a finite value there
    /// (`log` of 0, a division by 0), a learning rate that is too high, and features of very large magnitude.
    E0920 = "loss is not finite", "";
    /// The gradient of a weight, or the weight itself, became NaN or infinite during training while every loss was
    /// finite, for example because the derivative of `sqrt` at 0 is infinite. The weights are left as they were before
    /// the step. Clipping does not help: it would set all other gradients to 0 or NaN. The message names the weight
    /// and, after computing the step again, the operation whose derivative is not finite. It is also reported when the
    /// square of the gradient's norm exceeds the range of float32, since Adam keeps the squares of gradients.
    E0926 = "gradient is not finite", "";
    /// A split that is needed has no samples. `dsc data info FILE` prints the splits and their sizes.
    E0921 = "empty split", "";
    /// The model has no loss or no output, or the label of an output is not in the data.
    E0922 = "nothing to train or to score", "";
    /// A prediction is NaN or infinite. It would make every metric NaN, so nothing is scored; the message names the
    /// sample and the first operation whose result is not finite. The usual causes are an operation without a finite
    /// value there, a learning rate that is too high, and NaN or -inf in the features.
    E0960 = "prediction is not finite", "";
    /// A label of the split being scored, or of the training split, is NaN or infinite. Correct the feature file; there
    /// is no setting that skips such samples.
    E0961 = "label is not finite", "";
    /// Two lists that must have one number per sample differ in length.
    E0962 = "lists of different lengths", "";
    /// The metric in `select` or on the command line does not exist in the metric family of the data set. The message
    /// lists the metrics of the family.
    E0963 = "unknown metric",
        "use std::{MLP, mse}\ninput audio : Seq<audio>[Ta, fa]\nlabel y : Real\nmodel M {\n  let score = mean(audio) |> MLP(widths: [8, 1]) |> scalar()\n  output score for y\n  loss prediction = mse(score, target: y)\n}\nrecipe sims { family = sims  select = max acc7 }\n";
    /// The vectors that `by` compares contain NaN or infinity, or have different numbers of rows.
    E0965 = "companions cannot be retrieved", "";
    /// The storage of a dropout mask has another size than its shape. This is a bug in `dsc`; please report it.
    E0966 = "dropout mask of the wrong size", "";
    /// A dropout rate must be between 0 and 1.
    E0967 = "dropout rate out of range", "";
    /// The saved companion lists belong to another training split, or were made with other settings.
    E0968 = "companion lists do not match", "";
    /// The test split is not evaluated before a run is finished. Otherwise the epoch could be chosen by its test
    /// scores. Wait for the end of the training, or evaluate the validation split. A training that was stopped is
    /// finished by `dsc eval RUN --split test`: it writes `results.json`.
    E0923 = "test split of an unfinished run", "";
    /// Formatting would have changed the meaning of the file or lost a comment. This is a bug in `dsc`; please report
    /// it. The file is unchanged.
    E0930 = "file cannot be formatted", "";
    /// The formatted file cannot be written. The original is unchanged.
    E0931 = "cannot write a formatted file", "";
    /// A golden file of `dsc test --bless` cannot be written. The message contains the error of the operating system.
    E0932 = "cannot write a golden file", "";
    /// The folder of `dsc ablate` or `dsc sweep`, a table in it, or the log of one of its runs cannot be written. Finished runs are
    /// kept; the same command continues with them.
    E0933 = "cannot write a comparison", "";
    /// A result could not be written to standard output, mostly because the disk that it was sent to is full. What was written of it
    /// is incomplete.
    E0934 = "result not written", "";
    /// Another process trains a run or a comparison in this folder, and two would mix their files. The lock ends with the process
    /// that holds it, also when that is killed. Wait for it, or choose another folder with `--out`.
    E0935 = "folder in use", "";
    /// The run was stopped before the end of its first epoch. The best epoch is selected by its validation scores, so
    /// there are no weights to evaluate yet.
    E0924 = "no epoch selected yet", "";
    /// `results.json` records the SHA-256 of the weights that the training selected. Those in the folder are others: the
    /// file was edited or replaced after the run was finished, so the scores are not those of the run.
    E0927 = "weights of a run have changed", "";
    /// None of the seeds in this folder has finished training.
    E0925 = "no finished seed", "";
}
