//! The syntax tree of a `.dsl` file. Parsing never fails: unparsable text is an `Error` node, and its diagnostic is returned
//! together with the tree. Every node has a [`Span`] in the global offset space.

use std::collections::BTreeSet;

use crate::source::{Span, Spanned};

/// A name and its span.
pub type Ident = Spanned<String>;

/// The syntax tree of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// `//!` lines, without the marks.
    pub docs: Vec<String>,
    /// The items of the file, in source order.
    pub items: Vec<Item>,
    /// Words of skipped text. A name among them may have been defined or imported there, so its uses are not reported.
    pub lost: BTreeSet<String>,
    /// Places of expressions that are read as something else than what is written: with a bracket that was added, with an
    /// operator in the place of another. What does not fit there has this cause.
    pub repaired: Vec<Span>,
}

/// A top-level item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// `///` lines before it, without the marks.
    pub docs: Vec<String>,
    /// The item itself.
    pub kind: ItemKind,
    /// From its keyword to its end.
    pub span: Span,
}

/// The kinds of top-level items.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `use std::{Linear, MLP}`, `use std::Linear`, `use "shared/blocks.dsl"::{Gate}`.
    Use(Use),
    /// `hyper p = 8 in [2, 4, 8]`, `hyper keep(l) = max(1, p // 2**l)`.
    Hyper(Hyper),
    /// `input audio : Seq<audio>[Ta, fa] from "audio"`.
    Input(Input),
    /// `label y : Real from "regression_labels"`.
    Label(Input),
    /// `block Fuse<n, m>(h: Seq<m>[n, d], tokens: int) -> Seq<m>[n, d] { .. }`.
    Block(Block),
    /// `model DashFusion { .. }`.
    Model(Model),
    /// `variant no_hbf { set depth = 0 }`, `variant no_dual = no_temporal { .. }`.
    Variant(Variant),
    /// `recipe mosi = sims { .. }`.
    Recipe(Recipe),
    /// `expect params < 120M, macs(Fuse) < 150M for sims`.
    Expect(Expect),
    /// Text that is no item; its diagnostic has been reported.
    Error,
}

/// `use FROM::{NAMES}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// `std`, or the path of a file in quotes (then `quoted`).
    pub from: Ident,
    /// Whether `from` is a path in quotes.
    pub quoted: bool,
    /// Imported names, each with an optional `as` name.
    pub names: Vec<(Ident, Option<Ident>)>,
}

/// A hyperparameter: a number, flag or string that can be set from outside; with parameters, a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyper {
    /// The name, by which `--set` and `set` refer to it.
    pub name: Ident,
    /// Parameters of an indexed hyper, `l` of `keep(l)`.
    pub params: Vec<Ident>,
    /// The default value.
    pub value: Expr,
    /// `in [..]` or `in a..b`: the allowed values.
    pub domain: Option<Expr>,
    /// `where ..`: a condition on the value and on other hypers.
    pub constraint: Option<Expr>,
}

/// `input` and `label` items.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The name in the model, and the default key in the data file.
    pub name: Ident,
    /// The declared type, such as `Seq<audio>[Ta, fa]`.
    pub ty: TypeExpr,
    /// `from "key"`: the key in the data file.
    pub from: Option<Spanned<String>>,
}

/// A reusable part of a model, as an `nn.Module` in PyTorch.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The name, by which it is called and imported.
    pub name: Ident,
    /// Names in `<..>`: dims and modalities, distinguished by how the parameters use them.
    pub generics: Vec<Ident>,
    /// Parameters; the first tensor is positional in calls.
    pub params: Vec<Param>,
    /// Whether some could not be read, which was reported: what calls pass is not known to be wrong.
    pub params_unread: bool,
    /// The declared result type; inferred if absent.
    pub result: Option<TypeExpr>,
    /// `where n % 2 == 0`.
    pub constraint: Option<Expr>,
    /// The statements, and the result of a call.
    pub body: Body,
}

