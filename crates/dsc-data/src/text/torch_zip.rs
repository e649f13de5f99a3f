//! PyTorch state dicts: a zip with a pickle of the structure and one entry per storage.
//!
//! `torch.save` writes (since 1.6) `NAME/data.pkl`, `NAME/data/KEY` for every storage, stored without compression, and
//! `NAME/byteorder`
//! ([serialization notes](https://docs.pytorch.org/docs/stable/notes/serialization.html#serialized-file-format-for-torch-save)).
//! The pickle is walked, never executed; storages stay in the mapped file.

use std::io::{Cursor, Read};

use zip::{CompressionMethod, ZipArchive};

use super::entry::{TensorBytes, Tensors, unreadable};
use super::state_dict;
use crate::pickle::Pickle;
use dsc_syntax::diag::Diagnostic;

/// Most bytes that compressed entries may take unpacked, as a multiple of the file; PyTorch itself compresses nothing.
const UNPACKED_PER_FILE: u64 = 16;
/// Unpacked bytes that are always allowed.
const UNPACKED_FREE: u64 = 64 << 20;

/// The tensors of the state dict in the file `map`; `file` is its name for errors.
///
/// # Errors
/// `E0805` for another kind of zip, or one that is damaged; as [`Pickle::parse`] and [`state_dict::tensors`].
pub(super) fn tensors(map: &[u8], file: &str) -> Result<Tensors, Diagnostic> {
    let mut archive = Archive::open(map, file)?;
    let (prefix, pickle) = archive.pickle()?;
    let name = format!("{file}: {prefix}data.pkl");
    let pickle = Pickle::parse(pickle.bytes(map), &name)?;
    pickle.check_size(&name)?;
    state_dict::tensors(pickle.root(), file, map.len(), |id| archive.entry(&format!("{prefix}data/{}", id.key)))
}

/// The zip of a state dict.
struct Archive<'a> {
    file: &'a str,
    map: &'a [u8],
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that may still be unpacked.
    room: u64,
}

impl<'a> Archive<'a> {
    fn open(map: &'a [u8], file: &'a str) -> Result<Self, Diagnostic> {
        let zip = ZipArchive::new(Cursor::new(map)).map_err(|e| unreadable(file, e))?;
        let room = UNPACKED_PER_FILE.saturating_mul(map.len() as u64).saturating_add(UNPACKED_FREE);
        Ok(Self { file, map, zip, room })
    }

    /// The folder inside the zip (with its slash) and the bytes of its `data.pkl`.
    fn pickle(&mut self) -> Result<(String, TensorBytes), Diagnostic> {
        let prefix = self.zip.file_names().find_map(|name| {
            let name = name.ok()?;
            let prefix = name.strip_suffix("data.pkl")?;
            (prefix.is_empty() || prefix.ends_with('/')).then(|| prefix.to_owned())
        });
        let Some(prefix) = prefix else {
            return Err(unreadable(self.file, "it is a zip without `data.pkl`, so it was not written by PyTorch"));
        };
        let order = format!("{prefix}byteorder");
        if self.zip.index_for_name(&order).is_some() && self.entry(&order)?.bytes(self.map) != b"little" {
            return Err(unreadable(self.file, "its tensors were saved on a big-endian machine")
                .help("load it in Python and save it again on a little-endian one"));
        }
        let pickle = self.entry(&format!("{prefix}data.pkl"))?;
        Ok((prefix, pickle))
    }

    /// The bytes of one entry: a range of the map where they are stored without compression, else unpacked.
    fn entry(&mut self, name: &str) -> Result<TensorBytes, Diagnostic> {
        let fault = |why: String| unreadable(self.file, format!("entry `{name}`: {why}"));
        let mut part = self.zip.by_name(name).map_err(|e| fault(e.to_string()))?;
        if part.compression() == CompressionMethod::Stored {
            let range = part
                .data_start()
                .and_then(|start| usize::try_from(start).ok())
                .zip(usize::try_from(part.size()).ok())
                .and_then(|(start, size)| Some(start..start.checked_add(size)?));
            return match range {
                Some(range) if self.map.get(range.clone()).is_some() => Ok(TensorBytes::Mapped(range)),
                _ => Err(fault("its end lies beyond the end of the file".to_owned())),
            };
        }
        // The announced size is not trusted for an allocation, but bounds what is unpacked.
        let size = part.size();
        self.room = self.room.checked_sub(size).ok_or_else(|| {
            fault(format!("its compressed entries take more than {} MB unpacked", self.room / 1_000_000))
                .help("load it in Python and save it again with `torch.save`, which compresses nothing")
        })?;
        let mut bytes = Vec::new();
        part.by_ref().take(size).read_to_end(&mut bytes).map_err(|e| fault(e.to_string()))?;
        let length = bytes.len();
        Ok(TensorBytes::Unpacked(bytes.into(), 0..length))
    }
}

