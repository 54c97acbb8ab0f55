//! Counts out the groups and gives everybody a path and an address.
//!
//! This module must not know positions: whatever could be wrong but the number of agents was found before.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: m, count: 2 } }
//! coordination: { vote: { members: [a], rule: unanimity, fresh: true } }
//! tasks: { list: [y] }
//! ";
//! let scenario = parse(text, "x.yaml", Format::Yaml, &[]).unwrap();
//! let copy = &scenario.agents[1];
//! assert_eq!((copy.path.as_str(), &*copy.address), ("council/a[1]", "a[1]"));
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moot_core::{ActorPath, PathError, Text};

use super::councils::{Member, Seating};
use super::{Checker, root};
use crate::file::AgentOptions;
use crate::scenario::{AgentPlan, CouncilPlan};
use crate::tree::Part as Place;

/// Everybody who takes part.
pub(super) struct Cast {
    pub(super) agents: Vec<AgentPlan>,
    pub(super) templates: Vec<AgentPlan>,
    pub(super) councils: Vec<CouncilPlan>,
    pub(super) root: ActorPath,
}

impl Cast {
    /// The paths under which agents are declared, those of a group without their number, each once.
    pub(super) fn groups(&self) -> BTreeSet<&str> {
        self.agents.iter().map(|agent| agent.path.group()).collect()
    }
}

/// How the declarations are used by the councils that take part.
struct Uses<'a> {
    /// Agents that somebody names without copying them, by declaration.
    direct: BTreeMap<&'a str, Part>,
    /// For each declaration, who uses it, in order: the originals first when they are used, then the fresh councils by
    /// name. The k-th of them, from 0, has the address with `#k`, the first one without.
    users: BTreeMap<&'a str, Vec<&'a str>>,
    /// Agents that some fresh council copies. A council that takes several copies stands among the users as often.
    copied: BTreeMap<&'a str, Part>,
}

/// Which agents of a declaration.
#[derive(Default)]
struct Part {
    /// All of them.
    all: bool,
    /// Some of them, by index.
    some: BTreeSet<u32>,
}

/// Stands for the originals in the order of the users of a declaration; no council can have this name.
const ORIGINALS: &str = "";

impl<'a> Checker<'a> {
    /// Resolves who takes part; `None` when there are too many.
    pub(super) fn cast(&mut self, seating: &Seating<'a>) -> Option<Cast> {
        let reachable = reachable(seating);
        self.check_amount(seating, &reachable)?;
        let cast = self.cast_all(seating, &reachable);
        match cast {
            Ok(cast) => Some(cast),
            Err(error) => {
                self.report_value(&root("agents"), error.to_string());
                None
            }
        }
    }

    /// Counts before anything is made, so that a wrong count takes no memory.
    fn check_amount(&mut self, seating: &Seating<'a>, reachable: &BTreeSet<&'a str>) -> Option<()> {
        let file = self.file;
        let declared = file.agents.values().map(|options| u64::from(options.count.unwrap_or(1))).sum::<u64>();
        let fresh =
            seating.councils.iter().filter(|(name, council)| reachable.contains(*name) && council.pattern.fresh());
        let copies: u64 = fresh
            .map(|(_, council)| {
                let seats: u64 = council.members.iter().map(|member| self.seats(*member)).sum();
                seats.saturating_mul(u64::from(council.pattern.copies()))
            })
            .sum();
        let total = declared.saturating_add(copies);
        let limit = file.limits.agents;
        if total <= limit {
            return Some(());
        }
        let largest = file.agents.iter().max_by_key(|(_, options)| options.count.unwrap_or(1));
        let path = root("agents").key(largest.map_or("", |(name, _)| name.as_str())).key("count");
        let problem =
            self.problem(&path, Place::Value, format!("the scenario has {total} agents; the limit is {limit}"));
        self.report(problem.hinting(format!(
            "if that many are meant, write `limits: {{ agents: {total} }}` or give --set limits.agents={total}"
        )));
        None
    }

