//! When an attempt has taken too long, seen from the times at which its pieces come.
//!
//! It must not know what the pieces hold. The times of an inside model are known beforehand, so its timeout is too; an
//! outside one keeps the same limits with a real clock.
//!
//! ```
//! use moot_core::VirtualDuration;
//! use moot_mind::retry::{RetryOptions, TimeoutLimit, first_timeout};
//!
//! let seconds = |amount: u64| VirtualDuration::from_millis(amount * 1_000);
//! let options = RetryOptions::default();
//! assert_eq!(first_timeout(&options, [seconds(2), seconds(50)], seconds(55)), None);
//! let stalled = first_timeout(&options, [seconds(2), seconds(63)], seconds(70)).unwrap();
//! assert_eq!((stalled.limit, stalled.after), (TimeoutLimit::Idle, seconds(62)));
//! ```

use moot_core::{ModelFailure, ModelFailureKind, VirtualDuration};
use serde::{Deserialize, Serialize};

use super::RetryOptions;

/// Which limit of time an attempt passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeoutLimit {
    /// The connection was not made in time.
    Connect,
    /// The first piece did not come in time.
    FirstByte,
    /// The pause after a piece was too long.
    Idle,
    /// The attempt as a whole took too long.
    Total,
}

/// The end of an attempt that took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptTimeout {
    /// The limit that was passed.
    pub limit: TimeoutLimit,
    /// When it was passed, counted from the start of the attempt.
    pub after: VirtualDuration,
}

/// The first limit that an attempt passes whose pieces come at these times, in order, and whose answer ends at `end`,
/// all counted from its start; `None` when it is in time. What comes exactly at a limit is in time.
///
/// An answer that comes in one piece at its end, so without `pieces`, has but the limit on the whole.
pub fn first_timeout(
    options: &RetryOptions,
    pieces: impl IntoIterator<Item = VirtualDuration>,
    end: VirtualDuration,
) -> Option<AttemptTimeout> {
    let mut last = None;
    let mut passed = None;
    for piece in pieces {
        passed = passed.or_else(|| pause(options, last, piece));
        last = Some(piece);
    }
    if last.is_some() {
        passed = passed.or_else(|| pause(options, last, end));
    }
    let total = (end > options.total_timeout)
        .then_some(AttemptTimeout { limit: TimeoutLimit::Total, after: options.total_timeout });
    // At the same instant the more particular limit is named.
    [passed, total].into_iter().flatten().min_by_key(|timeout| timeout.after)
}

/// Whether the pause before `next` is too long.
fn pause(options: &RetryOptions, last: Option<VirtualDuration>, next: VirtualDuration) -> Option<AttemptTimeout> {
    let (limit, after) = match last {
        None => (TimeoutLimit::FirstByte, options.first_byte_timeout),
        Some(last) => (TimeoutLimit::Idle, last + options.idle_timeout),
    };
    (next > after).then_some(AttemptTimeout { limit, after })
}

impl TimeoutLimit {
    /// The option that sets the limit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect_timeout",
            Self::FirstByte => "first_byte_timeout",
            Self::Idle => "idle_timeout",
            Self::Total => "total_timeout",
        }
    }
}

impl AttemptTimeout {
    /// The attempt's failure: known when the limit is passed; what it took is not known.
    #[must_use]
    pub fn failure(self) -> ModelFailure {
        let what = match self.limit {
            TimeoutLimit::Connect => "no connection was made",
            TimeoutLimit::FirstByte => "the reply did not begin",
            TimeoutLimit::Idle => "the reply stopped coming",
            TimeoutLimit::Total => "the reply did not end",
        };
        let message = format!("{what} in time; given up after {} (`{}`)", self.after, self.limit.as_str());
        ModelFailure { latency: self.after, ..ModelFailure::new(ModelFailureKind::Timeout, message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_limit_that_is_passed_is_named() {
        let ms = VirtualDuration::from_millis;
        let options = RetryOptions {
            first_byte_timeout: ms(10),
            idle_timeout: ms(5),
            total_timeout: ms(30),
            ..RetryOptions::default()
        };
        for (pieces, end, expected) in [
            (&[][..], 0, None),
            (&[], 30, None),
            (&[], 31, Some((TimeoutLimit::Total, 30))),
            (&[10], 15, None),
            (&[11], 12, Some((TimeoutLimit::FirstByte, 10))),
            (&[0, 5, 10], 15, None),
            (&[0, 5, 11], 12, Some((TimeoutLimit::Idle, 10))),
            (&[0, 6, 12], 13, Some((TimeoutLimit::Idle, 5))),
            (&[10], 16, Some((TimeoutLimit::Idle, 15))),
            (&[10, 15, 20, 25, 30], 35, Some((TimeoutLimit::Total, 30))),
            (&[10, 15, 20, 25], 40, Some((TimeoutLimit::Idle, 30))),
        ] {
            let found = first_timeout(&options, pieces.iter().copied().map(ms), ms(end));
            let found = found.map(|timeout| (timeout.limit, timeout.after.as_millis()));
            assert_eq!(found, expected, "{pieces:?} {end}");
        }
    }

    #[test]
    fn a_timeout_is_told_with_its_limit() {
        for limit in [TimeoutLimit::Connect, TimeoutLimit::FirstByte, TimeoutLimit::Idle, TimeoutLimit::Total] {
            let failure = AttemptTimeout { limit, after: VirtualDuration::from_millis(60_000) }.failure();
            assert_eq!((failure.kind, failure.latency.as_millis()), (ModelFailureKind::Timeout, 60_000));
            assert!(failure.message.contains(limit.as_str()) && failure.usage.is_none(), "{failure}");
        }
    }
}
