//! What several test modules use.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use folkmoot::core::{ActorPath, Event};
use folkmoot::{Played, Run, Scenario};

/// A scenario that must be sound.
pub(crate) fn scenario(yaml: &str) -> Scenario {
    folkmoot::parse(yaml).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Plays a scenario that must start, keeping its events; every invariant holds.
pub(crate) fn play(scenario: &Scenario) -> Played {
    Run::new(scenario).keep_events().check_invariants().play().unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn path(text: &str) -> ActorPath {
    ActorPath::new(text).unwrap()
}

/// An actor's own records, without the numbers that count other actors' events too.
pub(crate) fn trajectory(events: &[Event], actor: &str) -> Vec<String> {
    let own = events.iter().filter(|event| event.actor.as_str() == actor);
    own.map(|event| format!("{} {:?}", event.time.as_millis(), event.kind)).collect()
}

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the command in the repository's folder.
pub(crate) fn moot(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_moot")).current_dir(root()).args(arguments).output().unwrap()
}

/// How the flagship is compared, as README shows it.
pub(crate) const DEBATE_OR_VOTE: &str = "moot compare scenarios/debate-or-vote.yaml --quiet";

/// What that prints. Eight million model calls are played once for all tests that look at it.
pub(crate) fn debate_or_vote() -> &'static str {
    static PRINTED: OnceLock<String> = OnceLock::new();
    PRINTED.get_or_init(|| {
        let arguments: Vec<&str> = DEBATE_OR_VOTE.split(' ').skip(1).collect();
        let output = moot(&arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    })
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
