//! Hooks as a world runs them: rules and typed closures answer at once, external commands behind the port to the
//! outside. Whatever goes wrong with a hook is an answer that denies.
//!
//! ```
//! use std::sync::Arc;
//! use moot_core::HookVerdict;
//! use moot_runtime::{HookSet, HookSpec};
//!
//! let options = r#"{ "on": "before_tool_call", "then": { "custom": { "name": "careful" } } }"#;
//! let hook = HookSpec {
//!     name: "careful".into(),
//!     options: serde_json::from_str(options).unwrap(),
//!     closure: Some(Arc::new(|question| match question.tool {
//!         Some("remove_all") => HookVerdict::Deny("too much at once".into()),
//!         _ => HookVerdict::Allow,
//!     })),
//! };
//! assert!(!HookSet::new(vec![hook]).unwrap().is_empty());
//! ```

use std::fmt;
use std::sync::Arc;

use moot_core::{ActorPath, HookEvent, HookVerdict, Text, VirtualDuration};
use moot_mind::OptionProblem;
use moot_mind::hook::{
    ANSWER_BYTES_MAX, HookActionOptions, HookOptions, HookQuestion, Hooks, MatchedHook, parse_answer,
};
use moot_safety::fault::{AnswerFault, FaultAction, Site, SiteKind};
use moot_tool::process::{ProcessEnd, ProcessRequest};

use crate::actors::body::guarded;
use crate::outside::OutsideRequest;
use crate::world::World;