#[cfg(test)]
mod tests {
    use super::super::WeightFile;
    use dsc_syntax::diag::codes::data::E0603;
    use dsc_syntax::diag::codes::encoder::E0805;
    use safetensors::Dtype;
    use std::io::Write;
    use std::path::Path;
    use zip::write::SimpleFileOptions;

    /// A tensor for the hand-made pickle: name, class of the storage, key, elements of it, offset, shape, strides.
    type T<'a> = (&'a str, &'a str, &'a str, u8, u8, &'a [u8], &'a [u8]);

    fn text(s: &str) -> Vec<u8> {
        [&b"X"[..], &u32::try_from(s.len()).unwrap().to_le_bytes(), s.as_bytes()].concat()
    }

    fn tuple(items: &[u8]) -> Vec<u8> {
        let items: Vec<u8> = items.iter().flat_map(|i| [b'K', *i]).collect();
        [&b"("[..], &items, b"t"].concat()
    }

    /// What `torch.save` writes for a dictionary of tensors, in protocol 2, with `extra` key and value opcodes behind it.
    fn pickle(tensors: &[T<'_>], extra: &[u8]) -> Vec<u8> {
        let mut p = b"\x80\x02}(".to_vec();
        for (name, class, key, numel, offset, shape, strides) in tensors {
            p.extend(text(name));
            p.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
            p.extend(text("storage"));
            p.extend(format!("ctorch\n{class}\n").bytes());
            p.extend(text(key));
            p.extend(text("cpu"));
            p.extend([b'K', *numel, b't', b'Q', b'K', *offset]);
            p.extend(tuple(shape));
            p.extend(tuple(strides));
            p.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        }
        p.extend(extra);
        p.extend(b"u.");
        p
    }

    fn zip(path: &Path, parts: &[(&str, &[u8])], method: zip::CompressionMethod) {
        let mut writer = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
        for (name, bytes) in parts {
            writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
    }

    fn floats(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
        values.into_iter().flat_map(f32::to_le_bytes).collect()
    }

    #[test]
    fn tensors_with_offsets_strides_and_a_shared_storage() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("pytorch_model.bin");
        let data = pickle(
            &[
                ("whole", "FloatStorage", "0", 6, 0, &[2, 3], &[3, 1]),
                ("transposed", "FloatStorage", "0", 6, 0, &[3, 2], &[1, 3]),
                ("bert.out.LayerNorm.gamma", "FloatStorage", "0", 6, 4, &[2], &[1]),
                ("column", "FloatStorage", "0", 6, 1, &[2, 1], &[3, 1]),
                ("none", "FloatStorage", "0", 6, 6, &[0, 3], &[3, 1]),
                ("half", "HalfStorage", "1", 2, 1, &[], &[]),
            ],
            &[text("epoch"), b"K\x07".to_vec()].concat(),
        );
        let storage = floats((0..6u8).map(f32::from));
        let half: Vec<u8> = [1.5f32, -0.25].iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect();
        let parts: [(&str, &[u8]); 4] =
            [("m/data.pkl", &data), ("m/byteorder", b"little"), ("m/data/0", &storage), ("m/data/1", &half)];
        for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
            zip(&path, &parts, method);
            let w = super::super::open_weights(tmp.path()).unwrap();
            assert_eq!(
                w.names().collect::<Vec<_>>(),
                ["whole", "transposed", "out.LayerNorm.weight", "column", "none", "half"]
            );
            assert_eq!(w.f32("whole").unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
            assert_eq!(w.f32("transposed").unwrap(), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
            assert_eq!(w.f32("out.LayerNorm.weight").unwrap(), [4.0, 5.0]);
            assert_eq!(w.f32("column").unwrap(), [1.0, 4.0]);
            assert!(w.get("none").unwrap().is_empty());
            assert_eq!((w.f32("half").unwrap(), w.get("half").unwrap().dtype()), (vec![-0.25], Dtype::F16));
        }
    }

    #[test]
    fn a_state_dict_inside_of_a_checkpoint() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("last.ckpt");
        let inner = pickle(&[("w", "FloatStorage", "0", 2, 0, &[2], &[1])], b"");
        let inner = &inner[2..inner.len() - 1]; // without protocol and stop
        let data = [b"\x80\x02}(", &text("epoch")[..], b"K\x07", &text("state_dict"), inner, b"u."].concat();
        zip(
            &path,
            &[("archive/data.pkl", &data), ("archive/data/0", &floats([1.0, 2.0]))],
            zip::CompressionMethod::Stored,
        );
        let w = WeightFile::open(&path).unwrap();
        assert_eq!(w.len(), 1);
        assert_eq!(w.f32("w").unwrap(), [1.0, 2.0]);
    }

    #[test]
    fn hostile_and_damaged_files_are_refused() {
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("x.pt");
        let refused = |parts: &[(&str, &[u8])]| {
            zip(&path, parts, zip::CompressionMethod::Stored);
            WeightFile::open(&path).unwrap_err()
        };
        let two = floats([1.0, 2.0]);
        let one = |numel, offset, shape: &[u8], strides: &[u8]| {
            pickle(&[("w", "FloatStorage", "0", numel, offset, shape, strides)], b"")
        };
        let e = refused(&[("m/data.pkl", b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.")]);
        assert_eq!(e.code, E0603);
        assert!(e.message.contains("os.system"), "{}", e.message);
        // The storage is too short for the shape, the offset or the strides.
        for bad in [one(2, 0, &[3], &[1]), one(2, 1, &[2], &[1]), one(2, 0, &[2], &[2]), one(200, 0, &[200], &[1])] {
            let e = refused(&[("m/data.pkl", &bad), ("m/data/0", &two)]);
            assert_eq!(e.code, E0805);
            assert!(e.message.contains("`w`") && e.message.contains("larger than its storage"), "{}", e.message);
        }
        // An expanded tensor far larger than the file.
        let e = refused(&[
            ("m/data.pkl", &one(2, 0, &[255, 255, 255, 255], &[0, 0, 0, 1])),
            ("m/data/0", &floats([0.0; 255])),
        ]);
        assert_eq!(e.code, E0805);
        assert!(refused(&[("m/data.pkl", &one(2, 0, &[2], &[1]))]).message.contains("m/data/0"));
        assert!(refused(&[("m/readme", b"x")]).message.contains("without `data.pkl`"));
        let e = refused(&[("m/data.pkl", &one(2, 0, &[2], &[1])), ("m/byteorder", b"big"), ("m/data/0", &two)]);
        assert!(e.message.contains("big-endian"), "{}", e.message);
        assert!(refused(&[("m/data.pkl", b"\x80\x02K\x01.")]).message.contains("expected a state dict, found int"));
    }

    /// The checkpoint that the authors' program wrote, against the list of its tensors.
    #[test]
    fn a_released_checkpoint() {
        let folder = dsc_testing::shared("data/released");
        let Ok(state) = std::fs::read_to_string(folder.join("state.txt")) else {
            dsc_testing::skip::skip(dsc_testing::skip::Lacks::Shared("data/released/state.txt"));
            return;
        };
        let w = WeightFile::open(&folder.join("released_small.ckpt")).unwrap();
        let listed: Vec<(String, Vec<usize>)> = state
            .lines()
            .map(|line| {
                let (name, shape) = line.split_once(' ').unwrap();
                let axes = shape.trim_matches(['(', ')']).split(',').filter(|a| !a.trim().is_empty());
                (name.to_owned(), axes.map(|a| a.trim().parse().unwrap()).collect())
            })
            .collect();
        assert_eq!(listed.len(), 279);
        let read: Vec<(String, Vec<usize>)> = w.iter().map(|t| (t.name().to_owned(), t.shape().to_vec())).collect();
        assert_eq!(read, listed);
        let positions = w.get("text_encoder.extractor.embeddings.position_ids").unwrap();
        assert_eq!(positions.dtype(), Dtype::I64);
        let counted: Vec<u8> = (0..512i64).flat_map(i64::to_le_bytes).collect();
        assert_eq!(positions.bytes(), counted);
        for tensor in w.iter().filter(|t| t.dtype() == Dtype::F32) {
            assert!(tensor.to_f32().unwrap().iter().all(|v| v.is_finite()), "{}", tensor.name());
        }
        // Root mean square and last value as Python's zipfile and array read them from the same file.
        let words = w.f32("text_encoder.extractor.embeddings.word_embeddings.weight").unwrap();
        let square = words.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / words.len() as f64;
        assert!((square.sqrt() - 0.028_275_695_997).abs() < 1e-12);
        assert_eq!(words.last(), Some(&-0.006_240_563_5));
    }
}
