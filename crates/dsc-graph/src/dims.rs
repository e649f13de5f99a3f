//! Dimensions are names first: polynomials with integer coefficients over atoms, in a normal form, so that two equal
//! forms compare equal. `//`, `min` and `max` are atoms of their own after the simplifications listed at
//! [`Dim::min`], [`Dim::max`] and [`Dim::floor_div`].
//!
//! Two kinds of names occur. A *length* (`T` of `Seq<audio>[T, f]`) is ragged: every sample has its own, at least 1 and
//! at most a static maximum. A *width* (`f`) is one number for the whole data set. Both are unknown until data are
//! bound; a width then becomes a number, a length keeps its name and gets its maximum. The longest length of a batch
//! ([`Dim::longest`]) is a third kind: one number for all samples of a batch, another one for the next. The static maximum
//! itself ([`Dim::most`]) has a name as well, so that types can mention it before it is known.

mod longest;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A factor that is not a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Atom {
    /// A ragged length of the sample itself, or of a companion (`view` = `c.pos.0`).
    Length {
        /// Its name in the file.
        name: String,
        /// The companion whose length it is.
        view: Option<String>,
    },
    /// A width of the data.
    Width(String),
    /// The number of samples of a step: one number for all of them, another one for the next step. It is equal to
    /// nothing but itself and no weight has a shape that mentions it.
    Batch,
    /// A declared generic of a block that is checked by itself: no call says what it is, so it may be any dim.
    Generic(String),
    /// The smallest of two or more dims.
    Min(Vec<Dim>),
    /// The largest of two or more dims.
    Max(Vec<Dim>),
    /// `a // b`, rounded down.
    FloorDiv(Box<Dim>, Box<Dim>),
    /// The largest value of a length over the batch, see [`Dim::longest`].
    Longest(Box<Dim>),
    /// The static maximum of the length of that name, see [`Dim::most`].
    Most(String),
}

/// A product of atoms, each with its power, sorted.
type Monomial = Vec<(Atom, u32)>;

/// A dimension: a polynomial in normal form. Zero has no terms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dim {
    /// Shared: types are handed round far more often than dims are made.
    terms: Arc<Terms>,
}

type Terms = BTreeMap<Monomial, i64>;

/// Atoms that a proof looks at, at most.
const MAX_PROOF: usize = 1024;
/// Operands of a minimum or maximum that are compared with one another, at most; more are left as they are.
const MAX_COMPARED: usize = 64;
/// Terms and factors of a product, at most. What a model needs stays far below.
const MAX_PRODUCT: usize = 1024;

/// Numbers for the names.
pub trait DimValues {
    /// The number of a name (never asked for `Min`, `Max`, `FloorDiv`). Where it has none for `Longest`, that of the
    /// form within stands for it: the static maximum of a length is the maximum of the longest too.
    fn value(&self, atom: &Atom) -> Option<i64>;
}

impl<F: Fn(&Atom) -> Option<i64>> DimValues for F {
    fn value(&self, atom: &Atom) -> Option<i64> {
        self(atom)
    }
}

/// Numbers of the names of one data set: widths, and the largest length of every ragged axis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DimTable {
    /// `fa = 33`.
    pub widths: BTreeMap<String, i64>,
    /// `T <= 39`: the maximum over all samples.
    pub max_lengths: BTreeMap<String, i64>,
}

impl DimTable {
    /// The same dim with numbers for what is one number for the data set: widths, and maxima of lengths.
    pub fn with_widths(&self, d: &Dim) -> Dim {
        d.substitute(&|atom| match atom {
            Atom::Width(name) => self.widths.get(name).map(|n| Dim::from(*n)),
            Atom::Most(name) => self.max_lengths.get(name).map(|n| Dim::from(*n)),
            _ => None,
        })
    }

    /// The number that a dim is for all samples, if it is one.
    pub fn number(&self, d: &Dim) -> Option<i64> {
        self.with_widths(d).as_const()
    }

    /// Whether two dims are one: by their forms, or by number where the widths decide it.
    pub fn same(&self, a: &Dim, b: &Dim) -> bool {
        a == b || self.with_widths(a) == self.with_widths(b)
    }
}

