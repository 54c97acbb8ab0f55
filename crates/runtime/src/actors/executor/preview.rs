//! What a call would change: shown to the person who is asked to approve it, and looked at once more before a call runs
//! that they approved as it was shown.

use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use moot_core::{Approval, EventSequence, Text};
use moot_mind::flow::{FlowInput, FlowStep};

use super::{ExecutorMessage, ExecutorState};
use crate::actors::address::Address;
use crate::actors::body::{guarded, post};
use crate::actors::person::{ApprovalRequest, PersonMessage};

impl ExecutorState {
    /// Finds out what the call would change, then asks the person.
    pub(super) fn ask(&mut self, myself: &Address<ExecutorMessage>, number: u64, reason: Text) -> Option<FlowInput> {
        self.stop_timer(number);
        self.calls.get_mut(&number)?.ask_reason = reason;
        self.preview(myself, number)
    }

    /// Finds out what the call would change. Gives what the call's machine is fed when that is known at once.
    pub(super) fn preview(&mut self, myself: &Address<ExecutorMessage>, number: u64) -> Option<FlowInput> {
        let context = self.context(number)?;
        let prepared = self.calls.get(&number)?.prepared.clone()?;
        let mut future = Box::pin(async move { prepared.preview(&context).await.map(Text::from) });
        let difference = match guarded(|| future.as_mut().poll(&mut Context::from_waker(Waker::noop()))) {
            Ok(Poll::Ready(difference)) => difference,
            Ok(Poll::Pending) => {
                let myself = myself.clone();
                self.running.spawn(async move {
                    let difference = std::panic::AssertUnwindSafe(future).catch_unwind().await.unwrap_or(None);
                    post(&myself, ExecutorMessage::Previewed { number, difference });
                });
                return None;
            }
            // What can't be shown is asked about without.
            Err(_) => None,
        };
        // It holds the prepared call, which is to run next.
        drop(future);
        self.previewed(myself, number, difference)
    }

    /// It is known what the call would change. Gives what the call's machine is fed, when something is.
    pub(super) fn previewed(
        &mut self,
        myself: &Address<ExecutorMessage>,
        number: u64,
        difference: Option<Text>,
    ) -> Option<FlowInput> {
        let call = self.calls.get_mut(&number)?;
        match call.flow.waits_for() {
            FlowStep::Asking => {
                call.shown = difference.clone();
                self.ask_person(myself, number, difference);
                None
            }
            FlowStep::Running if call.shown == difference => self.run_tool(myself, number),
            FlowStep::Running => Some(FlowInput::Outdated),
            // The call has ended meanwhile.
            _ => None,
        }
    }

    fn ask_person(&mut self, myself: &Address<ExecutorMessage>, number: u64, difference: Option<Text>) {
        let difference = difference.map(|difference| self.world.masked(difference));
        let Some(call) = self.calls.get_mut(&number) else { return };
        let request = ApprovalRequest {
            agent: call.run.desk.path.clone(),
            task: call.run.task,
            call: call.flow.call().clone(),
            touch: call.flow.touch().cloned().unwrap_or_default(),
            difference,
            reason: call.ask_reason.clone(),
            reply_to: myself.clone(),
            number,
            cause: call.cause,
        };
        post(&self.bench.person, PersonMessage::Approve(Box::new(request)));
    }

    pub(super) fn approved(
        &mut self,
        myself: &Address<ExecutorMessage>,
        number: u64,
        approval: Approval,
        cause: EventSequence,
    ) {
        self.restart_timer(myself, number);
        let Some(call) = self.calls.get_mut(&number) else { return };
        call.cause = cause;
        if let Approval::Granted(scope) = &approval {
            let (tool, touch) = (call.flow.call().name.clone(), call.flow.touch().cloned().unwrap_or_default());
            call.run.desk.rights().grant(&tool, scope.clone(), &touch);
        }
        self.feed(myself, number, FlowInput::Approval(approval));
    }
}
