//! Resolution of settings, on trees built by hand.

use super::*;
use crate::metrics::Family;
use crate::retrieval::ClassRule;
use crate::schedule::{Decay, Warmup};
use dsc_syntax::ast::{Arg, Expr, ExprKind, Ident, Recipe, RecipeEntry, SettingValue};
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::source::{Span, Spanned};

/// Hands out places, so that no two entries share one.
struct Build(usize);

impl Build {
    fn span(&mut self) -> Span {
        self.0 += 10;
        Span::new(self.0, self.0 + 5)
    }
    fn name(&mut self, text: &str) -> Ident {
        Spanned::new(text.into(), self.span())
    }
    fn expr(&mut self, kind: ExprKind) -> Expr {
        Expr { kind, span: self.span() }
    }
    fn key(&mut self, path: &str, kind: ExprKind) -> RecipeEntry {
        let path = path.split('.').map(|p| self.name(p)).collect();
        RecipeEntry::Key { path, value: SettingValue::Expr(self.expr(kind)), span: self.span() }
    }
    fn select(&mut self, minimize: bool, metric: &str) -> RecipeEntry {
        let value = SettingValue::Select { minimize, metric: self.name(metric) };
        RecipeEntry::Key { path: vec![self.name("select")], value, span: self.span() }
    }
    fn warmup(&mut self, amount: f64, unit: &str) -> RecipeEntry {
        let value = SettingValue::Quantity { value: self.expr(ExprKind::Float(amount)), unit: self.name(unit) };
        RecipeEntry::Key { path: vec![self.name("warmup")], value, span: self.span() }
    }
    fn set(&mut self, name: &str, value: i64) -> RecipeEntry {
        RecipeEntry::Set { name: self.name(name), value: self.expr(ExprKind::Int(value)), span: self.span() }
    }
    fn adam(&mut self, settings: &[(&str, f64)]) -> ExprKind {
        let callee = Box::new(self.expr(ExprKind::Name("adam".into())));
        let args = settings
            .iter()
            .map(|(k, v)| Arg { name: Some(self.name(k)), spread: false, value: self.expr(ExprKind::Float(*v)) })
            .collect();
        ExprKind::Call { callee, args, piped: false }
    }
    fn recipe(&mut self, name: &str, base: Option<&str>, entries: Vec<RecipeEntry>) -> Recipe {
        Recipe { name: self.name(name), base: base.map(|b| self.name(b)), entries }
    }
}

fn stock() -> Vec<Recipe> {
    let mut b = Build(0);
    let adam = b.adam(&[("lr", 5e-5)]);
    let sims = vec![
        b.key("epochs", ExprKind::Int(100)),
        b.key("optimizer", adam),
        b.select(true, "mae"),
        b.key("encoder", ExprKind::Str("bert-base-chinese".into())),
        b.set("layers", 3),
    ];
    let mosi = vec![b.key("encoder", ExprKind::Str("bert-base-uncased".into())), b.warmup(0.1, "fraction")];
    let mosei = vec![b.key("optimizer.lr", ExprKind::Float(2e-5)), b.set("layers", 4), b.set("depth", 3)];
    vec![b.recipe("sims", None, sims), b.recipe("mosi", Some("sims"), mosi), b.recipe("mosei", Some("mosi"), mosei)]
}

fn faults(recipes: &[Recipe], request: &Request<'_>) -> Vec<Diagnostic> {
    resolve(recipes, request).unwrap_err()
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
    let command_line = [
        split_setting("--with", "epochs=3").unwrap(),
        split_setting("--with", "optimizer.encoder_lr = 0").unwrap(),
        split_setting("--with", "encoder=007").unwrap(),
        split_setting("--with", "decay=linear").unwrap(),
        split_setting("--with", "clip=1").unwrap(),
    ];
    let request =
        Request { data: Some("sims"), environment: &environment, command_line: &command_line, ..Request::default() };
    let r = resolve(&stock(), &request).unwrap();
    let s = r.settings;
    assert_eq!((s.epochs, s.optimizer.lr, s.optimizer.encoder_lr), (3, 1e-4, Some(0.0)));
    assert_eq!((s.encoder.as_deref(), s.schedule.decay, s.clip), (Some("007"), Decay::Linear, Some(1.0)));
    assert_eq!(r.origins["epochs"], Origin::CommandLine("--with epochs=3".into()));
    assert_eq!(r.origins["optimizer.lr"], Origin::Environment("DSC_OPTIMIZER_LR".into()));
    let json = serde_json::to_string(&s).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), s);
}

