//! Formats, by the content of a file.

use dsc_syntax::diag::Diagnostic;
use dsc_syntax::diag::codes::data::E0602;

/// Bytes that are looked at.
const HEAD: usize = 4096;

/// What the content of a file says it is. Names and extensions are never looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// No bytes.
    Empty,
    /// Zeros only, as far as `HEAD` reaches.
    ZeroFilled,
    /// A pickle of protocol 2 to 5. Protocols 0 and 1 have no mark: they are [`Text`](Self::Text) or
    /// [`Unknown`](Self::Unknown) here.
    Pickle,
    /// A pickle with arrays between its instructions.
    Joblib,
    /// A zip that `torch.save` wrote (PyTorch 1.6 and later).
    Torch,
    /// A series of pickles and storages that `torch.save` wrote before PyTorch 1.6.
    TorchLegacy,
    /// A safetensors file.
    Safetensors,
    /// A zip of numpy arrays.
    Npz,
    /// Any other zip.
    Zip,
    /// One numpy array.
    Npy,
    /// Compressed with gzip.
    Gzip,
    /// Compressed with zlib, as joblib does.
    Zlib,
    /// Compressed with bzip2.
    Bzip2,
    /// Compressed with xz.
    Xz,
    /// Compressed with zstd.
    Zstandard,
    /// A tar archive.
    Tar,
    /// HDF5: the `.csd` of the CMU SDK, the `.h5` of Keras, MATLAB since 7.3.
    Hdf5,
    /// MATLAB before 7.3.
    Matlab,
    /// Parquet.
    Parquet,
    /// Arrow or Feather.
    Arrow,
    /// A web page.
    Html,
    /// A pointer that Git LFS leaves in place of a file.
    LfsPointer,
    /// Text that begins as JSON does.
    Json,
    /// Any other text: a table, a program, a pickle of protocol 0.
    Text,
    /// None of these.
    Unknown,
}

/// First bytes of formats, with the offset at which they are.
const MAGIC: &[(usize, &[u8], FileKind)] = &[
    (0, b"\x93NUMPY", FileKind::Npy),
    (0, b"\x1f\x8b", FileKind::Gzip),
    (0, b"BZh", FileKind::Bzip2),
    (0, b"\xfd7zXZ\0", FileKind::Xz),
    (0, b"\x28\xb5\x2f\xfd", FileKind::Zstandard),
    (257, b"ustar", FileKind::Tar),
    (0, b"\x89HDF\r\n\x1a\n", FileKind::Hdf5),
    (0, b"MATLAB 5.0", FileKind::Matlab),
    (0, b"PAR1", FileKind::Parquet),
    (0, b"ARROW1", FileKind::Arrow),
    (0, b"PK\x03\x04", FileKind::Zip),
    (0, b"PK\x05\x06", FileKind::Zip),
];

/// First words of formats that are text, in lower case, behind white space.
const WORDS: &[(&str, FileKind)] = &[
    ("version https://git-lfs", FileKind::LfsPointer),
    ("<!doctype html", FileKind::Html),
    ("<html", FileKind::Html),
    ("<?xml", FileKind::Html),
    ("<head", FileKind::Html),
    ("{", FileKind::Json),
    ("[", FileKind::Json),
];

