//! Derived weight paths.
//!
//! The path of a call inside one body is made of the names of the enclosing `let`s, the indices of enclosing loops and
//! the labels of enclosing `each` and `sum`, then the called block in snake case. An index or label follows the
//! name that it belongs to: behind the enclosing `let` if there is one, else behind the callee (`fuse.1`,
//! `spread.audio.z.cross_attention`). Calls of primitives add nothing but the name of the weight itself.

/// One step from a body to a call in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Inside the value of `let NAME`.
    Let(String),
    /// Inside one turn of a loop, or one element of `each` or `sum`.
    Index(String),
}

/// Where the lowering is, relative to the body of one block call.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// Path of the body: empty for the model.
    pub(super) prefix: String,
    /// Steps within the body.
    pub(super) steps: Vec<Step>,
}

impl Scope {
    /// The path of a call of `callee` here (none for a primitive).
    pub(super) fn path(&self, callee: Option<&str>) -> String {
        let mut names: Vec<&str> = Vec::new();
        let mut waiting: Vec<&str> = Vec::new();
        for step in &self.steps {
            match step {
                Step::Let(name) => {
                    let first = names.is_empty();
                    names.push(name);
                    if first {
                        names.append(&mut waiting);
                    }
                }
                Step::Index(index) if names.is_empty() => waiting.push(index),
                Step::Index(index) => names.push(index),
            }
        }
        let callee = callee.map(snake_case);
        names.extend(callee.as_deref());
        names.append(&mut waiting);
        let mut path = self.prefix.clone();
        for name in names {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
        }
        path
    }

    /// The path of a weight `leaf` that a primitive owns here.
    pub(super) fn leaf(&self, leaf: &str) -> String {
        let path = self.path(None);
        if path.is_empty() { leaf.to_owned() } else { format!("{path}.{leaf}") }
    }
}

/// `MultiCA` to `multi_ca`, `CrossAttention` to `cross_attention`, `MLP` to `mlp`.
pub(super) fn snake_case(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        if c.is_uppercase() {
            let before = i.checked_sub(1).and_then(|j| chars.get(j));
            let after = chars.get(i + 1);
            let word_starts = before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
                || (before.is_some_and(|b| b.is_uppercase()) && after.is_some_and(|a| a.is_lowercase()));
            if word_starts {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        } else {
            out.push(*c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake() {
        for (name, snake) in [
            ("MultiCA", "multi_ca"),
            ("CrossAttention", "cross_attention"),
            ("MLP", "mlp"),
            ("FFN", "ffn"),
            ("BertLayer", "bert_layer"),
            ("nt_xent", "nt_xent"),
        ] {
            assert_eq!(snake_case(name), snake);
        }
    }

    #[test]
    fn order_of_steps() {
        let scope = |steps: &[Step]| Scope { prefix: "p".into(), steps: steps.to_vec() };
        let name = |s: &str| Step::Let(s.into());
        let index = |s: &str| Step::Index(s.into());
        assert_eq!(scope(&[index("1")]).path(Some("Fuse")), "p.fuse.1");
        assert_eq!(
            scope(&[name("spread"), index("audio"), name("z")]).path(Some("CrossAttention")),
            "p.spread.audio.z.cross_attention"
        );
        assert_eq!(scope(&[index("audio")]).path(Some("CrossAttention")), "p.cross_attention.audio");
        assert_eq!(scope(&[index("0")]).leaf("weight"), "p.0.weight");
        assert_eq!(scope(&[index("0"), name("z")]).path(Some("FFN")), "p.z.0.ffn");
    }
}
