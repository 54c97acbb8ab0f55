//! The real clock: how much time has really passed, as virtual time that goes on from where the run was.
//!
//! It is read at the world's idle step alone. It counts intervals (the system's monotonic clock), so a wall clock that is
//! set, frozen or changed for daylight saving moves nothing. This module must not know what waits for time.

use std::time::{Duration, Instant};

use moot_core::{VirtualDuration, VirtualTime};

/// What makes the time of a world pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// It jumps to what happens next, and stands still while the outside is waited for.
    #[default]
    Virtual,
    /// It passes as real time does: what is due later is waited for, and answers from outside come in the order in which
    /// they arrive.
    Real,
}

/// Real time since a moment of the run.
#[derive(Debug, Default)]
pub(crate) struct RealClock {
    began: Option<(Instant, VirtualTime)>,
}

impl RealClock {
    /// What time it is. The first time that it is asked it begins at `now`, and it is never before that.
    #[expect(clippy::disallowed_methods, reason = "this is the real clock")]
    pub(crate) fn time(&mut self, now: VirtualTime) -> VirtualTime {
        let instant = Instant::now();
        let (began, at) = *self.began.get_or_insert((instant, now));
        let passed = u64::try_from(instant.duration_since(began).as_millis()).unwrap_or(u64::MAX);
        now.max(at + VirtualDuration::from_millis(passed))
    }

    /// Waits for so long.
    pub(crate) fn wait(duration: Duration) {
        std::thread::sleep(duration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_from_where_the_run_was() {
        let mut clock = RealClock::default();
        let begin = VirtualTime::from_millis(5_000);
        assert_eq!(clock.time(begin), begin);
        RealClock::wait(Duration::from_millis(5));
        assert!(clock.time(begin) >= begin + VirtualDuration::from_millis(5));
        let later = VirtualTime::from_millis(3_600_000);
        assert_eq!(clock.time(later), later, "never before what has happened");
    }
}
