//! The memory of a training's steps, by simulation: with the lengths of the samples where the data are there, else with the longest.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use dsc_analysis::step::{Cutting, LengthsOf, PartRows, StepEstimate, StepMemory, StepRows, Target, cut, parts};
use dsc_analysis::{Memory, MemoryPlan, Summary};
use dsc_data::{Reads, Split, Table, batch};
use dsc_experiment::retrieval::{Matrix, Pools, Settings as PoolSettings, classes, search};
use dsc_graph::dims::{Atom, Dim, DimTable};
use dsc_graph::passes::{self, Pass};
use dsc_graph::recompute::Parts;
use dsc_graph::types::Type;
use dsc_graph::{Graph, Joint};
use dsc_random::Key;
use dsc_recipe::Settings;
use dsc_syntax::diag::Diagnostic;

use crate::check::memory_plan;
use crate::session::Session;

/// Steps that are simulated where samples differ in length: the first of the first epoch.
const STEPS: usize = 8;

/// Numbers of the vectors by which companions are found.
const RANDOM_WIDTH: usize = 16;

/// A model whose steps are simulated.
pub struct StepModel<'a> {
    /// As it is written: it says how many parts there are.
    written: &'a Graph,
    /// As it is run.
    run: Graph,
    /// What is computed again on the way back.
    again: Option<Parts>,
    dims: &'a DimTable,
    summary: Summary,
    trained: Vec<bool>,
    plan: MemoryPlan,
    seed: u64,
    target: Target,
    /// For each time axis the length of every training sample, or one for all of them.
    lengths: BTreeMap<String, Vec<i64>>,
    samples: usize,
    known: LengthsOf,
    /// Companions of every training sample, for each declaration, as random vectors find them; empty without data.
    pools: Vec<Pools>,
}

