//! A run for readers: who said what to whom, tool calls, votes, in the order in which they happened.
//!
//! It must not know where the events come from: a live run and a kept journal read alike. Text that agents wrote is
//! shown with control characters escaped, so that it can't draw on the reader's terminal.
//!
//! ```
//! use folkmoot::core::{ActorPath, Event, EventKind, EventSequence, TaskId, VirtualTime};
//! use folkmoot::view::describe;
//!
//! let event = Event {
//!     sequence: EventSequence(3),
//!     time: VirtualTime::from_millis(800),
//!     actor: ActorPath::new("jury").unwrap(),
//!     cause: None,
//!     kind: EventKind::Tallied { task: TaskId(0), round: 0, counts: vec![("A".into(), 3.0), ("B".into(), 2.0)] },
//! };
//! assert_eq!(describe(&event).unwrap(), "jury counts: A 3, B 2");
//! ```

use moot_core::{
    ActorPath, Ballot, Event, EventKind, HookEvent, HookVerdict, Message, ModelReply, Money, Outcome, TaskId, Text,
    Usage,
};

/// Which events a reader wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what this agent, group or council did, or what was said to it or by it.
    pub agent: Option<String>,
    /// Only this task.
    pub task: Option<TaskId>,
}

impl Filter {
    /// Whether the event is to be shown.
    #[must_use]
    pub fn shows(&self, event: &Event) -> bool {
        let agent = self.agent.as_deref().is_none_or(|wanted| concerns(event, wanted));
        let task = self.task.is_none_or(|wanted| event.kind.task() == Some(wanted));
        agent && task
    }
}

/// Whether an event is somebody's own or names them as sender or voter.
fn concerns(event: &Event, wanted: &str) -> bool {
    let named = match &event.kind {
        EventKind::Assigned { from, .. } => Some(from),
        EventKind::BallotCast { voter, .. } => Some(voter),
        _ => None,
    };
    event.actor.is_within(wanted) || named.is_some_and(|path| path.is_within(wanted))
}

