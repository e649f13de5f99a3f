//! Resolution of settings, on the recipes of small files.

use super::*;
use dsc_syntax::ast::{ItemKind, Recipe};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::parse;
use dsc_syntax::source::SourceMap;
use indexmap::IndexMap;

fn program(text: &str) -> IndexMap<String, Recipe> {
    let mut sources = SourceMap::new();
    let file = sources.add("m.dsl", text);
    let (module, diagnostics) = parse(&sources, file);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    let recipe = |item: dsc_syntax::ast::Item| match item.kind {
        ItemKind::Recipe(recipe) => Some((recipe.name.value.clone(), recipe)),
        _ => None,
    };
    module.items.into_iter().filter_map(recipe).collect()
}

fn stock() -> IndexMap<String, Recipe> {
    program(
        "recipe sims { epochs = 100  optimizer = adam(lr: 5e-5)  select = min mae  encoder = \"bert-base-chinese\"  set layers = 3 }
recipe mosi = sims { encoder = \"bert-base-uncased\"  warmup = 0.1 fraction }
recipe mosei = mosi { optimizer.lr = 2e-5  set layers = 4  set depth = 3 }
",
    )
}

fn named(recipe: &str) -> Request<'_> {
    Request { recipe: Some(recipe), ..Request::default() }
}

fn faults(program: &IndexMap<String, Recipe>, request: &Request<'_>) -> Vec<Diagnostic> {
    resolve(program, request).unwrap_err()
}

fn with(texts: &[&str]) -> Vec<KeyValue> {
    texts.iter().map(|text| KeyValue::parse("--with", text).unwrap()).collect()
}

#[test]
fn recipes_inherit_and_later_entries_win() {
    let card = Some(("mosei", Family::Mosi, ClassRule::Round));
    let r = resolve(&stock(), &Request { data: Some("mosei"), card, ..Request::default() }).unwrap();
    let s = &r.settings;
    assert_eq!(r.recipe.as_deref(), Some("mosei"));
    assert_eq!((s.epochs, s.optimizer.lr, s.batch), (100, 2e-5, 16));
    assert_eq!(s.encoder.as_deref(), Some("bert-base-uncased"));
    assert_eq!(s.schedule.warmup, Warmup::Fraction(0.1));
    assert_eq!((s.family, s.class), (Family::Mosi, ClassRule::Round));
    assert_eq!(r.origins["epochs"], Origin::Recipe("sims".into()));
    assert_eq!(r.origins["optimizer.lr"], Origin::Recipe("mosei".into()));
    assert_eq!(r.origins["class"], Origin::Card("mosei".into()));
}

#[test]
fn the_command_line_beats_the_environment_beats_the_recipe() {
    let environment = [("DSC_EPOCHS".to_owned(), "7".to_owned()), ("DSC_OPTIMIZER_LR".to_owned(), "1e-4".to_owned())];
    let command_line =
        with(&["epochs=3", "optimizer.encoder_lr = 0", "encoder=007", "decay=linear", "clip=1", "batch=4*2"]);
    let request =
        Request { data: Some("sims"), environment: &environment, command_line: &command_line, ..Request::default() };
    let r = resolve(&stock(), &request).unwrap();
    let s = r.settings;
    assert_eq!((s.epochs, s.optimizer.lr, s.optimizer.encoder_lr), (3, 1e-4, Some(0.0)));
    assert_eq!((s.encoder.as_deref(), s.schedule.decay, s.clip), (Some("007"), Decay::Linear, Some(1.0)));
    assert_eq!(s.batch, 8);
    assert_eq!(r.origins["epochs"], Origin::CommandLine("--with epochs=3".into()));
    assert_eq!(r.origins["optimizer.lr"], Origin::Environment("DSC_OPTIMIZER_LR".into()));
}

#[test]
fn a_new_optimizer_forgets_the_old_ones_constants() {
    let program = program(
        "recipe a { optimizer = adam(lr: 1e-2, weight_decay: 0.1)  optimizer.eps = 1e-6 }
recipe b = a { optimizer = adam(lr: 1e-4) }
",
    );
    let r = resolve(&program, &named("b")).unwrap();
    assert_eq!(r.settings.optimizer, Optimizer::new(Algorithm::Adam, 1e-4));
    assert!(!r.origins.contains_key("optimizer.eps"));
}

