//! A body under construction: statements, the values that are bound, and the draws that choose among them.

use std::collections::BTreeSet;

use dsc_random::Stream;

use super::types::{Len, Ty, Width};

/// A bound value.
#[derive(Clone, Debug)]
pub struct Value {
    /// How it is written.
    pub name: String,
    pub ty: Ty,
    /// Whether something reads it.
    pub read: bool,
}

/// A statement that binds one value, as mutations look at it.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Its place among the lines of the body.
    pub line: usize,
    pub name: String,
    pub expr: String,
    pub ty: Ty,
    /// Values bound before it.
    pub before: usize,
}

/// The hypers of one program that widths may be written with, and what its bodies use of other files.
#[derive(Debug, Default)]
pub struct Shared {
    /// Numbers by hyper.
    pub hypers: Vec<(String, i64)>,
    pub imports: BTreeSet<&'static str>,
    /// Whether some text names a width of the data.
    pub names_data_widths: bool,
    /// Whether a width or a number of rows is one of the data less a number: the data may have too few for it.
    pub needs_wide_data: bool,
}

pub struct Body<'g> {
    pub rng: &'g mut Stream,
    pub shared: &'g mut Shared,
    pub lines: Vec<String>,
    pub values: Vec<Value>,
    pub bound: Vec<Bound>,
    pub prefix: String,
    pub indent: usize,
    next: usize,
}

impl<'g> Body<'g> {
    pub fn new(rng: &'g mut Stream, shared: &'g mut Shared, prefix: &str) -> Self {
        Body {
            rng,
            shared,
            lines: Vec::new(),
            values: Vec::new(),
            bound: Vec::new(),
            prefix: prefix.into(),
            indent: 2,
            next: 0,
        }
    }

