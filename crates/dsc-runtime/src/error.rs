//! Errors of libtorch as diagnostics.

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::runtime::{E0701, E0706};

/// The message of a libtorch error without the prefix of `tch`, the C++ stack trace, and the file and line in libtorch.
pub fn plain(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("Internal torch error: ").unwrap_or(&text);
    let text = text.split("\nException raised from").next().unwrap_or(text);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("frame #") && !line.starts_with("C++ CapturedTraceback"))
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(" ")
}

/// The diagnostic for a failed libtorch call: `E0706` if memory could not be allocated, otherwise `E0701`. `doing` completes
/// "while ..", for instance "loading the weights". The caller adds the line of the model with [`Diagnostic::at`].
pub fn fault(doing: &str, error: impl std::fmt::Display) -> Diagnostic {
    let text = plain(error);
    if is_out_of_memory(&text) {
        return Diagnostic::error(E0706, format!("out of memory while {doing}: {text}"))
            .help("use a smaller batch, or a device with more memory");
    }
    Diagnostic::error(E0701, format!("libtorch failed while {doing}: {text}"))
        .help("a program that passes `dsc check` should not fail here: this is a bug in dsc, please report it")
}

/// Whether an error message of libtorch says that memory could not be allocated, on the host or on a device.
pub fn is_out_of_memory(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["out of memory", "can't allocate memory", "not enough memory", "defaultcpuallocator", "bad_alloc"]
        .iter()
        .any(|w| text.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind, Tensor};

    #[test]
    fn a_real_failure_loses_its_stack_trace() {
        let a = Tensor::zeros([2, 3], (Kind::Float, Device::Cpu));
        let error = a.f_mm(&a).unwrap_err();
        let d = fault("multiplying", &error);
        assert_eq!(d.code, E0701);
        assert!(d.message.starts_with("libtorch failed while multiplying: mat1 and mat2 shapes"), "{}", d.message);
        assert!(!d.message.contains("frame #") && !d.message.contains(".cpp"), "{}", d.message);
    }

    #[test]
    fn out_of_memory_has_its_own_code() {
        let huge = Tensor::f_empty([1 << 50], (Kind::Double, Device::Cpu)).unwrap_err();
        assert_eq!(fault("allocating", &huge).code, E0706);
        assert_eq!(fault("running", "CUDA out of memory. Tried to allocate 2.00 GiB").code, E0706);
    }
}