impl DimValues for DimTable {
    fn value(&self, atom: &Atom) -> Option<i64> {
        match atom {
            Atom::Length { name, .. } | Atom::Most(name) => self.max_lengths.get(name).copied(),
            Atom::Width(name) => self.widths.get(name).copied(),
            _ => None,
        }
    }
}

impl From<i64> for Dim {
    fn from(n: i64) -> Self {
        let mut terms = BTreeMap::new();
        if n != 0 {
            terms.insert(Vec::new(), n);
        }
        Dim::of(terms)
    }
}

impl Dim {
    fn of(terms: Terms) -> Dim {
        Dim { terms: Arc::new(terms) }
    }

    /// A single atom.
    pub fn atom(atom: Atom) -> Self {
        Dim::of(BTreeMap::from([(vec![(atom, 1)], 1)]))
    }

    /// An atom to a power.
    pub fn power(atom: Atom, power: u32) -> Self {
        match power {
            0 => Dim::from(1),
            _ => Dim::of(BTreeMap::from([(vec![(atom, power)], 1)])),
        }
    }

    /// The ragged length of that name.
    pub fn length(name: impl Into<String>) -> Self {
        Self::atom(Atom::Length { name: name.into(), view: None })
    }

    /// The width of that name.
    pub fn width(name: impl Into<String>) -> Self {
        Self::atom(Atom::Width(name.into()))
    }

    /// The number of samples of a step, `batch`.
    pub fn batch() -> Self {
        Self::atom(Atom::Batch)
    }

    /// Whether it mentions the number of samples of a step.
    pub fn speaks_of_batch(&self) -> bool {
        self.any_atom(&mut |a| matches!(a, Atom::Batch))
    }

    /// The number, if it is one.
    pub fn as_const(&self) -> Option<i64> {
        match self.terms.len() {
            0 => Some(0),
            1 => self.terms.get(&Vec::new()).copied(),
            _ => None,
        }
    }

    /// The name, if it is a single atom.
    pub fn as_atom(&self) -> Option<&Atom> {
        let (monomial, factor) = self.terms.iter().next()?;
        match (monomial.as_slice(), *factor, self.terms.len()) {
            ([(atom, 1)], 1, 1) => Some(atom),
            _ => None,
        }
    }

    /// Whether the number differs from sample to sample, or from step to step.
    pub fn is_ragged(&self) -> bool {
        self.any_atom(&mut |a| matches!(a, Atom::Length { .. } | Atom::Batch))
    }

    /// A dim that may be equal to any other, in the place of one that no call has settled or that has a fault.
    pub fn open(name: &str) -> Dim {
        Dim::atom(Atom::Generic(name.to_owned()))
    }

    /// Whether it mentions a generic that no call has settled, so that it may be equal to any other.
    pub fn is_open(&self) -> bool {
        self.any_atom(&mut |a| matches!(a, Atom::Generic(_)))
    }

    /// Whether some atom, at any depth, satisfies `test`.
    pub fn any_atom(&self, test: &mut dyn FnMut(&Atom) -> bool) -> bool {
        self.terms.keys().flatten().any(|(atom, _)| {
            test(atom)
                || match atom {
                    Atom::Min(list) | Atom::Max(list) => list.iter().any(|d| d.any_atom(test)),
                    Atom::FloorDiv(a, b) => a.any_atom(test) || b.any_atom(test),
                    Atom::Longest(d) => d.any_atom(test),
                    _ => false,
                }
        })
    }

    /// How much there is to write down: terms and factors at all depths.
    pub fn size(&self) -> usize {
        let atom = |a: &Atom| match a {
            Atom::Min(list) | Atom::Max(list) => list.iter().map(Dim::size).sum(),
            Atom::FloorDiv(a, b) => a.size() + b.size(),
            Atom::Longest(d) => d.size(),
            _ => 0,
        };
        self.terms.keys().map(|m| 1 + m.iter().map(|(a, power)| *power as usize + atom(a)).sum::<usize>()).sum()
    }

    /// Whether its form is too large to go on with. Loops can let a dim grow without end; what a model needs stays far below.
    pub fn is_long(&self) -> bool {
        self.size() > 128
    }

    /// Whether its form or a number in it is too large to go on with.
    pub fn is_unwieldy(&self) -> bool {
        self.is_long() || self.terms.values().any(|f| f.unsigned_abs() > 1 << 40)
    }

