//! `dsc fmt` as a user meets it.
