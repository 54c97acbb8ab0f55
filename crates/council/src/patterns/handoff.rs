//! Handoff: one member has the floor until it hands over to another by name.
//!
//! The swarm of OpenAI's and AutoGen's handoffs: the active member speaks; a line `HANDOFF: NAME` of its own in its words
//! passes the floor to that member, and the next one hears what was said so far. A statement without such a line is the
//! answer, and ends the conversation, unless `until` says that the floor is kept. Where others leave it open, several
//! handoffs in one statement are none (ambiguous), a handoff to nobody known is told to whoever made it, and going back and
//! forth is noticed: `stop` has `ping_pong`, and by default the same two statements twice end it.
//!
//! One member acts at a time, so the order in which answers arrive can't matter.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions =
//!     serde_json::from_str(r#"{ "handoff": { "members": ["desk", "billing"] } }"#).unwrap();
//! assert!(options.check(&[1, 1]).is_empty());
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::round_robin::everything;
use super::{DescribesPattern, Named, check_members};
use crate::absence::AbsenceOptions;
use crate::ballot::quoted;
use crate::chat::{Chat, ChatPlan, Conclude, Next, STATEMENTS, Turns};
use crate::directive::{directives, named};
use crate::exposure::Exposure;
use crate::stop::{Condition, Progress};
use crate::table::{Framed, Table};
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// What a note on a handoff is called.
pub const HANDOFF: &str = "handoff";

/// The keyword by which the floor is passed on.
pub const KEYWORD: &str = "handoff";

/// One member has the floor until it hands over to another by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HandoffOptions {
    /// Who takes part: agents, groups of agents or councils; the first has the floor at the beginning.
    pub members: Vec<String>,
    /// Who may hand over to whom, by the names of members. Default: everybody to everybody.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub targets: BTreeMap<String, Vec<String>>,
    /// How many statements are made at most, from 1 to 9,000. Default: 20.
    #[serde(default = "statements")]
    #[schemars(range(min = 1, max = 9_000))]
    pub statements_max: u32,
    /// When the conversation ends before. Default: `{ ping_pong: 2 }`.
    #[serde(default = "back_and_forth", skip_serializing_if = "Option::is_none")]
    pub stop: Option<Condition>,
    /// What whoever has the floor sees of what was said. Default: all of it, whole, with names.
    #[serde(default = "everything")]
    pub exposure: Exposure,
    /// How the conversation comes to its outcome. Default: `last`, the last answer given.
    #[serde(default)]
    pub conclude: Conclude,
    /// What happens when a member does not answer as asked. A member that is lost gives the floor to the first.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

const fn statements() -> u32 {
    STATEMENTS
}

#[expect(clippy::unnecessary_wraps, reason = "it is the default of an option that may be null")]
const fn back_and_forth() -> Option<Condition> {
    Some(Condition::PingPong(2))
}

impl HandoffOptions {
    fn plan(&self) -> ChatPlan {
        ChatPlan {
            statements_max: self.statements_max,
            stop: self.stop.clone(),
            exposure: self.exposure.clone(),
            conclude: self.conclude.clone(),
        }
    }
}

impl DescribesPattern for HandoffOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let standby = Named::list("absence.standby", &self.absence.standby);
        let summariser = self.exposure.summariser("exposure");
        Named::list("members", &self.members).chain(summariser).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn tools(&self) -> Vec<Named<'_>> {
        self.stop.iter().flat_map(|stop| stop.tools("stop")).collect()
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let members = seats.iter().take(self.members.len()).sum();
        let mut problems = check_members(&self.members);
        for (from, targets) in &self.targets {
            let unknown = |name: &String| !self.members.iter().any(|member| group(member) == group(name));
            let message = |name: &str| format!("{name} is not among the members");
            if unknown(from) {
                problems.push(OptionProblem::new(format!("targets.{from}"), message(from)));
            }
            for (index, name) in targets.iter().enumerate().filter(|(_, name)| unknown(name)) {
                problems.push(OptionProblem::new(format!("targets.{from}[{index}]"), message(name)));
            }
        }
        problems.extend(self.plan().check(members));
        problems.extend(self.exposure.check("exposure", &self.members(), seats));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(Handoff { options: Arc::new(self.clone()) }))
    }
}

