//! What follows from the end of a child: nothing, a restart after a wait, or giving up.
//!
//! This module must not know in which order starts and stops come.
//!
//! ```
//! use moot_core::VirtualTime;
//! use moot_safety::supervision::*;
//!
//! let policy = SupervisorPolicy { intensity: 0, ..SupervisorPolicy::default() };
//! let mut machine = SupervisorMachine::running(policy, vec![ChildSpec::worker()], VirtualTime::ZERO);
//! let crash = SupervisorInput::Exited { child: 0, reason: ExitReason::Killed, jitter: 0.0 };
//! let effects = machine.handle(VirtualTime::ZERO, crash, &mut RunRestarts::default());
//! assert!(matches!(&effects[..], [SupervisorEffect::GaveUp(_), SupervisorEffect::Ended { .. }]));
//! ```

use moot_core::{Text, VirtualDuration, VirtualTime};

use super::child::{Child, Fate, State};
use super::{Group, Phase, SupervisorMachine};
use crate::supervision::{
    AtLimit, BackoffOptions, Counted, ExitReason, GiveUp, RESTART_LIMIT, RestartLimit, RestartType, RunRestarts,
    StopCause, Strategy, SupervisorEffect, SupervisorTimer,
};

/// How long a child must at least have lived for its crashes to be no longer counted as in a row.
const HEALTHY_AFTER: VirtualDuration = VirtualDuration::from_millis(10_000);

impl SupervisorMachine {
    pub(super) fn exited(
        &mut self,
        number: usize,
        reason: &ExitReason,
        jitter: f64,
        now: VirtualTime,
        run: &mut RunRestarts,
        effects: &mut Vec<SupervisorEffect>,
    ) {
        match self.state_of(number) {
            Some(State::Running { since }) => self.ended_by_itself(number, reason, since, jitter, now, run, effects),
            Some(State::Doomed { fate, .. } | State::Stopping { fate, .. }) => {
                self.ended_when_stopped(number, reason, fate, now, effects);
            }
            Some(State::Starting { .. }) => {
                let message = format!("it {reason}");
                self.start_failed(number, &message, jitter, now, run, effects);
            }
            Some(State::Down | State::Waiting { .. } | State::Queued | State::Gone | State::Removed) | None => {}
        }
    }

    pub(super) fn start_failed(
        &mut self,
        number: usize,
        message: &str,
        jitter: f64,
        now: VirtualTime,
        run: &mut RunRestarts,
        effects: &mut Vec<SupervisorEffect>,
    ) {
        let Some(State::Starting { then }) = self.state_of(number) else { return };
        if let Some((fate, _)) = then {
            return self.meet(number, fate);
        }
        let last = Text::from(format!("could not be started: {message}"));
        if self.phase == Phase::Booting {
            // What can't even be started once is a mistake in what was asked for, and no failure that may pass.
            self.set(number, State::Down);
            return self.give_up(GiveUp { child: number, limit: RestartLimit::FirstStart, last }, effects);
        }
        if self.is(number, RestartType::Temporary) {
            return self.ended_for_good(number);
        }
        self.failed(number, last, None, jitter, now, run, effects);
    }

    /// It would have been stopped anyway: its end belongs to the restart or the end that it was stopped for. But a crash
    /// is a crash: who always crashes beside others may be why they do.
    fn ended_when_stopped(
        &mut self,
        number: usize,
        reason: &ExitReason,
        fate: Fate,
        now: VirtualTime,
        effects: &mut Vec<SupervisorEffect>,
    ) {
        let is_crash = matches!(reason, ExitReason::Panic(_) | ExitReason::Error(_));
        if let Some(child) = self.children.get_mut(number).filter(|_| is_crash && fate == Fate::Again) {
            child.count_crash(child.up_since, now);
            if let Some(limit) = self.passed_row(number) {
                self.set(number, State::Down);
                return self.give_up(GiveUp { child: number, limit, last: reason.to_string().into() }, effects);
            }
        }
        self.meet(number, fate);
    }