    /// The sum.
    pub fn plus(&self, other: &Dim) -> Dim {
        let mut sum = self.clone();
        sum.add(other);
        sum
    }

    /// Adds another one: in time in proportion to that one, however large the sum is by now.
    pub fn add(&mut self, other: &Dim) {
        let terms = Arc::make_mut(&mut self.terms);
        for (monomial, factor) in other.terms.iter() {
            let sum = terms.entry(monomial.clone()).or_insert(0);
            *sum = sum.saturating_add(*factor);
            if *sum == 0 {
                terms.remove(monomial);
            }
        }
    }

    /// The difference.
    pub fn minus(&self, other: &Dim) -> Dim {
        self.plus(&other.times(&Dim::from(-1)))
    }

    /// The product.
    pub fn times(&self, other: &Dim) -> Dim {
        let mut terms = Terms::new();
        for (ma, fa) in self.terms.iter() {
            for (mb, fb) in other.terms.iter() {
                let sum = terms.entry(joined(ma, mb)).or_insert(0);
                *sum = sum.saturating_add(fa.saturating_mul(*fb));
            }
        }
        terms.retain(|_, factor| *factor != 0);
        Dim::of(terms)
    }

    /// The product of several, unless it is too large to write down: it has as many terms as theirs multiplied.
    pub fn product<'a>(dims: impl IntoIterator<Item = &'a Dim>) -> Option<Dim> {
        let mut product = Dim::from(1);
        for dim in dims {
            if product.size().saturating_mul(dim.size()) > MAX_PRODUCT {
                return None;
            }
            product = product.times(dim);
        }
        Some(product)
    }

    /// The smallest of `dims`: nested minima are joined, equal ones and all but the least number fall away, `n` falls
    /// away against `n + k` for k > 0, and numbers of at most 1 win over a lone length (a length is at least 1).
    pub fn min(dims: impl IntoIterator<Item = Dim>) -> Dim {
        Self::extremum(dims, false)
    }

    /// The largest of `dims`, simplified likewise.
    pub fn max(dims: impl IntoIterator<Item = Dim>) -> Dim {
        Self::extremum(dims, true)
    }

    fn extremum(dims: impl IntoIterator<Item = Dim>, largest: bool) -> Dim {
        let mut flat: Vec<Dim> = Vec::new();
        for dim in dims {
            match dim.as_atom() {
                Some(Atom::Min(list)) if !largest => flat.extend(list.iter().cloned()),
                Some(Atom::Max(list)) if largest => flat.extend(list.iter().cloned()),
                _ => flat.push(dim),
            }
        }
        flat.sort();
        flat.dedup();
        // Every pair is compared; what a model needs has a handful.
        if flat.len() > MAX_COMPARED {
            return Dim::atom(if largest { Atom::Max(flat) } else { Atom::Min(flat) });
        }
        let beaten = |a: &Dim, b: &Dim| {
            // Whether `a` can fall away because `b` is always at least as extreme.
            let gap = if largest { b.minus(a) } else { a.minus(b) };
            gap.is_positive()
        };
        let kept: Vec<Dim> = flat.iter().filter(|a| !flat.iter().any(|b| *a != b && beaten(a, b))).cloned().collect();
        match kept.as_slice() {
            [] => Dim::default(),
            [one] => one.clone(),
            _ => Dim::atom(if largest { Atom::Max(kept) } else { Atom::Min(kept) }),
        }
    }

    /// Whether it is at least 0 whatever the names are, as far as a short proof shows.
    fn is_positive(&self) -> bool {
        self.surely_at_least(0)
    }

    /// A number that it is at least, whatever the names are: every name is at least 1, so the number and all factors may be
    /// lowered to the sum of coefficients when no factor is negative. None where that shows nothing, or where the proof
    /// takes more than the steps that are left.
    fn least(&self, steps: &mut usize) -> Option<i64> {
        let mut least = 0i64;
        for (monomial, factor) in self.terms.iter() {
            let mut one = true;
            for (atom, _) in monomial {
                one &= atom.least(steps)? >= 1;
            }
            if !monomial.is_empty() && *factor < 0 {
                return None;
            }
            least = least.saturating_add(if one { *factor } else { 0 });
        }
        Some(least)
    }

    /// `a // b`: exact for numbers and for a divisor that divides every factor.
    pub fn floor_div(&self, other: &Dim) -> Option<Dim> {
        match (self.as_const(), other.as_const()) {
            (_, Some(0)) => None,
            (Some(a), Some(b)) => a.checked_div_euclid(b).map(Dim::from),
            (None, Some(b)) if self.terms.values().all(|f| f.checked_rem(b) == Some(0)) => {
                Some(Dim::of(self.terms.iter().map(|(m, f)| (m.clone(), f / b)).collect()))
            }
            _ => Some(Dim::atom(Atom::FloorDiv(Box::new(self.clone()), Box::new(other.clone())))),
        }
    }

    /// The number under `values`, or nothing where a name has none.
    pub fn eval(&self, values: &dyn DimValues) -> Option<i64> {
        let mut sum = 0i64;
        for (monomial, factor) in self.terms.iter() {
            let mut product = *factor;
            for (atom, power) in monomial {
                product = product.checked_mul(atom.eval(values)?.checked_pow(*power)?)?;
            }
            sum = sum.checked_add(product)?;
        }
        Some(sum)
    }

    /// The same dim with other dims in place of some atoms.
    pub fn substitute(&self, with: &dyn Fn(&Atom) -> Option<Dim>) -> Dim {
        let image = |atom: &Atom| {
            with(atom).unwrap_or_else(|| match atom {
                Atom::Min(list) => Dim::min(list.iter().map(|d| d.substitute(with))),
                Atom::Max(list) => Dim::max(list.iter().map(|d| d.substitute(with))),
                Atom::FloorDiv(a, b) => {
                    let (a, b) = (a.substitute(with), b.substitute(with));
                    a.floor_div(&b).unwrap_or_else(|| Dim::atom(atom.clone()))
                }
                Atom::Longest(d) => Dim::longest(&d.substitute(with)),
                _ => Dim::atom(atom.clone()),
            })
        };
        // Nearly all dims are a number or a name, for which nothing has to be multiplied.
        if self.as_const().is_some() {
            return self.clone();
        }
        if let Some(atom) = self.as_atom() {
            return image(atom);
        }
        let mut sum = Dim::default();
        for (monomial, factor) in self.terms.iter() {
            let mut product = Dim::from(*factor);
            for (atom, power) in monomial {
                let image = image(atom);
                for _ in 0..*power {
                    product = product.times(&image);
                }
            }
            sum = sum.plus(&product);
        }
        sum
    }

    /// The same dim with every length read as that of the companion `view`. The longest of the batch stays what it is.
    pub fn in_view(&self, view: &str) -> Dim {
        self.substitute(&|atom| match atom {
            Atom::Longest(_) => Some(Dim::atom(atom.clone())),
            Atom::Length { name, view: None } => {
                Some(Dim::atom(Atom::Length { name: name.clone(), view: Some(view.to_owned()) }))
            }
            _ => None,
        })
    }
}

