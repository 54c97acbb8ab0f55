//! Selector chat: before each statement somebody or a rule picks who speaks.
//!
//! The group chat of AutoGen's `SelectorGroupChat`: a selector reads what was said and names the next speaker, in up to
//! `attempts` tries; if it names nobody who may speak, the fallback is taken. Here the selector is a member like any other
//! (an agent, a council), so what it takes is counted with the rest (microsoft/autogen#4719), and what it picked is noted.
//! Whoever spoke last may not speak again unless `repeat` says so.
//!
//! One member acts at a time, so the order in which answers arrive can't matter.
//!
//! ```
//! use moot_council::{DescribesPattern, PatternOptions};
//!
//! let options: PatternOptions = serde_json::from_str(
//!     r#"{ "selector": { "members": ["ann", "bob"], "selector": { "member": "chair" } } }"#,
//! ).unwrap();
//! assert!(options.check(&[1, 1, 1]).is_empty());
//! ```

use std::sync::Arc;

use moot_core::random::{Draw, Purpose};
use moot_core::{Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::round_robin::everything;
use super::{DescribesPattern, Named, check_members};
use crate::absence::AbsenceOptions;
use crate::asks::{Ask, Ended};
use crate::ballot::quoted;
use crate::chat::{Chat, ChatPlan, Conclude, Next, STATEMENTS, Turns};
use crate::directive::named;
use crate::exposure::{Exposure, Telling};
use crate::stop::{Condition, Progress};
use crate::table::{Framed, Table};
use crate::{CouncilMachine, OptionProblem, Pattern, Seat};

/// What a note on who was picked is called.
pub const SELECTED: &str = "selected";

/// What a drawn speaker is drawn for.
const SPEAKER: Purpose = Purpose::named("speaker");

/// The most tries that a selector may be given.
const ATTEMPTS_MAX: u32 = 20;

/// Before each statement somebody or a rule picks who speaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectorOptions {
    /// Who speaks: agents, groups of agents or councils, in order.
    pub members: Vec<String>,
    /// Who or what picks the next speaker.
    pub selector: Selector,
    /// Whether whoever spoke last may be picked again. Default: false.
    #[serde(default)]
    pub repeat: bool,
    /// How many statements are made at most, from 1 to 9,000. Default: 20.
    #[serde(default = "statements")]
    #[schemars(range(min = 1, max = 9_000))]
    pub statements_max: u32,
    /// When the conversation ends before. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Condition>,
    /// What speakers and the selector see of what was said. Default: all of it, whole, with names.
    #[serde(default = "everything")]
    pub exposure: Exposure,
    /// How the conversation comes to its outcome. Default: `last`, the last answer given.
    #[serde(default)]
    pub conclude: Conclude,
    /// What happens when a member does not answer as asked.
    #[serde(default)]
    pub absence: AbsenceOptions,
    /// Whether the council gets copies of its members instead of sharing them. Default: false.
    #[serde(default)]
    pub fresh: bool,
}

/// Who or what picks the next speaker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Selector {
    /// A member that does not speak itself, by its name.
    Member(String),
    /// A member that does not speak itself, with options.
    Chosen(Chosen),
    /// A rule.
    Rule(SelectorRule),
}

/// A member that picks the next speaker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Its name.
    pub member: String,
    /// In how many tries it must name somebody who may speak, from 1 to 20. Default: 3.
    #[serde(default = "attempts")]
    #[schemars(range(min = 1, max = 20))]
    pub attempts: u32,
    /// Who speaks when it names nobody: by default the first who may.
    #[serde(default)]
    pub fallback: SelectorRule,
}

/// A rule that picks the next speaker among those who may speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelectorRule {
    /// The first in the order of the members.
    #[default]
    First,
    /// Whoever has spoken least often; the first of several.
    LeastOften,
    /// By lot: each is equally likely.
    Random,
    /// Whoever the last statement named; when it named nobody, the first.
    Mentioned,
}

const fn statements() -> u32 {
    STATEMENTS
}

const fn attempts() -> u32 {
    3
}

impl Selector {
    /// The member that picks, with its tries and the fallback; `None` for a rule.
    fn chosen(&self) -> Option<(&String, u32, SelectorRule)> {
        match self {
            Self::Member(name) => Some((name, attempts(), SelectorRule::First)),
            Self::Chosen(chosen) => Some((&chosen.member, chosen.attempts, chosen.fallback)),
            Self::Rule(_) => None,
        }
    }
}

