//! Lines and what the simulated shell makes of them.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::ActorPath;
use moot_core::ToolErrorCode::{Denied, Failed, InvalidArguments};
use serde_json::json;

use super::*;
use crate::{MemoryWorkspace, testing};

fn options() -> ShellOptions {
    serde_json::from_value(json!({
        "responses": [
            { "command": ["cargo", "test", "**"], "output": "12 passed\n", "latency": "3s" },
            { "command": ["cargo", "build"], "output": "built\n", "latency": "5s",
              "writes": { "target/app": "binary" } },
            { "command": ["cargo", "fmt", "--check"], "output": "differs", "exit_code": 1, "latency": "1s" },
            { "command": ["cat", "*.txt"], "output": "text\n" },
            { "command": ["quiet"], "exit_code": 3 }
        ]
    }))
    .unwrap()
}

/// The answer to a line in a workspace with `a.txt`, and the files that it changed or made.
fn run(line: &str) -> (Option<ToolErrorCode>, String, BTreeMap<String, String>) {
    let files = Arc::new(MemoryWorkspace::with_files([("a.txt", "one\n")]).unwrap());
    let context = ToolContext::closed(ActorPath::new("scribe").unwrap()).with_workspace(files.clone());
    let result = testing::call(RunShell::new(options()), &json!({ "command": line }).to_string(), context);
    let mut changed: BTreeMap<String, String> =
        files.snapshot().iter().map(|(path, content)| (path.to_string(), content.to_string())).collect();
    changed.retain(|path, content| path != "a.txt" || content != "one\n");
    (result.error, result.content.to_string(), changed)
}

#[test]
fn each_line_answers_what_its_commands_say() {
    let table = [
        ("cargo test -q", None, "12 passed\n"),
        ("cargo  'test'", None, "12 passed\n"),
        ("cargo test && echo done", None, "12 passed\ndone\n"),
        ("cargo fmt --check", Some(Failed), "differs\n(exit code 1)"),
        ("cargo fmt --check && cargo test", Some(Failed), "differs\n(exit code 1)"),
        ("cargo fmt --check || cargo test", None, "differs12 passed\n"),
        ("cargo fmt --check; cargo test", None, "differs12 passed\n"),
        ("false && echo a || echo b", None, "b\n"),
        ("true || echo a && echo b", None, "b\n"),
        ("cargo test | cat x.txt", None, "text\n"),
        ("nothing | cat x.txt", None, "text\n"),
        ("cat x.txt | quiet", Some(Failed), "(exit code 3)"),
        ("cat x.md", Some(Failed), "cat: command not found\n(exit code 127)"),
        ("sudo cargo test", Some(Failed), "sudo: command not found\n(exit code 127)"),
        ("true", None, "(no output)"),
        ("cd src && cargo test", None, "12 passed\n"),
        ("cat x.txt < a.txt", None, "text\n"),
        ("cat x.txt < b.txt && echo a", Some(Failed), "sh: b.txt: No such file\n(exit code 1)"),
        (
            "cat x.txt < ../b",
            Some(Denied),
            "the path \"../b\" is not allowed: it has a part \"..\"; give a path such as notes/a.txt",
        ),
    ];
    for (line, error, content) in table {
        let (found, answer, changed) = run(line);
        assert_eq!((found, answer.as_str()), (error, content), "{line}");
        assert_eq!(changed, BTreeMap::new(), "{line}");
    }
}

/// A line, its answer, and the files that it changes or makes.
type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

#[test]
fn outputs_go_where_the_line_says() {
    let table: &[Row] = &[
        ("cargo build", "built\n", &[("target/app", "binary")]),
        ("cargo test > log", "(no output)", &[("log", "12 passed\n")]),
        ("cargo test > /dev/null", "(no output)", &[]),
        ("cargo test 2> log", "12 passed\n", &[("log", "")]),
        ("cargo test > log 2>&1", "(no output)", &[("log", "12 passed\n")]),
        ("cargo test > a > b", "(no output)", &[("a", ""), ("b", "12 passed\n")]),
        ("cargo test > log | echo x", "x\n", &[("log", "12 passed\n")]),
        ("echo x > a.txt", "(no output)", &[("a.txt", "x\n")]),
        ("echo x >> a.txt", "(no output)", &[("a.txt", "one\nx\n")]),
        ("echo x >> b && echo y >> b", "(no output)", &[("b", "x\ny\n")]),
        ("> b", "(no output)", &[("b", "")]),
        ("cd src && echo x > b && echo y > ../c", "(no output)", &[("c", "y\n"), ("src/b", "x\n")]),
        ("false && echo x > b; echo y", "y\n", &[]),
    ];
    for (line, content, files) in table {
        let (error, answer, changed) = run(line);
        assert_eq!((error, answer.as_str()), (None, *content), "{line}");
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        assert_eq!(changed, files, "{line}");
    }
}

#[test]
fn a_line_that_is_not_certain_does_nothing() {
    let table = [
        ("cargo test $(x) > log", "unquoted `$`"),
        ("cargo test > log; eval x", "`eval` changes the shell"),
        (" \n ", "holds no command"),
    ];
    for (line, words) in table {
        let (error, answer, changed) = run(line);
        assert_eq!((error, changed), (Some(InvalidArguments), BTreeMap::new()), "{line}");
        assert!(answer.contains(words), "{line}: {answer}");
    }
}

#[test]
fn a_call_says_what_it_touches() {
    let touch = |line: &str| RunShell::new(options()).touch(&RunShellArguments { command: line.to_owned() });
    let table: &[(&str, &[Claim])] = &[
        ("cargo test", &[]),
        ("cargo build", &[Claim::writes_file("target/app")]),
        ("sort < a.txt > ./out//b", &[Claim::reads_file("a.txt"), Claim::writes_file("out/b")]),
        ("cd src && echo > ../b && echo > c", &[Claim::writes_file("b"), Claim::writes_file("src/c")]),
        ("cd src && echo > ../../b", &[Claim::writes_file("src/../../b")]),
        ("echo > /etc/passwd", &[Claim::writes_file("/etc/passwd")]),
        ("sudo cargo build", &[Claim::writes_file("target/app")]),
        ("echo > $X", &[]),
    ];
    for (line, claims) in table {
        let touch = touch(line);
        assert_eq!(touch.claims, *claims, "{line}");
        assert_eq!(touch.commands, shell::parse(line), "{line}");
    }
}

#[test]
fn a_call_takes_as_long_as_what_it_runs() {
    let table = [
        ("cargo test", 3_000),
        ("cargo test && cargo build", 8_000),
        ("cargo test | cargo build", 5_000),
        ("cargo fmt --check && cargo build", 1_000),
        ("cargo fmt --check || cargo build", 6_000),
        ("echo x", 0),
        ("cargo test $X", 0),
    ];
    for (line, latency_ms) in table {
        let arguments = RunShellArguments { command: line.to_owned() };
        assert_eq!(RunShell::new(options()).latency(&arguments).as_millis(), latency_ms, "{line}");
    }
}
