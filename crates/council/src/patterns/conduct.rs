//! A small world for the tests of patterns: members that answer, fail, keep silent, come late, answer twice or lie.
//!
//! It plays a machine as the runtime would: asks are answered after the time a member takes, timers come in their order,
//! a withdrawn ask is answered by a cancel. Every pattern is played through [`every_conduct_ends_by_name`] and
//! [`arrival_changes_nothing`].
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::sync::Arc;

use moot_core::random::{Draw, Purpose, RandomAddress, RandomKey};
use moot_core::{
    ActorPath, Assignment, Bill, Brief, EventKind, FailureKind, Limit, Outcome, Task, TaskId, Text, ToolsUsed, Wanted,
};

use super::PatternOptions;
use crate::{Answered, CouncilEffect, CouncilInput, Seat};

/// What a member is asked.
pub(crate) struct Asked {
    pub(crate) member: usize,
    pub(crate) round: u32,
    pub(crate) prompt: Text,
    pub(crate) brief: Option<Arc<Brief>>,
}

/// What a member does with an ask.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers with these words after so many milliseconds.
    Say(&'static str, u64),
    /// Answers with this outcome after so many milliseconds.
    End(Outcome, u64),
    /// Never answers, not even when it is told to stop.
    Silent,
    /// Answers twice.
    Twice(&'static str, &'static str),
    /// Answers, as somebody else or in another round as the runtime stamps it: by so much.
    Shifted(&'static str, usize, u32),
}

/// What came of a play.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) outcome: Outcome,
    pub(crate) effects: Vec<CouncilEffect>,
    pub(crate) end_ms: u64,
    pub(crate) asks: usize,
}

enum Due {
    Answer(Answered),
    Timer(u32),
}

/// A seat for these options in which each name stands for as many members as `seats` says.
pub(crate) fn seat_for(options: &PatternOptions, seats: &[usize]) -> Seat {
    let path = ActorPath::new("council").unwrap();
    let (mut members, mut names) = (Vec::new(), Vec::new());
    for (number, (named, amount)) in (0_u32..).zip(options.members().iter().zip(seats)) {
        let name = ActorPath::new(named.name).unwrap();
        for index in 0..u32::try_from(*amount).unwrap() {
            members.push(if *amount == 1 { name.clone() } else { name.indexed(index) });
            names.push(number);
        }
    }
    let (random, called) = (RandomKey::new(42, 0, path.as_str()), Seat::called(&members));
    Seat { random, path, members: members.into(), names: names.into(), called }
}