    fn cast_all(&self, seating: &Seating<'a>, reachable: &BTreeSet<&'a str>) -> Result<Cast, PathError> {
        let uses = self.uses(seating, reachable);
        let mut agents = self.originals(&uses)?;
        let templates = self.on_demand()?;
        let mut councils = Vec::new();
        for name in reachable {
            let Some(council) = seating.councils.get(name) else { continue };
            let path = ActorPath::new(name)?;
            let (mut members, mut names) = (Vec::new(), Vec::new());
            let mut groups = BTreeSet::new();
            let copies = council.pattern.copies();
            for (member, number) in council.members.iter().zip(0_u32..) {
                let (group, originals) = match member {
                    Member::Council(inner) => {
                        // Whoever is not copied is asked again and again.
                        for _ in 0..copies {
                            members.push(ActorPath::new(inner)?);
                            names.push(number);
                        }
                        continue;
                    }
                    Member::Group(group) | Member::One(group, _) => (*group, self.paths(*member)?),
                };
                if !council.pattern.fresh() {
                    names.extend(originals.iter().map(|_| number));
                    members.extend(originals);
                    continue;
                }
                let plan = self.template(group, uses.number(group, name))?;
                let is_first = groups.insert(group);
                for (place, original) in (0_u32..).zip(originals) {
                    for copy in 0..copies {
                        let seat = match copies {
                            1 => path.child(original.as_str())?,
                            _ => path.child(group)?.indexed(place.saturating_mul(copies).saturating_add(copy)),
                        };
                        // One who sits there for several names is copied once.
                        if is_first || !members.contains(&seat) {
                            agents.push(plan.copy(copy).of(&original, seat.clone()));
                        }
                        members.push(seat);
                        names.push(number);
                    }
                }
            }
            councils.push(CouncilPlan { path, pattern: council.pattern.clone(), members, names });
        }
        agents.sort_by(|a, b| a.path.cmp(&b.path));
        councils.sort_by(|a, b| a.path.cmp(&b.path));
        let root = match seating.root {
            Member::Council(name) => ActorPath::new(name)?,
            member => self.paths(member)?.into_iter().next().ok_or(PathError::Empty)?,
        };
        Ok(Cast { agents, templates, councils, root })
    }

    /// The declarations that are there only to be started from.
    fn on_demand(&self) -> Result<Vec<AgentPlan>, PathError> {
        let named = self.file.agents.values().flat_map(|options| &options.spawns);
        let names: BTreeSet<&str> = named.map(String::as_str).collect();
        let plan = |name: &str| {
            let path = ActorPath::new(name)?;
            Ok(self.template(name, 0)?.of(&path, path.clone()))
        };
        names.into_iter().map(plan).collect()
    }

    /// The declared agents; those that are only copied don't take part themselves.
    fn originals(&self, uses: &Uses<'a>) -> Result<Vec<AgentPlan>, PathError> {
        let mut agents = Vec::new();
        for (group, _) in self.file.agents.iter().filter(|(_, options)| !options.on_demand) {
            let plan = self.template(group, uses.number(group, ORIGINALS))?;
            let paths = self.paths(Member::Group(group))?;
            let own = paths.into_iter().filter(|path| {
                let is_in = |part: Option<&Part>| part.is_some_and(|part| part.holds(path.index()));
                is_in(uses.direct.get(group.as_str())) || !is_in(uses.copied.get(group.as_str()))
            });
            agents.extend(own.map(|path| plan.of(&path, path.clone())));
        }
        Ok(agents)
    }