/// A parameter of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The name, by which calls pass the argument.
    pub name: Ident,
    /// The declared type; it may bind generics.
    pub ty: TypeExpr,
    /// The default; without one, the argument is required.
    pub default: Option<Expr>,
}

/// `model NAME { .. }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The name shown in reports; it does not affect the graph.
    pub name: Ident,
    /// The statements; a model has no value.
    pub body: Body,
}

/// `variant NAME = BASE { .. }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The name after `--variant`.
    pub name: Ident,
    /// The variant whose changes are applied first.
    pub base: Option<Ident>,
    /// The changes, in source order.
    pub changes: Vec<Change>,
}

/// One change of a variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// `set depth = 0`.
    Set {
        /// Name of the hyper.
        name: Ident,
        /// The new value; compile-time only.
        value: Expr,
        /// From `set`, `let`, `drop` or `loss` to the end of the value.
        span: Span,
    },
    /// `let others = []`: replaces the `let` or `var` of the model with this name.
    Let {
        /// Name of the replaced `let`.
        name: Ident,
        /// The value that replaces the model's.
        value: Expr,
        /// From `set`, `let`, `drop` or `loss` to the end of the value.
        span: Span,
    },
    /// Replaces the block of the same name.
    Block(Box<Block>, Span),
    /// Replaces the input of the same name.
    Input(Input, Span),
    /// `drop contrast`: removes the loss.
    Drop {
        /// Name of the loss.
        name: Ident,
        /// From `set`, `let`, `drop` or `loss` to the end of the value.
        span: Span,
    },
    /// `loss contrast = ..`: replaces the loss.
    Loss {
        /// Name of the loss.
        name: Ident,
        /// The value that replaces the model's.
        value: Expr,
        /// From `set`, `let`, `drop` or `loss` to the end of the value.
        span: Span,
    },
    /// `loss contrast *= 0.5`: multiplies the weight of the loss.
    Reweight {
        /// Name of the loss.
        name: Ident,
        /// The factor, a compile-time number.
        factor: Expr,
        /// From `set`, `let`, `drop` or `loss` to the end of the value.
        span: Span,
    },
    /// Unparsable text.
    Error(Span),
}

impl Change {
    /// The span of the whole change.
    pub fn span(&self) -> Span {
        match self {
            Change::Set { span, .. } | Change::Let { span, .. } | Change::Drop { span, .. } => *span,
            Change::Loss { span, .. } | Change::Reweight { span, .. } => *span,
            Change::Block(_, span) | Change::Input(_, span) | Change::Error(span) => *span,
        }
    }

    /// The name of the changed item or `let`; none for unparsable text.
    pub fn name(&self) -> Option<&Ident> {
        match self {
            Change::Set { name, .. } | Change::Let { name, .. } | Change::Drop { name, .. } => Some(name),
            Change::Loss { name, .. } | Change::Reweight { name, .. } => Some(name),
            Change::Block(block, _) => Some(&block.name),
            Change::Input(input, _) => Some(&input.name),
            Change::Error(_) => None,
        }
    }
}

/// `recipe NAME = BASE { .. }`: training settings, outside the graph hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The name after `--recipe`; by default the recipe with the name of the data set is used.
    pub name: Ident,
    /// The recipe it inherits from.
    pub base: Option<Ident>,
    /// The entries, in source order.
    pub entries: Vec<RecipeEntry>,
}

/// One entry of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub enum RecipeEntry {
    /// `epochs = 100`, `optimizer.lr = 2e-5`.
    Key {
        /// The key, split at its dots: `optimizer.lr` has two parts.
        path: Vec<Ident>,
        /// The value that is assigned.
        value: SettingValue,
        /// From the key or `set` to the end of the value.
        span: Span,
    },
    /// `set depth = 3`: sets a hyper under this recipe.
    Set {
        /// Name of the hyper.
        name: Ident,
        /// The value that is assigned.
        value: Expr,
        /// From the key or `set` to the end of the value.
        span: Span,
    },
    /// Unparsable text.
    Error(Span),
}

