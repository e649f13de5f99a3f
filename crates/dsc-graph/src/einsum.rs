//! Which axes meet in an `einsum`: `"td,de->te"`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Letters for the axes of every operand, time first, and of the result. A letter that the result lacks is summed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Einsum {
    operands: Vec<Vec<char>>,
    result: Vec<char>,
}

/// Why a text says nothing about axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EinsumFault {
    /// What is wrong.
    pub message: String,
    /// What mends it.
    pub help: &'static str,
}

fn fault<T>(message: String, help: &'static str) -> Result<T, EinsumFault> {
    Err(EinsumFault { message, help })
}

impl Einsum {
    /// Reads `"i, j -> ij"`: blanks mean nothing, no letters are the axes of a Real.
    ///
    /// # Errors
    /// There is not one arrow, something is no letter, a letter occurs twice in an operand or in the result, or the
    /// result has one that no operand has.
    pub fn parse(text: &str) -> Result<Einsum, EinsumFault> {
        let parts: Vec<&str> = text.split("->").collect();
        let (operands, result) = match parts.as_slice() {
            [operands, result] => (operands, result),
            [_] => {
                return fault(
                    format!("{text:?} does not say what the result is"),
                    "letters of the operands, an arrow, letters of the result: \"i,j->ij\"",
                );
            }
            _ => return fault(format!("{text:?} has several arrows"), "one arrow, as in \"i,j->ij\""),
        };
        let letters = |part: &str| -> Result<Vec<char>, EinsumFault> {
            let mut found: Vec<char> = Vec::new();
            for letter in part.chars().filter(|c| !c.is_whitespace()) {
                if !letter.is_ascii_alphabetic() {
                    return fault(
                        format!("`{letter}` of {text:?} is no letter"),
                        "every axis has a letter of its own, a to z or A to Z; operands are parted by commas",
                    );
                }
                if found.contains(&letter) {
                    return fault(
                        format!("letter `{letter}` occurs twice in \"{}\"", part.trim()),
                        "every axis of one value has a letter of its own",
                    );
                }
                found.push(letter);
            }
            Ok(found)
        };
        let operands = operands.split(',').map(letters).collect::<Result<Vec<_>, _>>()?;
        let result = letters(result)?;
        if let Some(letter) = result.iter().find(|l| !operands.iter().flatten().any(|known| known == *l)) {
            return fault(
                format!("letter `{letter}` of the result occurs in no operand"),
                "the result has axes of the operands; `repeat` and `append` make new ones",
            );
        }
        Ok(Einsum { operands, result })
    }

    /// The letters of every operand.
    pub fn operands(&self) -> &[Vec<char>] {
        &self.operands
    }

    /// The letters of the result.
    pub fn result(&self) -> &[char] {
        &self.result
    }

    /// The same with letters a, b, .. in the order of their first use, so that names do not matter to a graph.
    #[must_use]
    pub fn canonical(&self) -> Einsum {
        let mut names: BTreeMap<char, char> = BTreeMap::new();
        let mut fresh = ('a'..='z').chain('A'..='Z');
        for letter in self.operands.iter().flatten() {
            if !names.contains_key(letter)
                && let Some(name) = fresh.next()
            {
                names.insert(*letter, name);
            }
        }
        let renamed = |letters: &Vec<char>| letters.iter().map(|l| names.get(l).copied().unwrap_or(*l)).collect();
        Einsum { operands: self.operands.iter().map(renamed).collect(), result: renamed(&self.result) }
    }
}

impl fmt::Display for Einsum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |letters: &Vec<char>| letters.iter().collect::<String>();
        write!(f, "{}->{}", self.operands.iter().map(text).collect::<Vec<_>>().join(","), text(&self.result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_axes() {
        let spec = Einsum::parse(" x, y -> xy ").unwrap();
        assert_eq!(spec.to_string(), "x,y->xy");
        assert_eq!(spec.canonical(), Einsum::parse("i,j->ij").unwrap().canonical());
        assert_ne!(spec.canonical(), Einsum::parse("i,j->ji").unwrap().canonical());
        assert_eq!(Einsum::parse("ti,,tj->t").unwrap().canonical().to_string(), "ab,,ac->a");
        assert_eq!(Einsum::parse("->").unwrap().operands(), [Vec::<char>::new()]);
    }

    #[test]
    fn what_says_nothing_about_axes() {
        let fault = |text: &str| Einsum::parse(text).unwrap_err().message;
        assert_eq!(fault("i,j"), "\"i,j\" does not say what the result is");
        assert_eq!(fault("i->j->k"), "\"i->j->k\" has several arrows");
        assert_eq!(fault("...i->i"), "`.` of \"...i->i\" is no letter");
        assert_eq!(fault("ii->i"), "letter `i` occurs twice in \"ii\"");
        assert_eq!(fault("ij->jj"), "letter `j` occurs twice in \"jj\"");
        assert_eq!(fault("i,j->k"), "letter `k` of the result occurs in no operand");
    }
}
