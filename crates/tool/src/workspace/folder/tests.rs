//! What only a real folder has: links, pipes, names that are no text, strangers who write meanwhile.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rustix::fs::{CWD, FileType, Mode, RenameFlags};

use super::super::FILE_BYTES_MAX;
use super::super::tests::{list, read, replace, write};
use super::*;

/// A folder `ws` beside things that are nobody's business.
struct Place {
    whole: tempfile::TempDir,
    workspace: FolderWorkspace,
}

impl Place {
    fn new() -> Self {
        let whole = tempfile::tempdir().unwrap();
        for folder in ["ws", "ws-evil", "outside"] {
            fs::create_dir(whole.path().join(folder)).unwrap();
            fs::write(whole.path().join(folder).join("own.txt"), folder).unwrap();
        }
        let workspace = FolderWorkspace::open(&whole.path().join("ws")).unwrap();
        Self { whole, workspace }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.whole.path().join(path)
    }

    /// The names in a folder, sorted.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.at(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        names
    }
}

fn denied<T>(reason: &str) -> Result<T, PortError> {
    Err(PortError::Denied { reason: reason.to_owned() })
}

/// B44: file, parent folder, dangling, chain, loop, and a link that stays inside; by read, write, replace and list.
#[test]
fn no_link_is_followed() {
    let place = Place::new();
    fs::create_dir(place.at("ws/sub")).unwrap();
    let links = [
        ("ws/file", place.at("outside/own.txt")),
        ("ws/relative", "../outside/own.txt".into()),
        ("ws/folder", place.at("outside")),
        ("ws/sub/up", "..".into()),
        ("ws/dangling", place.at("outside/new.txt")),
        ("ws/chain", "file".into()),
        ("ws/loop", "loop".into()),
        ("ws/inside", "own.txt".into()),
        ("ws/environment", "/proc/self/environ".into()),
    ];
    for (link, target) in &links {
        symlink(target, place.at(link)).unwrap();
    }
    let table = [
        ("file", "file"),
        ("relative", "relative"),
        ("folder", "folder"),
        ("folder/own.txt", "folder"),
        ("folder/new.txt", "folder"),
        ("folder/deep/new.txt", "folder"),
        ("sub/up/own.txt", "sub/up"),
        ("dangling", "dangling"),
        ("chain", "chain"),
        ("loop", "loop"),
        ("loop/x", "loop"),
        ("inside", "inside"),
        ("environment", "environment"),
    ];
    let before = (place.names("outside"), place.names("ws"));
    for (path, link) in table {
        let reason = format!("{link} is a symbolic link; links are not followed, use the path of the file itself");
        assert_eq!(read(&place.workspace, path), denied(&reason), "read {path}");
        assert_eq!(write(&place.workspace, path, "x"), denied(&reason), "write {path}");
        assert_eq!(replace(&place.workspace, path, "outside", "x"), denied(&reason), "replace {path}");
    }
    assert_eq!(list(&place.workspace), ["own.txt"], "no link is listed, nothing behind one is");
    assert_eq!((place.names("outside"), place.names("ws")), before);
    assert_eq!(fs::read_to_string(place.at("outside/own.txt")).unwrap(), "outside");
}

/// B42 and B43: no way of writing a path reaches a neighbour, whatever its name.
#[test]
fn a_neighbour_is_out_of_reach() {
    let place = Place::new();
    let absolute = place.at("ws-evil/own.txt");
    for path in ["../ws-evil/own.txt", "../ws/own.txt", "sub/../../ws-evil/own.txt", absolute.to_str().unwrap()] {
        assert!(matches!(read(&place.workspace, path), Err(PortError::Denied { .. })), "{path}");
        assert!(matches!(write(&place.workspace, path, "x"), Err(PortError::Denied { .. })), "{path}");
    }
    assert!(matches!(read(&place.workspace, "-evil/own.txt"), Err(PortError::NotFound { .. })));
    assert_eq!(fs::read_to_string(absolute).unwrap(), "ws-evil");
}

