//! The sources that the library carries.

/// What the binary carries: the standard library and the stock models.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbeddedWorld;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

impl EmbeddedWorld {
    /// Modules of the standard library, `(path, text)`, in the order of their names.
    pub fn stdlib() -> &'static [(&'static str, &'static str)] {
        STDLIB
    }

    /// Stock models, `(name without .dsl, text)`, in the order of their names.
    pub fn models() -> &'static [(&'static str, &'static str)] {
        MODELS
    }

    /// The stock model of that name: `dashfusion`, `unimodal/text`.
    pub fn model(name: &str) -> Option<&'static str> {
        let name = name.strip_suffix(".dsl").unwrap_or(name);
        MODELS.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
    }

    /// What another program calls the weights of that stock model, if there is such a program.
    pub fn names(model: &str) -> Option<&'static str> {
        let model = model.strip_suffix(".dsl").unwrap_or(model);
        NAMES.iter().find(|(n, _)| *n == model).map(|(_, text)| *text)
    }
}
