//! From the statements of a text to the graph.

use std::collections::{BTreeMap, BTreeSet};

use super::dims::{Names, Reader, fault, part, parts, string, text};
use super::{Line, Pair, Parsed, Rule};
use crate::dims::DimTable;
use crate::types::{TensorType, Type};
use crate::{
    Attributes, Companions, Graph, Init, InputDecl, LabelDecl, Loss, Node, NodeId, Op, Output, Param, ParamId, Ranks,
};
use dsc_syntax::diag::{Diagnostic, codes::graph as code};

type Statement<'a> = (Line<'a>, Pair<'a>);

/// A fault, or none if it was reported at another line already.
type Outcome<T = ()> = Result<T, Option<Diagnostic>>;

/// What a line declares: `%4`, `@score.weight`, `label y`; something that nothing reads if it declares nothing.
pub(super) fn declares(line: &str) -> String {
    let mut words = line.split([' ', '\t']).filter(|w| !w.is_empty());
    match (words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
        ("param", path) => format!("@{path}"),
        (what @ ("input" | "label"), name) => format!("{what} {name}"),
        (first, _) => first.to_owned(),
    }
}

/// Takes one line of its kind.
type Read = fn(&mut Assembly, &Statement<'_>) -> Outcome;

/// Puts the graph together; nothing if it has no name. A statement with a fault is reported and left out.
///
/// `spoilt` is what the lines declare that could not be read: their faults have been reported.
pub(super) fn assemble(
    statements: &[Statement<'_>],
    spoilt: BTreeSet<String>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Parsed> {
    let of = |rule: Rule| statements.iter().filter(move |(_, p)| p.as_rule() == rule);
    let mut a = Assembly { names: names(of(Rule::input)), spoilt, ..Assembly::default() };
    let name = named(of(Rule::graph), faults);
    a.graph.name = name.clone().unwrap_or_default();
    // Each kind needs what comes before it here, and lines of one kind are read in their order.
    let readers: [(Rule, Read); 8] = [
        (Rule::input, Assembly::input),
        (Rule::label, Assembly::label),
        (Rule::param, Assembly::param),
        (Rule::node, Assembly::node),
        (Rule::companions, Assembly::companions),
        (Rule::output, Assembly::output),
        (Rule::loss, Assembly::loss),
        (Rule::bind, Assembly::bind),
    ];
    for (rule, read) in readers {
        for statement in of(rule) {
            if let Err(fault) = read(&mut a, statement) {
                a.spoilt.insert(declares(statement.0.text));
                faults.extend(fault);
            }
        }
    }
    if faults.is_empty() {
        faults.extend(a.wrongly_dead());
    }
    name.map(|_| Parsed { graph: a.graph, dims: a.dims })
}

/// The graph's name.
fn named<'a>(mut lines: impl Iterator<Item = &'a Statement<'a>>, faults: &mut Vec<Diagnostic>) -> Option<String> {
    let Some((_, first)) = lines.next() else {
        let d =
            Diagnostic::error(code::E1001, "no line says `graph NAME`").help("a text form begins with `graph NAME`");
        faults.push(d);
        return None;
    };
    faults.extend(lines.map(|(line, p)| twice(line, p, "a second `graph`".to_owned())));
    Some(text(first, Rule::title).trim().to_owned())
}

/// `ranks 0.625 0.5`
fn ranks(line: &Line<'_>, pair: &Pair<'_>) -> Result<Ranks, Diagnostic> {
    let share = |p: Pair<'_>| match p.as_str().parse::<f64>() {
        Ok(x) if Ranks::is_part(x) => Ok(x),
        _ => Err(fault(line, &p, "a part of a ranking is above 0 and at most 1")),
    };
    let shares: Vec<f64> = parts(pair, Rule::share).map(share).collect::<Result<_, _>>()?;
    match shares.as_slice() {
        [upper, lower] => Ok(Ranks { upper: *upper, lower: *lower }),
        _ => Err(fault(line, pair, "two parts of the ranking are missing")),
    }
}

fn twice(line: &Line<'_>, pair: &Pair<'_>, message: String) -> Diagnostic {
    Diagnostic::error(code::E1003, message).at(line.place(pair), "declared again here")
}

/// Which names are lengths and which are widths: that follows from where they stand in the types of inputs.
fn names<'a>(inputs: impl Iterator<Item = &'a Statement<'a>>) -> Names {
    let mut names = Names::default();
    let note = |pair: &Pair<'_>, into: &mut BTreeSet<String>| {
        let symbols = pair.clone().into_inner().flatten().filter(|p| p.as_rule() == Rule::symbol);
        into.extend(symbols.map(|p| p.as_str().to_owned()));
    };
    for (_, pair) in inputs {
        let Some(ty) = part(pair, Rule::ty) else { continue };
        let timed = matches!(text(&ty, Rule::word), "Seq" | "Tokens");
        let dims = part(&ty, Rule::dims);
        for (i, dim) in dims.iter().flat_map(|d| parts(d, Rule::dim)).enumerate() {
            note(&dim, if timed && i == 0 { &mut names.lengths } else { &mut names.widths });
        }
    }
    names
}

