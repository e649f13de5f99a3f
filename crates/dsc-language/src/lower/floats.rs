//! Numbers of a program in tensors, which hold 32 bits: what is infinite there, or so small that its reciprocal is, is reported where
//! it is written.

use super::lowering::Lowering;
use super::primitives::BEYOND;
use dsc_graph::{Attribute, Op};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::hypers as hyper;
use dsc_syntax::source::Span;

impl Lowering<'_> {
    /// Whether the numbers of an operation are finite in 32 bits, and 0 or normal numbers there; reports if not. Of a subnormal number the
    /// reciprocal is infinite, so that a sum that is guarded by one (`x / (abs(x) + 1e-44)`) has gradients that are.
    pub(super) fn fits_floats(&mut self, op: &Op, span: Span) -> bool {
        let attributes = op.attributes();
        let numbers = attributes.iter().filter_map(|(_, value)| match value {
            Attribute::Float(x) => Some(*x),
            _ => None,
        });
        for x in numbers {
            let (why, help) = match x as f32 {
                narrow if !narrow.is_finite() => (BEYOND, "choose a smaller number"),
                narrow if x != 0.0 && narrow.abs() < f32::MIN_POSITIVE => (
                    "below 1.2e-38, the smallest number of 32 bits whose reciprocal is finite",
                    "choose a larger number",
                ),
                _ => continue,
            };
            let d = Diagnostic::error(hyper::E0406, format!("`{}` with the number {x:e}", op.name()));
            self.report(d.at(span, why).help(help));
            return false;
        }
        true
    }
}