    #[expect(clippy::too_many_arguments, reason = "what happened, when, and what it is counted in")]
    fn ended_by_itself(
        &mut self,
        number: usize,
        reason: &ExitReason,
        since: VirtualTime,
        jitter: f64,
        now: VirtualTime,
        run: &mut RunRestarts,
        effects: &mut Vec<SupervisorEffect>,
    ) {
        let Some(child) = self.children.get(number) else { return };
        if child.spec.restart.restarts_after(reason) {
            self.failed(number, reason.to_string().into(), Some(since), jitter, now, run, effects);
        } else {
            self.ended_for_good(number);
        }
    }

    /// A child has ended and is not restarted for it.
    fn ended_for_good(&mut self, number: usize) {
        let Some(child) = self.children.get(number) else { return };
        let is_significant = child.spec.significant;
        let state = match (child.is_declared, child.spec.restart) {
            (false, _) => State::Removed,
            (true, RestartType::Temporary) => State::Gone,
            (true, RestartType::Permanent | RestartType::Transient) => State::Down,
        };
        self.set(number, state);
        if is_significant {
            self.significant_ended();
        }
    }

    /// A child has failed, by its end or by not coming up: it is restarted, unless a limit forbids it.
    #[expect(clippy::too_many_arguments, reason = "what happened, when, and what it is counted in")]
    fn failed(
        &mut self,
        number: usize,
        last: Text,
        since: Option<VirtualTime>,
        jitter: f64,
        now: VirtualTime,
        run: &mut RunRestarts,
        effects: &mut Vec<SupervisorEffect>,
    ) {
        let Some(child) = self.children.get_mut(number) else { return };
        child.count_crash(since, now);
        if let Some(group) = self.group {
            // It adds nothing to the restarts, but may well be what brings its siblings down again and again.
            if let Some(limit) = self.passed_row(number) {
                self.set(number, State::Down);
                return self.give_up(GiveUp { child: number, limit, last }, effects);
            }
            return self.join_group(number, group);
        }
        if let Some(limit) = self.passed_limit(number, now, run) {
            self.set(number, State::Down);
            return self.give_up(GiveUp { child: number, limit, last }, effects);
        }
        let serial = self.serial();
        let Some(child) = self.children.get_mut(number) else { return };
        let after = wait(&self.policy.backoff, child.crashes, jitter);
        child.last_wait = after;
        effects.push(SupervisorEffect::SetTimer { timer: SupervisorTimer::Restart { child: number, serial }, after });
        self.set(number, State::Waiting { serial });
        if let Some(first) = self.first_affected(number) {
            self.group = Some(Group { first, failed: number, serial, is_due: false });
            self.doom_group(first, number);
        }
    }

    /// A failure that is seen before a restart of several children begins belongs to that one.
    fn join_group(&mut self, number: usize, group: Group) {
        self.set(number, State::Waiting { serial: group.serial });
        let first = self.first_affected(number).map_or(group.first, |first| first.min(group.first));
        self.group = Some(Group { first, ..group });
        self.doom_group(first, group.failed);
    }

    /// Everybody from `first` on is stopped now and not after the wait, so that nobody works beside a dead sibling.
    fn doom_group(&mut self, first: usize, failed: usize) {
        for number in first..self.children.len() {
            let Some(child) = self.children.get(number) else { continue };
            if !matches!(child.state, State::Waiting { .. } | State::Gone) {
                let fate = child.fate_in_group();
                self.doom(number, fate, StopCause::Sibling { failed });
            }
        }
    }

