//! Plays one scenario and judges the run: the invariants, and the checks around a run that no invariant can make.
//!
//! Around a run it is checked that it starts at all, that no machine of the program panicked, that nothing of the
//! world's runtime is left behind (I17), that a planted secret is seen nowhere (I18), and that the run has a reason and
//! no loop of failing calls goes on beyond its limit (Q30). This module must not know how scenarios are made.
//!
//! ```
//! use moot_campaign::{generate, play};
//!
//! let made = generate::scenario(1);
//! let verdict = play::play(&made);
//! assert_eq!(verdict.digest, play::play(&made).digest, "a run is repeatable");
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use folkmoot::core::{Event, EventKind, EventSequence, ToolCall, ToolErrorCode, VirtualTime};
use folkmoot::runtime::Live;
use folkmoot::safety::fault::{FaultOptions, Fired};
use folkmoot::scenario::{Environment, Format, Settings};
use folkmoot::{Played, Run, Scenario};

use crate::canary;
use crate::coverage::Coverage;
use crate::generate::{CANARY, CANARY_VARIABLE, Generated};

/// So many events no run of a campaign comes to: beyond, it is taken to go on for ever.
const EVENTS_MAX: u64 = 300_000;

/// What is wrong with a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule it breaks: an invariant such as `I7`, or `panic`, `start`, `endless`, `I17`, `I18`, `Q30`.
    pub rule: String,
    /// The event at which it shows, where there is one.
    pub at: Option<EventSequence>,
    /// What is wrong, in words.
    pub text: String,
}

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// The seed.
    pub seed: u64,
    /// The digest of its events; empty when it could not be played.
    pub digest: String,
    /// What is wrong, the first first.
    pub findings: Vec<Finding>,
    /// Which faults struck.
    pub fired: Fired,
    /// Which points were reached.
    pub coverage: Coverage,
    /// How many events it had.
    pub events: u64,
    /// When it ended.
    pub ended_at: VirtualTime,
    /// Which event each strike is, with the number of its fault.
    pub strikes: Vec<(EventSequence, u32)>,
    /// The status and the reason, for readers.
    pub status: String,
}

/// What is played otherwise than the scenario says.
#[derive(Debug, Clone, Default)]
pub struct Otherwise {
    /// Faults in place of those of the scenario, with their numbers.
    pub faults: Option<Vec<(u32, FaultOptions)>>,
    /// Who is shown the events as they happen, so that a run that never ends can be looked at.
    pub shown_to: Option<fn(&Event)>,
}

thread_local! {
    /// What panicked on this thread since the last run began.
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// From now on panics are noted and not printed: the runs whose they are fail.
pub fn note_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.to_string();
        // A thread that is ending has nobody to tell.
        let _ = PANICS.try_with(|panics| panics.borrow_mut().push(text));
    }));
}

/// Plays the scenario as it is.
#[must_use]
pub fn play(made: &Generated) -> Verdict {
    play_otherwise(made, &Otherwise::default()).0
}

/// Plays it with changes; the events too, if they are asked for.
#[must_use]
pub fn play_otherwise(made: &Generated, otherwise: &Otherwise) -> (Verdict, Vec<Event>) {
    PANICS.with_borrow_mut(Vec::clear);
    let mut verdict = Verdict { seed: made.seed, ..Verdict::default() };
    let mut events = Vec::new();
    match read(made) {
        Err(problems) => verdict.find("start", None, problems),
        Ok(scenario) => match catch_unwind(AssertUnwindSafe(|| run(&scenario, made, otherwise))) {
            Err(_) => verdict.find("panic", None, "the run itself panicked".to_owned()),
            Ok(Err(error)) => verdict.find("start", None, error),
            Ok(Ok(mut played)) => {
                verdict.judge(made, &scenario, &played);
                events = played.events.take().unwrap_or_default();
            }
        },
    }
    for panic in PANICS.take() {
        verdict.find("panic", None, panic);
    }
    (verdict, events)
}

