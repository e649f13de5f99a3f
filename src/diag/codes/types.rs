//! Types, dims and lengths, `E03xx`.

codes! {
    /// An operation got values whose shapes or kinds do not fit. Nothing is broadcast or cast, so what does not fit is
    /// a mistake of the model, not of the data.
    E0301 = "types do not fit", "";
    /// Two sequences meet element by element, but each has a length of its own. Equal maxima are not enough: in a
    /// batch the rows would belong to different moments.
    E0302 = "sequences of different lengths", "";
    /// A sequence of one modality stands where the block asks for another.
    E0303 = "wrong modality", "";
    /// The value of a block has another type than the block states.
    E0304 = "result type does not hold", "";
    /// The number of heads must divide the width it splits.
    E0305 = "heads do not divide the width", "";
    /// A row, or a number of rows, that the sequence does not have.
    E0306 = "no such row", "";
    /// A primitive got the wrong number of operands.
    E0307 = "wrong number of operands", "";
}
