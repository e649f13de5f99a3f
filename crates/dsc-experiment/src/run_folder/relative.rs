//! Paths in `run.json` are relative, so that a run folder can be shared: it names neither a user nor a home folder, and a project
//! that is moved as a whole keeps its runs.

use std::path::{Component, Path, PathBuf};

use super::Manifest;

/// `path` as seen from the folder `from`, as far as both are known: `../data/own.pkl`. Links are resolved, since `..` behind one
/// leads elsewhere.
pub(super) fn relative(path: &Path, from: &Path) -> PathBuf {
    let real =
        |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned());
    seen_from(&real(path), &real(from))
}

/// The same by the letters of two absolute paths.
fn seen_from(path: &Path, from: &Path) -> PathBuf {
    let common = path.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let seen: PathBuf = up.chain(path.components().skip(common)).collect();
    // JSON holds texts only.
    PathBuf::from(seen.to_string_lossy().into_owned())
}

/// The path `path` of the folder `folder`, without steps back; links are resolved where it exists.
pub(super) fn from_folder(folder: &Path, path: &Path) -> PathBuf {
    let joined = folder.join(path);
    joined.canonicalize().unwrap_or_else(|_| {
        let mut steps = PathBuf::new();
        for step in joined.components() {
            match (step, steps.components().next_back()) {
                (Component::ParentDir, Some(Component::Normal(_))) => drop(steps.pop()),
                (step, _) => steps.push(step),
            }
        }
        steps
    })
}

impl Manifest {
    /// The manifest as it is written into `folder`: files as seen from there; names and arguments that are absolute paths as seen
    /// from the current folder, where the command was given.
    pub(super) fn portable(mut self, folder: &Path) -> Manifest {
        let here = std::env::current_dir().unwrap_or_default();
        let name = |text: &mut String| {
            if Path::new(text.as_str()).is_absolute() {
                *text = seen_from(Path::new(text.as_str()), &here).display().to_string();
            }
        };
        let file = |path: &mut Option<PathBuf>| *path = path.take().map(|path| relative(&path, folder));
        file(&mut self.data.path);
        name(&mut self.data.name);
        name(&mut self.file);
        if let Some(encoder) = &mut self.encoder {
            file(&mut encoder.weights);
            name(&mut encoder.name);
        }
        if let Some(encoder) = &mut self.settings.encoder {
            name(encoder);
        }
        if let Some(imported) = &mut self.imported {
            imported.path = relative(&imported.path, folder);
        }
        self.sources.iter_mut().for_each(|(compiled, _)| name(compiled));
        for argument in &mut self.command {
            // `--out=/tmp/run` and `encoder=/models/mine` as well.
            match argument.split_once('=') {
                Some((option, value)) if !option.starts_with('/') => {
                    let mut value = value.to_owned();
                    name(&mut value);
                    *argument = format!("{option}={value}");
                }
                _ => name(argument),
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_seen_from_a_folder_and_found_again() {
        for (path, from, seen) in [
            ("/w/data/own.pkl", "/w/runs/one", "../../data/own.pkl"),
            ("/w/runs/one/x", "/w/runs/one", "x"),
            ("/data/own.pkl", "/w/run", "../../data/own.pkl"),
            ("/w", "/w", ""),
        ] {
            assert_eq!(seen_from(Path::new(path), Path::new(from)), Path::new(seen), "{path}");
            assert_eq!(from_folder(Path::new(from), Path::new(seen)), Path::new(path), "{path}");
        }
        // Runs of earlier versions have absolute paths.
        assert_eq!(from_folder(Path::new("/w/run"), Path::new("/gone/own.pkl")), Path::new("/gone/own.pkl"));
        assert_eq!(from_folder(Path::new("no-such/run"), Path::new("../../../x")), Path::new("../x"));
    }

    #[test]
    fn links_are_resolved_before_steps_back() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for folder in ["disk/runs/one", "project/data"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        std::fs::write(root.join("project/data/own.pkl"), "").unwrap();
        std::os::unix::fs::symlink(root.join("disk/runs"), root.join("project/runs")).unwrap();
        let run = root.join("project/runs/one");
        let seen = relative(&root.join("project/data/own.pkl"), &run);
        assert_eq!(seen, Path::new("../../../project/data/own.pkl"));
        assert_eq!(from_folder(&run, &seen), root.join("project/data/own.pkl"));
    }
}
