//! What the world keeps of an agent that acts: its rights, its tools, whom it may start, and by whom it was started.
//!
//! A desk is opened at an agent's first tool call, or when an agent is started by another. Its rights are changed in
//! place, so that the very next call is judged by them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use moot_core::port::{Caller, Modes, PortError, PortFuture, Skills};
use moot_core::{ActorPath, Decision, EventKind, EventSequence, PermissionMode, Text, Verdict};
use moot_mind::policy::{Question, Rights, judge};
use moot_tool::skills::SkillLibrary;

use crate::actors::participant::Budgets;
use crate::world::World;

static UNRESTRICTED: LazyLock<Decision> =
    LazyLock::new(|| Decision::new(Verdict::Allow, "unrestricted", "nothing is asked of this agent"));

/// What is decided where nothing is ever asked.
pub(crate) fn unrestricted() -> Decision {
    UNRESTRICTED.clone()
}

/// What an agent starts with.
pub(crate) struct Desk {
    pub(crate) path: ActorPath,
    /// What its randomness is addressed by.
    pub(crate) address: Text,
    pub(crate) tools: Arc<[Text]>,
    /// Whom it may start.
    pub(crate) spawns: Arc<[Text]>,
    pub(crate) skills: Arc<[Text]>,
    pub(crate) team: Text,
    /// How many agents stand between it and the scenario: 0 for one that the scenario declares.
    pub(crate) depth: u32,
    /// The agent that started it; its rights hold here as well.
    pub(crate) parent: Option<Arc<Desk>>,
    pub(crate) rights: Mutex<Rights>,
    /// The mode that it works in until it is changed.
    pub(crate) first_mode: PermissionMode,
    /// The mode that it was asked to work in by who started it: none that forbids less can be set.
    pub(crate) asked_mode: Option<PermissionMode>,
    /// Whether nothing is asked of its own rights.
    pub(crate) unrestricted: AtomicBool,
    /// The number of the last thing that happened to one of its calls.
    pub(crate) cause: AtomicU64,
    /// What its model calls are held against at present, and so those of the agents that it starts.
    pub(crate) budgets: Mutex<Budgets>,
    /// Whether it has started agents.
    pub(crate) has_started: AtomicBool,
}

impl Desk {
    pub(crate) fn rights(&self) -> MutexGuard<'_, Rights> {
        // No code that can panic runs under the lock.
        self.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the mode, effective on the next judgement; whether it was another.
    pub(crate) fn set_mode(&self, mode: PermissionMode) -> bool {
        let mut rights = self.rights();
        let before = std::mem::replace(&mut rights.mode, mode);
        self.unrestricted.store(is_unrestricted(&rights), Ordering::Relaxed);
        before != mode
    }

    /// Judges a call by this desk's rights and those of every desk above it: the strictest decision holds.
    pub(crate) fn judge(&self, question: &Question<'_>) -> Decision {
        if self.is_unrestricted() {
            return unrestricted();
        }
        if self.parent.is_none() {
            return judge([&*self.rights()], question);
        }
        let mut guards = Vec::new();
        let mut desk = Some(self);
        while let Some(here) = desk {
            guards.push(here.rights());
            desk = here.parent.as_deref();
        }
        judge(guards.iter().map(|guard| &**guard), question)
    }

    /// Whether nothing is ever asked, neither here nor above.
    pub(crate) fn is_unrestricted(&self) -> bool {
        self.unrestricted.load(Ordering::Relaxed) && self.parent.as_ref().is_none_or(|parent| parent.is_unrestricted())
    }

    pub(crate) fn set_cause(&self, cause: EventSequence) {
        self.cause.store(cause.0, Ordering::Relaxed);
    }

    /// What led to what a call of this agent does now.
    pub(crate) fn cause(&self) -> Option<EventSequence> {
        Some(self.cause.load(Ordering::Relaxed)).filter(|cause| *cause != NO_CAUSE).map(EventSequence)
    }

    pub(crate) fn budgets(&self) -> Budgets {
        self.budgets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_budgets(&self, budgets: &Budgets) {
        let mut held = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.is_same(budgets) {
            *held = budgets.clone();
        }
    }

    pub(crate) fn note_started(&self) {
        self.has_started.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_started(&self) -> bool {
        self.has_started.load(Ordering::Relaxed)
    }
}

/// Stands for no cause.
pub(crate) const NO_CAUSE: u64 = u64::MAX;

/// The desks of a world by path.
#[derive(Default)]
pub(crate) struct Desks {
    open: Mutex<BTreeMap<ActorPath, Arc<Desk>>>,
}

impl Desks {
    pub(crate) fn open(&self, desk: Desk) -> Arc<Desk> {
        let desk = Arc::new(desk);
        self.locked().insert(desk.path.clone(), Arc::clone(&desk));
        desk
    }

    pub(crate) fn of(&self, path: &ActorPath) -> Option<Arc<Desk>> {
        self.locked().get(path).cloned()
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<ActorPath, Arc<Desk>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing is ever asked of these rights: everything passes, and no name is protected.
pub(crate) fn is_unrestricted(rights: &Rights) -> bool {
    let options = rights.policy.options();
    rights.mode == PermissionMode::Auto && options.rules.is_empty() && !options.protect
}

/// How much a mode forbids, compared to others.
pub(crate) const fn strictness(mode: PermissionMode) -> u8 {
    match mode {
        PermissionMode::Auto => 0,
        PermissionMode::Default => 1,
        PermissionMode::Plan => 2,
    }
}

/// The permission modes as tools see them.
pub(crate) struct ModesPort(pub(crate) Arc<World>);

impl Modes for ModesPort {
    fn mode(&self, caller: &Caller) -> PermissionMode {
        self.0.desks().of(&caller.agent).map_or(PermissionMode::Plan, |desk| desk.rights().mode)
    }

    fn set_mode<'a>(&'a self, caller: &'a Caller, mode: PermissionMode) -> PortFuture<'a, ()> {
        Box::pin(async move {
            let desk = self.0.desks().of(&caller.agent).ok_or(PortError::Unavailable { port: "permission mode" })?;
            if let Some(asked) = desk.asked_mode.filter(|asked| strictness(mode) < strictness(*asked)) {
                let (asked, mode) = (asked.as_str(), mode.as_str());
                let reason = format!("you were started in mode {asked}, which mode {mode} would widen");
                return Err(PortError::Denied { reason });
            }
            desk.set_mode(mode);
            self.0.record(&caller.agent, desk.cause(), EventKind::ModeChanged { task: caller.task, mode });
            Ok(())
        })
    }
}

/// The skills as tools see them: each agent those that it was given.
pub(crate) struct SkillsPort {
    pub(crate) world: Arc<World>,
    pub(crate) library: Arc<SkillLibrary>,
}

impl Skills for SkillsPort {
    fn body<'a>(&'a self, caller: &'a Caller, name: &'a str) -> PortFuture<'a, Text> {
        let given = self.world.desks().of(&caller.agent).map(|desk| Arc::clone(&desk.skills)).unwrap_or_default();
        Box::pin(std::future::ready(self.library.body(&given, name)))
    }
}
