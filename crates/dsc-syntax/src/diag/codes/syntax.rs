//! Syntax, `E01xx`.

codes! {
    /// The parser found text that no rule of the grammar accepts at this place; the message lists what it expected. The
    /// statement or item is skipped and the rest of the file is still checked. Compare the line with the example that
    /// `dsc explain` prints for its keyword, for instance `dsc explain let`.
    E0101 = "unexpected text", "model M {\n  let x 3\n}\n";
    /// An expression or a type is missing: after `=`, after an operator, or between two commas. Write the missing
    /// value, or delete the operator or comma.
    E0102 = "missing expression or type", "hyper d =\n";
    /// A bracket or brace is opened and never closed. The label marks the opening one. For the rest of the check the
    /// parser assumes that it ends before the next statement or item; add the closing bracket where it belongs.
    E0103 = "unclosed bracket", "model M {\n  let x = max(1, 2\n  let y = x\n}\n";
    /// A closing bracket has no opening one, or the open one is of another kind: `(1, 2]`. Delete it, or replace it by
    /// the kind that was opened.
    E0104 = "unmatched closing bracket", "hyper d = max(1, 2]\n";
    /// The language has no semicolons: a statement ends where the next one begins. Delete the semicolon; two statements
    /// may share a line.
    E0105 = "semicolon", "hyper d = 128;\n";
    /// Named arguments, settings of an instance and labels of a list take a colon: `Linear(t, out: 8)`. The equals sign
    /// is used in statements only, such as `let x = ..`.
    E0106 = "`=` in place of `:`", "model M {\n  let x = Linear(t, out = 8)\n}\n";
    /// Outside of all braces, a line begins with `use`, `hyper`, `input`, `label`, `block`, `model`, `variant`,
    /// `recipe` or `expect`. Check the spelling of the keyword. Statements such as `let` and `loss` belong inside the
    /// braces of a `model`.
    E0107 = "unknown item", "modle M {\n}\n";
    /// Comments begin with `//`, not with `#` or `/*`. Documentation begins with `///` on each line, above the item or
    /// statement that it documents, and with `//!` for the file; there are no docstrings.
    E0108 = "comment of another language", "hyper d = 128 # width\n";
    /// A string literal has no closing quote on its line. Strings cannot contain line breaks: close it with `"` on the
    /// same line.
    E0109 = "unterminated string", "recipe demo { encoder = \"demo\n}\n";
    /// Names consist of the letters a to z and A to Z, digits and `_`. Other letters are allowed in comments and
    /// strings only, so that parameter paths can be typed and compared everywhere.
    E0110 = "non-ASCII character in a name", "hyper größe = 8\n";
    /// Brackets are nested more than 64 deep, or an expression has more than 128 nested operations. The limit keeps the
    /// memory that the compiler needs bounded. Name a part of the expression with `let` and use the name.
    E0111 = "nested too deeply",
        "hyper x = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))\n";
    /// `//` is floor division inside brackets, and begins a comment everywhere else. Here the comment could also be
    /// read as the rest of a division, so the file is rejected rather than the division dropped without notice. To
    /// divide, use parentheses: `(p // 2)`. For a comment, put two spaces before `//`.
    E0112 = "comment that looks like a division", "hyper p = 8\nhyper half = p // 2\n";
    /// A number consists of digits, with optional `_` separators, a fraction or exponent, or a suffix `K`, `M` or `G`
    /// (thousand, million, billion). Examples: `8`, `1_000`, `120M`, `0.2`, `5e-5`.
    E0113 = "invalid number", "hyper d = 12x\n";
    /// Keywords such as `let`, `in` or `loss` cannot be used as names. Choose another name, for instance `total_loss`.
    E0114 = "keyword used as a name", "model M {\n  let loss = 3\n}\n";
    /// The language has its own form of this operator or keyword. Logic is written `and`, `or`, `not`. A compile-time
    /// choice is `when c { a } else { b }`. A body returns its last expression, without `return`. `x += 1` is written
    /// `x = x + 1`, `x ^ 2` is `x ** 2`, `a @ b` is `matmul(a, with: b)`, `x -> F()` is `x |> F()`. Rows are selected with
    /// `take` and `skip` instead of `x[0:1]`. `[f(x) for x in xs]` is `each x in xs { f(x) }`. Strings take the straight
    /// double quotes `"`.
    E0115 = "operator or keyword of another language", "hyper flag = true && false\n";
    /// `x |> F(k: e)` means `F(x, k: e)`, so the right-hand side of `|>` must be a call or the name of a block. `|>`
    /// has the lowest precedence: `x |> F() + y` would pipe into the sum. Write `(x |> F()) + y`, or name the result
    /// with `let` first.
    E0116 = "pipe into something other than a call", "model M {\n  let x = t |> F() + 3\n}\n";
    /// A merge left both versions in the file, between `<<<<<<<`, `=======` and `>>>>>>>`. The first version is checked.
    /// Keep one of the two, and remove the three marks.
    E0117 = "unresolved merge conflict",
        "<<<<<<< HEAD\nhyper d = 64\n=======\nhyper d = 128\n>>>>>>> wide\n";
}