/// The value of a recipe key.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingValue {
    /// A number, name, string, call such as `adam(lr: 5e-5)`, or list.
    Expr(Expr),
    /// `min mae`, `max acc2`.
    Select {
        /// `min` (true) or `max`.
        minimize: bool,
        /// Name of the metric, such as `mae`.
        metric: Ident,
    },
    /// `10 epochs`, `500 steps`, `0.1 fraction`.
    Quantity {
        /// The number before the unit.
        value: Expr,
        /// `epochs`, `steps` or `fraction`.
        unit: Ident,
    },
}

/// `expect A, B for NAME`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// The comparisons; all of them must be true.
    pub claims: Vec<Expr>,
    /// The recipe (whose data set gives the dims) or variant that is checked.
    pub recipe: Option<Ident>,
}

/// Statements between braces and the value at the end, if any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// The statements, in source order.
    pub stmts: Vec<Stmt>,
    /// The last expression, the value of the body.
    pub value: Option<Box<Expr>>,
    /// From the opening to the closing brace.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// `///` lines before it.
    pub docs: Vec<String>,
    /// The statement itself.
    pub kind: StmtKind,
    /// From its first to its last token, without docs.
    pub span: Span,
}

/// The kinds of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `let a, b = ..`, `let t : Seq<text>[T, d] = ..`; `mutable` for `var`.
    Let {
        /// The defined names; several names unpack a tuple.
        names: Vec<Ident>,
        /// The declared type, checked against the value.
        ty: Option<TypeExpr>,
        /// The right-hand side.
        value: Expr,
        /// Whether it is a `var`, which can be assigned to.
        mutable: bool,
    },
    /// `h, xs = ..`.
    Assign {
        /// The assigned `var`s; several names unpack a tuple.
        names: Vec<Ident>,
        /// The right-hand side.
        value: Expr,
    },
    /// `for l in 0..depth { .. }`.
    For {
        /// The loop variable, a compile-time value or list element.
        var: Ident,
        /// The range or list to iterate over.
        over: Expr,
        /// The repeated statements.
        body: Body,
    },
    /// `output score for y`.
    Output {
        /// The prediction, a Real per sample.
        value: Expr,
        /// The label it predicts.
        label: Ident,
    },
    /// `companions c { by = [..]  class = class(y)  pos = 2 .. }`.
    Companions {
        /// The handle, `c` of `c.pos`.
        name: Ident,
        /// The entries (name, value), in source order.
        entries: Vec<(Ident, Expr)>,
    },
    /// `loss contrast = ..`.
    Loss {
        /// The name it is logged under.
        name: Ident,
        /// The loss of one sample, a Real.
        value: Expr,
    },
    /// `reveal x`: the checker reports the type as a warning.
    Reveal(Expr),
    /// An expression that is not the value of the body; the checker reports it as unused.
    Expr(Expr),
    /// Unparsable text.
    Error,
}