/// One event as a sentence; `None` for what only machines want to know.
#[must_use]
pub fn describe(event: &Event) -> Option<String> {
    let who = &event.actor;
    let line = match &event.kind {
        EventKind::RunStarted { scenario, seed, replicate } => {
            format!("run of {} starts: seed {seed}, replicate {replicate}", escape(scenario))
        }
        EventKind::ActorStarted { .. } | EventKind::ModelRequested { .. } => return None,
        EventKind::TaskStarted { task } => format!("task {}: {}", task.id, escape(&task.prompt)),
        EventKind::Assigned { from, prompt, round, .. } => {
            let round = if *round == 0 { String::new() } else { format!(" (round {round})") };
            format!("{from} -> {who}{round}: {}", escape(prompt))
        }
        EventKind::ModelReplied { reply, cost, .. } => replied(who, reply, *cost)?,
        EventKind::ModelFailed { model, failure, attempt, .. } => {
            format!("{who}: model {} failed at attempt {attempt}: {}", escape(model), escape(&failure.to_string()))
        }
        EventKind::ToolCalled { call, .. } => {
            format!("{who} calls {} {}", escape(&call.name), escape(&call.arguments))
        }
        EventKind::ToolReturned { tool, result, .. } => {
            let error = result.error.map_or(String::new(), |code| format!(" error {}", code.as_str()));
            format!("{who} <- {}{error}: {}", escape(tool), escape(&result.content))
        }
        EventKind::BallotCast { voter, ballot, weight, .. } => cast(who, voter, ballot, *weight),
        EventKind::Tallied { counts, .. } => {
            let counts: Vec<String> =
                counts.iter().map(|(answer, weight)| format!("{} {weight}", escape(answer))).collect();
            format!("{who} counts: {}", counts.join(", "))
        }
        EventKind::Noted { name, text, .. } => format!("{who} notes {}: {}", escape(name), escape(text)),
        EventKind::Finished { outcome, .. } => ended(&format!("{who}"), outcome),
        EventKind::ActorFailed { message } => format!("{who} panicked: {}", escape(message)),
        EventKind::ActorRestarted { restarts } => format!("{who} is restarted (time {restarts})"),
        EventKind::ActorGivenUp { failure } => {
            format!("{who} is not restarted again: {}", escape(&failure.to_string()))
        }
        EventKind::TaskEnded { task, outcome } => ended(&format!("task {task}"), outcome),
        EventKind::RunEnded { status, reason } => {
            let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {}", escape(reason)));
            format!("run {}{reason}", status.as_str())
        }
        EventKind::ModelStreamed { delta, .. } => format!("{who} writes {}", escape(delta.text()?)),
        EventKind::RetryScheduled { attempt, after, reason, .. } => {
            format!("{who}: attempt {attempt} follows after {after}: {}", escape(reason))
        }
        EventKind::BudgetRefused { node, limit, reason, .. } => {
            format!("{who}: the {} budget of {} is exhausted: {}", limit.as_str(), escape(node), escape(reason))
        }
        EventKind::PermissionDecided { tool, decision, .. } => {
            format!("{who}: {} {}", escape(tool), escape(&decision.to_string()))
        }
        EventKind::ApprovalRequested { call, difference, .. } => {
            let difference = difference.as_ref().map_or(String::new(), |text| format!("\n    {}", escape(text)));
            format!("{who} asks for approval: {} {}{difference}", escape(&call.name), escape(&call.arguments))
        }
        EventKind::ApprovalAnswered { approval, .. } => format!("{who}: {}", escape(&approval.to_string())),
        EventKind::HookRan { hook, event, verdict, .. } => hooked(who, hook, *event, verdict),
        EventKind::ModeChanged { mode, .. } => format!("{who} is in mode {} from now on", mode.as_str()),
        EventKind::OutputKept { handle, text, .. } => {
            format!("{who}: {} characters are kept aside as {}", text.chars().count(), escape(handle))
        }
        EventKind::Compacted { steps, tokens_before, tokens_after, .. } => {
            format!("{who} compacts from {tokens_before} to {tokens_after} tokens: {}", escape(&steps.join(", ")))
        }
        EventKind::AgentSpawned { agent, tools, .. } => {
            format!("{who} starts {agent} with {}", escape(&tools.join(", ")))
        }
        EventKind::MessageSent { to, text, .. } => format!("{who} tells {to}: {}", escape(text)),
        EventKind::PersonAnswered { question, answer, .. } => {
            format!("{who} asks: {}\n    the answer: {}", escape(question), escape(answer))
        }
        EventKind::NotesLoaded { notes } => format!("{} notes of earlier runs are read", notes.len()),
        EventKind::FaultInjected { rule, fault, text, .. } => {
            format!("{who} is struck by fault {rule}, {}: {}", escape(fault), escape(text))
        }
        EventKind::Overloaded { from, message, .. } => {
            format!("{who} has a full mailbox and refuses the {} of {from}", escape(message))
        }
        EventKind::DeadLettered { message, reason, .. } => {
            format!("{who} will never take in the {} it was sent: {}", escape(message), escape(reason))
        }
        EventKind::RestartScheduled { after } => format!("{who} is restarted after {after}"),
        EventKind::ActorStopped { reason } => format!("{who} is stopped: {}", escape(reason)),
    };
    Some(line)
}

/// The text of a reply with what it took; nothing for a reply that only calls tools, whose calls follow.
fn replied(who: &ActorPath, reply: &ModelReply, cost: Option<Money>) -> Option<String> {
    if reply.text.is_empty() && !reply.tool_calls.is_empty() {
        return None;
    }
    let mut took = Vec::new();
    if let Some(Usage { input_tokens, output_tokens, .. }) = reply.usage {
        took.push(format!("{input_tokens}+{output_tokens} tokens"));
    }
    if let Some(cost) = cost {
        took.push(format!("{cost} USD"));
    }
    if reply.latency.as_millis() > 0 {
        took.push(reply.latency.to_string());
    }
    let took = if took.is_empty() { String::new() } else { format!(" ({})", took.join(", ")) };
    Some(format!("{who} says: {}{took}", escape(&reply.text)))
}

fn hooked(who: &ActorPath, hook: &str, event: HookEvent, verdict: &HookVerdict) -> String {
    let text = match verdict.text() {
        "" => String::new(),
        text => format!(": {}", escape(text)),
    };
    format!("{who}: hook {} at {} says {}{text}", escape(hook), event.as_str(), verdict.as_str())
}

