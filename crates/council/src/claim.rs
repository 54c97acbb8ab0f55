//! What a member claims in its words to be: `from: NAME` and `round: N` before all else.
//!
//! Who cast a ballot and in which round, the runtime says; nobody needs to claim it. But members that see each other's
//! words can be told by one that it speaks for another, and a model can take itself for somebody else. So a claim that
//! differs from what the runtime says makes a ballot void. It must not know ballots.
//!
//! Claims are the first lines of the words, at most one of each kind, in any case of letters; an empty line may follow. A
//! name has no white space (`from: my point of view` is no claim), a round is a number.
//!
//! ```
//! use moot_core::ActorPath;
//! use moot_council::claim::{check, claim_of};
//!
//! let claim = claim_of("From: juror[2]\nround: 1\n\nI vote for A.");
//! assert_eq!((claim.from, claim.round, claim.rest), (Some("juror[2]"), Some(1), "I vote for A."));
//! let voter = ActorPath::new("jury/juror[2]").unwrap();
//! assert_eq!(check(&claim, &voter, 1), None, "the last part of a path is enough");
//! assert_eq!(check(&claim, &voter, 0).unwrap(), "it claims to be of round 1, but was asked in round 0");
//! ```

use moot_core::ActorPath;

use crate::ballot::quoted;

/// What words claim about themselves, and what is left of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Who the words claim to be from.
    pub from: Option<&'a str>,
    /// Which round the words claim to belong to.
    pub round: Option<u64>,
    /// What comes behind the claims; all of the words, as they are, when they claim nothing.
    pub rest: &'a str,
}

/// How long the shortest key of a claim is: words that are no longer hold none.
const SHORTEST_KEY: usize = "from:".len();

/// The claims that words begin with.
#[must_use]
pub fn claim_of(words: &str) -> Claim<'_> {
    let mut claim = Claim { from: None, round: None, rest: words };
    if words.len() <= SHORTEST_KEY {
        // The words of most who vote are a letter or two.
        return claim;
    }
    loop {
        let (line, rest) = first_line(claim.rest.trim_start());
        if claim.from.is_none()
            && let Some(name) = behind("from:", line).filter(|name| !name.contains(char::is_whitespace))
        {
            claim.from = Some(name);
        } else if claim.round.is_none()
            && let Some(number) = behind("round:", line).and_then(|number| number.parse().ok())
        {
            claim.round = Some(number);
        } else {
            break;
        }
        claim.rest = rest.trim_start();
    }
    claim
}

/// What is wrong with a claim of this voter in this round, if anything.
#[must_use]
pub fn check(claim: &Claim<'_>, voter: &ActorPath, round: u32) -> Option<String> {
    if let Some(from) = claim.from {
        let path = voter.as_str();
        let name = path.rsplit('/').next().unwrap_or(path);
        if from != path && from != name {
            return Some(format!("it claims to be from {}, but is from {path}", quoted(from)));
        }
    }
    let claimed = claim.round.filter(|claimed| *claimed != u64::from(round))?;
    Some(format!("it claims to be of round {claimed}, but was asked in round {round}"))
}

fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// What a line says behind a key, if that is what it begins with and there is something.
fn behind<'a>(key: &str, line: &'a str) -> Option<&'a str> {
    let (head, rest) = line.split_at_checked(key.len())?;
    let rest = rest.trim();
    (head.eq_ignore_ascii_case(key) && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn claims_are_the_first_lines_and_nothing_else() {
        let cases = [
            ("A", None, None, "A"),
            ("", None, None, ""),
            (" A \n", None, None, " A \n"),
            ("from: ann\nA", Some("ann"), None, "A"),
            ("FROM:ann", Some("ann"), None, ""),
            ("\n  Round: 3 \n From: jury/juror[0]\n\nA\nB", Some("jury/juror[0]"), Some(3), "A\nB"),
            ("round: 3\r\n\r\nA", None, Some(3), "A"),
            ("A\nfrom: ann", None, None, "A\nfrom: ann"),
            ("from: ann\nfrom: bob\nA", Some("ann"), None, "from: bob\nA"),
            ("from: my point of view, A", None, None, "from: my point of view, A"),
            ("from:\nA", None, None, "from:\nA"),
            ("round: two\nA", None, None, "round: two\nA"),
            ("round: -1", None, None, "round: -1"),
            ("frömm: ann", None, None, "frömm: ann"),
        ];
        for (words, from, round, rest) in cases {
            assert_eq!(claim_of(words), Claim { from, round, rest }, "{words:?}");
        }
    }

    #[test]
    fn only_the_own_name_and_round_are_right() {
        let voter = ActorPath::new("jury/juror[2]").unwrap();
        let wrong = |words: &str| check(&claim_of(words), &voter, 1);
        for right in ["A", "from: juror[2]", "from: jury/juror[2]", "round: 1", "from: juror[2]\nround: 1\nA"] {
            assert_eq!(wrong(right), None, "{right}");
        }
        let expected = "it claims to be from juror[1], but is from jury/juror[2]";
        assert_eq!(wrong("from: juror[1]\nround: 7").as_deref(), Some(expected));
        for other in ["from: juror", "from: Juror[2]", "from: jury", "from: y/juror[2]"] {
            assert!(wrong(other).is_some(), "{other}");
        }
        for other in ["round: 0", "round: 4294967297", "from: juror[2]\nround: 2"] {
            assert!(wrong(other).unwrap().contains("round"), "{other}");
        }
    }
}