    fn uses(&self, seating: &Seating<'a>, reachable: &BTreeSet<&'a str>) -> Uses<'a> {
        let mut uses = Uses { direct: BTreeMap::new(), users: BTreeMap::new(), copied: BTreeMap::new() };
        uses.add_direct(seating.root);
        let taking_part = || seating.councils.iter().filter(|(name, _)| reachable.contains(*name));
        for (_, council) in taking_part().filter(|(_, council)| !council.pattern.fresh()) {
            for member in &council.members {
                uses.add_direct(*member);
            }
        }
        for (name, council) in taking_part().filter(|(_, council)| council.pattern.fresh()) {
            for member in &council.members {
                let (Member::Group(group) | Member::One(group, _)) = member else { continue };
                let users = uses.users.entry(group).or_default();
                if !users.contains(name) {
                    users.extend((0..council.pattern.copies()).map(|_| *name));
                }
                uses.copied.entry(group).or_default().add(*member);
            }
        }
        uses
    }

    /// The paths that a member's text stands for, as declared.
    fn paths(&self, member: Member<'_>) -> Result<Vec<ActorPath>, PathError> {
        let (name, indices) = match member {
            Member::Council(name) => (name, None),
            Member::One(name, index) => (name, Some(index..index + 1)),
            Member::Group(name) => {
                (name, self.file.agents.get(name).and_then(|options| options.count).map(|count| 0..count))
            }
        };
        let path = ActorPath::new(name)?;
        Ok(match indices {
            None => vec![path],
            Some(indices) => indices.map(|index| path.indexed(index)).collect(),
        })
    }

    /// What the agents of a declaration have in common.
    fn template(&self, group: &str, number: usize) -> Result<Template, PathError> {
        let options = self.file.agents.get(group).ok_or(PathError::Empty)?;
        Ok(Template {
            group: format!("{group}{}", suffix(number)).into(),
            number,
            model: self.file.models.keys().position(|name| *name == options.model).ok_or(PathError::Empty)?,
            tools: options.tools.iter().map(|tool| Text::from(tool.as_str())).collect(),
            instructions: options.instructions.as_deref().map(Text::from),
            limits: options.limits,
            keep_transcript: options.keep.is_some(),
            options: Arc::new(options.clone()),
        })
    }
}

impl Part {
    fn add(&mut self, member: Member<'_>) {
        match member {
            Member::One(_, index) => {
                self.some.insert(index);
            }
            Member::Group(_) => self.all = true,
            Member::Council(_) => {}
        }
    }

    fn holds(&self, index: Option<u32>) -> bool {
        self.all || index.is_some_and(|index| self.some.contains(&index))
    }
}

impl<'a> Uses<'a> {
    fn add_direct(&mut self, member: Member<'a>) {
        if let Member::Group(group) | Member::One(group, _) = member {
            self.direct.entry(group).or_default().add(member);
            let users = self.users.entry(group).or_default();
            if users.is_empty() {
                users.push(ORIGINALS);
            }
        }
    }

    /// Which use of a declaration this is, from 0. Originals that nobody uses sit idle and count as the first.
    fn number(&self, group: &str, user: &str) -> usize {
        self.users.get(group).and_then(|users| users.iter().position(|known| *known == user)).unwrap_or(0)
    }
}

/// What tells the address of a further copy from the original's.
fn suffix(number: usize) -> String {
    if number == 0 { String::new() } else { format!("#{number}") }
}

/// What the agents of one declaration have in common for one user.
#[derive(Clone)]
struct Template {
    group: Text,
    number: usize,
    model: usize,
    tools: Arc<[Text]>,
    instructions: Option<Text>,
    limits: moot_mind::TurnOptions,
    keep_transcript: bool,
    options: Arc<AgentOptions>,
}

impl Template {
    /// The same for a further copy that one user has. All of its copies are one group.
    fn copy(&self, copy: u32) -> Self {
        Self { number: self.number.saturating_add(copy as usize), ..self.clone() }
    }

    fn of(&self, declared: &ActorPath, path: ActorPath) -> AgentPlan {
        AgentPlan {
            path,
            address: format!("{declared}{}", suffix(self.number)).into(),
            group: self.group.clone(),
            model: self.model,
            tools: self.tools.clone(),
            instructions: self.instructions.clone(),
            limits: self.limits,
            keep_transcript: self.keep_transcript,
            options: Arc::clone(&self.options),
        }
    }
}

/// The councils that the root leads to.
fn reachable<'a>(seating: &Seating<'a>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![seating.root];
    while let Some(member) = open.pop() {
        if let Member::Council(name) = member
            && found.insert(name)
        {
            open.extend(seating.councils.get(name).into_iter().flat_map(|council| council.members.iter().copied()));
        }
    }
    found
}