fn cast(council: &ActorPath, voter: &ActorPath, ballot: &Ballot, weight: f64) -> String {
    let weight = if weight == 1.0 { String::new() } else { format!(" (weight {weight:.3})") };
    match ballot {
        Ballot::For(answer) => format!("{voter} votes in {council} for {}{weight}", escape(answer)),
        Ballot::Abstained => format!("{voter} abstains in {council}"),
        Ballot::Absent(reason) => format!("{voter} casts no ballot in {council}: {}", escape(reason)),
        Ballot::Ranked(levels) => {
            let levels: Vec<String> = levels.iter().map(|level| listed(level, " = ")).collect();
            format!("{voter} ranks in {council}: {}{weight}", levels.join(" > "))
        }
        Ballot::Approved(answers) => format!("{voter} approves in {council} of {}{weight}", listed(answers, ", ")),
        Ballot::Scored(scores) => {
            let scores: Vec<String> =
                scores.iter().map(|(answer, score)| format!("{}: {score}", escape(answer))).collect();
            format!("{voter} scores in {council}: {}{weight}", scores.join(", "))
        }
    }
}

fn listed(answers: &[Text], between: &str) -> String {
    answers.iter().map(|answer| escape(answer)).collect::<Vec<_>>().join(between)
}

fn ended(who: &str, outcome: &Outcome) -> String {
    format!("{who} ends {}", escape(&outcome.to_string()))
}

/// The messages of an agent's transcript that its events tell: what was said to it, its replies, its tools' results.
#[must_use]
pub fn transcript(events: &[Event], agent: &ActorPath) -> Vec<Message> {
    let own = events.iter().filter(|event| event.actor == *agent);
    own.filter_map(|event| match &event.kind {
        EventKind::Assigned { from, prompt, .. } => Some(Message::User { from: from.clone(), text: prompt.clone() }),
        EventKind::ModelReplied { reply, .. } => {
            Some(Message::Assistant { text: reply.text.clone(), tool_calls: reply.tool_calls.clone() })
        }
        EventKind::ToolReturned { result, .. } => Some(Message::Tool(result.clone())),
        _ => None,
    })
    .collect()
}

/// Text with control characters and marks that reorder a line shown as escapes; line breaks are kept and indented.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\n    "),
            '\t' => shown.push('\t'),
            hidden if hidden.is_control() || reorders(hidden) => shown.extend(hidden.escape_unicode()),
            plain => shown.push(plain),
        }
    }
    shown
}

/// Bidirectional controls and zero-width characters (Unicode Technical Report 36).
const fn reorders(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use moot_core::{EventSequence, VirtualTime};

    #[test]
    fn text_can_not_draw_on_the_terminal() {
        assert_eq!(escape("a\u{1b}[31mred\u{202e}x\ny"), "a\\u{1b}[31mred\\u{202e}x\n    y");
    }

    #[test]
    fn every_kind_of_ballot_is_one_line() {
        let [council, voter] = ["council", "juror[1]"].map(|path| ActorPath::new(path).unwrap());
        let told = |ballot: Ballot, weight: f64| cast(&council, &voter, &ballot, weight);
        let ranked = Ballot::Ranked(vec![vec!["A".into()], vec!["B".into(), "C".into()], vec!["D".into()]]);
        assert_eq!(told(Ballot::For("A".into()), 1.0), "juror[1] votes in council for A");
        assert_eq!(told(ranked, 2.0), "juror[1] ranks in council: A > B = C > D (weight 2.000)");
        assert_eq!(told(Ballot::Approved(vec!["A".into(), "C".into()]), 1.0), "juror[1] approves in council of A, C");
        let scored = Ballot::Scored(vec![("A".into(), 3.0), ("B".into(), 0.5)]);
        assert_eq!(told(scored, 1.0), "juror[1] scores in council: A: 3, B: 0.5");
    }

    #[test]
    fn a_filter_shows_what_concerns_an_agent() {
        let kind = EventKind::BallotCast {
            task: TaskId(4),
            round: 0,
            voter: ActorPath::new("juror[1]").unwrap(),
            ballot: Ballot::Abstained,
            weight: 1.0,
        };
        let actor = ActorPath::new("council").unwrap();
        let event = Event { sequence: EventSequence(0), time: VirtualTime::ZERO, actor, cause: None, kind };
        let filter =
            |agent: Option<&str>, task: Option<u32>| Filter { agent: agent.map(str::to_owned), task: task.map(TaskId) };
        assert!(filter(Some("juror"), None).shows(&event));
        assert!(filter(Some("council"), Some(4)).shows(&event));
        assert!(!filter(Some("juror[2]"), None).shows(&event));
        assert!(!filter(None, Some(5)).shows(&event));
    }
}
