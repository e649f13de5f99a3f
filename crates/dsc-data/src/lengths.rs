//! Which of the stored frames of a stream are valid: their number, and on which side padding is.
//!
//! The lengths that a file gives decide (`audio_lengths`, `audio_length`, `audio_lens`, `audio_len`); else, for `text`, the mask
//! row of `text_bert`; else frames at the ends whose features are all zero are padding. All-zero frames between others are valid:
//! so the readers of MMSA have it, which cut a sequence at its ends only. Lists of frames of different length are stored without
//! padding, and without given lengths they are used as they are.
//!
//! Padding is behind the frames unless a recipe says `padding = front`, or the frames themselves say so: in most samples that
//! are shorter than the array the first frame is zero and the last is not. MMSA-FET (`padding_location = "start"`) and the files
//! of MulT are padded in front. The samples of all splits decide together: [`look`] at each, then [`side`], then [`place`].

use super::stream::{LengthSource, Stream, ZeroLengths};
use super::token_ids::TokenIds;
use dsc_recipe::Padding;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::{E0606, E0617};

/// Endings of keys that hold the lengths of a stream, the usual one first.
pub(super) const SUFFIXES: [&str; 4] = ["_lengths", "_length", "_lens", "_len"];

/// Endings of keys that hold masks of the valid frames of a stream.
pub(super) const MASKS: [&str; 3] = ["_mask", "_padding_mask", "_attention_mask"];

/// The lengths that a file gives for a stream.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// Their key.
    pub key: String,
    /// One per sample.
    pub values: Vec<f32>,
}

/// What a file says of the frames of a stream.
pub(super) struct Known<'x> {
    /// Given lengths.
    pub given: Option<&'x Given>,
    /// The mask of the tokens, for `text`.
    pub tokens: Option<&'x TokenIds>,
    /// The ids of the samples.
    pub ids: &'x [String],
}

/// The side of the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    End,
    Front,
}

/// How many samples look as if they were padded in front or behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Votes {
    front: usize,
    end: usize,
    /// Number of samples that could show it.
    of: usize,
    /// Id of the first sample that looks padded in front.
    first: Option<String>,
    /// Whether lengths are given.
    given: bool,
}

impl Votes {
    fn add(&mut self, id: Option<&String>, front: bool, end: bool) {
        self.of += 1;
        if front && !end {
            self.front += 1;
            if self.first.is_none() {
                self.first = id.cloned();
            }
        }
        self.end += usize::from(end && !front);
    }

    /// The votes of another split on top.
    pub(super) fn join(&mut self, other: &Votes) {
        self.front += other.front;
        self.end += other.end;
        self.of += other.of;
        self.given |= other.given;
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }
}

/// The valid frames of each sample, but for the side of the padding.
#[derive(Clone, Debug)]
pub(super) enum Frames {
    /// (first, number) of each sample: the side does not matter.
    Blocks(Vec<(u32, u32)>),
    /// The number of valid frames of each sample, given by the file.
    Counts(Vec<u32>, Votes),
    /// The number of zero frames in front and behind; none for a sample of zeros.
    Margins(Vec<Option<(u32, u32)>>, Votes),
}

impl Frames {
    /// What the samples say of the side of the padding.
    pub(super) fn votes(&self) -> Votes {
        match self {
            Frames::Blocks(_) => Votes::default(),
            Frames::Counts(_, votes) | Frames::Margins(_, votes) => votes.clone(),
        }
    }
}

/// Looks at a stream whose `lengths` are the numbers of stored frames, and sets how its lengths are known. Warnings are added to
/// `warnings`.
///
/// # Errors
/// `E0606` for given lengths that are not counts.
pub(super) fn look(
    stream: &mut Stream,
    known: &Known<'_>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Frames, Diagnostic> {
    let whole = |stream: &Stream| Frames::Blocks(stream.lengths.iter().map(|n| (0, *n)).collect());
    if stream.length_source == LengthSource::Single {
        if let Some(given) = known.given.filter(|g| g.values.iter().any(|n| *n != 1.0)) {
            let what = format!("`{}` is not used: each sample is one vector, not a sequence", given.key);
            warnings.push(warning(stream, &what, "remove the key, or store a sequence [T, f] per sample"));
        }
        return Ok(whole(stream));
    }
    if let Some(given) = known.given {
        stream.length_source = LengthSource::Given;
        given_lengths(stream, given, known, warnings)
    } else if let Some(tokens) = known.tokens.filter(|t| of_mask(stream, t, warnings)) {
        stream.length_source = LengthSource::TokenMask;
        Ok(mask(stream, tokens, known.ids, warnings))
    } else if stream.length_source == LengthSource::Ragged {
        Ok(whole(stream))
    } else {
        Ok(zero_frames(stream, known))
    }
}

