//! I4: each tool call has exactly one result before the model goes on.
//!
//! Per agent and task, in terms of events:
//!
//! - a `tool_called` is one of the calls that the last `model_replied` asked for, no more of them are made than were
//!   asked for, and none under an id that is open;
//! - a `tool_returned` is the result of an open call, and of the tool that was called;
//! - before the model is asked anew, and before the assignment is `finished`, every open call has its result;
//! - where the run shows its attempts ([`Probe::AttemptMade`]), what the model is shown holds a result for every call,
//!   the results of the last calls are those that were recorded, and all calls that the reply asked for were made.
//!
//! An agent that was restarted, stopped or given up while calls were open goes on with results that say that nobody
//! knows; what these calls return comes late, but it comes. A reply to an attempt that nobody waits for asks for
//! nothing, nor does one to the request for a summary, nor what is still asked when its task is over. That only users and tools speak between two replies, and a system
//! message comes first, holds by the type of a transcript.
//!
//! Source: reliability reference §5.3, I4; `Turn` in the mind, `ToolExecutor` in the runtime.
//!
//! ```
//! use moot_core::{ActorPath, Event, EventKind, EventSequence, Placement, TaskId, ToolCall, VirtualTime};
//! use moot_core::{ToolResult, VirtualDuration};
//! use moot_safety::invariant::{CallsAndResults, Invariant};
//!
//! let (task, tool, latency) = (TaskId(0), "look".into(), VirtualDuration::ZERO);
//! let call = ToolCall { id: "c0".into(), name: "look".into(), arguments: "{}".into() };
//! let result = ToolResult::success(&call, "nothing there");
//! let returned = EventKind::ToolReturned { task, tool, result, latency };
//! let event = |kind| Event {
//!     sequence: EventSequence(0), time: VirtualTime::ZERO, actor: ActorPath::new("ann").unwrap(), cause: None, kind,
//! };
//! let mut machine = CallsAndResults::default();
//! machine.observe(&event(EventKind::ToolCalled { task, call, placement: Placement::Inside })).unwrap();
//! machine.observe(&event(returned.clone())).unwrap();
//! let violation = machine.observe(&event(returned)).unwrap_err();
//! assert_eq!(violation.found, "another result of c0 of ann in task 0, or one of no call");
//! ```

use moot_core::{ActorPath, Event, EventKind, Message, Outcome, TaskId, Text, ToolCall, ToolResult, Transcript};

use super::by_task::ByTask;
use super::{Invariant, InvariantName, Probe, Violation};

/// How the path ends under which an agent's summaries are booked: of what a model says there only the text is taken.
const SUMMARIES: &str = "/compaction";

/// The machine.
#[derive(Debug, Default)]
pub struct CallsAndResults {
    talks: ByTask<Talk>,
    /// Whether attempts are shown when they are made.
    are_shown: bool,
}

/// Where an agent stands in a task.
#[derive(Debug, Default)]
struct Talk {
    /// The attempt that was made last, where that is shown.
    made: Option<(u32, u32)>,
    /// The attempt that was replied to last.
    replied: Option<(u32, u32)>,
    /// How many calls that reply asked for, and how many were made.
    asked_for: usize,
    called: usize,
    open: Vec<Open>,
    /// The results since that reply, as they were recorded.
    results: Vec<(Text, Text)>,
    /// Whether the transcript may hold other results than the recorded ones, or a reply may have led to nothing.
    was_interrupted: bool,
    /// How many attempts may still be made of which nothing is known: each time that it is broken off, one may be on its
    /// way for nothing, and the one behind them is shown what they led to.
    unknown: u32,
    /// Whether it was ever restarted: then calls of earlier replies may still be on their way to their tools.
    was_restarted: bool,
    was_compacted: bool,
}

/// A call without a result.
#[derive(Debug)]
struct Open {
    id: Text,
    tool: Text,
    /// Whether its agent goes on without its result.
    is_given_up: bool,
}

fn violated(expected: impl Into<String>, found: impl Into<String>) -> Result<(), Violation> {
    Err(Violation::new(InvariantName::I4, expected, found))
}

impl Talk {
    fn waited_for(&self) -> Option<&Open> {
        self.open.iter().find(|open| !open.is_given_up)
    }