#[test]
fn constants_are_computed_and_their_faults_have_one_code_everywhere() {
    let right = program("recipe x { epochs = 4 * 2  optimizer = adam(lr: 2 * 1e-4)  clip = 1 / 2 }\n");
    let settings = resolve(&right, &named("x")).unwrap().settings;
    assert_eq!((settings.epochs, settings.optimizer.lr, settings.clip), (8, 2e-4, Some(0.5)));
    for (value, code) in [("4 / 0", "E0406"), ("4 * many", "E0401"), ("4 * \"x\"", "E0402"), ("\"16\"", "E0902")] {
        let file = faults(&program(&format!("recipe x {{ epochs = {value} }}\n")), &named("x"));
        let line =
            faults(&stock(), &Request { command_line: &with(&[&format!("epochs={value}")]), ..Request::default() });
        let environment = [("DSC_EPOCHS".to_owned(), value.to_owned())];
        let variable = faults(&stock(), &Request { environment: &environment, ..Request::default() });
        let codes = |list: &[Diagnostic]| list.iter().map(|d| d.code.0).collect::<Vec<_>>();
        assert_eq!((codes(&file), codes(&line), codes(&variable)), (vec![code], vec![code], vec![code]), "{value}");
        assert_eq!(line[0].message, format!("{} (`--with epochs={value}`)", file[0].message));
        assert_eq!(variable[0].message, format!("{} (environment variable `DSC_EPOCHS`)", file[0].message));
        assert!(file[0].primary.is_some() && line[0].primary.is_none() && line[0].fix.is_none());
    }
}

#[test]
fn every_fault_is_told_at_its_place_with_a_remedy() {
    let program = program(
        "recipe x {
  epocs = 3
  batch = 1.5
  lr = 1e-3
  decay = liner
  optimizer = adam(lrr: 1e-3, lr: 0, betas: [0.9, 1], 3)
  warmup = 3 epoches
  seeds = 0
  accumulate = \"16\"
  max_tokens = 129
  clip = -1
  select = min acc_7
}
recipe y { optimizer = adm(lr: 1e-3) }
",
    );
    let list = faults(&program, &named("x"));
    let messages: Vec<_> =
        list.iter().map(|d| format!("{} {}; {}", d.code, d.message, d.help.as_deref().unwrap_or(""))).collect();
    assert!(list.iter().all(|d| d.primary.is_some() && d.help.is_some()), "{list:#?}");
    let expected = [
        "E0901 there is no recipe key `epocs`; did you mean `epochs`?",
        "E0902 `batch` takes a whole number from 1 to 1048576, found 1.5; for example `batch = 16`",
        "E0901 there is no recipe key `lr`; did you mean `optimizer.lr`?",
        "E0902 `decay` takes linear or none, found the name `liner`; did you mean `linear`?",
        "E0901 `adam` has no setting `lrr`; did you mean `lr`?",
        "E0902 `optimizer.lr` takes a number above 0, found 0; for example",
        "E0902 `optimizer.betas` takes two numbers from 0 to below 1, found [0.9, 1]; for example",
        "E0902 the arguments of `adam` are named; write",
        "E0902 `warmup` takes a whole number of epochs or steps (`10 epochs`), or a fraction from 0 to 1 (`0.1 fraction`), found `3 epoches`; did you mean `epochs`?",
        "E0902 `seeds` takes a whole number from 1 to 1048576, found 0; for example",
        "E0902 `accumulate` takes a whole number from 1 to 1048576, found the text \"16\"; write `accumulate = 16`",
        "E0902 `max_tokens` takes a whole number from 3 to 128, found 129; for example",
        "E0902 `clip` takes a number above 0, or none, found -1; for example",
        "E0963 the metric family regression has no metric `acc_7`; its metrics are mae, corr, mse",
    ];
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
    for (messages, expected) in messages.iter().zip(expected) {
        assert!(messages.starts_with(expected), "{messages}\n{expected}");
    }
    // A file's own check finds the same, and what is wrong with recipes that nobody trains by; but for the metric, which
    // some family might have.
    let checked = check_recipes(&program, &["y"]);
    assert_eq!(checked.len(), expected.len() + 1, "{checked:#?}");
    assert!(checked.iter().any(|d| d.help.as_ref().is_some_and(|h| h.starts_with("did you mean `adam`?"))));
}

#[test]
fn faults_of_the_command_line_name_the_option() {
    let command_line = with(&["epochs=many", "epoch=3", "epochs=4 *", "epochs=", "warmup=10", "encoder="]);
    let list = faults(&stock(), &Request { command_line: &command_line, ..Request::default() });
    let messages: Vec<_> = list.iter().map(|d| d.to_string()).collect();
    let find = |start: &str| {
        messages.iter().find(|t| t.starts_with(start)).unwrap_or_else(|| panic!("{start}: {messages:#?}"))
    };
    find("[E0902] `epochs` takes a whole number from 1 to 1048576, found the name `many` (`--with epochs=many`)");
    assert!(find("[E0901] there is no recipe key `epoch`").contains("did you mean `epochs`?"));
    assert!(find("[E0102]").contains("(`--with epochs=4 *`)"));
    assert!(find("[E0902] `warmup` takes").ends_with("; write `warmup = 10 epochs`"), "{messages:#?}");
    find("[E0902] `encoder` takes a text, found nothing (`--with encoder=`)");
    assert_eq!(messages.len(), 6, "{messages:#?}");
    assert!(KeyValue::parse("--with", "epochs").is_err());
}

