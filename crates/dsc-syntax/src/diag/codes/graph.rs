//! The text form of a graph, `E10xx`. The places are those of the text.

codes! {
    /// A line of the text form of a graph cannot be read. The form is what `dsc dump` prints; the page of the
    /// module `dsc_graph::parse` describes it (`cargo doc --workspace --open`).
    E1001 = "not the text form of a graph",
        "graph M\nlabel y : Real\n%0 = label( y : Real\nloss l = %0\n";
    /// A node, parameter, input, label or dim is used that no line declares. Nodes are declared above the lines that read
    /// them.
    E1002 = "not declared in the graph",
        "graph M\nlabel y : Real\n%0 = label() y : Real\n%1 = square(%2) : Real\nloss l = %1\n";
    /// Two lines declare the same node, parameter, input or label.
    E1003 = "declared twice in the graph",
        "graph M\nlabel y : Real\n%0 = label() y : Real\n%0 = label() y : Real\nloss l = %0\n";
    /// There is no operation of that name, or it has other attributes.
    E1004 = "no such operation",
        "graph M\nlabel y : Real\n%0 = label() y : Real\n%1 = squared(%0) : Real\nloss l = %1\n";
    /// The graph breaks an invariant: a node has another type than its rule gives, a loss is no Real, a parameter is
    /// called dead that a loss reads. Of a graph that `dsc` compiled or rewrote this is a bug in `dsc`.
    E1005 = "graph is not sound",
        "graph M\nlabel y : Real\n%0 = label() y : Real\n%1 = square(%0) : Vec[8]\nloss l = %1\n";
}
