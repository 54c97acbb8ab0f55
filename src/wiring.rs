//! Where the parts are wired together: a checked scenario and a registry become the specification of a world.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moot_core::{Text, VirtualDuration};
use moot_council::{Pattern, PatternOptions};
use moot_journal::Measured;
use moot_mind::hook::HookActionOptions;
use moot_mind::policy::{Policy, Rights};
use moot_mind::prompt::{PromptOptions, PromptSections};
use moot_model::{Model, ModelOptions};
use moot_runtime::{
    AgentSpec, AskPerson, CouncilSpec, HookSet, HookSpec, Masking, ModelSpec, PersonSpec, PromptPlan, SpawnLimits,
    ToolSettings, WorldSpec,
};
use moot_scenario::file::{RUN_BUDGET, ToolOptions};
use moot_scenario::{AgentPlan, Scenario, Secrets};
use moot_tool::builtin::kit::Kit;
use moot_tool::person::PersonOptions;
use moot_tool::{Toolbox, ToolboxError};

use crate::{Registry, RunError, real_folders};

/// The world of one replicate of a scenario, without a journal and without anybody watching.
pub(crate) fn world_spec(
    scenario: &Scenario,
    registry: &Registry,
    seed: u64,
    replicate: u32,
    only_repeats: bool,
) -> Result<WorldSpec, RunError> {
    let mut spec = WorldSpec::new(scenario.name.as_str(), scenario.root.clone());
    spec.seed = seed;
    spec.replicate = replicate;
    for (name, options) in &scenario.models {
        let mut model = model_spec(name, options, registry, seed, replicate)?;
        let asked = scenario.harness.gateways.get(name).cloned().unwrap_or_default();
        (model.retry, model.limits, model.breaker) = (asked.retry, asked.limits, asked.breaker);
        model.price = scenario.harness.prices.as_ref().and_then(|book| book.price(name));
        spec.models.push(model);
    }
    spec.toolbox = Arc::new(toolbox(scenario, registry)?);
    spec.tool_settings = tool_settings(scenario);
    let prompts = AgentMaker { scenario, toolbox: &spec.toolbox };
    spec.agents = scenario.agents.iter().map(|plan| prompts.spec(plan)).collect::<Result<_, _>>()?;
    spec.templates = scenario.templates.iter().map(|plan| prompts.spec(plan)).collect::<Result<_, _>>()?;
    let harness = &scenario.harness;
    spec.hooks = Arc::new(hooks(scenario, registry)?);
    spec.person = person(harness.person.as_ref(), None);
    spec.skills = Arc::new(harness.skills.clone());
    spec.budget = harness.budgets.get(RUN_BUDGET).cloned();
    spec.spawn_limits = SpawnLimits { depth_max: harness.spawn.depth_max, agents_max: harness.spawn.agents_max };
    for council in &scenario.councils {
        let pattern = pattern(&council.pattern, registry)
            .map_err(|problem| RunError::Custom { place: format!("councils.{}", council.path), problem })?;
        let budget = harness.budgets.get(council.path.as_str()).cloned();
        let (path, members, names) = (council.path.clone(), council.members.clone(), council.names.clone());
        spec.councils.push(CouncilSpec { path, pattern, members, names, budget });
    }
    spec.tasks = Box::new(scenario.tasks.tasks(seed, replicate));
    spec.tasks_at_once = scenario.at_once;
    spec.mailbox_max = scenario.mailbox_max;
    spec.supervision = Some(Arc::clone(&scenario.supervision));
    spec.restarts_max = scenario.restarts_max;
    spec.faults = (0..).zip(scenario.faults.iter().cloned()).collect();
    spec.tolerate_failed = scenario.tolerate_failed;
    let wanted = scenario.measure.iter().chain(scenario.expect.metrics.keys());
    spec.measured = Measured::of(wanted.map(String::as_str));
    spec.workspace = real_folders::workspace(scenario, only_repeats)?;
    spec.notes = real_folders::read_notes(scenario)?;
    spec.mask = (!scenario.secrets.is_empty()).then(|| Arc::new(SecretMask(scenario.secrets.clone())) as _);
    Ok(spec)
}

