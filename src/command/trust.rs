//! `--trust`: what a scenario may do to this machine, and how it is listed.

use std::fmt::Write;

use folkmoot::Scenario;
use folkmoot::scenario::{Environment, Settings};

/// The choice that several commands offer.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct TrustArguments {
    /// Let scenarios run commands, use real folders, read environment variables and call addresses that they name; each
    /// is listed first
    #[arg(long)]
    trust: bool,
}

impl TrustArguments {
    /// Whether trust is given.
    pub(crate) const fn is_given(&self) -> bool {
        self.trust
    }

    /// What a scenario is read with.
    pub(crate) fn settings(&self, sets: Vec<String>) -> Settings {
        // Nobody gets to see the environment who is not trusted with it.
        let environment = if self.trust { environment() } else { Environment::default() };
        Settings { sets, trust: self.trust, environment, folders_replaced: false, folder: None }
    }
}

/// The variables of this process.
pub(crate) fn environment() -> Environment {
    Environment::of_process()
}

/// What a scenario does to this machine, one a line; nothing when it needs no trust.
pub(crate) fn list(scenario: &Scenario) -> String {
    let mut text = String::new();
    for item in &scenario.trust_needed {
        let _infallible = writeln!(text, "  trusted: {item}");
    }
    text
}
