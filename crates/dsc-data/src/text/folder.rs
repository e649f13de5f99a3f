//! Finds a pretrained text encoder on this machine.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::weights::weights_path;
use super::{EncoderConfig, Tokenizer, WeightFile};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::{E0801, E0802};

/// A folder with more entries than this is not searched for an encoder: it is a home folder or a disk, not a package.
const MAX_ENTRIES: usize = 256;

/// The folder of a BERT encoder, in the layout of the Hugging Face tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncoderFolder {
    name: String,
    path: PathBuf,
}

/// The folders of the Hugging Face cache, in the order in which they are searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheRoots {
    hubs: Vec<PathBuf>,
    home: Option<PathBuf>,
}

impl CacheRoots {
    /// The cache as the environment sets it: `HF_HUB_CACHE`, `HF_HOME/hub`, `XDG_CACHE_HOME/huggingface/hub`,
    /// `~/.cache/huggingface/hub`
    /// ([the variables](https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables)).
    pub fn from_env() -> Self {
        let var = |key: &str| std::env::var_os(key).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = std::env::home_dir();
        let hubs = [
            var("HF_HUB_CACHE"),
            var("HF_HOME").map(|p| p.join("hub")),
            var("XDG_CACHE_HOME").map(|p| p.join("huggingface/hub")),
            home.as_ref().map(|p| p.join(".cache/huggingface/hub")),
        ];
        let mut roots = Self { hubs: Vec::new(), home };
        for hub in hubs.into_iter().flatten() {
            if !roots.hubs.contains(&hub) {
                roots.hubs.push(hub);
            }
        }
        roots
    }

    /// Exactly these cache folders, each with folders `models--ORG--NAME`.
    pub fn new(hubs: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { hubs: hubs.into_iter().collect(), home: None }
    }

    /// The cache folders, whether they exist or not.
    pub fn hubs(&self) -> &[PathBuf] {
        &self.hubs
    }

    fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }
}

impl EncoderFolder {
    /// Finds an encoder: `explicit_dir` if it is given, else `name_or_dir` as a folder, else as a model's name in the
    /// Hugging Face cache of the environment. Nothing is downloaded.
    ///
    /// A folder may be the model itself, a sentence-transformers folder (`modules.json`, `0_Transformer`), or a package
    /// folder with exactly one model at most two levels down.
    ///
    /// # Errors
    /// `E0801` with every folder that was searched, `E0802` when `explicit_dir` or `name_or_dir` is a folder without an
    /// encoder.
    pub fn find(name_or_dir: &str, explicit_dir: Option<&Path>) -> Result<Self, Diagnostic> {
        Self::find_in(name_or_dir, explicit_dir, &CacheRoots::from_env())
    }

