//! Bakes the folder of libtorch into the programs that are linked to it.

fn main() {
    // Said by the build script of `dsc-runtime`; absent without the feature `torch`.
    let Ok(lib) = std::env::var("DEP_DSCSHIM_LIB") else { return };
    // DT_RPATH, not DT_RUNPATH: it also serves the libraries that libtorch itself loads. The first entry is the layout of
    // `make install`.
    let rpath = format!("-Wl,--disable-new-dtags,-rpath,$ORIGIN/../lib,-rpath,{lib}");
    println!("cargo::rustc-link-arg-bin=dsc-rt={rpath}");
    println!("cargo::rustc-link-arg-tests={rpath}");
}
