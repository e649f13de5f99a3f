//! How events are shown: a bar and lines on a terminal, plain lines in a pipe, warnings alone with `--quiet`.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Output;
use dsc_experiment::events::{BatchDone, EpochRecord, Notice, Plan, Reporter};
use dsc_experiment::notice::counted;
use dsc_syntax::diag::{Diagnostic, printable};
use dsc_syntax::source::SourceMap;

/// Without a terminal, a line within a long epoch at most this often.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// Shows what happens on an [`Output`].
pub(super) struct Progress<'a> {
    out: &'a mut Output,
    /// Of the seed that is being trained, on a terminal.
    bar: Option<ProgressBar>,
    plan: Option<Plan>,
    began: Instant,
    last_line: Instant,
    started_samples: usize,
}

impl<'a> Progress<'a> {
    /// Nothing is shown yet.
    pub(super) fn new(out: &'a mut Output) -> Progress<'a> {
        let now = Instant::now();
        Progress { out, bar: None, plan: None, began: now, last_line: now, started_samples: 0 }
    }

    fn say(&mut self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(printable(text)),
            None => self.out.note(text),
        }
    }

    fn remaining(&self, done: u64) -> String {
        let Some(plan) = &self.plan else { return String::new() };
        let total = plan.epochs * plan.batches;
        let each = self.began.elapsed().as_secs_f64() / done.max(1) as f64;
        clock(each * total.saturating_sub(done) as f64)
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.ended();
    }
}

impl Reporter for Progress<'_> {
    fn started(&mut self, plan: &Plan) {
        self.plan = Some(plan.clone());
        self.began = Instant::now();
        self.last_line = self.began;
        self.started_samples = 0;
        let on = std::io::stderr().is_terminal() && !self.out.args().quiet;
        self.bar = on.then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
        if let Some(bar) = &self.bar {
            bar.set_length(plan.epochs * plan.batches);
            if let Ok(style) = ProgressStyle::with_template("{prefix} [{bar:30}] {msg}") {
                bar.set_style(style.progress_chars("=> "));
            }
        }
        let encoder = match plan.encoder_parameters {
            0 => String::new(),
            n => format!(", {n} of them in the text encoder"),
        };
        self.say(&format!(
            "seed {}: {}{encoder}; {}, {} of {}",
            plan.seed,
            counted(plan.parameters, "parameter"),
            counted(plan.samples as u64, "sample"),
            counted(plan.epochs, "epoch"),
            if plan.batches == 1 { "1 batch".to_owned() } else { format!("{} batches", plan.batches) }
        ));
    }

    fn busy(&mut self, what: &str) {
        if let Some(bar) = &self.bar
            && !what.is_empty()
        {
            bar.set_message(what.to_owned());
        }
    }

    fn batch(&mut self, done: &BatchDone) {
        let Some(plan) = &self.plan else { return };
        let position = done.epoch * plan.batches + done.batch;
        self.started_samples = done.epoch as usize * plan.samples + done.samples;
        let rate = self.started_samples as f64 / self.began.elapsed().as_secs_f64().max(1e-9);
        let text = format!("{}  {rate:.0} samples/s, {} left", terms(&done.losses), self.remaining(position));
        let prefix = format!("epoch {}/{}", done.epoch + 1, plan.epochs);
        match &self.bar {
            Some(bar) => {
                bar.set_position(position);
                bar.set_prefix(prefix);
                bar.set_message(text);
            }
            None if self.last_line.elapsed() > LINE_EVERY => {
                self.last_line = Instant::now();
                let of = plan.batches;
                self.say(&format!("{prefix}, batch {}/{of}: {text}", done.batch));
            }
            None => {}
        }
    }

    fn epoch(&mut self, record: &EpochRecord) {
        self.last_line = Instant::now();
        let Some(plan) = &self.plan else { return };
        let (metrics, name) = match &plan.output {
            None => (Some(&record.valid), plan.metric.clone()),
            Some(label) => (record.outputs.get(label), format!("{} of {label}", plan.metric)),
        };
        let valid = match metrics.and_then(|m| m.get(&plan.metric)).copied().flatten() {
            Some(value) => format!("valid {name} {value:.4}"),
            None => format!("valid {name} undefined"),
        };
        let absent: usize = record.without_companions.values().sum();
        let line = format!(
            "epoch {}/{}  {}  {valid}{}{}  {:.1} s, {} left",
            record.epoch + 1,
            plan.epochs,
            terms(&record.losses),
            if record.best { " (best)" } else { "" },
            if absent > 0 { format!("  ({absent} anchors without companions)") } else { String::new() },
            record.seconds,
            self.remaining((record.epoch + 1) * plan.batches)
        );
        self.say(&line);
    }

    fn ended(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn notice(&mut self, notice: &Notice) {
        self.say(&notice.to_string());
    }

    fn warnings(&mut self, list: &[Diagnostic], sources: &SourceMap) {
        self.out.remarks(list, sources);
    }
}

/// `train loss: prediction 0.3125`, `train losses: prediction 0.3012, contrast 0.0113`: means over the epoch so far.
fn terms(losses: &IndexMap<String, f64>) -> String {
    let one = |(name, value): (&String, &f64)| format!("{name} {value:.4}");
    let all = losses.iter().map(one).collect::<Vec<_>>().join(", ");
    match losses.len() {
        1 => format!("train loss: {all}"),
        _ => format!("train losses: {all}"),
    }
}

/// `1:02:03`, `2:03`.
fn clock(seconds: f64) -> String {
    let s = seconds.round().max(0.0) as u64;
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn losses_are_called_losses() {
        let losses = |all: &[(&str, f64)]| super::terms(&all.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect());
        assert_eq!(losses(&[("prediction", 0.25)]), "train loss: prediction 0.2500");
        let two = losses(&[("prediction", 0.25), ("contrast", 1.0)]);
        assert_eq!(two, "train losses: prediction 0.2500, contrast 1.0000");
    }

    #[test]
    fn times_read_as_clocks() {
        assert_eq!([0.4, 62.0, 3723.0].map(super::clock), ["0:00", "1:02", "1:02:03"]);
    }
}
