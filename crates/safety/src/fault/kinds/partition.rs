//! Nothing passes between groups of participants for a time (F20).
//!
//! It must not know what is in a message.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "partition": { "groups": [["world", "jury", "juror[0]"], ["juror[1]", "juror[2]"]],
//!     "when": { "from": "1s", "until": "20s" } } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::{VirtualDuration, VirtualTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, PlaceKind, in_words};
use crate::fault::{FaultAction, MessageFault, OptionProblem, Site, SiteKind, WhenOptions, matches};

/// Nothing passes between groups. Who is in none of the groups is reached by all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartitionOptions {
    /// The groups, at least two, each a list of paths or patterns in which `*` stands for any characters. Who is named in
    /// several groups belongs to the first of them.
    pub groups: Vec<Vec<String>>,
    /// What becomes of messages between groups; default `drop`.
    #[serde(default, rename = "as")]
    pub form: PartitionForm,
    /// When; `from` and `until` say how long. Default all the time.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

/// What becomes of messages between groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartitionForm {
    /// They never come.
    #[default]
    Drop,
    /// They come when the partition ends, which `until` says.
    Hold,
}

impl PartitionOptions {
    /// The number of the first group that names this path.
    fn group_of(&self, path: &str) -> Option<usize> {
        self.groups.iter().position(|group| group.iter().any(|pattern| matches(pattern, path)))
    }
}

impl DescribesFault for PartitionOptions {
    fn number(&self) -> u8 {
        20
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        let of_group = |(index, group): (usize, &'_ Vec<String>)| {
            (0..group.len()).map(move |number| (index, number)).collect::<Vec<_>>()
        };
        let places = self.groups.iter().enumerate().flat_map(of_group);
        places
            .filter_map(|(index, number)| {
                let pattern = self.groups.get(index)?.get(number)?;
                Some(Place::new(PlaceKind::Participant, &format!("groups[{index}][{number}]"), pattern))
            })
            .collect()
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        let mut problems = Vec::new();
        if self.groups.len() < 2 {
            problems.push(OptionProblem::new("groups", "fewer than two groups can't be kept apart; name at least two"));
        }
        for (index, _) in self.groups.iter().enumerate().filter(|(_, group)| group.is_empty()) {
            problems.push(OptionProblem::new(format!("groups[{index}]"), "the group is empty; name who is in it"));
        }
        if self.form == PartitionForm::Hold && self.when.until.is_none() {
            let message = "messages can only be held until a time; give `until`, or write `as: drop`";
            problems.push(OptionProblem::new("as", message));
        }
        problems
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Message]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        let Site::Message { from, to, .. } = site else { return false };
        match (self.group_of(from.as_str()), self.group_of(to.as_str())) {
            (Some(from), Some(to)) => from != to,
            _ => false,
        }
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let what = in_words(site);
        match (self.form, self.when.until) {
            (PartitionForm::Hold, Some(until)) => {
                let by = left(context.now, until);
                let (text, fault) = (format!("{what} is held for {by} by a partition"), MessageFault::Delay { by });
                Effect { form: "hold", text, action: FaultAction::Message(fault) }
            }
            _ => {
                let text = format!("{what} is dropped by a partition");
                Effect { form: "drop", text, action: FaultAction::Message(MessageFault::Drop) }
            }
        }
    }
}

/// How long it is from now until then.
fn left(now: VirtualTime, until: VirtualDuration) -> VirtualDuration {
    (VirtualTime::ZERO + until).since(now)
}
