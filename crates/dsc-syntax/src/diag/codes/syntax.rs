//! Syntax, `E01xx`.

codes! {
    /// The text at this place fits no rule of the language. The message says what could have stood there.
    /// The statement or item is left out of the tree, and everything after it is still checked.
    E0101 = "unexpected text", "model M {\n  let x 3\n}\n";
    /// An expression or a type is called for and none stands there: after `=`, after an operator, between two commas.
    E0102 = "something is missing", "hyper d =\n";
    /// A bracket or brace is opened and never closed. The place where it was opened is shown; the parser closes it
    /// before the next statement or item and goes on.
    E0103 = "unclosed bracket", "model M {\n  let x = max(1, 2\n  let y = x\n}\n";
    /// A closing bracket stands where none is open, or where one of another kind is.
    E0104 = "unmatched closing bracket", "hyper d = max(1, 2]\n";
    /// Statements end by themselves; the language has no semicolons.
    E0105 = "semicolon", "hyper d = 128;\n";
    /// Arguments, settings and labels are written with a colon: `heads: 8`. The equals sign binds names in statements.
    E0106 = "`=` for `:`", "model M {\n  let x = Linear(t, out = 8)\n}\n";
    /// A line outside all braces has to begin with `use`, `hyper`, `input`, `label`, `block`, `model`, `variant`,
    /// `recipe` or `expect`.
    E0107 = "no such item", "modle M {\n}\n";
    /// Comments begin with `//`.
    E0108 = "`#` comment", "hyper d = 128 # width\n";
    /// A string ends on the line it begins on.
    E0109 = "unterminated string", "recipe demo { encoder = \"demo\n}\n";
    /// Names are made of the letters a to z and A to Z, digits and `_`.
    E0110 = "letter that is not ASCII", "hyper größe = 8\n";
    /// Brackets are nested more than 64 deep, or one expression has more than 128 steps
    /// within one another.
    E0111 = "nested too deeply",
        "hyper x = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))\n";
    /// `//` begins a comment, except inside brackets, where it divides when a whole operand and a comma or the closing
    /// bracket follow on the same line. A comment behind a value that would also read as a division is refused, so that
    /// no division is lost in silence. Two blanks before `//` show that a comment is meant.
    E0112 = "comment that reads as a division", "hyper p = 8\nhyper half = p // 2\n";
    /// A number has digits, `_` between them, a fraction or an exponent, or one of the multipliers `K`, `M`, `G`
    /// (thousands, millions, thousands of millions) at its end.
    E0113 = "not a number", "hyper d = 12x\n";
    /// Words such as `let`, `in` or `loss` are part of the language and cannot be names.
    E0114 = "keyword as a name", "model M {\n  let loss = 3\n}\n";
    /// Logic is written in words: `and`, `or`, `not`. A choice that is known at compile time is `when c { a } else { b }`.
    /// The value of a body is its last expression, without `return`; `x += 1` is `x = x + 1`; rows are taken with `take`
    /// and `skip`, not with `x[0:1]`; strings stand in double quotes.
    E0115 = "operator or word of another language", "hyper flag = true && false\n";
    /// `x |> F(k: e)` is `F(x, k: e)`, so a call or a name has to stand right of `|>`. It binds more weakly than every
    /// other operator: `x |> F() + y` would pipe into the sum.
    E0116 = "pipe into something that is no call", "model M {\n  let x = t |> F() + 3\n}\n";
}