/// B30: a pipe without a writer, a socket, a folder, a file too long, text that is none, a file of the kernel.
#[test]
fn only_ordinary_files_of_text_are_read_and_nothing_blocks() {
    let place = Place::new();
    rustix::fs::mknodat(CWD, place.at("ws/pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(place.at("ws/socket")).unwrap();
    fs::create_dir(place.at("ws/folder")).unwrap();
    // A file of 10 GB that takes no room.
    fs::File::create(place.at("ws/long")).unwrap().set_len(10 << 30).unwrap();
    fs::write(place.at("ws/image"), b"\x89PNG\xff").unwrap();
    fs::write(place.at("ws/full"), "x".repeat(FILE_BYTES_MAX)).unwrap();

    let special = |name| format!("{name} is no ordinary file but a device, a pipe or a socket");
    let long = PortError::Limit { reason: "the file long is 10737418240 bytes long; at most 1048576 are read".into() };
    assert_eq!(read(&place.workspace, "pipe"), denied(&special("pipe")));
    assert_eq!(write(&place.workspace, "pipe", "x"), denied(&special("pipe")));
    assert_eq!(read(&place.workspace, "pipe/x"), denied(&special("pipe")));
    assert_eq!(read(&place.workspace, "socket"), denied(&special("socket")));
    assert_eq!(read(&place.workspace, "long"), Err(long));
    assert_eq!(read(&place.workspace, "image"), denied("the file image is not UTF-8 text"));
    assert_eq!(read(&place.workspace, "full").unwrap().len(), FILE_BYTES_MAX);
    let folder = PortError::Conflict { reason: "folder is a folder; a file needs another path".into() };
    assert_eq!(write(&place.workspace, "folder", "x"), Err(folder));
    assert_eq!(list(&place.workspace), ["full", "image", "long", "own.txt"]);
    assert_eq!(write(&place.workspace, "image", "text"), Ok(()), "it may be replaced");
    assert_eq!(write(&place.workspace, "long", "short"), Ok(()));
}

#[test]
fn a_workspace_is_a_folder_of_files() {
    let place = Place::new();
    let open = |path: &str| FolderWorkspace::open(&place.at(path)).map(|_| ()).unwrap_err();
    assert!(matches!(open("nowhere"), PortError::NotFound { .. }));
    assert!(open("ws/own.txt").to_string().contains("can't be opened as a folder"), "{}", open("ws/own.txt"));
    for kernel in ["/proc", "/proc/self", "/sys/kernel"] {
        assert!(open(kernel).to_string().ends_with("give a folder of ordinary files"), "{}", open(kernel));
    }
    symlink("ws", place.at("alias")).unwrap();
    assert_eq!(
        list(&FolderWorkspace::open(&place.at("alias")).unwrap()),
        ["own.txt"],
        "whoever opens it may use a link"
    );
}

/// B48: names that no path can be are left out and keep nobody from their neighbours.
#[test]
fn names_that_are_no_paths_are_left_out() {
    let place = Place::new();
    for name in [&b"\xff\xfe"[..], b"a\nb", b" a", b"a.", b"a\\b", b"a\x1b[31m", b".moot-write-0"] {
        fs::write(place.at("ws").join(OsStr::from_bytes(name)), "x").unwrap();
    }
    fs::create_dir(place.at("ws").join(OsStr::from_bytes(b"\xff"))).unwrap();
    fs::write(place.at("ws").join(OsStr::from_bytes(b"\xff")).join("inner"), "x").unwrap();
    assert_eq!(list(&place.workspace), ["own.txt"]);
    let reserved =
        "the path .moot-write-0 is not allowed: names that begin with .moot-write- are kept for unfinished files";
    assert_eq!(read(&place.workspace, ".moot-write-0"), denied(reserved));
    assert_eq!(write(&place.workspace, "new", "x"), Ok(()), "a name left by a process that died is passed over");
    assert_eq!(fs::read_to_string(place.at("ws/.moot-write-0")).unwrap(), "x");
}

#[test]
fn a_write_is_whole_and_keeps_what_belongs_to_the_file() {
    let place = Place::new();
    let file = place.at("ws/own.txt");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    fs::hard_link(&file, place.at("outside/same")).unwrap();
    assert_eq!(write(&place.workspace, "own.txt", "new"), Ok(()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(fs::read_to_string(place.at("outside/same")).unwrap(), "ws", "another name of the file keeps the text");

    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    assert_eq!(write(&place.workspace, "own.txt", "x"), denied("the file own.txt is write-protected"));
    assert_eq!(replace(&place.workspace, "own.txt", "new", "x"), denied("the file own.txt is write-protected"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    assert_eq!(place.names("ws"), ["own.txt"], "nothing unfinished is left");
}

#[test]
fn what_a_stranger_changed_is_seen() {
    let place = Place::new();
    assert_eq!(read(&place.workspace, "own.txt").unwrap(), "ws");
    fs::write(place.at("ws/own.txt"), "stranger").unwrap();
    let changed = PortError::Conflict { reason: "the file own.txt changed since it was read; read it again".into() };
    assert_eq!(replace(&place.workspace, "own.txt", "ws", "mine"), Err(changed));
    assert_eq!(read(&place.workspace, "own.txt").unwrap(), "stranger");
    fs::rename(place.at("ws"), place.at("moved")).unwrap();
    fs::create_dir(place.at("ws")).unwrap();
    assert_eq!(read(&place.workspace, "own.txt").unwrap(), "stranger", "the folder is held, not its name");
}

/// B45: a folder is swapped for a link to the outside and back while files in it are read and written.
#[test]
fn a_folder_swapped_for_a_link_leads_nowhere() {
    const TRIES_MIN: u32 = 10_000;
    const SWAPS_MIN: u32 = 1_000;
    let place = Place::new();
    for folder in ["ws/sub", "ws/other"] {
        fs::create_dir(place.at(folder)).unwrap();
        fs::write(place.at(folder).join("own.txt"), "inside").unwrap();
    }
    fs::remove_dir_all(place.at("ws/other")).unwrap();
    symlink(place.at("outside"), place.at("ws/other")).unwrap();
    assert_eq!(fs::read_to_string(place.at("ws/other/own.txt")).unwrap(), "outside", "the link does lead outside");

    let (stop, swaps) = (AtomicBool::new(false), AtomicU32::new(0));
    let (mut read_inside, mut naive_outside, mut tries) = (0_u32, 0_u32, 0_u32);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                rustix::fs::renameat_with(CWD, place.at("ws/sub"), CWD, place.at("ws/other"), RenameFlags::EXCHANGE)
                    .unwrap();
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut escaped = None;
        while escaped.is_none() && (tries < TRIES_MIN || swaps.load(Ordering::Relaxed) < SWAPS_MIN) {
            tries += 1;
            match read(&place.workspace, "sub/own.txt").as_deref() {
                Ok("inside") => read_inside += 1,
                Ok(text) => escaped = Some(text.to_owned()),
                Err(_) => {}
            }
            // What a tool would read that only trusts the path.
            let naive = fs::read_to_string(place.at("ws/sub/own.txt"));
            naive_outside += u32::from(naive.is_ok_and(|text| text == "outside"));
            if tries.is_multiple_of(4) {
                let _ = write(&place.workspace, "sub/new.txt", "new");
                let _ = replace(&place.workspace, "sub/own.txt", "outside", "escaped");
            }
        }
        // Stopped before anything can fail: the other thread would never end.
        stop.store(true, Ordering::Relaxed);
        assert_eq!(escaped, None, "after {tries} tries");
    });
    assert!(read_inside > 0 && naive_outside > 0, "the swaps did not matter: {read_inside}, {naive_outside}");
    assert_eq!(place.names("outside"), ["own.txt"]);
    assert_eq!(fs::read_to_string(place.at("outside/own.txt")).unwrap(), "outside");
}
