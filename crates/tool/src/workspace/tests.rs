//! One suite for both workspaces: paths, files and folders, compare and swap, limits, and a comparison with a plain map.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;

use moot_core::port::{PortError, Workspace};
use proptest::prelude::*;

use super::*;
use crate::testing::ready;

/// Plays the same against an empty workspace in memory and one over an empty folder.
fn with_each(play: impl Fn(&str, &dyn Workspace)) {
    play("memory", &MemoryWorkspace::new());
    let folder = tempfile::tempdir().unwrap();
    play("folder", &FolderWorkspace::open(folder.path()).unwrap());
}

pub(super) fn read(workspace: &dyn Workspace, path: &str) -> Result<String, PortError> {
    ready(workspace.read(path)).unwrap()
}

pub(super) fn write(workspace: &dyn Workspace, path: &str, content: &str) -> Result<(), PortError> {
    ready(workspace.write(path, content.to_owned())).unwrap()
}

pub(super) fn replace(workspace: &dyn Workspace, path: &str, old: &str, new: &str) -> Result<(), PortError> {
    ready(workspace.replace(path, old, new.to_owned())).unwrap()
}

pub(super) fn list(workspace: &dyn Workspace) -> Vec<String> {
    ready(workspace.list()).unwrap().unwrap()
}

fn snapshot(workspace: &dyn Workspace) -> BTreeMap<String, String> {
    list(workspace).into_iter().map(|path| (path.clone(), read(workspace, &path).unwrap())).collect()
}

fn limit(reason: &str) -> Result<(), PortError> {
    Err(PortError::Limit { reason: reason.to_owned() })
}

/// B42: every way of writing a path that leads elsewhere. B48: names that are too long or hold a line break.
#[test]
fn every_way_to_a_file_checks_its_path() {
    let (part, long) = ("x".repeat(SEGMENT_BYTES_MAX + 1), "a/".repeat(2_048) + "a");
    let table = [
        "",
        "/a",
        "//a",
        "../a",
        "a/../../x",
        "a/..",
        "./a",
        "a//b",
        "a/",
        "a\0",
        "~",
        "~/a",
        "a\\b",
        "a.",
        "a ",
        " a",
        "a\nb",
        &part,
        &long,
    ];
    with_each(|kind, workspace| {
        for path in table {
            assert!(matches!(read(workspace, path), Err(PortError::Denied { .. })), "{kind}: read {path:?}");
            assert!(matches!(write(workspace, path, ""), Err(PortError::Denied { .. })), "{kind}: write {path:?}");
            assert!(
                matches!(replace(workspace, path, "", ""), Err(PortError::Denied { .. })),
                "{kind}: replace {path:?}"
            );
        }
        assert!(list(workspace).is_empty(), "{kind}");
    });
    for path in table {
        assert!(matches!(MemoryWorkspace::with_files([(path, "")]), Err(PortError::Denied { .. })), "with {path:?}");
    }
}

/// B42 and B48: what looks like a way out but is a name, and the longest names.
#[test]
fn unusual_names_are_names() {
    let part = "x".repeat(SEGMENT_BYTES_MAX);
    let long = [part.as_str(); 4].join("/");
    with_each(|kind, workspace| {
        for path in
            ["%2e%2e/x", "..a", "a..b", "a~", ".hidden", "ünï/日本.txt", "a b/c d", "-rf", "$HOME/*", &part, &long[3..]]
        {
            assert_eq!(write(workspace, path, path), Ok(()), "{kind}: {path}");
            assert_eq!(read(workspace, path).as_deref(), Ok(path), "{kind}");
            assert!(list(workspace).contains(&path.to_owned()), "{kind}: {path}");
        }
    });
}

#[test]
fn a_path_is_a_file_or_a_folder() {
    with_each(|kind, workspace| {
        assert_eq!((write(workspace, "a/b", "1"), write(workspace, "a-c", "2")), (Ok(()), Ok(())));
        let conflict = |reason: &str| Err(PortError::Conflict { reason: reason.to_owned() });
        assert_eq!(write(workspace, "a", ""), conflict("a is a folder; a file needs another path"), "{kind}");
        assert_eq!(write(workspace, "a/b/c/d", ""), conflict("a/b is a file; it can't hold a/b/c/d"), "{kind}");
        assert_eq!(write(workspace, "a-c/d", ""), conflict("a-c is a file; it can't hold a-c/d"), "{kind}");
        assert_eq!(write(workspace, "a-", ""), Ok(()), "{kind}: a beginning of a name is no folder");
        let not_found = |what: &str| Err(PortError::NotFound { what: what.to_owned() });
        assert_eq!(read(workspace, "a"), not_found("file a (it is a folder)"), "{kind}");
        assert_eq!(read(workspace, "A/b"), not_found("file A/b"), "{kind}: case counts");
        assert_eq!(read(workspace, "a/b/c"), not_found("file a/b/c"), "{kind}");
        assert_eq!(list(workspace), ["a-", "a-c", "a/b"], "{kind}");
    });
}

