//! The optimiser of a recipe: which weights it trains, with which learning rate and decay.

use std::collections::BTreeSet;

use dsc_graph::{Graph, Op, ParamId};
use dsc_recipe::Settings;
use dsc_runtime::{Optimizer, OptimizerSettings, ParamGroup, ParamStore, Rate};
use dsc_syntax::diag::Diagnostic;
use indexmap::IndexMap;

/// The parameters that are the weight of a linear map. Weight decay applies to these only, not to biases, norms, embedding tables,
/// positions and learned rows.
fn linear_weights(graph: &Graph) -> BTreeSet<ParamId> {
    let maps = graph.nodes().flat_map(|(id, _)| graph.linear_maps(id));
    let weights = maps.filter_map(|map| graph.node(map.weight));
    weights.filter_map(|n| if let Op::Param(id) = n.op { Some(id) } else { None }).collect()
}

/// The optimiser of a recipe; weight decay applies to [`linear_weights`]. An encoder with learning rate 0 is frozen.
pub(crate) fn optimizer(graph: &Graph, store: &mut ParamStore, settings: &Settings) -> Result<Optimizer, Diagnostic> {
    let o = &settings.optimizer;
    if o.encoder_lr == Some(0.0) {
        for param in graph.params.iter().filter(|p| p.encoder.is_some()) {
            store.set_trains(&param.path, false)?;
        }
    }
    let constants = OptimizerSettings {
        algorithm: o.kind,
        beta1: o.betas.0,
        beta2: o.betas.1,
        eps: o.eps,
        weight_decay: o.weight_decay,
    };
    let decaying = linear_weights(graph);
    let groups: IndexMap<&str, ParamGroup> = graph
        .params
        .iter()
        .enumerate()
        .filter(|(_, p)| store.trains(&p.path))
        .map(|(index, p)| {
            let rate = match o.encoder_lr {
                Some(lr) if p.encoder.is_some() => Rate::Separate(lr),
                _ => Rate::Factor(1.0),
            };
            (p.path.as_str(), ParamGroup { rate, decay: decaying.contains(&ParamId(index as u32)) })
        })
        .collect();
    Ok(Optimizer::new(store, constants, |path| groups.get(path).copied()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dsc_language::lower::{Options, compile};
    use dsc_language::sema::program::Program as Source;
    use dsc_syntax::source::MemoryWorld;

    #[test]
    fn only_weights_of_linear_maps_decay() {
        let text = r#"
use std::{Linear, LayerNorm, mse}
input audio : Seq<audio>[Ta, fa]
label y     : Real
model M {
  let start = learned(rows: 1, width: 8)
  let a = concat(start, audio |> Linear(out: 8) |> LayerNorm())
  let score = mean(a) |> Linear(out: 1) |> scalar()
  output score for y
  loss prediction = mse(score, target: y)
}
"#;
        let world = MemoryWorld::new().with("m.dsl", text);
        let program = Source::load(&world, "m.dsl").program.unwrap();
        let compiled = compile(&program, &Options::default());
        let graph = compiled.graph.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics.into_sorted()));
        let decaying = linear_weights(&graph);
        let paths = |wanted: bool| -> Vec<&str> {
            let params = graph.params.iter().enumerate();
            let chosen = params.filter(|(i, _)| decaying.contains(&ParamId(*i as u32)) == wanted);
            chosen.map(|(_, p)| p.path.as_str()).collect()
        };
        assert_eq!(paths(true).len(), 2, "{:?}", paths(true));
        assert!(paths(true).iter().all(|p| p.ends_with("weight")), "{:?}", paths(true));
        // Two biases, weight and bias of the norm, the learned row.
        assert_eq!(paths(false).len(), 5, "{:?}", paths(false));
    }
}