/// The scenario, with the planted secret in its environment.
///
/// # Errors
/// What is wrong with it.
pub fn read(made: &Generated) -> Result<Scenario, String> {
    let environment = Environment::of([(CANARY_VARIABLE, CANARY)]);
    let settings = Settings { trust: made.has_canary, environment, ..Settings::default() };
    let name = format!("campaign-{}.yaml", made.seed);
    folkmoot::scenario::parse_with(&made.text, &name, Format::Yaml, &settings).map_err(|problems| problems.to_string())
}

fn run(scenario: &Scenario, made: &Generated, otherwise: &Otherwise) -> Result<Played, String> {
    let registry = canary::registry();
    let live = Arc::new(Live::new());
    let (seen, call_off) = (AtomicU64::new(0), Arc::clone(&live));
    let shown_to = otherwise.shown_to;
    let watch = move |events: &[Event]| {
        if let Some(show) = shown_to {
            events.iter().for_each(show);
        }
        let before = seen.fetch_add(events.len() as u64, Ordering::Relaxed);
        if before > EVENTS_MAX {
            call_off.cancel();
        }
    };
    let mut run = Run::new(scenario)
        .registry(&registry)
        .keep_events()
        .live(&live)
        .watch(Arc::new(watch))
        .check_invariants()
        .must_end_by(made.must_end_by);
    if let Some(faults) = &otherwise.faults {
        run = run.faults(faults.clone());
    }
    run.play().map_err(|error| error.to_string())
}

/// How many replies in a row may make nothing but the same failing call.
const REPLIES_MAX: u32 = 3;

/// What an agent repeats in a task.
#[derive(Default)]
struct Loop {
    call: String,
    /// How many replies in a row made it alone, and it failed.
    replies: u32,
    /// Whether that may still be true of the last reply.
    is_same: bool,
    /// Whether anything has come of it.
    has_failed: bool,
    /// Whether its agent was restarted, and may never have read what came of the last reply.
    is_lost: bool,
    /// What the last reply called.
    last: String,
}

/// The calls in words, those that follow on an equal one left out.
fn texts_of(calls: &[ToolCall]) -> Vec<String> {
    let mut texts: Vec<String> = calls.iter().map(|call| format!("{} {}", call.name, call.arguments)).collect();
    texts.dedup();
    texts
}

impl Loop {
    fn reply_is_over(&mut self) {
        if self.is_lost {
            return;
        }
        // Of a reply that its agent did not live to take in, nothing comes.
        match self.is_same && self.has_failed {
            true if self.call == self.last => self.replies += 1,
            true => (self.call, self.replies) = (self.last.clone(), 1),
            false => self.replies = 0,
        }
    }

    fn begin(&mut self, calls: &[ToolCall]) {
        let mut texts = texts_of(calls);
        (self.is_same, self.has_failed, self.is_lost) = (texts.len() == 1, false, false);
        self.last = texts.pop().unwrap_or_default();
    }

    fn is_made_again(&self, calls: &[ToolCall]) -> bool {
        matches!(texts_of(calls).as_slice(), [text] if *text == self.call)
    }
}

/// How often a call of each model may be tried again.
fn retries_of(scenario: &Scenario) -> BTreeMap<String, u32> {
    let gateways = &scenario.harness.gateways;
    let retries = |name: &String| gateways.get(name).cloned().unwrap_or_default().retry.retries_max;
    scenario.models.iter().map(|(name, _)| (name.clone(), retries(name))).collect()
}

