//! Each built-in tool over files as a table of calls and answers, good and bad; those over notes, the edits and the
//! schemas that models are shown have files of their own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

mod edit;
mod files;
mod more_schemas;
mod notes;
mod outputs;
mod people;
mod real_folder;
mod schemas;
mod tasks;
mod touch;

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::port::{PortFuture, Workspace};
use moot_core::{ActorPath, Placement, Text, ToolCall, ToolEffect, ToolErrorCode, ToolResult};
use serde_json::{Value, json};

use super::*;
use crate::testing::{BoardInMemory, NotesInMemory, ready};
use crate::{MemoryWorkspace, ToolContext, Toolbox};

use ToolErrorCode::{Conflict, Denied, InvalidArguments, Limit, NotFound};

/// A world of tools over files and notes in memory, in which every call is answered at the first poll.
struct World {
    files: Arc<MemoryWorkspace>,
    context: ToolContext,
    toolbox: Toolbox,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let files = Arc::new(MemoryWorkspace::with_files(files.iter().copied()).unwrap());
        let context = ToolContext::closed(ActorPath::new("scribe[2]").unwrap())
            .with_workspace(Arc::clone(&files) as Arc<dyn Workspace>)
            .with_memory(Arc::new(NotesInMemory::default()))
            .with_blackboard(Arc::new(BoardInMemory::default()));
        let mut toolbox = Toolbox::new();
        for tool in all() {
            toolbox.add_erased(tool).unwrap();
        }
        Self { files, context, toolbox }
    }

    fn call(&self, tool: &str, arguments: &Value) -> (Option<ToolErrorCode>, String) {
        let name: Text = tool.into();
        let call = ToolCall { id: "c".into(), name: name.clone(), arguments: arguments.to_string().into() };
        let result: ToolResult = match self.toolbox.prepare(&[name], &call) {
            Ok(prepared) => ready(prepared.run(self.context.clone())).unwrap(),
            Err(refusal) => refusal,
        };
        assert_eq!(result.call_id, call.id);
        (result.error, result.content.to_string())
    }
}

/// Calls on the same files, each in a world of its own; none may change a file.
fn reads(tool: &str, files: &[(&str, &str)], table: &[(Value, Option<ToolErrorCode>, &str)]) {
    for (arguments, error, content) in table {
        let world = World::new(files);
        let before = world.files.snapshot();
        assert_eq!(world.call(tool, arguments), (*error, (*content).to_owned()), "{tool} {arguments}");
        assert_eq!(world.files.snapshot(), before, "{tool} {arguments} changed a file");
    }
}

const MISSING_PATH: &str = "the arguments of read_file do not fit:\n- /path: this field is missing; expected a text";

#[test]
fn read_file_gives_the_text_or_says_why_not() {
    let files = [("a.txt", "one\ntwo\r\n\nfour"), ("empty", ""), ("folder/b.txt", "b\n")];
    let unfit = "the arguments of read_file do not fit:\n- ";
    reads(
        "read_file",
        &files,
        &[
            (json!({ "path": "a.txt" }), None, "one\ntwo\r\n\nfour"),
            (json!({ "path": "a.txt", "from_line": null, "lines": null }), None, "one\ntwo\r\n\nfour"),
            (json!({ "path": "a.txt", "from_line": 1 }), None, "one\ntwo\r\n\nfour"),
            (json!({ "path": "a.txt", "from_line": 2, "lines": 2 }), None, "two\r\n\n"),
            (json!({ "path": "a.txt", "from_line": 4 }), None, "four"),
            (json!({ "path": "a.txt", "lines": 4_294_967_295_u32 }), None, "one\ntwo\r\n\nfour"),
            (json!({ "path": "empty" }), None, ""),
            (json!({ "path": "empty", "from_line": 1 }), None, ""),
            (json!({ "path": "a.txt", "from_line": 5 }), Some(NotFound), "there is no line 5; a.txt has 4 lines"),
            (
                json!({ "path": "folder/b.txt", "from_line": 4_294_967_295_u32 }),
                Some(NotFound),
                "there is no line 4294967295; folder/b.txt has 1 line",
            ),
            (json!({ "path": "empty", "from_line": 2 }), Some(NotFound), "there is no line 2; empty has 0 lines"),
            (json!({ "path": "b.txt" }), Some(NotFound), "there is no file b.txt"),
            (json!({ "path": "folder" }), Some(NotFound), "there is no file folder (it is a folder)"),
            (
                json!({ "path": "../a.txt" }),
                Some(Denied),
                "the path \"../a.txt\" is not allowed: it has a part \"..\"; give a path such as notes/a.txt",
            ),
            (
                json!({ "path": "/proc/self/environ" }),
                Some(Denied),
                "the path \"/proc/self/environ\" is not allowed: it begins with \"/\"; give a path such as notes/a.txt",
            ),
            (json!({}), Some(InvalidArguments), MISSING_PATH),
            (
                json!({ "path": "a.txt", "lines": 0 }),
                Some(InvalidArguments),
                &format!("{unfit}/lines: expected at least 1, found the number 0"),
            ),
            (
                json!({ "path": "a.txt", "from_line": -1 }),
                Some(InvalidArguments),
                &format!("{unfit}/from_line: expected at least 1, found the number -1"),
            ),
            (
                json!({ "path": "a.txt", "from_line": 4_294_967_296_u64 }),
                Some(InvalidArguments),
                &format!("{unfit}/from_line: invalid value: integer `4294967296`, expected u32"),
            ),
            (
                json!({ "path": ["a.txt"], "line": 3 }),
                Some(InvalidArguments),
                &format!(
                    "{unfit}/line: there is no such field; the fields are from_line, lines, path, show_hash\n\
                     - /path: expected a text, found an array of 1 item"
                ),
            ),
        ],
    );
}

