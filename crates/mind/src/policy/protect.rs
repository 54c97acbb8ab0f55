//! The names that are protected whatever the rules say, unless a scenario sets `protect: false`.
//!
//! They are names, not files: what does not exist yet can't be created there either (CVE-2026-25725). Credentials are
//! denied for reading and writing (the ten globs of openharness §1.3), hooks and settings of git and the files of run
//! folders for writing (row B47); a file named `.git` too, for it says where the settings are. A claim on a folder is denied when the folder's own name leads to a protected one,
//! and so is writing to the whole workspace; listing the workspace is not. Permissions stand in the scenario, which a
//! run folder keeps as `scenario.json`: there is no further file of permissions. This module must not know rules of
//! scenarios.
//!
//! ```
//! use moot_mind::policy::PROTECTED_FOR_WRITING;
//!
//! assert!(PROTECTED_FOR_WRITING.contains(&"**/.git/hooks/**"));
//! ```

use moot_core::Access;

use super::glob::{PathPattern, WordPattern};
use super::rule::falls_under;
use super::subject::{Subject, Target, TargetKind};

/// Names that no call may write to.
pub const PROTECTED_FOR_WRITING: &[&str] = &[
    "**/.git",
    "**/.git/hooks/**",
    "**/.git/config",
    "**/.git/config.worktree",
    "**/.git/modules/**/hooks/**",
    "**/.git/modules/**/config",
    "**/.git/worktrees/*/config.worktree",
    "**/git~1",
    "**/git~1/hooks/**",
    "**/git~1/config",
    "**/git~1/modules/**/hooks/**",
    "**/git~1/modules/**/config",
    "**/*.moot",
    "**/*.moot/**",
    "**/journal.jsonl.zst",
    "**/result.json",
    "**/scenario.json",
];

/// Names of credentials, that no call may read or write.
pub const PROTECTED_CREDENTIALS: &[&str] = &[
    "**/.ssh/**",
    "**/.aws/credentials",
    "**/.aws/config",
    "**/.config/gcloud/**",
    "**/.azure/**",
    "**/.gnupg/**",
    "**/.docker/config.json",
    "**/.kube/config",
    "**/.netrc",
    "**/.git-credentials",
];

/// Names without a part that begins with a dot have to hold one of these to be protected.
const UNDOTTED: &[&str] = &["git~1", ".moot", "journal.jsonl.zst", "result.json", "scenario.json"];

/// The dotted names with which protected ones begin.
const DOTTED: &[&str] =
    &[".git", ".ssh", ".aws", ".config", ".azure", ".gnupg", ".docker", ".kube", ".netrc", ".git-credentials"];

/// The compiled names.
#[derive(Debug, Clone)]
pub(super) struct Protection {
    writing: Vec<PathPattern>,
    credentials: Vec<PathPattern>,
}

impl Protection {
    /// # Errors
    /// What is wrong with a built-in glob; a test holds that nothing is.
    pub(super) fn compile() -> Result<Self, String> {
        let compile = |globs: &[&str]| -> Result<Vec<_>, String> {
            globs.iter().map(|glob| PathPattern::compile(glob, true)).collect()
        };
        Ok(Self { writing: compile(PROTECTED_FOR_WRITING)?, credentials: compile(PROTECTED_CREDENTIALS)? })
    }

    /// The first path of the call that is protected, and why.
    pub(super) fn matches(&self, subject: &Subject<'_>) -> Option<String> {
        subject.possible_paths().find_map(|target| {
            let pattern = self.pattern(target)?;
            let shown = if target.path.is_empty() { "." } else { &target.path };
            let used = match target.access {
                Some(access) => format!("{} ", if access == Access::Read { "reading" } else { "writing to" }),
                None => "a command that names ".to_owned(),
            };
            let pattern = pattern.as_str();
            Some(format!("{used}{shown} touches the protected name {pattern}; `protect: false` lifts this"))
        })
    }

    fn pattern(&self, target: &Target<'_>) -> Option<&PathPattern> {
        let writes = target.access != Some(Access::Read);
        if target.kind == TargetKind::Wild && may_expand_to_dotted(&target.path) {
            return self.credentials.first();
        }
        if target.folded.is_empty() {
            let whole = target.kind == TargetKind::Folder && target.access == Some(Access::Write);
            return self.writing.first().filter(|_| whole);
        }
        if !may_be_protected(&target.folded, writes) {
            return None;
        }
        let is_named = |pattern: &&PathPattern| match target.kind {
            TargetKind::File => falls_under(pattern, target),
            TargetKind::Folder | TargetKind::Word | TargetKind::Wild => pattern.names(&target.folded),
        };
        let writing = self.writing.iter().filter(|_| writes);
        self.credentials.iter().chain(writing).find(is_named)
    }
}

/// Whether the part with the first wildcard may stand for the dotted name that a protected one begins with. A shell
/// lets no leading `*` or `?` stand for a dot.
fn may_expand_to_dotted(word: &str) -> bool {
    let folder = super::place::fixed_folder(word);
    let rest = word.get(folder.len()..).unwrap_or_default().trim_start_matches('/');
    let part = rest.split('/').next().unwrap_or(rest);
    let is_named = |name: &str| WordPattern::compile(part, true).is_ok_and(|pattern| pattern.matches(name));
    part.starts_with(['.', '[', '{']) && DOTTED.iter().any(|name| is_named(name))
}

/// A quick look that spares nearly every path the walk through the patterns.
fn may_be_protected(folded: &str, writes: bool) -> bool {
    folded.starts_with('.') || folded.contains("/.") || writes && UNDOTTED.iter().any(|mark| folded.contains(mark))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_quick_look_lets_no_protected_name_slip() {
        Protection::compile().unwrap();
        for glob in PROTECTED_FOR_WRITING.iter().chain(PROTECTED_CREDENTIALS) {
            for path in [
                glob.replace("**/", "").replace("/**", "/x").replace('*', "x"),
                glob.replace("**", "a").replace('*', "x"),
            ] {
                assert!(PathPattern::compile(glob, true).unwrap().matches(&path), "{glob} takes {path}");
                assert!(may_be_protected(&path, true), "{path}");
            }
        }
        for glob in PROTECTED_CREDENTIALS {
            assert!(may_be_protected(&glob.replace("**/", ""), false), "{glob}");
        }
    }
}
