//! Memory of attention: on the CPU a kernel that takes each sample by itself, on a GPU libtorch's, padded.

use super::Target;
use super::ops::Call;
use super::tape::{Back, Derivative, Value};
use crate::cost::{FLOAT, WORD};

const F: u64 = FLOAT.unsigned_abs();

/// Attention of queries to keys, with a result of `out` bytes.
pub(super) fn attention(call: &Call<'_>, heads: i64, shared: bool, drop: bool, out: u64) -> Option<Value> {
    match call.target {
        Target::Cpu => of_each_sample(call, heads.unsigned_abs(), drop, out),
        Target::Gpu => together(call, heads.unsigned_abs(), shared, drop, out),
    }
}

/// It keeps its operands, its result, two numbers for each query and head, and a bit for each weight that dropout looks at.
fn of_each_sample(call: &Call<'_>, heads: u64, drop: bool, out: u64) -> Option<Value> {
    let (q, k, v) = (call.arg(0)?, call.arg(1)?, call.arg(2)?);
    let (queries, keys) = (call.lengths_of(call.arg_type(0)?)?, call.lengths_of(call.arg_type(1)?)?);
    let bytes = match drop {
        true => {
            let pairs = queries.lens.iter().zip(&keys.lens);
            pairs
                .map(|(n, t)| {
                    WORD.unsigned_abs() / 8 * heads * n.unsigned_abs() * t.unsigned_abs().div_ceil(WORD.unsigned_abs())
                })
                .sum()
        }
        false => 0,
    };
    // They are drawn, then copied for the way back.
    let _drawn = call.tape.block(bytes);
    let bits = call.tape.block(bytes);
    let sums = call.tape.block(2 * F * heads * queries.rows());
    let mut d = Derivative::default();
    for x in [q, k, v] {
        d = d.and(x, Back::New(x.bytes)).reads(x);
    }
    // The kernel makes the gradients of all three, whether one is wanted or not.
    let unwanted = [q, k, v].iter().filter(|x| !x.trains()).map(|x| x.bytes).sum();
    Some(call.tape.kept_result(out, d.keeps(bits).keeps(sums).with_room(unwanted)))
}

/// Rows are moved into the padded layout and back. The fused kernel keeps one number for each query and head; with dropout on the
/// weights there is none, and they are kept: as they are, as dropout changes them, and the mask.
fn together(call: &Call<'_>, heads: u64, shared: bool, drop: bool, out: u64) -> Option<Value> {
    let place = |operand: usize| {
        let (x, lengths) = (call.arg(operand)?, call.lengths_of(call.arg_type(operand)?)?);
        Some(match lengths.packed {
            true => call.gather(x, x.bytes / lengths.valid().max(1) * lengths.padded_rows()),
            false => x.clone(),
        })
    };
    let [q, k, v] = [place(0)?, place(1)?, place(2)?];
    let (queries, keys) = (call.lengths_of(call.arg_type(0)?)?, call.lengths_of(call.arg_type(1)?)?);
    let mixed = out / queries.rows().max(1) * queries.padded_rows();
    let tape = call.tape;
    let equal = call.columns(call.arg_type(1)?) == call.columns(call.arg_type(2)?);
    let found = if !drop && equal {
        let sums = tape.block(F * heads * queries.padded_rows());
        let mut d = Derivative::default().keeps(sums);
        for x in [&q, &k, &v] {
            d = d.and(x, Back::New(x.bytes)).reads(x);
        }
        tape.kept_result(mixed, d)
    } else {
        let all = F * heads * queries.padded_rows() * keys.padded.unsigned_abs();
        // Operands of the products lie head by head.
        let turned = |x: &Value| match shared && x.bytes != q.bytes {
            true => x.clone(),
            false => tape.result(x.bytes, Derivative::of(x, Back::Same)),
        };
        let [q, k, v] = [turned(&q), turned(&k), turned(&v)];
        let scores = {
            let both = Derivative::of(&q, Back::New(q.bytes)).and(&k, Back::New(k.bytes));
            tape.result(all, both.reads(&q).reads(&k))
        };
        let mut weights = tape.kept_result(all, Derivative::of(&scores, Back::New(all)));
        drop_now(scores);
        if drop {
            let mask = tape.constant(all);
            weights = tape.result(all, Derivative::of(&weights, Back::New(all)).reads(&mask));
        }
        let d = Derivative::of(&weights, Back::New(all)).and(&v, Back::New(v.bytes)).reads(&weights).reads(&v);
        tape.result(mixed, d)
    };
    let lined_up = tape.result(mixed, Derivative::of(&found, Back::New(mixed)));
    Some(if queries.packed { call.gather(&lined_up, out) } else { lined_up })
}

/// The scores are needed no longer once their softmax is there.
fn drop_now(scores: Value) {
    drop(scores);
}