#[test]
fn a_part_of_a_file_too_long_to_answer_can_be_asked_for() {
    let text = "x\n".repeat(RESULT_BYTES_MAX / 2);
    let world = World::new(&[("long", &text)]);
    let (error, content) = world.call("read_file", &json!({ "path": "long" }));
    assert_eq!((error, content.len()), (None, RESULT_BYTES_MAX), "the longest file is read whole");
    // The line with the hash is too much.
    let (error, content) = world.call("read_file", &json!({ "path": "long", "show_hash": true }));
    assert_eq!(error, Some(Limit));
    assert_eq!(
        content,
        "the answer would be 1048619 bytes long; at most 1048576 are given; ask for fewer lines with from_line and lines"
    );
    let some = json!({ "path": "long", "lines": RESULT_BYTES_MAX / 4, "show_hash": true });
    let (error, content) = world.call("read_file", &some);
    assert_eq!((error, content.len()), (None, RESULT_BYTES_MAX / 2 + 43));
}

#[test]
fn write_file_replaces_the_whole_text_or_changes_nothing() {
    let table = [
        (json!({ "path": "n/b", "content": "ü" }), None, "wrote 2 bytes to n/b", "n/b"),
        (json!({ "path": "a", "content": "!" }), None, "wrote 1 byte to a", "a"),
        (json!({ "path": "a", "content": "" }), None, "wrote 0 bytes to a", "a"),
        (json!({ "path": "f", "content": "" }), Some(Conflict), "f is a folder; a file needs another path", ""),
        (json!({ "path": "a/b", "content": "" }), Some(Conflict), "a is a file; it can't hold a/b", ""),
        (
            json!({ "path": "a\u{0}b", "content": "x" }),
            Some(Denied),
            "the path \"a\\0b\" is not allowed: it holds the character \"\\0\"; give a path such as notes/a.txt",
            "",
        ),
        (
            json!({ "path": "a" }),
            Some(InvalidArguments),
            "the arguments of write_file do not fit:\n- /content: this field is missing; expected a text",
            "",
        ),
        (
            json!({ "path": "a", "content": null, "mode": "append" }),
            Some(InvalidArguments),
            "the arguments of write_file do not fit:\n- /content: expected a text, found null\n\
             - /mode: there is no such field; the fields are content, expected_hash, path",
            "",
        ),
    ];
    for (arguments, error, content, written) in table {
        let world = World::new(&[("a", "old"), ("f/x", "x")]);
        let mut expected = world.files.snapshot();
        assert_eq!(world.call("write_file", &arguments), (error, content.to_owned()), "{arguments}");
        if error.is_none() {
            expected.insert(written.to_owned(), arguments["content"].as_str().unwrap().to_owned());
        }
        assert_eq!(world.files.snapshot(), expected, "{arguments}");
    }
}

/// A workspace in which somebody else writes after every read.
struct Busy(MemoryWorkspace);

