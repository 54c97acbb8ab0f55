//! What keeps a command from doing its work, in words for the person at the terminal.

use std::error::Error;
use std::fmt;
use std::io;

use folkmoot::compare::CompareError;
use folkmoot::folder::FolderError;
use folkmoot::journal::JournalError;
use folkmoot::suite::FindError;
use folkmoot::view::escape;
use folkmoot::{Problems, RunError};

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// A scenario file is wrong.
    Problems(Problems),
    /// A run could not be played.
    Run {
        /// The scenario file.
        file: String,
        /// Why.
        error: RunError,
    },
    /// Variants could not be compared.
    Compare {
        /// The scenario file.
        file: String,
        /// Why.
        error: CompareError,
    },
    /// A run folder can't be read.
    Folder(FolderError),
    /// There is nothing to play.
    Find(FindError),
    /// What was asked for makes no sense here.
    Usage {
        /// Why.
        message: String,
        /// What to try.
        hint: Option<String>,
    },
    /// Standard output can't be written.
    Output(io::Error),
    /// Ctrl-C can't be watched.
    Interrupt(ctrlc::Error),
}

impl CommandError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } => hint.clone(),
            Self::Folder(FolderError::Journal { source: JournalError::Damaged { .. }, .. }) => {
                Some("moot resume DIR --salvage NEW_DIR saves what is good of it".to_owned())
            }
            Self::Compare { error: CompareError::NoVariants(_), .. } => {
                Some("write `compare: { variants: [{ name: ..., set: { PATH: VALUE } }] }`".to_owned())
            }
            Self::Run { error: RunError::Custom { .. }, .. }
            | Self::Compare { error: CompareError::Run { error: RunError::Custom { .. }, .. }, .. } => {
                Some("`moot` alone plays what is built in; see examples/ for programs with their own parts".to_owned())
            }
            _ => None,
        }
    }

    /// The message and the error behind it, if there is one.
    fn message(&self) -> (String, Option<&dyn Error>) {
        match self {
            Self::Problems(problems) => (problems.to_string(), None),
            Self::Run { file, error: error @ RunError::Custom { .. } } => (format!("{file}: {error}"), error.source()),
            Self::Run { error, .. } => (error.to_string(), error.source()),
            Self::Compare { file, error } => (format!("{file}: {error}"), error.source()),
            Self::Folder(error) => (error.to_string(), error.source()),
            Self::Find(error) => (error.to_string(), error.source()),
            Self::Usage { message, .. } => (message.clone(), None),
            Self::Output(error) => (format!("standard output can't be written: {error}"), None),
            Self::Interrupt(error) => (format!("Ctrl-C can't be watched: {error}"), None),
        }
    }
}

impl fmt::Display for CommandError {
    /// Whole lines: the message, what caused it, what to try. Problems of files are laid out by themselves.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Problems(problems) = self {
            return fmt::Display::fmt(problems, formatter);
        }
        let (message, mut cause) = self.message();
        writeln!(formatter, "error: {}", escape(&message))?;
        while let Some(error) = cause {
            let text = error.to_string();
            // Most messages tell their cause themselves.
            if !message.contains(&text) {
                writeln!(formatter, "cause: {}", escape(&text))?;
            }
            cause = error.source();
        }
        if let Some(hint) = self.hint() {
            writeln!(formatter, "help: {}", escape(&hint))?;
        }
        Ok(())
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Problems> for CommandError {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems)
    }
}

impl From<FolderError> for CommandError {
    fn from(error: FolderError) -> Self {
        Self::Folder(error)
    }
}

impl From<FindError> for CommandError {
    fn from(error: FindError) -> Self {
        Self::Find(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_and_hints_stand_on_lines_of_their_own_and_nothing_twice() {
        let error = CommandError::Find(FindError::Read { path: "x".into(), source: io::Error::other("gone") });
        assert_eq!(error.to_string(), "error: x can't be read: gone\n");
        let error = CommandError::Usage { message: "no\u{1b}[1m".into(), hint: Some("yes".into()) };
        assert_eq!(error.to_string(), "error: no\\u{1b}[1m\nhelp: yes\n");
    }
}