#[test]
fn a_new_optimizer_forgets_the_old_ones_constants() {
    let mut b = Build(0);
    let (first, second) = (b.adam(&[("lr", 1e-2), ("weight_decay", 0.1)]), b.adam(&[("lr", 1e-4)]));
    let base = vec![b.key("optimizer", first), b.key("optimizer.eps", ExprKind::Float(1e-6))];
    let over = vec![b.key("optimizer", second)];
    let recipes = [b.recipe("a", None, base), b.recipe("b", Some("a"), over)];
    let r = resolve(&recipes, &Request { recipe: Some("b"), ..Request::default() }).unwrap();
    assert_eq!(r.settings.optimizer, Optimizer::new(OptimizerKind::Adam, 1e-4));
    assert!(!r.origins.contains_key("optimizer.eps"));
}

#[test]
fn every_fault_is_told_at_its_place_with_a_remedy() {
    let mut b = Build(0);
    let adam = b.adam(&[("lrr", 1e-3)]);
    let entries = vec![
        b.key("epocs", ExprKind::Int(3)),
        b.key("batch", ExprKind::Float(1.5)),
        b.key("lr", ExprKind::Float(1e-3)),
        b.key("decay", ExprKind::Name("liner".into())),
        b.key("optimizer", adam),
        b.warmup(3.0, "epoches"),
        b.key("seeds", ExprKind::Int(0)),
        b.key("optimizer", ExprKind::Name("adm".into())),
        b.select(true, "acc_7"),
    ];
    let recipes = [b.recipe("x", None, entries)];
    let list = faults(&recipes, &Request { recipe: Some("x"), ..Request::default() });
    let told: Vec<_> = list.iter().map(|d| (d.code.0, d.help.clone().unwrap_or_default())).collect();
    assert_eq!(list.len(), 9, "{told:#?}");
    assert!(list.iter().all(|d| d.primary.is_some() && d.help.is_some()), "{list:#?}");
    for expected in [
        ("E0901", "did you mean `epochs`?"),
        ("E0902", "batch = 16"),
        ("E0901", "did you mean `optimizer.lr`?"),
        ("E0902", "did you mean `linear`?"),
        ("E0901", "did you mean `lr`?"),
        ("E0902", "did you mean `epochs`?"),
        ("E0902", "seeds = 5"),
        ("E0902", "did you mean `adam`?"),
        ("E0963", "its metrics are mae, corr, mse"),
    ] {
        let found = told.iter().filter(|(code, help)| *code == expected.0 && help.contains(expected.1)).count();
        assert_eq!(found, 1, "{expected:?} in {told:#?}");
    }
    assert_eq!(list[2].message, "`batch` takes a whole number from 1 on, not `1.5`");
    // A file's own check finds the same, but for the metric, which some family might have.
    let checked = check_recipes(&recipes);
    assert_eq!(checked.len(), 9, "{checked:#?}");
}

#[test]
fn faults_of_the_command_line_name_the_option() {
    let command_line = [split_setting("--with", "epochs=many").unwrap(), split_setting("--with", "epoch=3").unwrap()];
    let list = faults(&[], &Request { command_line: &command_line, ..Request::default() });
    assert_eq!(list[1].message, "`epochs` takes a whole number from 1 on, not `many` (`--with epochs=many`)");
    assert!(list[0].help.as_ref().unwrap().starts_with("did you mean `epochs`?"));
    assert!(split_setting("--with", "epochs").is_err());
}

