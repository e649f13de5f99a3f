//! Checks the version of libtorch, compiles the C++ shim and says where libtorch lies.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The libtorch that `tch` 0.24 binds.
const TORCH: &str = "2.11";

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    // Known to direct dependents of torch-sys only.
    let lib = PathBuf::from(env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys says where its libtorch is"));
    let torch = lib.parent().unwrap_or(&lib).to_path_buf();
    let include = torch.join("include");
    let header = include.join("torch/headeronly/version.h");
    println!("cargo::rerun-if-changed={}", header.display());
    match torch_version(&torch, &header) {
        Some(version) if version.starts_with(&format!("{TORCH}.")) => {
            println!("cargo::rustc-env=DSC_TORCH_VERSION={version}");
        }
        found => {
            let found = found.map_or("no version file".to_owned(), |v| format!("version {v}"));
            println!(
                "cargo:::error=dsc needs libtorch {TORCH}.x, {} has {found}: point LIBTORCH at torch 2.11.0 (the `torch` \
                 folder of `pip install torch==2.11.0`), or unset it and run `make setup`",
                torch.display()
            );
            std::process::exit(1);
        }
    }

    let shim = root.join("src/shim");
    println!("cargo::rerun-if-changed=src/shim");
    let abi = env::var("LIBTORCH_CXX11_ABI").unwrap_or_else(|_| "1".to_owned());
    kernels(&shim);
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .pic(true)
        .opt_level(2)
        .debug(false)
        .extra_warnings(true)
        // system headers: warnings are for our own lines
        .flag("-isystem")
        .flag(include.display().to_string())
        .flag(format!("-D_GLIBCXX_USE_CXX11_ABI={abi}"))
        .flag("-fvisibility=hidden")
        .files(
            [
                "allocator.cpp",
                "operators.cpp",
                "optimiser.cpp",
                "context.cpp",
                "gradients.cpp",
                "attention.cpp",
                "product.cpp",
                "kernels.cpp",
                "profile.cpp",
            ]
            .map(|f| shim.join(f)),
        )
        .compile("dscshim");

    // For the build scripts of the crates that link programs and tests against libtorch.
    println!("cargo::metadata=LIB={}", lib.display());
    println!("cargo::rustc-link-arg=-Wl,--disable-new-dtags,-rpath,{}", lib.display());
}

/// The kernels, for each instruction set by itself: which one runs is decided when the program does.
fn kernels(shim: &Path) {
    let x86 = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64");
    let wide = ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mprefer-vector-width=512"];
    let sets: [(&str, &[&str]); 3] = [("base", &[]), ("avx2", &["-mavx2", "-mfma"]), ("avx512", &wide)];
    for (name, flags) in sets.into_iter().take(if x86 { 3 } else { 1 }) {
        let mut build = cc::Build::new();
        build.cpp(true).std("c++17").pic(true).opt_level(3).debug(false).extra_warnings(true);
        build.flag("-ffp-contract=fast").flag("-fvisibility=hidden");
        for flag in flags {
            build.flag(flag);
        }
        build.file(shim.join(format!("kernels_{name}.cpp"))).compile(&format!("dsckernels_{name}"));
    }
}

/// The version of the libtorch whose headers are compiled against.
fn torch_version(torch: &Path, header: &Path) -> Option<String> {
    if let Ok(text) = fs::read_to_string(header) {
        let part = |name: &str| {
            text.lines().find_map(|l| l.strip_prefix(&format!("#define TORCH_VERSION_{name} ")).map(str::trim))
        };
        if let (Some(major), Some(minor), Some(patch)) = (part("MAJOR"), part("MINOR"), part("PATCH")) {
            return Some(format!("{major}.{minor}.{patch}"));
        }
    }
    if let Ok(text) = fs::read_to_string(torch.join("version.py")) {
        let version = text.lines().find_map(|l| l.strip_prefix("__version__ = "))?;
        return Some(version.trim_matches(['\'', '"', ' ']).to_owned());
    }
    let text = fs::read_to_string(torch.join("build-version")).ok()?;
    Some(text.trim().to_owned())
}