impl Workspace for Busy {
    fn read<'a>(&'a self, path: &'a str) -> PortFuture<'a, String> {
        Box::pin(async move {
            let text = self.0.read(path).await?;
            self.0.write(path, format!("{text} and more")).await?;
            Ok(text)
        })
    }
    fn write<'a>(&'a self, path: &'a str, content: String) -> PortFuture<'a, ()> {
        self.0.write(path, content)
    }
    fn replace<'a>(&'a self, path: &'a str, old: &'a str, new: String) -> PortFuture<'a, ()> {
        self.0.replace(path, old, new)
    }
    fn list<'a>(&'a self) -> PortFuture<'a, Vec<String>> {
        Box::pin(async { Ok(vec!["a".to_owned(), "gone".to_owned()]) })
    }
}

#[test]
fn list_files_lists_what_begins_with_the_prefix() {
    let files = [("src/b", ""), ("src/a", ""), ("src-old/c", ""), ("readme", "")];
    reads(
        "list_files",
        &files,
        &[
            (json!({}), None, "readme\nsrc-old/c\nsrc/a\nsrc/b"),
            (json!({ "prefix": "" }), None, "readme\nsrc-old/c\nsrc/a\nsrc/b"),
            (json!({ "prefix": "src/" }), None, "src/a\nsrc/b"),
            (json!({ "prefix": "src" }), None, "src-old/c\nsrc/a\nsrc/b"),
            (json!({ "prefix": "../" }), None, "(there are no files whose path begins with \"../\")"),
            (
                json!({ "prefix": 1 }),
                Some(InvalidArguments),
                "the arguments of list_files do not fit:\n- /prefix: expected a text or null, found the number 1",
            ),
            (
                json!({ "path": "src" }),
                Some(InvalidArguments),
                "the arguments of list_files do not fit:\n- /path: there is no such field; the fields are prefix",
            ),
        ],
    );
    reads("list_files", &[], &[(json!({}), None, "(there are no files)")]);
}

#[test]
fn a_long_list_says_how_many_are_left_out() {
    let paths: Vec<String> = (0..list_files::LISTED_MAX + 7).map(|number| format!("{number:04}")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "")).collect();
    let (error, content) = World::new(&files).call("list_files", &json!({}));
    assert_eq!(error, None);
    assert_eq!(content.lines().count(), list_files::LISTED_MAX + 1);
    assert_eq!(content.lines().last(), Some("(and 7 more; list fewer with prefix)"));
}

#[test]
fn search_text_finds_lines_in_the_order_of_the_paths() {
    let long = format!("{}needle", "ä".repeat(search_text::LINE_CHARACTERS_MAX));
    let cut = format!("c:1: {}...", "ä".repeat(search_text::LINE_CHARACTERS_MAX));
    let files = [("b/x", "needle a.c\r\nnothing\nneedle needle"), ("a", "no\nNeedle"), ("c", &long), ("e", "")];
    let unfit = "the arguments of search_text do not fit:\n- ";
    reads(
        "search_text",
        &files,
        &[
            (json!({ "text": "needle" }), None, &format!("b/x:1: needle a.c\nb/x:3: needle needle\n{cut}")),
            (json!({ "text": "needle", "prefix": "b/" }), None, "b/x:1: needle a.c\nb/x:3: needle needle"),
            (json!({ "text": "needle", "prefix": "b/", "limit": 2 }), None, "b/x:1: needle a.c\nb/x:3: needle needle"),
            (
                json!({ "text": "needle", "limit": 1 }),
                None,
                "b/x:1: needle a.c\n(there are more lines; find fewer with prefix or a longer text)",
            ),
            (json!({ "text": "a.c" }), None, "b/x:1: needle a.c"),
            (json!({ "text": "n.*e" }), None, "(no line holds \"n.*e\")"),
            (json!({ "text": "x", "prefix": "nowhere" }), None, "(no line holds \"x\")"),
            (
                json!({ "text": "a\nb" }),
                Some(InvalidArguments),
                "text holds a line break; search for a text within one line",
            ),
            (
                json!({ "text": "" }),
                Some(InvalidArguments),
                &format!("{unfit}/text: expected a text of at least 1 character, found the text \"\""),
            ),
            (
                json!({ "text": "x", "limit": 0 }),
                Some(InvalidArguments),
                &format!("{unfit}/limit: expected at least 1, found the number 0"),
            ),
            (
                json!({ "text": "x", "limit": 1001 }),
                Some(InvalidArguments),
                &format!("{unfit}/limit: expected at most 1000, found the number 1001"),
            ),
            (
                json!({ "text": "x", "limit": null }),
                Some(InvalidArguments),
                &format!("{unfit}/limit: expected an integer, found null"),
            ),
        ],
    );
}

