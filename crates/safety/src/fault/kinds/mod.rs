//! The kinds of faults, one file each: options, where they strike, what they do.
//!
//! To add one, write its file beside the others and a line in the list below. This module must not know what a fault
//! does; it tells which there are, and passes questions on to the one that was chosen.
//!
//! ```
//! use moot_safety::fault::{FaultNumber, FaultOptions};
//!
//! let fault: FaultOptions = serde_json::from_str(
//!     r#"{ "rate_limit": { "model": "gpt", "retry_after": ["huge", "garbage"], "when": { "probability": 2 } } }"#,
//! ).unwrap();
//! assert_eq!((fault.name(), fault.number()), ("rate_limit", FaultNumber(9)));
//! assert_eq!(fault.check()[0].path, "rate_limit.when.probability");
//! assert_eq!(fault.places()[0].pattern, "gpt");
//! ```

use moot_core::{VirtualDuration, VirtualTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draw::Draws;
use super::{FaultAction, FaultNumber, MessageKind, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions, matches};

pub mod cancel;
pub mod client_error;
pub mod crash_agent;
pub mod crash_council;
pub mod crash_executor;
pub mod crash_ledger;
pub mod crash_loop;
pub mod crash_memory;
pub mod crash_supervisor;
pub mod delay_messages;
pub mod drop_messages;
pub mod duplicate_messages;
pub mod hook_failure;
pub mod lie;
pub mod malformed_reply;
pub mod model_timeout;
pub mod partition;
pub mod person_failure;
pub mod rate_limit;
pub mod reorder_messages;
pub mod repeat_call;
pub mod server_error;
pub mod slow_consumer;
pub mod stream_cut;
pub mod tool_error;
pub mod tool_panic;
pub mod tool_timeout;
pub mod wrong_calls;
pub mod wrong_usage;

/// The longest time that a fault may add, in virtual time.
pub(crate) const LONGEST: VirtualDuration = VirtualDuration::from_millis(24 * 3_600_000);

/// What the options of a fault can say of themselves.
pub(crate) trait DescribesFault {
    /// Its number in the list of faults.
    fn number(&self) -> u8;

    /// When it strikes.
    fn when(&self) -> &WhenOptions;

    /// The patterns by which it says where.
    fn places(&self) -> Vec<Place<'_>>;

    /// What is wrong with its own options; its places and when it strikes are checked beside.
    fn own_problems(&self) -> Vec<OptionProblem> {
        Vec::new()
    }

    /// The kinds of sites at which it may strike.
    fn sites(&self) -> &'static [SiteKind];

    /// Whether it names this site. It must look at nothing that is no part of the site's address.
    fn is_at(&self, site: &Site<'_>) -> bool;

    /// Whether it can strike at this visit of a site that it names.
    fn applies(&self, _site: &Site<'_>, _now: VirtualTime) -> bool {
        true
    }

    /// Whether it goes on at every visit of a site once it has struck there.
    fn lasts(&self) -> bool {
        false
    }

    /// What it does at a site that it names.
    fn effect(&self, site: &Site<'_>, context: Context) -> Effect;
}

/// What a fault may look at beside the site when it decides what it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    pub(crate) now: VirtualTime,
    /// The number of the visit, from 1.
    pub(crate) visit: u64,
    pub(crate) draws: Draws,
}

/// What a fault does.
#[derive(Debug)]
pub(crate) struct Effect {
    pub(crate) form: &'static str,
    pub(crate) text: String,
    pub(crate) action: FaultAction,
}

/// A pattern by which a fault says where, and where the options give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'a> {
    /// What is named.
    pub kind: PlaceKind,
    /// The pattern; see [`matches()`].
    pub pattern: &'a str,
    /// Where it stands, relative to the fault's own options, such as `agent` or `groups[0][2]`.
    pub place: String,
}

/// What a pattern names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceKind {
    /// Agents, by path.
    Agent,
    /// Councils, by path.
    Council,
    /// Agents, councils and the world, by path: whoever sends and gets messages.
    Participant,
    /// Models, by name.
    Model,
    /// Tools, by name.
    Tool,
    /// Hooks, by name.
    Hook,
    /// Actors of any kind, by path.
    Actor,
    /// Supervisors, by path.
    Supervisor,
}

