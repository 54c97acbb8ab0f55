//! Tool calls that go wrong by plan.
//!
//! This module must not know why a fault strikes.

use moot_core::{EventSequence, Text, ToolErrorCode, ToolResult, VirtualDuration};
use moot_mind::flow::{FlowInput, FlowStep};
use moot_safety::fault::{FaultAction, Site, ToolFault};

use super::{ExecutorMessage, ExecutorState, ToolRun};
use crate::actors::address::Address;
use crate::actors::body::post;
use crate::actors::supervisor::fail;

/// What an executor or a tool says that crashes by plan.
const PLANNED_CRASH: &str = "a planned crash";

/// What becomes of a result that is still to come.
pub(super) enum Spoil {
    /// The tool panics instead of handing it over.
    Panic,
    /// It comes later.
    Late { by: VirtualDuration },
}

impl ExecutorState {
    /// What goes wrong by plan with a call that is about to run.
    pub(super) fn fault_of(&mut self, number: u64) -> Option<ToolFault> {
        let call = self.calls.get_mut(&number)?;
        let (action, cause) = self.world.strike_call(&call.run, call.cause)?;
        call.cause = cause;
        Some(action)
    }

    /// Whether a fault strikes a call that takes the short way; it then takes the long one, where it is carried out.
    pub(super) fn go_wrong(
        &mut self,
        myself: &Address<ExecutorMessage>,
        number: u64,
        fault: ToolFault,
    ) -> Option<FlowInput> {
        match fault {
            ToolFault::CrashExecutor => {
                self.crash(myself, number);
                None
            }
            ToolFault::Panic { after_effect: false } => self.done(myself, number, Err(PLANNED_CRASH.to_owned())),
            ToolFault::Panic { after_effect: true } => {
                self.spoilt.insert(number, Spoil::Panic);
                self.run_well(myself, number)
            }
            ToolFault::Error { code, message } => {
                let call = self.calls.get(&number)?;
                let result = ToolResult::error(&call.run.tool_call, code, message);
                self.done(myself, number, Ok(result))
            }
            ToolFault::Late { by } => {
                let left = self.calls.get(&number)?.timer.map_or(VirtualDuration::ZERO, |timer| timer.left());
                self.spoilt.insert(number, Spoil::Late { by: left + by });
                self.run_well(myself, number)
            }
        }
    }

    /// A result has come of which something becomes by plan.
    pub(super) fn spoil(
        &mut self,
        myself: &Address<ExecutorMessage>,
        number: u64,
        spoil: Spoil,
        result: Result<ToolResult, String>,
    ) -> Option<FlowInput> {
        match spoil {
            Spoil::Panic => self.done(myself, number, Err(PLANNED_CRASH.to_owned())),
            Spoil::Late { by } => {
                let to = myself.clone();
                self.world.after(by, Box::new(move || post(&to, ExecutorMessage::Done { number, result })));
                None
            }
        }
    }

    /// The executor itself goes down: every call whose tool was at work ends at once, as one of which nobody knows what
    /// came of it.
    fn crash(&mut self, myself: &Address<ExecutorMessage>, number: u64) {
        let Some(cause) = self.calls.get(&number).map(|call| call.cause) else { return };
        let at_work = |waits: FlowStep| matches!(waits, FlowStep::Running);
        let numbers: Vec<u64> =
            self.calls.iter().filter(|(_, call)| at_work(call.flow.waits_for())).map(|(number, _)| *number).collect();
        for number in numbers {
            let Some(call) = self.calls.get(&number) else { continue };
            let told = "the tool executor is restarting; it is unknown whether the call took effect";
            let result = ToolResult::error(&call.run.tool_call, ToolErrorCode::Unknown, told);
            self.feed(myself, number, FlowInput::Returned(result));
        }
        fail(&self.world, myself, PLANNED_CRASH.to_owned(), cause);
    }
}

impl crate::world::World {
    /// What strikes a tool call that is about to run.
    fn strike_call(&self, run: &ToolRun, cause: EventSequence) -> Option<(ToolFault, EventSequence)> {
        let (tool, agent): (&Text, _) = (&run.tool_call.name, &run.desk.path);
        match self.strike(&Site::ToolCall { tool, agent }, agent, Some(run.task), Some(cause))? {
            (FaultAction::Tool(fault), cause) => Some((fault, cause)),
            _ => None,
        }
    }
}
