//! What `dense` pads to: the longest length of a batch, `longest(T)`, and the longest of the data, `most(T)`.

use super::{Atom, Dim};

impl Dim {
    /// The largest value that a length takes over the rows of a batch, companions included where their values are padded
    /// too: one number for all of them, so it is the same seen at a companion.
    ///
    /// What is one number for all samples is itself. A form that grows with its only length is the same form of the
    /// longest: `longest(T + 1)` is `longest(T) + 1`, `longest(min(T, 8))` is `min(longest(T), 8)`. Other forms are
    /// atoms of their own.
    pub fn longest(&self) -> Dim {
        if !self.varies() {
            return self.clone();
        }
        let mut lengths: Vec<Atom> = Vec::new();
        let grows = self.grows(&mut lengths);
        match lengths.as_slice() {
            [only] if grows => self.substitute(&|atom| {
                (atom == only).then(|| Dim::atom(Atom::Longest(Box::new(Dim::atom(atom.clone())))))
            }),
            _ => Dim::atom(Atom::Longest(Box::new(self.clone()))),
        }
    }

    /// The static maximum of a length: what it is where every length has its largest value, `most(T + 1)` is `most(T) + 1`.
    /// One number for the data set. None for a form that falls where a length grows, which is largest elsewhere.
    pub fn most(&self) -> Option<Dim> {
        let widest = self.substitute(&|atom| match atom {
            Atom::Longest(of) => Some(Dim::clone(of)),
            _ => None,
        });
        widest.grows(&mut Vec::new()).then(|| {
            widest.substitute(&|atom| match atom {
                Atom::Length { name, .. } => Some(Dim::atom(Atom::Most(name.clone()))),
                _ => None,
            })
        })
    }

    /// Whether samples of one batch differ in it: it mentions a length outside a `longest(..)`.
    pub fn varies(&self) -> bool {
        self.terms.keys().flatten().any(|(atom, _)| match atom {
            Atom::Length { .. } => true,
            Atom::Min(list) | Atom::Max(list) => list.iter().any(Dim::varies),
            Atom::FloorDiv(a, b) => a.varies() || b.varies(),
            Atom::Width(_) | Atom::Generic(_) | Atom::Longest(_) | Atom::Most(_) | Atom::Batch => false,
        })
    }

    /// Whether it never falls where a length grows, as far as its form shows. Collects the lengths it mentions.
    fn grows(&self, lengths: &mut Vec<Atom>) -> bool {
        let mut grows = true;
        for (monomial, factor) in self.terms.iter() {
            for (atom, _) in monomial {
                grows &= match atom {
                    Atom::Length { .. } => {
                        if !lengths.contains(atom) {
                            lengths.push(atom.clone());
                        }
                        *factor >= 0
                    }
                    Atom::Min(list) | Atom::Max(list) => list.iter().fold(*factor >= 0, |ok, d| d.grows(lengths) && ok),
                    Atom::FloorDiv(a, b) => {
                        let divided = a.grows(lengths);
                        divided && *factor >= 0 && b.as_const().is_some_and(|n| n > 0)
                    }
                    Atom::Width(_) | Atom::Generic(_) | Atom::Longest(_) | Atom::Most(_) | Atom::Batch => true,
                };
            }
            // A product of several lengths, or of what may be negative, is left alone.
            grows &= monomial.len() <= 1 || monomial.iter().all(|(a, _)| !Dim::atom(a.clone()).varies());
        }
        grows
    }
}

#[cfg(test)]
mod tests {
    use super::super::DimTable;
    use super::*;

    fn longest(d: &Dim) -> String {
        d.longest().to_string()
    }

    #[test]
    fn forms_that_grow_with_one_length_are_forms_of_the_longest() {
        let (t, s, f) = (Dim::length("T"), Dim::length("S"), Dim::width("f"));
        let one = Dim::from(1);
        assert_eq!(longest(&t), "longest(T)");
        assert_eq!(longest(&t.plus(&one)), "longest(T) + 1");
        assert_eq!(longest(&t.plus(&f)), "f + longest(T)");
        assert_eq!(longest(&Dim::min([t.clone(), Dim::from(8)])), "min(8, longest(T))");
        assert_eq!(longest(&t.plus(&one).floor_div(&Dim::from(2)).unwrap()), "((longest(T) + 1) // 2)");
        assert_eq!(t.longest(), t.longest().longest());
        assert_eq!(longest(&f), "f");
        // The longest sum is not the sum of the longest.
        assert_eq!(longest(&t.plus(&s)), "longest(S + T)");
        assert_eq!(longest(&Dim::from(9).minus(&t)), "longest(-T + 9)");
        assert_eq!(longest(&t.plus(&s).minus(&s)), "longest(T)");
        assert_ne!(t.longest(), s.longest());
    }

    #[test]
    fn maxima_of_the_data() {
        let (t, s, one) = (Dim::length("T"), Dim::length("S"), Dim::from(1));
        let most = |d: &Dim| d.most().map(|d| d.to_string());
        assert_eq!(most(&t.plus(&one)).as_deref(), Some("most(T) + 1"));
        assert_eq!(most(&t.plus(&s)).as_deref(), Some("most(S) + most(T)"));
        assert_eq!(most(&Dim::min([t.clone(), Dim::from(8)])).as_deref(), Some("min(8, most(T))"));
        assert_eq!((t.longest().most(), t.in_view("c.pos.0").most()), (t.most(), t.most()));
        assert_eq!(t.most().unwrap().most(), t.most());
        assert_eq!(most(&Dim::from(9).minus(&t)), None);
        let table = DimTable { max_lengths: [("T".to_owned(), 400)].into(), ..DimTable::default() };
        assert!(table.same(&t.plus(&one).most().unwrap(), &Dim::from(401)));
        assert!(!t.most().unwrap().is_ragged() && t.most().unwrap().surely_at_least(1));
    }

    #[test]
    fn one_number_for_the_batch() {
        let t = Dim::length("T");
        assert_eq!(t.longest().in_view("c.pos.0"), t.longest(), "a companion is padded to the same length");
        assert_ne!(t.in_view("c.pos.0").longest(), t.longest());
        let max = |a: &Atom| matches!(a, Atom::Length { .. }).then_some(39);
        assert_eq!(t.longest().plus(&Dim::from(2)).eval(&max), Some(41), "at most the static maximum");
        let here = |a: &Atom| matches!(a, Atom::Longest(_)).then_some(7);
        assert_eq!(t.longest().eval(&here), Some(7));
        assert!(t.longest().is_ragged(), "no width of a weight");
    }
}