    /// A number in `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.rng.below(n as u64) as usize
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.rng.below(100) < percent
    }

    pub fn choose<T: Clone>(&mut self, from: &[T]) -> T {
        let i = self.below(from.len());
        from[i].clone()
    }

    pub fn fresh(&mut self) -> String {
        self.next += 1;
        format!("{}{}", self.prefix, self.next)
    }

    pub fn line(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("{}{}", " ".repeat(self.indent), text.as_ref()));
    }

    /// Makes a value known that something else binds.
    pub fn know(&mut self, name: impl Into<String>, ty: Ty) {
        self.values.push(Value { name: name.into(), ty, read: false });
    }

    /// `let NAME = EXPR`.
    pub fn bind(&mut self, expr: impl Into<String>, ty: Ty) -> String {
        let (name, expr) = (self.fresh(), expr.into());
        let stated = if self.chance(10) { ty.text().filter(|t| !t.contains(['_', '?'])) } else { None };
        let data_width = stated.as_ref().is_some_and(|t| t.contains("fa") || t.contains("fv") || t.contains("fx"));
        self.shared.names_data_widths |= data_width;
        let stated = stated.map_or_else(String::new, |t| format!(" : {t}"));
        self.bound.push(Bound {
            line: self.lines.len(),
            name: name.clone(),
            expr: expr.clone(),
            ty: ty.clone(),
            before: self.values.len(),
        });
        self.line(format!("let {name}{stated} = {expr}"));
        self.know(name.clone(), ty);
        name
    }

    /// A value that fits, later ones more often; it counts as read.
    pub fn pick(&mut self, fits: impl Fn(&Ty) -> bool) -> Option<(String, Ty)> {
        let all: Vec<usize> = (0..self.values.len()).filter(|i| fits(&self.values[*i].ty)).collect();
        if all.is_empty() {
            return None;
        }
        let (a, b) = (self.below(all.len()), self.below(all.len()));
        let value = &mut self.values[all[a.max(b)]];
        value.read = true;
        Some((value.name.clone(), value.ty.clone()))
    }

    pub fn seq(&mut self) -> Option<(String, Len, String, Width)> {
        match self.pick(Ty::is_seq)? {
            (name, Ty::Seq { len, modality, width }) => Some((name, len, modality, width)),
            _ => None,
        }
    }

    pub fn vec(&mut self) -> Option<(String, Width)> {
        match self.pick(|t| matches!(t, Ty::Vec(_)))? {
            (name, Ty::Vec(w)) => Some((name, w)),
            _ => None,
        }
    }

    pub fn real(&mut self) -> Option<String> {
        Some(self.pick(|t| *t == Ty::Real)?.0)
    }

    /// A vector of that width, projected from another if need be.
    pub fn vec_of(&mut self, w: &Width) -> Option<String> {
        let found = self.pick(|t| matches!(t, Ty::Vec(v) if v == w));
        if let Some((name, _)) = found {
            return Some(name);
        }
        let (name, _) = self.vec()?;
        let out = self.width_text(w);
        Some(self.bind(format!("linear({name}, out: {out})"), Ty::Vec(w.clone())))
    }

    /// A width written as a number, a hyper or a sum.
    pub fn width_text(&mut self, w: &Width) -> String {
        match w {
            Width::Name(name) => {
                self.shared.names_data_widths |= name.starts_with('f') || name.contains("fa");
                name.clone()
            }
            Width::Num(n) => {
                let named: Vec<String> =
                    self.shared.hypers.iter().filter(|(_, v)| v == n).map(|(h, _)| h.clone()).collect();
                match (named.is_empty(), self.below(4)) {
                    (false, 0..=2) => self.choose(&named),
                    (_, 3) if n % 2 == 0 => format!("{} * 2", n / 2),
                    _ => n.to_string(),
                }
            }
        }
    }

    /// Whether this is the body of the model, where the dims of the inputs are known by name.
    fn knows_dims(&self) -> bool {
        self.prefix == "x"
    }

    /// A width of the data with something added or taken away.
    fn data_width(&mut self) -> Width {
        self.shared.names_data_widths = true;
        let n = 1 + self.below(4);
        Width::Name(match self.below(6) {
            0 => {
                self.shared.needs_wide_data = true;
                format!("(fa - {n})")
            }
            1 => {
                self.shared.needs_wide_data = true;
                format!("(fa // {})", n + 1)
            }
            2 => format!("(fa + {n})"),
            3 => "(2 * fa)".to_owned(),
            4 => format!("min(fa, {n})"),
            _ => format!("max(1, fa - {n})"),
        })
    }

    /// A number of rows that depends on lengths and widths of the data, at least 1 for all samples; seldom one that may be
    /// less, which is refused.
    pub fn data_rows(&mut self) -> Option<String> {
        if !self.knows_dims() {
            return None;
        }
        let n = 1 + self.below(9);
        Some(match self.below(40) {
            0 => format!("Ta - {n}"),
            1..=8 => format!("max(1, Ta - {n})"),
            9..=14 => format!("max(1, Ta // {})", n + 1),
            15..=18 => format!("((Ta + {n}) // {})", n + 1),
            19..=22 => format!("Ta + {n}"),
            23..=26 => format!("min(Ta, {n})"),
            27..=29 => format!("max({n}, Ta % {})", n + 1),
            _ => match self.data_width() {
                Width::Name(name) => name,
                Width::Num(n) => n.to_string(),
            },
        })
    }

    /// A small width.
    pub fn new_width(&mut self) -> Width {
        if self.knows_dims() && self.chance(6) {
            return self.data_width();
        }
        let named: Vec<i64> = self.shared.hypers.iter().map(|(_, v)| *v).collect();
        if !named.is_empty() && self.chance(60) {
            return Width::Num(self.choose(&named));
        }
        Width::Num(1 + self.below(6) as i64)
    }

    /// A number of heads that divides the width.
    pub fn heads(&mut self, w: &Width) -> i64 {
        match w {
            Width::Num(n) => {
                let all: Vec<i64> = (1..=*n).filter(|h| n % h == 0).collect();
                self.choose(&all)
            }
            Width::Name(_) => 1,
        }
    }

    pub fn import(&mut self, name: &'static str) -> &'static str {
        self.shared.imports.insert(name);
        name
    }
}