impl SelectorOptions {
    fn plan(&self) -> ChatPlan {
        ChatPlan {
            statements_max: self.statements_max,
            stop: self.stop.clone(),
            exposure: self.exposure.clone(),
            conclude: self.conclude.clone(),
        }
    }
}

impl DescribesPattern for SelectorOptions {
    fn members(&self) -> Vec<Named<'_>> {
        let place = match &self.selector {
            Selector::Chosen(_) => "selector.chosen.member",
            _ => "selector.member",
        };
        let selector = self.selector.chosen().map(|(name, ..)| Named::under(place, name));
        let standby = Named::list("absence.standby", &self.absence.standby);
        let summariser = self.exposure.summariser("exposure");
        Named::list("members", &self.members).chain(selector).chain(summariser).chain(standby).collect()
    }

    fn fresh(&self) -> bool {
        self.fresh
    }

    fn tools(&self) -> Vec<Named<'_>> {
        self.stop.iter().flat_map(|stop| stop.tools("stop")).collect()
    }

    fn check(&self, seats: &[usize]) -> Vec<OptionProblem> {
        let speakers = self.members.len();
        let members = seats.iter().take(speakers).sum();
        let mut problems = check_members(&self.members);
        if let Some((name, attempts, _)) = self.selector.chosen() {
            let place = if matches!(self.selector, Selector::Chosen(_)) { "selector.chosen" } else { "selector" };
            if !(1..=ATTEMPTS_MAX).contains(&attempts) {
                let message = format!("{attempts} attempts is out of range; allowed is 1 to {ATTEMPTS_MAX}");
                problems.push(OptionProblem::new(format!("{place}.attempts"), message));
            }
            if self.members.contains(name) {
                let message = format!("{name} speaks itself; name somebody who does not");
                problems.push(OptionProblem::new(format!("{place}.member"), message));
            } else if seats.get(speakers).is_some_and(|seats| *seats != 1) {
                let message = format!("{name} is a group; name one of it, such as {name}[0]");
                problems.push(OptionProblem::new(format!("{place}.member"), message));
            }
        }
        problems.extend(self.plan().check(members));
        problems.extend(self.exposure.check("exposure", &self.members(), seats));
        problems.extend(self.absence.check("absence"));
        problems
    }

    fn build(&self) -> Option<Arc<dyn Pattern>> {
        Some(Arc::new(SelectorChat { options: Arc::new(self.clone()) }))
    }
}

/// The pattern with its options.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectorChat {
    options: Arc<SelectorOptions>,
}

impl Pattern for SelectorChat {
    fn name(&self) -> &str {
        "selector"
    }

    fn start(&self, seat: &Seat) -> Box<dyn CouncilMachine> {
        let options = &self.options;
        let speakers = options.members.len();
        let further = speakers + usize::from(options.selector.chosen().is_some());
        let selector = seat.seats_of(speakers..further).first().copied();
        let turns = Selecting { options: Arc::clone(options), selector, tries: 0, lost: Vec::new(), statements: 0 };
        let chat = Chat::new(options.plan(), turns, seat.seats_of(0..speakers));
        let [summariser, standby] = options.exposure.further_seats(seat, further);
        let framed = Framed::new(seat.clone(), options.absence.clone(), standby, chat);
        Box::new(framed.summarised(&options.exposure, summariser.first().copied()))
    }
}

/// Somebody or a rule picks.
struct Selecting {
    options: Arc<SelectorOptions>,
    /// The seat of who picks.
    selector: Option<usize>,
    tries: u32,
    /// Who gave no answer since the last statement, and after how many that was.
    lost: Vec<(usize, usize)>,
    statements: usize,
}

impl Selecting {
    /// Who may speak now.
    fn candidates(&self, speakers: &[usize], progress: &Progress) -> Vec<usize> {
        let last = progress.last().map(|last| last.slot).filter(|_| !self.options.repeat && speakers.len() > 1);
        let statements = progress.statements().len();
        let is_lost = |slot: usize| self.lost.contains(&(slot, statements));
        let others: Vec<usize> = speakers.iter().copied().filter(|slot| Some(*slot) != last).collect();
        // Whoever was just lost is not given the floor again before somebody else was.
        let there: Vec<usize> = others.iter().copied().filter(|slot| !is_lost(*slot)).collect();
        if there.is_empty() { others } else { there }
    }