impl<'a> Place<'a> {
    /// The pattern that stands under a key.
    pub(crate) fn new(kind: PlaceKind, key: &str, pattern: &'a str) -> Self {
        Self { kind, pattern, place: key.to_owned() }
    }

    /// The patterns of a model and of who asks it.
    pub(crate) fn of_model(model: &'a str, agent: &'a str) -> Vec<Self> {
        vec![Self::new(PlaceKind::Model, "model", model), Self::new(PlaceKind::Agent, "agent", agent)]
    }

    /// The patterns of a tool and of who calls it.
    pub(crate) fn of_tool(tool: &'a str, agent: &'a str) -> Vec<Self> {
        vec![Self::new(PlaceKind::Tool, "tool", tool), Self::new(PlaceKind::Agent, "agent", agent)]
    }

    /// The patterns of an edge.
    pub(crate) fn of_edge(from: &'a str, to: &'a str) -> Vec<Self> {
        vec![Self::new(PlaceKind::Participant, "from", from), Self::new(PlaceKind::Participant, "to", to)]
    }
}

impl Effect {
    /// What a fault of one form does.
    pub(crate) const fn plain(text: String, action: FaultAction) -> Self {
        Self { form: "", text, action }
    }
}

/// The pattern that names everything.
pub(crate) fn anywhere() -> String {
    "*".to_owned()
}

/// Whether the site is an attempt of such an agent at such a model.
pub(crate) fn is_attempt(site: &Site<'_>, model_pattern: &str, agent_pattern: &str) -> bool {
    matches!(site, Site::ModelAttempt { model, agent }
        if matches(model_pattern, model) && matches(agent_pattern, agent.as_str()))
}

/// Whether the site is a reply of such a model to such an agent.
pub(crate) fn is_reply(site: &Site<'_>, model_pattern: &str, agent_pattern: &str) -> bool {
    matches!(site, Site::ModelReply { model, agent, .. }
        if matches(model_pattern, model) && matches(agent_pattern, agent.as_str()))
}

/// Whether the site is a call of such an agent of such a tool.
pub(crate) fn is_call(site: &Site<'_>, tool_pattern: &str, agent_pattern: &str) -> bool {
    matches!(site, Site::ToolCall { tool, agent }
        if matches(tool_pattern, tool) && matches(agent_pattern, agent.as_str()))
}

/// Whether the site is a message of these kinds on such an edge.
pub(crate) fn is_on_edge(
    site: &Site<'_>,
    from_pattern: &str,
    to_pattern: &str,
    kinds: Option<&OneOrMany<MessageKind>>,
) -> bool {
    matches!(site, Site::Message { from, to, kind }
        if kinds.is_none_or(|kinds| kinds.contains(kind))
            && matches(from_pattern, from.as_str())
            && matches(to_pattern, to.as_str()))
}

/// The site in words.
pub(crate) fn in_words(site: &Site<'_>) -> String {
    match site {
        Site::AgentStep { agent, .. } => agent.to_string(),
        Site::ModelAttempt { model, agent } => format!("the attempt of {agent} at {model}"),
        Site::ModelReply { model, agent, .. } => format!("the reply of {model} to {agent}"),
        Site::ToolCall { tool, agent } => format!("the call of {tool} by {agent}"),
        Site::Message { from, to, kind } => {
            let what = match kind {
                MessageKind::Assignment => "assignment",
                MessageKind::Answer => "answer",
                MessageKind::Told => "message",
            };
            format!("the {what} from {from} to {to}")
        }
        Site::MemoryWrite { agent } => format!("what {agent} writes down"),
        Site::LedgerSettle { agent } => format!("the attempt of {agent}"),
        Site::CouncilStep { council } => council.to_string(),
        Site::Supervisor { path } => path.to_string(),
        Site::Hook { hook } => format!("the hook {hook}"),
        Site::Person { agent } => format!("the person whom {agent} asks"),
        Site::Handle { actor } => actor.to_string(),
        Site::Progress => "the run".to_owned(),
    }
}

