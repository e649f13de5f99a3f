//! `dsc explain E0203`.

use super::{Exit, Output};
use crate::diag::{CodeInfo, all_codes, did_you_mean, explain};
use serde_json::{Value, json};

/// `dsc explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The code, upper or lower case; without it, all codes with their titles.
    #[arg(value_name = "CODE", value_parser = known)]
    pub code: Option<CodeInfo>,
}

/// Prints what a code means, why it is a fault, and a file that fails with it.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let Some(info) = &args.code else {
        if out.is_json() {
            out.json(&all_codes().map(entry).collect::<Vec<_>>());
        } else {
            all_codes().for_each(|c| out.line(format_args!("{}  {}", c.code, c.title)));
        }
        return Exit::Done;
    };
    if out.is_json() {
        out.json(&entry(info));
        return Exit::Done;
    }
    out.line(format_args!("{}: {}\n\n{}", info.code, info.title, prose(info)));
    if !info.example.trim().is_empty() {
        out.line(format_args!("\nThis file fails with it:\n"));
        info.example.trim_matches('\n').lines().for_each(|line| out.line(format_args!("    {line}")));
    }
    Exit::Done
}

fn known(code: &str) -> Result<CodeInfo, String> {
    explain(code).copied().ok_or_else(|| {
        match did_you_mean(&code.to_ascii_uppercase(), all_codes().map(|c| c.code.0)) {
            Some(near) => format!("there is no such code; did you mean `{near}`?"),
            None => "there is no such code; `dsc explain` lists them all".to_owned(),
        }
    })
}

/// The text without the blanks that doc comments begin their lines with.
fn prose(info: &CodeInfo) -> String {
    info.text.lines().map(|l| l.strip_prefix(' ').unwrap_or(l)).collect::<Vec<_>>().join("\n")
}

fn entry(info: &CodeInfo) -> Value {
    json!({ "code": info.code.0, "title": info.title, "text": prose(info), "example": info.example })
}
