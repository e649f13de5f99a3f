//! Blocks, losses, outputs, companions, variants and recipes, `E05xx`.

codes! {
    /// A call leaves out an argument that has no default.
    E0501 = "argument missing", "";
    /// A call gives an argument that the block does not have, or gives one twice.
    E0502 = "no such argument", "";
    /// Only the first tensor is positional; everything else is named.
    E0503 = "argument without a name", "";
    /// Something is called that is neither a block nor a primitive, or a block is used as a value.
    E0504 = "not callable", "";
    /// A block that calls itself, directly or through others.
    E0505 = "recursive block", "";
    /// Two calls of one scope would own weights of the same path.
    E0506 = "two weights of one path", "";
    /// A file has no model, or several.
    E0507 = "one model per file", "hyper d = 1\n";
    /// A model needs at least one `output .. for ..` and one `loss`.
    E0508 = "model without output or loss", "";
    /// A statement that belongs into a model stands in a block, or the other way round.
    E0509 = "statement in the wrong place", "";
    /// The value of an expression is lost.
    E0510 = "value is not used", "";
    /// A `companions` declaration with an unknown, missing or impossible entry.
    E0511 = "companions", "";
    /// A variant changes something that the model does not have.
    E0512 = "variant changes nothing", "";
    /// A variant or recipe inherits from one that does not exist, or from itself.
    E0513 = "unknown base", "";
    /// A `var` that changes its kind, or an assignment to something that is no `var`.
    E0514 = "assignment", "";
    /// A tuple with another number of parts than there are names for.
    E0515 = "parts do not match", "";
    /// Only tensors of the sample itself have a value at its companions.
    E0516 = "`at` of something without companions", "";
    /// No variant of that name.
    E0517 = "no such variant", "";
    /// A declared type that is not understood.
    E0518 = "unknown type", "";
}