/// What is wrong with the list of forms under `as`, if anything.
pub(crate) fn check_forms<T>(forms: Option<&OneOrMany<T>>) -> Option<OptionProblem> {
    check_list("as", forms, "no form is named; write one or more, or leave `as` out for all")
}

/// What is wrong with the list of messages, if anything.
pub(crate) fn check_messages(messages: Option<&OneOrMany<MessageKind>>) -> Option<OptionProblem> {
    check_list("messages", messages, "no kind of message is named; write one or more, or leave `messages` out for all")
}

fn check_list<T>(key: &str, list: Option<&OneOrMany<T>>, message: &str) -> Option<OptionProblem> {
    list.is_some_and(|list| list.as_slice().is_empty()).then(|| OptionProblem::new(key, message))
}

/// What is wrong with a length of time that must be some and at most [`LONGEST`], if anything.
pub(crate) fn check_length(key: &str, length: VirtualDuration) -> Option<OptionProblem> {
    if length == VirtualDuration::ZERO {
        return Some(OptionProblem::new(key, "no time at all is not allowed; write a duration such as 2s"));
    }
    check_wait(key, length)
}

/// What is wrong with a length of time that may be none, if anything.
pub(crate) fn check_wait(key: &str, length: VirtualDuration) -> Option<OptionProblem> {
    (length > LONGEST).then(|| OptionProblem::new(key, format!("{length} is not allowed; it must be at most 24h")))
}