impl FileKind {
    /// The kind of a file with this content. Looks at the first few kilobytes.
    pub fn of(bytes: &[u8]) -> FileKind {
        let head = bytes.get(..HEAD).unwrap_or(bytes);
        if head.is_empty() {
            return FileKind::Empty;
        }
        if head.iter().all(|b| *b == 0) {
            return FileKind::ZeroFilled;
        }
        // The length of a safetensors header may begin with the byte that begins a pickle, so this comes first: no pickle has
        // zeros where the high bytes of that length are.
        if is_safetensors(head) {
            return FileKind::Safetensors;
        }
        if let [0x80, 2..=5, rest @ ..] = head {
            return if rest.starts_with(TORCH_MAGIC) {
                FileKind::TorchLegacy
            } else if contains(head, b"joblib.numpy_pickle") {
                FileKind::Joblib
            } else {
                FileKind::Pickle
            };
        }
        let magic = MAGIC.iter().find(|(at, magic, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
        match magic {
            Some((.., FileKind::Zip)) => zip(head),
            Some((.., kind)) => *kind,
            None if is_zlib(head) => FileKind::Zlib,
            None => text(head),
        }
    }

    /// What it is, with an article: "an HTML page".
    pub fn title(self) -> &'static str {
        match self {
            FileKind::Empty => "an empty file",
            FileKind::ZeroFilled => "filled with zeros",
            FileKind::Pickle => "a pickle",
            FileKind::Joblib => "a file of joblib",
            FileKind::Torch => "a PyTorch file (`torch.save`)",
            FileKind::TorchLegacy => "a PyTorch file in the format before 1.6 (`torch.save`)",
            FileKind::Safetensors => "a safetensors file",
            FileKind::Npz => "an .npz archive of numpy arrays",
            FileKind::Zip => "a zip archive",
            FileKind::Npy => "an .npy file with one numpy array",
            FileKind::Gzip => "compressed with gzip",
            FileKind::Zlib => "compressed with zlib",
            FileKind::Bzip2 => "compressed with bzip2",
            FileKind::Xz => "compressed with xz",
            FileKind::Zstandard => "compressed with zstd",
            FileKind::Tar => "a tar archive",
            FileKind::Hdf5 => "an HDF5 file",
            FileKind::Matlab => "a MATLAB file",
            FileKind::Parquet => "a Parquet table",
            FileKind::Arrow => "an Arrow table",
            FileKind::Html => "an HTML page",
            FileKind::LfsPointer => "a Git LFS pointer, not the file itself",
            FileKind::Json => "a JSON text",
            FileKind::Text => "a text, such as a CSV table",
            FileKind::Unknown => "of an unknown format",
        }
    }

    /// How to get the file itself, where this is not what anybody means to use.
    pub fn recovery(self) -> Option<&'static str> {
        Some(match self {
            FileKind::Empty | FileKind::ZeroFilled => "the download or copy did not finish: get the file again",
            FileKind::Html => {
                "the server sent a web page instead of the file, mostly one to sign in or to confirm: download it in a browser"
            }
            FileKind::LfsPointer => "fetch the content with `git lfs pull` in the folder that it was cloned to",
            FileKind::Gzip => "unpack it: `gzip -dc FILE > NEW`",
            FileKind::Bzip2 => "unpack it: `bzip2 -dc FILE > NEW`",
            FileKind::Xz => "unpack it: `xz -dc FILE > NEW`",
            FileKind::Zstandard => "unpack it: `zstd -dc FILE > NEW`",
            FileKind::Zip => "unpack it: `unzip FILE`",
            FileKind::Tar => "unpack it: `tar -xf FILE`",
            _ => return None,
        })
    }

    /// The error for a feature file that is no pickle.
    pub fn not_a_pickle(self, name: &str) -> Diagnostic {
        let write = |read: &str| {
            format!(
                "{read}, and write `{{\"train\": {{\"audio\": array, ..}}, \"valid\": .., \"test\": ..}}` with `pickle.dump`"
            )
        };
        let help = match (self.recovery(), self) {
            (Some(recovery), _) => recovery.to_owned(),
            (_, FileKind::Joblib | FileKind::Zlib) => {
                "load it with `joblib.load` and write it with `pickle.dump`".to_owned()
            }
            (_, FileKind::Torch | FileKind::TorchLegacy) => {
                "load it with `torch.load` and write it with `pickle.dump`, tensors as numpy arrays (`x.numpy()`)"
                    .to_owned()
            }
            (_, FileKind::Npz | FileKind::Npy) => write("load it with `numpy.load`"),
            (_, FileKind::Hdf5) => write("read it with h5py (a `.csd` with the CMU-Multimodal SDK) as numpy arrays"),
            (_, FileKind::Matlab) => write("read it with `scipy.io.loadmat`"),
            (_, FileKind::Parquet | FileKind::Arrow) => write("read it with pandas, columns with `.to_numpy()`"),
            (_, FileKind::Safetensors) => write("read it with `safetensors.numpy.load_file`"),
            _ => write("read it in Python into numpy arrays, one row per sample"),
        };
        Diagnostic::error(E0602, format!("`{name}` is not a pickle: it is {}", self.title())).help(help)
    }
}

