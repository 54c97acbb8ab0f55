//! What a fault does: the strike and the action that the runtime carries out.
//!
//! It must not know which faults there are, but for the numbers by which a campaign counts them.
//!
//! ```
//! use moot_safety::fault::FaultNumber;
//!
//! assert_eq!(FaultNumber(9).to_string(), "F9");
//! ```

use std::fmt;

use moot_core::{EventKind, TaskId, Text, ToolErrorCode, VirtualDuration};
use serde::{Deserialize, Serialize};

use super::{MessageFault, ModelFault, ReplyFault};

/// The number of a fault in the project's list of faults, F1 to F29, by which coverage is counted: `docs/scenario.md`
/// has the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultNumber(pub u8);

/// A fault has struck.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Strike {
    /// The number of the fault in the plan, from 0 unless it was numbered otherwise.
    pub rule: u32,
    /// Its name: the key in scenario files, such as `crash_agent`.
    pub fault: &'static str,
    /// Its number in the list of faults.
    pub number: FaultNumber,
    /// Which of the forms of the fault it is, such as `huge` of a `rate_limit`; empty when it has one only.
    pub form: &'static str,
    /// The address of the site.
    pub site: String,
    /// The number of the visit of the site, from 1. A fault at this site with `nth` of this number strikes again.
    pub visit: u64,
    /// What happens, for readers.
    pub text: String,
    /// What is to be done.
    pub action: FaultAction,
}

/// What the runtime is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultAction {
    /// The machine of whoever is at the site panics there: an agent, a memory store after it wrote, a ledger before it
    /// settles, a council, a supervisor.
    Crash,
    /// The attempt of a model call goes wrong.
    Model(ModelFault),
    /// The reply says something else.
    Reply(ReplyFault),
    /// The tool call goes wrong.
    Tool(ToolFault),
    /// The message has a fate of its own.
    Message(MessageFault),
    /// Taking in the message keeps the actor busy for so much longer in virtual time.
    Slow {
        /// How much longer.
        by: VirtualDuration,
    },
    /// Something is called off, as if a user did.
    Cancel(CancelScope),
    /// The hook or the person does not answer as it should.
    Answer(AnswerFault),
}

/// What goes wrong with a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolFault {
    /// The executor's own machine panics while the call is under way.
    CrashExecutor,
    /// The tool panics.
    Panic {
        /// Whether it panics after it has done its work rather than before.
        after_effect: bool,
    },
    /// The tool gives this error in place of its result, and does nothing.
    Error {
        /// What kind of error.
        code: ToolErrorCode,
        /// What the model reads.
        message: Text,
    },
    /// The tool does its work, but its result comes only so long after the call has timed out.
    Late {
        /// How long after the call's time limit.
        by: VirtualDuration,
    },
}

/// What is called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelScope {
    /// The whole run.
    Run,
    /// The tasks that are open.
    Tasks,
}

/// How a hook or a person does not answer as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerFault {
    /// It never answers; its time limit ends the wait.
    Hang,
    /// It ends without an answer.
    Crash,
    /// It answers, and then answers again: the second answer says the opposite.
    AnswerTwice,
}

impl Strike {
    /// The event that records it.
    #[must_use]
    pub fn event(&self, task: Option<TaskId>) -> EventKind {
        let (fault, text) = (Text::from(self.fault), Text::from(self.text.as_str()));
        EventKind::FaultInjected { task, rule: self.rule, fault, text }
    }
}

impl AnswerFault {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Hang, Self::Crash, Self::AnswerTwice];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hang => "hang",
            Self::Crash => "crash",
            Self::AnswerTwice => "answer_twice",
        }
    }
}

impl fmt::Display for FaultNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "F{}", self.0)
    }
}
