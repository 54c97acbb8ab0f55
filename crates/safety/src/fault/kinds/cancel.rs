//! The run, or its open tasks, are called off at a time or an event, as if a user did (F26).
//!
//! It must not know what is under way then.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "cancel": { "what": "tasks", "when": { "at_event": 40 } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place};
use crate::fault::{CancelScope, FaultAction, OptionProblem, Site, SiteKind, WhenOptions};

/// The run, or its open tasks, are called off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelOptions {
    /// What; default `run`.
    #[serde(default = "the_run")]
    pub what: CancelScope,
    /// When: `at`, `at_event`, or a `probability` at every event.
    pub when: WhenOptions,
}

const fn the_run() -> CancelScope {
    CancelScope::Run
}

impl DescribesFault for CancelOptions {
    fn number(&self) -> u8 {
        26
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Vec::new()
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        let when = &self.when;
        let is_said = when.at.is_some() || when.at_event.is_some() || when.probability.is_some();
        let message = "everything would be called off at once; give `at`, `at_event` or `probability`";
        (!is_said).then(|| OptionProblem::new("when", message)).into_iter().collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Progress]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        matches!(site, Site::Progress)
    }

    fn effect(&self, _: &Site<'_>, _: Context) -> Effect {
        let (form, text) = match self.what {
            CancelScope::Run => ("run", "the run is called off"),
            CancelScope::Tasks => ("tasks", "the open tasks are called off"),
        };
        Effect { form, text: text.to_owned(), action: FaultAction::Cancel(self.what) }
    }
}
