//! The generator's own idea of types, simpler than the checker's and independent of it: equal here means equal there.

use std::collections::BTreeMap;

/// A width: a number, or a name that the data or a call give a number to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Width {
    Num(i64),
    Name(String),
}

/// A length. Two values have the same length if these are equal, which is enough and not needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Len {
    Name(String),
    Fixed(i64),
    Plus(Box<Len>, i64),
    Minus(Box<Len>, i64),
    Min(Box<Len>, i64),
    /// Rounded up.
    Over(Box<Len>, i64),
    Sum(Box<Len>, Box<Len>),
    /// The longest of the batch.
    Longest(Box<Len>),
    /// The longest of the data, of a length that is a name.
    Most(String),
}

/// A type of one sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    Real,
    Vec(Width),
    Tensor(Width, Width),
    Seq { len: Len, modality: String, width: Width },
}

/// What generics stand for in one call.
#[derive(Clone, Debug, Default)]
pub struct Generics {
    pub widths: BTreeMap<String, Width>,
    pub lens: BTreeMap<String, Len>,
    pub modalities: BTreeMap<String, String>,
}

impl Width {
    pub fn text(&self) -> String {
        match self {
            Width::Num(n) => n.to_string(),
            Width::Name(name) => name.clone(),
        }
    }

    pub fn num(&self) -> Option<i64> {
        match self {
            Width::Num(n) => Some(*n),
            Width::Name(_) => None,
        }
    }

    fn with(&self, g: &Generics) -> Width {
        match self {
            Width::Name(name) => g.widths.get(name).cloned().unwrap_or_else(|| self.clone()),
            Width::Num(_) => self.clone(),
        }
    }
}

impl Len {
    pub fn plus(self, n: i64) -> Len {
        match self {
            Len::Fixed(k) => Len::Fixed(k + n),
            other => Len::Plus(Box::new(other), n),
        }
    }

    pub fn minus(self, n: i64) -> Len {
        match self {
            Len::Fixed(k) => Len::Fixed(k - n),
            other => Len::Minus(Box::new(other), n),
        }
    }

    pub fn min(self, n: i64) -> Len {
        match self {
            Len::Fixed(k) => Len::Fixed(k.min(n)),
            other => Len::Min(Box::new(other), n),
        }
    }

    pub fn over(self, n: i64) -> Len {
        match self {
            Len::Fixed(k) => Len::Fixed((k + n - 1) / n),
            other => Len::Over(Box::new(other), n),
        }
    }

    pub fn sum(self, other: Len) -> Len {
        match (self, other) {
            (Len::Fixed(a), b) => b.plus(a),
            (a, Len::Fixed(b)) => a.plus(b),
            (a, b) => Len::Sum(Box::new(a), Box::new(b)),
        }
    }

    pub fn longest(self) -> Len {
        match self {
            Len::Fixed(k) => Len::Fixed(k),
            other => Len::Longest(Box::new(other)),
        }
    }

    /// Where every length is as long as the data have it: all forms here grow with their lengths.
    pub fn most(&self) -> Len {
        match self {
            Len::Name(name) | Len::Most(name) => Len::Most(name.clone()),
            Len::Fixed(k) => Len::Fixed(*k),
            Len::Plus(l, n) => l.most().plus(*n),
            Len::Minus(l, n) => l.most().minus(*n),
            Len::Min(l, n) => l.most().min(*n),
            Len::Over(l, n) => l.most().over(*n),
            Len::Sum(a, b) => a.most().sum(b.most()),
            Len::Longest(l) => l.most(),
        }
    }

    /// The number, if it is the same for all samples and known.
    pub fn fixed(&self) -> Option<i64> {
        match self {
            Len::Fixed(n) => Some(*n),
            _ => None,
        }
    }

    /// As written in a declared type, if it can be.
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Len::Name(name) => name.clone(),
            Len::Fixed(n) => n.to_string(),
            Len::Plus(l, n) => format!("{} + {n}", l.text()?),
            Len::Minus(l, n) => format!("{} - {n}", l.text()?),
            Len::Min(l, n) => format!("min({}, {n})", l.text()?),
            Len::Over(l, n) => format!("({} + {}) // {n}", l.text()?, n - 1),
            Len::Sum(a, b) => format!("{} + {}", a.text()?, b.text()?),
            Len::Longest(l) => format!("longest({})", l.text()?),
            Len::Most(name) => format!("most({name})"),
        })
    }

    fn with(&self, g: &Generics) -> Len {
        match self {
            Len::Name(name) => g.lens.get(name).cloned().unwrap_or_else(|| self.clone()),
            Len::Fixed(n) => Len::Fixed(*n),
            Len::Plus(l, n) => l.with(g).plus(*n),
            Len::Minus(l, n) => l.with(g).minus(*n),
            Len::Min(l, n) => l.with(g).min(*n),
            Len::Over(l, n) => l.with(g).over(*n),
            Len::Sum(a, b) => a.with(g).sum(b.with(g)),
            Len::Longest(l) => l.with(g).longest(),
            Len::Most(name) => g.lens.get(name).map_or_else(|| self.clone(), Len::most),
        }
    }
}

impl Ty {
    /// As written in a declared type, if it can be.
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Ty::Real => "Real".to_owned(),
            Ty::Vec(w) => format!("Vec[{}]", w.text()),
            Ty::Tensor(a, b) => format!("Tensor[{}, {}]", a.text(), b.text()),
            Ty::Seq { len, modality, width } => format!("Seq<{modality}>[{}, {}]", len.text()?, width.text()),
        })
    }

    /// The type in a call, where generics are known.
    pub fn with(&self, g: &Generics) -> Ty {
        match self {
            Ty::Real => Ty::Real,
            Ty::Vec(w) => Ty::Vec(w.with(g)),
            Ty::Tensor(a, b) => Ty::Tensor(a.with(g), b.with(g)),
            Ty::Seq { len, modality, width } => Ty::Seq {
                len: len.with(g),
                modality: g.modalities.get(modality).unwrap_or(modality).clone(),
                width: width.with(g),
            },
        }
    }

    /// The last axis.
    pub fn width(&self) -> Option<&Width> {
        match self {
            Ty::Real => None,
            Ty::Vec(w) | Ty::Tensor(_, w) | Ty::Seq { width: w, .. } => Some(w),
        }
    }

    /// The same with another last axis.
    pub fn with_width(&self, w: Width) -> Ty {
        match self {
            Ty::Real => Ty::Real,
            Ty::Vec(_) => Ty::Vec(w),
            Ty::Tensor(a, _) => Ty::Tensor(a.clone(), w),
            Ty::Seq { len, modality, .. } => Ty::Seq { len: len.clone(), modality: modality.clone(), width: w },
        }
    }

    pub fn is_seq(&self) -> bool {
        matches!(self, Ty::Seq { .. })
    }

    /// What kind of value it is; an operation never takes two kinds for each other.
    pub fn kind(&self) -> u8 {
        match self {
            Ty::Real => 0,
            Ty::Vec(_) => 1,
            Ty::Tensor(..) => 2,
            Ty::Seq { .. } => 3,
        }
    }
}
