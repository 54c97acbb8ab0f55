//! Everything that the tables say of a program, found by its name in one look.
//!
//! This module must not know rules, nor how words are read.
//!
//! ```
//! use moot_mind::policy::{Reach, reach_of};
//!
//! let reach = |program: &str| reach_of(&[program.into(), "-c".into(), "x".into()]);
//! assert_eq!(reach("/usr/bin/Python3.12.exe"), reach("python"));
//! assert_eq!(reach("BASH"), Reach::Shell);
//! ```

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Reach;
use super::doors::Doors;
use super::doors::table::TABLE;
use super::files::{LOOKERS, Looker, WRITERS};
use super::names::{CODE_ALWAYS, INTERPRETERS, OPENS, SHELLS, WITH_SUBCOMMANDS, WRAPS, own_name};
use crate::policy::place::fold_text;

/// What the tables say of one program.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// What its name alone says of the programs that it runs.
    pub(super) reach: Reach,
    /// For an interpreter, the letters of its options that take neither a program nor a value.
    pub(super) interpreter: Option<&'static str>,
    /// Whether the first word of an interpreter may be a subcommand.
    pub(super) has_subcommands: bool,
    pub(super) doors: Option<&'static Doors>,
    pub(super) looker: Option<&'static Looker>,
    /// Whether it writes what its words name.
    pub(super) is_writer: bool,
}

/// A program of which nothing is known.
const UNKNOWN: Known = Known {
    reach: Reach::Plain,
    interpreter: None,
    has_subcommands: false,
    doors: None,
    looker: None,
    is_writer: false,
};

static KNOWN: LazyLock<BTreeMap<&'static str, Known>> = LazyLock::new(|| {
    let mut known: BTreeMap<&'static str, Known> = BTreeMap::new();
    let mut note = |name: &'static str, add: &dyn Fn(&mut Known)| add(known.entry(name).or_insert(UNKNOWN));
    let by_name = [(WRAPS, Reach::Wraps), (OPENS, Reach::Opens), (CODE_ALWAYS, Reach::Code), (SHELLS, Reach::Shell)];
    for (names, reach) in by_name {
        names.iter().for_each(|name| note(name, &|known| known.reach = known.reach.max(reach)));
    }
    INTERPRETERS.iter().for_each(|(name, letters)| note(name, &|known| known.interpreter = Some(letters)));
    WITH_SUBCOMMANDS.iter().for_each(|name| note(name, &|known| known.has_subcommands = true));
    for doors in TABLE {
        doors.names.iter().for_each(|name| note(name, &|known| known.doors = Some(doors)));
    }
    for (names, looker) in LOOKERS {
        names.iter().for_each(|name| note(name, &|known| known.looker = Some(looker)));
    }
    WRITERS.iter().for_each(|name| note(name, &|known| known.is_writer = true));
    known
});

impl Known {
    /// What is known of the program that a word names: by the last part of its path, in small letters, if need be
    /// without a version such as that of `python3.12` or `clang-15`.
    pub(super) fn of(program: &str) -> Self {
        let name = fold_text(own_name(program));
        if let Some(known) = KNOWN.get(&*name) {
            return *known;
        }
        // The loader of programs is a program too, and so are emulators.
        if ["ld.so", "ld-linux", "ld-musl", "qemu-"].iter().any(|start| name.starts_with(start)) {
            return Self { reach: Reach::Wraps, ..UNKNOWN };
        }
        let is_version = |character: char| character.is_ascii_digit() || matches!(character, '.' | '-');
        KNOWN.get(name.trim_end_matches(is_version)).copied().unwrap_or(UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_in_any_form_of_its_name() {
        for name in ["python", "Python3.12.exe", "/usr/bin/python3", "python-3.12", ".\\PYTHON.EXE"] {
            assert!(Known::of(name).interpreter.is_some(), "{name}");
        }
        assert_eq!(Known::of("ba\u{17f}h").reach, Reach::Shell);
        assert_eq!(Known::of(".").reach, Reach::Shell);
        assert_eq!(Known::of("ld-linux-x86-64.so.2").reach, Reach::Wraps);
        for name in ["", "7", "...", "unheard-of"] {
            assert_eq!(Known::of(name).reach, Reach::Plain, "{name:?}");
        }
        assert!(Known::of("tar").doors.is_some() && Known::of("tar").is_writer, "one name may stand in several tables");
    }
}
