//! What programs answer, and what stops them.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

fn run(program: &str) -> Result<String, (ToolErrorCode, String)> {
    RunProgram::default().run_within_limits(program).map_err(|failure| (failure.code, failure.message))
}

#[test]
fn programs_answer_with_what_they_print_and_their_value() {
    let table = [
        ("1 + 2", "=> 3"),
        ("let x = 1;", "(no output)"),
        ("", "(no output)"),
        ("print(\"a\"); print(\"b\");", "a\nb\n"),
        ("print(1); \"text\"", "1\n=> text"),
        ("#{ b: 1, a: [true, 2.5, 'c'] }", "=> #{\"a\": [true, 2.5, 'c'], \"b\": 1}"),
        ("fn double(n) { n * 2 } double(21)", "=> 42"),
        ("debug(\"x\");", "1:1 \"x\"\n"),
        ("let a = []; for n in 0..3 { a.push(n); } a.len()", "=> 3"),
        ("\"käse\".to_upper()", "=> KÄSE"),
    ];
    for (program, answer) in table {
        assert_eq!(run(program).as_deref(), Ok(answer), "{program}");
        assert_eq!(run(program).as_deref(), Ok(answer), "the same once more: {program}");
    }
}

/// B20.
#[test]
fn programs_are_stopped_and_errors_name_the_line() {
    use ToolErrorCode::{Failed, InvalidArguments, Limit};
    let table = [
        ("\n\nloop { }", Limit, "line 3:"),
        ("let x = 0;\nwhile true { x += 1; }", Limit, "line 2:"),
        ("let s = \"x\";\nloop { s += s; }", Limit, "line 2:"),
        ("let s = \"x\";\ns.pad(1000000000, 'x');", Limit, "line 2:"),
        ("let a = [];\na.pad(1000000000, 0);", Limit, "line 2:"),
        ("let a = [0]; loop { a += a; }", Limit, "line 1:"),
        ("fn f(n) {\n f(n + 1) } f(0)", Limit, "line 2:"),
        ("fn f(n) { g(n) } fn g(n) { f(n) } f(0)", Limit, "line 1:"),
        ("loop { print(\"overflow of the output\"); }", Limit, "printed more than 65536 bytes"),
        ("print(1);\nthrow \"no\";", Failed, "1\nline 2:1: Runtime error: no"),
        ("1 / 0", Failed, "line 1:3: Division by zero: 1 / 0"),
        ("9223372036854775807 + 1", Failed, "line 1:21: Addition overflow: 9223372036854775807 + 1"),
        ("fn f() {\n 1 / 0 }\nf()", Failed, "line 2:4: Division by zero: 1 / 0"),
        ("let x = 1;\nlet y = x +;", InvalidArguments, "line 2:12: "),
        ("missing", Failed, "line 1:1: Variable not found: missing"),
        ("no_such(1)", Failed, "line 1:1: Function not found: no_such (i64)"),
        ("eval(\"1\")", InvalidArguments, "line 1:1: "),
        // A program can't hold up the world in real time, nor leave it.
        ("sleep(10)", Failed, "line 1:1: Runtime error: there is no function sleep here"),
        ("sleep(1e30)", Failed, "there is no function sleep here"),
        ("let f = Fn(\"sleep\"); f.call(100)", Failed, "there is no function sleep here"),
        ("let f = Fn(\"sleep\"); f.call(1e30)", Failed, "there is no function sleep here"),
        ("call(\"sleep\", 100)", Failed, "expecting Fn"),
        ("[100].map(Fn(\"sleep\"))", Failed, "there is no function sleep here"),
        ("[100].map(\"sleep\")", Failed, "there is no function sleep here"),
        ("let f = Fn(\"exit\"); f.call()", Failed, "there is no function exit here"),
        ("let f = Fn(\"exit\"); f.call(1)", Failed, "there is no function exit here"),
        ("let f = Fn(\"eval\"); f.call(\"1\")", InvalidArguments, "'eval' is a reserved keyword"),
        ("[\"1\"].map(\"eval\")", InvalidArguments, "'eval' is a reserved keyword"),
        ("print(1); exit(1)", Failed, "1\nline 1:11: Runtime error: there is no function exit here"),
        ("exit()", Failed, "there is no function exit here"),
        ("fn f() { this } f()", InvalidArguments, "line 1:10: "),
        ("timestamp()", Failed, "line 1:1: Function not found: timestamp"),
        ("import \"x\" as y;", InvalidArguments, "line 1:1: "),
        ("rand()", Failed, "line 1:1: Function not found: rand"),
        ("read_file(\"a\")", Failed, "line 1:1: Function not found: read_file"),
    ];
    for (program, code, words) in table {
        let (found, message) = run(program).unwrap_err();
        assert!(found == code && message.contains(words), "{program}: {found:?} {message}");
    }
    let nested = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(run(&nested).unwrap_err().0, InvalidArguments);
    let terms = format!("1{}", " + 1".repeat(30_000));
    assert_eq!(run(&terms).unwrap_err().0, InvalidArguments);
}

