//! What a council's members have said so far, as conditions see it.

use std::collections::BTreeSet;

use moot_core::{Bill, Text, ToolsUsed, VirtualDuration};
use serde::{Deserialize, Serialize};

use crate::exposure::Statement;

/// What was said, what it took and what time has passed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    members: usize,
    statements: Vec<Statement>,
    /// Where each round that was held ends among the statements.
    round_ends: Vec<usize>,
    handed_to: Option<Text>,
    bill: Bill,
    /// Which tools members called, by their names.
    tools: Vec<(Text, ToolsUsed)>,
    failures: u32,
    passed: BTreeSet<VirtualDuration>,
}

impl Progress {
    /// Nothing was said yet in a council of so many members.
    #[must_use]
    pub fn new(members: usize) -> Self {
        Self { members, ..Self::default() }
    }

    /// The same with room for so many statements.
    #[must_use]
    pub fn with_room(mut self, statements: usize) -> Self {
        self.statements.reserve(statements);
        self
    }

    /// Takes a statement in, and what it took.
    pub fn said(&mut self, statement: Statement, bill: Bill) {
        self.handed_to = None;
        self.bill.add(&bill);
        self.statements.push(statement);
    }

    /// Adds what other work for the council took: of whoever directs it, or of members that were not heard.
    pub fn charge(&mut self, bill: Bill) {
        self.bill.add(&bill);
    }

    /// What all work took so far is this.
    pub const fn set_bill(&mut self, bill: Bill) {
        self.bill = bill;
    }

    /// Which tools were called so far, each member by its name.
    pub fn set_tools(&mut self, tools: Vec<(Text, ToolsUsed)>) {
        self.tools = tools;
    }

    /// The last statement handed over to somebody.
    pub fn hand_to(&mut self, name: Text) {
        self.handed_to = Some(name);
    }

    /// An ask brought no answer.
    pub const fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// A round is over.
    pub fn end_round(&mut self) {
        self.round_ends.push(self.statements.len());
    }

    /// So much time has passed since the beginning.
    pub fn pass(&mut self, time: VirtualDuration) {
        self.passed.insert(time);
    }

    /// How many rounds were held.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.round_ends.len()
    }

    /// Everything that was said, in order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The last statement.
    #[must_use]
    pub fn last(&self) -> Option<&Statement> {
        self.statements.last()
    }

    /// What it took so far.
    #[must_use]
    pub const fn bill(&self) -> &Bill {
        &self.bill
    }

    pub(super) fn tools(&self) -> &[(Text, ToolsUsed)] {
        &self.tools
    }

    pub(super) const fn members(&self) -> usize {
        self.members
    }

    pub(super) const fn handed_to(&self) -> Option<&Text> {
        self.handed_to.as_ref()
    }

    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn has_passed(&self, time: VirtualDuration) -> bool {
        self.passed.contains(&time)
    }

    /// The statements of the round that ended so many rounds ago, the last one being 0; before any round has ended, all
    /// statements are one round.
    pub(super) fn round(&self, ago: usize) -> Option<&[Statement]> {
        if self.round_ends.is_empty() {
            return (ago == 0).then_some(&*self.statements);
        }
        let last = self.round_ends.len().checked_sub(ago + 1)?;
        let end = self.round_ends.get(last).copied()?;
        let start = last.checked_sub(1).and_then(|before| self.round_ends.get(before).copied()).unwrap_or(0);
        self.statements.get(start..end)
    }
}
