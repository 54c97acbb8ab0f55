//! The hash of a file: shown by `read_file`, expected by `write_file` and `edit_file`.

use super::*;
use crate::workspace::content_hash;

#[test]
fn the_hash_is_that_of_the_whole_file_and_shown_when_asked_for() {
    let text = "one\ntwo\n";
    let hash = content_hash(text);
    let table = [
        (json!({ "path": "a", "show_hash": true }), None, format!("[hash of the whole file: {hash}]\none\ntwo\n")),
        (
            json!({ "path": "a", "show_hash": true, "from_line": 2 }),
            None,
            format!("[hash of the whole file: {hash}]\ntwo\n"),
        ),
        (json!({ "path": "a", "show_hash": false }), None, text.to_owned()),
        (json!({ "path": "b", "show_hash": true }), Some(NotFound), "there is no file b".to_owned()),
        (
            json!({ "path": "a", "show_hash": "yes" }),
            Some(InvalidArguments),
            "the arguments of read_file do not fit:\n- /show_hash: expected true or false, found the text \"yes\""
                .to_owned(),
        ),
    ];
    for (arguments, error, content) in table {
        reads("read_file", &[("a", text)], &[(arguments, error, &content)]);
    }
}

/// B29: whoever gives the hash of what was read hits that text or none.
#[test]
fn a_file_that_changed_since_it_was_read_is_left_alone() {
    let (old, new) = (content_hash("one"), content_hash("two"));
    let write = |hash: &str| ("write_file", json!({ "path": "a", "content": "two", "expected_hash": hash }));
    let edit =
        |hash: &str| ("edit_file", json!({ "path": "a", "old_text": "one", "new_text": "two", "expected_hash": hash }));
    let changed = format!("the file a changed since it was read: its hash is {old}, not {new}; read it again");
    let unfit = |tool: &str| {
        format!(
            "the arguments of {tool} do not fit:\n\
             - /expected_hash: expected a text that matches \"^[0-9a-f]{{16}}$\", found the text \"ONE\""
        )
    };
    let table = [
        (write(&old), None, format!("wrote 3 bytes to a; its hash is {new} now"), "two"),
        (edit(&old), None, format!("replaced the text at line 1 of a; its hash is {new} now"), "two"),
        (write(&new), Some(Conflict), changed.clone(), "one"),
        (edit(&new), Some(Conflict), changed, "one"),
        (write("ONE"), Some(InvalidArguments), unfit("write_file"), "one"),
        (edit("ONE"), Some(InvalidArguments), unfit("edit_file"), "one"),
    ];
    for ((tool, arguments), error, content, after) in table {
        let world = World::new(&[("a", "one")]);
        assert_eq!(world.call(tool, &arguments), (error, content), "{tool} {arguments}");
        assert_eq!(world.files.snapshot(), BTreeMap::from([("a".to_owned(), after.to_owned())]), "{tool} {arguments}");
    }
    let world = World::new(&[]);
    let (tool, arguments) = write(&old);
    assert_eq!(world.call(tool, &arguments), (Some(NotFound), "there is no file a".to_owned()));
    assert!(world.files.snapshot().is_empty());
}

#[test]
fn a_write_between_the_check_of_the_hash_and_the_writing_is_seen() {
    let files = Arc::new(Busy(MemoryWorkspace::with_files([("a", "one")]).unwrap()));
    let context = ToolContext::closed(ActorPath::world()).with_workspace(Arc::clone(&files) as Arc<dyn Workspace>);
    let arguments = json!({ "path": "a", "content": "two", "expected_hash": content_hash("one") }).to_string();
    let result = crate::testing::call(WriteFile, &arguments, context);
    assert_eq!(result.error, Some(Conflict));
    assert_eq!(&*result.content, "the file a changed since it was read; read it again");
    assert_eq!(files.0.snapshot()["a"], "one and more");
}

/// Reading, changing and writing on with the hash of the last answer, as a model does.
#[test]
fn a_chain_of_writes_follows_its_own_hashes() {
    let world = World::new(&[("a", "0")]);
    let mut hash = content_hash("0");
    for round in 1..5 {
        let arguments = json!({ "path": "a", "content": round.to_string(), "expected_hash": hash });
        let (error, content) = world.call("write_file", &arguments);
        assert_eq!(error, None, "{content}");
        let told = content.split("hash is ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        assert_ne!(told, hash);
        hash = told;
    }
    assert_eq!(world.files.snapshot()["a"], "4");
}