/// B20: no function that is built in gets around the limit of operations. Each of these took from five seconds to
/// minutes, or hundreds of megabytes, when an operation counted as one whatever it handled.
#[test]
fn operations_are_weighed_by_what_they_handle() {
    let long = "a".repeat(30_000);
    let table = [
        "let a = []; a.pad(1000, 1); loop { a.contains(2); }",
        "let a = []; a.pad(1000, 1); loop { let b = a; }",
        "let a = []; a.pad(1000, 1.5); loop { `${a}`; }",
        "let a = []; a.pad(1000, 1); fn f(x) { } loop { f(a); }",
        "let a = []; a.pad(1000, 1); let f = || a; loop { f.call(); }",
        "let m = #{}; for i in 0..1000 { m[\"k\" + i] = i; } loop { m.keys(); }",
        "let s = \"\"; s.pad(65000, \"a\"); loop { s.index_of(\"b\"); }",
        "let s = \"\"; s.pad(60000, 'a'); let t = s; t.pad(60001, 'b'); loop { s.contains(t); }",
        "let s = \"\"; s.pad(900, 'a'); loop { s.split(\"\"); }",
        "loop { let s = \"\"; s.pad(65000, \"ab\"); }",
        "loop { blob(1000, 0); }",
        "let m = #{}; let s = \"\"; s.pad(60000, \"x\"); for i in 0..9000 { m[\"k\" + i] = s + i; }",
        "let v = []; for i in 0..5000 { let s = \"\"; s.pad(60000, \"x\"); v.push(|| s + i); }",
        // What a function does that a built-in one calls is counted too.
        "loop { [1].map(|x| { for i in 0..40000 { } }); }",
        &format!("loop {{ \"{long}\".contains(\"b\"); }}"),
        &format!("loop {{ if true {{ }} \"{long}\".to_upper(); }}"),
    ];
    for program in table {
        let (code, message) = run(program).unwrap_err();
        assert!(code == ToolErrorCode::Limit && message.contains("Too many operations"), "{program:.80}: {message}");
    }
    for (program, words) in [
        ("let a = [1]; for i in 0..100000 { a = [a]; } a", "Depth of value"),
        ("let s = \"\"; s.pad(60000, \"a\"); s.replace(\"a\", s); s", "Length of string"),
        ("let s = \"\"; s.pad(9223372036854775807, \"ab\"); s", "Length of string"),
        (&format!("`{long}{long}${{1}}`"), "Length of string"),
    ] {
        let (_, message) = run(program).unwrap_err();
        assert!(message.contains(words), "{program:.80}: {message}");
    }
}

/// What programs usually do is far from the limits.
#[test]
fn ordinary_programs_have_room() {
    let long = "long ".repeat(20);
    let table = [
        ("let sum = 0; for i in 0..200000 { sum += i; } sum", "=> 19999900000"),
        (
            "let a = []; for i in 0..100 { a.push((i * 37) % 101); } let n = a.len();
             for i in 0..n { for j in 0..n - 1 { if a[j] > a[j + 1] { let t = a[j]; a[j] = a[j + 1]; a[j + 1] = t; } } }
             a[50]",
            "=> 50",
        ),
        ("let a = []; for i in 0..1000 { a.push(i); } a.len()", "=> 1000"),
        ("let m = #{}; for i in 0..1000 { m[`k${i}`] = i; } m.len()", "=> 1000"),
        ("let s = \"ab\"; s.pad(5, \"xyz\"); s.pad(6, '-'); s.pad(2, '+'); s", "=> abxyz-"),
        ("let s = \"abab\"; s.replace(\"a\", \"xx\"); s.replace('b', 'y'); s", "=> xxyxxy"),
        ("let s = \"ab\"; s.replace(\"\", \"-\"); s.replace('a', \"1\"); s.replace(\"b\", '2'); s", "=> -1-2-"),
        // Long texts stand in every place that a text may.
        (&format!("\"{long}\".len()"), "=> 100"),
        (&format!("let f = || \"{long}\"; [1, f.call()][1].len()"), "=> 100"),
        (&format!("fn f(a, b) {{ b }} f(1, \"{long}\").len()"), "=> 100"),
        (&format!("#{{ \"{long}\": [1, \"{long}\"], b: f(1, \"{long}\") }}.b; fn f(a, b) {{ a }}"), "=> 1"),
        (&format!("#{{ b: 1, \"{long}\": 2 }}.keys()[1].len()"), "=> 100"),
        (&format!("`a${{ `b${{1}}{long}` }}{long}${{2}}`.len()"), "=> 204"),
        (&format!("parse_json(\"{{\\\"a\\\": \\\"{long}\\\"}}\").a.len()"), "=> 100"),
    ];
    for (program, answer) in table {
        assert_eq!(run(program).as_deref(), Ok(answer), "{program}");
    }
}

#[test]
fn options_have_ranges() {
    assert_eq!(ProgramOptions::default().check(), []);
    let options = ProgramOptions { operations_max: 0, call_depth_max: 65, ..ProgramOptions::default() };
    let paths: Vec<String> = options.check().into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["operations_max", "call_depth_max"]);
    let printing = |output_bytes_max| ProgramOptions { output_bytes_max, ..ProgramOptions::default() };
    assert_eq!(printing(1_048_576).check(), [], "as much as any tool may answer");
    assert_eq!(printing(1_048_577).check().len(), 1);
    // The deepest that can be asked for is stopped by its own limit.
    let deep = RunProgram::new(ProgramOptions { call_depth_max: 64, ..ProgramOptions::default() });
    let failure = deep.run_within_limits("fn f(n) { 1 + f(n + 1) } f(0)").unwrap_err();
    assert_eq!(failure.code, ToolErrorCode::Limit);
}