impl Atom {
    fn eval(&self, values: &dyn DimValues) -> Option<i64> {
        match self {
            Atom::Min(list) => list.iter().map(|d| d.eval(values)).collect::<Option<Vec<_>>>()?.into_iter().min(),
            Atom::Max(list) => list.iter().map(|d| d.eval(values)).collect::<Option<Vec<_>>>()?.into_iter().max(),
            Atom::FloorDiv(a, b) => a.eval(values)?.checked_div_euclid(b.eval(values)?),
            Atom::Longest(d) => values.value(self).or_else(|| d.eval(values)),
            _ => values.value(self),
        }
    }

    /// Whether it is at least 1, at least 0, or neither as far as is known. Each atom is looked at once: a proof takes time
    /// in proportion to the form, whatever is nested in it.
    fn least(&self, steps: &mut usize) -> Option<i64> {
        *steps = steps.checked_sub(1)?;
        let known = |least: i64| (least >= 0).then(|| least.min(1));
        match self {
            Atom::Min(list) => list.iter().try_fold(1, |least, d| Some(least.min(d.least(steps)?))).and_then(known),
            Atom::Max(list) => {
                let mut most = None;
                for dim in list {
                    most = most.max(dim.least(steps));
                }
                most.and_then(known)
            }
            Atom::FloorDiv(a, b) => match b.as_const() {
                Some(b) => a.least(steps).filter(|least| b >= 1 && *least >= 0).map(|least| i64::from(least >= b)),
                None if b.least(steps)? < 1 => None,
                None => match a.minus(b).least(steps) {
                    Some(gap) if gap >= 0 => Some(1),
                    _ => (a.least(steps)? >= 0).then_some(0),
                },
            },
            Atom::Longest(d) => d.least(steps).and_then(known),
            Atom::Length { .. } | Atom::Width(_) | Atom::Generic(_) | Atom::Batch | Atom::Most(_) => Some(1),
        }
    }
}

