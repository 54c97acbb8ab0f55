//! The workspace in memory: files and folders, limits, and a comparison with a plain map.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use proptest::prelude::*;

use super::*;
use crate::testing::ready;

fn read(workspace: &MemoryWorkspace, path: &str) -> Result<String, PortError> {
    ready(workspace.read(path)).unwrap()
}

fn write(workspace: &MemoryWorkspace, path: &str, content: &str) -> Result<(), PortError> {
    ready(workspace.write(path, content.to_owned())).unwrap()
}

fn replace(workspace: &MemoryWorkspace, path: &str, old: &str, new: &str) -> Result<(), PortError> {
    ready(workspace.replace(path, old, new.to_owned())).unwrap()
}

fn limit(reason: &str) -> Result<(), PortError> {
    Err(PortError::Limit { reason: reason.to_owned() })
}

#[test]
fn every_way_to_a_file_checks_its_path() {
    let workspace = MemoryWorkspace::new();
    for path in ["", "/a", "../a", "a//b", "a\0", "~", "a\\b", "a."] {
        assert!(matches!(read(&workspace, path), Err(PortError::Denied { .. })), "read {path:?}");
        assert!(matches!(write(&workspace, path, ""), Err(PortError::Denied { .. })), "write {path:?}");
        assert!(matches!(replace(&workspace, path, "", ""), Err(PortError::Denied { .. })), "replace {path:?}");
        assert!(matches!(MemoryWorkspace::with_files([(path, "")]), Err(PortError::Denied { .. })), "with {path:?}");
    }
    assert!(workspace.snapshot().is_empty());
}

#[test]
fn a_path_is_a_file_or_a_folder() {
    let workspace = MemoryWorkspace::with_files([("a/b", "1"), ("a-c", "2")]).unwrap();
    let conflict = |reason: &str| Err(PortError::Conflict { reason: reason.to_owned() });
    assert_eq!(write(&workspace, "a", ""), conflict("a is a folder; a file needs another path"));
    assert_eq!(write(&workspace, "a/b/c/d", ""), conflict("a/b is a file; it can't hold a/b/c/d"));
    assert_eq!(write(&workspace, "a-c/d", ""), conflict("a-c is a file; it can't hold a-c/d"));
    assert_eq!(write(&workspace, "a-", ""), Ok(()), "a beginning of a name is no folder");
    let not_found = |what: &str| Err(PortError::NotFound { what: what.to_owned() });
    assert_eq!(read(&workspace, "a"), not_found("file a (it is a folder)"));
    assert_eq!(read(&workspace, "A/b"), not_found("file A/b"), "case counts");
}

#[test]
fn replace_needs_the_text_that_is_there() {
    let workspace = MemoryWorkspace::with_files([("a", "one")]).unwrap();
    assert!(matches!(replace(&workspace, "a", "two", "x"), Err(PortError::Conflict { .. })));
    assert!(matches!(replace(&workspace, "b", "", "x"), Err(PortError::NotFound { .. })));
    assert_eq!(read(&workspace, "a").unwrap(), "one");
    assert_eq!(replace(&workspace, "a", "one", "two"), Ok(()));
    assert_eq!(workspace.snapshot(), BTreeMap::from([("a".to_owned(), "two".to_owned())]));
}

#[test]
fn a_file_has_a_limit() {
    let workspace = MemoryWorkspace::new();
    let full = "x".repeat(FILE_BYTES_MAX);
    assert_eq!(write(&workspace, "a", &full), Ok(()));
    let more = format!("{full}x");
    let refused = limit("the file would be 1048577 bytes long; at most 1048576 are allowed");
    assert_eq!(write(&workspace, "a", &more), refused);
    assert_eq!(replace(&workspace, "a", &full, &more), refused);
    assert_eq!(read(&workspace, "a").unwrap(), full);
}

#[test]
fn all_files_together_have_a_limit() {
    let full = "x".repeat(FILE_BYTES_MAX);
    let files = (0..WORKSPACE_BYTES_MAX / FILE_BYTES_MAX).map(|number| (number.to_string(), full.clone()));
    let workspace = MemoryWorkspace::with_files(files).unwrap();
    assert_eq!(
        write(&workspace, "more", "x"),
        limit("the workspace would hold 67108865 bytes; at most 67108864 are allowed")
    );
    assert_eq!(write(&workspace, "more", ""), Ok(()));
    assert_eq!(write(&workspace, "0", &full), Ok(()), "replacing counts the difference");
    assert_eq!(write(&workspace, "0", ""), Ok(()));
    assert_eq!(write(&workspace, "more", &full), Ok(()), "what was given up can be used");
}

#[test]
fn the_number_of_files_has_a_limit() {
    let files = (0..FILES_MAX).map(|number| (format!("f/{number}"), ""));
    let workspace = MemoryWorkspace::with_files(files).unwrap();
    assert_eq!(write(&workspace, "more", ""), limit("the workspace holds 10000 files, which is its limit"));
    assert_eq!(write(&workspace, "f/7", "x"), Ok(()), "a file that is there can be written");
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

proptest! {
    /// It answers as a plain map would, apart from refusing files inside files; what is refused changes nothing; and
    /// the count of bytes never drifts.
    #[test]
    fn it_is_a_map_whose_paths_could_stand_on_a_disk(requests in prop::collection::vec(any_request(), 0..40)) {
        let workspace = MemoryWorkspace::new();
        let mut model: BTreeMap<String, String> = BTreeMap::new();
        for request in requests {
            match request {
                Request::Read(path) => prop_assert_eq!(read(&workspace, &path).ok(), model.get(&path).cloned()),
                Request::Write(path, content) => {
                    let inside = |upper: &str, lower: &str| lower.starts_with(&format!("{upper}/"));
                    let clash = model.keys().any(|other| inside(other, &path) || inside(&path, other));
                    prop_assert_eq!(write(&workspace, &path, &content).is_err(), clash);
                    if !clash {
                        model.insert(path, content);
                    }
                }
                Request::Replace(path, old, new) => {
                    let fits = model.get(&path) == Some(&old);
                    prop_assert_eq!(replace(&workspace, &path, &old, &new).is_ok(), fits);
                    if fits {
                        model.insert(path, new);
                    }
                }
            }
            prop_assert_eq!(&workspace.snapshot(), &model);
            let listed = ready(workspace.list()).unwrap().unwrap();
            prop_assert!(listed.iter().eq(model.keys()));
            prop_assert_eq!(workspace.locked().bytes, model.values().map(String::len).sum::<usize>());
        }
    }
}
