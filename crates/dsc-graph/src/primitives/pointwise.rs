//! Functions of every entry. An entry here is all that the front end has to know of one: name, text, and what its gradient
//! needs. Signature, typing rule, cost rule and text form are those of its family; the kernel is in the runtime.

use serde::{Deserialize, Serialize};

use super::Operation;
use super::param::{DefaultValue, Kind, Param, param};
use super::table::Primitive;

/// Which tensor the gradient of a function is computed of; training keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Neither operand nor result.
    Nothing,
    /// The operands.
    Operands,
    /// The result.
    Result,
}

/// A function of numbers that are known at compile time.
#[derive(Clone, Copy, Debug)]
pub struct OfNumber {
    /// Of a number.
    pub real: fn(f64) -> f64,
    /// Of a whole number, where the result is one too.
    pub whole: Option<fn(i64) -> i64>,
}

macro_rules! family {
    (
        $(#[$about:meta])*
        $family:ident
        $($variant:ident = $name:ident $(written $written:literal)? keeps $keeps:ident $doc:literal
            $(number($number:path $(, $whole:path)?))?;)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $family {
            $(#[doc = $doc] $variant,)*
        }

        impl $family {
            /// All of them, in the order of their documentation.
            pub const ALL: &[$family] = &[$($family::$variant),*];

            /// The name in the language and in the text form of graphs.
            pub fn name(self) -> &'static str {
                match self {
                    $($family::$variant => stringify!($name),)*
                }
            }

            /// What training keeps for its gradient.
            pub fn keeps(self) -> Keeps {
                match self {
                    $($family::$variant => Keeps::$keeps,)*
                }
            }

            /// The same function of a number that is known at compile time, if the language has it.
            pub fn of_number(self) -> Option<OfNumber> {
                match self {
                    $($family::$variant => {
                        let real: Option<fn(f64) -> f64> = None$(.or(Some($number)))?;
                        let whole: Option<fn(i64) -> i64> = None$($(.or(Some($whole)))?)?;
                        real.map(|real| OfNumber { real, whole })
                    })*
                }
            }

            fn doc(self) -> &'static str {
                match self {
                    $($family::$variant => $doc,)*
                }
            }

            fn written(self) -> Option<&'static str> {
                match self {
                    $($family::$variant => None$(.or(Some($written)))?,)*
                }
            }
        }
    };
}

family! {
    /// Functions of every entry of one operand.
    Unary
    Relu = relu keeps Result "max(x, 0).";
    Gelu = gelu keeps Operands "x Φ(x), exact (erf), as in BERT.";
    Tanh = tanh keeps Result "Hyperbolic tangent.";
    Sigmoid = sigmoid keeps Result "1 / (1 + exp(-x)).";
    Exp = exp keeps Result "Exponential.";
    Log = log keeps Operands "Natural logarithm.";
    Abs = abs keeps Operands "Absolute value, of tensors and of numbers." number(f64::abs, i64::saturating_abs);
    Square = square keeps Operands "x².";
    Sqrt = sqrt keeps Result "√x, of tensors and of numbers." number(f64::sqrt);
    Silu = silu keeps Operands "x / (1 + exp(-x)).";
    Softplus = softplus keeps Operands "log(1 + exp(x)), without overflow; x itself above 20, as in torch.";
    Sin = sin keeps Operands "Sine.";
    Cos = cos keeps Operands "Cosine. The angle between two vectors has `cosine`.";
}

family! {
    /// Functions of the entries of two operands of one type.
    Binary
    Add = add written "a + b" keeps Nothing "The sum of two values of one type, entry by entry.";
    Sub = sub written "a - b" keeps Nothing "The difference of two values of one type, entry by entry.";
    Mul = mul written "a * b" keeps Operands "The product of two values of one type, entry by entry.";
    Div = div written "a / b" keeps Operands "The quotient of two values of one type, entry by entry.";
    Minimum = minimum keeps Operands "The smaller of two values, entry by entry. Equal ones share the gradient, as in torch.";
    Maximum = maximum keeps Operands "The larger of two values, entry by entry. Equal ones share the gradient, as in torch.";
}

/// The entries of both families.
pub(super) fn entries() -> impl Iterator<Item = Primitive> {
    let unary = Unary::ALL.iter().map(|f| Primitive {
        operation: Operation::Unary(*f),
        name: f.name(),
        params: vec![param!(x: Kind::Tensor("X"))],
        result: "X",
        written: f.written(),
        doc: f.doc(),
        example: format!("{}(audio)", f.name()),
    });
    let binary = Binary::ALL.iter().map(|f| Primitive {
        operation: Operation::Binary(*f),
        name: f.name(),
        params: vec![param!(a: Kind::Tensor("X")), param!(with: Kind::Tensor("X"))],
        result: "X",
        written: f.written(),
        doc: f.doc(),
        example: match f.written() {
            Some(form) => form.replace('a', "audio").replace('b', "tanh(audio)"),
            None => format!("{}(audio, with: tanh(audio))", f.name()),
        },
    });
    unary.chain(binary)
}