impl Dim {
    /// Whether it is at least `n` whatever the names are, as far as a short proof shows.
    pub fn surely_at_least(&self, n: i64) -> bool {
        self.least(&mut { MAX_PROOF }).is_some_and(|least| least >= n)
    }
}

/// The product of two products of atoms.
fn joined(a: &Monomial, b: &Monomial) -> Monomial {
    let mut powers: BTreeMap<Atom, u32> = BTreeMap::new();
    for (atom, power) in a.iter().chain(b) {
        let sum = powers.entry(atom.clone()).or_insert(0);
        *sum = sum.saturating_add(*power);
    }
    powers.into_iter().collect()
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("0");
        }
        // Names before numbers: `T + 1`, not `1 + T`.
        let ordered =
            self.terms.iter().filter(|(m, _)| !m.is_empty()).chain(self.terms.iter().filter(|(m, _)| m.is_empty()));
        for (i, (monomial, factor)) in ordered.enumerate() {
            match (i, *factor < 0) {
                (0, true) => f.write_str("-")?,
                (0, false) => {}
                (_, true) => f.write_str(" - ")?,
                (_, false) => f.write_str(" + ")?,
            }
            let size = factor.unsigned_abs();
            if monomial.is_empty() {
                write!(f, "{size}")?;
                continue;
            }
            if size != 1 {
                write!(f, "{size}*")?;
            }
            for (j, (atom, power)) in monomial.iter().enumerate() {
                if j > 0 {
                    f.write_str("*")?;
                }
                write!(f, "{atom}")?;
                if *power > 1 {
                    write!(f, "**{power}")?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, name: &str, dims: &[Dim]| {
            write!(f, "{name}(")?;
            for (i, d) in dims.iter().enumerate() {
                write!(f, "{}{d}", if i > 0 { ", " } else { "" })?;
            }
            f.write_str(")")
        };
        match self {
            Atom::Length { name, view: None } => f.write_str(name),
            Atom::Length { name, view: Some(view) } => write!(f, "{name}@{view}"),
            Atom::Width(name) | Atom::Generic(name) => f.write_str(name),
            Atom::Batch => f.write_str("batch"),
            Atom::Min(dims) => list(f, "min", dims),
            Atom::Max(dims) => list(f, "max", dims),
            Atom::Longest(d) => write!(f, "longest({d})"),
            Atom::Most(name) => write!(f, "most({name})"),
            Atom::FloorDiv(a, b) => {
                // A sum or product as operand has parentheses of its own: `((T + 1) // 2)`.
                let simple = |d: &Dim| d.as_const().is_some_and(|n| n >= 0) || d.as_atom().is_some();
                let operand = |f: &mut fmt::Formatter<'_>, d: &Dim| {
                    if simple(d) { write!(f, "{d}") } else { write!(f, "({d})") }
                };
                f.write_str("(")?;
                operand(f, a)?;
                f.write_str(" // ")?;
                operand(f, b)?;
                f.write_str(")")
            }
        }
    }
}

