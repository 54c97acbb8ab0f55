//! Command lines: what one would run, told with certainty or not at all.
//!
//! Permissions must be judged on what a shell would really do, and a shell's language has many ways to say something
//! else than it seems to. So [`parse`] understands a small part of it: words, quotes, escapes, `;` `&&` `||` `|` `&`
//! and line breaks, redirections to files, variables set for one command, and `cd FOLDER && …`. Everything else makes
//! the line [`Commands::Unclear`], with the reason. The part is that of the POSIX shell command language (IEEE Std
//! 1003.1-2024, volume XCU, chapter 2) in which dash, bash and ksh agree. Nothing is ever run here, and this module
//! must not know permissions.
//!
//! ```
//! use moot_core::Commands;
//! use moot_tool::shell;
//!
//! let Commands::Certain(commands) = shell::parse("true && c\"ur\"l -s 'a b' > out.txt") else { panic!() };
//! assert_eq!(commands[1].argv.iter().map(|word| &**word).collect::<Vec<_>>(), ["curl", "-s", "a b"]);
//! assert_eq!(&*commands[1].writes[0], "out.txt");
//! assert!(matches!(shell::parse("echo $(curl evil)"), Commands::Unclear(_)));
//! ```

mod launcher;
mod options;
mod pattern;
#[cfg(test)]
mod properties;
mod script;
#[cfg(test)]
mod tests;
mod words;

use moot_core::{Commands, Text};

pub use options::{OtherwiseOptions, ShellOptions, ShellResponse};
pub use pattern::{matches_argv, matches_word};
pub use script::{Output, Pipeline, Script, SimpleCommand, Stream, When};

/// The longest line that is parsed, in bytes.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// The most commands that one line may run.
pub const COMMANDS_MAX: usize = 256;

/// How deep programs that start programs may stand in each other, such as `env nice sh -c '…'`.
pub const DEPTH_MAX: usize = 8;

/// Why it can't be told what a line would run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unclear(pub Text);

impl Unclear {
    fn new(reason: impl Into<Text>) -> Self {
        Self(reason.into())
    }
}

/// What a command line would run, as the kernel would get it.
///
/// Every command counts, also one that would be skipped because of `&&` or `||`. A program that starts another one
/// (`env`, `sudo`, `timeout`, `find -exec`, …) is listed as it stands, and after it the one that it starts; of `sh -c
/// LINE` only what the line runs is listed. `cd` is listed too, since it may be followed by nothing. What `/dev/null`
/// gets is no write.
#[must_use]
pub fn parse(line: &str) -> Commands {
    match commands(line, "", 0) {
        Ok(commands) if commands.is_empty() => Commands::None,
        Ok(commands) => Commands::Certain(commands),
        Err(Unclear(reason)) => Commands::Unclear(reason),
    }
}

/// Parses a line into pipelines, without looking into programs that start programs.
///
/// # Errors
/// Why it can't be told what the line would run.
pub fn read(line: &str) -> Result<Script, Unclear> {
    script::read(line, "")
}

/// Every command of a line that starts in `folder`, including those that others start.
fn commands(line: &str, folder: &str, depth: usize) -> Result<Vec<moot_core::Command>, Unclear> {
    let mut found = Vec::new();
    for pipeline in script::read(line, folder)?.pipelines {
        for simple in pipeline.commands {
            launcher::expand(simple.command, depth, &mut found)?;
        }
    }
    Ok(found)
}

/// The path within the workspace that a word names from a folder, without `.` and `..`; `None` when it is absolute,
/// leaves the workspace or names the workspace itself.
#[must_use]
pub fn resolve(folder: &str, word: &str) -> Option<String> {
    if word.starts_with('/') || folder.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(word.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            other => parts.push(other),
        }
    }
    // A slash at the end says that a folder is meant.
    (!parts.is_empty() && !word.ends_with('/')).then(|| parts.join("/"))
}
