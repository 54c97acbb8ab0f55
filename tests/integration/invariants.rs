//! Every scenario of the repository keeps every invariant, event by event.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use folkmoot::core::{ActorRole, Event, EventKind, EventSequence};
use folkmoot::runtime::LedgerTotals;
use folkmoot::{Played, Run, Scenario};
use moot_safety::invariant::{BooksState, InvariantName, Invariants, Probe};

use crate::support::{root, scenario};

/// What a scenario is meant to break, by its file: nothing yet.
const EXPECTED: &[(&str, InvariantName)] = &[];

/// Shows the ledger's books and that nothing comes any more.
fn close(invariants: &mut Invariants, ledger: &LedgerTotals) {
    let run = &ledger.run;
    invariants.probe(&Probe::Books(BooksState {
        attempts: run.calls,
        tokens: run.usage.total_tokens(),
        cost: run.cost,
        without_usage: run.attempts_without_usage,
        without_cost: run.attempts_without_cost,
    }));
    invariants.finish();
}

/// Holds that a run that kept its events kept every invariant.
pub(crate) fn assert_kept(events: &[Event], ledger: &LedgerTotals) {
    let mut invariants = Invariants::collecting();
    for event in events {
        invariants.observe(event);
    }
    close(&mut invariants, ledger);
    assert!(invariants.hold(), "{}", told(&invariants));
}

fn told(invariants: &Invariants) -> String {
    invariants.violations().iter().map(|violation| format!("{violation}\n")).collect()
}

/// Plays one run of a scenario and feeds its events to the invariants as they come: a large jury has a million of them.
fn watched(scenario: &Scenario, expecting: &[InvariantName]) -> (Played, Invariants, u64) {
    let begin = expecting.iter().fold(Invariants::collecting(), |invariants, name| invariants.expecting(*name));
    let shared = Arc::new(Mutex::new((begin, 0_u64)));
    let fed = Arc::clone(&shared);
    let watch = move |events: &[Event]| {
        let mut fed = fed.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            fed.0.observe(event);
            fed.1 += 1;
        }
    };
    let played = Run::new(scenario).watch(Arc::new(watch)).play().unwrap_or_else(|error| panic!("{error}"));
    let (mut invariants, count) = std::mem::take(&mut *shared.lock().unwrap());
    close(&mut invariants, &played.ledger);
    (played, invariants, count)
}

fn scenarios() -> Vec<PathBuf> {
    let mut files = folkmoot::suite::find(&[root().join("scenarios")]).unwrap();
    files.sort();
    files
}

fn name_of(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

#[test]
fn every_scenario_keeps_every_invariant() {
    let (mut played, mut skipped, mut events) = (0, Vec::new(), 0);
    for file in scenarios() {
        let name = name_of(&file);
        // What starts processes or opens real folders asks for trust, which no test gives to a file.
        let Ok(scenario) = folkmoot::load(&file) else {
            skipped.push(name);
            continue;
        };
        let expected: Vec<InvariantName> =
            EXPECTED.iter().filter(|(file, _)| *file == name).map(|(_, invariant)| *invariant).collect();
        for run in scenario.plays() {
            let (_, invariants, count) = watched(run, &expected);
            assert!(invariants.hold(), "{name}:\n{}", told(&invariants));
            let found = |name: &InvariantName| invariants.expected().iter().any(|found| found.invariant == *name);
            assert!(expected.iter().all(found), "{name} is meant to break {expected:?}");
            played += 1;
            events += count;
        }
    }
    assert!(played >= 60 && events > 100_000, "{played} runs, {events} events");
    assert!(skipped.len() <= 3, "not played: {skipped:?}");
}

#[test]
fn a_run_that_loses_an_event_is_found_out() {
    let jury = scenario(
        "
folkmoot: 1
name: jury
models: { juror: { stochastic: { accuracy: 0.6 } } }
agents: { juror: { model: juror, count: 3 } }
coordination: { vote: { members: [juror], rule: majority, ties: coin } }
tasks: { generate: { count: 2, choices: [A, B] } }
",
    );
    let played = crate::support::play(&jury);
    let events = played.events.unwrap();
    let verdict = |events: &[Event]| {
        let mut invariants = Invariants::new();
        for event in events {
            invariants.observe(event);
        }
        close(&mut invariants, &played.ledger);
        invariants.hold()
    };
    assert!(verdict(&events));
    for lost in 0..events.len() {
        let found = !verdict(&without(&events, lost));
        // That a council counted, or that an actor was ready that is none, is demanded by nothing that comes after.
        let is_needed = match &events[lost].kind {
            EventKind::ActorStarted { role } => *role == ActorRole::Coordinator,
            EventKind::Tallied { .. } => false,
            _ => true,
        };
        assert_eq!(found, is_needed, "{:?}", events[lost]);
    }
}

/// The events without one of them, as if it had never been: numbered without a gap, and what it led to without a cause.
fn without(events: &[Event], lost: usize) -> Vec<Event> {
    let lost = lost as u64;
    let renumbered = |number: EventSequence| EventSequence(number.0 - u64::from(number.0 > lost));
    let rest = events.iter().filter(|event| event.sequence.0 != lost);
    let renumbered = rest.map(|event| Event {
        sequence: renumbered(event.sequence),
        cause: event.cause.filter(|cause| cause.0 != lost).map(renumbered),
        ..event.clone()
    });
    renumbered.collect()
}
