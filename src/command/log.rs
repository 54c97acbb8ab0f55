//! What is logged, and how: to standard error, and never into a result.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::error::CommandError;

/// The environment variable that is used where `--log` is not given.
const VARIABLE: &str = "RUST_LOG";

/// The arguments about logs, which every subcommand takes.
#[derive(Debug, clap::Args)]
pub(crate) struct LogArguments {
    /// Logs to standard error: off, error, warn, info, debug or trace, or a
    /// filter such as moot=debug; without it, RUST_LOG says
    #[arg(long = "log", value_name = "LEVEL", global = true, value_parser = read_filter, help_heading = "Logs")]
    filter: Option<String>,
    /// How logs are written: human or json
    #[arg(
        long = "log-format",
        value_name = "FORMAT",
        global = true,
        value_enum,
        default_value_t = Format::Human,
        hide_possible_values = true,
        help_heading = "Logs"
    )]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line of text for each
    Human,
    /// A JSON object on a line for each
    Json,
}

impl LogArguments {
    /// Whether anything may be logged.
    pub(crate) fn is_on(&self) -> bool {
        LevelFilter::current() != LevelFilter::OFF
    }

    /// Starts to log, if that is asked for.
    ///
    /// # Errors
    /// When `RUST_LOG` is wrong; `--log` was checked when it was read.
    pub(crate) fn start(&self) -> Result<(), CommandError> {
        let text = match &self.filter {
            Some(filter) => filter.clone(),
            None => std::env::var(VARIABLE).unwrap_or_default(),
        };
        if text.is_empty() {
            return Ok(());
        }
        let filter = filter(&text).map_err(|problem| CommandError::Usage {
            message: format!("{VARIABLE} is wrong: {problem}"),
            hint: None,
        })?;
        // Without the wall clock, equal runs have equal logs; the world's time is a field of its events.
        let builder = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
            .without_time()
            .log_internal_errors(false);
        let started = match self.format {
            Format::Human => builder.try_init(),
            Format::Json => builder.json().try_init(),
        };
        started
            .map_err(|problem| CommandError::Usage { message: format!("logs can't be started: {problem}"), hint: None })
    }
}

fn read_filter(text: &str) -> Result<String, String> {
    filter(text).map(|_| text.to_owned())
}

/// A single word is a level, as everything else would silently be taken for the name of a module.
fn filter(text: &str) -> Result<EnvFilter, String> {
    let is_list = text.contains(['=', ',']);
    if text.is_empty() || (!is_list && text.parse::<LevelFilter>().is_err()) {
        return Err(format!("{text:?} is no level; off, error, warn, info, debug and trace are"));
    }
    EnvFilter::builder().parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn levels_and_filters_are_told_from_mistakes() {
        for good in ["off", "warn", "DEBUG", "moot=debug", "moot::event=trace,warn"] {
            assert!(filter(good).is_ok(), "{good}");
        }
        for wrong in ["debgu", "", "moot=loud"] {
            assert!(filter(wrong).is_err(), "{wrong}");
        }
    }
}