    fn ask(&self, selector: usize, speakers: &[usize], progress: &Progress, table: &Table<'_>) -> Ask {
        let candidates = self.candidates(speakers, progress);
        let names: Vec<Text> = candidates.iter().map(|slot| table.name_of(*slot)).collect();
        let (exposure, said) = (&self.options.exposure, progress.statements());
        let nothing = if exposure.shows(said, selector) { "" } else { "nothing so far\n" };
        let telling = Telling {
            slot: selector,
            round: 0,
            before: &format!("{}\n\nWhat was said:\n{nothing}", table.assignment().prompt),
            after: &format!("Who is to speak next? Answer with one of: {}.", names.join(", ")),
            wanted: Wanted::OneOf(names.into()),
            fresh: true,
        };
        exposure.ask(telling, said, &table.numbers(exposure.names))
    }

    fn by_rule(&self, rule: SelectorRule, speakers: &[usize], progress: &Progress, table: &mut Table<'_>) -> Next {
        let candidates = self.candidates(speakers, progress);
        let spoken = |slot: usize| progress.statements().iter().filter(|said| said.slot == slot).count();
        let picked = match rule {
            SelectorRule::First => candidates.first().copied(),
            SelectorRule::LeastOften => candidates.iter().copied().min_by_key(|slot| spoken(*slot)),
            SelectorRule::Random => {
                let number = u32::try_from(progress.statements().len()).unwrap_or(u32::MAX);
                let mut generator = table.address(SPEAKER).call(table.round(number)).generator();
                let drawn = generator.integer_below(candidates.len().max(1) as u64);
                candidates.get(usize::try_from(drawn).unwrap_or(0)).copied()
            }
            SelectorRule::Mentioned => {
                let words = progress.last().map(|last| last.words.to_lowercase()).unwrap_or_default();
                let is_mentioned = |slot: &&usize| words.contains(&table.name_of(**slot).to_lowercase());
                candidates.iter().find(is_mentioned).or(candidates.first()).copied()
            }
        };
        match picked {
            Some(slot) => {
                table.note(SELECTED, format!("{} by rule", table.name_of(slot)));
                Next::Speaker(slot)
            }
            None => Next::Nobody("nobody may speak".into()),
        }
    }
}

impl Turns for Selecting {
    fn next(&mut self, speakers: &[usize], progress: &mut Progress, table: &mut Table<'_>) -> Next {
        self.tries = 0;
        self.statements = progress.statements().len();
        match (&self.options.selector, self.selector) {
            (Selector::Rule(rule), _) => self.by_rule(*rule, speakers, progress, table),
            (_, Some(selector)) => Next::Choose(self.ask(selector, speakers, progress, table)),
            (_, None) => self.by_rule(SelectorRule::First, speakers, progress, table),
        }
    }

    fn lost(&mut self, slot: usize) {
        self.lost.retain(|(_, statements)| *statements == self.statements);
        self.lost.push((slot, self.statements));
    }

    fn answered(&mut self, ended: &Ended, speakers: &[usize], progress: &Progress, table: &mut Table<'_>) -> Next {
        let Some((_, attempts, fallback)) = self.options.selector.chosen() else {
            return Next::Nobody("nobody picks".into());
        };
        let candidates = self.candidates(speakers, progress);
        let names: Vec<Text> = candidates.iter().map(|slot| table.name_of(*slot)).collect();
        self.tries += 1;
        let what = match &ended.result {
            Ok(said) => {
                let text = said.outcome.answer().map_or_else(|| said.text(), Text::from);
                if let Some(slot) = named(&text, &names).and_then(|index| candidates.get(index).copied()) {
                    table.note(SELECTED, format!("{} by {}", table.name_of(slot), table.name_of(ended.member)));
                    return Next::Speaker(slot);
                }
                format!("it said {:?}", quoted(&text))
            }
            Err(absence) => absence.reason.to_string(),
        };
        table.note(
            SELECTED,
            format!("nobody by {}: {what} (try {} of {attempts})", table.name_of(ended.slot), self.tries),
        );
        match self.selector {
            Some(selector) if self.tries < attempts && ended.result.is_ok() => {
                Next::Choose(self.ask(selector, speakers, progress, table))
            }
            _ => self.by_rule(fallback, speakers, progress, table),
        }
    }
}

#[cfg(test)]
mod tests;