    /// [`find`](Self::find) with the cache folders given.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_in(name_or_dir: &str, explicit_dir: Option<&Path>, cache: &CacheRoots) -> Result<Self, Diagnostic> {
        let found = |path: PathBuf| Self { name: name_or_dir.to_owned(), path };
        if let Some(dir) = explicit_dir {
            if !dir.is_dir() {
                return Err(Diagnostic::error(
                    E0801,
                    format!("the folder `{}` of the text encoder `{name_or_dir}` does not exist", dir.display()),
                )
                .help(how_to_get(name_or_dir)));
            }
            return settle(dir).map(found);
        }
        let mut looked = Vec::new();
        let path = cache.expand(name_or_dir);
        if path.is_dir() && !name_or_dir.is_empty() {
            return settle(&path).map(found);
        }
        looked.push(format!("`{}` (no such folder)", path.display()));
        for hub in &cache.hubs {
            for folder in cache_names(name_or_dir) {
                let repository = hub.join(folder);
                match snapshot(&repository) {
                    Ok(dir) => return settle(&dir).map(found),
                    Err(why) => looked.push(format!("`{}` ({why})", repository.display())),
                }
            }
        }
        Err(Diagnostic::error(
            E0801,
            format!("the text encoder `{name_or_dir}` was not found on this machine; searched {}", looked.join(", ")),
        )
        .help(how_to_get(name_or_dir)))
    }

    /// The name or folder that the encoder was requested by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder that contains `config.json`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads and validates `config.json`.
    ///
    /// # Errors
    /// `E0803`, `E0804`: see [`EncoderConfig::open`].
    pub fn config(&self) -> Result<EncoderConfig, Diagnostic> {
        EncoderConfig::open(&self.path.join("config.json"))
    }

    /// The file with the weights: `model.safetensors`, else `pytorch_model.bin`.
    ///
    /// # Errors
    /// `E0802` when there is none.
    pub fn weights_path(&self) -> Result<PathBuf, Diagnostic> {
        weights_path(&self.path)
    }

    /// Maps the weights, under canonical names.
    ///
    /// # Errors
    /// `E0802` when there are none, `E0805` when the file is damaged.
    pub fn weights(&self) -> Result<WeightFile, Diagnostic> {
        super::open_weights(&self.path)
    }

    /// Builds the tokeniser, limited to what the encoder of this folder can embed.
    ///
    /// # Errors
    /// `E0802`, `E0803`, `E0808`, `E0809`: see [`Tokenizer::open`] and [`Tokenizer::for_encoder`].
    pub fn tokenizer(&self) -> Result<Tokenizer, Diagnostic> {
        Tokenizer::open(&self.path)?.for_encoder(&self.config()?)
    }
}

/// The folder names a model may have in the cache.
fn cache_names(name: &str) -> Vec<String> {
    let name = name.trim_matches('/');
    match name.split_once('/') {
        Some((org, model)) if !model.contains('/') => vec![format!("models--{org}--{model}")],
        Some(_) => Vec::new(),
        // The hub lists the first BERT models under `google-bert` and still accepts the bare name.
        None => {
            ["", "google-bert--", "sentence-transformers--"].iter().map(|org| format!("models--{org}{name}")).collect()
        }
    }
}

/// The snapshot that `refs/main` of a cached repository names; without that file, the only snapshot there is.
fn snapshot(repository: &Path) -> Result<PathBuf, String> {
    if !repository.is_dir() {
        return Err("absent".to_owned());
    }
    let snapshots = repository.join("snapshots");
    if let Ok(revision) = std::fs::read_to_string(repository.join("refs/main")) {
        let dir = snapshots.join(revision.trim());
        return if dir.is_dir() { Ok(dir) } else { Err(format!("snapshot `{}` is absent", revision.trim())) };
    }
    let mut list = subfolders(&snapshots).unwrap_or_default();
    match (list.pop(), list.len()) {
        (Some(dir), 0) => Ok(dir),
        (None, _) => Err("no snapshot in it".to_owned()),
        (Some(_), more) => Err(format!("{} snapshots and no `refs/main`", more + 1)),
    }
}

/// The folder of the encoder: `dir` or a folder below it.
fn settle(dir: &Path) -> Result<PathBuf, Diagnostic> {
    if holds_encoder(dir) {
        return Ok(dir.to_owned());
    }
    // sentence-transformers lists its modules; the encoder is the one of type `..Transformer`.
    if let Some(path) = listed_module(dir).map(|module| dir.join(module)).filter(|path| holds_encoder(path)) {
        return Ok(path);
    }
    let mut level = vec![dir.to_owned()];
    for _ in 0..2 {
        level = level.iter().filter_map(|d| subfolders(d)).flatten().collect();
        let mut found: Vec<&PathBuf> = level.iter().filter(|d| holds_encoder(d)).collect();
        match (found.pop(), found.pop()) {
            (Some(one), None) => return Ok(one.clone()),
            (Some(second), Some(first)) => {
                return Err(Diagnostic::error(
                    E0802,
                    format!(
                        "`{}` contains several encoders, among them `{}` and `{}`",
                        dir.display(),
                        first.display(),
                        second.display()
                    ),
                )
                .help("use the folder of one of them"));
            }
            _ => {}
        }
    }
    Err(Diagnostic::error(E0802, format!("`{}` contains no text encoder: there is no `config.json` of a model", dir.display()))
        .help("use the folder with `config.json`, `model.safetensors` or `pytorch_model.bin`, and `tokenizer.json` or `vocab.txt`"))
}