/// An expression with its span.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// The expression itself.
    pub kind: ExprKind,
    /// Its source text.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `8`, `120M`, `16_326`.
    Int(i64),
    /// `5e-5`.
    Float(f64),
    /// `true`, `false`.
    Bool(bool),
    /// `"bert-base-chinese"`.
    Str(String),
    /// A name: a value, hyper, dim or block.
    Name(String),
    /// `-x`, `not x`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`; the span is that of the operator.
    Binary(BinaryOp, Spanned<()>, Box<Expr>, Box<Expr>),
    /// `F(x, k: e)`; `x |> F(k: e)` becomes `F(x, k: e)` with `piped`.
    Call {
        /// The called block, primitive or instance.
        callee: Box<Expr>,
        /// The arguments, in source order; a piped one comes first.
        args: Vec<Arg>,
        /// Whether the first argument was piped: written left of `|>`.
        piped: bool,
    },
    /// `FrameEncoder{width: d}`: an instance whose weights are shared by all its calls.
    Instance {
        /// The instantiated block.
        callee: Box<Expr>,
        /// The settings; all are named.
        args: Vec<Arg>,
    },
    /// `x[0]`, `x[1..3]`, `x["audio"]`.
    Index(Box<Expr>, Box<Expr>),
    /// `c.pos`, `streams.audio`.
    Field(Box<Expr>, Ident),
    /// `x at c.pos`.
    At(Box<Expr>, Box<Expr>),
    /// `[audio: a, vision: v, ..rest]`.
    List(Vec<Element>),
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `a..b`, `a..=b`.
    Range {
        /// The first value.
        start: Box<Expr>,
        /// The end, excluded unless `inclusive`.
        end: Box<Expr>,
        /// Whether `..=`.
        inclusive: bool,
    },
    /// `each x in streams { .. }`: a list of values, with the labels of `over`.
    Each {
        /// Name of the current element.
        var: Ident,
        /// The list or range to iterate over.
        over: Box<Expr>,
        /// The value for one element.
        body: Box<Body>,
    },
    /// `sum o in others { .. }`: the sum of the values.
    Sum {
        /// Name of the current element.
        var: Ident,
        /// The list or range to iterate over.
        over: Box<Expr>,
        /// The value for one element.
        body: Box<Body>,
    },
    /// `when refined { a } else { b }`, decided at compile time.
    When {
        /// The condition, known at compile time.
        cond: Box<Expr>,
        /// The value if the condition is true.
        then: Box<Body>,
        /// The value otherwise; `else when ..` is a body whose value is another `when`.
        otherwise: Option<Box<Body>>,
    },
    /// A form of another language, `a @ b`, with the expressions in it. It has been reported and has no value; the names in
    /// it are used.
    Faulty(Vec<Expr>),
    /// Unparsable text; it has been reported and is not checked further.
    Error,
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `heads` in `heads: 8`; none for the positional argument.
    pub name: Option<Ident>,
    /// Whether `..value`: the elements of a list become arguments, `concat(h[0], ..each x in xs { x[0] })`.
    pub spread: bool,
    /// The argument's value.
    pub value: Expr,
}

/// One element of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// `audio` in `audio: a`.
    pub label: Option<Ident>,
    /// Whether `..value`: inserts the elements of a list.
    pub spread: bool,
    /// The element, or the list to insert.
    pub value: Expr,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`, numeric negation
    Neg,
    /// `not`, logical negation
    Not,
}

/// Binary operators. Precedence from lowest to highest: `|>`, `or`, `and`, `not`, comparisons, `..`, `+ -`, `* / // %`,
/// unary `-`, `**`, `at`, and then calls, indices and fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
}

impl BinaryOp {
    /// The spelling in source text.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Rem => "%",
            BinaryOp::Pow => "**",
        }
    }
}

/// A type annotation with its span.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// The type itself.
    pub kind: TypeExprKind,
    /// Its source text.
    pub span: Span,
}

/// The kinds of type annotations.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExprKind {
    /// `Real`, `int`, `real`, `bool`, `str`, `Vec[d]`, `Seq<audio>[Ta, fa]`, `Tokens[T]`, `Tensor[a, b]`.
    Named {
        /// Name of the type constructor, `Seq` in `Seq<audio>[Ta, fa]`.
        name: Ident,
        /// Between `<` and `>`: a modality, a generic or `_`.
        params: Vec<Ident>,
        /// Between `[` and `]`; `_` is [`ExprKind::Name`] `"_"`.
        dims: Option<Vec<Expr>>,
    },
    /// `[Seq<_>[_, d]]`: a list of that type.
    List(Box<TypeExpr>),
    /// `(A, B)`.
    Tuple(Vec<TypeExpr>),
    /// `like streams`: the type of that parameter.
    Like(Ident),
    /// Unreadable text.
    Error,
}