#[derive(Default)]
struct Assembly {
    graph: Graph,
    dims: Option<DimTable>,
    names: Names,
    /// What lines with a fault declare.
    spoilt: BTreeSet<String>,
    params: BTreeMap<String, ParamId>,
    /// Lines of parameters, and whether each is called dead.
    dead: Vec<bool>,
    param_nodes: BTreeMap<ParamId, NodeId>,
    nodes: BTreeMap<u64, NodeId>,
}

impl Assembly {
    fn reader<'a>(&'a self, line: &Line<'a>) -> Reader<'a> {
        Reader { line: *line, names: &self.names }
    }

    fn input(&mut self, (line, pair): &Statement<'_>) -> Outcome {
        let name = text(pair, Rule::word).to_owned();
        let (Some(ty), Some(key)) = (part(pair, Rule::ty), part(pair, Rule::string)) else { return Ok(()) };
        let decl = InputDecl {
            name: name.clone(),
            key: string(line, &key)?,
            ty: self.reader(line).ty(&ty)?,
            span: line.place(pair),
        };
        match self.graph.inputs.insert(name.clone(), decl) {
            None => Ok(()),
            Some(_) => Err(Some(twice(line, pair, format!("a second input `{name}`")))),
        }
    }

    fn label(&mut self, (line, pair): &Statement<'_>) -> Outcome {
        let name = text(pair, Rule::word).to_owned();
        let Some(ty) = part(pair, Rule::ty) else { return Ok(()) };
        if self.reader(line).ty(&ty)? != TensorType::real().into() {
            return Err(Some(fault(line, &ty, "a label is a Real")));
        }
        let key = part(pair, Rule::string).map(|key| string(line, &key)).transpose()?;
        match self.graph.labels.insert(name.clone(), LabelDecl { name: name.clone(), key, span: line.place(pair) }) {
            None => Ok(()),
            Some(_) => Err(Some(twice(line, pair, format!("a second label `{name}`")))),
        }
    }

    fn param(&mut self, (line, pair): &Statement<'_>) -> Outcome {
        let path = text(pair, Rule::path).to_owned();
        let id = ParamId(self.graph.params.len() as u32);
        let fresh = self.params.insert(path.clone(), id).is_none();
        let reader = self.reader(line);
        let shape = part(pair, Rule::dims).map(|d| reader.dims(&d)).transpose()?.unwrap_or_default();
        let init = match part(pair, Rule::init) {
            Some(init) => Init::from_text(text(&init, Rule::word), &reader.start(&init)?)
                .map_err(|why| Diagnostic::error(code::E1004, why).at(line.place(&init), "here"))?,
            None => return Ok(()),
        };
        let encoder = part(pair, Rule::encoder).map(|e| text(&e, Rule::path).to_owned());
        self.dead.push(part(pair, Rule::dead).is_some());
        self.graph.params.push(Param { path: path.clone(), shape, init, encoder, span: line.place(pair) });
        match fresh {
            true => Ok(()),
            false => Err(Some(twice(line, pair, format!("a second parameter `{path}`")))),
        }
    }