    /// The limit that a restart would pass; when there is none, the restart is counted.
    fn passed_limit(&mut self, number: usize, now: VirtualTime, run: &mut RunRestarts) -> Option<RestartLimit> {
        if let Some(limit) = self.passed_row(number) {
            return Some(limit);
        }
        let child = self.children.get_mut(number)?;
        let window = match self.policy.counted {
            Counted::Together => &mut self.window,
            Counted::Each => &mut child.window,
        };
        let (intensity, period) = (self.policy.intensity, self.policy.period);
        window.retain(|restart| *restart + period >= now);
        #[cfg(feature = "planted-bugs")]
        let allowed = intensity + u32::from(moot_core::planted::is_on(moot_core::planted::Planted::RestartBeyondLimit));
        #[cfg(not(feature = "planted-bugs"))]
        let allowed = intensity;
        if window.len() >= usize::try_from(allowed).unwrap_or(usize::MAX) {
            return Some(RestartLimit::Intensity { restarts: intensity, period });
        }
        if !run.take() {
            return Some(RestartLimit::Run { restarts: run.made() });
        }
        window.push(now);
        None
    }

    /// Whether the child has crashed so often in a row that it is not restarted any more.
    fn passed_row(&self, number: usize) -> Option<RestartLimit> {
        let crashes = self.children.get(number)?.crashes;
        (crashes >= self.policy.consecutive_max).then_some(RestartLimit::Consecutive { crashes })
    }

    fn give_up(&mut self, give_up: GiveUp, effects: &mut Vec<SupervisorEffect>) {
        let is_isolated = match give_up.limit {
            RestartLimit::Intensity { .. } | RestartLimit::Consecutive { .. } => {
                let child = self.children.get(give_up.child);
                self.policy.strategy == Strategy::OneForOne
                    && child.is_some_and(|child| child.spec.at_limit == AtLimit::Isolate)
            }
            // These end the run, whoever it was.
            RestartLimit::Run { .. } | RestartLimit::FirstStart => false,
        };
        if is_isolated {
            let number = give_up.child;
            effects.push(SupervisorEffect::Isolated(give_up));
            return self.isolate(number);
        }
        let reason = match give_up.limit {
            RestartLimit::FirstStart => ExitReason::Error(Text::clone(&give_up.last)),
            _ => ExitReason::Error(RESTART_LIMIT.into()),
        };
        effects.push(SupervisorEffect::GaveUp(give_up));
        self.end(reason);
    }

    fn isolate(&mut self, number: usize) {
        let Some(child) = self.children.get(number) else { return };
        let is_significant = child.spec.significant;
        // It stays so for the rest of the run, also when the supervisor is started again.
        self.meet(number, Fate::Removed);
        if is_significant {
            self.significant_ended();
        }
    }

    fn is(&self, number: usize, restart: RestartType) -> bool {
        self.children.get(number).is_some_and(|child| child.spec.restart == restart)
    }
}

impl Child {
    /// Counts a crash as one more in a row, unless the child had been healthy before. That it started is no health.
    fn count_crash(&mut self, since: Option<VirtualTime>, now: VirtualTime) {
        let healthy_after = HEALTHY_AFTER.max(self.last_wait + self.last_wait);
        if since.is_some_and(|since| now.since(since) >= healthy_after) {
            self.crashes = 0;
        }
        #[cfg(feature = "planted-bugs")]
        if moot_core::planted::is_on(moot_core::planted::Planted::StartIsHealth) {
            self.crashes = 0;
        }
        self.crashes = self.crashes.saturating_add(1);
    }
}

/// min × factor^(crashes - 1), at most max; then up to `jitter` of it is added, and still at most max.
fn wait(options: &BackoffOptions, crashes: u32, uniform: f64) -> VirtualDuration {
    let most_ms = options.max.as_millis() as f64;
    let mut wait_ms = (options.min.as_millis() as f64).min(most_ms);
    for _ in 1..crashes {
        wait_ms = (wait_ms * options.factor).min(most_ms);
    }
    // A draw that is no number adds nothing.
    let added = if uniform.is_nan() { 0.0 } else { options.jitter * uniform.clamp(0.0, 1.0) };
    VirtualDuration::from_millis((wait_ms * (1.0 + added)).min(most_ms).round() as u64)
}