/// A name without the index within its group.
fn group(name: &str) -> &str {
    name.split_once('[').map_or(name, |(group, _)| group)
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct Handoff {
    options: Arc<HandoffOptions>,
}

impl Pattern for Handoff {
    fn name(&self) -> &str {
        "handoff"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let options = &self.options;
        let named = options.members.len();
        let turns = Floor { options: Arc::clone(options), seen: 0, holder: None, trouble: None };
        let chat = Chat::new(options.plan(), turns, seat.seats_of(0..named));
        let [summariser, standby] = options.exposure.further_seats(seat, named);
        let framed = Framed::new(seat.clone(), options.absence.clone(), standby, chat);
        Box::new(framed.summarised(&options.exposure, summariser.first().copied()))
    }
}

/// Who has the floor.
struct Floor {
    options: Arc<HandoffOptions>,
    /// How many statements were looked at.
    seen: usize,
    holder: Option<usize>,
    /// What was wrong with the last handoff, for whoever made it.
    trouble: Option<Text>,
}

impl Floor {
    /// To whom a member may hand over.
    fn targets(&self, speakers: &[usize], slot: usize, table: &Table<'_>) -> Vec<usize> {
        let name = table.name_of(slot);
        let allowed = self.options.targets.get(&*name).or_else(|| self.options.targets.get(group(&name)));
        let may = |other: &usize| match allowed {
            None => *other != slot,
            Some(_) if self.options.targets.is_empty() => *other != slot,
            Some(allowed) => {
                let other_name = table.name_of(*other);
                *other != slot && allowed.iter().any(|name| **name == *other_name || **name == *group(&other_name))
            }
        };
        speakers.iter().copied().filter(may).collect()
    }

    /// What the last statement does with the floor.
    fn pass(&mut self, speakers: &[usize], progress: &mut Progress, table: &mut Table<'_>) -> Next {
        let Some(last) = progress.last().cloned() else { return Next::Nobody("nothing was said".into()) };
        let targets = self.targets(speakers, last.slot, table);
        let names: Vec<Text> = targets.iter().map(|slot| table.name_of(*slot)).collect();
        let found = directives(&last.words, &[KEYWORD]);
        let who = table.name_of(last.slot);
        match found.as_slice() {
            [] => Next::Nobody(format!("{who} answered without handing over").into()),
            [one] => match named(&one.text, &names).and_then(|index| targets.get(index).copied()) {
                Some(to) => {
                    let to_name = table.name_of(to);
                    table.note(HANDOFF, format!("{who} to {to_name}"));
                    progress.hand_to(to_name);
                    self.holder = Some(to);
                    Next::Speaker(to)
                }
                None => self.refuse(
                    &who,
                    last.slot,
                    format!("nobody is called {:?} whom you may hand over to", quoted(&one.text)),
                    table,
                ),
            },
            several => {
                let trouble = format!("{} handoffs in one statement; the floor goes to one", several.len());
                self.refuse(&who, last.slot, trouble, table)
            }
        }
    }

    /// The floor stays where it is, and its holder is told why.
    fn refuse(&mut self, who: &str, slot: usize, trouble: String, table: &mut Table<'_>) -> Next {
        table.note(HANDOFF, format!("refused to {who}: {trouble}"));
        self.trouble = Some(trouble.into());
        Next::Speaker(slot)
    }
}

impl Turns for Floor {
    fn next(&mut self, speakers: &[usize], progress: &mut Progress, table: &mut Table<'_>) -> Next {
        self.trouble = None;
        let count = progress.statements().len();
        if count > self.seen {
            self.seen = count;
            let next = self.pass(speakers, progress, table);
            // A handoff may be what the conversation was to end at.
            return match self.options.stop.as_ref().and_then(|stop| stop.holds(progress)) {
                Some(reason) if matches!(next, Next::Speaker(_)) => Next::Nobody(reason),
                _ => next,
            };
        }
        // The beginning, or the holder was lost: the first takes the floor, or the next if it was the first.
        let first = speakers.iter().copied().find(|slot| Some(*slot) != self.holder).or(speakers.first().copied());
        self.holder = first;
        first.map_or_else(|| Next::Nobody("nobody is there to speak".into()), Next::Speaker)
    }

    fn invitation(&self, speakers: &[usize], slot: usize, table: &Table<'_>) -> Text {
        let names: Vec<Text> = self.targets(speakers, slot, table).into_iter().map(|to| table.name_of(to)).collect();
        let trouble = self.trouble.as_ref().map(|trouble| format!("Your handoff was not done: {trouble}.\n"));
        let how = match names.is_empty() {
            true => "You have the floor. Answer the task.".to_owned(),
            false => format!(
                "You have the floor. Answer the task, or pass the floor on with a line of its own, `HANDOFF: NAME`, to one \
                 of: {}.",
                names.join(", ")
            ),
        };
        format!("{}{how}", trouble.unwrap_or_default()).into()
    }
}

#[cfg(test)]
mod tests;
