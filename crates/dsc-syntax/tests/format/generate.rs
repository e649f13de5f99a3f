//! Programs made at random: right in their syntax, of no meaning, with long names, deep nesting, and blanks, line breaks and
//! comments wherever the language allows them.

/// A stream of numbers from a seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

struct Generator {
    numbers: Numbers,
    text: String,
    /// Percent of gaps with a comment.
    comments: usize,
    /// Whether the next token has to stay on the line.
    stay: bool,
    /// Whether the next token has to begin a line.
    begin: bool,
    /// Pieces that are still to be made.
    budget: usize,
}

/// A file.
pub fn program(seed: u64) -> String {
    let mut numbers = Numbers(seed);
    let comments = if numbers.chance(50) { 0 } else { numbers.below(8) };
    let budget = 20 + numbers.below(300);
    let mut g = Generator { numbers, text: String::new(), comments, stay: true, begin: false, budget };
    for _ in 0..1 + g.numbers.below(8) {
        g.item();
    }
    g.gap();
    g.text
}

const NAMES: [&str; 12] = [
    "a",
    "x",
    "h0",
    "text",
    "audio",
    "tokens",
    "label",
    "input",
    "a_rather_long_name",
    "sum",
    "from",
    "another_name_that_takes_much_of_a_line",
];
const BLOCKS: [&str; 5] = ["F", "Linear", "LayerNorm", "CrossAttention", "AnEncoderWithALongNameForLongLines"];
const NUMBERS: [&str; 8] = ["0", "2", "128", "1_000", "5e-5", "120M", "0.25", "16_326"];

impl Generator {
    /// Blanks, line breaks and comments between two tokens.
    fn gap(&mut self) {
        let (begin, stay) = (std::mem::take(&mut self.begin), std::mem::take(&mut self.stay));
        if stay {
            self.text.push_str(if self.numbers.chance(15) { "  " } else { " " });
            return;
        }
        let mut broken = false;
        while self.numbers.chance(self.comments) {
            if self.numbers.chance(50) {
                self.text.push('\n');
            }
            let n = self.numbers.below(1000);
            let comment = match self.numbers.below(4) {
                0 => format!("/// doc: {n}"),
                1 => format!("//: {n}, a comment that is long enough to matter when it is put at the end of a line"),
                _ => format!(" // remark: {n}"),
            };
            self.text.push_str(&comment);
            self.text.push('\n');
            broken = true;
        }
        while self.numbers.chance(if begin { 15 } else { 4 }) || begin && !broken {
            self.text.push('\n');
            broken = true;
        }
        // Every line has one indentation, or the parser would see in it which brackets were forgotten.
        self.text.push_str(if broken { " " } else { self.numbers.pick(&[" ", "  ", "   "]) });
    }

    fn put(&mut self, token: &str) {
        self.gap();
        self.text.push_str(token);
    }

    /// A token on the line of the one before.
    fn glue(&mut self, token: &str) {
        self.stay = true;
        self.put(token);
    }

    fn name(&mut self) {
        let name = self.numbers.pick(&NAMES);
        self.put(name);
    }