    /// Nothing is open when the agent goes on or ends.
    fn nothing_open(&self, agent: &ActorPath, task: TaskId, what: &str) -> Result<(), Violation> {
        match self.waited_for() {
            None => Ok(()),
            Some(open) => {
                let found = format!("{} ({}) of {agent} in task {task} has none", open.id, open.tool);
                violated(format!("every tool call has a result before {what}"), found)
            }
        }
    }

    fn replied(&mut self, attempt: (u32, u32), asked_for: usize) {
        if self.made.is_some_and(|(call, _)| attempt.0 < call) {
            // Nobody waits for it any more.
            return;
        }
        match self.replied {
            Some((call, _)) if call == attempt.0 => {
                // After a restart the same call is asked again, and both replies may come.
                self.asked_for = self.asked_for.max(asked_for);
            }
            _ => {
                (self.asked_for, self.called) = (asked_for, 0);
                self.results.clear();
            }
        }
        self.replied = Some(attempt);
    }

    fn called(&mut self, agent: &ActorPath, task: TaskId, call: &ToolCall) -> Result<(), Violation> {
        if self.open.iter().any(|open| open.id == call.id) {
            let found = format!("{} of {agent} in task {task} is called twice", call.id);
            return violated("an id names one open call", found);
        }
        // Once it was restarted, calls of earlier replies may still come.
        let is_given_up = self.was_restarted;
        self.open.push(Open { id: call.id.clone(), tool: call.name.clone(), is_given_up });
        self.called += 1;
        if self.replied.is_some() && self.called > self.asked_for && !self.was_restarted {
            let expected = format!("{agent} makes the {} calls of the last reply in task {task}", self.asked_for);
            return violated(expected, format!("one more, {} ({})", call.id, call.name));
        }
        Ok(())
    }

    fn returned(&mut self, agent: &ActorPath, task: TaskId, tool: &Text, result: &ToolResult) -> Result<(), Violation> {
        let Some(place) = self.open.iter().position(|open| open.id == result.call_id) else {
            return no_such_call(agent, task, result);
        };
        let open = self.open.remove(place);
        self.results.push((result.call_id.clone(), result.content.clone()));
        if open.tool != *tool {
            let expected = format!("{} of {agent} in task {task} is a call of {}", open.id, open.tool);
            return violated(expected, format!("a result of {tool}"));
        }
        Ok(())
    }

    /// The model is asked: for the first time with this call, or again.
    fn made(&mut self, agent: &ActorPath, task: TaskId, made: (u32, u32), shown: &Transcript) -> Result<(), Violation> {
        let is_next = self.made.is_none_or(|(call, _)| call != made.0);
        self.made = Some(made);
        if !is_next {
            return Ok(());
        }
        let was_interrupted = std::mem::take(&mut self.was_interrupted);
        let was_compacted = std::mem::take(&mut self.was_compacted);
        self.nothing_open(agent, task, "the model is asked anew")?;
        let is_unknown = self.unknown > 0;
        self.unknown = self.unknown.saturating_sub(1);
        if was_interrupted || is_unknown {
            return Ok(());
        }
        if self.called != self.asked_for && !self.was_restarted {
            let expected = format!("{agent} makes the {} calls of its last reply in task {task}", self.asked_for);
            return violated(expected, format!("{} calls before the model is asked anew", self.called));
        }
        // Before the first reply it reads what was said in other tasks.
        if was_compacted || self.replied.is_none() { Ok(()) } else { self.same_results(agent, task, shown) }
    }

    /// The last results that the model is shown are the recorded ones.
    fn same_results(&self, agent: &ActorPath, task: TaskId, shown: &Transcript) -> Result<(), Violation> {
        let since_reply = shown.messages().iter().rev().take_while(|said| !matches!(said, Message::Assistant { .. }));
        let results = since_reply.filter_map(|said| if let Message::Tool(result) = said { Some(result) } else { None });
        for result in results {
            match self.results.iter().find(|(id, _)| *id == result.call_id) {
                Some((_, content)) if *content == result.content => {}
                Some(_) => {
                    let expected = format!("{agent} reads in task {task} what {} returned", result.call_id);
                    return violated(expected, "another result");
                }
                None => return no_such_call(agent, task, result),
            }
        }
        Ok(())
    }

