//! `dsc`, the command line.

fn main() {}
