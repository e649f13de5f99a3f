//! An assembler for pickles, for tests.

/// Assembles a pickle instruction by instruction.
#[derive(Default, Clone)]
pub(crate) struct Asm(pub Vec<u8>);

impl Asm {
    pub(crate) fn proto(n: u8) -> Asm {
        Asm(vec![0x80, n])
    }
    pub(crate) fn op(mut self, bytes: &[u8]) -> Asm {
        self.0.extend_from_slice(bytes);
        self
    }
    pub(crate) fn global(self, module: &str, name: &str) -> Asm {
        self.op(format!("c{module}\n{name}\n").as_bytes())
    }
    pub(crate) fn text(self, text: &str) -> Asm {
        let len = u32::try_from(text.len()).unwrap();
        self.op(b"X").op(&len.to_le_bytes()).op(text.as_bytes())
    }
    pub(crate) fn bytes(self, bytes: &[u8]) -> Asm {
        match u8::try_from(bytes.len()) {
            Ok(n) => self.op(&[b'C', n]).op(bytes),
            Err(_) => self.op(b"B").op(&u32::try_from(bytes.len()).unwrap().to_le_bytes()).op(bytes),
        }
    }
    /// A list or tuple of floats.
    pub(crate) fn floats(mut self, values: &[f64]) -> Asm {
        self = self.op(b"](");
        for value in values {
            self = self.op(b"G").op(&value.to_be_bytes());
        }
        self.op(b"e")
    }
    /// A list of texts.
    pub(crate) fn texts(mut self, values: &[&str]) -> Asm {
        self = self.op(b"](");
        for value in values {
            self = self.text(value);
        }
        self.op(b"e")
    }
    pub(crate) fn int(self, n: i32) -> Asm {
        self.op(b"J").op(&n.to_le_bytes())
    }
    /// `dtype(name, False, True)` with byte order `order` and item size `size` for text.
    pub(crate) fn dtype(self, name: &str, order: &str, size: i32) -> Asm {
        self.global("numpy", "dtype")
            .text(name)
            .op(b"\x89\x88\x87R(K\x03")
            .text(order)
            .op(b"NNN")
            .int(size)
            .int(-1)
            .op(b"K\x00tb")
    }
    pub(crate) fn shape(mut self, shape: &[i32]) -> Asm {
        self = self.op(b"(");
        for axis in shape {
            self = self.int(*axis);
        }
        self.op(b"t")
    }
    /// `_reconstruct(ndarray, (0,), b"b")`, then the state.
    pub(crate) fn array(self, shape: &[i32], dtype: (&str, &str, i32), fortran: bool, data: &[u8]) -> Asm {
        self.global("numpy._core.multiarray", "_reconstruct")
            .global("numpy", "ndarray")
            .op(b"K\x00\x85")
            .bytes(b"b")
            .op(b"\x87R")
            .op(b"(K\x01")
            .shape(shape)
            .dtype(dtype.0, dtype.1, dtype.2)
            .op(if fortran { b"\x88" } else { b"\x89" })
            .bytes(data)
            .op(b"tb")
    }
    pub(crate) fn stop(mut self) -> Vec<u8> {
        self.0.push(b'.');
        self.0
    }
    /// A key and its tensor, as `torch.save` writes them.
    pub(crate) fn tensor(self, t: &StoredTensor<'_>) -> Asm {
        self.text(t.name).rebuilt(t)
    }
    /// `_rebuild_tensor_v2` of a storage.
    pub(crate) fn rebuilt(self, t: &StoredTensor<'_>) -> Asm {
        let asm = self
            .global("torch._utils", "_rebuild_tensor_v2")
            .op(b"((")
            .text("storage")
            .global("torch", t.class)
            .text(t.key)
            .text("cpu")
            .int(t.numel)
            .op(b"tQ")
            .int(t.offset)
            .shape(t.shape)
            .shape(t.strides)
            .op(b"\x89")
            .global("collections", "OrderedDict")
            .op(b")R");
        let asm = match t.metadata {
            Some(key) => asm.op(b"}").text(key).op(b"\x88s"),
            None => asm,
        };
        asm.op(b"tR")
    }
}

/// A tensor of a state dict.
#[derive(Clone, Copy)]
pub(crate) struct StoredTensor<'a> {
    pub name: &'a str,
    /// Class and key of the storage, and the number of its elements.
    pub class: &'a str,
    pub key: &'a str,
    pub numel: i32,
    pub offset: i32,
    pub shape: &'a [i32],
    pub strides: &'a [i32],
    /// A key of the tensor's metadata that is true.
    pub metadata: Option<&'a str>,
}

impl Default for StoredTensor<'_> {
    fn default() -> Self {
        StoredTensor {
            name: "w",
            class: "FloatStorage",
            key: "0",
            numel: 1,
            offset: 0,
            shape: &[],
            strides: &[],
            metadata: None,
        }
    }
}
