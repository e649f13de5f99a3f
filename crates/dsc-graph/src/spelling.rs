//! How operations were once called in the text form. Hashes are taken of the former spelling, so that a graph has the hash
//! that it always had and runs of any time can be compared; and text forms that are kept in run folders are still read.
//!
//! Nothing else has these names: the text form that is printed has those of the language.

use std::borrow::Cow;

use super::{Attribute, Attributes, Op};
use crate::primitives::Operation;

/// A former name.
struct Former {
    name: &'static str,
    operation: Operation,
    /// The attribute that the name said by itself.
    said: Option<(&'static str, &'static str)>,
}

const fn former(name: &'static str, operation: Operation) -> Former {
    Former { name, operation, said: None }
}

const FORMER: [Former; 10] = [
    former("expand", Operation::Param),
    former("embedding", Operation::Embed),
    former("max", Operation::MaxTime),
    former("min", Operation::MinTime),
    former("sum", Operation::SumTime),
    former("std", Operation::StdTime),
    former("logsumexp_time", Operation::LogSumExpTime),
    Former { said: Some(("over", "features")), ..former("logsumexp_features", Operation::LogSumExp) },
    Former { said: Some(("along", "time")), ..former("concat_time", Operation::Concat) },
    Former { said: Some(("along", "features")), ..former("concat", Operation::Concat) },
];

/// Name and attributes of an operation as hashes are taken of them.
pub(super) fn hashed(op: &Op) -> (&'static str, Attributes) {
    let (operation, attributes) = (op.operation(), op.attributes());
    let is_said = |f: &Former| f.said.is_none_or(|(key, value)| attributes.get(key) == Some(&Attribute::from(value)));
    match FORMER.iter().find(|f| f.operation == operation && is_said(f)) {
        Some(Former { name, said: Some((key, _)), .. }) => (name, attributes.without(key)),
        Some(Former { name, .. }) => (name, attributes),
        None => (operation.name(), attributes),
    }
}

/// Today's name and attributes of what a text form calls by either spelling.
pub(super) fn current<'a>(name: &'a str, attributes: &'a Attributes) -> (&'a str, Cow<'a, Attributes>) {
    let Some(former) = FORMER.iter().find(|f| f.name == name) else { return (name, Cow::Borrowed(attributes)) };
    let attributes = match former.said {
        Some((key, value)) if attributes.get(key).is_none() => Cow::Owned(attributes.clone().with(key, value)),
        _ => Cow::Borrowed(attributes),
    };
    (former.operation.name(), attributes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, Reduction};

    #[test]
    fn both_spellings_are_one_operation() {
        for f in &FORMER {
            let op = Op::from_text(f.name, &Attributes::new().with("eps", 0.5))
                .or_else(|_| Op::from_text(f.name, &Attributes::new()));
            let op = op.unwrap();
            assert_eq!(op.operation(), f.operation, "{}", f.name);
            assert_eq!(hashed(&op).0, f.name);
            assert_eq!(Op::from_text(op.name(), &op.attributes()), Ok(op));
        }
        let keep = Op::from_text("logsumexp_features", &Attributes::new().with("keep", 1));
        assert_eq!(keep, Ok(Op::Reduce { how: Reduction::LogSumExp, keep: true }));
        assert_eq!(hashed(&keep.unwrap()), ("logsumexp_features", Attributes::new().with("keep", 1)));
        assert_eq!(hashed(&Op::LogSumExp), ("logsumexp", Attributes::new()));
        assert_eq!(Op::from_text("concat", &Attributes::new().with("along", "time")), Ok(Op::Concat(Axis::Time)));
        // Where the names are the same, so is everything else.
        for op in [Op::Linear, Op::Row(-1), Op::Affine { mul: 2.0, add: 0.5 }] {
            assert_eq!(hashed(&op), (op.name(), op.attributes()));
        }
    }
}
