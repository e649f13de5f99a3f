//! Hand-assembled pickles: every byte is written here, none by Python.

use super::asm::{Asm, StoredTensor};
use super::*;
use dsc_syntax::diag::Diagnostic;

fn parse(bytes: &[u8]) -> Result<Pickle<'_>, Diagnostic> {
    Pickle::parse(bytes, "x.pkl")
}

fn fails(bytes: &[u8], code: &str, words: &str) {
    // A root that is not read is an error of whoever needs it.
    let d = match parse(bytes) {
        Err(d) => d,
        Ok(p) => p.root().unsupported().unwrap().diagnostic("`x.pkl`"),
    };
    assert_eq!(d.code.0, code, "{d}");
    assert!(d.message.contains(words), "{d}");
    assert!(d.message.contains("x.pkl") && d.help.is_some(), "{d}");
}

fn numbers(view: ArrayView<'_>) -> Vec<f64> {
    (0..view.shape.iter().product()).map(|i| view.number(i).unwrap()).collect()
}

/// Python: `{"a": [1, -2, 3.5, "b\u00e9", b"c", None, True], "t": (1, 2)}` in protocol 0.
const PROTOCOL_0: &[u8] =
    b"(dp0\nVa\np1\n(lp2\nI1\naI-2\naF3.5\naVb\xe9\np3\naS'c\\x00\\n'\np4\naNaI01\nasVt\n(I1\nL2L\ntp5\ns.";

