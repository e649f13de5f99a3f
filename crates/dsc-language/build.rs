//! Embeds the standard library and the stock models.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let mut text = String::new();
    for (constant, folder, extension) in
        [("STDLIB", "stdlib", "dsl"), ("MODELS", "models", "dsl"), ("NAMES", "models", "names")]
    {
        let folder = root.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files = Vec::new();
        files_below(&folder, extension, &mut files);
        files.sort();
        writeln!(text, "static {constant}: &[(&str, &str)] = &[").expect("a String takes all");
        for file in files {
            let name = file.strip_prefix(&folder).expect("found below it").with_extension("");
            writeln!(text, "    ({:?}, include_str!({:?})),", name.display().to_string(), file.display().to_string())
                .expect("a String takes all");
        }
        text.push_str("];\n");
    }
    fs::write(out.join("embedded.rs"), text).expect("cannot write the embedded sources");
}

fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}
