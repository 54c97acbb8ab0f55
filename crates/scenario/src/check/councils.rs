//! Checks of the councils: who their members are, how many, and that none contains itself.
//!
//! This module must not know what a pattern does with its members.
//!
//! ```
//! use moot_scenario::{Format, parse};
//!
//! let text = "
//! folkmoot: 1
//! name: x
//! models: { m: { stochastic: { accuracy: 0.6 } } }
//! agents: { a: { model: m } }
//! coordination: { vote: { members: [a, b], rule: unanimity } }
//! tasks: { list: [y] }
//! ";
//! let problems = parse(text, "x.yaml", Format::Yaml, &[]).unwrap_err().to_string();
//! assert!(problems.contains("there is no agent or council `b`"), "{problems}");
//! ```

use std::collections::{BTreeMap, BTreeSet};

use moot_council::PatternOptions;

use super::{Checker, root};
use crate::file::Coordination;
use crate::file::coordination::INLINE_COUNCIL;
use crate::tree::{Part, TreePath};

/// How many seats the councils may have for each agent that the limits allow: enough for every design, and an end for
/// files that were made to have none.
const SEATS_FOR_EACH_AGENT: u64 = 10;

/// How deep councils may hold councils.
const LEVELS_MAX: u32 = 64;

/// What one task means for a council.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// How many levels of councils it has, itself included.
    levels: u32,
    /// To how many participants the task is given, those of inner councils included.
    assignments: u64,
}

/// What a member's text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Member<'a> {
    /// All agents of a declaration.
    Group(&'a str),
    /// One agent of a group, by index.
    One(&'a str, u32),
    /// A council.
    Council(&'a str),
}

/// A council whose members' texts are resolved.
pub(super) struct SeatedCouncil<'a> {
    pub(super) pattern: &'a PatternOptions,
    pub(super) members: Vec<Member<'a>>,
}

/// Who sits where.
pub(super) struct Seating<'a> {
    /// Every council by name, the one under `coordination` included.
    pub(super) councils: BTreeMap<&'a str, SeatedCouncil<'a>>,
    /// Who is given the tasks.
    pub(super) root: Member<'a>,
}

