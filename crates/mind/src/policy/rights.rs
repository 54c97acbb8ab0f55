//! What an agent may do at this moment: its policy, its mode and what was approved.
//!
//! The policy is compiled once and shared; mode and grants are the live state, small and serialisable. This module must
//! not know how a verdict is reached.
//!
//! ```
//! use moot_core::{Claim, GrantScope, Resource, Touch};
//! use moot_mind::policy::Grants;
//!
//! let mut grants = Grants::default();
//! let approved = Touch::claims([Claim::writes_file("out/a.txt")]);
//! grants.add("write_file", GrantScope::Resource(Resource::Folder("out".into())), &approved);
//! assert!(grants.covers("write_file", &Touch::claims([Claim::writes_file("out/b.txt")])));
//! assert!(!grants.covers("write_file", &Touch::claims([Claim::writes_file("output")])));
//! assert!(!grants.covers("edit_file", &approved), "a grant is for one tool");
//! ```

use std::sync::Arc;

use moot_core::{Access, Claim, Command, Commands, GrantScope, PermissionMode, Resource, Text, Touch};
use serde::{Deserialize, Serialize};

use super::{PermissionOptions, Policy, Reach, place, reach_of};
use crate::OptionProblem;

/// An agent's rights at this moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Rights {
    /// The compiled rules.
    pub policy: Arc<Policy>,
    /// The mode now; it begins as the policy's and may be changed at any time, effective on the next judgement.
    pub mode: PermissionMode,
    /// What was approved until now.
    pub grants: Grants,
}

/// Approvals that hold for further calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    entries: Vec<Grant>,
}

/// One approval that holds for further calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    tool: Text,
    scope: GrantScope,
    /// Whether the approved call wrote; an approved reading allows no writing.
    writes: bool,
    /// The commands that the approved call ran, if it ran any and the approval is for the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commands: Option<Vec<Command>>,
}

impl Rights {
    /// The rights that a policy begins with.
    #[must_use]
    pub fn of(policy: impl Into<Arc<Policy>>) -> Self {
        let policy = policy.into();
        Self { mode: policy.options.mode, policy, grants: Grants::default() }
    }

    /// The rights of options without regard to tools, such as a bare mode.
    ///
    /// # Errors
    /// What [`Policy::compile`] finds.
    pub fn compile(options: &PermissionOptions, place: &str) -> Result<Self, Vec<OptionProblem>> {
        Policy::compile(options, place, &[]).map(Self::of)
    }

    /// Everything passes: mode `auto`, no rules, no protected names.
    #[must_use]
    pub fn unrestricted() -> Self {
        Self::of(Policy::unrestricted())
    }

    /// Notes an approval of a call that touched this; [`GrantScope::Call`] leaves nothing behind.
    pub fn grant(&mut self, tool: &str, scope: GrantScope, touch: &Touch) {
        self.grants.add(tool, scope, touch);
    }
}

impl Grants {
    /// Notes an approval of a call that touched this; [`GrantScope::Call`] leaves nothing behind.
    pub fn add(&mut self, tool: &str, scope: GrantScope, touch: &Touch) {
        if scope == GrantScope::Call {
            return;
        }
        let writes = touch.claims.iter().any(|claim| claim.access == Access::Write);
        let commands = match &touch.commands {
            Commands::Certain(commands) if scope == GrantScope::Run => Some(commands.clone()),
            // Nobody could tell whether another line that can't be told is the same.
            Commands::Unclear(_) if scope == GrantScope::Run => return,
            _ => None,
        };
        let grant = Grant { tool: tool.into(), scope, writes, commands };
        if !self.entries.contains(&grant) {
            self.entries.push(grant);
        }
    }

    /// Whether nothing was granted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether an approval holds for a call of the tool that touches this.
    #[must_use]
    pub fn covers(&self, tool: &str, touch: &Touch) -> bool {
        self.entries.iter().filter(|grant| grant.tool.as_ref() == tool).any(|grant| match &grant.scope {
            GrantScope::Call => false,
            GrantScope::Run => runs_only(&touch.commands, grant.commands.as_deref()),
            GrantScope::Resource(resource) => touches_only(touch, resource, grant.writes),
        })
    }
}

/// Whether a call runs nothing but programs that were approved. Those that run others are taken only with the same
/// words, and so are those for which variables are set; no further file is written by redirection.
fn runs_only(commands: &Commands, approved: Option<&[Command]>) -> bool {
    let is_approved = |command: &Command, approved: &[Command]| {
        let is_plain = command.environment.is_empty() && reach_of(&command.argv) == Reach::Plain;
        let is_like = |known: &Command| {
            let same_program = known.argv.first() == command.argv.first() && known.folder == command.folder;
            is_plain && same_program && command.writes.iter().all(|path| known.writes.contains(path))
        };
        approved.iter().any(|known| known == command || is_like(known))
    };
    match (commands, approved) {
        (Commands::None, None) => true,
        (Commands::Certain(commands), Some(approved)) => commands.iter().all(|command| is_approved(command, approved)),
        _ => false,
    }
}

/// Whether a call runs no command and claims nothing but the resource.
fn touches_only(touch: &Touch, resource: &Resource, writes: bool) -> bool {
    let claimed = |claim: &Claim| (writes || claim.access == Access::Read) && holds(resource, &claim.resource);
    touch.commands == Commands::None && !touch.claims.is_empty() && touch.claims.iter().all(claimed)
}

/// Whether the second resource is the first one or surely lies in it.
fn holds(granted: &Resource, claimed: &Resource) -> bool {
    match (granted, claimed) {
        (Resource::Folder(folder), Resource::File(path) | Resource::Folder(path)) => {
            match (place::exact_path(folder), place::exact_path(path)) {
                (Some(folder), Some(path)) => !place::is_outside(&path) && is_within(&path, &folder),
                _ => false,
            }
        }
        (Resource::File(one), Resource::File(two)) => {
            place::exact_path(one).is_some_and(|one| place::exact_path(two) == Some(one))
        }
        (Resource::Entity { kind, name }, Resource::Entity { kind: other, name: claimed }) => {
            kind == other && (name.is_empty() || name == claimed)
        }
        (Resource::Host(one), Resource::Host(two)) => one.eq_ignore_ascii_case(two),
        _ => false,
    }
}

fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