    /// `%0` or `@path`.
    fn operand(&mut self, line: &Line<'_>, pair: &Pair<'_>) -> Outcome<NodeId> {
        let written = pair.as_str().trim();
        let unknown = |what: String| Diagnostic::error(code::E1002, what).at(line.place(pair), "not declared");
        let reported = self.spoilt.contains(written);
        if let Some(path) = written.strip_prefix('@') {
            let Some(id) = self.params.get(path).copied().filter(|_| !reported) else {
                let known = self.params.keys().map(String::as_str);
                return Err((!reported).then(|| unknown(format!("no parameter `{path}`")).did_you_mean(path, known)));
            };
            if let Some(node) = self.param_nodes.get(&id) {
                return Ok(*node);
            }
            let Some(param) = self.graph.param(id) else { return Err(None) };
            let ty = TensorType { time: None, dims: param.shape.clone() };
            let span = param.span;
            let node = self.add(Op::Param(id), ty.into(), span, &[]);
            self.param_nodes.insert(id, node);
            return Ok(node);
        }
        let number: Option<u64> = written.strip_prefix('%').and_then(|n| n.parse().ok());
        let node = number.and_then(|n| self.nodes.get(&n).copied());
        node.ok_or_else(|| (!reported).then(|| unknown(format!("no line above declares `{written}`"))))
    }

    fn add(&mut self, op: Op, ty: Type, span: dsc_syntax::source::Span, operands: &[NodeId]) -> NodeId {
        self.graph.add(Node { op, ty, span, loops: String::new(), scope: String::new(), region: None }, operands)
    }

    fn node(&mut self, (line, pair): &Statement<'_>) -> Outcome {
        let reader = self.reader(line);
        let mut attributes = Attributes::new();
        let written: Vec<Pair<'_>> = parts(pair, Rule::attribute).collect();
        for attribute in &written {
            if let Some(value) = part(attribute, Rule::value) {
                attributes.push(text(attribute, Rule::key), reader.value(&value)?);
            }
        }
        let word = part(pair, Rule::word);
        let op = Op::from_text(word.as_ref().map_or("", |w| w.as_str()), &attributes).map_err(|f| {
            let place = f.attribute.and_then(|i| written.get(i)).or(word.as_ref()).unwrap_or(pair);
            Diagnostic::error(code::E1004, f.message).at(line.place(place), "here")
        })?;
        let ty = part(pair, Rule::ty).map(|ty| reader.ty(&ty)).transpose()?;
        // Behind what the line itself says: an operand may be missing for a fault of its own line.
        let operands: Vec<NodeId> =
            parts(pair, Rule::operand).map(|o| self.operand(line, &o)).collect::<Result<_, _>>()?;
        match &op {
            Op::Input(name) => self.known_input(name, line, pair)?,
            Op::Label(name) => self.known_label(name, line, pair)?,
            _ => {}
        }
        let Some(ty) = ty else { return Ok(()) };
        let node = self.add(op, ty, line.place(pair), &operands);
        let written = text(pair, Rule::node_id);
        let number: Option<u64> = written.strip_prefix('%').and_then(|n| n.parse().ok());
        match number.map(|n| self.nodes.insert(n, node)) {
            Some(None) => Ok(()),
            Some(Some(_)) => Err(Some(twice(line, pair, format!("a second `{written}`")))),
            None => Err(Some(fault(line, pair, "the number of a node is too large"))),
        }
    }

