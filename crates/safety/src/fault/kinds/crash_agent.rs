//! An agent's machine panics: before it asks its model, while the answer is out, or when it has the answer (F1).
//!
//! It must not know what becomes of the agent.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "crash_agent": { "agent": "jury/juror[*]", "moment": "during_model", "when": { "nth": 1 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, PlaceKind, anywhere};
use crate::fault::{FaultAction, Moment, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions, matches};

/// An agent's machine panics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CrashAgentOptions {
    /// Which agents, by path: a pattern in which `*` stands for any characters; default all.
    #[serde(default = "anywhere")]
    pub agent: String,
    /// When within a step: a moment or a list of them; default all three. Visits are counted for each moment by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<OneOrMany<Moment>>,
    /// When and how often; default at every visit.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for CrashAgentOptions {
    fn number(&self) -> u8 {
        1
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        vec![Place::new(PlaceKind::Agent, "agent", &self.agent)]
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        let is_empty = self.moment.as_ref().is_some_and(|moments| moments.as_slice().is_empty());
        let message = "no moment is named; write one or more, or leave `moment` out for all";
        is_empty.then(|| OptionProblem::new("moment", message)).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::AgentStep]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        matches!(site, Site::AgentStep { agent, moment }
            if matches(&self.agent, agent.as_str())
                && self.moment.as_ref().is_none_or(|moments| moments.contains(moment)))
    }

    fn effect(&self, site: &Site<'_>, _: Context) -> Effect {
        crash_at(site)
    }
}

/// A crash of an agent's machine at a moment of its step.
pub(super) fn crash_at(site: &Site<'_>) -> Effect {
    let (agent, moment) = match site {
        Site::AgentStep { agent, moment } => (agent.as_str(), *moment),
        _ => ("an agent", Moment::BeforeModel),
    };
    let when = match moment {
        Moment::BeforeModel => "before it asks its model",
        Moment::DuringModel => "while its model's answer is out",
        Moment::AfterModel => "when it has its model's answer",
    };
    Effect { form: moment.as_str(), text: format!("{agent} crashes {when}"), action: FaultAction::Crash }
}
