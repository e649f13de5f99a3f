//! Values while a program is being lowered.

use std::rc::Rc;

use crate::sema::resolve::DefId;
use dsc_graph::statics::Static;
use dsc_graph::{CompanionsId, Group, NodeId};
use dsc_syntax::source::{Span, Spanned};

/// What an expression stands for.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Known at compile time.
    Static(Static),
    /// A tensor, or tokens: a node of the graph.
    Node(NodeId),
    /// A list; streams are labelled.
    List(Vec<(Option<String>, Value)>),
    /// Several values at once.
    Tuple(Vec<Value>),
    /// A range of whole numbers, `[start, end)`.
    Range(i64, i64),
    /// `FrameEncoder{width: d}`: calls share its weights.
    Instance(Rc<Instance>),
    /// The handle of a `companions` declaration.
    Companions(CompanionsId),
    /// `c.pos`, `c.neg`.
    Group(CompanionsId, Group),
    /// `encoder`, the numbers of the text encoder's configuration.
    Encoder,
    /// Something went wrong and was reported: [`Lowering::fail`](super::lowering::Lowering::fail) and
    /// [`Lowering::reported`](super::lowering::Lowering::reported) make it. Whoever meets it stays quiet.
    Error,
}

/// An evaluated argument.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub(super) name: Option<Spanned<String>>,
    pub(super) value: Value,
    pub(super) span: Span,
}

impl Argument {
    /// Arguments that are not known, in the place of a list or text with a fault that was reported.
    pub(super) fn unknown() -> Self {
        Argument { name: None, value: Value::Error, span: Span::NONE }
    }

    /// Whether it is in the place of arguments that are not known.
    pub(super) fn is_unknown(&self) -> bool {
        self.span.is_none() && self.value.is_error()
    }
}

/// A block with its settings and its place for weights.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) block: DefId,
    /// The block's own name.
    pub(super) name: String,
    pub(super) settings: Vec<Argument>,
    /// Path of its weights.
    pub(super) path: String,
}

impl Value {
    /// What kind of value it is, for messages.
    pub(super) fn kind(&self) -> String {
        match self {
            Value::Static(s) => s.kind().to_owned(),
            Value::Node(_) => "tensor".into(),
            Value::List(_) => "list".into(),
            Value::Tuple(_) => "tuple".into(),
            Value::Range(..) => "range".into(),
            Value::Instance(i) => format!("instance of {}", i.name),
            Value::Companions(_) => "companions".into(),
            Value::Group(..) => "group of companions".into(),
            Value::Encoder => "encoder configuration".into(),
            Value::Error => "error".into(),
        }
    }

    pub(super) fn is_error(&self) -> bool {
        match self {
            Value::Error => true,
            Value::List(list) => list.iter().any(|(_, v)| v.is_error()),
            Value::Tuple(list) => list.iter().any(Value::is_error),
            _ => false,
        }
    }

    /// Number of elements at all depths, and how deep they nest.
    pub(super) fn measure(&self) -> (usize, usize) {
        let join = |parts: &mut dyn Iterator<Item = &Value>| {
            let (mut size, mut depth) = (1usize, 0);
            for part in parts {
                let (s, d) = part.measure();
                size = size.saturating_add(s);
                depth = depth.max(d);
            }
            (size, depth + 1)
        };
        match self {
            Value::List(list) => join(&mut list.iter().map(|(_, v)| v)),
            Value::Tuple(list) => join(&mut list.iter()),
            Value::Instance(instance) => join(&mut instance.settings.iter().map(|s| &s.value)),
            _ => (1, 1),
        }
    }

    /// The nodes in it, each with its place: empty for a tensor, `audio` or `0` for elements, `0.audio` for nested ones.
    pub(super) fn nodes(&self) -> Vec<(String, NodeId)> {
        fn gather(value: &Value, place: &str, out: &mut Vec<(String, NodeId)>) {
            let below = |step: &str| if place.is_empty() { step.to_owned() } else { format!("{place}.{step}") };
            match value {
                Value::Node(id) => out.push((place.to_owned(), *id)),
                Value::List(list) => {
                    for (i, (label, element)) in list.iter().enumerate() {
                        gather(element, &below(label.as_deref().unwrap_or(&i.to_string())), out);
                    }
                }
                Value::Tuple(parts) => {
                    parts.iter().enumerate().for_each(|(i, part)| gather(part, &below(&i.to_string()), out));
                }
                _ => {}
            }
        }
        let mut out = Vec::new();
        gather(self, "", &mut out);
        out
    }

    pub(super) fn int(n: i64) -> Value {
        Value::Static(Static::Int(n))
    }
}
