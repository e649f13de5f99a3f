//! Finds a pretrained text encoder on this machine.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::weights::weights_path;
use super::{EncoderConfig, Tokenizer, WeightFile, shards};
use crate::file::read_text;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::encoder::{E0801, E0802};

/// A folder with more entries than this is not searched for an encoder: it is a home folder or a disk, not a package.
const MAX_ENTRIES: usize = 256;

/// Names of the configuration: that of the Hugging Face tools, then that of Google's release and of pytorch-pretrained-bert.
const CONFIGS: [&str; 2] = ["config.json", "bert_config.json"];

/// Files that a tokeniser is read from.
const TOKENISER: [&str; 3] = ["tokenizer.json", "tokenizer_config.json", "vocab.txt"];

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
    /// The cache as the environment sets it: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `HF_HOME/hub`,
    /// `XDG_CACHE_HOME/huggingface/hub`, `~/.cache/huggingface/hub`
    /// ([the variables](https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables)). `~`, `$NAME` and
    /// `${NAME}` in them are replaced, as huggingface_hub does.
    pub fn from_env() -> Self {
        Self::of(std::env::home_dir(), |key| std::env::var(key).ok())
    }

    fn of(home: Option<PathBuf>, var: impl Fn(&str) -> Option<String>) -> Self {
        let folder = |key: &str| {
            let value = var(key).filter(|value| !value.is_empty())?;
            Some(PathBuf::from(expand_variables(&expand_home(&value, home.as_deref()), &var)))
        };
        let hubs = [
            folder("HF_HUB_CACHE"),
            folder("HUGGINGFACE_HUB_CACHE"),
            folder("HF_HOME").map(|p| p.join("hub")),
            folder("XDG_CACHE_HOME").map(|p| p.join("huggingface/hub")),
            home.as_ref().map(|p| p.join(".cache/huggingface/hub")),
        ];
        let mut roots = Self { hubs: Vec::new(), home: home.clone() };
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
        PathBuf::from(expand_home(path, self.home.as_deref()))
    }
}

/// `~` and `~/..` as Python's `os.path.expanduser`; not `~other`.
fn expand_home(path: &str, home: Option<&Path>) -> String {
    match (path.strip_prefix('~'), home.and_then(Path::to_str)) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
        _ => path.to_owned(),
    }
}

/// `$NAME` and `${NAME}` as Python's `os.path.expandvars`: variables that are not set stay as they are written.
fn expand_variables(path: &str, var: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, from)) = rest.split_once('$') {
        out.push_str(before);
        let (name, written, after) = match from.strip_prefix('{').and_then(|from| from.split_once('}')) {
            Some((name, after)) => (name, format!("${{{name}}}"), after),
            None => {
                let end = from.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(from.len());
                let (name, after) = from.split_at(end);
                (name, format!("${name}"), after)
            }
        };
        out.push_str(&var(name).filter(|_| !name.is_empty()).unwrap_or(written));
        rest = after;
    }
    out.push_str(rest);
    out
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

    /// The folder that contains the configuration.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads and validates `config.json`, or `bert_config.json` where there is no such file.
    ///
    /// # Errors
    /// `E0803`, `E0804`: see [`EncoderConfig::open`].
    pub fn config(&self) -> Result<EncoderConfig, Diagnostic> {
        EncoderConfig::open(&self.config_path())
    }

    fn config_path(&self) -> PathBuf {
        config_path(&self.path).unwrap_or_else(|| self.path.join("config.json"))
    }

    /// The files that are needed beside the weights, each with the name that the Hugging Face tools have for it today.
    pub fn small_files(&self) -> Vec<(&'static str, PathBuf)> {
        let mut files = vec![("config.json", self.config_path())];
        files.extend(TOKENISER.iter().map(|name| (*name, self.path.join(name))));
        files.retain(|(_, path)| path.is_file());
        files
    }

    /// The file with the weights, `model.safetensors` or else `pytorch_model.bin`; where they are split over several files, the
    /// index.
    ///
    /// # Errors
    /// `E0802` when there is none.
    pub fn weights_path(&self) -> Result<PathBuf, Diagnostic> {
        weights_path(&self.path)
    }

    /// All files of the weights: [`weights_path`](Self::weights_path), and those that it names if it is an index.
    ///
    /// # Errors
    /// `E0802` when there is none, `E0805` for an index that cannot be read.
    pub fn weights_paths(&self) -> Result<Vec<PathBuf>, Diagnostic> {
        let path = self.weights_path()?;
        let shards = if shards::is_index(&path) { shards::files(&path)? } else { Default::default() };
        Ok(std::iter::once(path).chain(shards.into_keys()).collect())
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
    if let Ok(revision) = read_text(&repository.join("refs/main")) {
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
        .help("use the folder with `config.json` (or `bert_config.json`), `model.safetensors` or `pytorch_model.bin`, and `tokenizer.json` or `vocab.txt`"))
}

