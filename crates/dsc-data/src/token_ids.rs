//! Token ids that a feature file holds ready: the key `text_bert`, per sample three rows of ids, attention mask and segments.

use super::budget::Input;
use super::cells::Samples;
use super::pickle::Value;
use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0606;

/// The key of token ids in a feature file.
pub const TOKEN_IDS: &str = "text_bert";

/// Token ids of a split, without padding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenIds {
    /// For each sample the ids from the first to the last position whose mask is not 0.
    ids: Vec<Vec<u32>>,
    /// First of these positions, their number, and the number of all positions.
    pub(super) spans: Vec<Span>,
    /// Samples whose mask has zeros between ones: their number, and the index of the first.
    pub(super) holes: Option<(usize, usize)>,
    /// `file, split.text_bert`, for messages.
    place: String,
}

/// Positions of one sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// The first position whose mask is not 0.
    pub first: u32,
    /// The number of positions from there to the last one.
    pub count: u32,
    /// The number of positions with padding.
    pub positions: u32,
}

impl TokenIds {
    /// Reads the value of the key: an array, an array of objects or a list, `[N, 3, T]` or `[N, T, 3]`, `T` possibly of each
    /// sample's own. `one` if the value is that of the only sample.
    ///
    /// # Errors
    /// The reason, if it has another form or number of samples, or ids that are not whole numbers from 0 on.
    pub(super) fn read(
        value: Value<'_>,
        n: usize,
        one: bool,
        input: Input<'_>,
        place: &str,
    ) -> Result<TokenIds, String> {
        let samples = if one { Some(Samples::One(value)) } else { Samples::of(value) };
        let samples = samples.ok_or_else(|| format!("expected an array [N, 3, T], found {}", value.kind()))?;
        if samples.len() != n {
            return Err(format!("{} samples where the split has {n}", samples.len()));
        }
        let mut all = Vec::with_capacity(n);
        for (i, cell) in samples.iter().enumerate() {
            let mut values = Vec::new();
            let shape = cell.numbers(input, &mut values).map_err(|found| format!("sample {i} holds {found}"))?;
            all.push((shape, values));
        }
        let rows_first = all.iter().all(|(shape, _)| matches!(shape.as_slice(), [3, _]));
        let mut found = TokenIds { place: place.to_owned(), ..TokenIds::default() };
        for (i, (shape, values)) in all.iter().enumerate() {
            let positions = match shape.as_slice() {
                [3, positions] if rows_first => *positions,
                [positions, 3] if !rows_first => *positions,
                other => {
                    return Err(format!("sample {i} has the shape {other:?}, expected [3, T]: ids, mask, segments"));
                }
            };
            let at = |row: usize, position: usize| {
                let index = if rows_first { row * positions + position } else { position * 3 + row };
                values.get(index).copied().unwrap_or(0.0)
            };
            let valid = |position: &usize| at(1, *position) != 0.0;
            let first = (0..positions).find(valid).unwrap_or(0);
            let end = (0..positions).rfind(valid).map_or(0, |last| last + 1);
            if (first..end).any(|p| !valid(&p)) {
                let (count, sample) = found.holes.unwrap_or((0, i));
                found.holes = Some((count + 1, sample));
            }
            // An empty mask leaves the first position, as a length of 0 does.
            let ids = (first..end.max(1).min(positions)).map(|p| whole(at(0, p)));
            let ids: Option<Vec<u32>> = ids.collect();
            found.ids.push(ids.ok_or_else(|| format!("sample {i} has a token id that is no whole number from 0 on"))?);
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let span = Span { first: count(first), count: count(end - first), positions: count(positions) };
            found.spans.push(span);
        }
        Ok(found)
    }

    /// The ids of each sample, at most `most` of them, for an encoder with `vocab` embeddings; and how many samples were cut. A
    /// cut sample keeps its last id, which is that of `[SEP]`.
    ///
    /// # Errors
    /// `E0606` for an id that has no embedding, with its sample.
    pub fn take(&self, most: usize, vocab: usize) -> Result<(Vec<Vec<u32>>, usize), Diagnostic> {
        let mut cut = 0;
        let mut all = self.ids.clone();
        for (sample, ids) in all.iter_mut().enumerate() {
            if let Some(id) = ids.iter().find(|id| usize::try_from(**id).is_ok_and(|id| id >= vocab)) {
                let message = format!(
                    "{}: sample {sample} has the token id {id}, the text encoder has {vocab} embeddings",
                    self.place
                );
                return Err(Diagnostic::error(E0606, message)
                    .help("use the text encoder whose tokeniser made the ids, or add `raw_text`"));
            }
            if ids.len() > most {
                cut += 1;
                let last = ids.last().copied();
                ids.truncate(most);
                if let (Some(slot), Some(last)) = (ids.last_mut(), last) {
                    *slot = last;
                }
            }
        }
        Ok((all, cut))
    }
}

/// An id that f32 holds exactly.
fn whole(value: f32) -> Option<u32> {
    ((0.0..16_777_216.0).contains(&value) && value.fract() == 0.0).then_some(value as u32)
}
