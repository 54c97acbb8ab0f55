//! Coverage: which points were reached that a campaign must reach, or its silence proves nothing.
//!
//! A point is told by the events of a run, or, where no event tells it, by what the runtime says that it reached. The
//! events of a strike are known by their causes. This module must not know how faults are carried out.
//!
//! ```
//! use moot_campaign::coverage::{Coverage, Point};
//!
//! let mut total = Coverage::default();
//! total.add(&Coverage::default());
//! assert_eq!(total.of_point(Point::RestartWithMail), 0);
//! assert_eq!(Point::RestartWithMail.fault(), "F1");
//! ```

use std::collections::{BTreeMap, BTreeSet};

use folkmoot::core::{
    ActorPath, Approval, Event, EventKind, FailureKind, HookVerdict, ModelFailureKind, Outcome, RunStatus,
    ToolErrorCode,
};

/// How often which point was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<Point, u64>);

/// Writes the points with their fault and what they say.
macro_rules! points {
    ($($name:ident = $fault:literal $text:literal,)+) => {
        /// A point that must be reached.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Point {
            $(#[doc = $text] $name,)+
        }

        impl Point {
            /// Every point, in the order of the faults.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The fault that it belongs to.
            #[must_use]
            pub const fn fault(self) -> &'static str {
                match self {
                    $(Self::$name => $fault,)+
                }
            }

            /// What is reached, in words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

points! {
    RestartWithMail = "F1" "restart with a mailbox that is not empty",
    CallRestarting = "F2" "a call ends because its executor restarts",
    LateResultDropped = "F3" "a late result is dropped",
    WrittenWithoutWord = "F4" "something is written although nobody was told",
    SettledAfterRestart = "F5" "a budget is settled after a restart",
    RoundResumed = "F6" "a round is resumed, its ballots kept",
    StartedRebuilt = "F7" "an agent that was started by another is restarted",
    GivenUp = "F8" "an actor is given up",
    FailedCleanly = "F8" "the run ends by the name of a restart limit",
    WaitHonoured = "F9" "the wait that a provider asks for is honoured",
    WaitRefused = "F9" "a wait that is too long is refused",
    LastAttemptSucceeds = "F10" "the last attempt of a call succeeds",
    AttemptsExhausted = "F10" "a call fails with its last attempt",
    NoRetry = "F11" "what can't succeed is not tried again",
    AmbiguousCharged = "F12" "an attempt of which nothing was heard is charged",
    PartialDiscarded = "F13" "a reply that was cut is discarded and tried again",
    Malformed = "F14" "a reply that is none is an error that says why",
    UsageUnknown = "F15" "a usage that nobody knows is flagged",
    ModelRecovers = "F16" "a wrong call is an observation, and its agent comes to an answer",
    RepetitionFound = "F17" "the same failing call ends its agent",
    LateAnswer = "F18" "an answer comes after its deadline",
    DuplicateSuppressed = "F19" "what comes twice counts once",
    AskedAgain = "F20" "who did not answer is asked again",
    Overloaded = "F21" "a full mailbox tells the sender",
    CancelledMidTool = "F26" "a call is called off in the middle",
    DeniedOnTimeout = "F27" "who does not answer in time has denied",
    LieRejected = "F29" "a lie is rejected, and why is told",
}

impl Coverage {
    /// What a run reached. `retries` says for each model how often a call of it may be tried again.
    #[must_use]
    pub fn of(events: &[Event], reached: &BTreeMap<&'static str, u64>, retries: &BTreeMap<String, u32>) -> Self {
        let mut fold = Fold::new(retries);
        for (name, point) in [
            ("restart with mail", Point::RestartWithMail),
            ("late result dropped", Point::LateResultDropped),
            ("written without a word", Point::WrittenWithoutWord),
            ("settled after a restart", Point::SettledAfterRestart),
            ("round resumed with its answers", Point::RoundResumed),
        ] {
            if let Some(count) = reached.get(name) {
                fold.coverage.0.insert(point, *count);
            }
        }
        for event in events {
            fold.take(event);
        }
        let given_up_at_once = fold.refused.len() as u64;
        fold.coverage.count(Point::NoRetry, given_up_at_once);
        fold.coverage
    }

    fn count(&mut self, point: Point, times: u64) {
        if times > 0 {
            *self.0.entry(point).or_default() += times;
        }
    }

    /// Counts those of another run as well.
    pub fn add(&mut self, other: &Self) {
        for (point, count) in &other.0 {
            self.count(*point, *count);
        }
    }

    /// How often a point was reached.
    #[must_use]
    pub fn of_point(&self, point: Point) -> u64 {
        self.0.get(&point).copied().unwrap_or(0)
    }
}

/// What has to be remembered of a run to tell its points.
struct Fold<'a> {
    coverage: Coverage,
    retries: &'a BTreeMap<String, u32>,
    /// The strikes and the failed attempts that they led to, by the number of the event.
    struck: BTreeMap<u64, &'a str>,
    /// Failed attempts at what is not tried again, until a retry shows that it was.
    refused: BTreeSet<u64>,
    spawned: BTreeSet<ActorPath>,
    /// Who was asked what by whom in which round.
    asked: BTreeSet<(ActorPath, ActorPath, u32, u32)>,
    /// Agents with a wrong call in a task.
    wrong: BTreeSet<(ActorPath, u32)>,
}

impl<'a> Fold<'a> {
    fn new(retries: &'a BTreeMap<String, u32>) -> Self {
        Self {
            coverage: Coverage::default(),
            retries,
            struck: BTreeMap::new(),
            refused: BTreeSet::new(),
            spawned: BTreeSet::new(),
            asked: BTreeSet::new(),
            wrong: BTreeSet::new(),
        }
    }

    fn reach(&mut self, point: Point) {
        self.coverage.count(point, 1);
    }

    fn take(&mut self, event: &'a Event) {
        let by = event.cause.and_then(|cause| self.struck.get(&cause.0).copied());
        match &event.kind {
            EventKind::FaultInjected { fault, .. } => drop(self.struck.insert(event.sequence.0, fault)),
            EventKind::ModelFailed { failure, .. } => {
                if let Some(fault) = by {
                    self.struck.insert(event.sequence.0, fault);
                }
                match by {
                    Some("client_error") => drop(self.refused.insert(event.sequence.0)),
                    Some("model_timeout") if failure.kind == ModelFailureKind::Timeout && failure.usage.is_some() => {
                        self.reach(Point::AmbiguousCharged);
                    }
                    Some("malformed_reply") if !failure.message.is_empty() => self.reach(Point::Malformed),
                    _ => {}
                }
            }
            EventKind::RetryScheduled { reason, .. } => {
                if let Some(cause) = event.cause {
                    self.refused.remove(&cause.0);
                }
                if reason.contains("asks to wait") {
                    self.reach(Point::WaitHonoured);
                }
                if by == Some("stream_cut") {
                    self.reach(Point::PartialDiscarded);
                }
            }
            EventKind::ModelReplied { attempt, model, reply, .. } => {
                let last = self.retries.get(model.as_ref()).copied();
                if *attempt > 0 && last == Some(*attempt) {
                    self.reach(Point::LastAttemptSucceeds);
                }
                if by == Some("wrong_usage") && reply.usage.is_none() {
                    self.reach(Point::UsageUnknown);
                }
            }
            EventKind::ToolReturned { task, result, .. } => self.returned(event, task.0, result.error),
            EventKind::Finished { task, outcome, .. } => self.finished(event, task.0, outcome),
            EventKind::Assigned { task, round, from, .. }
                if !self.asked.insert((event.actor.clone(), from.clone(), task.0, *round)) =>
            {
                self.reach(Point::AskedAgain);
            }
            EventKind::Noted { name, text, .. } => self.noted(name, text),
            EventKind::BallotCast { ballot: folkmoot::core::Ballot::Absent(reason), .. }
                if reason.contains("it claims to be") =>
            {
                self.reach(Point::LieRejected);
            }
            EventKind::DeadLettered { reason, .. } if reason.contains("it has come before") => {
                self.reach(Point::DuplicateSuppressed);
            }
            EventKind::AgentSpawned { agent, .. } => drop(self.spawned.insert(agent.clone())),
            EventKind::ActorRestarted { .. } if self.spawned.contains(&event.actor) => {
                self.reach(Point::StartedRebuilt)
            }
            EventKind::ActorGivenUp { .. } => self.reach(Point::GivenUp),
            EventKind::RunEnded { status: RunStatus::Failed, reason: Some(reason) }
                if reason.contains("restart limit") =>
            {
                self.reach(Point::FailedCleanly);
            }
            EventKind::Overloaded { .. } => self.reach(Point::Overloaded),
            EventKind::ApprovalAnswered { approval: Approval::TimedOut, .. } => self.reach(Point::DeniedOnTimeout),
            EventKind::HookRan { verdict: HookVerdict::Deny(text), .. } if text.contains("did not answer within") => {
                self.reach(Point::DeniedOnTimeout);
            }
            _ => {}
        }
    }

    fn returned(&mut self, event: &Event, task: u32, error: Option<ToolErrorCode>) {
        match error {
            Some(ToolErrorCode::Unknown) => self.reach(Point::CallRestarting),
            Some(ToolErrorCode::Cancelled) => self.reach(Point::CancelledMidTool),
            Some(ToolErrorCode::UnknownTool | ToolErrorCode::InvalidArguments) => {
                self.wrong.insert((event.actor.clone(), task));
            }
            _ => {}
        }
    }

    fn finished(&mut self, event: &Event, task: u32, outcome: &Outcome) {
        let had_wrong = self.wrong.remove(&(event.actor.clone(), task));
        match outcome {
            Outcome::Decided { .. } if had_wrong => self.reach(Point::ModelRecovers),
            Outcome::Failed(failure) => {
                if failure.kind == FailureKind::Repetition {
                    self.reach(Point::RepetitionFound);
                }
                if failure.message.contains("asks to wait longer than") {
                    self.reach(Point::WaitRefused);
                }
                if failure.message.contains("was the last of") {
                    self.reach(Point::AttemptsExhausted);
                }
            }
            _ => {}
        }
    }

    fn noted(&mut self, name: &str, text: &str) {
        match name {
            "answer_rejected" | "ballot_rejected" if text.contains("it came late") => self.reach(Point::LateAnswer),
            "answer_rejected" | "ballot_rejected" if text.contains("answered before") => {
                self.reach(Point::DuplicateSuppressed);
            }
            "answer_rejected" | "ballot_rejected" if text.contains("claims to be") => self.reach(Point::LieRejected),
            _ => {}
        }
    }
}
