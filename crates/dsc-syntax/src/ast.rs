//! The tree of a `.dsl` file. Parsing never fails: what could not be read is an `Error` node, with its diagnostic
//! reported beside the tree. Every node carries its [`Span`] in the global offset space.

use std::collections::BTreeSet;

use crate::source::{Span, Spanned};

/// A name as written, with its place.
pub type Ident = Spanned<String>;

/// One file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// `//!` lines, without the marks.
    pub docs: Vec<String>,
    /// Items in source order.
    pub items: Vec<Item>,
    /// Words of the text that could not be read: a name among them may have been bound or imported there.
    pub lost: BTreeSet<String>,
}

/// A top-level item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// `///` lines before it, without the marks.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: ItemKind,
    /// From its keyword to its end.
    pub span: Span,
}

/// What an item is.
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

/// A number, flag or string of the model that the command line and variants may set; with parameters, a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyper {
    /// Its name.
    pub name: Ident,
    /// Parameters of an indexed hyper, `l` of `keep(l)`.
    pub params: Vec<Ident>,
    /// Its default.
    pub value: Expr,
    /// `in [..]` or `in a..b`.
    pub domain: Option<Expr>,
    /// `where ..`.
    pub constraint: Option<Expr>,
}

/// `input` and `label` items.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name, which is also its key in the data file unless `from` says otherwise.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// `from "key"`.
    pub from: Option<Spanned<String>>,
}

/// A reusable piece of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Its name.
    pub name: Ident,
    /// Declared generics: dims and modalities, told apart by their use.
    pub generics: Vec<Ident>,
    /// Parameters; the first tensor is positional in calls.
    pub params: Vec<Param>,
    /// Result.
    pub result: Option<TypeExpr>,
    /// `where n % 2 == 0`.
    pub constraint: Option<Expr>,
    /// Statements and value.
    pub body: Body,
}

/// A parameter of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// Its default.
    pub default: Option<Expr>,
}

/// `model NAME { .. }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its name.
    pub name: Ident,
    /// Statements.
    pub body: Body,
}

/// `variant NAME = BASE { .. }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// Its name.
    pub name: Ident,
    /// The variant it starts from.
    pub base: Option<Ident>,
    /// Its changes in order.
    pub changes: Vec<Change>,
}

/// One change of a variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// `set depth = 0`.
    Set {
        /// The hyper.
        name: Ident,
        /// Its value.
        value: Expr,
        /// The whole change.
        span: Span,
    },
    /// `let others = []`: takes the place of the model's binding of that name.
    Let {
        /// The binding.
        name: Ident,
        /// Its new value.
        value: Expr,
        /// The whole change.
        span: Span,
    },
    /// A block that takes the place of the one with its name.
    Block(Box<Block>, Span),
    /// An input that takes the place of the one with its name.
    Input(Input, Span),
    /// `drop contrast`: the loss of that name goes.
    Drop {
        /// The loss.
        name: Ident,
        /// The whole change.
        span: Span,
    },
    /// `loss contrast = ..`: takes the place of the loss of that name.
    Loss {
        /// The loss.
        name: Ident,
        /// Its new value.
        value: Expr,
        /// The whole change.
        span: Span,
    },
    /// `loss contrast *= 0.5`: the loss of that name counts so many times as much.
    Reweight {
        /// The loss.
        name: Ident,
        /// The factor.
        factor: Expr,
        /// The whole change.
        span: Span,
    },
    /// Unreadable text.
    Error(Span),
}

impl Change {
    /// The whole change.
    pub fn span(&self) -> Span {
        match self {
            Change::Set { span, .. } | Change::Let { span, .. } | Change::Drop { span, .. } => *span,
            Change::Loss { span, .. } | Change::Reweight { span, .. } => *span,
            Change::Block(_, span) | Change::Input(_, span) | Change::Error(span) => *span,
        }
    }

    /// The name of what it changes.
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
    /// Its name; the recipe named like the data set is the default.
    pub name: Ident,
    /// The recipe it inherits from.
    pub base: Option<Ident>,
    /// Its entries in order.
    pub entries: Vec<RecipeEntry>,
}

/// One entry of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub enum RecipeEntry {
    /// `epochs = 100`, `optimizer.lr = 2e-5`.
    Key {
        /// Dotted key.
        path: Vec<Ident>,
        /// Its value.
        value: SettingValue,
        /// The whole entry.
        span: Span,
    },
    /// `set depth = 3`: a hyper for this recipe.
    Set {
        /// The hyper.
        name: Ident,
        /// Its value.
        value: Expr,
        /// The whole entry.
        span: Span,
    },
    /// Unreadable text.
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
        /// The metric.
        metric: Ident,
    },
    /// `10 epochs`, `500 steps`, `0.1 fraction`.
    Quantity {
        /// The number.
        value: Expr,
        /// `epochs`, `steps` or `fraction`.
        unit: Ident,
    },
}