fn holds_encoder(dir: &Path) -> bool {
    config_path(dir).is_some()
}

/// The configuration of a model in the folder. A file that cannot be read or parsed counts, so that it is reported as such.
fn config_path(dir: &Path) -> Option<PathBuf> {
    let describes_model = |path: &PathBuf| {
        if !path.exists() {
            return false;
        }
        match read_text(path).map(|text| serde_json::from_str::<Value>(&text)) {
            Ok(Ok(value)) => ["hidden_size", "model_type", "architectures"].iter().any(|key| value.get(key).is_some()),
            _ => true,
        }
    };
    CONFIGS.iter().map(|name| dir.join(name)).find(describes_model)
}

fn listed_module(dir: &Path) -> Option<String> {
    let text = read_text(&dir.join("modules.json")).ok()?;
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
        // What is there is named, with what makes weights of it.
        for (file, words) in [("flax_model.msgpack", "from_flax=True"), ("tf_model.h5", "from_tf=True")] {
            put(&tmp.path().join(file), "x");
            let e = folder.weights_path().unwrap_err();
            assert!(e.message.contains(file) && e.help.unwrap().contains(words), "{}", e.message);
        }
        put(&tmp.path().join("model.safetensors.index.json"), "{}");
        assert_eq!(folder.weights_path().unwrap(), tmp.path().join("model.safetensors.index.json"));
        assert!(folder.weights().unwrap_err().message.contains("weight_map"));
    }

    #[test]
    fn the_configuration_may_have_its_old_name() {
        let tmp = tempfile::tempdir().unwrap();
        put(&tmp.path().join("bert_config.json"), CONFIG);
        put(&tmp.path().join("vocab.txt"), "[UNK]");
        let folder = EncoderFolder::find_in("m", Some(tmp.path()), &none()).unwrap();
        assert_eq!(folder.config().unwrap().hidden_size, 8);
        let names: Vec<&str> = folder.small_files().iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["config.json", "vocab.txt"]);
        // That of today comes first.
        put(&tmp.path().join("config.json"), &CONFIG.replace("\"hidden_size\": 8", "\"hidden_size\": 16"));
        assert_eq!(folder.config().unwrap().hidden_size, 16);
        // A pointer in its place is named as such.
        put(&tmp.path().join("config.json"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
        let e = folder.config().unwrap_err();
        assert!(e.message.contains("git lfs pull"), "{}", e.message);
    }

    #[test]
    fn variables_are_expanded_as_the_hub_does() {
        let set = [
            ("HF_HOME", "~/models"),
            ("HUGGINGFACE_HUB_CACHE", "$DISK/hub"),
            ("XDG_CACHE_HOME", "${DISK}x/$NONE/${NONE}"),
            ("DISK", "/mnt"),
            ("HF_HUB_CACHE", ""),
        ];
        let var = |key: &str| set.iter().find(|(k, _)| *k == key).map(|(_, v)| (*v).to_owned());
        let roots = CacheRoots::of(Some(PathBuf::from("/home/me")), var);
        let hubs: Vec<&str> = roots.hubs().iter().map(|hub| hub.to_str().unwrap()).collect();
        assert_eq!(
            hubs,
            [
                "/mnt/hub",
                "/home/me/models/hub",
                "/mntx/$NONE/${NONE}/huggingface/hub",
                "/home/me/.cache/huggingface/hub"
            ]
        );
        assert_eq!(expand_home("~", Some(Path::new("/h"))), "/h");
        assert_eq!(expand_home("~other/x", Some(Path::new("/h"))), "~other/x");
        assert_eq!(expand_variables("a$", |_| Some("no".to_owned())), "a$");
    }
}