#[test]
fn recipes_that_are_missing_or_inherit_in_a_circle() {
    let list = faults(&stock(), &named("nothing"));
    assert_eq!((list[0].code.0, list[0].message.as_str()), ("E0513", "no recipe `nothing`"));
    assert_eq!(list[0].help.as_deref(), Some("the file's recipes are sims, mosi, mosei"));
    let list = faults(&stock(), &named("mos"));
    assert_eq!(list[0].help.as_deref(), Some("did you mean `mosi`? the file's recipes are sims, mosi, mosei"));
    assert_eq!(faults(&program(""), &named("x"))[0].help.as_deref(), Some("the file has no recipes"));
    // Whichever of a circle is looked up, it is one fault.
    let circle = program("recipe a = b {}\nrecipe b = a {}\nrecipe c = b {}\n");
    let messages = ["a", "b", "c"].map(|name| faults(&circle, &named(name)));
    assert_eq!((messages[0][0].code.0, messages[0].len()), ("E0513", 1));
    assert_eq!(messages[0][0].message, "recipes `a`, `b` inherit from each other");
    assert!(messages[0] == messages[1] && messages[1] == messages[2], "{messages:#?}");
    // No recipe of the data's name is no fault: the defaults hold.
    let r = resolve(&stock(), &Request { data: Some("mine"), ..Request::default() }).unwrap();
    let expected = Settings { standardize: Standardize::Train, ..Settings::default() };
    assert_eq!((r.recipe, r.settings), (None, expected));
}

#[test]
fn choosing_the_worst_epoch_is_warned_of() {
    let r = resolve(&program("recipe x { select = max mae }\n"), &named("x")).unwrap();
    assert_eq!(r.warnings[0].help.as_deref(), Some("write `select = min mae`"));
    assert!(r.warnings[0].primary.is_some());
}

#[test]
fn two_classes_are_selected_by_their_accuracy() {
    let text = "recipe x { family = binary }\nrecipe y = x { select = max auc }\nrecipe z = x { select = min mae }\n";
    let select = |name: &str| resolve(&program(text), &named(name)).map(|r| r.settings.select.to_string());
    assert_eq!((select("x").unwrap().as_str(), select("y").unwrap().as_str()), ("max acc2", "max auc"));
    let fault = select("z").unwrap_err().remove(0);
    assert_eq!(fault.help.as_deref(), Some("its metrics are acc2, f1, auc"));
}

/// The value of every key that differs from its default.
const ODD: &[(&str, &str)] = &[
    ("epochs", "2"),
    ("batch", "8"),
    ("accumulate", "3"),
    ("optimizer", "adamw(lr: 1e-1, encoder_lr: 0e0, weight_decay: 0.1, betas: [0.8, 0.99], eps: 1e-6)"),
    ("warmup", "0.25 fraction"),
    ("decay", "linear"),
    ("clip", "0.5"),
    ("select", "max corr"),
    ("seeds", "5"),
    ("seed", "2"),
    ("encoder", "a folder/b"),
    ("class", "round"),
    ("family", "mosi"),
    ("standardize", "train"),
    ("nonfinite", "zero"),
    ("max_tokens", "50"),
    ("padding", "front"),
    ("precision", "bf16"),
    ("recompute", "blocks"),
];

fn set(settings: &[(&str, String)]) -> Settings {
    let setting =
        |(key, value): &(&str, String)| KeyValue { option: "--with".into(), key: (*key).into(), value: value.clone() };
    let line: Vec<_> = settings.iter().map(setting).collect();
    resolve(&stock(), &Request { command_line: &line, ..Request::default() }).unwrap().settings
}

#[test]
fn settings_are_given_again_by_their_keys() {
    let odd = set(&ODD.iter().map(|(k, v)| (*k, (*v).to_owned())).collect::<Vec<_>>());
    let given = odd.keys();
    let given_text: Vec<_> = given.iter().map(|(k, v)| (*k, v.as_str())).collect();
    assert_eq!(
        given_text.as_slice(),
        ODD,
        "ODD in this file has for every key, in the order of KEYS, a value that is not the default"
    );
    let usual = Settings::default().keys();
    let same: Vec<_> = given.iter().filter(|pair| usual.contains(pair)).collect();
    assert!(same.is_empty(), "ODD in this file has defaults: {same:?}");
    assert_eq!(set(&given), odd);
    assert_eq!(set(&Settings::default().keys()), Settings::default());
}

