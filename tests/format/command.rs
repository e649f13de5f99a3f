//! `dsc fmt` from the command line.