/// Whether the folder has the `config.json` of a model. One that cannot be parsed counts, so that it is reported as such.
fn holds_encoder(dir: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(dir.join("config.json")) else { return false };
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => ["hidden_size", "model_type", "architectures"].iter().any(|key| value.get(key).is_some()),
        Err(_) => true,
    }
}

fn listed_module(dir: &Path) -> Option<String> {
    let text = std::fs::read_to_string(dir.join("modules.json")).ok()?;
    let value: Value = serde_json::from_str(&text).ok()?;
    let module = value.as_array()?.iter().find(|module| {
        module.get("type").and_then(Value::as_str).is_some_and(|kind| kind.rsplit('.').next() == Some("Transformer"))
    })?;
    module.get("path").and_then(Value::as_str).map(str::to_owned)
}

/// Subfolders sorted by name; `None` for a folder with more than [`MAX_ENTRIES`] entries.
fn subfolders(dir: &Path) -> Option<Vec<PathBuf>> {
    let entries: Vec<PathBuf> =
        std::fs::read_dir(dir).ok()?.take(MAX_ENTRIES + 1).filter_map(|e| e.ok().map(|e| e.path())).collect();
    if entries.len() > MAX_ENTRIES {
        return None;
    }
    let mut folders: Vec<PathBuf> = entries.into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    Some(folders)
}

