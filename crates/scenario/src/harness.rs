//! What the agent runtime is given beside agents, checked and read: hooks, prices, skills, the person, what is behind
//! the tools.
//!
//! This module must not know files or positions.
//!
//! ```
//! use moot_scenario::HarnessPlan;
//!
//! assert!(HarnessPlan::default().hooks.is_empty());
//! ```

use std::collections::BTreeMap;

use moot_core::{ToolEffect, ToolSpec};
use moot_mind::hook::HookOptions;
use moot_model::PriceBook;
use moot_tool::builtin::kit;
use moot_tool::builtin::run_program::ProgramOptions;
use moot_tool::builtin::web_search::CorpusOptions;
use moot_tool::person::PersonOptions;
use moot_tool::shell::ShellOptions;
use moot_tool::skills::SkillLibrary;

use crate::file::{Budgets, GatewayOptions, SpawnOptions, ToolTimingOptions};

/// What is known of every tool that a scenario may name, the custom ones among them. What a custom tool can do is known
/// no sooner than in the program that has it, so each is there with every effect.
#[must_use]
pub fn tool_specs<'n>(custom: impl IntoIterator<Item = &'n str>) -> Vec<ToolSpec> {
    let effects = [ToolEffect::Read, ToolEffect::Write, ToolEffect::Execute, ToolEffect::Network, ToolEffect::Spawn];
    let mut specs: Vec<ToolSpec> = kit::specs().to_vec();
    for name in custom {
        specs.extend(effects.into_iter().map(|effect| ToolSpec {
            name: name.into(),
            description: "".into(),
            schema: serde_json::Value::Bool(true),
            effect,
        }));
    }
    specs
}

/// What the agent runtime is given beside agents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HarnessPlan {
    /// How the models are asked, by their names; one that is not there has the defaults.
    pub gateways: BTreeMap<String, GatewayOptions>,
    /// What tokens cost, for models that don't say.
    pub prices: Option<PriceBook>,
    /// The budget of the run, under its own name, and those of councils.
    pub budgets: Budgets,
    /// The hooks by name.
    pub hooks: BTreeMap<String, HookOptions>,
    /// Who may be asked.
    pub person: Option<PersonOptions>,
    /// The skills.
    pub skills: SkillLibrary,
    /// What the simulated shell answers.
    pub shell: Option<ShellOptions>,
    /// What a web search finds.
    pub corpus: Option<CorpusOptions>,
    /// The limits of programs.
    pub programs: Option<ProgramOptions>,
    /// How long calls take, by tool.
    pub tool_timing: BTreeMap<String, ToolTimingOptions>,
    /// How many agents may be started by agents.
    pub spawn: SpawnOptions,
}
