//! `dsc diff A B`: what differs between two models.

use super::model::{BindArgs, named, open, parse_assignment};
use super::{Exit, Output};
use dsc_analysis::diff::{Style, diff};
use dsc_project::Assignment;

/// `dsc diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A and B are each a .dsl file, a stock model, either with `#VARIANT` behind it, the folder of a
run, or a checkpoint in such a folder. Runs are compiled from the sources saved with them.

  dsc diff dashfusion --variant no_scl           base and variant
  dsc diff dashfusion mine.dsl                   two files
  dsc diff mine.dsl#narrow mine.dsl#wide         two variants
  dsc diff mine.dsl --set-b p=4                  two settings
  dsc diff runs/DashFusion-demo mine.dsl         what was trained and what the file says now

`-` is what the first model has, `+` what the second one has, `~` what both have and is not the
same. Values are compared by name: one counts as changed when it is computed in another way out of
the named values that it reads. -v lists every name and parameter; --format json has all of it.

Exit code: 0 equal (one graph hash), 1 different, 2 wrong usage or a model that does not compile.")]
pub struct Args {
    /// The first model
    #[arg(value_name = "A")]
    a: String,
    /// The second model; the first again if left out
    #[arg(value_name = "B")]
    b: Option<String>,
    /// With one file: compare its base with this variant
    #[arg(long, value_name = "NAME", conflicts_with_all = ["b", "variant_b"])]
    variant: Option<String>,
    /// Variant of the first model
    #[arg(long, value_name = "NAME")]
    variant_a: Option<String>,
    /// Variant of the second model
    #[arg(long, value_name = "NAME")]
    variant_b: Option<String>,
    /// Set a hyper of both models
    #[arg(long = "set", value_name = "HYPER=VALUE", value_parser = parse_assignment)]
    sets: Vec<Assignment>,
    /// Set a hyper of the first model
    #[arg(long = "set-a", value_name = "HYPER=VALUE", value_parser = parse_assignment)]
    sets_a: Vec<Assignment>,
    /// Set a hyper of the second model
    #[arg(long = "set-b", value_name = "HYPER=VALUE", value_parser = parse_assignment)]
    sets_b: Vec<Assignment>,
    #[command(flatten)]
    bind: BindArgs,
}

/// Compares two models.
pub fn run(args: &Args, out: &mut Output) -> Exit {
    let with = |own: &[Assignment]| args.sets.iter().chain(own).cloned().collect::<Vec<_>>();
    let (variant_a, variant_b) = (args.variant_a.as_deref(), args.variant_b.as_deref().or(args.variant.as_deref()));
    let (sets_a, sets_b) = (with(&args.sets_a), with(&args.sets_b));
    if args.b.is_none() && (variant_a, &sets_a) == (variant_b, &sets_b) {
        return out.usage(
            "a model does not differ from itself: give a second one, `--variant NAME` or `--set-b HYPER=VALUE`",
        );
    }
    let bind = args.bind.request();
    let a = named(&args.a, variant_a, &sets_a, out).and_then(|a| open(&a, &bind, out));
    let b = named(args.b.as_deref().unwrap_or(&args.a), variant_b, &sets_b, out).and_then(|b| open(&b, &bind, out));
    // Diagnostics would end with 1, which means `different` here.
    let (Ok(a), Ok(b)) = (a, b) else { return Exit::Usage };
    let difference = diff(&a.side(), &b.side());
    if out.is_json() {
        out.json(&difference);
    } else {
        let style = Style { all: out.args().verbose > 0, color: out.color() };
        out.painted(difference.to_text(style).trim_end());
    }
    if difference.equal { Exit::Done } else { Exit::Different }
}