    fn item(&mut self) {
        self.begin = true;
        match self.numbers.below(12) {
            0 => {
                self.put("use");
                self.stay = true;
                let from = self.numbers.pick(&["std", "\"some/blocks.dsl\""]);
                self.put(from);
                self.put("::");
                self.put("{");
                self.list("}", |g| {
                    let name = g.numbers.pick(&BLOCKS);
                    g.put(name);
                    if g.numbers.chance(20) {
                        g.put("as");
                        g.put("Other");
                    }
                });
            }
            1..=3 => {
                self.put("hyper");
                self.stay = true;
                self.name();
                self.put("=");
                self.expr(3);
                if self.numbers.chance(40) {
                    self.put("in");
                    self.expr(2);
                }
                if self.numbers.chance(30) {
                    self.put("where");
                    self.expr(2);
                }
            }
            4 | 5 => {
                let word = self.numbers.pick(&["input", "label"]);
                self.put(word);
                self.stay = true;
                self.name();
                self.stay = true;
                self.put(":");
                self.ty(2);
                if self.numbers.chance(30) {
                    self.put("from");
                    self.put("\"a // key\"");
                }
            }
            6 => {
                self.put("variant");
                self.stay = true;
                self.name();
                if self.numbers.chance(30) {
                    self.put("=");
                    self.name();
                }
                self.put("{");
                for _ in 0..self.numbers.below(4) {
                    self.begin = self.numbers.chance(40);
                    let word = self.numbers.pick(&["set", "let", "loss"]);
                    self.put(word);
                    self.stay = true;
                    self.name();
                    self.put("=");
                    self.expr(2);
                }
                self.put("}");
            }
            7 => {
                self.put("recipe");
                self.stay = true;
                self.name();
                self.put("{");
                for _ in 0..self.numbers.below(8) {
                    self.begin = self.numbers.chance(40);
                    let key = self.numbers.pick(&["epochs", "optimizer.lr", "a_key_of_some_length", "select"]);
                    self.put(key);
                    self.put("=");
                    match self.numbers.below(4) {
                        0 => {
                            self.put("min");
                            self.glue("mae");
                        }
                        1 => {
                            self.put("10");
                            self.glue("epochs");
                        }
                        _ => self.expr(1),
                    }
                }
                self.put("}");
            }
            8 => {
                self.put("expect");
                self.stay = true;
                self.expr(1);
                while self.numbers.chance(40) {
                    self.put(",");
                    self.expr(1);
                }
            }
            9 => {
                self.put("block");
                self.stay = true;
                let name = self.numbers.pick(&BLOCKS);
                self.put(name);
                if self.numbers.chance(60) {
                    self.put("<");
                    self.put("n");
                    self.put(",");
                    self.put("m");
                    self.put(">");
                }
                self.put("(");
                self.list(")", |g| {
                    g.name();
                    g.put(":");
                    g.ty(2);
                    if g.numbers.chance(20) {
                        g.put("=");
                        g.expr(1);
                    }
                });
                if self.numbers.chance(70) {
                    self.put("->");
                    self.ty(2);
                }
                if self.numbers.chance(30) {
                    self.put("where");
                    self.expr(2);
                }
                self.body(3);
            }
            _ => {
                self.put("model");
                self.stay = true;
                self.put("M");
                self.body(3);
            }
        }
    }

    /// Pieces with commas up to the closing bracket, which is put too.
    fn list(&mut self, close: &str, mut piece: impl FnMut(&mut Self)) {
        let count = self.numbers.below(5);
        for i in 0..count {
            piece(self);
            if i + 1 < count || self.numbers.chance(20) {
                self.put(",");
            }
        }
        self.put(close);
    }

    fn ty(&mut self, depth: usize) {
        match self.numbers.below(if depth == 0 { 3 } else { 6 }) {
            0 => self.put("int"),
            1 => {
                self.put("like");
                self.name();
            }
            2 | 3 => {
                self.put("Seq");
                self.put("<");
                self.put("m");
                self.put(">");
                self.put("[");
                self.expr(1);
                self.put(",");
                self.expr(0);
                self.put("]");
            }
            4 => {
                self.put("[");
                self.ty(depth - 1);
                self.put("]");
            }
            _ => {
                self.put("(");
                self.ty(depth - 1);
                self.put(",");
                self.ty(depth - 1);
                self.put(")");
            }
        }
    }

    fn body(&mut self, depth: usize) {
        self.put("{");
        let tall = self.numbers.chance(50);
        for _ in 0..1 + self.numbers.below(4) {
            self.begin = tall || self.numbers.chance(15);
            match self.numbers.below(if depth == 0 { 7 } else { 9 }) {
                0..=3 => {
                    let word = self.numbers.pick(&["let", "var"]);
                    self.put(word);
                    self.stay = true;
                    self.name();
                    while self.numbers.chance(20) {
                        self.put(",");
                        self.name();
                    }
                    if self.numbers.chance(10) {
                        self.put(":");
                        self.ty(1);
                    }
                    if self.numbers.chance(20) {
                        self.glue(" =");
                    } else {
                        self.put("=");
                    }
                    self.expr(depth);
                }
                4 => {
                    self.put("loss");
                    self.stay = true;
                    self.name();
                    self.put("=");
                    self.expr(depth);
                }
                5 => {
                    self.put("h");
                    self.put("=");
                    self.expr(depth);
                }
                6 => {
                    self.put("reveal");
                    self.expr(depth);
                }
                7 => {
                    self.put("for");
                    self.put("l");
                    self.put("in");
                    self.put("0");
                    self.put("..");
                    self.put("depth");
                    self.body(depth - 1);
                }
                _ => {
                    self.put("companions");
                    self.put("c");
                    self.put("{");
                    for _ in 0..self.numbers.below(5) {
                        self.begin = self.numbers.chance(30);
                        let key = self.numbers.pick(&["by", "class", "refresh"]);
                        self.put(key);
                        self.put("=");
                        self.expr(1);
                    }
                    self.put("}");
                }
            }
        }
        if self.numbers.chance(30) {
            self.begin = true;
            self.put("result");
            if self.numbers.chance(50) {
                self.put("+");
                self.expr(1);
            }
        }
        self.begin = tall;
        self.put("}");
    }