/// Help text: how to get an encoder.
fn how_to_get(name: &str) -> String {
    // A path that does not exist is not the name of a model.
    let model = name.split('/').count() <= 2 && !name.starts_with(['.', '~', '/']);
    let name = if model { name } else { "MODEL" };
    format!(
        "download it on a machine with a network (`huggingface-cli download {name}`) and copy the folder here, then give \
         it as `--text-encoder DIR` or as the recipe key `encoder = \"DIR\"`; DIR contains `config.json`, `model.safetensors` or \
         `pytorch_model.bin`, and `tokenizer.json` or `vocab.txt` (a sentence-transformers folder works too)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const CONFIG: &str = r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": 30, "max_position_embeddings": 20}"#;

    fn put(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn none() -> CacheRoots {
        CacheRoots::new([])
    }

    #[test]
    fn an_explicit_folder_wins_and_must_exist() {
        let tmp = tempfile::tempdir().unwrap();
        put(&tmp.path().join("a/config.json"), CONFIG);
        put(&tmp.path().join("b/config.json"), CONFIG);
        let (a, b) = (tmp.path().join("a"), tmp.path().join("b"));
        let found = EncoderFolder::find_in(a.to_str().unwrap(), Some(&b), &none()).unwrap();
        assert_eq!((found.path(), found.name()), (b.as_path(), a.to_str().unwrap()));
        assert_eq!(found.config().unwrap().hidden_size, 8);
        let e = EncoderFolder::find_in(a.to_str().unwrap(), Some(&tmp.path().join("c")), &none()).unwrap_err();
        assert_eq!(e.code, E0801);
        assert_eq!(EncoderFolder::find_in(a.to_str().unwrap(), None, &none()).unwrap().path(), a);
    }

    #[test]
    fn the_cache_by_reference_by_organisation_and_by_the_only_snapshot() {
        let tmp = tempfile::tempdir().unwrap();
        let (first, second) = (tmp.path().join("first"), tmp.path().join("second"));
        put(&second.join("models--google-bert--bert-base-chinese/refs/main"), "abc\n");
        put(&second.join("models--google-bert--bert-base-chinese/snapshots/abc/config.json"), CONFIG);
        put(&second.join("models--google-bert--bert-base-chinese/snapshots/old/config.json"), CONFIG);
        put(&first.join("models--hfl--rbt3/snapshots/one/config.json"), CONFIG);
        put(&first.join("models--hfl--rbt6/snapshots/one/config.json"), CONFIG);
        put(&first.join("models--hfl--rbt6/snapshots/two/config.json"), CONFIG);
        let cache = CacheRoots::new([first.clone(), second.clone()]);
        let find = |name: &str| EncoderFolder::find_in(name, None, &cache);
        let chinese = second.join("models--google-bert--bert-base-chinese/snapshots/abc");
        assert_eq!(find("bert-base-chinese").unwrap().path(), chinese);
        assert_eq!(find("google-bert/bert-base-chinese").unwrap().path(), chinese);
        assert_eq!(find("hfl/rbt3").unwrap().path(), first.join("models--hfl--rbt3/snapshots/one"));
        let e = find("hfl/rbt6").unwrap_err();
        assert!(e.message.contains("2 snapshots and no `refs/main`"), "{}", e.message);
    }

    #[test]
    fn a_missing_encoder_names_the_searched_folders_and_the_remedy() {
        let tmp = tempfile::tempdir().unwrap();
        let e =
            EncoderFolder::find_in("bert-base-chinese", None, &CacheRoots::new([tmp.path().to_owned()])).unwrap_err();
        assert_eq!(e.code, E0801);
        for part in ["`bert-base-chinese`", "models--bert-base-chinese", "models--google-bert--bert-base-chinese"] {
            assert!(e.message.contains(part), "{part}: {}", e.message);
        }
        let path = EncoderFolder::find_in("./encoders/mine", None, &none()).unwrap_err();
        assert!(path.help.unwrap().contains("huggingface-cli download MODEL"));
        let help = e.help.unwrap();
        for part in ["huggingface-cli download bert-base-chinese", "--text-encoder DIR", "encoder = "] {
            assert!(help.contains(part), "{part}: {help}");
        }
    }

    #[test]
    fn a_sentence_transformers_folder_leads_to_its_encoder() {
        let tmp = tempfile::tempdir().unwrap();
        let st = tmp.path().join("st");
        put(&st.join("config.json"), r#"{"__version__": {"pytorch": "2"}}"#);
        put(
            &st.join("modules.json"),
            r#"[{"path": "zz_text", "type": "sentence_transformers.models.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"}]"#,
        );
        put(&st.join("zz_text/config.json"), CONFIG);
        put(&st.join("0_other/config.json"), CONFIG);
        put(&st.join("1_Pooling/config.json"), r#"{"word_embedding_dimension": 8}"#);
        let find = |dir: &Path| EncoderFolder::find_in("m", Some(dir), &none());
        assert_eq!(find(&st).unwrap().path(), st.join("zz_text"));
        // Without the list: by subfolder, and never a guess between two.
        fs::remove_file(st.join("modules.json")).unwrap();
        assert!(find(&st).unwrap_err().message.contains("several encoders"));
        fs::remove_dir_all(st.join("0_other")).unwrap();
        assert_eq!(find(&st).unwrap().path(), st.join("zz_text"));
        // The folder above it is a package that carries the model.
        assert_eq!(find(tmp.path()).unwrap().path(), st.join("zz_text"));
        assert_eq!(find(&st.join("1_Pooling")).unwrap_err().code, E0802);
    }

    #[test]
    fn a_folder_without_weights_or_vocabulary_is_an_error() {
        let tmp = tempfile::tempdir().unwrap();
        put(&tmp.path().join("config.json"), CONFIG);
        let folder = EncoderFolder::find_in("m", Some(tmp.path()), &none()).unwrap();
        let e = folder.weights_path().unwrap_err();
        assert_eq!(e.code, E0802);
        assert!(e.message.contains("pytorch_model.bin"));
        assert_eq!(folder.tokenizer().unwrap_err().code, E0802);
        put(&tmp.path().join("model.safetensors.index.json"), "{}");
        assert!(folder.weights_path().unwrap_err().message.contains("split over several files"));
    }
}
