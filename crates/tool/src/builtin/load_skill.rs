//! `load_skill`: reads the instructions of a skill that the prompt lists by one line.
//!
//! ```
//! use moot_core::{ActorPath, ToolErrorCode};
//! use moot_tool::{ToolContext, builtin::LoadSkill, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap());
//! let result = testing::call(LoadSkill, r#"{"name": "units"}"#, context);
//! assert_eq!((result.error, &*result.content), (Some(ToolErrorCode::Denied), "no skill library is available here"));
//! ```

use moot_core::{Access, Claim, Placement, ToolEffect, Touch};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Tool, ToolContext, ToolFailure};

/// Loads a skill.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadSkill;

/// What `load_skill` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadSkillArguments {
    /// The name of the skill, as the list of your skills gives it.
    pub name: String,
}

impl Tool for LoadSkill {
    type Arguments = LoadSkillArguments;

    fn name(&self) -> &str {
        "load_skill"
    }

    fn description(&self) -> &str {
        "Gives the instructions of one of your skills. Load a skill before you do what it is for."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, arguments: &LoadSkillArguments) -> Touch {
        Touch::claims([Claim::entity("skill", arguments.name.as_str(), Access::Read)])
    }

    async fn run(&self, arguments: LoadSkillArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        let body = context.ports.skills.body(&context.caller, &arguments.name).await?;
        Ok(body.to_string())
    }
}
