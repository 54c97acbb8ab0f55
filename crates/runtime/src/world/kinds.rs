//! What agents of one declaration share, made once for a run of agents that are alike.

use std::sync::Arc;

use moot_core::port::Outputs;
use moot_core::random::RandomKey;
use moot_core::{PermissionMode, Text};
use moot_mind::TurnOptions;
use moot_mind::compaction::CompactionOptions;
use moot_mind::policy::Policy;
use moot_tool::Toolbox;

use super::WorldError;
use super::books::Held;
use super::start::{Gateway, specification};
use crate::actors::address::Address;
use crate::actors::agent::{AgentKind, CompactionPlan, Summariser};
use crate::actors::executor::ExecutorMessage;
use crate::actors::memory::MemoryMessage;
use crate::actors::team::TeamMessage;
use crate::hooks::HookSet;
use crate::spec::{AgentSpec, PromptPlan};

/// Makes the kinds.
pub(super) struct Kinds<'a> {
    pub(super) seed: u64,
    pub(super) replicate: u32,
    pub(super) toolbox: &'a Arc<Toolbox>,
    pub(super) gateways: &'a [Gateway],
    pub(super) executor: &'a Address<ExecutorMessage>,
    pub(super) memory: &'a Address<MemoryMessage>,
    pub(super) team: &'a Address<TeamMessage>,
    pub(super) hooks: &'a Arc<HookSet>,
    pub(super) outputs: &'a Arc<dyn Outputs>,
    pub(super) last: Option<(AgentLikeness, Arc<AgentKind>)>,
}

/// What two agents must have in common to share an [`AgentKind`].
#[derive(PartialEq)]
pub(super) struct AgentLikeness {
    group: Text,
    model: usize,
    tools: Arc<[Text]>,
    prompt: Arc<PromptPlan>,
    /// The policy by address: agents of one declaration share it, and comparing rules would take long.
    policy: *const Policy,
    mode: PermissionMode,
    spawns: Arc<[Text]>,
    skills: Arc<[Text]>,
    team: Option<Text>,
    compaction: Option<Arc<(CompactionOptions, Option<usize>)>>,
    held: Held,
    limits: TurnOptions,
    keep_transcript: bool,
}

impl Kinds<'_> {
    pub(super) fn of(&mut self, spec: &AgentSpec, held: Held) -> Result<Arc<AgentKind>, WorldError> {
        let likeness = AgentLikeness {
            group: spec.group.clone(),
            model: spec.model,
            tools: Arc::clone(&spec.tools),
            prompt: Arc::clone(&spec.prompt),
            policy: Arc::as_ptr(&spec.rights.policy),
            mode: spec.rights.mode,
            spawns: Arc::clone(&spec.spawns),
            skills: Arc::clone(&spec.skills),
            team: spec.team.clone(),
            compaction: spec.compaction.clone(),
            held,
            limits: spec.limits,
            keep_transcript: spec.keep_transcript,
        };
        if let Some((last, kind)) = &self.last
            && *last == likeness
        {
            return Ok(Arc::clone(kind));
        }
        let kind = Arc::new(self.make(spec, held)?);
        self.last = Some((likeness, Arc::clone(&kind)));
        Ok(kind)
    }

    fn make(&self, spec: &AgentSpec, budget: Held) -> Result<AgentKind, WorldError> {
        let (gateway, model_name, placement) =
            self.gateways.get(spec.model).ok_or_else(|| specification(&spec.path, "its model is not in the world"))?;
        if let Some(unknown) = spec.tools.iter().find(|name| !self.toolbox.contains(name)) {
            return Err(specification(&spec.path, &format!("its tool {unknown} is not in the world")));
        }
        Ok(AgentKind {
            gateway: gateway.clone(),
            executor: self.executor.clone(),
            memory: self.memory.clone(),
            team_actor: self.team.clone(),
            model_name: model_name.clone(),
            model_placement: *placement,
            tools: Arc::clone(&spec.tools),
            tool_specs: self.toolbox.specs(&spec.tools),
            prompt: Arc::clone(&spec.prompt),
            limits: spec.limits,
            keep_transcript: spec.keep_transcript,
            group: spec.group.clone(),
            group_random: RandomKey::new(self.seed, self.replicate, &spec.group),
            hooks: Arc::clone(self.hooks),
            rights: spec.rights.clone(),
            spawns: Arc::clone(&spec.spawns),
            skills: Arc::clone(&spec.skills),
            team: spec.team.clone().unwrap_or_else(|| spec.group.clone()),
            declares_team: spec.team.is_some(),
            compaction: self.compaction(spec)?,
            budgets: budget.into_iter().collect(),
        })
    }

    fn compaction(&self, spec: &AgentSpec) -> Result<Option<Arc<CompactionPlan>>, WorldError> {
        let Some(compaction) = &spec.compaction else { return Ok(None) };
        let (options, model) = &**compaction;
        let summariser = match model {
            None => None,
            Some(model) => {
                let missing = || specification(&spec.path, "the model that summarises is not in the world");
                let (gateway, ..) = self.gateways.get(*model).ok_or_else(missing)?;
                Some(Summariser { gateway: gateway.clone() })
            }
        };
        Ok(Some(Arc::new(CompactionPlan { options: options.clone(), summariser, outputs: Arc::clone(self.outputs) })))
    }
}
