//! The text form of a graph, `E10xx`. The places are those of the text.

codes! {
    /// A line of the text form of a graph cannot be parsed. The format is what `dsc dump` prints; the documentation of
    /// the module `dsc_graph::parse` describes it (`cargo doc --workspace --open`).
    E1001 = "invalid text form of a graph",
        "graph M\nlabel y : Real\n%0 = label( y : Real\nloss l = %0\n";
    /// A line uses a node, parameter, input, label or dim that is not declared. A node must be declared above the lines
    /// that use it.
    E1002 = "undeclared in the graph",
        "graph M\nlabel y : Real\n%0 = label() y : Real\n%1 = square(%2) : Real\nloss l = %1\n";
    /// Two lines declare the same node, parameter, input or label.
    E1003 = "duplicate declaration in the graph",
        "graph M\nlabel y : Real\n%0 = label() y : Real\n%0 = label() y : Real\nloss l = %0\n";
    /// There is no operation of this name, or it does not have these attributes.
    E1004 = "unknown operation",
        "graph M\nlabel y : Real\n%0 = label() y : Real\n%1 = squared(%0) : Real\nloss l = %1\n";
    /// The graph violates an invariant: the type of a node differs from what its operation computes, a loss is not a
    /// Real, or a parameter that a loss reads is marked as dead. In a graph that `dsc` compiled or rewrote, this is a
    /// bug in `dsc`.
    E1005 = "invalid graph",
        "graph M\nlabel y : Real\n%0 = label() y : Real\n%1 = square(%0) : Vec[8]\nloss l = %1\n";
}
