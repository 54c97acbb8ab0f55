//! Driving a world: hand out tasks, take their outcomes, and decide at the idle step what happens next.
//!
//! tokio's paused clock serves only to tell that nothing is runnable: its timer fires exactly then.

use std::collections::{BTreeMap, VecDeque};
use std::iter::Peekable;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use moot_core::{
    ActorPath, Assignment, EventKind, EventSequence, FailureKind, HookEvent, HookVerdict, Outcome, RunStatus, Task,
    TaskId, Text, VirtualDuration, VirtualTime,
};
use moot_journal::{CALLED_OFF, EndedEarly, Note, OutsideNote, run_status};
use moot_mind::hook::{HookQuestion, accept};
use moot_safety::invariant::Probe;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, Sleep};

use super::shared::WorldSignal;
use super::start::{Started, Tasks};
use crate::actors::participant::{Delivery, ReplyTo, Wait};
use crate::hooks::{HookAnswer, masked};
use crate::outside::{Arrived, Clock, LOOK_EVERY, OutsideAnswer, RealClock, Recalled};
use crate::{Live, WorldProgress};

/// How a run ended.
pub(crate) struct Driven {
    pub(crate) status: RunStatus,
    pub(crate) reason: Option<Text>,
}

/// What the idle step found.
enum Idle {
    /// Something was set in motion.
    Moved,
    /// Nothing can ever happen any more.
    Deadlock,
}

/// Why a run stops before its last task.
struct Stop {
    early: EndedEarly,
    /// How the tasks end that are open.
    outcome: Outcome,
}

struct Driver<'a> {
    started: &'a Started,
    tasks: Peekable<Tasks>,
    open: BTreeMap<u32, Arc<Task>>,
    stop: Option<Stop>,
    first_failure: Option<Text>,
    progress: Option<&'a WorldProgress>,
    /// The hooks of the run's beginning or end that are still to be asked; `None` when none is waited for.
    hooks: Option<RunHooks>,
    /// Whether the last task is over and only hooks are waited for.
    ending: bool,
    /// The real clock, and what has arrived by it and waits for all that was due before.
    real: RealClock,
    arrived: Option<(VirtualTime, Arrived)>,
}

/// Hooks that concern the run as a whole.
struct RunHooks {
    event: HookEvent,
    queue: VecDeque<usize>,
}

/// Plays all tasks and ends the run's log.
pub(crate) async fn drive(started: &Started, tasks: Tasks, progress: Option<&WorldProgress>) -> Driven {
    let (tasks, open) = (tasks.peekable(), BTreeMap::new());
    let mut driver = Driver {
        started,
        tasks,
        open,
        stop: None,
        first_failure: None,
        progress,
        hooks: None,
        ending: false,
        real: RealClock::default(),
        arrived: None,
    };
    driver.ask_hooks(HookEvent::RunStarted);
    driver.play().await;
    driver.end()
}