/// Plays one task to its end. `shuffle` stirs the order of what happens at the same time.
pub(crate) fn play(
    options: &PatternOptions,
    seat: &Seat,
    task: &Arc<Task>,
    shuffle: Option<u32>,
    mut act: impl FnMut(&Asked) -> Act,
) -> Played {
    let mut machine = options.build().unwrap().start(seat);
    let mut queue: BTreeMap<(u64, u64, u64), Due> = BTreeMap::new();
    let (mut now, mut sequence, mut asks) = (0_u64, 0_u64, 0_usize);
    let mut open: Vec<(usize, u32)> = Vec::new();
    let mut all = Vec::new();
    let mut inputs = vec![CouncilInput::Assigned(Assignment::of(Arc::clone(task), ActorPath::world()))];
    for steps in 0.. {
        assert!(steps < 200_000, "it does not end");
        let mut effects = Vec::new();
        for input in inputs.drain(..) {
            if let CouncilInput::Answered(answered) = &input {
                open.retain(|asked| *asked != (answered.member, answered.round));
            }
            machine.step(input, &mut effects);
        }
        for effect in effects {
            all.push(effect.clone());
            let mut due = |after: u64, due: Due| {
                let stir = shuffle.map_or(0, |seed| stirred(seed, sequence));
                queue.insert((now + after, stir, sequence), due);
                sequence += 1;
            };
            match effect {
                CouncilEffect::Ask { member, round, prompt, brief } => {
                    asks += 1;
                    assert!(member < seat.members.len(), "asks nobody");
                    open.push((member, round));
                    let prompt = prompt.unwrap_or_else(|| task.prompt.clone());
                    let asked = Asked { member, round, prompt, brief };
                    let choices = match asked.brief.as_deref().map(|brief| &brief.wanted) {
                        None | Some(Wanted::Answer) => Arc::clone(&task.choices),
                        Some(Wanted::Words) => Arc::default(),
                        Some(Wanted::OneOf(choices)) => Arc::clone(choices),
                    };
                    let say = |words: &str, member: usize, round: u32| {
                        let answer = only_named(words, &choices).unwrap_or_else(|| words.into());
                        let (tools, words) = (tools_of(words), Some(words.into()));
                        Due::Answer(Answered {
                            member,
                            round,
                            outcome: Outcome::decided(answer),
                            words,
                            bill: one_call(),
                            tools,
                        })
                    };
                    match act(&asked) {
                        Act::Say(words, after) => due(after, say(words, member, round)),
                        Act::End(outcome, after) => {
                            let bill = one_call();
                            let (words, tools) = (None, ToolsUsed::default());
                            due(after, Due::Answer(Answered { member, round, outcome, words, bill, tools }));
                        }
                        Act::Silent => {}
                        Act::Twice(first, second) => {
                            due(1, say(first, member, round));
                            due(2, say(second, member, round));
                        }
                        Act::Shifted(words, by_member, by_round) => {
                            due(1, say(words, member + by_member, round + by_round));
                        }
                    }
                }
                CouncilEffect::Withdraw { member, round, reason } => {
                    if open.contains(&(member, round))
                        && !matches!(act(&Asked { member, round, prompt: "".into(), brief: None }), Act::Silent)
                    {
                        let (words, bill, tools) = (None, Bill::default(), ToolsUsed::default());
                        let outcome = Outcome::Cancelled { reason };
                        due(0, Due::Answer(Answered { member, round, outcome, words, bill, tools }));
                    }
                }
                CouncilEffect::SetTimer { timer, after } => due(after.as_millis(), Due::Timer(timer)),
                CouncilEffect::Record(_) => {}
                CouncilEffect::Finish(outcome) => {
                    assert_eq!(all.iter().filter(|effect| matches!(effect, CouncilEffect::Finish(_))).count(), 1);
                    return Played { outcome, effects: all, end_ms: now, asks };
                }
            }
        }
        let Some(((time, ..), due)) = queue.pop_first() else { panic!("nothing can happen any more, and no outcome") };
        now = now.max(time);
        inputs.push(match due {
            Due::Answer(answered) => CouncilInput::Answered(answered),
            Due::Timer(timer) => CouncilInput::TimerFired { timer },
        });
    }
    unreachable!("the loop ends by itself")
}

/// The one choice that the words name.
fn only_named(words: &str, choices: &[Text]) -> Option<Text> {
    let is_word = |choice: &&Text| words.split(|sign: char| !sign.is_alphanumeric()).any(|word| *word == ***choice);
    let mut named = choices.iter().filter(|choice| *words == ***choice || is_word(choice));
    let only = named.next()?;
    named.next().is_none().then(|| only.clone())
}

/// The tools that a member called for what it says: those that it names as `(called NAME)` or `(tried NAME)`.
fn tools_of(words: &str) -> ToolsUsed {
    let mut tools = ToolsUsed::default();
    for part in words.split('(').filter_map(|part| part.split(')').next()) {
        for (verb, succeeded) in [("called ", true), ("tried ", false)] {
            if let Some(tool) = part.strip_prefix(verb) {
                tools.add_call(&tool.into(), succeeded);
            }
        }
    }
    tools
}

fn one_call() -> Bill {
    let mut bill = Bill::default();
    bill.add_attempt(Some(moot_core::Usage::new(10, 5)), None);
    bill
}

fn stirred(seed: u32, sequence: u64) -> u64 {
    let key = RandomKey::new(9, 0, "stir");
    let address = RandomAddress::new(key, Purpose::named("stir")).task(seed);
    address.call(u32::try_from(sequence).unwrap_or(u32::MAX)).generator().integer_below(1 << 40)
}

