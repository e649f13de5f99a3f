//! Initial values and access by path.

use super::*;

fn store_of(make: impl Fn(&mut Build), seed: u64) -> ParamStore {
    let mut b = Build::new();
    make(&mut b);
    ParamStore::init(&b.graph, &DimTable::default(), seed, Device::Cpu).unwrap()
}

#[test]
fn initial_values_depend_on_seed_and_path_alone() {
    let first = |b: &mut Build| {
        b.param("a.weight", &[30, 40], Init::FanIn(Dim::from(40)));
        b.param("b.weight", &[1000], Init::Normal { std: 0.02 });
    };
    let second = |b: &mut Build| {
        b.param("one", &[2, 3], Init::Ones);
        b.param("b.weight", &[1000], Init::Normal { std: 0.02 });
        b.param("zero", &[4], Init::Zeros);
    };
    let (a, b, other) = (store_of(first, 3), store_of(second, 3), store_of(first, 4));
    assert_eq!(a.get("b.weight").unwrap(), b.get("b.weight").unwrap());
    assert_ne!(a.get("b.weight").unwrap(), other.get("b.weight").unwrap());
    assert_eq!(b.get("one").unwrap().unwrap(), (vec![2, 3], vec![1.0; 6]));
    assert_eq!(b.get("zero").unwrap().unwrap(), (vec![4], vec![0.0; 4]));
    let (_, uniform) = a.get("a.weight").unwrap().unwrap();
    let bound = 1.0 / 40f32.sqrt();
    assert!(uniform.iter().all(|x| x.abs() <= bound) && uniform.iter().any(|x| x.abs() > 0.98 * bound));
    let (_, normal) = a.get("b.weight").unwrap().unwrap();
    let std = (normal.iter().map(|x| x * x).sum::<f32>() / 1000.0).sqrt();
    assert!((std - 0.02).abs() < 0.002, "{std}");
    assert_eq!(a.iter().map(|(p, _)| p).collect::<Vec<_>>(), ["a.weight", "b.weight"]);
}

#[test]
fn starts_have_the_spread_of_torch() {
    let fans = || (Dim::from(300), Dim::from(100));
    let xavier = |normal| Init::Xavier { fan_in: fans().0, fan_out: fans().1, normal };
    let kaiming = |normal| Init::Kaiming { fan_in: Dim::from(300), normal };
    // Standard deviation, and the largest entry that uniform numbers can have.
    let wanted = [
        ("bounded", Init::Uniform { bound: 0.3 }, 0.3 / 3f64.sqrt(), 0.3),
        ("xavier_uniform", xavier(false), (2.0 / 400f64).sqrt(), (6.0 / 400f64).sqrt()),
        ("xavier_normal", xavier(true), (2.0 / 400f64).sqrt(), f64::INFINITY),
        ("kaiming_uniform", kaiming(false), (2.0 / 300f64).sqrt(), (6.0 / 300f64).sqrt()),
        ("kaiming_normal", kaiming(true), (2.0 / 300f64).sqrt(), f64::INFINITY),
    ];
    let store = store_of(
        |b| {
            for (path, init, ..) in &wanted {
                b.param(path, &[100, 300], init.clone());
            }
            b.param("identity", &[2, 3], Init::Identity);
        },
        5,
    );
    for (path, _, std, bound) in &wanted {
        let (_, values) = store.get(path).unwrap().unwrap();
        let found = (values.iter().map(|x| f64::from(x * x)).sum::<f64>() / 30_000.0).sqrt();
        assert!((found / std - 1.0).abs() < 0.02, "{path}: {found}, not {std}");
        let largest = values.iter().fold(0.0f64, |m, x| m.max(f64::from(x.abs())));
        assert!(largest <= bound * (1.0 + 1e-6), "{path}: {largest}");
        assert!(bound.is_infinite() || largest > 0.99 * bound, "{path}: {largest}");
    }
    assert_eq!(store.get("identity").unwrap().unwrap().1, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn values_are_set_and_misfits_told() {
    let mut store = store_of(
        |b| {
            b.param("w", &[2, 2], Init::Ones);
        },
        1,
    );
    store.set("w", &[2, 2], &[1., 2., 3., 4.]).unwrap();
    assert_eq!(store.get("w").unwrap().unwrap().1, [1., 2., 3., 4.]);
    assert!(store.trains("w"));
    assert_eq!(store.set("w", &[4], &[0.0; 4]).unwrap_err().code.0, "E0726");
    assert_eq!(store.set("v", &[4], &[0.0; 4]).unwrap_err().code.0, "E0726");
    assert!(store.get("v").unwrap().is_none());
    store.set_trains("w", false).unwrap();
    assert!(!store.trains("w") && !store.to_kind(Kind::Double).unwrap().trains("w"));
    store.set_trains("w", true).unwrap();
    assert!(store.trains("w"));
}

#[test]
fn a_shape_without_a_number_is_told() {
    let mut b = Build::new();
    b.weight("w", &[2]);
    b.graph.params[0].shape = vec![Dim::width("fa")];
    let fault = ParamStore::init(&b.graph, &DimTable::default(), 1, Device::Cpu).err().unwrap();
    assert!(fault.code.0 == "E0725" && fault.message.contains("`fa`") && fault.message.contains("`w`"), "{fault}");
    let dims = DimTable { widths: [("fa".to_owned(), 5)].into(), ..DimTable::default() };
    assert_eq!(ParamStore::init(&b.graph, &dims, 1, Device::Cpu).unwrap().get("w").unwrap().unwrap().0, [5]);
}
