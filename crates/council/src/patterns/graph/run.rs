//! A graph that is being worked through: which edges are settled, who runs, what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::{Brief, FailureKind, Heard, Limit, Outcome, Text, Wanted};

use super::options::{Activation, GraphOptions};
use crate::Seat;
use crate::asks::{Ask, Ended};
use crate::join::ballot_of_result;
use crate::patterns::mixture::by_the_word_of;
use crate::table::{Protocol, Table};

/// What a note on a node that does not run is called.
pub(super) const SKIPPED: &str = "skipped";

/// The state of a graph.
pub(super) struct Running {
    options: Arc<GraphOptions>,
    /// The seat of each node's member, by the node's name.
    seats: BTreeMap<String, Option<usize>>,
    /// For each node, what each of its edges came to since it last ran: `None` while it is open.
    edges: BTreeMap<String, Vec<Option<Settled>>>,
    /// Nodes that are to run, in order.
    ready: Vec<(String, Vec<Heard>)>,
    /// What runs: the node of each ask.
    running: BTreeMap<u32, String>,
    /// What each node's last run came to.
    results: BTreeMap<String, Done>,
    runs: u32,
    limit: Option<Limit>,
    /// Why a node gave no answer, of the first that did not.
    lost: Option<String>,
}

/// What an edge came to.
#[derive(Debug, Clone)]
enum Settled {
    Fired(Heard),
    Skipped,
}

/// What a node's run came to.
#[derive(Debug, Clone)]
struct Done {
    words: Text,
    outcome: Outcome,
}

impl Running {
    pub(super) fn new(options: Arc<GraphOptions>, seat: &Seat) -> Self {
        let names = options.names();
        let seat_of = |member: &str| {
            let index = names.iter().position(|(name, _)| *name == member)?;
            seat.seats_of(index..index + 1).first().copied()
        };
        let seats = options.nodes.iter().map(|(name, node)| (name.clone(), seat_of(&node.member))).collect();
        let edges = options.nodes.iter().map(|(name, node)| (name.clone(), vec![None; node.after.len()])).collect();
        let (ready, running, results) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { options, seats, edges, ready, running, results, runs: 0, limit: None, lost: None }
    }

    /// Starts what is ready; ends the council when nothing runs and nothing is.
    fn go_on(&mut self, table: &mut Table<'_>) {
        let may_start = !self.options.barrier || self.running.is_empty();
        while may_start && !self.ready.is_empty() {
            let (name, inputs) = self.ready.remove(0);
            if self.runs >= self.options.runs_max {
                let reason = format!("{} nodes have run, which is as many as runs_max allows", self.runs);
                return table.finish(Outcome::Undecided { reason: reason.into() });
            }
            self.run(&name, inputs, table);
            if table.is_finished() {
                return;
            }
        }
        if self.running.is_empty() && self.ready.is_empty() {
            let outcome = self.outcome();
            table.finish(outcome);
        }
    }

    fn run(&mut self, name: &str, inputs: Vec<Heard>, table: &mut Table<'_>) {
        let (Some(Some(slot)), Some(node)) = (self.seats.get(name).copied(), self.options.nodes.get(name)) else {
            let message = format!("nobody is there to work on the node {name}");
            return table.finish(Outcome::failed(FailureKind::Setup, message));
        };
        let task = &table.assignment().prompt;
        let mut prompt = node.prompt.as_deref().map_or_else(|| task.to_string(), |own| own.replace("{task}", task));
        if !inputs.is_empty() {
            prompt.push_str("\n\nWhat was made before:\n");
            for input in &inputs {
                prompt.push_str(&format!("- {}: {}\n", input.speaker, input.words));
            }
        }
        let is_output = self.options.outputs().contains(&name);
        let wanted = if is_output { Wanted::Answer } else { Wanted::Words };
        let brief = Brief { wanted, heard: inputs.into(), fresh: true };
        let round = table.round(self.runs);
        self.runs += 1;
        self.running.insert(round, name.to_owned());
        table.ask(Ask::told(slot, round, prompt, brief));
    }