#[test]
fn protocol_0_text() {
    let p = parse(PROTOCOL_0).unwrap();
    let d = p.root().as_dict().unwrap();
    assert_eq!(d.keys().collect::<Vec<_>>(), ["a", "t"]);
    let a = d.get("a").unwrap().as_items().unwrap();
    assert_eq!(a.get(0).unwrap().as_int(), Some(1));
    assert_eq!(a.get(1).unwrap().as_int(), Some(-2));
    assert_eq!(a.get(2).unwrap().as_f64(), Some(3.5));
    assert_eq!(a.get(3).unwrap().as_str(), Some("bé"));
    assert!(matches!(a.get(4), Some(Value::Bytes(b"c\0\n"))));
    assert!(matches!(a.get(5), Some(Value::None)));
    assert!(matches!(a.get(6), Some(Value::Bool(true))));
    assert_eq!(d.get("t").unwrap().as_items().unwrap().iter().map(|v| v.as_int().unwrap()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn raw_unicode_escapes() {
    let p = b"V\\u4f60 \\ud83d\\ude00 \\U0001f600 \\n \\ud83d\n.";
    assert_eq!(parse(p).unwrap().root().as_str(), Some("你 😀 😀 \\n \u{fffd}"));
}

#[test]
fn protocol_1_binary() {
    // ({"k": (1, 300, -1, 1.5)}, [..]) with binary ints, BINSTRING and memo.
    let bytes = Asm::default().op(b"(}q\x00U\x01kq\x01(K\x01M,\x01J\xff\xff\xff\xffG?\xf8\x00\x00\x00\x00\x00\x00tq\x02sh\x00]q\x03(h\x02h\x02et.");
    let p = parse(&bytes.0).unwrap();
    let root = p.root().as_items().unwrap();
    let k = root.get(0).unwrap().as_dict().unwrap().get("k").unwrap().as_items().unwrap();
    assert_eq!(k.iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>(), [1.0, 300.0, -1.0, 1.5]);
    assert_eq!(root.get(1).unwrap().as_dict().unwrap().len(), 1, "the memo gives the same dictionary");
    assert_eq!(root.get(2).unwrap().as_items().unwrap().len(), 2);
}

#[test]
fn a_memo_entry_sees_later_changes() {
    // l = []; root = (l, l); l.append(7) through the first reference only.
    let p = Asm::proto(2).op(b"]q\x05h\x05K\x07a0h\x05h\x05\x86").stop();
    let p = parse(&p).unwrap();
    for item in p.root().as_items().unwrap().iter() {
        assert_eq!(item.as_items().unwrap().get(0).unwrap().as_int(), Some(7));
    }
    // The same for an array: one dtype object shared, filled after it was stored.
    let bytes =
        Asm::proto(4).op(b"(").array(&[1], ("f8", "<", -1), false, &1.5f64.to_le_bytes()).op(b"\x942h\x00t").stop();
    let p = parse(&bytes).unwrap();
    let items = p.root().as_items().unwrap();
    assert_eq!(items.len(), 3);
    assert!(items.iter().all(|v| v.as_array().unwrap().view(p.input()).number(0) == Some(1.5)));
}

#[test]
fn protocol_2_latin_1_arrays() {
    // How Python 3 writes bytes in protocol 2: _codecs.encode(u"..", "latin1").
    let data: Vec<u8> = [1.25f32, -8.5].iter().flat_map(|f| f.to_le_bytes()).collect();
    let text: String = data.iter().map(|b| char::from(*b)).collect();
    let bytes = Asm::proto(2)
        .global("numpy.core.multiarray", "_reconstruct")
        .global("numpy", "ndarray")
        .op(b"K\x00\x85U\x01b\x87R(K\x01")
        .shape(&[2])
        .dtype("f4", "<", -1)
        .op(b"\x89")
        .global("_codecs", "encode")
        .text(&text)
        .text("latin1")
        .op(b"\x86Rtb")
        .stop();
    let p = parse(&bytes).unwrap();
    let a = p.root().as_array().unwrap();
    assert_eq!(numbers(a.view(p.input())), [1.25, -8.5]);
    assert!(matches!(a.data, Payload::Owned(_)));
}

#[test]
fn protocol_3_bytes_are_views() {
    let p = Asm::proto(3).op(b"B\x03\x00\x00\x00abc").stop();
    let parsed = parse(&p).unwrap();
    let Value::Bytes(b) = parsed.root() else { unreachable!() };
    assert!(p.as_ptr_range().contains(&b.as_ptr()), "not copied");
    assert_eq!(b, b"abc");
}

#[test]
fn protocol_4_frames_and_stack_global() {
    let p = Asm::proto(4).op(b"\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93)R(\x8c\x01a\x8a\x02\x00\x80\x8c\x01b\x8d\x01\x00\x00\x00\x00\x00\x00\x00zu").stop();
    let p = parse(&p).unwrap();
    let d = p.root().as_dict().unwrap();
    assert_eq!(d.get("a").unwrap().as_int(), Some(-32768));
    assert_eq!(d.get("b").unwrap().as_str(), Some("z"));
    assert_eq!(p.end(), p.input().len());
}

#[test]
fn protocol_5_frombuffer() {
    let data: Vec<u8> = (1..=6i16).flat_map(i16::to_be_bytes).collect();
    let mut asm =
        Asm::proto(5).global("numpy._core.numeric", "_frombuffer").op(b"(\x96").op(&12u64.to_le_bytes()).op(&data);
    asm = asm.dtype("i2", ">", -1).shape(&[2, 3]).text("F").op(b"tR");
    let p = asm.stop();
    let p = parse(&p).unwrap();
    let a = p.root().as_array().unwrap();
    assert_eq!((a.strides.as_deref(), a.dtype.big_endian), (Some(&[1, 2][..]), true));
    assert_eq!(a.dtype.to_string(), "int16 (big-endian)");
    // Columns are stored first: [[1, 3, 5], [2, 4, 6]].
    assert_eq!(numbers(a.view(p.input())), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
    let mut row = [0f32; 3];
    assert!(a.view(p.input()).copy_f32(3, &mut row));
    assert_eq!(row, [2.0, 4.0, 6.0]);
}

/// numpy >= 2.3 with protocol 5 and axes that are neither in C nor in Fortran order: `a.transpose(0, 2, 1)`.
#[test]
fn protocol_5_permuted_axes() {
    let data: Vec<u8> = (0..24u8).flat_map(|n| f32::from(n).to_le_bytes()).collect();
    let turned = |axes: &[i32], order: &str| {
        let asm = Asm::proto(5).global("numpy._core.numeric", "_frombuffer").op(b"(\x96").op(&96u64.to_le_bytes());
        asm.op(&data).dtype("f4", "<", -1).shape(&[2, 3, 4]).text(order).shape(axes).op(b"tR").stop()
    };
    let bytes = turned(&[0, 2, 1], "K");
    let p = parse(&bytes).unwrap();
    let a = p.root().as_array().unwrap();
    assert_eq!(a.shape, [2, 4, 3]);
    // a[i][j][k] of the array is the item [i][k][j] of the block.
    let expected: Vec<f64> =
        (0..2).flat_map(|i| (0..4).flat_map(move |j| (0..3).map(move |k| f64::from(i * 12 + k * 4 + j)))).collect();
    let view = a.view(p.input());
    assert_eq!(numbers(view), expected);
    // Rows from the middle on, as streams are read.
    for start in 0..24 {
        let mut row = vec![0f32; 24 - start];
        assert!(view.copy_f32(start, &mut row));
        assert_eq!(row.iter().map(|n| f64::from(*n)).collect::<Vec<_>>(), expected[start..]);
    }
    assert!(!view.copy_f32(20, &mut [0f32; 5]) && view.number(24).is_none());
    let all = parse(&turned(&[2, 0, 1], "K")).unwrap().root().as_array().unwrap().shape.clone();
    assert_eq!(all, [4, 2, 3]);
    fails(&turned(&[0, 2, 2], "K"), "E0602", "the axes [0, 2, 2]");
    fails(&turned(&[0, 1], "K"), "E0602", "the axes [0, 1]");
    fails(&turned(&[0, 1, 3], "K"), "E0602", "the axes [0, 1, 3]");
    // A form of a later version is not damage.
    fails(&turned(&[0, 2, 1], "Z"), "E0603", "numpy._core.numeric._frombuffer with order `Z`, 1 more");
}

/// Numpy lists objects in C order, whatever the flag says.
#[test]
fn object_arrays_in_fortran_order() {
    let bytes = Asm::proto(4)
        .global("numpy._core.multiarray", "_reconstruct")
        .global("numpy", "ndarray")
        .op(b"K\x00\x85")
        .bytes(b"b")
        .op(b"\x87R(K\x01")
        .shape(&[2, 2])
        .dtype("O8", "|", -1)
        .op(b"\x88](K\x01K\x02K\x03K\x04etb")
        .stop();
    let p = parse(&bytes).unwrap();
    let Value::Objects(objects) = p.root() else { panic!("{}", p.root().kind()) };
    assert_eq!(objects.shape, [2, 2]);
    assert_eq!(objects.items.iter().map(|v| v.as_int().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn kinds_of_arrays() {
    let one = |name, order, size, data: &[u8]| {
        let bytes = Asm::proto(4).array(&[1], (name, order, size), false, data).stop();
        let p = parse(&bytes).unwrap();
        let view = p.root().as_array().unwrap().view(&bytes);
        let mut out = [0f32];
        let cast = view.copy_f32(0, &mut out).then_some(out[0]);
        (view.number(0), cast, view.text(0))
    };
    assert_eq!(one("f2", "<", -1, &half::f16::from_f32(0.5).to_le_bytes()).1, Some(0.5));
    assert_eq!(one("f2", ">", -1, &half::f16::from_f32(0.5).to_be_bytes()).1, Some(0.5));
    assert_eq!(one("f4", ">", -1, &(-3.25f32).to_be_bytes()).1, Some(-3.25));
    assert_eq!(one("f8", "<", -1, &0.1f64.to_le_bytes()).1, Some(0.1f64 as f32));
    assert_eq!(one("f8", ">", -1, &f64::NEG_INFINITY.to_be_bytes()).1, Some(f32::NEG_INFINITY));
    assert_eq!(one("i1", "|", -1, &[0x80]).0, Some(-128.0));
    assert_eq!(one("u1", "|", -1, &[0x80]).0, Some(128.0));
    assert_eq!(one("i4", ">", -1, &(-5i32).to_be_bytes()).0, Some(-5.0));
    assert_eq!(one("i8", "<", -1, &(-5i64).to_le_bytes()).0, Some(-5.0));
    assert_eq!(one("u8", "<", -1, &u64::MAX.to_le_bytes()).0, Some(u64::MAX as f64));
    assert_eq!(one("b1", "|", -1, &[1]).1, Some(1.0));
    assert_eq!(one("S3", "|", 3, b"ab\0"), (None, None, Some("ab".to_owned())));
    assert_eq!(one("U2", "<", 8, &[0x60, 0x4f, 0, 0, 0, 0, 0, 0]).2.as_deref(), Some("你"));
    assert_eq!(one("U1", ">", 4, &[0, 1, 0xf6, 0]).2.as_deref(), Some("😀"));
}

#[test]
fn object_arrays_and_scalars() {
    let bytes = Asm::proto(4)
        .global("numpy.core.multiarray", "_reconstruct")
        .global("numpy", "ndarray")
        .op(b"K\x00\x85")
        .bytes(b"b")
        .op(b"\x87R(K\x01")
        .shape(&[2])
        .dtype("O8", "|", -1)
        .op(b"\x89](")
        .text("one")
        .op(b"K\x65etb")
        .stop();
    let p = parse(&bytes).unwrap();
    let Value::Objects(objects) = p.root() else { panic!("{}", p.root().kind()) };
    assert_eq!(objects.shape, [2]);
    assert_eq!(objects.items.get(0).unwrap().as_str(), Some("one"));
    assert_eq!(objects.items.get(1).unwrap().as_int(), Some(101));

    let scalar = |name: &str, data: &[u8]| {
        Asm::proto(4).global("numpy.core.multiarray", "scalar").dtype(name, "<", -1).bytes(data).op(b"\x86R").stop()
    };
    assert_eq!(parse(&scalar("f8", &0.25f64.to_le_bytes())).unwrap().root().as_f64(), Some(0.25));
    assert!(matches!(parse(&scalar("i8", &7i64.to_le_bytes())).unwrap().root(), Value::Int(7)));
    assert!(matches!(parse(&scalar("b1", &[1])).unwrap().root(), Value::Bool(true)));
}

#[test]
fn pytorch_tensors() {
    let storage =
        |a: Asm| a.op(b"(").text("storage").global("torch", "FloatStorage").text("0").text("cpu").int(6).op(b"tQ");
    let tensor = |a: Asm| {
        storage(a.global("torch._utils", "_rebuild_tensor_v2").op(b"("))
            .int(2)
            .shape(&[2, 2])
            .shape(&[2, 1])
            .op(b"\x89")
            .global("collections", "OrderedDict")
            .op(b")RtR")
    };
    let a = Asm::proto(2).global("collections", "OrderedDict").op(b")R(").text("w");
    let a = tensor(a).text("p").global("torch._utils", "_rebuild_parameter").op(b"(");
    let bytes =
        tensor(a).op(b"\x88").global("collections", "OrderedDict").op(b")RtRu}").text("_metadata").op(b"Nsb").stop();
    let p = parse(&bytes).unwrap();
    let d = p.root().as_dict().unwrap();
    for (key, parameter) in [("w", false), ("p", true)] {
        let Some(Value::Tensor(t)) = d.get(key) else { panic!("{key}") };
        assert_eq!((t.offset(), t.shape(), t.strides(), t.is_parameter()), (2, &[2, 2][..], &[2, 1][..], parameter));
        assert_eq!(t.storage_id(), Some(StorageId { kind: StorageKind::Float, key: "0", len: 6, start: 0 }));
    }
}

#[test]
fn tensors_with_attributes_and_other_forms() {
    let one = |asm: Asm| {
        let bytes = asm.stop();
        let p = parse(&bytes).unwrap();
        match p.root() {
            Value::Tensor(t) => Ok((t.shape().to_vec(), t.is_parameter(), t.is_negated())),
            other => Err(other.unsupported().map(ToString::to_string).unwrap_or_default()),
        }
    };
    let stored = StoredTensor { numel: 4, shape: &[4], strides: &[1], ..Default::default() };
    assert_eq!(one(Asm::proto(2).rebuilt(&stored)), Ok((vec![4], false, false)));
    // The bit that `torch.Tensor.is_neg` reads, for instance of `z.conj().imag`.
    let negated = StoredTensor { metadata: Some("neg"), ..stored };
    assert_eq!(one(Asm::proto(2).rebuilt(&negated)), Ok((vec![4], false, true)));
    let conjugate = StoredTensor { metadata: Some("conj"), ..stored };
    assert!(one(Asm::proto(2).rebuilt(&conjugate)).unwrap_err().contains("conjugated"));
    let unheard = StoredTensor { metadata: Some("folded"), ..stored };
    assert!(one(Asm::proto(2).rebuilt(&unheard)).unwrap_err().contains("the tensor attribute `folded`"));
    // Every parameter of a model of transformers 5 carries an attribute.
    let parameter = Asm::proto(2).global("torch._utils", "_rebuild_parameter_with_state").op(b"(").rebuilt(&negated);
    let parameter = parameter.op(b"\x88").global("collections", "OrderedDict").op(b")R}").text("_is_hf_initialized");
    assert_eq!(one(parameter.op(b"\x88stR")), Ok((vec![4], true, true)));
    // A tensor with attributes names the function that makes it, and its arguments.
    let arguments = Asm::default().rebuilt(&stored);
    let arguments = &arguments.0["ctorch._utils\n_rebuild_tensor_v2\n".len()..arguments.0.len() - 1];
    let from_type = Asm::proto(2)
        .global("torch._tensor", "_rebuild_from_type_v2")
        .op(b"(")
        .global("torch._utils", "_rebuild_tensor_v2")
        .global("torch", "Tensor")
        .op(arguments)
        .op(b"}tR");
    assert_eq!(one(from_type), Ok((vec![4], false, false)));
    // Types without a storage class of their own.
    let float8 = Asm::proto(2).global("torch._utils", "_rebuild_tensor_v3").op(b"(NK\x00))\x89N");
    let float8 = float8.global("torch", "float8_e4m3fn").op(b"tR");
    assert_eq!(one(float8).unwrap_err(), "a tensor of type `torch.float8_e4m3fn`");
}

/// Containers of the standard library are read as what they hold; nothing that they name is called.
#[test]
fn containers_of_the_standard_library() {
    let default = Asm::proto(4).global("collections", "defaultdict").global("builtins", "list").op(b"\x85R");
    let bytes = default.text("a").op(b"K\x01s").stop();
    let p = parse(&bytes).unwrap();
    assert_eq!(p.root().as_dict().unwrap().get("a").unwrap().as_int(), Some(1));
    let bytes = Asm::proto(4).global("collections", "Counter").op(b"}").text("a").op(b"K\x02s\x85R").stop();
    let p = parse(&bytes).unwrap();
    assert_eq!(p.root().as_dict().unwrap().get("a").unwrap().as_int(), Some(2));
    let bytes = Asm::proto(4).global("collections", "deque").op(b")K\x09\x86R(K\x01K\x02e").stop();
    assert_eq!(parse(&bytes).unwrap().root().as_items().unwrap().len(), 2);
    // A memory-mapped array is the array.
    let array = Asm::proto(4).array(&[1], ("f4", "<", -1), false, &2.5f32.to_le_bytes()).stop();
    let text = String::from_utf8_lossy(&array).replace("ndarray", "memmap");
    assert!(text.contains("numpy\nmemmap"));
    let memmap: Vec<u8> = {
        let at = array.windows(7).position(|w| w == b"ndarray").unwrap();
        [&array[..at], b"memmap", &array[at + 7..]].concat()
    };
    let p = parse(&memmap).unwrap();
    assert_eq!(p.root().as_array().unwrap().view(&memmap).number(0), Some(2.5));
    let size = Asm::proto(2).global("torch", "Size").op(b"K\x02K\x03\x86\x85R").stop();
    assert_eq!(parse(&size).unwrap().root().as_items().unwrap().len(), 2);
}

/// One value that is not read leaves the others readable, and carries its name.
#[test]
fn what_is_not_read_is_kept_by_name() {
    let bytes = Asm::proto(4)
        .op(b"}(")
        .text("x")
        .op(b"K\x01")
        .text("path")
        .global("pathlib", "PosixPath")
        .op(b"(")
        .text("/")
        .op(b"tR")
        .text("frame")
        .global("copyreg", "_reconstructor")
        .op(b"(")
        .global("pandas.core.frame", "DataFrame")
        .global("builtins", "object")
        .op(b"NtR}")
        .text("_mgr")
        .op(b"Nsb")
        .text("when")
        .array(&[0], ("M8", "<", -1), false, b"")
        .text("kw")
        .global("types", "SimpleNamespace")
        .op(b")}")
        .text("a")
        .op(b"K\x01s\x92")
        .text("list")
        .op(b"](")
        .global("decimal", "Decimal")
        .text("1")
        .op(b"\x85RK\x02e")
        .text("big")
        .op(format!("L{}L\n", "9".repeat(30)).as_bytes())
        .op(b"u")
        .stop();
    let p = parse(&bytes).unwrap();
    let d = p.root().as_dict().unwrap();
    assert_eq!((d.len(), d.get("x").unwrap().as_int()), (7, Some(1)));
    for (key, what) in [
        ("path", "`pathlib.PosixPath`"),
        ("frame", "`pandas.core.frame.DataFrame`"),
        ("when", "an array of dtype `M8`"),
        ("kw", "`types.SimpleNamespace`"),
        ("list", "`decimal.Decimal`"),
    ] {
        assert_eq!(d.get(key).unwrap().unsupported().unwrap().to_string(), what, "{key}");
    }
    assert!(matches!(d.get("big"), Some(Value::BigInt(b)) if b.len() == 16));
    assert!(d.get("frame").unwrap().unsupported().unwrap().remedy().contains(".to_numpy()"));
}

#[test]
fn names_outside_the_list_are_refused() {
    fails(&Asm::proto(2).global("os", "system").text("true").op(b"\x85R").stop(), "E0603", "`os.system`");
    fails(&Asm::proto(4).op(b"\x8c\x05posix\x8c\x06system\x93").stop(), "E0603", "`posix.system`");
    fails(&Asm::default().op(b"(S'x'\nios\nsystem\n").stop(), "E0603", "`os.system`");
    fails(&Asm::proto(2).global("builtins", "eval").stop(), "E0603", "`builtins.eval`");
    fails(&Asm::proto(2).global("numpy", "load").stop(), "E0603", "`numpy.load`");
    fails(
        &Asm::proto(2).global("torch.storage", "_load_from_bytes").stop(),
        "E0603",
        "`torch.storage._load_from_bytes`",
    );
    fails(&Asm::proto(2).op(b"\x82\x01").stop(), "E0603", "extension registry");
    fails(&Asm::proto(4).op(b"\x8c\x05torch\x8c\x04load\x93").stop(), "E0603", "`torch.load`");
    // Functions that run commands refuse the file, wherever they stand.
    let nested = Asm::proto(2).op(b"}").text("x").global("subprocess", "Popen").op(b")Rs").stop();
    let fault = parse(&nested).unwrap_err();
    assert!(fault.code.0 == "E0603" && fault.message.contains("runs commands"), "{fault}");
    let joblib =
        Asm::proto(4).op(b"}").text("x").global("joblib.numpy_pickle", "NumpyArrayWrapper").op(b")\x81s").stop();
    assert!(parse(&joblib).unwrap_err().message.contains("a file of joblib"));
    fails(&Asm::proto(5).op(b"\x97").stop(), "E0603", "out-of-band");
    fails(&Asm::proto(2).global("_codecs", "encode").text("a").text("rot13").op(b"\x86R").stop(), "E0603", "rot13");
    fails(&Asm::proto(2).global("numpy", "dtype").text("c16").op(b"\x85R").stop(), "E0604", "`c16`");
    fails(&Asm::proto(2).global("numpy", "dtype").text("M8").op(b"\x85R").stop(), "E0604", "`M8`");
    fails(&Asm::proto(2).global("numpy", "dtype").text("V8").op(b"\x85R").stop(), "E0604", "`V8`");
}

#[test]
fn false_lengths() {
    fails(b"", "E0602", "expected 1 more bytes, found 0");
    fails(b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffx", "E0602", "more bytes");
    fails(b"\x80\x02T\xff\xff\xff\xffx.", "E0602", "negative");
    fails(b"\x80\x02X\xff\xff\xff\x7fx.", "E0602", "more bytes");
    fails(b"\x80\x09N.", "E0602", "protocol 9");
    fails(b"hello", "E0602", "memo entry");
    fails(b"Vno end", "E0602", "without an end");
    fails(b"\x80\x02(0.", "E0602", "empty stack");
    fails(b"\x80\x02K\x01(\x850.", "E0602", "empty stack");
    fails(b"\x80\x02t.", "E0602", "mark");
    fails(b"\x80\x02r\xff\xff\xff\xff.", "E0602", "empty stack");
    fails(&Asm::proto(4).array(&[1 << 30, 1 << 30, 1 << 30], ("f8", "<", -1), false, b"").stop(), "E0602", "shape");
    fails(&Asm::proto(4).array(&[3], ("f8", "<", -1), false, &[0; 16]).stop(), "E0602", "16 bytes");
    fails(&Asm::proto(4).array(&[-3], ("f8", "<", -1), false, &[0; 16]).stop(), "E0602", "-3");
    fails(&Asm::proto(4).array(&[1 << 30], ("U", "<", 0), false, b"").stop(), "E0604", "without bytes");
}

/// An array without samples costs nothing in the file, so its other axes are bounded.
#[test]
fn empty_arrays_with_huge_axes() {
    let empty = |shape: &[i32]| Asm::proto(4).array(shape, ("f4", "<", -1), false, b"").stop();
    assert!(parse(&empty(&[0, 500, 74])).is_ok());
    fails(&empty(&[0, 1 << 30, 1 << 30]), "E0602", "shape");
    fails(&empty(&[0, i32::MAX, 3]), "E0602", "shape");
    fails(&empty(&[1 << 30, 1 << 30, 1 << 30, 0]), "E0602", "shape");
}

/// Seven levels, each of which has the one below ten thousand times, or a text as often; and a list that has itself.
#[test]
fn shared_values_are_counted_as_often_as_they_are_reached() {
    let mut asm = Asm::proto(2).op(b"](K\x07K\x07eq\x00");
    for level in 1..8u8 {
        asm = asm.op(b"](");
        for _ in 0..100 {
            asm = asm.op(&[b'h', level - 1]);
        }
        asm = asm.op(&[b'e', b'q', level]);
    }
    let bytes = asm.stop();
    let p = parse(&bytes).unwrap();
    // 2 numbers and their list, 100^7 times: and the lists around them.
    let levels = (0..7).fold(24u64, |size, _| size * 100 + 8);
    assert_eq!(p.copied_size(), levels);
    let fault = p.check_size("x.pkl").unwrap_err();
    assert!(fault.code.0 == "E0602" && fault.message.contains("MB when they are written out"), "{fault}");

    let text = Asm::proto(2).text(&"x".repeat(1 << 16)).op(b"q\x000](").op(&b"h\x00".repeat(10_000)).op(b"e").stop();
    let p = parse(&text).unwrap();
    assert_eq!(p.copied_size(), 8 + 10_000 * (8 + (1 << 16)));
    assert!(p.check_size("x.pkl").is_err());

    let cyclic = Asm::proto(2).op(b"]q\x00h\x00a").stop();
    assert_eq!(parse(&cyclic).unwrap().copied_size(), u64::MAX);

    // What honest programs share: names of classes, and one array in two splits.
    let labels = Asm::proto(2).text("Positive").op(b"q\x000](").op(&b"h\x00".repeat(1_000_000)).op(b"e").stop();
    assert!(parse(&labels).unwrap().check_size("x.pkl").is_ok());
}

/// A memo number of 4 billion costs an entry, not 64 GB.
#[test]
fn sparse_memo() {
    let p = Asm::proto(2).op(b"K\x05r\xff\xff\xff\xff0j\xff\xff\xff\xff").stop();
    assert_eq!(parse(&p).unwrap().root().as_int(), Some(5));
}

#[test]
fn depth_and_cycles_cost_no_stack() {
    // A million lists in one another, and a list that contains itself.
    let mut deep = vec![0x80, 2];
    deep.extend(std::iter::repeat_n(b']', 1_000_000));
    deep.extend(std::iter::repeat_n(b'a', 999_999));
    deep.push(b'.');
    let p = parse(&deep).unwrap();
    let (mut value, mut depth) = (p.root(), 0);
    while let Some(inner) = value.as_items().and_then(|i| i.get(0)) {
        value = inner;
        depth += 1;
    }
    assert_eq!(depth, 999_999);
    drop(p);
    let cyclic = Asm::proto(2).op(b"]q\x00h\x00a").stop();
    let p = parse(&cyclic).unwrap();
    let inner = p.root().as_items().unwrap().get(0).unwrap().as_items().unwrap();
    assert_eq!(inner.get(0).unwrap().as_items().unwrap().len(), 1);
    assert_eq!(format!("{:?}", p.root()), "List(1 items)");
    assert!(p.root().unsupported().is_none(), "the search has a limit");
}

/// The same megabyte decoded, or the same list copied, ten thousand times over.
#[test]
fn amplification_is_refused() {
    let mut asm = Asm::proto(2)
        .text(&"x".repeat(1 << 20))
        .op(b"q\x000")
        .global("_codecs", "encode")
        .op(b"q\x010")
        .text("latin1")
        .op(b"q\x020");
    for _ in 0..10_000 {
        asm = asm.op(b"h\x01h\x00h\x02\x86R");
    }
    fails(&asm.stop(), "E0602", "again and again");
    let mut asm =
        Asm::proto(2).op(b"](").op(&b"N".repeat(1 << 20)).op(b"eq\x000").global("builtins", "set").op(b"q\x010");
    for _ in 0..10_000 {
        asm = asm.op(b"h\x01h\x00\x85R");
    }
    fails(&asm.stop(), "E0602", "again and again");
}

/// Every truncation and thousands of damaged bytes end in a value or a diagnostic.
#[test]
fn damaged_bytes_never_panic() {
    let good = [
        PROTOCOL_0.to_vec(),
        Asm::proto(4)
            .op(b"(")
            .array(&[2, 1], ("f8", ">", -1), true, &[7; 16])
            .array(&[1], ("U1", "<", 4), false, b"a\0\0\0")
            .op(b"t")
            .stop(),
        Asm::proto(2)
            .global("torch._utils", "_rebuild_tensor_v2")
            .op(b"(")
            .op(b"(")
            .text("storage")
            .op(b"tQ")
            .int(2)
            .shape(&[2])
            .shape(&[1])
            .op(b"tR")
            .stop(),
    ];
    let mut state = 1u64;
    for bytes in &good {
        assert!(parse(bytes).is_ok());
        (0..bytes.len()).for_each(|n| assert!(parse(&bytes[..n]).is_err(), "no STOP in the first {n} bytes"));
        for _ in 0..20_000 {
            let mut bad = bytes.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let at = usize::try_from(state >> 33).unwrap() % bad.len();
                bad[at] = (state >> 24) as u8;
            }
            if let Ok(p) = parse(&bad) {
                let _ = format!("{:?}", p.root());
                if let Some(view) = p.root().as_array().map(|a| a.view(&bad)) {
                    let _ = (view.number(0), view.text(0));
                }
            }
        }
    }
}

/// Published feature files, where they are available.
#[test]
fn real_files() {
    for (name, splits) in [("mosi_real.pkl", [1284, 229, 686]), ("mmmo_real.pkl", [80, 20, 20])] {
        let Ok(bytes) = std::fs::read(dsc_testing::shared(&format!("data/{name}"))) else {
            dsc_testing::skip::skip(dsc_testing::skip::Lacks::Shared(&format!("data/{name}")));
            continue;
        };
        let p = Pickle::parse(&bytes, name).unwrap();
        let root = p.root().as_dict().unwrap();
        for (split, n) in ["train", "valid", "test"].into_iter().zip(splits) {
            let vision = root.get(split).unwrap().as_dict().unwrap().get("vision").unwrap();
            assert_eq!(vision.as_array().unwrap().shape[0], n, "{name} {split}");
        }
    }
}