    /// What it has asked its model is perhaps still to be made.
    fn broken_off(&mut self) {
        self.unknown = self.unknown.saturating_add(1).max(2);
    }

    /// The agent goes on, or ends, without waiting for anything.
    fn interrupt(&mut self) {
        (self.was_interrupted, self.was_restarted) = (true, true);
        self.broken_off();
        self.open.iter_mut().for_each(|open| open.is_given_up = true);
    }
}

fn no_such_call(agent: &ActorPath, task: TaskId, result: &ToolResult) -> Result<(), Violation> {
    let found = format!("another result of {} of {agent} in task {task}, or one of no call", result.call_id);
    violated("each open call has one result", found)
}

impl CallsAndResults {
    fn replied(
        &mut self,
        agent: &ActorPath,
        task: TaskId,
        attempt: (u32, u32),
        asked_for: usize,
    ) -> Result<(), Violation> {
        let talk = match asked_for {
            // Most agents never call a tool: nothing is kept of them.
            0 => self.talks.get_mut(task, agent),
            // Of a task that is over, only what was open then is still known.
            _ if self.talks.is_over(task) => self.talks.get_mut(task, agent),
            _ => Some(self.talks.of(task, agent)),
        };
        let Some(talk) = talk else { return Ok(()) };
        let is_late = match self.are_shown {
            true => talk.made != Some(attempt),
            false => talk.replied.is_some_and(|last| attempt <= last),
        };
        if is_late {
            return Ok(());
        }
        let is_next = talk.replied.is_none_or(|(call, _)| call != attempt.0);
        talk.replied(attempt, asked_for);
        if is_next && !self.are_shown {
            return talk.nothing_open(agent, task, "the model goes on");
        }
        Ok(())
    }

    fn made(&mut self, agent: &ActorPath, task: TaskId, made: (u32, u32), shown: &Transcript) -> Result<(), Violation> {
        self.are_shown = true;
        if let Some(open) = shown.open_calls().next() {
            let found = format!("{} ({}) of {agent} in task {task} has none", open.id, open.name);
            return violated("what a model is shown holds a result for every call", found);
        }
        if self.talks.is_over(task) && self.talks.get(task, agent).is_none() {
            return Ok(());
        }
        self.talks.of(task, agent).made(agent, task, made, shown)
    }
}

impl Invariant for CallsAndResults {
    fn name(&self) -> InvariantName {
        InvariantName::I4
    }

    fn observe(&mut self, event: &Event) -> Result<(), Violation> {
        let agent = &event.actor;
        match &event.kind {
            EventKind::ModelReplied { task, call, attempt, reply, .. } if !agent.as_str().ends_with(SUMMARIES) => {
                return self.replied(agent, *task, (*call, *attempt), reply.tool_calls.len());
            }
            EventKind::ToolCalled { task, call, .. } => return self.talks.of(*task, agent).called(agent, *task, call),
            EventKind::ToolReturned { task, tool, result, .. } => {
                let Some(talk) = self.talks.get_mut(*task, agent) else { return no_such_call(agent, *task, result) };
                let returned = talk.returned(agent, *task, tool, result);
                if talk.open.is_empty() {
                    self.talks.let_go(*task, agent);
                }
                return returned;
            }
            EventKind::Finished { task, outcome, .. } => {
                if !matches!(outcome, Outcome::Decided { .. }) && !self.talks.is_over(*task) {
                    // What it has asked is perhaps still to be made.
                    self.talks.of(*task, agent);
                }
                if let Some(talk) = self.talks.get_mut(*task, agent) {
                    talk.was_interrupted = true;
                    if !matches!(outcome, Outcome::Decided { .. }) {
                        talk.broken_off();
                    }
                    return talk.nothing_open(agent, *task, "the assignment ends");
                }
            }
            EventKind::Compacted { task, .. } => {
                if let Some(talk) = self.talks.get_mut(*task, agent) {
                    talk.was_compacted = true;
                }
            }
            EventKind::ActorRestarted { .. } | EventKind::ActorGivenUp { .. } | EventKind::ActorStopped { .. } => {
                self.talks.each_of(agent).for_each(|(_, talk)| talk.interrupt());
            }
            EventKind::TaskEnded { task, .. } => {
                self.talks.close(*task, |talk| !talk.open.is_empty());
            }
            _ => {}
        }
        Ok(())
    }

