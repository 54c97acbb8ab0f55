//! Exit codes: the one place that knows which end of a command has which.

use folkmoot::RunError;
use folkmoot::compare::CompareError;
use folkmoot::core::RunStatus;
use folkmoot::folder::FolderError;
use folkmoot::journal::JournalError;
use folkmoot::runtime::WorldError;

use super::error::CommandError;

/// What was asked for was done, and the run completed.
pub(crate) const COMPLETED: u8 = 0;
/// A run ended otherwise, a test failed, or something could not be read or written to its end.
pub(crate) const ENDED_OTHERWISE: u8 = 1;
/// The command line or a file is wrong.
pub(crate) const WRONG_INPUT: u8 = 2;
/// Somebody called it off, as with Ctrl-C: 128 and the number of the signal.
pub(crate) const INTERRUPTED: u8 = 130;

/// How a command ended that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All is well.
    Completed,
    /// A run failed or was exhausted, a scenario is not as expected, or a journal has no end.
    Otherwise,
    /// A file that was given is wrong, and that was told.
    WrongFile,
    /// It was interrupted.
    Interrupted,
}

impl Ending {
    /// How a run ended; a cancelled one was interrupted if the user did it.
    pub(crate) const fn of_run(status: RunStatus, interrupted: bool) -> Self {
        match status {
            RunStatus::Completed => Self::Completed,
            RunStatus::Cancelled if interrupted => Self::Interrupted,
            RunStatus::Failed | RunStatus::Exhausted | RunStatus::Cancelled => Self::Otherwise,
        }
    }

    /// The one of two that is told: that something was interrupted, then that a file is wrong, then that a run ended
    /// otherwise.
    pub(crate) const fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Interrupted, _) | (_, Self::Interrupted) => Self::Interrupted,
            (Self::WrongFile, _) | (_, Self::WrongFile) => Self::WrongFile,
            (Self::Otherwise, _) | (_, Self::Otherwise) => Self::Otherwise,
            (Self::Completed, Self::Completed) => Self::Completed,
        }
    }
}

/// The exit code of a command.
pub(crate) fn code(ending: &Result<Ending, CommandError>) -> u8 {
    match ending {
        Ok(Ending::Completed) => COMPLETED,
        Ok(Ending::Otherwise) => ENDED_OTHERWISE,
        Ok(Ending::WrongFile) => WRONG_INPUT,
        Ok(Ending::Interrupted) => INTERRUPTED,
        Err(error) => error_code(error),
    }
}

fn error_code(error: &CommandError) -> u8 {
    match error {
        CommandError::Problems(_) | CommandError::Find(_) | CommandError::Usage { .. } => WRONG_INPUT,
        CommandError::Run { error, .. } => run_code(error),
        CommandError::Compare { error, .. } => match error {
            CompareError::NoVariants(_) => WRONG_INPUT,
            CompareError::Run { error, .. } => run_code(error),
            _ => ENDED_OTHERWISE,
        },
        CommandError::Folder(error) => folder_code(error),
        CommandError::Output(_) | CommandError::Interrupt(_) => ENDED_OTHERWISE,
    }
}

const fn run_code(error: &RunError) -> u8 {
    match error {
        RunError::Custom { .. } | RunError::World(WorldError::Specification { .. }) => WRONG_INPUT,
        RunError::RealFolder(_) | RunError::Changed { .. } => WRONG_INPUT,
        RunError::Folder(error) => folder_code(error),
        RunError::World(_) | RunError::Result(_) => ENDED_OTHERWISE,
    }
}

/// A folder that can't be used was wrongly named; a journal that breaks off is what became of its run.
const fn folder_code(error: &FolderError) -> u8 {
    match error {
        FolderError::Journal { source: JournalError::NotAJournal | JournalError::NewerFormat { .. }, .. } => {
            WRONG_INPUT
        }
        FolderError::Journal { .. } | FolderError::Event { .. } | FolderError::Note { .. } => ENDED_OTHERWISE,
        FolderError::Write { .. } | FolderError::Locked { .. } => ENDED_OTHERWISE,
        FolderError::NotEmpty { .. } | FolderError::File { .. } | FolderError::NoRun { .. } => WRONG_INPUT,
        FolderError::Manifest { .. } => WRONG_INPUT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let rows = [
            (RunStatus::Completed, false, 0),
            (RunStatus::Completed, true, 0),
            (RunStatus::Failed, false, 1),
            (RunStatus::Exhausted, false, 1),
            (RunStatus::Cancelled, false, 1),
            (RunStatus::Cancelled, true, 130),
            (RunStatus::Failed, true, 1),
        ];
        for (status, interrupted, expected) in rows {
            assert_eq!(code(&Ok(Ending::of_run(status, interrupted))), expected, "{status:?}, {interrupted}");
        }
        assert_eq!(code(&Ok(Ending::WrongFile)), 2);
        assert_eq!(Ending::Completed.worse(Ending::Otherwise), Ending::Otherwise);
        assert_eq!(Ending::Interrupted.worse(Ending::WrongFile), Ending::Interrupted);
        let damaged = |source| FolderError::Journal { path: "run".into(), source };
        let torn = JournalError::TornTail { good_records: 1, line: 2, offset: 3 };
        assert_eq!(code(&Err(CommandError::Folder(damaged(torn)))), 1);
        assert_eq!(code(&Err(CommandError::Folder(damaged(JournalError::NotAJournal)))), 2);
        assert_eq!(code(&Err(CommandError::Folder(FolderError::NotEmpty { path: "run".into() }))), 2);
        assert_eq!(code(&Err(CommandError::Output(std::io::Error::other("full")))), 1);
    }
}