/// Writes the list of faults as the enum that stands in scenario files.
macro_rules! faults {
    ($($(#[doc = $text:literal])+ $variant:ident($options:ty) = $name:literal,)+) => {
        /// A fault: what goes wrong, where and when.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        pub enum FaultOptions {
            $($(#[doc = $text])+ #[serde(rename = $name)] $variant($options),)+
        }

        impl FaultOptions {
            /// The names of all faults, as in scenario files.
            pub const NAMES: &[&str] = &[$($name),+];

            /// The name of the chosen fault, as in scenario files: the key above its options.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)+
                }
            }

            fn chosen(&self) -> &dyn DescribesFault {
                match self {
                    $(Self::$variant(options) => options,)+
                }
            }
        }
    };
}

faults! {
    /// An agent's machine panics.
    CrashAgent(crash_agent::CrashAgentOptions) = "crash_agent",
    /// The machine that runs tools panics while a call is under way.
    CrashExecutor(crash_executor::CrashExecutorOptions) = "crash_executor",
    /// A tool panics.
    ToolPanic(tool_panic::ToolPanicOptions) = "tool_panic",
    /// A tool gives an error.
    ToolError(tool_error::ToolErrorOptions) = "tool_error",
    /// A tool's result comes after the call has timed out.
    ToolTimeout(tool_timeout::ToolTimeoutOptions) = "tool_timeout",
    /// The memory store crashes after a write, before it says so.
    CrashMemory(crash_memory::CrashMemoryOptions) = "crash_memory",
    /// The ledger crashes after it has held an attempt's budget, before it settles it.
    CrashLedger(crash_ledger::CrashLedgerOptions) = "crash_ledger",
    /// A council's machine panics in the middle of a round.
    CrashCouncil(crash_council::CrashCouncilOptions) = "crash_council",
    /// A supervisor crashes.
    CrashSupervisor(crash_supervisor::CrashSupervisorOptions) = "crash_supervisor",
    /// An agent crashes at every step, from one step on.
    CrashLoop(crash_loop::CrashLoopOptions) = "crash_loop",
    /// The provider asks to slow down (HTTP 429).
    RateLimit(rate_limit::RateLimitOptions) = "rate_limit",
    /// The provider fails or can't be reached.
    ServerError(server_error::ServerErrorOptions) = "server_error",
    /// The provider refuses the request, and would again.
    ClientError(client_error::ClientErrorOptions) = "client_error",
    /// No answer comes in time, though the request was sent.
    ModelTimeout(model_timeout::ModelTimeoutOptions) = "model_timeout",
    /// A reply ends before its end.
    StreamCut(stream_cut::StreamCutOptions) = "stream_cut",
    /// What comes back is no reply.
    MalformedReply(malformed_reply::MalformedReplyOptions) = "malformed_reply",
    /// A reply's usage is wrong.
    WrongUsage(wrong_usage::WrongUsageOptions) = "wrong_usage",
    /// A reply's tool calls are wrong.
    WrongCalls(wrong_calls::WrongCallsOptions) = "wrong_calls",
    /// A model makes the same call again and again, from one reply on.
    RepeatCall(repeat_call::RepeatCallOptions) = "repeat_call",
    /// Messages come late.
    DelayMessages(delay_messages::DelayMessagesOptions) = "delay_messages",
    /// Messages overtake each other.
    ReorderMessages(reorder_messages::ReorderMessagesOptions) = "reorder_messages",
    /// Messages come more than once.
    DuplicateMessages(duplicate_messages::DuplicateMessagesOptions) = "duplicate_messages",
    /// Messages never come.
    DropMessages(drop_messages::DropMessagesOptions) = "drop_messages",
    /// Nothing passes between groups.
    Partition(partition::PartitionOptions) = "partition",
    /// An actor takes long over every message.
    SlowConsumer(slow_consumer::SlowConsumerOptions) = "slow_consumer",
    /// The run, or its open tasks, are called off.
    Cancel(cancel::CancelOptions) = "cancel",
    /// A hook does not answer as it should.
    HookFailure(hook_failure::HookFailureOptions) = "hook_failure",
    /// A person does not answer as it should.
    PersonFailure(person_failure::PersonFailureOptions) = "person_failure",
    /// An answer claims what is not true.
    Lie(lie::LieOptions) = "lie",
}

impl FaultOptions {
    /// Its number in the list of faults.
    #[must_use]
    pub fn number(&self) -> FaultNumber {
        FaultNumber(self.chosen().number())
    }

    /// When it strikes and how often.
    #[must_use]
    pub fn when(&self) -> &WhenOptions {
        self.chosen().when()
    }

    /// The patterns by which it says where.
    #[must_use]
    pub fn places(&self) -> Vec<Place<'_>> {
        self.chosen().places()
    }

    /// Everything that is wrong with the options; paths begin with the fault's [`name`](Self::name).
    #[must_use]
    pub fn check(&self) -> Vec<OptionProblem> {
        let fault = self.chosen();
        let empty = |place: Place<'_>| {
            let message = "the pattern is empty; write a path or a name, in which * stands for any characters";
            place.pattern.is_empty().then(|| OptionProblem::new(place.place, message))
        };
        let mut problems: Vec<OptionProblem> = fault.places().into_iter().filter_map(empty).collect();
        problems.extend(fault.own_problems());
        problems.extend(fault.when().check().into_iter().map(|problem| problem.within("when")));
        problems.into_iter().map(|problem| problem.within(self.name())).collect()
    }

    /// The kinds of sites at which it may strike.
    #[must_use]
    pub fn sites(&self) -> &'static [SiteKind] {
        self.chosen().sites()
    }

    pub(super) fn is_at(&self, site: &Site<'_>) -> bool {
        self.chosen().is_at(site)
    }

    pub(super) fn applies(&self, site: &Site<'_>, now: VirtualTime) -> bool {
        self.chosen().applies(site, now)
    }

    pub(super) fn lasts(&self) -> bool {
        self.chosen().lasts()
    }

    pub(super) fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        self.chosen().effect(site, context)
    }
}

#[cfg(test)]
mod tests;
