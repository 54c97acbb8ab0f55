//! `set_mode` and `enter_plan_mode`: change the permission mode that the caller's next calls are judged by.
//!
//! A tool has one effect, whatever its arguments. `set_mode` can widen what the caller may do, so it counts as a
//! change: in default mode somebody is asked, and in plan mode whatever rules allow. `enter_plan_mode` can only narrow
//! it, so it counts as a look, which every mode lets pass. An agent that was spawned is held by its parent's rights in
//! any mode, and by the mode that it was asked to work in.
//!
//! ```
//! use moot_core::{ActorPath, ToolErrorCode};
//! use moot_tool::{ToolContext, builtin::EnterPlanMode, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("scribe").unwrap());
//! let result = testing::call(EnterPlanMode, "{}", context);
//! assert_eq!(result.error, Some(ToolErrorCode::Denied), "there are no modes here");
//! ```

use moot_core::{Access, Claim, PermissionMode, Placement, ToolEffect, Touch};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::{PERMISSION_MODES, one_of};
use crate::{Tool, ToolContext, ToolFailure};

/// Changes the caller's permission mode to any other.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetMode;

/// Changes the caller's permission mode to `plan`.
#[derive(Debug, Clone, Copy, Default)]
pub struct EnterPlanMode;

/// What `set_mode` takes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetModeArguments {
    /// The mode: default asks before changes, plan denies them, auto lets everything pass. Rules hold in every mode.
    #[schemars(schema_with = "modes")]
    pub mode: PermissionMode,
}

/// What `enter_plan_mode` takes: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterPlanModeArguments {}

fn modes(_: &mut SchemaGenerator) -> Schema {
    one_of(&PERMISSION_MODES)
}

/// Whether calls of this tool change their caller's permission mode, so that its further calls have to wait for them.
#[must_use]
pub fn changes_mode(tool: &str) -> bool {
    matches!(tool, "set_mode" | "enter_plan_mode")
}

impl Tool for SetMode {
    type Arguments = SetModeArguments;

    fn name(&self) -> &str {
        "set_mode"
    }

    fn description(&self) -> &str {
        "Changes the permission mode in which you work, from the very next call on."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    fn touch(&self, _arguments: &SetModeArguments) -> Touch {
        Touch::claims([Claim::entity("mode", "", Access::Write)])
    }

    async fn run(&self, arguments: SetModeArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        change(arguments.mode, context).await
    }
}

impl Tool for EnterPlanMode {
    type Arguments = EnterPlanModeArguments;

    fn name(&self) -> &str {
        "enter_plan_mode"
    }

    fn description(&self) -> &str {
        "Changes your permission mode to plan, from the very next call on: you can look at everything and change \
         nothing."
    }

    fn effect(&self) -> ToolEffect {
        ToolEffect::Read
    }

    fn placement(&self) -> Placement {
        Placement::Inside
    }

    async fn run(&self, _: EnterPlanModeArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        change(PermissionMode::Plan, context).await
    }
}

async fn change(mode: PermissionMode, context: &ToolContext) -> Result<String, ToolFailure> {
    let modes = &context.ports.modes;
    let before = modes.mode(&context.caller);
    modes.set_mode(&context.caller, mode).await?;
    if before == mode {
        return Ok(format!("the mode is {}, as before", mode.as_str()));
    }
    Ok(format!("the mode is now {}; it was {}", mode.as_str(), before.as_str()))
}