/// `expect A, B for NAME`.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// Comparisons, all of which must hold.
    pub claims: Vec<Expr>,
    /// The recipe (with its data set) or the variant it is about.
    pub recipe: Option<Ident>,
}

/// Statements between braces and the value at the end, if any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// Statements in order.
    pub stmts: Vec<Stmt>,
    /// The last expression.
    pub value: Option<Box<Expr>>,
    /// From brace to brace.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// `///` lines before it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: StmtKind,
    /// The whole statement.
    pub span: Span,
}

/// What a statement is.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `let a, b = ..`, `let t : Seq<text>[T, d] = ..`; `mutable` for `var`.
    Let {
        /// Bound names; several take a tuple apart.
        names: Vec<Ident>,
        /// Stated type.
        ty: Option<TypeExpr>,
        /// The value.
        value: Expr,
        /// Whether `var`.
        mutable: bool,
    },
    /// `h, xs = ..`.
    Assign {
        /// Targets, `var` names.
        names: Vec<Ident>,
        /// The value.
        value: Expr,
    },
    /// `for l in 0..depth { .. }`.
    For {
        /// Loop variable.
        var: Ident,
        /// A range or a list.
        over: Expr,
        /// What is repeated.
        body: Body,
    },
    /// `output score for y`.
    Output {
        /// The prediction.
        value: Expr,
        /// The label it predicts.
        label: Ident,
    },
    /// `companions c { by = [..]  class = class(y)  pos = 2 .. }`.
    Companions {
        /// The handle, `c` of `c.pos`.
        name: Ident,
        /// Settings.
        entries: Vec<(Ident, Expr)>,
    },
    /// `loss contrast = ..`.
    Loss {
        /// The name it is logged under.
        name: Ident,
        /// A Real.
        value: Expr,
    },
    /// `reveal x`: the checker tells the type.
    Reveal(Expr),
    /// An expression before the last one: its value is lost, which is an error told by the checker.
    Expr(Expr),
    /// Unreadable text.
    Error,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `8`, `120M`, `16_326`.
    Int(i64),
    /// `5e-5`.
    Float(f64),
    /// `true`.
    Bool(bool),
    /// `"bert-base-chinese"`.
    Str(String),
    /// A name.
    Name(String),
    /// `-x`, `not x`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`.
    Binary(BinaryOp, Spanned<()>, Box<Expr>, Box<Expr>),
    /// `F(x, k: e)`; `x |> F(k: e)` becomes `F(x, k: e)` with `piped`.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// Arguments in order.
        args: Vec<Arg>,
        /// Whether the first argument stood left of `|>`.
        piped: bool,
    },
    /// `FrameEncoder{width: d}`: an instance whose weights are shared by all its calls.
    Instance {
        /// The block.
        callee: Box<Expr>,
        /// Its settings, all named.
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
        /// First.
        start: Box<Expr>,
        /// Last or one past it.
        end: Box<Expr>,
        /// Whether `..=`.
        inclusive: bool,
    },
    /// `each x in streams { .. }`: a list with the labels of `over`.
    Each {
        /// Element variable.
        var: Ident,
        /// A list or range.
        over: Box<Expr>,
        /// Value per element.
        body: Box<Body>,
    },
    /// `sum o in others { .. }`.
    Sum {
        /// Element variable.
        var: Ident,
        /// A list or range.
        over: Box<Expr>,
        /// Value per element.
        body: Box<Body>,
    },
    /// `when refined { a } else { b }`, decided at compile time.
    When {
        /// Static condition.
        cond: Box<Expr>,
        /// If it holds.
        then: Box<Body>,
        /// If not; `else when ..` is a body whose value is another `when`.
        otherwise: Option<Box<Body>>,
    },
    /// Unreadable text; quiet from here on.
    Error,
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// `heads` of `heads: 8`; none for the positional tensor.
    pub name: Option<Ident>,
    /// Whether `..value`: the elements of a list become arguments, `concat(h[0], ..each x in xs { x[0] })`.
    pub spread: bool,
    /// The value.
    pub value: Expr,
}

/// One element of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// `audio` of `audio: a`.
    pub label: Option<Ident>,
    /// Whether `..value`: the elements of a list are put here.
    pub spread: bool,
    /// The value.
    pub value: Expr,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `not`
    Not,
}

/// Operators with two operands, binding from weak to strong: `or`, `and`, comparisons, `+ -`, `* / // %`, `**`. Around
/// them: `|>` is weaker than all; `not` stands between `and` and the comparisons, `..` between these and `+`, unary `-`
/// between `*` and `**`; `at`, calls, indices and fields are stronger than all.
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
    /// As written.
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

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What a written type is.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExprKind {
    /// `Real`, `int`, `real`, `bool`, `str`, `Vec[d]`, `Seq<audio>[Ta, fa]`, `Tokens[T]`, `Tensor[a, b]`.
    Named {
        /// The constructor.
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