fn model_spec(
    name: &str,
    options: &ModelOptions,
    registry: &Registry,
    seed: u64,
    replicate: u32,
) -> Result<ModelSpec, RunError> {
    if let ModelOptions::Custom(custom) = options {
        let place = format!("models.{name}");
        let make = |problem| RunError::Custom { place, problem };
        // Made once here, so that wrong options are told before the run; the factory makes the ones that play.
        drop(registry.make_model(&custom.name, &custom.options).map_err(make)?);
    }
    let outside_latency = match options {
        ModelOptions::Custom(custom) => custom.latency,
        _ => VirtualDuration::ZERO,
    };
    let (options, registry) = (options.clone(), registry.clone());
    let spec = ModelSpec::new(name, move || -> Arc<dyn Model> {
        match &options {
            ModelOptions::Custom(custom) => match registry.make_model(&custom.name, &custom.options) {
                Ok(model) => model,
                Err(problem) => Arc::new(Unmade(problem)),
            },
            built_in => match built_in.build(seed, replicate) {
                Some(model) => model,
                None => Arc::new(Unmade("it is not built in".to_owned())),
            },
        }
    });
    Ok(ModelSpec { outside_latency, ..spec })
}

/// Stands for a model whose maker refused at a restart what it had accepted at the start.
struct Unmade(String);

impl Model for Unmade {
    fn answer(&self, _: &moot_model::ModelRequest) -> Result<moot_core::ModelReply, moot_core::ModelFailure> {
        let message = format!("the model could not be made again: {}", self.0);
        Err(moot_core::ModelFailure::new(moot_core::ModelFailureKind::InvalidRequest, message))
    }
    fn placement(&self) -> moot_core::Placement {
        moot_core::Placement::Inside
    }
}

fn toolbox(scenario: &Scenario, registry: &Registry) -> Result<Toolbox, RunError> {
    let mut toolbox = Toolbox::new();
    let harness = &scenario.harness;
    let kit = Kit { shell: harness.shell.clone(), corpus: harness.corpus.clone(), programs: harness.programs.clone() };
    // A world carries no tools that nobody in it may call: making them all takes longer than a small run.
    let plans = scenario.agents.iter().chain(&scenario.templates);
    let called: BTreeSet<&Text> = plans.flat_map(|plan| plan.tools.iter()).collect();
    for tool in called.into_iter().filter_map(|name| kit.tool(name)) {
        let wrong =
            |problem: ToolboxError| RunError::Custom { place: "tools".to_owned(), problem: problem.to_string() };
        toolbox.add_erased(tool).map_err(wrong)?;
    }
    for (name, ToolOptions::Custom(custom)) in &scenario.tools {
        let wrong = |problem| RunError::Custom { place: format!("tools.{name}"), problem };
        let made = registry.make_tool(&custom.name, &custom.options).map_err(wrong)?;
        if *made.spec().name != **name {
            return Err(wrong(format!("the tool calls itself {:?}; declare it under that name", made.spec().name)));
        }
        toolbox.add_erased(made).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(toolbox)
}

/// Hides the scenario's secrets in whatever comes from the outside.
struct SecretMask(Secrets);

impl Masking for SecretMask {
    fn whole(&self, text: &str) -> Option<String> {
        match self.0.mask(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => Some(masked),
        }
    }

    fn beginning(&self, text: &str) -> (String, usize) {
        self.0.mask_beginning(text)
    }
}

/// What is said of tools beside their own options.
fn tool_settings(scenario: &Scenario) -> BTreeMap<Text, ToolSettings> {
    let mut settings: BTreeMap<Text, ToolSettings> = BTreeMap::new();
    for (name, ToolOptions::Custom(custom)) in &scenario.tools {
        settings.entry(Text::from(name.as_str())).or_default().latency = custom.latency;
    }
    for (name, timing) in &scenario.harness.tool_timing {
        let of_tool = settings.entry(Text::from(name.as_str())).or_default();
        of_tool.latency = of_tool.latency + timing.latency;
        of_tool.timeout = timing.timeout;
    }
    settings
}

fn hooks(scenario: &Scenario, registry: &Registry) -> Result<HookSet, RunError> {
    let mut specs = Vec::new();
    for (name, options) in &scenario.harness.hooks {
        let wrong = |problem| RunError::Custom { place: format!("hooks.{name}"), problem };
        let closure = match &options.then {
            HookActionOptions::Custom(custom) => {
                Some(registry.make_hook(&custom.name, &custom.options).map_err(wrong)?)
            }
            HookActionOptions::Rule(_) | HookActionOptions::Command(_) => None,
        };
        specs.push(HookSpec { name: Text::from(name.as_str()), options: options.clone(), closure });
    }
    HookSet::new(specs).map_err(|problems| RunError::Custom { place: "hooks".to_owned(), problem: told(&problems) })
}

/// Who may be asked; `ask` is how somebody at a terminal is.
pub(crate) fn person(options: Option<&PersonOptions>, ask: Option<AskPerson>) -> PersonSpec {
    match (options, ask) {
        (None, _) | (Some(PersonOptions::Interactive(_)), None) => PersonSpec::Absent,
        (Some(options @ PersonOptions::Scripted(scripted)), _) => {
            PersonSpec::Scripted(scripted.clone(), options.timeout())
        }
        (Some(options @ PersonOptions::Interactive(_)), Some(ask)) => PersonSpec::Interactive(ask, options.timeout()),
    }
}

/// Makes what a world is told of its agents.
struct AgentMaker<'a> {
    scenario: &'a Scenario,
    toolbox: &'a Toolbox,
}

