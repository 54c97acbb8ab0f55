//! What a tool call touches, read off its parsed arguments: files, entities, hosts, commands.
//!
//! Permissions are judged on it and conflicting calls are ordered by it, so neither ever looks at raw text. A tool
//! states it before it runs; this module must not know which tools there are.
//!
//! ```
//! use moot_core::{Access, Claim, Resource};
//!
//! let reads = Claim { resource: Resource::File("notes/a.txt".into()), access: Access::Read };
//! let writes = Claim { resource: Resource::File("notes/a.txt".into()), access: Access::Write };
//! let lists = Claim { resource: Resource::Folder("notes".into()), access: Access::Read };
//! assert!(!reads.conflicts_with(&lists), "two readers share");
//! assert!(lists.conflicts_with(&writes), "a file lies in its folder");
//! ```

use serde::{Deserialize, Serialize};

use crate::{Text, ToolEffect};

/// How a resource is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// It is only looked at; readers share it.
    Read,
    /// It may be changed; a writer has it alone.
    Write,
}

/// Something that a call uses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A file, by the path that the arguments name.
    File(Text),
    /// A folder with everything in it; the empty path is the whole workspace.
    Folder(Text),
    /// Anything else that has a name, such as `note` or `task`.
    Entity {
        /// What kind of thing.
        kind: Text,
        /// Which one; empty for all of the kind.
        name: Text,
    },
    /// A machine on a network, by name or address.
    Host(Text),
}

/// One resource and how it is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// What is used.
    pub resource: Resource,
    /// How.
    pub access: Access,
}

/// One program that a command line runs, as the kernel would get it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Command {
    /// The program and its arguments, quotes and escapes resolved.
    pub argv: Vec<Text>,
    /// Variables set for it, in order.
    pub environment: Vec<(Text, Text)>,
    /// Files it reads from by redirection.
    pub reads: Vec<Text>,
    /// Files it writes to by redirection.
    pub writes: Vec<Text>,
    /// The folder it runs in, relative to the workspace; empty for its root.
    pub folder: Text,
}

/// The programs that a call runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commands {
    /// It runs none.
    #[default]
    None,
    /// It runs exactly these.
    Certain(Vec<Command>),
    /// What it runs can't be told with certainty, and why.
    Unclear(Text),
}

/// Everything that a call touches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Touch {
    /// The resources.
    pub claims: Vec<Claim>,
    /// The programs.
    pub commands: Commands,
}

/// Which kinds of things the calls of a tool can touch, whatever their arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TouchKinds {
    /// Files or folders.
    pub paths: bool,
    /// Programs; their words may name files and hosts as well.
    pub commands: bool,
    /// Machines on a network.
    pub hosts: bool,
}

impl TouchKinds {
    /// What a tool can touch of which no more is known than its effect.
    #[must_use]
    pub const fn of_effect(effect: ToolEffect) -> Self {
        let executes = matches!(effect, ToolEffect::Execute);
        Self { paths: true, commands: executes, hosts: executes || matches!(effect, ToolEffect::Network) }
    }
}

impl Claim {
    /// Reading a file.
    #[must_use]
    pub fn reads_file(path: impl Into<Text>) -> Self {
        Self { resource: Resource::File(path.into()), access: Access::Read }
    }

    /// Changing a file.
    #[must_use]
    pub fn writes_file(path: impl Into<Text>) -> Self {
        Self { resource: Resource::File(path.into()), access: Access::Write }
    }

    /// Looking at a folder with everything in it.
    #[must_use]
    pub fn reads_folder(path: impl Into<Text>) -> Self {
        Self { resource: Resource::Folder(path.into()), access: Access::Read }
    }

    /// Using a named thing.
    #[must_use]
    pub fn entity(kind: impl Into<Text>, name: impl Into<Text>, access: Access) -> Self {
        Self { resource: Resource::Entity { kind: kind.into(), name: name.into() }, access }
    }

    /// Whether the two can't be held at the same time: they overlap, and one of them writes.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        (self.access == Access::Write || other.access == Access::Write) && self.resource.overlaps(&other.resource)
    }
}

impl Resource {
    /// Whether something belongs to both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(two)) | (Self::Host(one), Self::Host(two)) => one == two,
            (Self::Folder(folder), Self::File(file)) | (Self::File(file), Self::Folder(folder)) => {
                is_within(file, folder)
            }
            (Self::Folder(one), Self::Folder(two)) => is_within(one, two) || is_within(two, one),
            (Self::Entity { kind, name }, Self::Entity { kind: other_kind, name: other_name }) => {
                kind == other_kind && (name == other_name || name.is_empty() || other_name.is_empty())
            }
            _ => false,
        }
    }
}

/// Whether a path is the folder or lies in it; the empty path holds everything.
fn is_within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    folder.is_empty() || path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

impl Touch {
    /// A call that uses these resources and runs no program.
    #[must_use]
    pub fn claims(claims: impl IntoIterator<Item = Claim>) -> Self {
        Self { claims: claims.into_iter().collect(), commands: Commands::None }
    }

    /// Whether it can't be run at the same time as the other.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        self.claims.iter().any(|claim| other.claims.iter().any(|theirs| claim.conflicts_with(theirs)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sibling_with_the_same_beginning_is_not_inside() {
        let folder = Resource::Folder("ws".into());
        assert!(!folder.overlaps(&Resource::File("ws-evil/a".into())));
        assert!(folder.overlaps(&Resource::File("ws/a".into())));
        assert!(folder.overlaps(&Resource::Folder("ws/deep/er".into())));
        assert!(Resource::Folder("".into()).overlaps(&Resource::File("anything".into())));
    }

    #[test]
    fn an_entity_without_a_name_stands_for_all_of_its_kind() {
        let all = Claim::entity("note", "", Access::Read);
        assert!(all.conflicts_with(&Claim::entity("note", "7", Access::Write)));
        assert!(!all.conflicts_with(&Claim::entity("task", "7", Access::Write)));
    }
}