/// Behind the protocol: the number 0x1950a86a20f9469cfc6c as a pickle.
const TORCH_MAGIC: &[u8] = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The length of the header in 8 bytes, then its JSON (<https://github.com/huggingface/safetensors#format>). The length is at most
/// 100 MB.
fn is_safetensors(head: &[u8]) -> bool {
    match head {
        [a, b, c, d, 0, 0, 0, 0, rest @ ..] => {
            let length = u32::from_le_bytes([*a, *b, *c, *d]);
            (2..=100_000_000).contains(&length) && rest.first() == Some(&b'{')
        }
        _ => false,
    }
}

/// By the name of the first file in it.
fn zip(head: &[u8]) -> FileKind {
    let length = head.get(26..28).and_then(|n| n.first_chunk()).map_or(0, |n| usize::from(u16::from_le_bytes(*n)));
    let name = head.get(30..30 + length).unwrap_or_default();
    if name.ends_with(b".npy") {
        FileKind::Npz
    } else if name.ends_with(b"/data.pkl") || name == b"data.pkl" {
        FileKind::Torch
    } else {
        FileKind::Zip
    }
}

fn is_zlib(head: &[u8]) -> bool {
    match head {
        // The checksum of the two bytes excludes most texts that begin with an `x`; the third byte excludes the others.
        [0x78, level, next, ..] => {
            (0x7800 + u16::from(*level)).is_multiple_of(31) && !(level.is_ascii_graphic() && next.is_ascii())
        }
        _ => false,
    }
}

fn text(head: &[u8]) -> FileKind {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    // A character may be cut at the end.
    let valid = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(e) if head.len() - e.valid_up_to() < 4 => {
            head.get(..e.valid_up_to()).and_then(|head| std::str::from_utf8(head).ok())
        }
        Err(_) => None,
    };
    let Some(text) = valid.filter(|t| !t.chars().any(|c| c.is_control() && !c.is_whitespace())) else {
        return FileKind::Unknown;
    };
    let start: String = text.trim_start().chars().take(32).flat_map(char::to_lowercase).collect();
    WORDS.iter().find(|(word, _)| start.starts_with(word)).map_or(FileKind::Text, |(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_their_first_bytes() {
        let zip = |name: &str| {
            let mut head = b"PK\x03\x04".to_vec();
            head.resize(26, 0);
            head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            head.extend([0, 0]);
            head.extend(name.bytes());
            head
        };
        let tar = [&[b'a'; 257][..], b"ustar\x0000"].concat();
        let cases: &[(&[u8], FileKind)] = &[
            (b"", FileKind::Empty),
            (&[0; 9000], FileKind::ZeroFilled),
            (b"\x80\x04\x95\x10\0\0\0\0\0\0\0}", FileKind::Pickle),
            (b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M", FileKind::TorchLegacy),
            (b"\x80\x03cjoblib.numpy_pickle\nNumpyArrayWrapper\n", FileKind::Joblib),
            (&zip("archive/data.pkl"), FileKind::Torch),
            (&zip("audio.npy"), FileKind::Npz),
            (&zip("readme.txt"), FileKind::Zip),
            (b"\x93NUMPY\x01\0", FileKind::Npy),
            (b"\x1f\x8b\x08\x08", FileKind::Gzip),
            (b"\x78\x9c\xed\xd9", FileKind::Zlib),
            (b"xylophone,a\n", FileKind::Text),
            (b"BZh91AY", FileKind::Bzip2),
            (b"\xfd7zXZ\0\0", FileKind::Xz),
            (b"\x28\xb5\x2f\xfd\x04", FileKind::Zstandard),
            (&tar, FileKind::Tar),
            (b"\x89HDF\r\n\x1a\n\0", FileKind::Hdf5),
            (b"PAR1\x15", FileKind::Parquet),
            (b"  <!DOCTYPE html><html>", FileKind::Html),
            (b"\xef\xbb\xbf<html lang=en>", FileKind::Html),
            (b"version https://git-lfs.github.com/spec/v1\n", FileKind::LfsPointer),
            (b"{\"a\": 1}", FileKind::Json),
            ("id,text\n1,schön\n".as_bytes(), FileKind::Text),
            (b"(dp0\nVa\np1\n", FileKind::Text),
            (b"\x07\x01\x02", FileKind::Unknown),
        ];
        for (bytes, kind) in cases {
            assert_eq!(FileKind::of(bytes), *kind, "{:?}", &bytes[..bytes.len().min(24)]);
        }
    }

    /// Every length of a safetensors header, also one that begins as a pickle of any protocol does.
    #[test]
    fn a_header_length_is_no_pickle() {
        for length in [0x80u64, 0x180, 0x280, 0x380, 0x480, 0x580, 0x70, 0x1_0480, 100_000_000] {
            let file = [&length.to_le_bytes()[..], b"{\"__metadata__\":{}}"].concat();
            assert_eq!(FileKind::of(&file), FileKind::Safetensors, "{length:#x}");
        }
        assert_ne!(FileKind::of(b"\xff\xff\xff\xff\0\0\0\0{"), FileKind::Safetensors);
    }

    #[test]
    fn each_kind_has_a_remedy_of_its_own() {
        for (kind, word) in [
            (FileKind::LfsPointer, "git lfs pull"),
            (FileKind::Gzip, "gzip -dc"),
            (FileKind::Hdf5, "h5py"),
            (FileKind::Torch, "torch.load"),
            (FileKind::Joblib, "joblib.load"),
            (FileKind::Text, "numpy arrays"),
        ] {
            let fault = kind.not_a_pickle("x.pkl");
            assert!(fault.message.contains(kind.title()), "{fault}");
            assert!(fault.help.as_deref().unwrap_or_default().contains(word), "{fault}");
        }
    }
}
