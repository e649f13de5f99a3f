//! Starting `dsc-rt`, the program that is linked to libtorch.
//!
//! Where libtorch moved since the build, the loader has to be told of its folder before the program starts, so the program cannot do it
//! itself.

use super::rpath::dynamic;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::runtime::{E0708, E0709};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The versions of libtorch that the runtime is linked against.
const TORCH: &str = "2.11.";

/// Replaces this process by `dsc-rt` with the same arguments. Returns only if that fails.
pub fn exec() -> Diagnostic {
    let mut command = match command() {
        Ok(command) => command,
        Err(fault) => return fault,
    };
    command.args(env::args_os().skip(1));
    let program = PathBuf::from(command.get_program());
    Diagnostic::error(E0708, format!("{} does not start: {}", program.display(), replace(command)))
        .help("build it again, or point DSC_RT at a working one")
}

#[cfg(unix)]
fn replace(mut command: Command) -> std::io::Error {
    use std::os::unix::process::CommandExt as _;
    command.exec()
}

#[cfg(not(unix))]
fn replace(_: Command) -> std::io::Error {
    std::io::Error::other("training runs on Linux only")
}

/// The variable and its value, as PyTorch documents them for `torch.use_deterministic_algorithms`.
const CUBLAS_WORKSPACES: (&str, &str) = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8");

/// `dsc-rt` as it is started, no arguments yet.
pub fn command() -> Result<Command, Diagnostic> {
    let program = program()?;
    let mut command = Command::new(&program);
    // With workspaces of that size cuBLAS is deterministic. It reads the variable before the first product.
    if env::var_os(CUBLAS_WORKSPACES.0).is_none() {
        command.env(CUBLAS_WORKSPACES.0, CUBLAS_WORKSPACES.1);
    }
    if let Library::Search(folder) = library(&program)? {
        let old = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let folders = std::iter::once(folder).chain(env::split_paths(&old).filter(|p| !p.as_os_str().is_empty()));
        // Fails only for a folder with a colon in its name, which the loader could not use either.
        command.env("LD_LIBRARY_PATH", env::join_paths(folders).unwrap_or(old));
    }
    Ok(command)
}

/// Where `dsc-rt` is: `DSC_RT`, else next to this program, else where `make install` puts it.
pub fn program() -> Result<PathBuf, Diagnostic> {
    if let Some(path) = env::var_os("DSC_RT").map(PathBuf::from) {
        return match path.is_file() {
            true => Ok(path),
            false => Err(Diagnostic::error(E0708, format!("DSC_RT is {}, and there is no such file", path.display()))
                .help("point it at the program `dsc-rt`, or unset it")),
        };
    }
    let me = env::current_exe().and_then(|p| p.canonicalize()).unwrap_or_default();
    // Where the place of this program is unknown, nothing is started: the current folder is not its place.
    let folder = me.parent();
    let found = ["dsc-rt", "../lib/dsc/bin/dsc-rt"].iter().filter_map(|p| Some(folder?.join(p))).find(|p| p.is_file());
    found.ok_or_else(|| {
        Diagnostic::error(E0708, format!("this command runs on libtorch, and `dsc-rt` is not next to {}", me.display()))
            .help("build with libtorch (`make build`), or point DSC_RT at the program `dsc-rt`")
    })
}

/// How `dsc-rt` comes to its libtorch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Library {
    /// The path in the program leads there.
    Baked(PathBuf),
    /// Found elsewhere; the folder goes into `LD_LIBRARY_PATH`.
    Search(PathBuf),
}

impl Library {
    /// The folder of `libtorch_cpu.so`.
    pub fn folder(&self) -> &Path {
        let (Library::Baked(folder) | Library::Search(folder)) = self;
        folder
    }
}

/// Looks where the loader will look for this program (the installed layout, then the folder of the build); only if
/// libtorch is in neither, at `DSC_LIBTORCH`, `LIBTORCH`, the active virtual environment and the torch of `python3`.
pub fn library(program: &Path) -> Result<Library, Diagnostic> {
    let is_there = |folder: &PathBuf| folder.join("libtorch_cpu.so").is_file();
    let baked = dynamic(program).unwrap_or_default().folders;
    if let Some(folder) = baked.into_iter().find(is_there) {
        return Ok(Library::Baked(folder.canonicalize().unwrap_or(folder)));
    }
    let mut refused = Vec::new();
    for root in candidates() {
        let folder = if is_there(&root) { root } else { root.join("lib") };
        if !is_there(&folder) {
            continue;
        }
        match torch_version(&folder) {
            Some(version) if !version.starts_with(TORCH) => {
                refused.push(format!("{} is version {version}", folder.display()));
            }
            _ => return Ok(Library::Search(folder)),
        }
    }
    let found = if refused.is_empty() { String::new() } else { format!(" ({})", refused.join(", ")) };
    Err(Diagnostic::error(E0709, format!("libtorch {TORCH}x is not found{found}"))
        .help("`pip install torch==2.11.0`, and point DSC_LIBTORCH at its folder `torch`"))
}

/// Folders `torch` that may hold a libtorch, best first. Python comes last, since starting it takes a while.
fn candidates() -> impl Iterator<Item = PathBuf> {
    let named = ["DSC_LIBTORCH", "LIBTORCH"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    let active = env::var_os("VIRTUAL_ENV").into_iter().flat_map(|venv| {
        let versions = std::fs::read_dir(PathBuf::from(venv).join("lib")).into_iter().flatten().flatten();
        versions.map(|v| v.path().join("site-packages/torch"))
    });
    named.chain(active).chain(std::iter::once_with(python_torch).flatten())
}

/// Where `python3` would import torch from; nothing is imported. Python runs isolated (`-I`), since it would look into the current
/// folder first, whose files may be anybody's; what `pip install --user` installs is looked at all the same.
fn python_torch() -> Option<PathBuf> {
    let script = "import importlib.util as u, site, sys; sys.path.append(site.getusersitepackages()); \
                  s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')";
    let output =
        Command::new("python3").args(["-I", "-c", script]).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(path.trim())).filter(|p| !p.as_os_str().is_empty())
}

/// The version of the libtorch in this folder, as far as its files tell.
pub fn torch_version(folder: &Path) -> Option<String> {
    let root = folder.parent()?;
    let text = std::fs::read_to_string(root.join("version.py"));
    if let Some(line) = text.ok().as_deref().and_then(|t| t.lines().find_map(|l| l.strip_prefix("__version__ = "))) {
        return Some(line.trim_matches(['\'', '"', ' ']).to_owned());
    }
    let text = std::fs::read_to_string(root.join("build-version")).ok()?;
    Some(text.trim().to_owned())
}