/// A task with two choices.
pub(crate) fn task() -> Arc<Task> {
    Arc::new(Task::new(TaskId(0), "Which one?").with_choices(["A", "B"]).with_answer("A"))
}

/// Plays the pattern with one member that misbehaves in each way, and holds that each play ends with a named outcome, in
/// bounded virtual time, and never in idle success. `usual` is what members do otherwise.
pub(crate) fn every_conduct_ends_by_name(
    options: &PatternOptions,
    seats: &[usize],
    mut usual: impl FnMut(&Asked) -> Act,
) -> Vec<(&'static str, Outcome)> {
    let seat = seat_for(options, seats);
    let day_ms = crate::table::TIME_MAX.as_millis();
    let raises = Outcome::failed(FailureKind::Crash, "it panicked");
    let conducts: [(&'static str, Option<Act>); 7] = [
        ("one raises", Some(Act::End(raises, 1))),
        ("one never answers", Some(Act::Silent)),
        ("one answers twice", None),
        ("one answers late", Some(Act::Say("A", day_ms - 1))),
        ("one claims another's name", Some(Act::Shifted("A", 1, 0))),
        ("one claims another round", Some(Act::Shifted("A", 0, 7))),
        ("its budget runs out", Some(Act::End(Outcome::Exhausted { limit: Limit::Money }, 1))),
    ];
    let mut ends = Vec::new();
    for (name, conduct) in conducts {
        let played = play(options, &seat, &task(), None, |asked| match (&conduct, usual(asked)) {
            (None, Act::Say(words, _)) if asked.member == 0 => Act::Twice(words, "B"),
            (Some(conduct), _) if asked.member == 0 => conduct.clone(),
            (_, usual) => usual,
        });
        assert!(played.end_ms <= day_ms, "{name}: {} ms", played.end_ms);
        assert!(played.asks > 0, "{name}: it decided without asking anybody: {}", played.outcome);
        ends.push((name, played.outcome));
    }
    let budget = Outcome::Exhausted { limit: Limit::Calls };
    let mut left = 2;
    let played = play(options, &seat, &task(), None, |asked| {
        left -= 1;
        if left >= 0 { usual(asked) } else { Act::End(budget.clone(), 1) }
    });
    ends.push(("the budget runs out midway", played.outcome));
    let played = play(options, &seat, &task(), None, |_| Act::Say("abstain", 1));
    assert_eq!(played.outcome.answer(), None, "all abstain: {}", played.outcome);
    ends.push(("all abstain", played.outcome));
    let empty = Seat::of(ActorPath::new("council").unwrap(), [], 1);
    let played = play(options, &empty, &task(), None, |_| Act::Silent);
    assert!(matches!(played.outcome, Outcome::Failed(_)), "zero members: {}", played.outcome);
    ends.push(("zero members", played.outcome));
    let alone = Seat::of(ActorPath::new("council").unwrap(), [ActorPath::new("alone").unwrap()], 1);
    let played = play(options, &alone, &task(), None, |asked| usual(asked));
    ends.push(("one member", played.outcome));
    ends
}

/// Plays the pattern with answers that come in 200 orders, drawn, and holds that the outcome is always the same.
pub(crate) fn arrival_changes_nothing(
    options: &PatternOptions,
    seats: &[usize],
    mut usual: impl FnMut(&Asked) -> Act,
) -> Outcome {
    let seat = seat_for(options, seats);
    let first = play(options, &seat, &task(), None, &mut usual).outcome;
    for seed in 0..200 {
        let outcome = play(options, &seat, &task(), Some(seed), &mut usual).outcome;
        assert_eq!(outcome, first, "order {seed}");
    }
    first
}

/// The notes of a kind that were written, in order.
pub(crate) fn notes(played: &Played, name: &str) -> Vec<Text> {
    let note = |effect: &CouncilEffect| match effect {
        CouncilEffect::Record(EventKind::Noted { name: found, text, .. }) if **found == *name => Some(text.clone()),
        _ => None,
    };
    played.effects.iter().filter_map(note).collect()
}