impl<'a> Checker<'a> {
    /// Resolves the members of all councils; `None` when something was found wrong.
    pub(super) fn check_councils(&mut self) -> Option<Seating<'a>> {
        let file = self.file;
        let mut declared: Vec<(&str, &PatternOptions, TreePath)> = Vec::new();
        for (name, pattern) in &file.councils {
            declared.push((name, pattern, root("councils").key(name).key(pattern.name())));
        }
        if let Coordination::Pattern(pattern) = &file.coordination {
            declared.push((INLINE_COUNCIL, pattern, root("coordination").key(pattern.name())));
        }
        let before = self.problems.len();
        let mut councils = BTreeMap::new();
        let mut seats_total = 0_u64;
        for (name, pattern, path) in &declared {
            let members = self.check_members(pattern, path);
            let seats: u64 = members.iter().map(|member| self.seats(*member)).sum();
            seats_total = seats_total.saturating_add(seats.saturating_mul(u64::from(pattern.copies())));
            if seats_total > self.file.limits.agents.saturating_mul(SEATS_FOR_EACH_AGENT) {
                self.report_value(
                    path,
                    format!("the councils up to this one have {seats_total} seats, which is too many"),
                );
                return None;
            }
            councils.insert(*name, SeatedCouncil { pattern, members });
        }
        let root = self.check_root();
        self.check_cycles(&councils, &declared);
        let root = root.filter(|_| self.problems.len() == before)?;
        Some(Seating { councils, root })
    }

    /// How many members a member's text stands for.
    pub(super) fn seats(&self, member: Member<'_>) -> u64 {
        match member {
            Member::Group(name) => {
                self.file.agents.get(name).map_or(0, |options| u64::from(options.count.unwrap_or(1)))
            }
            Member::One(..) | Member::Council(_) => 1,
        }
    }

    fn check_members(&mut self, pattern: &'a PatternOptions, path: &TreePath) -> Vec<Member<'a>> {
        let mut members = Vec::new();
        let mut groups = BTreeSet::new();
        let mut all_known = true;
        let names = pattern.members();
        for named in &names {
            match self.check_member(&path.join(&named.place), named.name) {
                Some(member) => {
                    if let Member::Group(name) = member {
                        groups.insert(name);
                    }
                    members.push(member);
                }
                None => all_known = false,
            }
        }
        for named in &names {
            let Some((name, _)) = named.name.split_once('[') else { continue };
            if groups.contains(name) {
                let message = format!("{} is named twice: `{name}` stands for all of its agents", named.name);
                self.report_value(&path.join(&named.place), message);
            }
        }
        for named in pattern.tools() {
            // An empty name is told by the pattern itself.
            if !named.name.trim().is_empty() {
                self.check_called(&path.join(&named.place), named.name);
            }
        }
        // How many members there are is not known while some of them are not.
        if all_known {
            let seats = |member: &Member<'_>| usize::try_from(self.seats(*member)).unwrap_or(usize::MAX);
            let seats: Vec<usize> = members.iter().map(seats).collect();
            let problems = pattern.check(&seats);
            self.report_options(path, problems.into_iter().map(|problem| (problem.path, problem.message)));
        }
        members
    }

    /// A tool that a council waits for is one that some agent has.
    fn check_called(&mut self, path: &TreePath, tool: &str) {
        let file = self.file;
        let known: BTreeSet<&str> = file.agents.values().flat_map(|agent| &agent.tools).map(String::as_str).collect();
        if known.contains(tool) {
            return;
        }
        let problem = self.problem(path, Part::Value, format!("no agent has the tool `{tool}`, so none ever calls it"));
        match known.is_empty() {
            true => self.report(problem.hinting("give an agent the tool, under its `tools`")),
            false => self.report(problem.among(tool, known.into_iter().collect::<Vec<_>>())),
        }
    }

    fn check_root(&mut self) -> Option<Member<'a>> {
        let Coordination::Named(name) = &self.file.coordination else { return Some(Member::Council(INLINE_COUNCIL)) };
        let path = root("coordination");
        let member = self.check_member(&path, name)?;
        let count = self.seats(member);
        if count != 1 {
            let problem = self.problem(&path, Part::Value, format!("`{name}` is a group of {count} agents"));
            self.report(problem.expecting("one agent or one council").hinting(format!(
                "to let all of them take part, write a pattern, such as `vote: {{ members: [{name}], rule: majority, ties: coin }}`"
            )));
            return None;
        }
        Some(member)
    }

    /// What a text names; reports it when that is nothing.
    fn check_member(&mut self, path: &TreePath, text: &'a str) -> Option<Member<'a>> {
        let file = self.file;
        if let Some((name, options)) = file.agents.get_key_value(text) {
            if options.on_demand {
                let problem =
                    self.problem(path, Part::Value, format!("`{text}` is there only to be started by others"));
                self.report(problem.hinting("take its `on_demand` away, or name another agent"));
                return None;
            }
            return Some(Member::Group(name));
        }
        if let Some((name, _)) = file.councils.get_key_value(text) {
            return Some(Member::Council(name));
        }
        if let Some((name, index)) = text.strip_suffix(']').and_then(|text| text.split_once('['))
            && let Some((name, options)) = file.agents.get_key_value(name)
        {
            return self.check_indexed(path, text, name, index, options.count);
        }
        let known: Vec<&str> = file.agents.keys().chain(file.councils.keys()).map(String::as_str).collect();
        let problem = self.problem(path, Part::Value, format!("there is no agent or council `{text}`"));
        self.report(problem.among(text, known));
        None
    }

    fn check_indexed(
        &mut self,
        path: &TreePath,
        text: &str,
        name: &'a str,
        index: &str,
        count: Option<u32>,
    ) -> Option<Member<'a>> {
        let Some(count) = count else {
            let problem = self.problem(path, Part::Value, format!("there is no `{text}`: `{name}` has no `count`"));
            self.report(problem.expecting(format!("`{name}`")));
            return None;
        };
        let is_plain = index == "0" || !index.starts_with(['0', '+']);
        match index.parse::<u32>() {
            Ok(index) if is_plain && index < count => Some(Member::One(name, index)),
            _ => {
                let problem =
                    self.problem(path, Part::Value, format!("there is no `{text}`: `{name}` has {count} agents"));
                let last = count.saturating_sub(1);
                self.report(
                    problem.expecting(format!("`{name}` for all, or one from `{name}[0]` to `{name}[{last}]`")),
                );
                None
            }
        }
    }

    /// Reports every council that contains itself, with the way around. Walks without recursion: files decide how deep
    /// councils stand in one another.
    fn check_cycles(
        &mut self,
        councils: &BTreeMap<&'a str, SeatedCouncil<'a>>,
        declared: &[(&'a str, &'a PatternOptions, TreePath)],
    ) {
        let mut finished: BTreeSet<&str> = BTreeSet::new();
        let mut extents: BTreeMap<&str, Extent> = BTreeMap::new();
        for (start, _, _) in declared {
            // The councils on the way, each with the index of its member that is looked at next.
            let mut way: Vec<(&str, usize)> = if finished.contains(start) { Vec::new() } else { vec![(start, 0)] };
            let mut on_way: BTreeSet<&str> = way.iter().map(|(name, _)| *name).collect();
            while let Some((name, next)) = way.last_mut() {
                let member = councils.get(name).and_then(|council| council.members.get(*next));
                let (name, index) = (*name, *next);
                *next += 1;
                match member {
                    None => {
                        finished.insert(name);
                        on_way.remove(name);
                        way.pop();
                        let members = councils.get(name).map(|council| council.members.as_slice()).unwrap_or_default();
                        extents.insert(name, self.extent(members, &extents));
                    }
                    Some(Member::Council(inner)) if on_way.contains(inner) => {
                        self.report_cycle(&way, inner, index, declared);
                    }
                    Some(Member::Council(inner)) if !finished.contains(inner) => {
                        on_way.insert(inner);
                        way.push((inner, 0));
                    }
                    Some(_) => {}
                }
            }
        }
        self.check_extents(declared, &extents);
    }

    /// What one task means for a council with these members, all of whose own councils are known.
    fn extent(&self, members: &[Member<'a>], known: &BTreeMap<&str, Extent>) -> Extent {
        let mut extent = Extent { levels: 1, assignments: 0 };
        for member in members {
            extent.assignments = extent.assignments.saturating_add(self.seats(*member));
            if let Member::Council(inner) = member
                && let Some(inner) = known.get(inner)
            {
                extent.assignments = extent.assignments.saturating_add(inner.assignments);
                extent.levels = extent.levels.max(inner.levels + 1);
            }
        }
        extent
    }

    /// Councils within councils multiply: a short file can ask for more than any machine holds.
    fn check_extents(
        &mut self,
        declared: &[(&'a str, &'a PatternOptions, TreePath)],
        extents: &BTreeMap<&str, Extent>,
    ) {
        let most = self.file.limits.agents.saturating_mul(SEATS_FOR_EACH_AGENT);
        let large = |(name, _, _): &&(&str, &PatternOptions, TreePath)| {
            extents.get(name).is_some_and(|extent| extent.levels > LEVELS_MAX || extent.assignments > most)
        };
        let Some((name, _, path)) = declared.iter().find(large) else { return };
        let Some(extent) = extents.get(name) else { return };
        let message = match extent.levels > LEVELS_MAX {
            true => format!("`{name}` holds councils {} levels deep; at most {LEVELS_MAX} are allowed", extent.levels),
            false => format!(
                "one task of `{name}` would be assigned {} times; at most {most} are allowed",
                extent.assignments
            ),
        };
        self.report_value(path, message);
    }

    fn report_cycle(
        &mut self,
        way: &[(&str, usize)],
        closing: &str,
        index: usize,
        declared: &[(&str, &PatternOptions, TreePath)],
    ) {
        let around: Vec<&str> = way.iter().map(|(name, _)| *name).skip_while(|name| *name != closing).collect();
        let Some(last) = around.last() else { return };
        let Some((_, pattern, path)) = declared.iter().find(|(name, _, _)| name == last) else { return };
        let message = match around.as_slice() {
            [alone] => format!("the council `{alone}` is a member of itself"),
            several => format!("councils contain each other: {} -> {closing}", several.join(" -> ")),
        };
        let place = pattern.members().get(index).map(|named| path.join(&named.place)).unwrap_or_else(|| path.clone());
        let problem = self.problem(&place, Part::Value, message);
        self.report(problem.hinting("a council's members are agents, or councils that don't lead back to it"));
    }
}