    fn expr(&mut self, depth: usize) {
        self.operand(depth);
        let more = if depth == 0 { 10 } else { 45 };
        let mut piped = false;
        while self.numbers.chance(more) && self.budget > 0 {
            // `|>` binds more weakly than all others.
            let op = if piped {
                "|>"
            } else {
                self.numbers.pick(&["+", "-", "*", "*", "/", "|>", "at", "==", "and", "**", "..", "|>", "or", "%"])
            };
            piped |= op == "|>";
            self.put(op);
            if op == "|>" {
                let name = self.numbers.pick(&BLOCKS);
                self.put(name);
                if self.numbers.chance(80) {
                    self.glue("(");
                    self.args(")", depth);
                }
            } else {
                self.operand(depth);
            }
        }
    }

    fn operand(&mut self, depth: usize) {
        self.budget = self.budget.saturating_sub(1);
        while self.numbers.chance(6) {
            let prefix = self.numbers.pick(&["-", "not"]);
            self.put(prefix);
        }
        let deep = depth > 0 && self.budget > 0;
        match self.numbers.below(if deep { 14 } else { 4 }) {
            0 => {
                let number = self.numbers.pick(&NUMBERS);
                self.put(number);
            }
            1 => self.put("\"a string, (with // marks) \\\" in it\""),
            2 | 3 => self.name(),
            4..=6 => {
                let name = self.numbers.pick(&BLOCKS);
                self.put(name);
                self.glue("(");
                self.args(")", depth - 1);
                while self.numbers.chance(20) {
                    match self.numbers.below(3) {
                        0 => self.text.push_str(".field"),
                        1 => {
                            self.glue("[");
                            self.expr(depth - 1);
                            self.put("]");
                        }
                        _ => {
                            self.glue("(");
                            self.args(")", depth - 1);
                        }
                    }
                }
            }
            7 => {
                self.put("[");
                self.args("]", depth - 1);
            }
            8 => {
                self.put("(");
                self.expr(depth - 1);
                if self.numbers.chance(30) {
                    self.put(",");
                    if self.numbers.chance(70) {
                        self.expr(depth - 1);
                    }
                }
                self.put(")");
            }
            // A division and all that follows it up to the bracket stay on one line.
            9 => {
                self.put("(");
                self.put("CrossAttention");
                self.glue("(");
                self.args(")", depth - 1);
                self.divide();
                self.glue(")");
            }
            10 => {
                let name = self.numbers.pick(&BLOCKS);
                self.put(name);
                self.text.push('{');
                let key = self.numbers.pick(&["width", "k"]);
                self.put(key);
                self.put(":");
                self.expr(depth - 1);
                self.put("}");
            }
            11 | 12 => {
                let word = self.numbers.pick(&["each", "sum"]);
                self.put(word);
                self.put("o");
                self.put("in");
                self.name();
                self.body(depth - 1);
            }
            _ => {
                self.put("when");
                self.name();
                self.body(depth - 1);
                if self.numbers.chance(30) {
                    self.put("else");
                    self.put("when");
                    self.name();
                    self.body(depth - 1);
                }
                self.put("else");
                self.body(depth - 1);
            }
        }
    }

    fn args(&mut self, close: &str, depth: usize) {
        self.list(close, |g| {
            if g.numbers.chance(15) {
                g.put("..");
            } else if g.numbers.chance(50) {
                g.name();
                g.put(":");
            }
            if g.numbers.chance(10) {
                g.put("d");
                g.divide();
                // The comma or bracket has to follow on this line.
                g.stay = true;
            } else {
                g.expr(depth);
            }
        });
    }

    /// `// heads * 2`
    fn divide(&mut self) {
        self.glue("//");
        self.glue("heads");
        if self.numbers.chance(30) {
            self.glue("*");
            self.glue("2");
        }
    }
}
