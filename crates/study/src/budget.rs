//! The equal-budget rule: how many times one agent is asked so that it spends as many calls as a variant, or as many
//! tokens, or as much money.
//!
//! A pattern that spends much is to be held against the plainest way to spend as much: ask one agent again and again and
//! take the commonest answer. This module must not know how that is played.
//!
//! ```
//! use moot_study::equal_votes;
//!
//! assert_eq!(equal_votes(5.0, 1.0), 5);
//! assert_eq!(equal_votes(12.0, 2.0), 7, "6 answers of two calls each, and one more so that none is wasted");
//! ```

/// The number of answers of one agent that take as much as a variant takes: `amount` of the variant on a task, on average,
/// in calls, tokens or money, divided by `amount_of_one` of the agent, rounded half up, at least 1. What takes nothing
/// counts as taking one, which is meant for calls: an agent whose answers are free can't be made to cost as much. An even number is raised by one: of two
/// choices, an even number of votes with a coin for ties is no better than one vote less (Condorcet's jury), so an even
/// number would waste a call, and what is compared with this baseline must not win by that.
#[must_use]
pub fn equal_votes(amount: f64, amount_of_one: f64) -> u32 {
    let answers = if amount_of_one > 0.0 { amount / amount_of_one } else { amount };
    // Beyond the largest number, and for what is no number, the cast gives the nearest end.
    let rounded = libm::floor(answers + 0.5) as u32;
    rounded.max(1) | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_odd_and_never_spends_half_a_call_less() {
        for (calls, one, expected) in [
            (0.0, 1.0, 1),
            (0.4, 1.0, 1),
            (1.0, 1.0, 1),
            (1.5, 1.0, 3),
            (2.0, 1.0, 3),
            (3.49, 1.0, 3),
            (3.5, 1.0, 5),
            (9.0, 1.0, 9),
            (10.0, 1.0, 11),
            (9.0, 3.0, 3),
            (9.0, 0.0, 9),
            (f64::NAN, 1.0, 1),
            (f64::INFINITY, 1.0, u32::MAX),
        ] {
            assert_eq!(equal_votes(calls, one), expected, "{calls} calls, {one} of one");
        }
        for tenths in 10..1_000 {
            let calls = f64::from(tenths) / 10.0;
            let votes = f64::from(equal_votes(calls, 1.0));
            assert!(votes >= calls - 0.5 && votes <= calls + 1.5 && votes % 2.0 == 1.0, "{calls}: {votes}");
        }
    }
}