    /// A node has answered, or will not: its edges are settled, and what depends on it may be ready.
    fn settle(&mut self, name: &str, heard: Option<&Heard>, table: &mut Table<'_>) {
        let mut open = vec![(name.to_owned(), heard.cloned())];
        while let Some((from, heard)) = open.pop() {
            let options = Arc::clone(&self.options);
            for (to, node) in &options.nodes {
                let mut has_fired = Vec::new();
                for (index, edge) in node.after.iter().enumerate().filter(|(_, edge)| edge.from() == from) {
                    let fired = heard.as_ref().filter(|heard| edge.fires(&heard.words));
                    let settled = match fired {
                        Some(heard) => Settled::Fired(heard.clone()),
                        None => Settled::Skipped,
                    };
                    has_fired.extend(fired.cloned());
                    if let Some(place) = self.edges.get_mut(to).and_then(|edges| edges.get_mut(index)) {
                        *place = Some(settled);
                    }
                }
                if !node.after.iter().any(|edge| edge.from() == from) {
                    continue;
                }
                match node.activation {
                    Activation::Any => self.ready.extend(has_fired.into_iter().map(|heard| (to.clone(), vec![heard]))),
                    Activation::All => {
                        let Some(edges) = self.edges.get_mut(to) else { continue };
                        if edges.iter().any(Option::is_none) {
                            continue;
                        }
                        let inputs: Vec<Heard> = edges
                            .iter_mut()
                            .filter_map(|edge| match edge.take() {
                                Some(Settled::Fired(heard)) => Some(heard),
                                _ => None,
                            })
                            .collect();
                        if inputs.is_empty() {
                            table.note(SKIPPED, format!("{to}: none of what it depends on leads to it"));
                            open.push((to.clone(), None));
                        } else {
                            self.ready.push((to.clone(), inputs));
                        }
                    }
                }
            }
        }
    }

    fn outcome(&self) -> Outcome {
        let outputs = self.options.outputs();
        let done: Vec<(&str, &Done)> =
            outputs.iter().filter_map(|name| Some((*name, self.results.get(*name)?))).collect();
        match (done.as_slice(), &self.lost, self.limit) {
            ([(_, done)], ..) => done.outcome.clone(),
            ([], _, Some(limit)) => Outcome::Exhausted { limit },
            ([], Some(lost), None) => Outcome::failed(FailureKind::Member, lost.clone()),
            ([], None, None) => {
                Outcome::Undecided { reason: format!("no node of the output ran: {}", outputs.join(", ")).into() }
            }
            (several, ..) => {
                let lines: Vec<String> = several.iter().map(|(name, done)| format!("{name}: {}", done.words)).collect();
                Outcome::decided(lines.join("\n"))
            }
        }
    }
}

impl Protocol for Running {
    fn begin(&mut self, table: &mut Table<'_>) {
        let starts = self.options.nodes.iter().filter(|(_, node)| node.after.is_empty() || node.start);
        self.ready = starts.map(|(name, _)| (name.clone(), Vec::new())).collect();
        self.go_on(table);
    }

    fn ended(&mut self, ended: Ended, table: &mut Table<'_>) {
        let Some(name) = self.running.remove(&ended.round) else { return };
        let who = format!("the node {name} ({})", table.name_of(ended.slot));
        let choices = table.choices();
        match &ended.result {
            Ok(said) => {
                let ballot = ballot_of_result(Some(&ended.result), &choices);
                let answer = ballot.answer().cloned();
                let heard =
                    Heard { round: ended.round, speaker: name.as_str().into(), answer, words: said.text(), own: false };
                if self.options.outputs().contains(&name.as_str()) {
                    table.record_ballot(ended.round, ended.slot, ballot, 1.0);
                }
                let outcome = by_the_word_of(&ended, &who, &choices);
                self.results.insert(name.clone(), Done { words: said.text(), outcome });
                self.settle(&name, Some(&heard), table);
            }
            Err(absence) => {
                self.limit = self.limit.or(absence.limit);
                self.lost.get_or_insert_with(|| format!("{who}: {}", absence.reason));
                table.note(SKIPPED, format!("{name}: {}", absence.reason));
                self.settle(&name, None, table);
            }
        }
        self.go_on(table);
    }
}