fn warning(stream: &Stream, what: &str, help: &str) -> Diagnostic {
    Diagnostic::warning(E0606, format!("{}: {what}", stream.place)).help(help)
}

/// Sets the valid frames; returns a warning about samples without any, which keep one.
pub(super) fn place(stream: &mut Stream, frames: Frames, side: Side, ids: &[String]) -> Option<Diagnostic> {
    let stored = std::mem::take(&mut stream.lengths);
    let blocks: Vec<(u32, u32)> = match frames {
        Frames::Blocks(blocks) => blocks,
        Frames::Counts(counts, _) => counts
            .iter()
            .zip(&stored)
            .map(|(count, stored)| match side {
                Side::End => (0, *count),
                // A sample without frames is its last one, which exists also where nothing is stored.
                Side::Front => (stored.saturating_sub((*count).max(1)), *count),
            })
            .collect(),
        Frames::Margins(margins, _) => margins
            .iter()
            .zip(&stored)
            .map(|(margins, stored)| match (margins, side) {
                // Of a sample of zeros, frame 0 is valid.
                (None, _) => (0, 1),
                (Some((_, end)), Side::End) => (0, stored.saturating_sub(*end)),
                (Some((front, _)), Side::Front) => (*front, stored.saturating_sub(*front)),
            })
            .collect(),
    };
    let mut empty = blocks.iter().zip(ids).filter(|((_, n), _)| *n == 0).map(|(_, id)| id);
    stream.zero_lengths = empty.next().map(|first| ZeroLengths { samples: 1 + empty.count(), first: first.clone() });
    let in_front = blocks.iter().any(|(first, _)| *first > 0);
    stream.firsts = if in_front { blocks.iter().map(|(first, _)| *first).collect() } else { Vec::new() };
    stream.lengths = blocks.into_iter().map(|(_, n)| n.max(1)).collect();
    stream.zero_lengths.as_ref().map(|zero| {
        let what =
            format!("{} of {} samples have length 0, the first is `{}`", zero.samples, stream.samples(), zero.first);
        warning(
            stream,
            &what,
            "the first frame of each is used as stored; remove these samples or correct their lengths",
        )
    })
}

fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn given_lengths(
    stream: &Stream,
    given: &Given,
    known: &Known<'_>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Frames, Diagnostic> {
    let Given { key, values } = given;
    let stored = &stream.lengths;
    if let Some((at, found)) = values.iter().enumerate().find(|(_, n)| !(0.0..1e9).contains(*n) || n.fract() != 0.0) {
        let what = format!("{}: `{key}` has {found} for sample {at}, which is not a number of frames", stream.place);
        return Err(Diagnostic::error(E0606, what).help("lengths are whole numbers of frames, at least 1"));
    }
    // Counts below 2^24 are exact in f32; longer ones are clipped to the array anyway.
    let beyond = values.iter().zip(stored).filter(|(n, stored)| **n as u32 > **stored).count();
    if beyond > 0 {
        let frames = match stored.iter().all(|n| Some(n) == stored.first()) {
            true => format!("the {} frames of the array", stored.first().copied().unwrap_or(0)),
            false => "the frames that are stored".to_owned(),
        };
        let what = format!("{beyond} of {} lengths in `{key}` exceed {frames}", stream.samples());
        warnings.push(warning(stream, &what, "they are clipped to the frames that are there"));
    }
    let counts: Vec<u32> = values.iter().zip(stored).map(|(n, stored)| (*n as u32).min(*stored)).collect();
    let mut votes = Votes { given: true, ..Votes::default() };
    for (sample, (count, stored)) in counts.iter().zip(stored).enumerate() {
        if (1..*stored).contains(count) {
            let last = index(*stored) - 1;
            votes.add(known.ids.get(sample), stream.is_zero(sample, 0), stream.is_zero(sample, last));
        }
    }
    Ok(Frames::Counts(counts, votes))
}

