//! What the rules ask of operands, and how they say that one does not fit.

use super::{Rule, TypeFault};
use crate::Op;
use crate::dims::Dim;
use crate::types::{TensorType, Time, Type};
use dsc_syntax::diag::codes::types as code;

impl Rule<'_> {
    pub(super) fn arity(&self, n: usize) -> Result<(), TypeFault> {
        if self.args.len() == n {
            return Ok(());
        }
        Err(self.wrong_count(&format!("{n} operand{}", if n == 1 { "" } else { "s" })))
    }

    pub(super) fn wrong_count(&self, wanted: &str) -> TypeFault {
        TypeFault::new(code::E0307, format!("`{}` takes {wanted}, not {}", self.op.name(), self.args.len()))
    }

    pub(super) fn tensor(&self, i: usize) -> Result<&TensorType, TypeFault> {
        match self.args.get(i) {
            Some(Type::Tensor(t)) => Ok(t),
            Some(Type::Tokens { .. }) => {
                Err(self.expects(i, "a tensor").help("turn tokens into a sequence first: `text |> Bert()`"))
            }
            None => Err(self.wrong_count(&format!("at least {} operands", i + 1))),
        }
    }

    pub(super) fn time(&self, i: usize) -> Result<Time, TypeFault> {
        match (&self.tensor(i)?.time, self.tensor(i)?.dims.len()) {
            (Some(time), 1) => Ok(time.clone()),
            (Some(_), _) => Err(self
                .expects(i, "a Seq with one axis beside time")
                .help("`flatten(x)` makes one axis of several, `reshape(x, shape: [1])` one of none")),
            _ => Err(self.expects(i, "a Seq")),
        }
    }

    pub(super) fn features(&self, i: usize) -> Result<Dim, TypeFault> {
        self.tensor(i)?.features().cloned().ok_or_else(|| self.expects(i, "a tensor with at least one axis"))
    }

    pub(super) fn vector(&self, i: usize) -> Result<Dim, TypeFault> {
        let x = self.tensor(i)?;
        match (x.dims.as_slice(), &x.time) {
            ([d], None) => Ok(d.clone()),
            _ => Err(self.expects(i, "a Vec")),
        }
    }

    pub(super) fn table(&self, i: usize) -> Result<(Dim, Dim), TypeFault> {
        let x = self.tensor(i)?;
        match (x.dims.as_slice(), &x.time) {
            ([rows, width], None) => Ok((rows.clone(), width.clone())),
            _ => Err(self.expects(i, "a table of rows and columns")),
        }
    }

    pub(super) fn expects(&self, i: usize, wanted: &str) -> TypeFault {
        let found = self.args.get(i).map_or_else(|| "nothing".to_owned(), ToString::to_string);
        // As the language writes it.
        let name = match self.op {
            Op::Row(_) => "x[i]",
            op => op.name(),
        };
        let fault = TypeFault::new(code::E0301, format!("`{name}` expects {wanted}, found {found}")).operand(i);
        match (wanted, self.args.get(i)) {
            ("a Seq", Some(Type::Tensor(t))) if t.time.is_none() && t.dims.len() == 1 => fault.help(match name {
                "x[i]" => "entries of a vector are `slice(x, from: i, to: i + 1)`",
                "concat" => "the first one has rows, so rows are joined: a vector is a row as `stack([x])`",
                _ => "this is a vector, without time: take what it was pooled from, or make it a row, `stack([x])`",
            }),
            ("a Vec" | "a Real", Some(Type::Tensor(t))) if t.time.is_some() => {
                fault.help("pool the sequence first: `mean(x)`, or take a row: `x[0]`")
            }
            _ => fault,
        }
    }

    pub(super) fn dims_agree(
        &self,
        what: &str,
        a: &Dim,
        other: &str,
        b: &Dim,
        operand: usize,
    ) -> Result<(), TypeFault> {
        if self.eq.same(a, b) {
            return Ok(());
        }
        let fault = TypeFault::new(code::E0301, format!("`{}`: {what} is {a}, {other} is {b}", self.op.name()))
            .operand(operand);
        Err(match (a.as_const(), b.as_const()) {
            (Some(_), _) | (_, Some(_)) => fault.help("bring one to the other with `|> Linear(out: ..)`"),
            _ => fault.help(format!("`{a}` and `{b}` cannot be shown to be equal; project with `|> Linear(out: ..)`, or say that they are: one name in both inputs, or `where {a} == {b}` on a block")),
        })
    }

    pub(super) fn lengths_differ(&self, a: &Time, b: &Time, operand: usize) -> TypeFault {
        let fault = TypeFault::new(
            code::E0302,
            format!("`{}`: one sequence has length {}, the other {}", self.op.name(), a.len, b.len),
        )
        .operand(operand);
        let (longer, shorter) = match a.len.minus(&b.len).as_const() {
            Some(n) if n < 0 => (&b.len, &a.len),
            _ => (&a.len, &b.len),
        };
        // Strided rows: one of every `by`, the last window with what is left.
        let by = (2..=16).find(|by| {
            let windows = |len: &Dim| len.plus(&Dim::from(by - 1)).floor_div(&Dim::from(*by));
            windows(&a.len).as_ref() == Some(&b.len) || windows(&b.len).as_ref() == Some(&a.len)
        });
        fault.help(match (self.op, longer.minus(shorter).as_const(), by) {
            (Op::Concat { .. }, ..) => {
                "without `along` they are joined along time: `concat(a, b)`; features are joined of sequences of one length".to_owned()
            }
            (_, Some(rows), _) if rows > 0 => {
                format!("`skip(x, rows: {rows})` of the one with {longer} rows leaves {shorter}")
            }
            (_, _, Some(by)) => format!("`downsample(x, by: {by})` of the longer one gives as many rows as a stride of {by}"),
            _ => "lengths are equal only if they are the same variable; pool both with `mean(..)`, or let one attend to the other with `CrossAttention(x, from: y, ..)`".to_owned(),
        })
    }

    pub(super) fn same_type(&self, a: &TensorType, b: &TensorType) -> Result<(), TypeFault> {
        if let (Some(ta), Some(tb)) = (&a.time, &b.time)
            && a.dims.len() == b.dims.len()
            && !self.eq.same(&ta.len, &tb.len)
        {
            return Err(self.lengths_differ(ta, tb, 1));
        }
        let same = a.time.is_some() == b.time.is_some()
            && a.dims.len() == b.dims.len()
            && a.dims.iter().zip(&b.dims).all(|(x, y)| self.eq.same(x, y));
        if same {
            return Ok(());
        }
        let fault = TypeFault::new(code::E0301, format!("`{}` of {a} and {b}", self.op.name())).operand(1);
        let single = |t: &TensorType| t.dims.last().and_then(Dim::as_const) == Some(1);
        let product = matches!(self.op, Op::Binary(crate::Binary::Mul));
        Err(if product && a.time.is_some() == b.time.is_some() && single(a) != single(b) {
            fault.help("nothing is broadcast; `scale(x, by: w)` multiplies every row by a number of its own")
        } else if a.is_real() || b.is_real() {
            fault.help("nothing is broadcast; use `scale(x, by: r)` to multiply every entry by one number per sample")
        } else if a.time.is_some() != b.time.is_some() {
            fault.help("nothing is broadcast; pool the sequence with `mean(x)`, or use `add_row(x, row: v)` or `mul_row(x, row: v)`")
        } else {
            fault.help("bring one to the other with `|> Linear(out: ..)`")
        })
    }
}
