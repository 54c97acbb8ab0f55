//! The plan of faults in a world: what is about to happen is shown to it, and what strikes is in the journal before it
//! is carried out.
//!
//! Without faults nothing is asked. This module must not know how an action is carried out.

use std::sync::{Mutex, MutexGuard, PoisonError};

use moot_core::{ActorPath, EventSequence, TaskId, VirtualTime};
use moot_safety::fault::{CancelScope, Delivery, FaultAction, FaultPlan, Fired, MessageKind, Site, SiteKind};
use tokio::sync::mpsc::UnboundedSender;

use crate::world::{World, WorldSignal};

/// The faults of a world.
#[derive(Default)]
pub(crate) struct Faults(Option<Planned>);

struct Planned {
    /// What it touches, asked without a lock.
    touched: FaultPlan,
    plan: Mutex<FaultPlan>,
    signals: UnboundedSender<WorldSignal>,
}

impl Faults {
    /// Those of a plan; none when it is empty.
    pub(crate) fn new(plan: FaultPlan, signals: &UnboundedSender<WorldSignal>) -> Self {
        if plan.is_empty() {
            return Self(None);
        }
        Self(Some(Planned { touched: plan.clone(), plan: Mutex::new(plan), signals: signals.clone() }))
    }

    /// None at all.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Whether any fault may strike at sites of this kind.
    pub(crate) fn touches(&self, kind: SiteKind) -> bool {
        self.0.as_ref().is_some_and(|planned| planned.touched.touches(kind))
    }

    /// When the run has to be looked at even if nothing happens.
    pub(crate) fn wakes(&self) -> Vec<VirtualTime> {
        self.0.as_ref().map(|planned| planned.touched.wakes()).unwrap_or_default()
    }

    /// How often which fault has struck.
    pub(crate) fn fired(&self) -> Fired {
        self.0.as_ref().map(|planned| planned.plan().fired().clone()).unwrap_or_default()
    }
}

impl Planned {
    fn plan(&self) -> MutexGuard<'_, FaultPlan> {
        // A panic under the lock would be one of the plan's own code, which only counts.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// Whether any fault may strike at sites of this kind: to be asked first. None does when the run is over and actors
    /// hand over what they have.
    pub(crate) fn is_struck_at(&self, kind: SiteKind) -> bool {
        self.faults().touches(kind) && !self.is_stopping()
    }

    /// Shows the plan what is about to happen; what strikes, with the number of its event.
    #[inline]
    pub(crate) fn strike(
        &self,
        site: &Site<'_>,
        whose: &ActorPath,
        task: Option<TaskId>,
        cause: Option<EventSequence>,
    ) -> Option<(FaultAction, EventSequence)> {
        let planned = self.faults().0.as_ref()?;
        self.strike_by(planned, site, whose, task, cause)
    }

    #[cold]
    fn strike_by(
        &self,
        planned: &Planned,
        site: &Site<'_>,
        whose: &ActorPath,
        task: Option<TaskId>,
        cause: Option<EventSequence>,
    ) -> Option<(FaultAction, EventSequence)> {
        if !self.is_struck_at(site.kind()) {
            return None;
        }
        let next = self.log().next();
        let strike = planned.plan().strike(site, self.now(), next)?;
        let event = strike.event(task);
        let cause = self.append(whose, cause, event);
        Some((strike.action, cause))
    }

    /// What becomes of a message between participants; `None` for one that is delivered as it is.
    #[inline]
    pub(crate) fn fate(
        &self,
        edge: (&ActorPath, &ActorPath),
        kind: MessageKind,
        task: TaskId,
        cause: EventSequence,
    ) -> Option<(Delivery, EventSequence)> {
        let planned = self.faults().0.as_ref()?;
        self.fate_by(planned, edge, kind, task, cause)
    }

    #[cold]
    fn fate_by(
        &self,
        planned: &Planned,
        (from, to): (&ActorPath, &ActorPath),
        kind: MessageKind,
        task: TaskId,
        cause: EventSequence,
    ) -> Option<(Delivery, EventSequence)> {
        if !self.is_struck_at(SiteKind::Message) {
            return None;
        }
        let next = self.log().next();
        let delivery = planned.plan().deliver(from, to, kind, self.now(), next);
        if delivery.is_plain() {
            return None;
        }
        let mut cause = cause;
        for strike in &delivery.strikes {
            cause = self.append(from, Some(cause), strike.event(Some(task)));
        }
        Some((delivery, cause))
    }

    /// Something has happened, or it is time to look: the run may be called off by the plan.
    pub(crate) fn look_at_progress(&self) {
        let Some(planned) = self.faults().0.as_ref().filter(|planned| planned.touched.touches(SiteKind::Progress))
        else {
            return;
        };
        if let Some((FaultAction::Cancel(scope), _)) = self.strike(&Site::Progress, &ActorPath::world(), None, None) {
            // The world's end of the channel lives as long as its actors.
            let _ = planned.signals.send(WorldSignal::Cancelled { whole_run: scope == CancelScope::Run });
        }
    }
}
