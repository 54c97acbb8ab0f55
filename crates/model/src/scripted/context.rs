//! What a template of a script can name: the request, seen through objects that make nothing that is not asked for.
//!
//! It must not know which template asks. The right answer of a task is not among the names: no agent is shown it.
//!
//! ```
//! use moot_model::ScriptedOptions;
//!
//! let problems = ScriptedOptions::saying(["{{ task.answer }}"]).check();
//! assert!(problems[0].message.contains("it may use id, prompt, choices"));
//! ```

use std::cell::OnceCell;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use moot_core::{ActorPath, Brief, Heard, Message, Task, Transcript, Wanted};

use crate::ModelRequest;

/// The names a template may use.
pub(super) const NAMES: [&str; 8] = ["task", "agent", "call", "messages", "last", "results", "heard", "wanted"];
/// What `task` holds.
pub(super) const TASK_NAMES: [&str; 3] = ["id", "prompt", "choices"];
/// What each of `messages` holds.
const MESSAGE_NAMES: [&str; 4] = ["role", "text", "from", "error"];
/// What each of `heard` holds.
const HEARD_NAMES: [&str; 5] = ["round", "speaker", "answer", "words", "own"];

/// The names of one request, made when a first template asks for them.
pub(super) struct Context<'request> {
    request: &'request ModelRequest,
    made: OnceCell<Value>,
}

impl<'request> Context<'request> {
    pub(super) const fn new(request: &'request ModelRequest) -> Self {
        Self { request, made: OnceCell::new() }
    }

    pub(super) fn value(&self) -> Value {
        let make = || {
            let request = self.request;
            Value::from_object(Names {
                task: request.task.clone(),
                agent: request.agent.clone(),
                call: request.call,
                transcript: request.transcript.clone(),
                brief: request.brief.clone(),
            })
        };
        self.made.get_or_init(make).clone()
    }
}

#[derive(Debug)]
struct Names {
    task: Arc<Task>,
    agent: ActorPath,
    call: u32,
    transcript: Arc<Transcript>,
    brief: Option<Arc<Brief>>,
}

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "task" => Value::from_object(TaskNames(self.task.clone())),
            "agent" => Value::from(self.agent.as_str()),
            "call" => Value::from(self.call),
            "messages" => Value::from_object(Messages(self.transcript.clone())),
            "last" => Value::from(self.transcript.messages().last().map_or("", Message::text)),
            "results" => results(&self.transcript),
            "heard" => Value::from_object(AllHeard(self.brief.clone().unwrap_or_default())),
            "wanted" => wanted(self.brief.as_deref()),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&NAMES)
    }
}

/// The texts of the tool results at the end of the transcript, in order.
fn results(transcript: &Transcript) -> Value {
    let messages = transcript.messages();
    let amount = messages.iter().rev().take_while(|message| matches!(message, Message::Tool(_))).count();
    messages.iter().skip(messages.len() - amount).map(|message| Value::from(message.text())).collect()
}

/// The kind of answer that is wanted by its name, or the words one of which is.
fn wanted(brief: Option<&Brief>) -> Value {
    match brief.map_or(&Wanted::Answer, |brief| &brief.wanted) {
        Wanted::Answer => Value::from("answer"),
        Wanted::Words => Value::from("words"),
        Wanted::OneOf(words) => words.iter().map(|word| Value::from(word.clone())).collect(),
    }
}

#[derive(Debug)]
struct TaskNames(Arc<Task>);

impl Object for TaskNames {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "id" => Value::from(self.0.id.0),
            "prompt" => Value::from(self.0.prompt.clone()),
            "choices" => self.0.choices.iter().map(|choice| Value::from(choice.clone())).collect(),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&TASK_NAMES)
    }
}

#[derive(Debug)]
struct Messages(Arc<Transcript>);

impl Object for Messages {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = key.as_usize()?;
        self.0.messages().get(index)?;
        Some(Value::from_object(MessageNames { transcript: self.0.clone(), index }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }
}

/// One message, found again by its place so that it is not copied.
#[derive(Debug)]
struct MessageNames {
    transcript: Arc<Transcript>,
    index: usize,
}

impl Object for MessageNames {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let message = self.transcript.messages().get(self.index)?;
        Some(match (key.as_str()?, message) {
            ("role", _) => Value::from(message.role()),
            ("text", _) => Value::from(message.text()),
            ("from", Message::User { from, .. }) => Value::from(from.as_str()),
            ("error", Message::Tool(result)) => Value::from(result.error.map(|code| code.as_str())),
            // Nobody in particular said it, or it is no result.
            ("from" | "error", _) => Value::from(()),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&MESSAGE_NAMES)
    }
}

/// What came with the assignment, in the order in which it is shown.
#[derive(Debug)]
struct AllHeard(Arc<Brief>);

impl Object for AllHeard {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = key.as_usize()?;
        self.0.heard.get(index)?;
        Some(Value::from_object(HeardNames { brief: self.0.clone(), index }))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.heard.len())
    }
}

/// One thing that was said, found again by its place so that it is not copied.
#[derive(Debug)]
struct HeardNames {
    brief: Arc<Brief>,
    index: usize,
}

impl Object for HeardNames {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let Heard { round, speaker, answer, words, own } = self.brief.heard.get(self.index)?;
        Some(match key.as_str()? {
            "round" => Value::from(*round),
            "speaker" => Value::from(speaker.clone()),
            "answer" => answer.clone().map_or_else(|| Value::from(()), Value::from),
            "words" => Value::from(words.clone()),
            "own" => Value::from(*own),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&HEARD_NAMES)
    }
}