// A map with structured keys has no JSON form, so a dim travels as its list of terms.
impl Serialize for Dim {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.terms.iter().collect::<Vec<_>>().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Dim {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Dim::of(Vec::<(Monomial, i64)>::deserialize(deserializer)?.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_form_decides_equality() {
        let (t, f) = (Dim::length("T"), Dim::width("f"));
        let one = Dim::from(1);
        assert_eq!(t.plus(&one).times(&f), f.times(&t).plus(&f));
        assert_eq!(t.minus(&t), Dim::from(0));
        assert_eq!(t.plus(&one).to_string(), "T + 1");
        assert_eq!(t.times(&t).times(&Dim::from(2)).minus(&one).to_string(), "2*T**2 - 1");
        assert_ne!(Dim::length("T"), Dim::length("T").in_view("c.pos.0"));
    }

    #[test]
    fn minima_simplify() {
        let t = Dim::length("T");
        let eight = Dim::min([t.clone(), Dim::from(8)]);
        assert_eq!(Dim::min([eight.clone(), Dim::from(4)]), Dim::min([t.clone(), Dim::from(4)]));
        assert_eq!(Dim::min([t.clone(), t.plus(&Dim::from(1))]), t);
        assert_eq!(Dim::min([t.clone(), Dim::from(1)]), Dim::from(1));
        assert_eq!(Dim::max([t.clone(), Dim::from(1)]), t);
        assert_eq!(Dim::max([Dim::from(3), Dim::from(7)]), Dim::from(7));
        assert_eq!(eight.to_string(), "min(8, T)");
        assert_eq!(eight.eval(&|_: &Atom| Some(5)), Some(5));
    }

    #[test]
    fn what_is_nested_deeply_is_simplified_in_time_in_proportion_to_it() {
        let (t, eight) = (Dim::length("T"), Dim::from(8));
        let began = std::time::Instant::now();
        let (mut memory, mut halves) = (t.clone(), t.clone());
        for _ in 0..40 {
            memory = Dim::min([memory.plus(&t), eight.clone()]);
            halves = halves.plus(&Dim::from(1)).floor_div(&Dim::from(2)).unwrap();
        }
        assert!(memory.surely_at_least(1) && halves.surely_at_least(1));
        assert_eq!(memory.eval(&|_: &Atom| Some(3)), Some(8));
        let (f, mut quotient) = (Dim::width("f"), t.clone());
        for _ in 0..40 {
            quotient = quotient.plus(&f).floor_div(&f).unwrap();
        }
        // Nothing is known once a proof takes too long; it ends all the same.
        let _ = quotient.surely_at_least(1);
        assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    }

    #[test]
    fn products_are_bounded() {
        let names = |prefix: &str| (0..40).fold(Dim::from(1), |sum, i| sum.plus(&Dim::width(format!("{prefix}{i}"))));
        let (a, b) = (names("a"), names("b"));
        assert_eq!(Dim::product([&a, &b]), None);
        assert_eq!(Dim::product([&Dim::width("f"), &Dim::from(3)]), Some(Dim::width("f").times(&Dim::from(3))));
        let (x, y) = (Dim::width("x"), Dim::width("y"));
        assert_eq!(x.plus(&y).times(&x.minus(&y)), x.times(&x).minus(&y.times(&y)));
    }

    #[test]
    fn division() {
        let t = Dim::length("T");
        assert_eq!(t.times(&Dim::from(4)).floor_div(&Dim::from(2)), Some(t.times(&Dim::from(2))));
        assert_eq!(t.plus(&Dim::from(1)).floor_div(&Dim::from(2)).unwrap().to_string(), "((T + 1) // 2)");
        assert_eq!(t.floor_div(&Dim::from(0)), None);
        let least = t.times(&Dim::from(i64::MIN));
        assert_eq!(least.floor_div(&Dim::from(-1)).and_then(|d| d.eval(&|_: &Atom| Some(1))), None);
        assert_eq!(t.floor_div(&Dim::from(2)).unwrap().eval(&|_: &Atom| Some(7)), Some(3));
    }

    #[test]
    fn what_is_surely_at_least_1() {
        let t = Dim::length("T");
        let ceil = |d: &Dim, by: i64| d.plus(&Dim::from(by - 1)).floor_div(&Dim::from(by)).unwrap();
        let (half, quarter) = (ceil(&t, 2), ceil(&ceil(&t, 2), 2));
        for sure in [t.clone(), half.clone(), quarter, t.plus(&half).minus(&Dim::from(1)), t.longest()] {
            assert!(sure.surely_at_least(1), "{sure}");
        }
        let below = t.minus(&Dim::from(5)).floor_div(&Dim::from(2)).unwrap();
        for unsure in
            [t.minus(&Dim::from(1)), t.floor_div(&Dim::from(2)).unwrap(), below.plus(&Dim::from(1)), t.minus(&half)]
        {
            assert!(!unsure.surely_at_least(1), "{unsure}");
        }
        // What may be negative does not let `n` fall away.
        assert_eq!(Dim::min([t.clone(), t.plus(&below)]).to_string(), "min(T, T + ((T - 5) // 2))");
    }
}
