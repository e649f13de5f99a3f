//! The options of every command: how results are written.

use clap::{Args, ValueEnum};
use dsc_syntax::diag::Format;

/// Options that every command takes.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct OutputArgs {
    /// How results and diagnostics are written.
    #[arg(long, value_enum, default_value_t, global = true, value_name = "FORMAT", help_heading = "Output")]
    pub format: OutputFormat,
    /// When to use colours; `auto` means on a terminal, unless NO_COLOR is set.
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN", help_heading = "Output")]
    pub color: Color,
    /// Say less: results and diagnostics only.
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// Say more; may be repeated.
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = "Output")]
    pub verbose: u8,
}

/// `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For reading, with source excerpts.
    #[default]
    Full,
    /// One line per diagnostic.
    Concise,
    /// JSON, for programs.
    Json,
    /// A picture: `dsc graph` has a `--format` of its own, which replaces this one.
    #[value(skip)]
    Picture(Picture),
}

/// `dsc graph --format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    /// One picture, light or dark as its viewer prefers
    Svg,
    /// For Graphviz; open boxes are clusters
    Dot,
    /// A page by itself whose boxes open and close by a click
    Html,
}

impl From<OutputFormat> for Format {
    fn from(format: OutputFormat) -> Format {
        match format {
            OutputFormat::Full | OutputFormat::Picture(_) => Format::Full,
            OutputFormat::Concise => Format::Concise,
            OutputFormat::Json => Format::Json,
        }
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