/// Whether the mask of the tokens is that of the frames; a warning where it is not.
fn of_mask(stream: &Stream, tokens: &TokenIds, warnings: &mut Vec<Diagnostic>) -> bool {
    let stored = &stream.lengths;
    let differs = tokens.spans.iter().zip(stored).position(|(span, stored)| span.positions != *stored);
    if let Some(at) = differs {
        let positions = tokens.spans.get(at).map_or(0, |s| s.positions);
        let frames = stored.get(at).copied().unwrap_or(0);
        let what = format!(
            "the mask in `text_bert` is not used: sample {at} has {positions} tokens there and {frames} frames"
        );
        warnings.push(warning(
            stream,
            &what,
            "padding is found by frames of zeros; add the key `text_lengths` to state it",
        ));
    }
    differs.is_none() && tokens.spans.len() == stored.len()
}

fn mask(stream: &Stream, tokens: &TokenIds, ids: &[String], warnings: &mut Vec<Diagnostic>) -> Frames {
    if let Some((samples, first)) = tokens.holes {
        let id = ids.get(first).map(String::as_str).unwrap_or_default();
        let what = format!("the mask in `text_bert` has zeros between ones in {samples} samples, the first is `{id}`");
        warnings.push(warning(stream, &what, "all frames from the first one of the mask to the last are used"));
    }
    Frames::Blocks(tokens.spans.iter().map(|s| (s.first, s.count)).collect())
}

fn zero_frames(stream: &Stream, known: &Known<'_>) -> Frames {
    let longest = stream.lengths.iter().max().map_or(0, |n| index(*n));
    let mut buffer = vec![0.0; longest.saturating_mul(stream.width)];
    let mut votes = Votes::default();
    let look = |(sample, stored): (usize, &u32)| {
        let frames = buffer.get_mut(..index(*stored).saturating_mul(stream.width)).unwrap_or_default();
        if !stream.fill(sample, 0, frames) {
            return Some((0, 0));
        }
        let is_zero = |frame: &&[f32]| frame.iter().all(|v| *v == 0.0);
        let width = stream.width.max(1);
        let front = frames.chunks_exact(width).take_while(is_zero).count();
        if front == index(*stored) {
            return None;
        }
        let end = frames.rchunks_exact(width).take_while(is_zero).count();
        votes.add(known.ids.get(sample), front > 0, end > 0);
        Some((count(front), count(end)))
    };
    let margins = stream.lengths.iter().enumerate().map(look).collect();
    Frames::Margins(margins, votes)
}

/// The side of the padding of a stream named `place`: as stated, else as the samples of all splits show it; with a warning where
/// that is not plain.
///
/// # Errors
/// `E0617` for padding on either side.
pub(super) fn side(place: &str, votes: &Votes, stated: Padding) -> Result<(Side, Option<Diagnostic>), Diagnostic> {
    let Votes { front, end, of, first, given } = votes;
    match stated {
        Padding::End => return Ok((Side::End, None)),
        Padding::Front => return Ok((Side::Front, None)),
        Padding::Auto => {}
    }
    let id = first.as_deref().unwrap_or_default();
    if *front > 9 * end && front * 2 >= *of {
        let what =
            format!("{place}: padding is in front of the frames in {front} of {of} samples, the first is `{id}`");
        let warning = Diagnostic::warning(E0617, what)
            .help("the last frames of each sample are used; state it with `padding = front` in the recipe");
        return Ok((Side::Front, Some(warning)));
    }
    if front > end && *end > 0 {
        let what = format!(
            "{place}: {front} samples begin with frames of zeros, the first is `{id}`, and {end} end with them, so the side of \
             the padding is not clear"
        );
        return Err(Diagnostic::error(E0617, what).help("state it in the recipe: `padding = front` or `padding = end`"));
    }
    // Behind given lengths there is more than padding; or nothing but the frames themselves tells.
    let warning = (*front > 0 && (*end == 0 || *given)).then(|| {
        let what = format!(
            "{place}: {front} of {of} samples begin with a frame of zeros and do not end with one, the first is `{id}`"
        );
        Diagnostic::warning(E0617, what)
            .help("the first frames are used; if padding is in front, set `padding = front` in the recipe")
    });
    Ok((Side::End, warning))
}