#[test]
fn search_text_finds_a_hundred_lines_unless_told_otherwise_and_skips_what_is_gone() {
    let text = "x\n".repeat(300);
    let (_, content) = World::new(&[("a", &text)]).call("search_text", &json!({ "text": "x" }));
    assert_eq!(content.lines().count(), 101);

    let files = Arc::new(Busy(MemoryWorkspace::with_files([("a", "x")]).unwrap()));
    let context = ToolContext::closed(ActorPath::world()).with_workspace(files);
    assert_eq!(&*crate::testing::call(SearchText, r#"{"text": "x"}"#, context).content, "a:1: x");
}

#[test]
fn behind_a_closed_port_every_tool_is_refused() {
    let table = [
        ("read_file", json!({ "path": "a" }), "workspace"),
        ("write_file", json!({ "path": "a", "content": "" }), "workspace"),
        ("edit_file", json!({ "path": "a", "old_text": "a", "new_text": "b" }), "workspace"),
        ("list_files", json!({}), "workspace"),
        ("search_text", json!({ "text": "a" }), "workspace"),
        ("read_output", json!({ "handle": "a" }), "output store"),
        ("remember", json!({ "text": "a" }), "memory"),
        ("recall", json!({ "query": "a" }), "memory"),
        ("add_task", json!({ "title": "a" }), "blackboard"),
        ("list_tasks", json!({}), "blackboard"),
        ("update_task", json!({ "task": 1, "note": "a" }), "blackboard"),
        ("read_board", json!({}), "blackboard"),
        ("write_board", json!({ "key": "a", "value": "a" }), "blackboard"),
        ("ask_user", json!({ "question": "a" }), "person"),
        ("spawn_agent", json!({ "agent": "a", "prompt": "a" }), "team"),
        ("send_message", json!({ "text": "a" }), "team"),
        ("wait_for_agents", json!({}), "team"),
        ("stop_agent", json!({ "agent": "a" }), "team"),
        ("load_skill", json!({ "name": "a" }), "skill library"),
        ("set_mode", json!({ "mode": "auto" }), "permission mode"),
        ("enter_plan_mode", json!({}), "permission mode"),
    ];
    assert!(table.len() == BUILT_IN_NAMES.len());
    let mut world = World::new(&[]);
    world.context = ToolContext::closed(ActorPath::world());
    for (tool, arguments, port) in table {
        assert_eq!(world.call(tool, &arguments), (Some(Denied), format!("no {port} is available here")), "{tool}");
    }
}

#[test]
fn names_effects_and_placements_are_as_documented() {
    let found: Vec<(String, ToolEffect)> =
        all().iter().map(|tool| (tool.spec().name.to_string(), tool.spec().effect)).collect();
    let expected = [
        ("add_task", ToolEffect::Write),
        ("ask_user", ToolEffect::Read),
        ("edit_file", ToolEffect::Write),
        ("enter_plan_mode", ToolEffect::Read),
        ("list_files", ToolEffect::Read),
        ("list_tasks", ToolEffect::Read),
        ("load_skill", ToolEffect::Read),
        ("read_board", ToolEffect::Read),
        ("read_file", ToolEffect::Read),
        ("read_output", ToolEffect::Read),
        ("recall", ToolEffect::Read),
        ("remember", ToolEffect::Write),
        ("search_text", ToolEffect::Read),
        ("send_message", ToolEffect::Write),
        ("set_mode", ToolEffect::Write),
        ("spawn_agent", ToolEffect::Spawn),
        ("stop_agent", ToolEffect::Write),
        ("update_task", ToolEffect::Write),
        ("wait_for_agents", ToolEffect::Read),
        ("write_board", ToolEffect::Write),
        ("write_file", ToolEffect::Write),
    ];
    assert_eq!(found, expected.map(|(name, effect)| (name.to_owned(), effect)));
    assert!(all().iter().all(|tool| tool.placement() == Placement::Inside));
    assert!(BUILT_IN_NAMES.is_sorted());
    for name in BUILT_IN_NAMES {
        assert_eq!(&*by_name(name).unwrap().spec().name, *name);
    }
    for other in ["", "READ_FILE", "read-file", "read_fil", "read_file ", "r\u{435}ad_file"] {
        assert!(by_name(other).is_none(), "{other}");
    }
}