impl Driver<'_> {
    async fn play(&mut self) {
        let mut signals = self.started.signals.lock().await;
        let mut idle = std::pin::pin!(idle_timer());
        let mut called_off = std::pin::pin!(called_off(self.started.live.as_deref()));
        loop {
            self.look_for_cancel();
            self.look_for_divergence();
            self.look_for_the_end();
            if self.stop.is_some() && self.hooks.is_none() && !self.ending {
                self.begin_to_end();
            }
            if self.hooks.is_none() && self.open.is_empty() && self.tasks.peek().is_none() && !self.ending {
                self.begin_to_end();
            }
            if self.ending && self.hooks.is_none() {
                // What was still told, such as that tasks are called off, is taken in before the run ends.
                idle.as_mut().await;
                break;
            }
            if self.hooks.is_none() {
                self.hand_out();
            }
            // When this future is polled depends on how many other tasks ran before. What actors tell is therefore
            // taken in only when nothing is runnable, which does not; and being called off is no part of a run.
            tokio::select! {
                biased;
                () = called_off.as_mut(), if self.stop.is_none() => self.look_for_cancel(),
                () = idle.as_mut() => {
                    rearm(idle.as_mut());
                    let mut told = false;
                    while let Ok(signal) = signals.try_recv() {
                        told = true;
                        self.receive(signal);
                    }
                    if !told && matches!(self.idle_step(), Idle::Deadlock) {
                        let waits = self.ask_who_waits(idle.as_mut()).await;
                        self.deadlocked(&waits);
                    }
                }
            }
        }
    }

    /// No task is taken up any more: those that are open end, and then the hooks of the run's end are asked.
    fn begin_to_end(&mut self) {
        self.ending = true;
        self.close_open_tasks();
        let called_off = self.started.live.as_ref().is_some_and(|live| live.is_cancelled());
        if !called_off {
            self.ask_hooks(HookEvent::RunEnded);
        }
    }

    fn ask_hooks(&mut self, event: HookEvent) {
        let hooks = &self.started.hooks;
        if hooks.is_for(event) {
            let queue = hooks.matching(&HookQuestion::at(event, "")).into();
            self.hooks = Some(RunHooks { event, queue });
            self.next_hook();
        }
    }

    fn next_hook(&mut self) {
        let Some(RunHooks { event, queue }) = &mut self.hooks else { return };
        let Some(hook) = queue.pop_front() else {
            self.hooks = None;
            return;
        };
        let signals = self.started.signal_sender.clone();
        // The world's end of the channel lives as long as its actors.
        let deliver = move |answer| drop(signals.send(WorldSignal::HookAnswered { hook, answer }));
        let question = HookQuestion::at(*event, "");
        let answer = self.started.hooks.run(&self.started.world, hook, &question, deliver);
        if let Some(answer) = answer {
            self.hook_answered(hook, answer);
        }
    }

    fn hook_answered(&mut self, hook: usize, answer: HookAnswer) {
        let Some(RunHooks { event, .. }) = self.hooks else { return };
        let name = self.started.hooks.name(hook);
        let verdict = accept(event, masked(&self.started.world, answer));
        let kind = EventKind::HookRan { task: None, hook: name.clone(), event, verdict: verdict.clone() };
        self.started.world.record(&ActorPath::world(), None, kind);
        match verdict {
            HookVerdict::Deny(reason) if event == HookEvent::RunStarted => {
                self.hooks = None;
                let message = Text::from(format!("the hook {name} denied it at run_started: {reason}"));
                let outcome = Outcome::failed(FailureKind::Denied, message.clone());
                self.stop = Some(Stop { early: EndedEarly::Failed(message), outcome });
            }
            _ => self.next_hook(),
        }
    }

    /// Starts tasks until as many are open as may be.
    fn hand_out(&mut self) {
        while self.open.len() < self.started.at_once as usize {
            let Some(task) = self.tasks.next() else { return };
            let task = Arc::new(task);
            let started = EventKind::TaskStarted { task: Arc::clone(&task) };
            let cause = self.started.world.record(&ActorPath::world(), None, started);
            self.open.insert(task.id.0, Arc::clone(&task));
            let oldest_open = self.open.keys().next().map_or(task.id, |oldest| TaskId(*oldest));
            let mut assignment = Assignment::of(task, ActorPath::world());
            assignment.oldest_open = oldest_open;
            let reply_to = ReplyTo::World { to: self.started.signal_sender.clone(), task: assignment.task.id.0 };
            let budgets = self.started.budgets.clone();
            let id = self.started.world.next_token();
            let delivery = Delivery { id, assignment, reply_to, budgets, cause };
            self.started.root.assign(&self.started.world, delivery);
        }
    }

    fn receive(&mut self, signal: WorldSignal) {
        match signal {
            WorldSignal::HookAnswered { hook, answer } => self.hook_answered(hook, answer),
            WorldSignal::TaskAnswered { task, outcome, cause } => {
                if self.open.remove(&task).is_some() {
                    self.task_ended(TaskId(task), outcome, Some(cause));
                }
            }
            WorldSignal::JournalFailed { message } => {
                let reason = Text::from(message);
                let outcome = Outcome::Cancelled { reason: reason.clone() };
                self.stop = Some(Stop { early: EndedEarly::Failed(reason), outcome });
            }
            WorldSignal::BodyLost { actor, error } => {
                let message = Text::from(format!("the body of {actor} was lost: {error}"));
                let outcome = Outcome::failed(FailureKind::Crash, message.clone());
                self.stop = Some(Stop { early: EndedEarly::Failed(message), outcome });
            }
            WorldSignal::Cancelled { whole_run } => {
                let reason = Text::from("called off by a planned fault");
                let outcome = Outcome::Cancelled { reason: reason.clone() };
                match whole_run {
                    true => self.stop = Some(Stop { early: EndedEarly::Cancelled(reason), outcome }),
                    false => self.call_off_open_tasks(&reason),
                }
            }
            WorldSignal::GivenUp { message } => {
                let outcome = Outcome::failed(FailureKind::Crash, message.clone());
                self.stop = Some(Stop { early: EndedEarly::Failed(message), outcome });
            }
        }
    }

    /// Whoever works on an open task is told to stop; the task ends when the root participant has answered.
    fn call_off_open_tasks(&self, reason: &Text) {
        for task in self.open.keys() {
            let reply_to = ReplyTo::World { to: self.started.signal_sender.clone(), task: *task };
            let note = EventKind::Noted { task: TaskId(*task), name: "called_off".into(), text: reason.clone() };
            let cause = self.started.world.record(&ActorPath::world(), None, note);
            self.started.root.cancel(&self.started.world, reply_to, reason.clone(), cause);
        }
    }

    fn task_ended(&mut self, task: TaskId, outcome: Outcome, cause: Option<EventSequence>) {
        if self.first_failure.is_none()
            && matches!(outcome, Outcome::Failed(_) | Outcome::Exhausted { .. } | Outcome::Cancelled { .. })
        {
            self.first_failure = Some(Text::from(format!("task {task}: {outcome}")));
        }
        self.started.world.record(&ActorPath::world(), cause, EventKind::TaskEnded { task, outcome });
        super::note_progress(self.progress);
    }

    /// The one place that decides what happens when nothing is runnable: wait for the outside, else jump to the next
    /// timer, else nothing can ever happen any more.
    fn idle_step(&mut self) -> Idle {
        let world = &self.started.world;
        if self.is_real_time() {
            world.outside().take_up_postponed();
        }
        if world.outside().may_start() {
            return self.let_out();
        }
        if self.is_real_time() {
            return self.real_idle_step();
        }
        if world.outside().has_open() {
            let live = self.started.live.as_ref();
            let called_off = || live.is_some_and(|live| live.is_cancelled());
            let arrived = world.outside().wait(called_off);
            match arrived {
                Ok(Some(arrived)) => self.take_in(arrived, None),
                Ok(None) => {}
                Err(error) => self.fail(format!("an answer from the outside can't be kept: {error}").into()),
            }
            return Idle::Moved;
        }
        let next = world.queue().pop();
        match next {
            Some((due, delivery)) => {
                world.jump(due);
                delivery();
                Idle::Moved
            }
            None => Idle::Deadlock,
        }
    }

    /// Whether time passes as real time does. What is repeated of an earlier play takes none.
    fn is_real_time(&self) -> bool {
        self.started.clock == Clock::Real && !self.started.world.log().is_repeating()
    }

    /// The same on the real clock: what is due is done, in order; else something is waited for, a moment at a time, so that
    /// being called off is seen. Answers come in the order in which they arrive, each behind all that was due by then.
    fn real_idle_step(&mut self) -> Idle {
        let world = &self.started.world;
        let now = self.real.time(world.now());
        let until = self.arrived.as_ref().map_or(now, |(at, _)| *at);
        let next = world.queue().next_due();
        if next.is_some_and(|due| due <= until) {
            let popped = world.queue().pop();
            if let Some((due, delivery)) = popped {
                world.jump(due.max(world.now()));
                delivery();
            }
            return Idle::Moved;
        }
        if let Some((at, arrived)) = self.arrived.take() {
            world.jump(at);
            self.take_in(arrived, Some(at));
            return Idle::Moved;
        }
        // Real time that has passed can't be had again: what it brought is in the file before more of it is waited for.
        if world.log().commit() {
            return Idle::Moved;
        }
        let has_open = world.outside().has_open();
        let wait = next.map(|due| Duration::from_millis(due.since(now).as_millis()));
        let wait = wait.unwrap_or(LOOK_EVERY).min(LOOK_EVERY);
        if !has_open {
            if next.is_none() {
                return Idle::Deadlock;
            }
            RealClock::wait(wait);
            return Idle::Moved;
        }
        let arrived = world.outside().wait_for_any(wait);
        match arrived {
            Ok(Some(arrived)) => self.arrived = Some((self.real.time(world.now()), arrived)),
            Ok(None) => {}
            Err(error) => self.fail(format!("an answer from the outside can't be kept: {error}").into()),
        }
        Idle::Moved
    }

    /// Requests go out only after what led to them is in the journal: first the recorder is told, and at the next idle
    /// step, when it has done so, the threads start.
    fn let_out(&mut self) -> Idle {
        let world = &self.started.world;
        let notes = world.outside().take_notes();
        notes.into_iter().for_each(|note| world.log().note(note));
        if world.log().commit() {
            return Idle::Moved;
        }
        let puts_off = self.started.clock == Clock::Real && world.log().is_repeating();
        let started = world.outside().start(puts_off);
        match started {
            Ok(recalled) => {
                for Recalled { at, arrival, answer } in recalled {
                    world.queue().push_answer(at, arrival, answer.deliver);
                }
            }
            Err(error) => self.fail(error.to_string().into()),
        }
        Idle::Moved
    }

    /// An answer counts only when it is in the journal: the recorder is told before whoever asked. On the real clock it
    /// comes at this time, else after its latency.
    fn take_in(&self, arrived: Arrived, at: Option<VirtualTime>) {
        let world = &self.started.world;
        if let Some(mut note) = arrived.note {
            if let OutsideNote::Answered { at: came, .. } = &mut note {
                *came = at;
            }
            world.log().note(note.into());
            world.log().commit();
        }
        let OutsideAnswer { latency, deliver, .. } = arrived.answer;
        if at.is_some() || latency == VirtualDuration::ZERO {
            deliver();
        } else {
            world.after(latency, deliver);
        }
    }

    /// The run can't go on.
    fn fail(&mut self, message: Text) {
        let outcome = Outcome::failed(FailureKind::Setup, message.clone());
        self.stop = Some(Stop { early: EndedEarly::Failed(message), outcome });
    }

    /// A run that is to go as an earlier one does not go on when it goes otherwise.
    fn look_for_divergence(&mut self) {
        let world = &self.started.world;
        if self.stop.is_some() || !world.log().takes_notice_of_divergence() {
            return;
        }
        self.fail("the run goes otherwise than the journal says".into());
    }

    /// A run that repeats the beginning of another one ends where it is told to.
    fn look_for_the_end(&mut self) {
        let next = self.started.world.log().next();
        if self.stop.is_none() && self.started.until.is_some_and(|until| next >= until) {
            let reason = Text::from(format!("it was to be repeated up to event {}", next.0));
            let outcome = Outcome::Cancelled { reason: reason.clone() };
            self.stop = Some(Stop { early: EndedEarly::Cancelled(reason), outcome });
        }
    }

    fn look_for_cancel(&mut self) {
        let cancelled = self.started.live.as_ref().is_some_and(|live| live.is_cancelled());
        if cancelled && self.stop.is_none() {
            let reason = Text::from("interrupted");
            self.started.world.log().note(Note::new(CALLED_OFF, "somebody called the run off"));
            let outcome = Outcome::Cancelled { reason: reason.clone() };
            self.stop = Some(Stop { early: EndedEarly::Cancelled(reason), outcome });
        }
        if cancelled {
            // Who calls a run off does not want to wait for anything.
            self.hooks = None;
        }
    }

    /// Asks every participant whom it waits for; all have answered when nothing is runnable again.
    async fn ask_who_waits(&self, idle: Pin<&mut Sleep>) -> Vec<Wait> {
        let (sender, mut receiver) = unbounded_channel();
        self.started.world.household().inspect(&sender);
        drop(sender);
        let mut idle = idle;
        idle.as_mut().await;
        rearm(idle);
        let mut waits = Vec::new();
        while let Ok(wait) = receiver.try_recv() {
            waits.push(wait);
        }
        waits.sort();
        waits
    }

    fn deadlocked(&mut self, waits: &[Wait]) {
        self.started.world.probe(|| Probe::Waits(waits.iter().filter_map(Wait::edge).collect()));
        let told: Vec<String> = waits.iter().map(|wait| format!("{} waits for {}", wait.who, wait.for_what)).collect();
        let told = if told.is_empty() { format!("{} never answered", self.started.root_path) } else { told.join("; ") };
        let message = Text::from(format!("nothing can ever happen any more: {told}"));
        let outcome = Outcome::failed(FailureKind::Deadlock, message.clone());
        self.stop = Some(Stop { early: EndedEarly::Failed(message), outcome });
    }

    fn close_open_tasks(&mut self) {
        let outcome = match &self.stop {
            Some(stop) => stop.outcome.clone(),
            None => Outcome::Cancelled { reason: "the world ended".into() },
        };
        for task in std::mem::take(&mut self.open).into_keys() {
            if self.started.hooks.is_for(HookEvent::RunEnded) {
                // The run goes on for its last hooks: nobody is to go on with the task meanwhile.
                let reply_to = ReplyTo::World { to: self.started.signal_sender.clone(), task };
                let reason = Text::from("the run is ending");
                let cause = self.started.world.record(&ActorPath::world(), None, ending(TaskId(task)));
                self.started.root.cancel(&self.started.world, reply_to, reason, cause);
            }
            self.task_ended(TaskId(task), outcome.clone(), None);
        }
    }

    /// Names how the run ended and logs it.
    fn end(mut self) -> Driven {
        if self.started.live.as_ref().is_none_or(|live| !live.is_cancelled()) {
            self.started.world.dead_letter_the_rest();
            let world = &self.started.world;
            world.probe(|| Probe::AtRest(world.household().counts()));
        }
        self.started.world.abandon_open_calls();
        self.started.world.abandon_open_attempts();
        let early = self.stop.take().map(|stop| stop.early);
        let first_failure = self.first_failure.take();
        let (status, reason) = {
            let mut log = self.started.world.log();
            run_status(log.summary().outcome_counts(), first_failure, self.started.tolerate_failed, early)
        };
        #[cfg(feature = "planted-bugs")]
        let reason = reason.filter(|_| !moot_core::planted::is_on(moot_core::planted::Planted::EndWithoutReason));
        let ended = EventKind::RunEnded { status, reason: reason.clone() };
        self.started.world.record(&ActorPath::world(), None, ended);
        Driven { status, reason }
    }
}

/// The note that a task is given up.
fn ending(task: TaskId) -> EventKind {
    EventKind::Noted { task, name: "given_up".into(), text: "the run is ending".into() }
}

/// Ends when the world is called off; never, when nobody can.
async fn called_off(live: Option<&Live>) {
    match live {
        Some(live) => live.cancelled().await,
        None => std::future::pending().await,
    }
}

/// tokio's paused clock moves on, and this timer fires, only when nothing is runnable.
#[expect(clippy::disallowed_methods, reason = "this timer is how the world learns that nothing is runnable")]
fn idle_timer() -> Sleep {
    tokio::time::sleep(Duration::from_millis(1))
}

fn rearm(idle: Pin<&mut Sleep>) {
    idle.reset(Instant::now() + Duration::from_millis(1));
}
