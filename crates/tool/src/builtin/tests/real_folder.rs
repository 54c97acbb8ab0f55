//! The file tools over a real folder answer as over files in memory, and leave alone what is no file of text.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::FolderWorkspace;

/// The same tools over a folder that holds these files.
fn over_a_folder(files: &[(&str, &str)]) -> (tempfile::TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = FolderWorkspace::open(folder.path()).unwrap();
    for (path, text) in files {
        ready(workspace.write(path, (*text).to_owned())).unwrap().unwrap();
    }
    let mut world = World::new(&[]);
    world.context = world.context.with_workspace(Arc::new(workspace));
    (folder, world)
}

/// B22 to B30 and B42: calls in a row on the same files, good and bad.
#[test]
fn both_workspaces_answer_every_call_alike() {
    let files = [("a.txt", "one\ntwo\n"), ("src/b.rs", "fn one() {}\n"), ("src/deep/c", "")];
    let hash = crate::workspace::content_hash("one\ntwo\n");
    let calls = [
        ("list_files", json!({})),
        ("list_files", json!({ "prefix": "src/" })),
        ("search_text", json!({ "text": "one" })),
        ("read_file", json!({ "path": "a.txt", "show_hash": true })),
        ("read_file", json!({ "path": "src" })),
        ("read_file", json!({ "path": "src/b.rs/x" })),
        ("read_file", json!({ "path": "nowhere/x" })),
        ("read_file", json!({ "path": "a.txt", "from_line": 3 })),
        ("read_file", json!({ "path": "a.txt", "lines": 0 })),
        ("read_file", json!({ "path": "../a.txt" })),
        ("read_file", json!({ "path": "/proc/self/environ" })),
        ("read_file", json!({ "path": "a.txt/" })),
        ("write_file", json!({ "path": "a.txt", "content": "new\n", "expected_hash": "0123456789abcdef" })),
        ("write_file", json!({ "path": "a.txt", "content": "new\n", "expected_hash": hash })),
        ("write_file", json!({ "path": "src", "content": "" })),
        ("write_file", json!({ "path": "src/b.rs/x", "content": "" })),
        ("write_file", json!({ "path": "new/er/file", "content": "x" })),
        ("write_file", json!({ "path": "..", "content": "x" })),
        ("edit_file", json!({ "path": "src/b.rs", "old_text": "one", "new_text": "two" })),
        ("edit_file", json!({ "path": "src/b.rs", "old_text": "one", "new_text": "two" })),
        ("edit_file", json!({ "path": "src/b.rs", "old_text": "{}", "new_text": "{ /* {} */ }" })),
        ("edit_file", json!({ "path": "src/b.rs", "old_text": "}", "new_text": "]" })),
        ("Write_File", json!({ "path": "a.txt", "content": "x" })),
        ("search_text", json!({ "text": "two" })),
        ("list_files", json!({})),
    ];
    let memory = World::new(&files);
    let (_folder, on_disk) = over_a_folder(&files);
    let mut successes = 0;
    for (tool, arguments) in &calls {
        let answer = memory.call(tool, arguments);
        successes += usize::from(answer.0.is_none());
        assert_eq!(on_disk.call(tool, arguments), answer, "{tool} {arguments}");
    }
    assert_eq!(successes, 10, "of {}", calls.len());
}

/// B44: nothing behind a link is searched, listed, read or written.
#[test]
fn no_tool_goes_through_a_link() {
    let (folder, world) = over_a_folder(&[("a.txt", "secret? no\n")]);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("key"), "secret\n").unwrap();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    symlink(outside.path().join("key"), folder.path().join("key")).unwrap();
    let link =
        |path: &str| format!("{path} is a symbolic link; links are not followed, use the path of the file itself");
    let nothing = "(no line holds \"secret\")".to_owned();
    let table = [
        ("search_text", json!({ "text": "secret" }), None, "a.txt:1: secret? no".to_owned()),
        ("search_text", json!({ "text": "secret", "prefix": "out/" }), None, nothing),
        ("list_files", json!({}), None, "a.txt".to_owned()),
        ("read_file", json!({ "path": "out/key" }), Some(Denied), link("out")),
        ("read_file", json!({ "path": "key" }), Some(Denied), link("key")),
        ("write_file", json!({ "path": "out/new", "content": "x" }), Some(Denied), link("out")),
        ("edit_file", json!({ "path": "key", "old_text": "secret", "new_text": "x" }), Some(Denied), link("key")),
    ];
    for (tool, arguments, error, content) in table {
        assert_eq!(world.call(tool, &arguments), (error, content), "{tool} {arguments}");
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(outside.path().join("key")).unwrap(), "secret\n");
}

#[test]
fn a_search_skips_what_is_no_text_and_says_so() {
    let (folder, world) = over_a_folder(&[("b.txt", "needle\n")]);
    fs::write(folder.path().join("a.png"), b"needle\xff").unwrap();
    fs::File::create(folder.path().join("c.bin")).unwrap().set_len(10 << 30).unwrap();
    let table = [
        ("needle", "b.txt:1: needle\n(skipped 2 files that can't be read as text)"),
        ("hay", "(no line holds \"hay\")\n(skipped 2 files that can't be read as text)"),
    ];
    for (text, content) in table {
        assert_eq!(world.call("search_text", &json!({ "text": text })), (None, content.to_owned()));
    }
    let (error, content) = world.call("read_file", &json!({ "path": "c.bin" }));
    assert_eq!(error, Some(Limit));
    assert_eq!(content, "the file c.bin is 10737418240 bytes long; at most 1048576 are read");
}
