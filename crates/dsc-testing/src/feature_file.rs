//! Feature files as people make them with Python's `pickle`: dictionaries and lists of texts and numbers.
#![allow(dead_code, reason = "each program uses a part")]

use std::path::Path;

/// A Python value.
#[derive(Clone, Debug)]
pub enum Py {
    Text(String),
    Int(i32),
    Float(f64),
    List(Vec<Py>),
    Dict(Vec<(&'static str, Py)>),
}

impl Py {
    pub fn texts(of: &[&str]) -> Py {
        Py::List(of.iter().map(|t| Py::Text((*t).to_owned())).collect())
    }

    pub fn ints(of: &[i32]) -> Py {
        Py::List(of.iter().map(|n| Py::Int(*n)).collect())
    }

    pub fn floats(of: &[f64]) -> Py {
        Py::List(of.iter().map(|x| Py::Float(*x)).collect())
    }

    /// Sequences of these lengths, `width` features each, whose values differ.
    pub fn sequences(lengths: &[usize], width: usize) -> Py {
        let value = |s: usize, t: usize, f: usize| ((s * 7 + t * 3 + f * 5) % 11) as f64 / 5.0 - 1.0;
        let frame = |s, t| Py::List((0..width).map(|f| Py::Float(value(s, t, f))).collect());
        let sample = |(s, n): (usize, &usize)| Py::List((0..*n).map(|t| frame(s, t)).collect());
        Py::List(lengths.iter().enumerate().map(sample).collect())
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Py::Text(text) => {
                out.push(b'X');
                out.extend((text.len() as u32).to_le_bytes());
                out.extend(text.as_bytes());
            }
            Py::Int(n) => {
                out.push(b'J');
                out.extend(n.to_le_bytes());
            }
            Py::Float(x) => {
                out.push(b'G');
                out.extend(x.to_be_bytes());
            }
            Py::List(items) => {
                out.extend(b"](");
                items.iter().for_each(|item| item.write(out));
                out.push(b'e');
            }
            Py::Dict(entries) => {
                out.extend(b"}(");
                for (key, value) in entries {
                    Py::Text((*key).to_owned()).write(out);
                    value.write(out);
                }
                out.push(b'u');
            }
        }
    }

    /// Writes it as a pickle of protocol 2.
    pub fn dump(&self, path: &Path) {
        let mut bytes = vec![0x80, 2];
        self.write(&mut bytes);
        bytes.push(b'.');
        std::fs::write(path, bytes).unwrap();
    }
}
