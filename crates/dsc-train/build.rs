//! Bakes the folder of libtorch into the tests.

fn main() {
    if let Ok(lib) = std::env::var("DEP_DSCSHIM_LIB") {
        println!("cargo::rustc-link-arg=-Wl,--disable-new-dtags,-rpath,{lib}");
    }
}
