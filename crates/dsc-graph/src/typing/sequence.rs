//! Rules of operations along time.

use super::{Outcome, Rule, TypeFault};
use crate::dims::{Atom, Dim};
use crate::types::{TensorType, Time};
use crate::{Band, Cell};
use dsc_syntax::diag::codes::types as code;

/// Number of windows of `by` rows that `len` rows make, the last one perhaps shorter.
pub(super) fn windows(len: &Dim, by: i64) -> Dim {
    let by = by.max(1);
    len.plus(&Dim::from(by - 1)).floor_div(&Dim::from(by)).unwrap_or_else(|| len.clone())
}

impl Rule<'_> {
    /// The only operand, a sequence, with another length.
    pub(super) fn of_length(&self, length: impl Fn(&Dim) -> Result<Dim, TypeFault>) -> Outcome {
        self.arity(1)?;
        let Time { modality, len } = self.time(0)?;
        let mut x = self.tensor(0)?.clone();
        x.time = Some(Time { modality, len: length(&len)? });
        Ok(x.into())
    }

    /// The rows that a `take` keeps, if every sample keeps at least one: as far as the form shows, or by the numbers of the
    /// data once they are known.
    pub(super) fn kept<'d>(&self, rows: &'d Dim) -> Result<&'d Dim, TypeFault> {
        let known = self.eq.known(rows);
        let of_data = |a: &Atom| matches!(a, Atom::Width(_) | Atom::Most(_) | Atom::Generic(_));
        let undecided = known.any_atom(&mut |a| of_data(a)) && !rows.speaks_of_batch();
        if known.surely_at_least(1) || undecided {
            return Ok(rows);
        }
        let found = match (rows.as_const(), known.as_const()) {
            (None, Some(n)) => format!("{rows} = {n}"),
            _ => rows.to_string(),
        };
        Err(match (known.as_const(), rows.as_const()) {
            (Some(_), Some(_)) => TypeFault::new(code::E0306, format!("`take` of {found} rows leaves nothing"))
                .help("a sequence has at least one row; take at least 1"),
            (Some(_), None) => TypeFault::new(code::E0306, format!("`take` of {found} rows leaves nothing"))
                .help(format!("a sequence has at least one row: `rows: max(1, {rows})`")),
            (None, _) => TypeFault::new(code::E0306, format!("`take` of {found} rows, which may be less than 1"))
                .help(format!("a sequence has at least one row, whatever its length: `rows: max(1, {rows})`")),
        })
    }

    pub(super) fn skip(&self, len: &Dim, rows: &Dim) -> Result<Dim, TypeFault> {
        if !rows.surely_at_least(0) && !rows.is_open() {
            return Err(TypeFault::new(code::E0306, format!("`skip` of {rows} rows, which may be less than none"))
                .help("skip a number of rows, or the length of something"));
        }
        let left = len.minus(rows);
        if left.surely_at_least(1) || left.is_open() {
            return Ok(left);
        }
        let what = match left.as_const() {
            Some(_) => "leaves nothing",
            None => "may leave nothing",
        };
        Err(TypeFault::new(code::E0306, format!("`skip` of {rows} of {len} rows {what}")).operand(0).help(
            "the type has to show that every sample keeps a row, as `Ta + 1` does for 1: put a learned row in front, or \
             use `shift(x, by: -1)`, which keeps the length",
        ))
    }

    pub(super) fn sinusoid(&self, width: &Dim) -> Outcome {
        self.arity(1)?;
        let Time { modality, len } = self.time(0)?;
        Ok(TensorType::seq(modality, len, width.clone()).into())
    }

    pub(super) fn last_state(&self) -> Outcome {
        self.arity(1)?;
        self.time(0)?;
        let width = self.features(0)?;
        let halves = width.floor_div(&Dim::from(2)).map(|half| half.plus(&half)).unwrap_or_default();
        if !self.eq.same(&halves, &width) {
            let fault = TypeFault::new(
                code::E0301,
                format!("`last_state` of two directions halves the width, which is {width}"),
            );
            return Err(fault
                .operand(0)
                .help("give it what a bidirectional layer made, or say `bidirectional: false`"));
        }
        Ok(TensorType::vec(width).into())
    }

    pub(super) fn conv1d(&self, stride: i64, groups: i64) -> Outcome {
        if self.args.len() != 3 {
            self.arity(2)?;
        }
        let Time { modality, len } = self.time(0)?;
        let i = self.features(0)?;
        let (out, part) = match self.tensor(1)?.dims.as_slice() {
            [out, part, kernel] if kernel.as_const().is_some_and(|k| k >= 1) => (out.clone(), part.clone()),
            _ => return Err(self.expects(1, "a weight [out, in / groups, kernel]")),
        };
        for (operand, what, width) in [(0, "a width", &i), (1, "`out`,", &out)] {
            let each = width.floor_div(&Dim::from(groups)).unwrap_or_default();
            if groups < 1 || !self.eq.same(&each.times(&Dim::from(groups)), width) {
                let fault = TypeFault::new(code::E0305, format!("{groups} groups do not divide {what} {width}"));
                let fault = if operand == 0 { fault.operand(0) } else { fault };
                let fault = fault.result(TensorType::seq(modality, windows(&len, stride), out.clone()));
                return Err(match width.as_const() {
                    Some(_) => fault.help(format!("choose a width that is a multiple of {groups}, or other groups")),
                    None => fault.help("bring it to a width that is a number with `|> Linear(out: ..)`"),
                });
            }
            if operand == 0 {
                self.dims_agree("a group's width", &each, "the weight", &part, 0)?;
            }
        }
        if self.args.len() == 3 {
            self.dims_agree("the rows of the weight", &out, "the bias", &self.vector(2)?, 2)?;
        }
        Ok(TensorType::seq(modality, windows(&len, stride), out).into())
    }

    pub(super) fn recurrent(&self, cell: Cell, bidirectional: bool) -> Outcome {
        let directions = if bidirectional { 2 } else { 1 };
        self.arity(1 + 4 * directions)?;
        let Time { modality, len } = self.time(0)?;
        let i = self.features(0)?;
        let (_, hidden) = self.table(2)?;
        let rows = hidden.times(&Dim::from(cell.gates()));
        for first in (0..directions).map(|d| 1 + 4 * d) {
            for (operand, width) in [(first, &i), (first + 1, &hidden)] {
                let (gates, found) = self.table(operand)?;
                self.dims_agree("the rows of the gates", &rows, "the weight", &gates, operand)?;
                self.dims_agree("the last axis", width, "the weight", &found, operand)?;
            }
            for operand in [first + 2, first + 3] {
                self.dims_agree("the rows of the gates", &rows, "the bias", &self.vector(operand)?, operand)?;
            }
        }
        Ok(TensorType::seq(modality, len, hidden.times(&Dim::from(directions as i64))).into())
    }

    /// Whether every row sees a key.
    pub(super) fn band(&self, band: Band, query: &Time, key: &Time) -> Result<(), TypeFault> {
        if let Some(offset) = band.offset.filter(|o| *o < 0) {
            return Err(TypeFault::new(
                code::E0306,
                format!("an offset of {offset} leaves the first row without a key"),
            )
            .help("an offset is at least 0: row i sees the keys up to i + offset"));
        }
        let Some(window) = band.window else { return Ok(()) };
        if window < 0 {
            return Err(TypeFault::new(code::E0306, format!("a window of {window} holds no key"))
                .help("a window is at least 0: row i sees the keys i - window to i + window"));
        }
        if self.eq.same(&query.len, &key.len) {
            return Ok(());
        }
        let what = format!("a window between {} rows and {} keys, where a row may see none", query.len, key.len);
        Err(TypeFault::new(code::E0302, what)
            .operand(1)
            .help("a window is within one sequence, or between two of one length"))
    }
}