    /// Whether a name is declared.
    fn known<'a>(
        &self,
        what: &str,
        name: &str,
        all: impl Iterator<Item = &'a String>,
        line: &Line<'_>,
        pair: &Pair<'_>,
    ) -> Outcome {
        let all: Vec<&str> = all.map(String::as_str).collect();
        if all.contains(&name) {
            return Ok(());
        }
        let reported = self.spoilt.contains(&format!("{what} {name}"));
        Err((!reported).then(|| {
            Diagnostic::error(code::E1002, format!("no {what} `{name}`"))
                .at(line.place(pair), "not declared")
                .did_you_mean(name, all)
        }))
    }

    fn known_input(&self, name: &str, line: &Line<'_>, pair: &Pair<'_>) -> Outcome {
        self.known("input", name, self.graph.inputs.keys(), line, pair)
    }

    fn known_label(&self, name: &str, line: &Line<'_>, pair: &Pair<'_>) -> Outcome {
        self.known("label", name, self.graph.labels.keys(), line, pair)
    }

    fn companions(&mut self, (line, pair): &Statement<'_>) -> Outcome {
        let index = self.graph.companions.len();
        if text(pair, Rule::companions_id) != format!("companions{index}") {
            return Err(Some(fault(line, pair, format!("retrievals count from 0: this is `companions{index}`"))));
        }
        let words: Vec<&str> = parts(pair, Rule::word).map(|w| w.as_str()).collect();
        let (name, class) = (words.first().copied().unwrap_or_default(), words.last().copied().unwrap_or_default());
        self.known_label(class, line, pair)?;
        let list = part(pair, Rule::list);
        let by = list.iter().flat_map(|l| parts(l, Rule::operand)).map(|o| self.operand(line, &o));
        let by: Vec<NodeId> = by.collect::<Result<_, _>>()?;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for count in parts(pair, Rule::count) {
            let number = text(&count, Rule::number).parse();
            let number = number.map_err(|_| fault(line, &count, "a number that is too large"))?;
            counts.insert(part(&count, Rule::word).map_or("", |w| w.as_str()), number);
        }
        let mut count = |key: &str| {
            counts.remove(key).ok_or_else(|| fault(line, pair, format!("the retrieval does not say `{key}`")))
        };
        let companions = Companions {
            name: name.to_owned(),
            by,
            class: class.to_owned(),
            pos: count("pos")?,
            near: count("near")?,
            far: count("far")?,
            pool: count("pool")?,
            refresh: count("refresh")?,
            ranks: part(pair, Rule::ranks).map(|r| ranks(line, &r)).transpose()?,
            span: line.place(pair),
        };
        if let Some(key) = counts.keys().next() {
            return Err(Some(fault(line, pair, format!("a retrieval has no `{key}`"))));
        }
        self.graph.companions.push(companions);
        Ok(())
    }

    fn output(&mut self, (line, pair): &Statement<'_>) -> Outcome {
        let Some(value) = part(pair, Rule::operand) else { return Ok(()) };
        let value = self.operand(line, &value)?;
        let label = text(pair, Rule::word).to_owned();
        self.known_label(&label, line, pair)?;
        self.graph.outputs.push(Output { label, value, span: line.place(pair) });
        Ok(())
    }

    fn loss(&mut self, (line, pair): &Statement<'_>) -> Outcome {
        let Some(value) = part(pair, Rule::operand) else { return Ok(()) };
        let value = self.operand(line, &value)?;
        let name = text(pair, Rule::word).to_owned();
        self.graph.losses.push(Loss { name, value, span: line.place(pair) });
        Ok(())
    }

    fn bind(&mut self, (line, pair): &Statement<'_>) -> Outcome {
        let name = text(pair, Rule::word);
        let number = text(pair, Rule::int).parse().map_err(|_| fault(line, pair, "a number that is too large"))?;
        let length = text(pair, Rule::most) == "<=";
        let names = if length { &self.names.lengths } else { &self.names.widths };
        if !names.contains(name) {
            let what = if length { "length" } else { "width" };
            return Err(Some(
                Diagnostic::error(code::E1002, format!("no input has the {what} `{name}`"))
                    .at(line.place(pair), "not declared")
                    .did_you_mean(name, names.iter().map(String::as_str)),
            ));
        }
        let dims = self.dims.get_or_insert_with(DimTable::default);
        let table = if length { &mut dims.max_lengths } else { &mut dims.widths };
        table.insert(name.to_owned(), number);
        Ok(())
    }

    /// `dead` says what follows from the graph, so it has to be true.
    fn wrongly_dead(&self) -> Vec<Diagnostic> {
        let all = self.graph.params.iter().zip(self.graph.dead_params()).zip(&self.dead);
        let wrong = all.filter(|((_, is), said)| is != *said).map(|((param, is), _)| {
            let what = if is {
                "reached by no output and no loss, and not called `dead`"
            } else {
                "called `dead`, and reached by an output or a loss"
            };
            Diagnostic::error(code::E1005, format!("`{}` is {what}", param.path)).at(param.span, "here")
        });
        wrong.collect()
    }
}
