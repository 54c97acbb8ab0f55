//! Where the parts are wired together: a checked scenario and a registry become the specification of a world.

use std::sync::Arc;

use moot_core::{Text, VirtualDuration};
use moot_council::{Pattern, PatternOptions};
use moot_model::{Model, ModelOptions};
use moot_runtime::{AgentSpec, CouncilSpec, ModelSpec, WorldSpec};
use moot_scenario::file::ToolOptions;
use moot_scenario::{AgentPlan, Scenario};
use moot_tool::{Toolbox, ToolboxError};

use crate::{Registry, RunError};

/// The world of one replicate of a scenario, without a journal and without anybody watching.
pub(crate) fn world_spec(
    scenario: &Scenario,
    registry: &Registry,
    seed: u64,
    replicate: u32,
) -> Result<WorldSpec, RunError> {
    let mut spec = WorldSpec::new(scenario.name.as_str(), scenario.root.clone());
    spec.seed = seed;
    spec.replicate = replicate;
    for (name, options) in &scenario.models {
        spec.models.push(model_spec(name, options, registry, seed, replicate)?);
    }
    spec.toolbox = Arc::new(toolbox(scenario, registry)?);
    for (name, ToolOptions::Custom(custom)) in &scenario.tools {
        spec.tool_latency.insert(Text::from(name.as_str()), custom.latency);
    }
    spec.agents = agents(scenario);
    for council in &scenario.councils {
        let pattern = pattern(&council.pattern, registry)
            .map_err(|problem| RunError::Custom { place: format!("councils.{}", council.path), problem })?;
        spec.councils.push(CouncilSpec { path: council.path.clone(), pattern, members: council.members.clone() });
    }
    spec.tasks = Box::new(scenario.tasks.tasks(seed, replicate));
    spec.tasks_at_once = scenario.at_once;
    spec.tolerate_failed = scenario.tolerate_failed;
    spec.files = scenario.workspace.clone();
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
    for tool in moot_tool::builtin::all() {
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

fn agents(scenario: &Scenario) -> Vec<AgentSpec> {
    let spec = |plan: &AgentPlan| AgentSpec {
        address: plan.address.clone(),
        group: plan.group.clone(),
        tools: Arc::clone(&plan.tools),
        instructions: plan.instructions.clone(),
        limits: plan.limits,
        keep_transcript: plan.keep_transcript,
        ..AgentSpec::new(plan.path.clone(), plan.model)
    };
    scenario.agents.iter().map(spec).collect()
}

fn pattern(options: &PatternOptions, registry: &Registry) -> Result<Arc<dyn Pattern>, String> {
    match options {
        PatternOptions::Custom(custom) => registry.make_pattern(&custom.name, &custom.options),
        built_in => built_in.build().ok_or_else(|| format!("the pattern {} is not built in", built_in.name())),
    }
}