/// A typed hook: a pure function of the question. What it remembers between questions must not depend on anything but
/// the questions.
pub type HookClosure = Arc<dyn Fn(&HookQuestion<'_>) -> HookVerdict + Send + Sync>;

/// A hook of a world.
#[derive(Clone)]
pub struct HookSpec {
    /// What it is called in messages and in the journal.
    pub name: Text,
    /// When it is asked, and who answers.
    pub options: HookOptions,
    /// The closure, when its options name a registered one.
    pub closure: Option<HookClosure>,
}

/// The hooks of a world, in the order of their declaration.
#[derive(Clone, Default)]
pub struct HookSet {
    hooks: Hooks,
    closures: Vec<Option<HookClosure>>,
    /// Which events any hook is for, so that the others cost nothing.
    events: u16,
}

/// How long a hook that has no time limit of its own hangs before it counts as failed.
const HANGS_FOR: VirtualDuration = VirtualDuration::from_millis(30_000);

/// What a hook answered; what went wrong denies.
pub(crate) type HookAnswer = Result<HookVerdict, Text>;

impl HookSet {
    /// Hooks in the order in which they are asked.
    ///
    /// # Errors
    /// What is wrong with their options, or that one names a registered closure and comes without.
    pub fn new(specs: Vec<HookSpec>) -> Result<Self, Vec<OptionProblem>> {
        let (mut named, mut closures) = (Vec::with_capacity(specs.len()), Vec::with_capacity(specs.len()));
        for HookSpec { name, options, closure } in specs {
            if matches!(options.then, HookActionOptions::Custom(_)) && closure.is_none() {
                let message = "no closure of this name is registered".to_owned();
                return Err(vec![OptionProblem { path: format!("{name}.then.custom.name"), message }]);
            }
            named.push((name, options));
            closures.push(closure);
        }
        let hooks = Hooks::compile(named)?;
        let events =
            HookEvent::ALL.into_iter().filter(|event| hooks.any_at(*event)).fold(0, |all, event| all | bit(event));
        Ok(Self { hooks, closures, events })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.closures.is_empty()
    }

    /// Whether any hook is for this event.
    pub(crate) const fn is_for(&self, event: HookEvent) -> bool {
        self.events & bit(event) != 0
    }

    /// Which hooks run, in order.
    pub(crate) fn matching(&self, question: &HookQuestion<'_>) -> Vec<usize> {
        if self.is_for(question.event) { self.hooks.matching(question).collect() } else { Vec::new() }
    }

    /// Which hooks run, in order, with their names.
    pub(crate) fn matched(&self, question: &HookQuestion<'_>) -> Vec<MatchedHook> {
        self.hooks.matched(question)
    }

    pub(crate) fn name(&self, hook: usize) -> Text {
        self.hooks.name(hook)
    }

    /// What goes wrong with a hook by plan.
    fn fault_of(&self, world: &World, hook: usize, question: &HookQuestion<'_>) -> Option<AnswerFault> {
        if !world.is_struck_at(SiteKind::Hook) {
            return None;
        }
        let whose = ActorPath::new(question.agent).unwrap_or_else(|_| ActorPath::world());
        match world.strike(&Site::Hook { hook: &self.name(hook) }, &whose, question.task, None)? {
            (FaultAction::Answer(fault), _) => Some(fault),
            _ => None,
        }
    }

    /// How long a hook may take, in virtual time when it hangs by plan.
    fn timeout(&self, hook: usize) -> VirtualDuration {
        match self.hooks.action(hook) {
            Some(HookActionOptions::Command(command)) => command.timeout,
            _ => HANGS_FOR,
        }
    }

    /// Runs a hook: its answer when it is known at once, else `deliver` is called with it at an idle step.
    pub(crate) fn run(
        &self,
        world: &World,
        hook: usize,
        question: &HookQuestion<'_>,
        deliver: impl FnOnce(HookAnswer) + Send + 'static,
    ) -> Option<HookAnswer> {
        match self.fault_of(world, hook, question) {
            None => {}
            Some(AnswerFault::Crash) => return Some(Err("the hook crashed".into())),
            // What an answer that comes after another one says counts for nobody: the first is taken.
            Some(AnswerFault::AnswerTwice) => return Some(Err("the hook answered twice".into())),
            Some(AnswerFault::Hang) => {
                let timeout = self.timeout(hook);
                let answer = Err(Text::from(format!("the hook did not answer within {timeout}")));
                world.after(timeout, Box::new(move || deliver(answer)));
                return None;
            }
        }
        match self.hooks.action(hook) {
            None => Some(Err("the hook is not there".into())),
            Some(HookActionOptions::Rule(_)) => Some(Ok(self.hooks.rule_answer(hook, question))),
            Some(HookActionOptions::Custom(_)) => {
                let Some(Some(closure)) = self.closures.get(hook) else {
                    return Some(Err("the hook is not there".into()));
                };
                let answer = guarded(|| closure(question));
                Some(answer.map_err(|message| Text::from(format!("the hook panicked: {message}"))))
            }
            Some(HookActionOptions::Command(command)) => {
                let request = ProcessRequest {
                    environment: command.environment.clone(),
                    stdin: question.to_json().to_string().into_bytes(),
                    timeout: std::time::Duration::from_millis(command.timeout.as_millis()),
                    output_bytes_max: ANSWER_BYTES_MAX,
                    ..ProcessRequest::new(command.argv.iter().cloned())
                };
                world.submit(OutsideRequest {
                    what: format!("hook {}", self.hooks.name(hook)).into(),
                    ask: Box::new(move || answer_of(&request)),
                    lost: None,
                    latency: Box::new(|_| VirtualDuration::ZERO),
                    deliver: Box::new(deliver),
                });
                None
            }
        }
    }
}

/// An answer with the scenario's secrets hidden.
pub(crate) fn masked(world: &World, answer: HookAnswer) -> HookAnswer {
    if !world.has_secrets() {
        return answer;
    }
    let mask = |text: Text| world.masked(text);
    match answer {
        Ok(HookVerdict::Allow) => Ok(HookVerdict::Allow),
        Ok(HookVerdict::Deny(text)) => Ok(HookVerdict::Deny(mask(text))),
        Ok(HookVerdict::Ask(text)) => Ok(HookVerdict::Ask(mask(text))),
        Ok(HookVerdict::Rewrite(text)) => Ok(HookVerdict::Rewrite(mask(text))),
        Ok(HookVerdict::Annotate(text)) => Ok(HookVerdict::Annotate(mask(text))),
        Ok(HookVerdict::SendOn(text)) => Ok(HookVerdict::SendOn(mask(text))),
        Err(problem) => Err(mask(problem)),
    }
}

/// Everything but one good answer and an exit with 0 denies.
fn answer_of(request: &ProcessRequest) -> HookAnswer {
    match guarded(|| moot_tool::process::run(request)) {
        Ok(outcome) if outcome.succeeded() => parse_answer(&outcome.stdout),
        Ok(outcome) if outcome.end == ProcessEnd::Exited(0) => {
            Err("the command ended, but something it started still holds its output open".into())
        }
        Ok(outcome) => Err(Text::from(format!("the command {}", outcome.end))),
        Err(message) => Err(Text::from(format!("the hook could not be run: {message}"))),
    }
}

const fn bit(event: HookEvent) -> u16 {
    1 << event as u16
}

impl fmt::Debug for HookSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HookSet").field("hooks", &self.closures.len()).finish_non_exhaustive()
    }
}
