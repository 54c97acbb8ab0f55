//! `edit_file`: the one place or none.

use super::*;

#[test]
fn edit_file_hits_the_one_place_or_none() {
    let edit = |path: &str, old: &str, new: &str| json!({ "path": path, "old_text": old, "new_text": new });
    let text = "one\ntwo\ntwo\naaa\n";
    let table = [
        (edit("a", "one\n", ""), None, "replaced the text at line 1 of a", "two\ntwo\naaa\n"),
        (edit("a", "two\na", "2\na"), None, "replaced the text at line 3 of a", "one\ntwo\n2\naaa\n"),
        (edit("a", "aaa", "bb"), None, "replaced the text at line 4 of a", "one\ntwo\ntwo\nbb\n"),
        (
            edit("a", "two", "2"),
            Some(Conflict),
            "old_text occurs 2 times in a, at lines 2, 3; include more of the text around the place that is meant",
            text,
        ),
        (
            edit("a", "aa", "b"),
            Some(Conflict),
            "old_text occurs 2 times in a, at lines 4, 4; include more of the text around the place that is meant",
            text,
        ),
        (
            edit("a", "ONE", "1"),
            Some(NotFound),
            "old_text occurs 0 times in a; give it exactly as it stands there, white space included",
            text,
        ),
        (
            edit("a", "one", "one"),
            Some(InvalidArguments),
            "old_text and new_text are the same; nothing would change",
            text,
        ),
        (
            edit("a", "", "x"),
            Some(InvalidArguments),
            "the arguments of edit_file do not fit:\n\
             - /old_text: expected a text of at least 1 character, found the text \"\"",
            text,
        ),
        (edit("b", "one", "1"), Some(NotFound), "there is no file b", text),
        (
            json!({ "path": "a", "old": "one", "new": "1" }),
            Some(InvalidArguments),
            "the arguments of edit_file do not fit:\n\
             - /new: there is no such field; the fields are expected_hash, new_text, old_text, path\n\
             - /new_text: this field is missing; expected a text\n\
             - /old: there is no such field; the fields are expected_hash, new_text, old_text, path\n\
             - /old_text: this field is missing; expected a text",
            text,
        ),
    ];
    for (arguments, error, content, after) in table {
        let world = World::new(&[("a", text)]);
        assert_eq!(world.call("edit_file", &arguments), (error, content.to_owned()), "{arguments}");
        assert_eq!(world.files.snapshot(), BTreeMap::from([("a".to_owned(), after.to_owned())]), "{arguments}");
    }
}

#[test]
fn counting_places_stops_and_an_edit_passes_no_limit() {
    let full = "ä".repeat(crate::workspace::FILE_BYTES_MAX / 2 - 1) + "x";
    let world = World::new(&[("a", &full)]);
    let (error, content) = world.call("edit_file", &json!({ "path": "a", "old_text": "ä", "new_text": "" }));
    assert_eq!(error, Some(Conflict));
    assert_eq!(
        content,
        "old_text occurs 100 or more times in a, at lines 1, 1, 1, 1, 1 and further; include more of the text around \
         the place that is meant"
    );
    let (error, content) = world.call("edit_file", &json!({ "path": "a", "old_text": "x", "new_text": "xxx" }));
    assert_eq!(error, Some(Limit));
    assert_eq!(content, "the file would be 1048577 bytes long; at most 1048576 are allowed");
    assert_eq!(world.files.snapshot()["a"], full);
}

#[test]
fn an_edit_of_a_file_that_changed_meanwhile_is_refused() {
    let files = Arc::new(Busy(MemoryWorkspace::with_files([("a", "one")]).unwrap()));
    let context = ToolContext::closed(ActorPath::world()).with_workspace(Arc::clone(&files) as Arc<dyn Workspace>);
    let arguments = r#"{"path": "a", "old_text": "one", "new_text": "1"}"#;
    let result = crate::testing::call(EditFile, arguments, context);
    assert_eq!(result.error, Some(Conflict));
    assert_eq!(&*result.content, "the file a changed since it was read; read it again");
    assert_eq!(files.0.snapshot()["a"], "one and more");
}