    fn probe(&mut self, probe: &Probe) -> Result<(), Violation> {
        let Probe::AttemptMade { agent, task, call, attempt, transcript } = probe else { return Ok(()) };
        self.made(agent, *task, (*call, *attempt), transcript)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::invariant::testing::{
        Fed, breaks, called, crashed, finished, made, passes, path, replied, replied_calling, restarted, returned,
        returned_error, shown, task_ended, tool,
    };
    use moot_core::ToolErrorCode;

    fn machine() -> CallsAndResults {
        CallsAndResults::default()
    }

    fn ann(kinds: Vec<EventKind>) -> Vec<Fed> {
        kinds.into_iter().map(|kind| Fed::Event("ann", kind)).collect()
    }

    /// A reply that asks for two calls, which are made.
    fn two_calls() -> Vec<Fed> {
        ann(vec![replied_calling(0, 0, vec![tool("a"), tool("b")]), called(0, tool("a")), called(0, tool("b"))])
    }

    /// What the model is shown after two calls.
    fn transcript(a: &str, b: &str) -> Transcript {
        let mut transcript = Transcript::new();
        transcript.push_user(path("world"), "A or B?").unwrap();
        transcript.push_assistant("", vec![tool("a"), tool("b")]).unwrap();
        for (id, content) in [("a", a), ("b", b)] {
            transcript.push_result(ToolResult::success(&tool(id), content)).unwrap();
        }
        transcript
    }

    #[test]
    fn calls_with_their_results_pass_and_are_forgotten_with_their_task() {
        let mut machine = machine();
        let results = vec![returned(0, &tool("b")), returned_error(0, &tool("a"), ToolErrorCode::TimedOut)];
        let more = vec![replied(0, 1, 0), finished(0, 0), replied_calling(0, 2, vec![tool("a")]), called(0, tool("a"))];
        passes(&mut machine, [two_calls(), ann(results), ann(more)].concat());
        passes(&mut machine, vec![Fed::Event("world", task_ended(0))]);
        assert_eq!(machine.talks.len(), 1, "what is open stays");
        passes(&mut machine, ann(vec![returned_error(0, &tool("a"), ToolErrorCode::Cancelled)]));
        assert_eq!(machine.talks.len(), 0);
    }

    #[test]
    fn a_restarted_agent_goes_on_and_what_comes_late_is_no_second_result() {
        let late = vec![crashed(), restarted(1), replied(0, 1, 0), returned(0, &tool("a")), returned(0, &tool("b"))];
        passes(&mut machine(), [two_calls(), ann(late)].concat());
        // Both the lost and the repeated request are replied to.
        let again = ann(vec![crashed(), restarted(1), replied_calling(0, 0, vec![tool("a"), tool("b")])]);
        let begin = vec![made("ann", 0, 0, 0), Fed::Event("ann", replied_calling(0, 0, vec![tool("a"), tool("b")]))];
        let calls = ann(vec![called(0, tool("a")), called(0, tool("b"))]);
        passes(&mut machine(), [begin, again, vec![made("ann", 0, 0, 1)], calls].concat());
    }

    #[test]
    fn a_call_without_a_result_is_found_when_the_model_goes_on_or_the_assignment_ends() {
        for next in [replied(0, 1, 0), finished(0, 0)] {
            let fed = [two_calls(), ann(vec![returned(0, &tool("a")), next])].concat();
            breaks(&mut machine(), fed, "b (write_file) of ann in task 0 has none");
        }
        let made =
            [vec![made("ann", 0, 0, 0)], two_calls(), vec![shown("ann", 0, 1, 0, transcript("x", "y"))]].concat();
        breaks(&mut machine(), made, "a (write_file) of ann in task 0 has none");
    }

    #[test]
    fn a_second_result_and_one_of_no_call_are_found() {
        let twice = [two_calls(), ann(vec![returned(0, &tool("a")), returned(0, &tool("a"))])].concat();
        breaks(&mut machine(), twice, "another result of a");
        breaks(&mut machine(), [two_calls(), ann(vec![returned(0, &tool("c"))])].concat(), "another result of c");
        breaks(&mut machine(), ann(vec![returned(0, &tool("a"))]), "another result of a");
        breaks(&mut machine(), [two_calls(), ann(vec![returned(1, &tool("a"))])].concat(), "in task 1");
    }

    #[test]
    fn calls_that_no_reply_asked_for_are_found() {
        breaks(&mut machine(), [two_calls(), ann(vec![called(0, tool("c"))])].concat(), "one more, c");
        breaks(&mut machine(), [two_calls(), ann(vec![called(0, tool("a"))])].concat(), "called twice");
    }

    #[test]
    fn a_reply_whose_calls_were_not_all_made_is_found_where_attempts_are_shown() {
        let begin = vec![made("ann", 0, 0, 0), Fed::Event("ann", replied_calling(0, 0, vec![tool("a"), tool("b")]))];
        let one = ann(vec![called(0, tool("a")), returned(0, &tool("a"))]);
        let mut only_a = Transcript::new();
        only_a.push_assistant("", vec![tool("a")]).unwrap();
        only_a.push_result(ToolResult::success(&tool("a"), "done")).unwrap();
        let fed = [begin, one, vec![shown("ann", 0, 1, 0, only_a)]].concat();
        breaks(&mut machine(), fed, "1 calls before the model is asked anew");
    }

    #[test]
    fn results_that_were_swapped_are_found_in_what_the_model_is_shown() {
        let content = |id: &str, content: &str| {
            let (tool_name, result) = (tool(id).name, ToolResult::success(&tool(id), content));
            let latency = moot_core::VirtualDuration::ZERO;
            EventKind::ToolReturned { task: TaskId(0), tool: tool_name, result, latency }
        };
        let results = || ann(vec![content("a", "x"), content("b", "y")]);
        let fed =
            |seen| [vec![made("ann", 0, 0, 0)], two_calls(), results(), vec![shown("ann", 0, 1, 0, seen)]].concat();
        passes(&mut machine(), fed(transcript("x", "y")));
        breaks(&mut machine(), fed(transcript("y", "x")), "another result");
        // What an agent remembers of earlier tasks was recorded there.
        passes(&mut machine(), vec![shown("ann", 1, 0, 0, transcript("y", "x"))]);
        let compacted = EventKind::Compacted {
            task: TaskId(0),
            steps: Vec::new(),
            tokens_before: 9,
            tokens_after: 1,
            messages: Vec::new(),
        };
        let (begin, seen) = (vec![made("ann", 0, 0, 0)], vec![shown("ann", 0, 1, 0, transcript("-", "-"))]);
        passes(&mut machine(), [begin, two_calls(), results(), ann(vec![compacted]), seen].concat());
    }

    #[test]
    fn a_result_of_another_tool_is_found() {
        let other = ToolCall { name: "read_file".into(), ..tool("a") };
        breaks(&mut machine(), [two_calls(), ann(vec![returned(0, &other)])].concat(), "a result of read_file");
    }

    #[test]
    fn a_transcript_with_an_open_call_is_found() {
        let mut open = Transcript::new();
        open.push_assistant("", vec![tool("a")]).unwrap();
        breaks(&mut machine(), vec![shown("ann", 0, 0, 0, open)], "a (write_file) of ann in task 0 has none");
    }

    #[test]
    fn what_is_still_asked_when_the_task_is_over_is_nobodys() {
        let over = vec![Fed::Event("world", task_ended(0)), made("ann", 0, 1, 0)];
        let late = ann(vec![replied_calling(0, 1, vec![tool("a")])]);
        let mut machine = machine();
        passes(&mut machine, [two_calls_answered(), over, late, vec![made("ann", 0, 2, 0)]].concat());
    }

    fn two_calls_answered() -> Vec<Fed> {
        let results = ann(vec![returned(0, &tool("a")), returned(0, &tool("b"))]);
        [vec![made("ann", 0, 0, 0)], two_calls(), results].concat()
    }
}