/// B29: a file that is not what it was thought to be stays as it is.
#[test]
fn replace_needs_the_text_that_is_there() {
    with_each(|kind, workspace| {
        assert_eq!(write(workspace, "a", "one"), Ok(()));
        let changed = "the file a changed since it was read; read it again".to_owned();
        assert_eq!(replace(workspace, "a", "two", "x"), Err(PortError::Conflict { reason: changed }), "{kind}");
        assert_eq!(replace(workspace, "b", "", "x"), Err(PortError::NotFound { what: "file b".into() }), "{kind}");
        assert_eq!(read(workspace, "a").unwrap(), "one", "{kind}");
        assert_eq!(replace(workspace, "a", "one", "two"), Ok(()), "{kind}");
        assert_eq!(snapshot(workspace), BTreeMap::from([("a".to_owned(), "two".to_owned())]), "{kind}");
    });
}

#[test]
fn a_file_has_a_limit() {
    let full = "x".repeat(FILE_BYTES_MAX);
    let more = format!("{full}x");
    with_each(|kind, workspace| {
        assert_eq!(write(workspace, "a", &full), Ok(()), "{kind}");
        let refused = limit("the file would be 1048577 bytes long; at most 1048576 are allowed");
        assert_eq!(write(workspace, "a", &more), refused, "{kind}");
        assert_eq!(replace(workspace, "a", &full, &more), refused, "{kind}");
        assert_eq!(read(workspace, "a").unwrap(), full, "{kind}");
    });
}

#[test]
fn all_files_together_have_a_limit() {
    let full = "x".repeat(FILE_BYTES_MAX);
    with_each(|kind, workspace| {
        for number in 0..WORKSPACE_BYTES_MAX / FILE_BYTES_MAX {
            assert_eq!(write(workspace, &number.to_string(), &full), Ok(()), "{kind}");
        }
        let refused = limit("the workspace would hold 67108865 bytes; at most 67108864 are allowed");
        assert_eq!(write(workspace, "more", "x"), refused, "{kind}");
        assert_eq!(write(workspace, "more", ""), Ok(()), "{kind}");
        assert_eq!(write(workspace, "0", &full), Ok(()), "{kind}: replacing counts the difference");
        assert_eq!(write(workspace, "0", ""), Ok(()), "{kind}");
        assert_eq!(write(workspace, "more", &full), Ok(()), "{kind}: what was given up can be used");
    });
}

#[test]
fn the_number_of_files_has_a_limit() {
    with_each(|kind, workspace| {
        for number in 0..FILES_MAX {
            assert_eq!(write(workspace, &format!("f/{number}"), ""), Ok(()), "{kind}");
        }
        assert_eq!(
            write(workspace, "more", ""),
            limit("the workspace holds 10000 files, which is its limit"),
            "{kind}"
        );
        assert_eq!(write(workspace, "f/7", "x"), Ok(()), "{kind}: a file that is there can be written");
        assert_eq!(list(workspace).len(), FILES_MAX, "{kind}");
    });
}

#[derive(Debug, Clone)]
enum Request {
    Read(String),
    Write(String, String),
    Replace(String, String, String),
}

fn any_request() -> impl Strategy<Value = Request> {
    let path = || "[ab]{1,2}(/[ab]){0,2}";
    let text = || "[xy]{0,2}";
    prop_oneof![
        path().prop_map(Request::Read),
        (path(), text()).prop_map(|(path, content)| Request::Write(path, content)),
        (path(), text(), text()).prop_map(|(path, old, new)| Request::Replace(path, old, new)),
    ]
}

/// Plays a request against the workspace and a plain map, which refuses files inside files.
fn played(
    workspace: &dyn Workspace,
    model: &mut BTreeMap<String, String>,
    request: Request,
) -> Result<(), TestCaseError> {
    match request {
        Request::Read(path) => prop_assert_eq!(read(workspace, &path).ok(), model.get(&path).cloned()),
        Request::Write(path, content) => {
            let inside = |upper: &str, lower: &str| lower.starts_with(&format!("{upper}/"));
            let clash = model.keys().any(|other| inside(other, &path) || inside(&path, other));
            prop_assert_eq!(write(workspace, &path, &content).is_err(), clash);
            if !clash {
                model.insert(path, content);
            }
        }
        Request::Replace(path, old, new) => {
            let fits = model.get(&path) == Some(&old);
            prop_assert_eq!(replace(workspace, &path, &old, &new).is_ok(), fits);
            if fits {
                model.insert(path, new);
            }
        }
    }
    prop_assert_eq!(&snapshot(workspace), model);
    Ok(())
}

proptest! {
    /// Both answer as a plain map would, apart from refusing files inside files; what is refused changes nothing; and
    /// the count of bytes never drifts.
    #[test]
    fn it_is_a_map_whose_paths_could_stand_on_a_disk(requests in prop::collection::vec(any_request(), 0..40)) {
        let folder = tempfile::tempdir().unwrap();
        let (memory, on_disk) = (MemoryWorkspace::new(), FolderWorkspace::open(folder.path()).unwrap());
        let mut models = [BTreeMap::new(), BTreeMap::new()];
        for request in requests {
            played(&memory, &mut models[0], request.clone())?;
            played(&on_disk, &mut models[1], request)?;
            let bytes = models[0].values().map(String::len).sum::<usize>();
            prop_assert_eq!(memory.counted_bytes(), bytes);
            prop_assert_eq!(on_disk.added(), (models[1].len() as i64, bytes as i64));
        }
    }
}

#[test]
fn the_hash_tells_texts_apart() {
    // blake3 of the empty text, from the test vectors of its authors.
    assert_eq!(content_hash(""), "af1349b9f5f9a1a6");
    assert_ne!(content_hash("a"), content_hash("a\n"));
}
