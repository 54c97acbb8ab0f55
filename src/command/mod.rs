//! The command line of `moot`: its subcommands, and what all of them have in common.
//!
//! Each subcommand is one file with its arguments, their help, its function and its tests; it writes what it finds to
//! an [`Output`] and gives back an [`Ending`] or a [`CommandError`]. None of them exits, prints or knows exit codes.

mod check;
mod compare;
mod comparison;
mod diff;
mod error;
pub(crate) mod exit;
mod fork;
mod interrupt;
mod log;
mod number;
pub(crate) mod output;
mod person;
mod policy;
mod progress;
mod replay;
mod resume;
mod run;
mod schema;
mod show;
mod table;
mod tape;
mod test;
mod trust;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::CommandError;
use exit::Ending;
use output::Output;

/// Plays multi-agent scenarios: supervised agents that work and vote together, repeatable to the byte.
#[derive(Debug, Parser)]
#[command(
    name = "moot",
    version,
    max_term_width = 80,
    after_help = "Exit codes: 0 the run completed, 1 it ended otherwise, 2 the command line or a\n\
                  file is wrong, 130 interrupted.\n\n\
                  Example: moot run scenarios/jury.yaml"
)]
struct Arguments {
    #[command(subcommand)]
    subcommand: Command,
    #[command(flatten)]
    log: log::LogArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArguments),
    Compare(compare::CompareArguments),
    Check(check::CheckArguments),
    Test(test::TestArguments),
    Schema(schema::SchemaArguments),
    Show(show::ShowArguments),
    Resume(resume::ResumeArguments),
    Replay(replay::ReplayArguments),
    Fork(fork::ForkArguments),
    Diff(diff::DiffArguments),
    Verify(verify::VerifyArguments),
    Policy(policy::PolicyArguments),
}

/// Does what the command line says and gives the exit code.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(message) => {
            // Help that nobody reads on is no error; there is nowhere left to tell one.
            let _ = message.print();
            return ExitCode::from(if message.use_stderr() { exit::WRONG_INPUT } else { exit::COMPLETED });
        }
    };
    let ending = arguments.log.start().and_then(|()| {
        let mut output = Output::new(std::io::stdout().lock());
        let ending = arguments.subcommand.execute(&mut output, arguments.log.is_on());
        // What was found before an error is told too.
        let flushed = output.flush();
        ending.and_then(|ending| Ok(flushed.map(|()| ending)?))
    });
    if let Err(error) = &ending {
        output::tell(&error.to_string());
    }
    ExitCode::from(exit::code(&ending))
}

impl Command {
    fn execute(self, output: &mut Output, logs: bool) -> Result<Ending, CommandError> {
        match self {
            Self::Run(arguments) => run::run(arguments, output, logs),
            Self::Compare(arguments) => compare::compare(arguments, output, logs),
            Self::Check(arguments) => check::check(&arguments, output),
            Self::Test(arguments) => test::test(&arguments, output),
            Self::Schema(arguments) => schema::schema(&arguments, output),
            Self::Show(arguments) => show::show(arguments, output),
            Self::Resume(arguments) => resume::resume(arguments, output, logs),
            Self::Replay(arguments) => replay::replay(arguments, output),
            Self::Fork(arguments) => fork::fork(arguments, output),
            Self::Diff(arguments) => diff::diff(&arguments, output),
            Self::Verify(arguments) => verify::verify(&arguments, output),
            Self::Policy(arguments) => policy::policy(arguments, output),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_defined_and_every_help_shows_an_example() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        for subcommand in command.get_subcommands_mut().filter(|subcommand| subcommand.get_name() != "help") {
            let help = subcommand.render_long_help().to_string();
            let example = format!("moot {}", subcommand.get_name());
            assert!(help.contains("Example") && help.contains(&example), "{help}");
            assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        }
    }
}
