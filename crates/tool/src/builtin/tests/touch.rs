//! What calls of the file tools touch and what they show before they run.

use moot_core::{Claim, Touch};

use super::*;
use crate::PreparedCall;

fn prepared(world: &World, tool: &str, arguments: &Value) -> PreparedCall {
    let name: Text = tool.into();
    let call = ToolCall { id: "c".into(), name: name.clone(), arguments: arguments.to_string().into() };
    world.toolbox.prepare(&[name], &call).unwrap()
}

/// B46 and B47 are judged on these claims: each names exactly the path that the tool will use, letter by letter.
#[test]
fn a_call_touches_the_path_that_it_names() {
    let edit = |path: &str| json!({ "path": path, "old_text": "a", "new_text": "b" });
    let table = [
        ("read_file", json!({ "path": "a/b.txt", "lines": 1 }), Claim::reads_file("a/b.txt")),
        ("read_file", json!({ "path": ".SSH/Id_Rsa" }), Claim::reads_file(".SSH/Id_Rsa")),
        ("read_file", json!({ "path": "cafe\u{301}" }), Claim::reads_file("cafe\u{301}")),
        ("read_file", json!({ "path": "../a" }), Claim::reads_file("../a")),
        (
            "write_file",
            json!({ "path": ".git/hooks/pre-commit", "content": "" }),
            Claim::writes_file(".git/hooks/pre-commit"),
        ),
        ("edit_file", edit("a"), Claim::writes_file("a")),
        ("list_files", json!({}), Claim::reads_folder("")),
        ("list_files", json!({ "prefix": "src/" }), Claim::reads_folder("src")),
        ("list_files", json!({ "prefix": "src" }), Claim::reads_folder("")),
        ("list_files", json!({ "prefix": "src/ma" }), Claim::reads_folder("src")),
        ("search_text", json!({ "text": "x" }), Claim::reads_folder("")),
        ("search_text", json!({ "text": "x", "prefix": "a/b/c" }), Claim::reads_folder("a/b")),
    ];
    let world = World::new(&[]);
    for (tool, arguments, claim) in table {
        assert_eq!(prepared(&world, tool, &arguments).touch(), Touch::claims([claim]), "{tool} {arguments}");
    }
    let output = prepared(&world, "read_output", &json!({ "handle": "output-0" }));
    assert_eq!(output.touch(), Touch::default(), "a text kept aside never changes");
}

#[test]
fn writes_and_edits_show_what_they_would_change() {
    let text = "one\ntwo\nthree\n";
    let write = |path: &str, content: &str| ("write_file", json!({ "path": path, "content": content }));
    let edit = |old: &str, new: &str| ("edit_file", json!({ "path": "a", "old_text": old, "new_text": new }));
    let table = [
        (write("a", "one\n2\nthree\n"), Some("--- a\n+++ a\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three")),
        (write("new", "one\n"), Some("--- (no such file)\n+++ new\n@@ -0,0 +1 @@\n+one")),
        (write("a", text), None),
        (write("../a", "x"), None),
        (edit("two", "2"), Some("--- a\n+++ a\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three")),
        (edit("two\n", ""), Some("--- a\n+++ a\n@@ -1,3 +1,2 @@\n one\n-two\n three")),
        (edit("e", "x"), None),
        (edit("nowhere", "x"), None),
        (edit("one", "one"), None),
        (("read_file", json!({ "path": "a" })), None),
    ];
    for ((tool, arguments), shown) in table {
        let world = World::new(&[("a", text)]);
        let call = prepared(&world, tool, &arguments);
        assert_eq!(ready(call.preview(&world.context)).unwrap().as_deref(), shown, "{tool} {arguments}");
        assert_eq!(world.files.snapshot()["a"], text, "{tool} {arguments}: showing changes nothing");
        assert_eq!(**call.arguments(), arguments);
    }
}

/// B27: the person who approves sees what is hidden.
#[test]
fn what_is_shown_steers_no_terminal() {
    let world = World::new(&[]);
    let arguments = json!({ "path": "a", "content": "\u{1b}[2Jok\u{0}\r\n\u{202e}gnp.exe\u{7}\n" });
    let shown = ready(prepared(&world, "write_file", &arguments).preview(&world.context)).unwrap().unwrap();
    assert!(shown.chars().all(|character| character == '\n' || !character.is_control()), "{shown:?}");
    assert!(shown.ends_with("+\\u{1b}[2Jok\\0\\r\n+\\u{202e}gnp.exe\\u{7}"), "{shown}");
}
