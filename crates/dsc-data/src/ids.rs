//! The ids of samples, as in the file: numbers are never converted to a float that could round them.

use super::budget::Input;
use super::pickle::{Kind, NdArray, Value};

/// Longest integer that is an id, in bytes: decimal digits take time quadratic in the length.
const MAX_INTEGER: usize = 64;

/// Separator between the parts of an id: `video$_$clip`.
const JOINT: &str = "$_$";

/// One id per sample: a text, a number or a list of parts (`[video, clip]`).
///
/// # Errors
/// The reason, for a message that begins with the place.
pub(super) fn read_ids(value: Value<'_>, n: usize, input: Input<'_>) -> Result<Vec<String>, String> {
    let count = |found: usize| match found == n {
        true => Ok(()),
        false => Err(format!("{found} ids where the split has {n} samples")),
    };
    let items = match value {
        Value::Array(array) => {
            count(array.shape.first().copied().unwrap_or(0))?;
            return of_array(array, n, input.bytes).ok_or_else(|| "bytes that are not text".to_owned());
        }
        Value::Objects(objects) => {
            count(objects.shape.first().copied().unwrap_or(0))?;
            // `[N, 2]` of video and clip.
            let per = objects.items.len() / n.max(1);
            let one = |i: usize| {
                let parts = (0..per).map(|j| part(objects.items.get(i * per + j)?, input));
                parts.collect::<Option<Vec<String>>>().map(|parts| parts.join(JOINT))
            };
            return each(n, one);
        }
        Value::List(items) | Value::Tuple(items) => items,
        other => return Err(format!("expected one id per sample, found {}", other.kind())),
    };
    count(items.len())?;
    each(n, |i| {
        let item = items.get(i)?;
        match item.as_items() {
            Some(parts) => parts.iter().map(|p| part(p, input)).collect::<Option<Vec<_>>>().map(|p| p.join(JOINT)),
            None => part(item, input),
        }
    })
}

fn each(n: usize, one: impl Fn(usize) -> Option<String>) -> Result<Vec<String>, String> {
    (0..n).map(|i| one(i).ok_or_else(|| format!("the id of sample {i} is neither text nor a number"))).collect()
}

fn of_array(array: &NdArray, n: usize, bytes: &[u8]) -> Option<Vec<String>> {
    let view = array.view(bytes);
    let per = array.len() / n.max(1);
    let written = |at: usize| match array.dtype.kind {
        Kind::Unicode | Kind::Bytes => view.text(at),
        _ => view.decimal(at),
    };
    let one = |i: usize| (0..per).map(|j| written(i * per + j)).collect::<Option<Vec<_>>>();
    (0..n).map(|i| one(i).map(|parts| parts.join(JOINT))).collect()
}

/// A text, or a number in decimal digits. An array of one item is the same as the item.
fn part(value: Value<'_>, Input { bytes, budget }: Input<'_>) -> Option<String> {
    if !budget.spend(1 + value.as_str().map_or(0, str::len)) {
        return None;
    }
    match value {
        Value::Int(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Float(x) => Some(x.to_string()),
        Value::BigInt(digits) => (digits.len() <= MAX_INTEGER).then(|| big_decimal(digits)),
        Value::Array(array) if array.len() == 1 => of_array(array, 1, bytes)?.pop(),
        other => other.as_str().map(str::to_owned),
    }
}

/// A little-endian integer in two's complement, in decimal digits.
fn big_decimal(bytes: &[u8]) -> String {
    let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
    let mut carry = u16::from(negative);
    let mut rest: Vec<u8> = bytes
        .iter()
        .map(|b| {
            if !negative {
                return *b;
            }
            let sum = u16::from(!*b) + carry;
            carry = sum >> 8;
            (sum & 0xff) as u8
        })
        .collect();
    let mut digits = Vec::new();
    while rest.iter().any(|b| *b != 0) {
        let mut remainder = 0u32;
        for byte in rest.iter_mut().rev() {
            let here = remainder << 8 | u32::from(*byte);
            *byte = (here / 10) as u8;
            remainder = here % 10;
        }
        digits.push(char::from_digit(remainder, 10).unwrap_or('0'));
    }
    if digits.is_empty() {
        digits.push('0');
    }
    if negative {
        digits.push('-');
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::big_decimal;

    #[test]
    fn integers_of_any_size_are_written_in_digits() {
        assert_eq!(big_decimal(&[]), "0");
        assert_eq!(big_decimal(&[0, 0, 0, 0, 0, 0, 0, 0, 1]), "18446744073709551616");
        assert_eq!(big_decimal(&[0xff; 9]), "-1");
        assert_eq!(big_decimal(&[0, 0, 0, 0, 0, 0, 0, 0x80]), "-9223372036854775808");
        assert_eq!(
            big_decimal(&u128::MAX.to_le_bytes().iter().copied().chain([0]).collect::<Vec<_>>()),
            u128::MAX.to_string()
        );
    }
}