impl AgentMaker<'_> {
    fn spec(&self, plan: &AgentPlan) -> Result<AgentSpec, RunError> {
        let options = &plan.options;
        let team = options.team.as_deref().map(Text::from);
        let summariser = |name: &str| self.scenario.models.iter().position(|(model, _)| model == name);
        let compaction = options.compaction.clone().map(|compaction| {
            let model = compaction.summarise.as_ref().and_then(|summarise| summariser(&summarise.model));
            Arc::new((compaction, model))
        });
        Ok(AgentSpec {
            address: plan.address.clone(),
            group: plan.group.clone(),
            tools: Arc::clone(&plan.tools),
            prompt: self.prompt(plan),
            rights: self.rights(plan)?,
            spawns: options.spawns.iter().map(|name| Text::from(name.as_str())).collect(),
            skills: options.skills.iter().map(|name| Text::from(name.as_str())).collect(),
            team,
            compaction,
            budget: options.budget,
            limits: plan.limits,
            keep_transcript: plan.keep_transcript,
            ..AgentSpec::new(plan.path.clone(), plan.model)
        })
    }

    /// An agent that only has instructions has a prompt that is nothing else.
    fn prompt(&self, plan: &AgentPlan) -> Arc<PromptPlan> {
        let options = &plan.options;
        let remembers = plan.tools.iter().any(|tool| matches!(&**tool, "remember" | "recall"));
        if options.prompt.is_none() && options.skills.is_empty() && !remembers {
            return Arc::new(PromptPlan { instructions: plan.instructions.clone(), ..PromptPlan::default() });
        }
        let PromptOptions { project, memory_tokens_max, memory_notes_max } = options.prompt.clone().unwrap_or_default();
        let given: Vec<Text> = options.skills.iter().map(|name| Text::from(name.as_str())).collect();
        let sections = PromptSections {
            project: project.unwrap_or_default().into(),
            skills: self.scenario.harness.skills.lines(&given),
            tools: plan.tools.to_vec(),
            memory_tokens_max,
            ..PromptSections::default()
        };
        let (instructions, notes_max) = (plan.instructions.clone(), memory_notes_max);
        Arc::new(PromptPlan { instructions, sections: Some(sections), notes_max })
    }

    fn rights(&self, plan: &AgentPlan) -> Result<Rights, RunError> {
        let Some(permissions) = &plan.options.permissions else { return Ok(default_rights()) };
        let place = format!("agents.{}.permissions", plan.group);
        // What a custom tool can do is known only here.
        let policy = Policy::compile(permissions, &place, &self.toolbox.specs(&plan.tools));
        policy.map(Rights::of).map_err(|problems| RunError::Custom { place, problem: told(&problems) })
    }
}

/// The rights of an agent that the scenario says nothing of.
fn default_rights() -> Rights {
    AgentSpec::new(moot_core::ActorPath::world(), 0).rights
}

fn told(problems: &[moot_mind::OptionProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn pattern(options: &PatternOptions, registry: &Registry) -> Result<Arc<dyn Pattern>, String> {
    match options {
        PatternOptions::Custom(custom) => registry.make_pattern(&custom.name, &custom.options),
        built_in => built_in.build().ok_or_else(|| format!("the pattern {} is not built in", built_in.name())),
    }
}