impl<'a> StepModel<'a> {
    /// With the longest lengths of the data, of which `samples` are for training.
    ///
    /// # Errors
    /// `E1005` if a pass breaks the graph, which is a bug in `dsc`.
    pub fn of(
        written: &'a Graph,
        dims: &'a DimTable,
        settings: &Settings,
        passes: &[Pass],
        target: Target,
        samples: usize,
    ) -> Result<StepModel<'a>, Diagnostic> {
        let frozen = settings.optimizer.encoder_lr == Some(0.0);
        let run = passes::run(written, passes, Some(dims))?;
        let trained = run.trained_params().into_iter().zip(&run.params);
        let lengths = dims.max_lengths.iter().map(|(name, n)| (name.clone(), vec![*n]));
        Ok(StepModel {
            trained: trained.map(|(trains, p)| trains && !(frozen && p.encoder.is_some())).collect(),
            again: settings.recompute.parts(&run),
            run,
            written,
            dims,
            summary: Summary::of(written),
            plan: memory_plan(settings),
            seed: settings.seed,
            target,
            lengths: lengths.collect(),
            samples,
            known: LengthsOf::Longest,
            pools: Vec::new(),
        })
    }

    /// With the lengths of the training split.
    ///
    /// # Errors
    /// As [`of`](Self::of); `E0605` if the data have no training split.
    pub fn of_session(session: &'a Session, passes: &[Pass], target: Target) -> Result<StepModel<'a>, Diagnostic> {
        let table = session.dataset.split(Split::Train)?;
        let settings = &session.resolved.settings;
        let mut model = Self::of(&session.graph, &session.dims, settings, passes, target, table.len)?;
        for decl in Reads::of(&session.graph).inputs {
            let Some(Atom::Length { name, .. }) = decl.ty.len().and_then(Dim::as_atom) else { continue };
            let of_tokens = || session.texts.as_ref()?.ids.get(&Split::Train);
            let lens: Option<Vec<i64>> = match &decl.ty {
                Type::Tokens { .. } => of_tokens().map(|ids| ids.iter().map(|ids| ids.len() as i64).collect()),
                Type::Tensor(_) => {
                    table.streams.get(&decl.key).map(|s| (0..table.len).map(|i| s.len_of(i) as i64).collect())
                }
            };
            if let Some(lens) = lens.filter(|lens| lens.len() == table.len) {
                model.lengths.insert(name.clone(), lens);
            }
        }
        model.known = LengthsOf::Samples;
        model.pools = pools(session, table)?;
        Ok(model)
    }

    /// Steps with batches of that size; the recipe's if none. None where a dim has no number.
    pub fn estimate(&self, batch: Option<u64>) -> Option<StepEstimate> {
        let batch = usize::try_from(batch.unwrap_or(self.plan.batch)).ok()?;
        let anchors = batch.min(self.samples).max(1);
        let count = parts(self.written, self.dims, anchors, self.target);
        let plan = MemoryPlan { batch: batch as u64, ..self.plan };
        let fixed = Memory::of(&self.summary, self.dims, plan)?.fixed();
        let batches: Vec<Vec<usize>> = match self.known {
            LengthsOf::Longest => vec![(0..anchors).collect()],
            LengthsOf::Samples => {
                let whole =
                    batch::epoch(self.samples, anchors, self.seed, 0).into_iter().filter(|b| b.len() == anchors);
                whole.take(STEPS).collect()
            }
        };
        let joint = Joint::of(&self.run);
        let joins = joint.any() && joint.joins();
        let cutting = Cutting { parts: count, joins, reads_batch: joint.reads_batch() };
        let steps: Vec<StepRows> = batches
            .iter()
            .map(|anchors| {
                let parts = cutting.ranges(anchors.len());
                if parts.len() == 1 {
                    return StepRows { parts: vec![self.rows(anchors)], shards: false };
                }
                let whole = Rc::new(self.rows(anchors));
                let ranges = parts.clone();
                let rows = |range| self.rows(anchors.get::<Range<usize>>(range).unwrap_or_default());
                let part = |range| PartRows { part_of: Some(Rc::clone(&whole)), ..rows(range) };
                let parts: Vec<PartRows> = parts.into_iter().map(part).collect();
                if !cutting.in_shards(|| whole.samples, || parts.iter().map(|part| part.samples).sum()) {
                    return StepRows { parts, shards: false };
                }
                let known = PartRows { part_of: Some(Rc::clone(&whole)), ..PartRows::clone(&whole) };
                let others = cut(whole.samples - whole.anchors, ranges.len());
                let others = others.into_iter().map(|r| r.start + whole.anchors..r.end + whole.anchors);
                let others = others.chain(std::iter::repeat(0..0));
                let shards = ranges.into_iter().zip(others).map(|(anchors, others)| known.shard(anchors, others));
                StepRows { parts: shards.collect(), shards: true }
            })
            .collect();
        let alone = steps.iter().all(|step| step.parts.len() > 1 && !step.shards);
        let memory = StepMemory::of(&self.run, self.dims, &self.trained, self.again.as_ref(), self.target, &steps)?;
        Some(StepEstimate {
            batch: anchors,
            parts: count.min(anchors),
            steps: steps.len(),
            lengths: self.known,
            fixed,
            above: memory.above(),
            per_thread: if alone { memory.part } else { 0 },
        })
    }

    /// Samples of the training split; no batch is larger.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The largest batch whose training fits into so many bytes, on one thread, at most all samples; 0 where not even one anchor does, none
    /// where a dim has no number.
    pub fn largest_batch(&self, bytes: u64) -> Option<u64> {
        self.estimate(Some(1))?;
        let most = self.samples as u64;
        let fits = |batch| self.estimate(Some(batch)).is_some_and(|e| e.total() <= bytes);
        let (mut good, mut bad) = (0, 1);
        while bad <= most && fits(bad) {
            (good, bad) = (bad, 2 * bad);
        }
        let mut bad = bad.min(most + 1);
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            if fits(middle) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Some(good)
    }

    /// Anchors with their companions, each sample once.
    fn rows(&self, anchors: &[usize]) -> PartRows {
        let mut samples = anchors.to_vec();
        let mut places: BTreeMap<usize, usize> = anchors.iter().enumerate().map(|(row, s)| (*s, row)).collect();
        let mut companions = Vec::new();
        for (at, declaration) in self.run.companions.iter().enumerate() {
            let (pos, neg) = (declaration.pos, declaration.near + declaration.far);
            let mut drawn = [vec![Vec::new(); pos], vec![Vec::new(); neg]];
            for anchor in anchors {
                let found = self.companions(at, *anchor, pos + neg);
                let [positives, negatives] = &mut drawn;
                for (i, column) in positives.iter_mut().chain(negatives).enumerate() {
                    let sample = found.get(i).copied().unwrap_or(*anchor);
                    column.push(*places.entry(sample).or_insert_with(|| {
                        samples.push(sample);
                        samples.len() - 1
                    }));
                }
            }
            companions.push(drawn);
        }
        let of = |lens: &Vec<i64>| {
            samples.iter().map(|s| lens.get(*s).or(lens.first()).copied().unwrap_or(1)).collect::<Vec<i64>>()
        };
        let lengths = self.lengths.iter().map(|(name, lens)| (name.clone(), of(lens))).collect();
        PartRows { anchors: anchors.len(), samples: samples.len(), lengths, companions, part_of: None }
    }

    /// The companions of an anchor, positives first; without data other samples for each anchor, or of ranks the first and the last
    /// ones, of which about every other fits an anchor.
    fn companions(&self, declaration: usize, anchor: usize, count: usize) -> Vec<usize> {
        let Some(pools) = self.pools.get(declaration) else {
            let ranks = self.run.companions.get(declaration).filter(|c| c.ranks.is_some());
            let first = (anchor + 1) * (self.run.companions.len() * (count + 1)) + declaration * count;
            let sample = |i: usize| match ranks {
                None => first + i,
                Some(c) => {
                    let (end, key) = (usize::from(i >= c.pos + c.near), Key::new(self.seed).with(anchor as u64));
                    let among = 2 * c.pool.max(1);
                    (2 * declaration + end) * among + (key.word(i as u64) % among as u64) as usize
                }
            };
            return (0..count).map(|i| self.samples + sample(i)).collect();
        };
        let drawn = pools.draw(self.seed, 0, anchor as u32);
        match drawn.present {
            true => drawn.pos.iter().chain(&drawn.neg).map(|s| *s as usize).collect(),
            false => Vec::new(),
        }
    }
}

/// Companions for each declaration, by vectors of random numbers: which samples are similar is known only when the model has weights.
/// Where the real vectors lie closer together, more anchors share their companions, and a step takes less.
fn pools(session: &Session, table: &Table) -> Result<Vec<Pools>, Diagnostic> {
    let mut all = Vec::new();
    let reads = Reads::of(&session.graph);
    for declaration in &session.graph.companions {
        let Some(label) = reads.labels.iter().find(|label| label.name == declaration.class) else { continue };
        let labels = table.label(&label.key, &format!("label `{}`", label.name))?;
        let classes = classes(session.resolved.settings.class, &labels)?;
        let mut data = vec![0.0f32; classes.len() * RANDOM_WIDTH];
        let key = Key::new(session.resolved.settings.seed).with("memory").with(declaration.name.as_str());
        key.fill_normal(0.0, 1.0, &mut data);
        let wanted = PoolSettings {
            pos: declaration.pos,
            near: declaration.near,
            far: declaration.far,
            pool: declaration.pool,
            ranks: declaration.ranks,
        };
        all.push(search(&[Matrix { data: &data, width: RANDOM_WIDTH }], &classes, wanted)?);
    }
    Ok(all)
}
