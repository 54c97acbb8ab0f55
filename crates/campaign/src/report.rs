//! What a campaign has found, put together over its seeds and told to people.
//!
//! This module must not know how seeds are played.
//!
//! ```
//! use moot_campaign::report::Report;
//! use moot_campaign::{generate, play};
//!
//! let mut report = Report::default();
//! report.add(&play::play(&generate::scenario(3)));
//! assert_eq!((report.seeds, report.failing.len()), (1, 0));
//! assert!(report.digests().starts_with("3 "));
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;

use folkmoot::safety::fault::{FaultNumber, Fired};

use crate::coverage::{Coverage, Point};
use crate::play::Verdict;

/// The faults that a scenario can plan.
const FAULTS: [u8; 24] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 26, 27, 29];

/// How many seeds ten thousand are, in which each fault must have struck so often and each point be reached so often.
const SEEDS: u64 = 10_000;
const STRIKES_MIN: u64 = 100;
const REACHED_MIN: u64 = 10;

/// What came of a campaign.
#[derive(Debug, Default)]
pub struct Report {
    /// How many seeds were played.
    pub seeds: u64,
    /// How many events they had together.
    pub events: u64,
    /// The first thing that is wrong with each seed that failed, in words, by seed.
    pub failing: BTreeMap<u64, String>,
    /// How the runs ended, and how many so.
    pub statuses: BTreeMap<String, u64>,
    fired: Fired,
    coverage: Coverage,
    digests: BTreeMap<u64, String>,
    /// The seed that had most events, and the one that ended last.
    longest: (u64, u64),
    latest: (u64, u64),
}

impl Report {
    /// Adds a run.
    pub fn add(&mut self, verdict: &Verdict) {
        self.seeds += 1;
        self.events += verdict.events;
        self.fired.add(&verdict.fired);
        self.coverage.add(&verdict.coverage);
        self.digests.insert(verdict.seed, verdict.digest.clone());
        self.longest = self.longest.max((verdict.events, verdict.seed));
        self.latest = self.latest.max((verdict.ended_at.as_millis(), verdict.seed));
        let status = verdict.status.split(' ').next().unwrap_or_default();
        *self.statuses.entry(status.to_owned()).or_default() += 1;
        if let Some(finding) = verdict.findings.first() {
            self.failing.insert(verdict.seed, format!("{}: {}", finding.rule, finding.text));
        }
    }

    /// The digest of each seed, a line each.
    #[must_use]
    pub fn digests(&self) -> String {
        let line = |(seed, digest): (&u64, &String)| format!("{seed} {digest}\n");
        self.digests.iter().map(line).collect()
    }

    /// Where other digests differ from these, in words.
    #[must_use]
    pub fn differences(&self, other: &str) -> Vec<String> {
        let read = |line: &str| {
            let (seed, digest) = line.split_once(' ')?;
            Some((seed.parse::<u64>().ok()?, digest.trim().to_owned()))
        };
        let other: BTreeMap<u64, String> = other.lines().filter_map(read).collect();
        let mut differences = Vec::new();
        for (seed, digest) in &self.digests {
            match other.get(seed) {
                Some(same) if same == digest => {}
                Some(_) => differences.push(format!("seed {seed} differs")),
                None => differences.push(format!("seed {seed} was not played before")),
            }
        }
        differences.extend(
            other
                .keys()
                .filter(|seed| !self.digests.contains_key(seed))
                .map(|seed| format!("seed {seed} was played before and is not now")),
        );
        differences
    }

    /// What should have happened in so many seeds and did not, in words: too few strikes of a fault, a point that was not
    /// reached often enough. In a campaign of fewer seeds less is demanded: what is to be expected less four standard
    /// errors of a count, and once at least; in a very short one nothing.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let wanted = |most: u64| {
            let expected = most * self.seeds / SEEDS;
            let slack = if self.seeds < SEEDS { 4 * expected.isqrt() } else { 0 };
            expected.saturating_sub(slack).max(expected.min(1))
        };
        let (strikes, reached) = (wanted(STRIKES_MIN), wanted(REACHED_MIN));
        let faults = FAULTS.iter().map(|number| (FaultNumber(*number), self.struck(*number)));
        let faults = faults.filter(|(_, count)| *count < strikes);
        let faults = faults.map(|(number, count)| format!("{number} struck {count} times, of at least {strikes}"));
        let points = Point::ALL.iter().map(|point| (*point, self.coverage.of_point(*point)));
        let points = points.filter(|(_, count)| *count < reached);
        let points = points.map(|(point, count)| {
            format!("{} ({}): {count} times, of at least {reached}", point.text(), point.fault())
        });
        faults.chain(points).collect()
    }

    fn struck(&self, number: u8) -> u64 {
        self.fired.by_number.get(&FaultNumber(number)).copied().unwrap_or(0)
    }

    /// The table of what struck and what was reached.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a text can't fail.
        let _ = writeln!(text, "{:<5} {:>9}  {:>8}  point", "fault", "strikes", "reached");
        for number in FAULTS {
            let name = FaultNumber(number).to_string();
            let mut points = Point::ALL.iter().filter(|point| point.fault() == name);
            let point = |point: Option<&Point>| match point {
                Some(point) => format!("{:>8}  {}", self.coverage.of_point(*point), point.text()),
                None => String::new(),
            };
            let _ = writeln!(text, "{name:<5} {:>9}  {}", self.struck(number), point(points.next()));
            for further in points {
                let _ = writeln!(text, "{:<5} {:>9}  {}", "", "", point(Some(further)));
            }
        }
        let forms: Vec<String> = self.fired.by_form.iter().map(|(form, count)| format!("{form} {count}")).collect();
        let _ = writeln!(text, "\nby form: {}", forms.join(", "));
        let (events, longest) = self.longest;
        let (latest_ms, latest) = self.latest;
        let _ = writeln!(
            text,
            "{} events; the longest run had {events} (seed {longest}), the latest ended after {} s of virtual time (seed \
             {latest})",
            self.events,
            latest_ms / 1_000
        );
        let statuses: Vec<String> =
            self.statuses.iter().map(|(status, count)| format!("{count} {}", status.to_lowercase())).collect();
        let _ = writeln!(text, "{}", statuses.join(", "));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_that_differ_or_are_missing_are_told() {
        let of = |seed, digest: &str| Verdict { seed, digest: digest.to_owned(), ..Verdict::default() };
        let mut report = Report::default();
        [of(1, "aa"), of(2, "bb")].iter().for_each(|verdict| report.add(verdict));
        assert_eq!(report.differences(&report.digests()), Vec::<String>::new());
        assert_eq!(
            report.differences("2 cc\n3 dd\n"),
            ["seed 1 was not played before", "seed 2 differs", "seed 3 was played before and is not now"]
        );
    }

    #[test]
    fn what_never_struck_is_missing_from_a_campaign_that_is_long_enough() {
        let short = Report { seeds: 99, ..Report::default() };
        assert_eq!(short.missing(), Vec::<String>::new());
        let long = Report { seeds: 10_000, ..Report::default() };
        assert_eq!(long.missing().len(), FAULTS.len() + Point::ALL.len());
        assert!(long.missing().iter().any(|missing| missing == "F29 struck 0 times, of at least 100"));
    }
}
