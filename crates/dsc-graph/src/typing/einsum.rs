//! The rule of `einsum`.

use super::{Outcome, Rule, TypeFault};
use crate::Einsum;
use crate::dims::Dim;
use crate::types::{Modality, TensorType, Time};
use dsc_syntax::diag::codes::types as code;

/// What a letter stands for.
struct Axis {
    letter: char,
    dim: Dim,
    /// The operand that it was met in first.
    operand: usize,
    /// The stream, where it is the time of one.
    modality: Option<Modality>,
}

impl Axis {
    /// Whether it can be nothing but a time axis.
    fn ragged(&self) -> bool {
        self.modality.is_some() && self.dim.as_const().is_none()
    }
}

fn fault(message: String) -> TypeFault {
    TypeFault::new(code::E0308, message)
}

/// The formula without one of its letters.
fn without_letter(spec: &Einsum, letter: char) -> String {
    let text = |letters: &[char]| letters.iter().filter(|l| **l != letter).collect::<String>();
    let operands: Vec<String> = spec.operands().iter().map(|letters| text(letters)).collect();
    format!("{}->{}", operands.join(","), text(spec.result()))
}

impl Rule<'_> {
    pub(super) fn einsum(&self, spec: &Einsum) -> Outcome {
        let (said, given) = (spec.operands().len(), self.args.len());
        if said != given {
            let operands = if given == 1 { "operand" } else { "operands" };
            return Err(fault(format!("`einsum` got {given} {operands}, \"{spec}\" has {said}"))
                .help("letters of the operands are parted by commas"));
        }
        let mut axes: Vec<Axis> = Vec::new();
        for (i, letters) in spec.operands().iter().enumerate() {
            self.operand_axes(spec, i, letters, &mut axes)?;
        }
        self.einsum_result(spec, &axes)
    }

    /// Adds the axes of one operand, which must agree with those before.
    fn operand_axes(&self, spec: &Einsum, i: usize, letters: &[char], axes: &mut Vec<Axis>) -> Result<(), TypeFault> {
        let x = self.tensor(i)?;
        let dims: Vec<&Dim> = x.axes().collect();
        if dims.len() != letters.len() {
            let text: String = letters.iter().collect();
            let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
            let fault = fault(format!(
                "`einsum`: {x} has {}, \"{text}\" has {}",
                match dims.len() {
                    1 => "1 axis".to_owned(),
                    n => format!("{n} axes"),
                },
                count(letters.len(), "letter")
            ))
            .operand(i);
            // A letter too many that comes first here and in the result is that of the batch.
            let batch = letters.first().filter(|l| letters.len() == dims.len() + 1 && spec.result().first() == Some(l));
            if let Some(batch) = batch {
                return Err(fault.help(format!(
                    "a program describes one sample, without an axis of the batch: \"{}\"",
                    without_letter(spec, *batch)
                )));
            }
            return Err(match &x.time {
                Some(_) => fault.help("time is the first axis of a sequence and has a letter too"),
                None => fault.help("every axis of an operand has a letter; a Real has none"),
            });
        }
        for (n, (letter, dim)) in letters.iter().zip(dims).enumerate() {
            let modality = x.time.as_ref().filter(|_| n == 0).map(|t| t.modality.clone());
            let Some(known) = axes.iter_mut().find(|a| a.letter == *letter) else {
                axes.push(Axis { letter: *letter, dim: dim.clone(), operand: i, modality });
                continue;
            };
            if self.eq.same(&known.dim, dim) {
                known.modality = known.modality.take().or(modality);
                continue;
            }
            let first = self.tensor(known.operand)?;
            let message = format!("`einsum`: letter `{letter}` is {} in {first} and {dim} in {x}", known.dim);
            return Err(if known.modality.is_some() || modality.is_some() {
                TypeFault::new(code::E0302, message)
                    .help("a length equals nothing but the same variable; give each axis its own letter")
            } else {
                TypeFault::new(code::E0301, message).help(match (known.dim.as_const(), dim.as_const()) {
                    (Some(_), Some(_)) => {
                        "axes of one letter have one size: give them two letters, or project with `|> Linear(out: ..)`"
                            .to_owned()
                    }
                    _ => format!("`{}` and `{dim}` cannot be shown to be equal; project with `|> Linear(out: ..)`, or state `where {} == {dim}`", known.dim, known.dim),
                })
            }
            .operand(i));
        }
        Ok(())
    }

    fn einsum_result(&self, spec: &Einsum, axes: &[Axis]) -> Outcome {
        let result: Vec<&Axis> = spec.result().iter().filter_map(|l| axes.iter().find(|a| a.letter == *l)).collect();
        let times: Vec<&Axis> = result.iter().copied().filter(|a| a.ragged()).collect();
        if let [first, second, ..] = times.as_slice() {
            return Err(fault(format!(
                "`einsum`: the result of \"{spec}\" has two lengths, `{}` is {} and `{}` is {}",
                first.letter, first.dim, second.letter, second.dim
            ))
            .help("a value has one time axis: sum over the other letter; weights of rows for rows are `attention`"));
        }
        if let Some(time) = times.first()
            && result.first().is_none_or(|a| a.letter != time.letter)
        {
            return Err(fault(format!(
                "`einsum`: letter `{}` of \"{spec}\" is the time of {} and is not first in the result",
                time.letter,
                self.tensor(time.operand)?
            ))
            .help("time is the first axis of a sequence"));
        }
        let dims: Vec<Dim> = result.iter().map(|a| a.dim.clone()).collect();
        match (result.split_first(), dims.split_first()) {
            (Some((Axis { modality: Some(modality), .. }, rest)), Some((len, dims))) if !rest.is_empty() => {
                Ok(TensorType {
                    time: Some(Time { modality: modality.clone(), len: len.clone() }),
                    dims: dims.to_vec(),
                }
                .into())
            }
            (Some((time, _)), _) if time.ragged() => Err(fault(format!(
                "`einsum`: the result of \"{spec}\" is a sequence without an axis beside its time `{}`",
                time.letter
            ))
            .help("let an axis of 1 stand in the result: `reshape(v, shape: [d, 1])` gives \"td,de->te\"")),
            _ => Ok(TensorType { time: None, dims }.into()),
        }
    }
}