impl Verdict {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, rule: &str, at: Option<EventSequence>, text: String) {
        self.findings.push(Finding { rule: rule.to_owned(), at, text });
    }

    fn judge(&mut self, made: &Generated, scenario: &Scenario, played: &Played) {
        self.digest = played.result.digest.to_string();
        self.fired = played.fired.clone();
        self.ended_at = played.ended_at;
        self.status = format!("{:?} {}", played.result.status, played.result.reason.as_deref().unwrap_or_default());
        for violation in &played.violations {
            self.find(violation.invariant.as_str(), Some(violation.sequence), violation.to_string());
        }
        let events = played.events.as_deref().unwrap_or_default();
        self.events = events.len() as u64;
        if self.events > EVENTS_MAX {
            self.find("endless", None, format!("it had {} events and was called off", self.events));
        }
        if played.leftover_tasks > 0 {
            self.find("I17", None, format!("{} tasks of the world's runtime were left behind", played.leftover_tasks));
        }
        self.coverage = Coverage::of(events, &played.reached, &retries_of(scenario));
        for event in events {
            if let EventKind::FaultInjected { rule, .. } = event.kind {
                self.strikes.push((event.sequence, rule));
            }
        }
        self.ended_for_a_reason(events);
        self.repeats_end(events);
        if made.has_canary {
            self.secret_is_kept(events, played);
        }
    }

    /// Q30: the last event says how the run ended, and why unless it completed.
    fn ended_for_a_reason(&mut self, events: &[Event]) {
        match events.last().map(|event| &event.kind) {
            Some(EventKind::RunEnded { .. }) => {}
            other => {
                let found = other.map_or("nothing", EventKind::name);
                self.find("Q30", events.last().map(|event| event.sequence), format!("the run ends with {found}"));
            }
        }
    }

    /// Q30: for one assignment, no model is asked again after three of its replies in a row made nothing but one and the
    /// same call, and all of these failed. A result that an agent did not live to read is none.
    fn repeats_end(&mut self, events: &[Event]) {
        let mut loops: BTreeMap<(u32, &str), Loop> = BTreeMap::new();
        for event in events {
            let agent = event.actor.as_str();
            match &event.kind {
                EventKind::Assigned { task, .. } | EventKind::Finished { task, .. } => {
                    loops.remove(&(task.0, agent));
                }
                EventKind::ModelReplied { task, reply, .. } => {
                    let seen = loops.entry((task.0, agent)).or_default();
                    seen.reply_is_over();
                    if seen.replies >= REPLIES_MAX && seen.is_made_again(&reply.tool_calls) {
                        let found = format!("the model of {agent} makes {} again after {REPLIES_MAX} times", seen.call);
                        return self.find("Q30", Some(event.sequence), found);
                    }
                    seen.begin(&reply.tool_calls);
                }
                EventKind::ActorRestarted { .. } => {
                    let own = loops.iter_mut().filter(|((_, other), _)| *other == agent);
                    own.for_each(|(_, seen)| seen.is_lost = true);
                }
                EventKind::ToolReturned { task, result, .. } => {
                    let seen = loops.entry((task.0, agent)).or_default();
                    match result.error {
                        // Nobody knows: that says nothing about the call.
                        Some(ToolErrorCode::Unknown | ToolErrorCode::Cancelled) | None => seen.is_same = false,
                        Some(_) => seen.has_failed = true,
                    }
                }
                _ => {}
            }
        }
    }

    /// I18: nobody sees the planted secret.
    fn secret_is_kept(&mut self, events: &[Event], played: &Played) {
        let looks = canary::looks_of(CANARY);
        let has = |text: &str| looks.iter().any(|look| text.contains(look.as_str()));
        for event in events {
            // What is shown anywhere is made of the event as it is written.
            let written = format!("{:?}", event.kind);
            let json = serde_json::to_string(event).unwrap_or_default();
            if has(&written) || has(&json) {
                self.find("I18", Some(event.sequence), format!("the planted secret is in a {}", event.kind.name()));
                return;
            }
        }
        let result = serde_json::to_string(&played.result).unwrap_or_default();
        if has(&result) || played.files.values().any(|text| has(text)) {
            self.find("I18", None, "the planted secret is in the result".to_owned());
        }
    }
}