/// Every leaf of the saved settings, with its path.
fn leaves(path: &str, value: &serde_json::Value, found: &mut Vec<(String, serde_json::Value)>) {
    match value {
        serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| leaves(&format!("{path}.{k}"), v, found)),
        other => found.push((path.to_owned(), other.clone())),
    }
}

#[test]
fn every_setting_has_a_key() {
    let of = |settings: &Settings| {
        let mut found = Vec::new();
        leaves("settings", &serde_json::to_value(settings).unwrap(), &mut found);
        found
    };
    let odd = set(&ODD.iter().map(|(k, v)| (*k, (*v).to_owned())).collect::<Vec<_>>());
    let (default, odd) = (of(&Settings::default()), of(&odd));
    for (path, value) in &default {
        let reached = odd.iter().find(|(p, _)| p == path).is_none_or(|(_, other)| other != value);
        assert!(reached, "no key of KEYS gives `{path}`; a key that is new needs a value in ODD too");
    }
}

#[test]
fn keys_are_named_once_and_their_examples_and_defaults_are_right() {
    for (i, key) in KEYS.iter().enumerate() {
        assert!(KEYS.iter().take(i).all(|other| other.name != key.name), "{}", key.name);
        let example = key.example.strip_prefix(&format!("{} = ", key.name)).unwrap();
        set(&[(key.name, example.trim_matches('"').to_owned())]);
        assert!(check_recipes(&program(&format!("recipe x {{ {} }}\n", key.example)), &[]).is_empty(), "{}", key.name);
        assert!(!key.default().is_empty() && !key.takes().is_empty() && !key.text.ends_with('.'), "{}", key.name);
    }
    let shown = |name: &str| Key::find(name).unwrap();
    assert_eq!(
        (shown("max_tokens").takes(), shown("max_tokens").default()),
        ("a whole number from 3 to 128".into(), "128".into())
    );
    assert_eq!(shown("optimizer.eps").default(), "1e-8");
    assert_eq!(shown("optimizer").default(), "adam(lr: 1e-3)");
    assert_eq!(shown("optimizer.lr").variable(), "DSC_OPTIMIZER_LR");
    assert!(shown("optimizer").explanation().contains("--with 'optimizer=adam(lr: 5e-5)'"));
}

#[test]
fn numbers_that_weights_of_32_bits_do_not_hold_are_refused() {
    let of = |entry: &str| {
        let program = program(&format!("recipe x {{ {entry} }}\n"));
        let request = named("x");
        resolve(&program, &request).err().unwrap_or_default()
    };
    let (eps, lr) = ("optimizer.eps = 1e-300", "optimizer.lr = 1e39");
    for entry in [eps, "optimizer.eps = 0", lr, "optimizer.weight_decay = 1e39", "clip = 1e300"] {
        let found = of(entry);
        assert_eq!(found.iter().map(|d| d.code.0).collect::<Vec<_>>(), ["E0902"], "{entry}");
    }
    assert!(of(eps)[0].message.starts_with("`optimizer.eps` = 1e-300 is too small"), "{:?}", of(eps));
    for entry in ["optimizer.eps = 4e-18", "optimizer.lr = 1e-30", "clip = 1e38"] {
        assert!(of(entry).is_empty(), "{entry}");
    }
    // Set from outside it says by what.
    let keys = [KeyValue::parse("--with", "optimizer.eps=1e-30").unwrap()];
    let found = resolve(&program("recipe x {}\n"), &Request { command_line: &keys, ..named("x") }).unwrap_err();
    assert!(found[0].message.starts_with("`--with optimizer.eps=1e-30`: `optimizer.eps` = 1e-30"), "{found:?}");
}

#[test]
fn a_metric_of_an_output_that_the_model_lacks_is_a_fault() {
    let recipes = program("recipe x { select = min arousal.mae }\n");
    assert!(check_recipes(&recipes, &["valence", "arousal"]).is_empty());
    assert!(check_recipes(&recipes, &[]).is_empty(), "the outputs are not known");
    let faults = check_recipes(&recipes, &["valence", "arousal_2"]);
    let [fault] = faults.as_slice() else { panic!("{faults:#?}") };
    assert_eq!((fault.code.0, fault.primary.is_some()), ("E0963", true));
    assert_eq!(fault.message, "`select = min arousal.mae`: the model has no output for `arousal`");
    assert!(fault.help.as_ref().unwrap().contains("did you mean `arousal_2`"), "{fault:?}");
}