#[test]
fn recipes_that_are_missing_or_inherit_in_a_circle() {
    let list = faults(&stock(), &Request { recipe: Some("nothing"), ..Request::default() });
    assert_eq!(list[0].code.0, "E0903");
    assert_eq!(list[0].help.as_deref(), Some("the file's recipes are sims, mosi, mosei"));
    let list = faults(&stock(), &Request { recipe: Some("mos"), ..Request::default() });
    assert_eq!(list[0].help.as_deref(), Some("did you mean `mosi`? the file's recipes are sims, mosi, mosei"));
    let mut b = Build(0);
    let recipes = [b.recipe("a", Some("b"), vec![]), b.recipe("b", Some("a"), vec![])];
    assert_eq!(faults(&recipes, &Request { recipe: Some("a"), ..Request::default() })[0].code.0, "E0904");
    let mut b = Build(0);
    let recipes = [b.recipe("a", Some("gone"), vec![]), b.recipe("a", None, vec![])];
    let codes: Vec<_> = check_recipes(&recipes).iter().map(|d| d.code.0).collect();
    assert_eq!(codes, ["E0903", "E0905"]);
    // No recipe of the data's name is no fault: the defaults hold.
    let r = resolve(&stock(), &Request { data: Some("mine"), ..Request::default() }).unwrap();
    let wanted = Settings { standardize: Standardize::Train, ..Settings::default() };
    assert_eq!((r.recipe, r.settings), (None, wanted));
}

#[test]
fn choosing_the_worst_epoch_is_warned_of() {
    let mut b = Build(0);
    let entries = vec![b.select(false, "mae")];
    let recipes = [b.recipe("x", None, entries)];
    let r = resolve(&recipes, &Request { recipe: Some("x"), ..Request::default() }).unwrap();
    assert_eq!(r.warnings[0].help.as_deref(), Some("write `select = min mae`"));
}

#[test]
fn settings_are_given_again_by_their_keys() {
    let recipes = stock();
    let odd = [
        ("optimizer", "adamw(lr: 3e-4, encoder_lr: 0, weight_decay: 0.1, betas: [0.8, 0.99], eps: 1e-6)"),
        ("warmup", "0.25 fraction"),
        ("decay", "linear"),
        ("clip", "0.5"),
        ("select", "max corr"),
        ("class", "round"),
        ("family", "mosi"),
        ("standardize", "train"),
        ("nonfinite", "zero"),
        ("accumulate", "3"),
        ("encoder", "a folder/b"),
    ];
    let of = |settings: &[(&str, String)]| {
        let line: Vec<_> = settings.iter().map(|(k, v)| ("--with".to_owned(), (*k).to_owned(), v.clone())).collect();
        resolve(&recipes, &Request { command_line: &line, ..Request::default() }).unwrap().settings
    };
    let odd = of(&odd.map(|(k, v)| (k, v.to_owned())));
    assert_eq!(of(&odd.keys()), odd);
    assert_eq!(of(&Settings::default().keys()), Settings::default());
    // No key is forgotten; those of the optimizer stand in one.
    let given: Vec<&str> = odd.keys().iter().map(|(k, _)| *k).collect();
    let missing: Vec<&str> = KEYS.iter().map(|k| k.name).filter(|k| !k.contains('.') && !given.contains(k)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A stock model's recipe that is named like a data set scores as the field does on it, and tells classes as its card does.
#[test]
fn stock_recipes_follow_their_data_set() {
    use dsc_data::card::cards;
    use dsc_language::EmbeddedWorld;
    use dsc_language::sema::program::Program;
    use dsc_syntax::source::MemoryWorld;

    for (model, text) in EmbeddedWorld::models() {
        let program = Program::load_text(&MemoryWorld::new(), "m.dsl", text).program.unwrap();
        let recipes: Vec<Recipe> = program.recipes.values().cloned().collect();
        for card in cards() {
            let request = Request { data: Some(card.name), ..Request::default() };
            let resolved = resolve(&recipes, &request).unwrap();
            assert_eq!(resolved.recipe.as_deref(), Some(card.name), "{model} has no recipe {}", card.name);
            let Settings { family, class, .. } = resolved.settings;
            assert_eq!((family, class), (card.family.into(), card.class_rule.into()), "{model}, recipe {}", card.name);
        }
    }
}
