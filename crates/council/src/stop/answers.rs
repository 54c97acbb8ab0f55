//! What conditions work out from the answers that were given.

use std::collections::{BTreeMap, BTreeSet};

use moot_core::Text;

use super::Progress;
use crate::ballot::ABSTAIN;
use crate::exposure::Statement;

impl Progress {
    /// How many of the last round gave an answer.
    pub(super) fn answered(&self) -> usize {
        self.round(0).map_or(0, |round| round.iter().filter(|statement| statement.answer.is_some()).count())
    }

    /// The share of the members whose answer in the last round is the one that most of them gave.
    pub(super) fn agreement(&self) -> f64 {
        let most = self.counts().first().map_or(0, |(_, count)| *count);
        if self.members() == 0 { 0.0 } else { most as f64 / self.members() as f64 }
    }

    /// The answers of the last round with their numbers, the most frequent first.
    fn counts(&self) -> Vec<(&Text, usize)> {
        counted(self.round(0).unwrap_or_default())
    }

    /// Whether those of the last round who have not answered can't change which answer has most.
    pub(super) fn is_decided(&self) -> bool {
        let round = self.round(0).unwrap_or_default();
        let left = self.members().saturating_sub(round.len());
        let counts = self.counts();
        let of = |place: usize| counts.get(place).map_or(0, |(_, count)| *count);
        of(0) > of(1).saturating_add(left)
    }

    /// How many answers the most frequent of all statements is ahead of the second.
    pub(super) fn margin(&self) -> usize {
        let counts = counted(self.statements());
        let of = |place: usize| counts.get(place).map_or(0, |(_, count)| *count);
        of(0).saturating_sub(of(1))
    }

    /// Whether each of the last so many rounds has the answers of the round before it.
    pub(super) fn is_stable_for(&self, rounds: u32) -> bool {
        let rounds = rounds as usize;
        self.rounds() > rounds && (0..rounds).all(|ago| self.answers_of(ago) == self.answers_of(ago + 1))
    }

    fn answers_of(&self, ago: usize) -> BTreeMap<usize, Option<&Text>> {
        let round = self.round(ago).unwrap_or_default();
        round.iter().map(|statement| (statement.slot, statement.answer.as_ref())).collect()
    }

    /// Whether the last so many rounds brought nothing that was not answered before them.
    pub(super) fn has_no_new_answer_for(&self, rounds: u32) -> bool {
        let rounds = rounds as usize;
        if self.rounds() <= rounds {
            return false;
        }
        let newest: BTreeSet<&Text> =
            (0..rounds).filter_map(|ago| self.round(ago)).flatten().filter_map(|said| said.answer.as_ref()).collect();
        let count_of_newest: usize = (0..rounds).filter_map(|ago| self.round(ago)).map(<[Statement]>::len).sum();
        let earlier = self.statements().len().saturating_sub(count_of_newest);
        let known: BTreeSet<&Text> =
            self.statements().iter().take(earlier).filter_map(|said| said.answer.as_ref()).collect();
        newest.is_subset(&known)
    }

    /// Whether the last so many statements held nothing.
    pub(super) fn is_silent_for(&self, length: u32) -> bool {
        let length = length as usize;
        let is_empty = |statement: &Statement| {
            let words = statement.words.trim();
            words.is_empty() || words.eq_ignore_ascii_case(ABSTAIN)
        };
        self.statements().len() >= length && self.statements().iter().rev().take(length).all(is_empty)
    }

    /// Whether the last so many statements are the same as those right before them.
    pub(super) fn repeats(&self, length: u32) -> bool {
        let length = length as usize;
        let same = |left: &Statement, right: &Statement| left.slot == right.slot && left.words == right.words;
        let said = self.statements();
        let Some(middle) = said.len().checked_sub(length).filter(|middle| *middle >= length) else { return false };
        let newest = said.get(middle..).unwrap_or_default();
        let before = said.get(middle - length..middle).unwrap_or_default();
        newest.iter().zip(before).all(|(left, right)| same(left, right))
    }
}

/// The answers among statements with their numbers: the most frequent first, then by answer.
fn counted(statements: &[Statement]) -> Vec<(&Text, usize)> {
    let mut counts: BTreeMap<&Text, usize> = BTreeMap::new();
    for answer in statements.iter().filter_map(|statement| statement.answer.as_ref()) {
        *counts.entry(answer).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(answer, count)| (std::cmp::Reverse(*count), *answer));
    counts
}
