//! Virtual time: whole milliseconds since the start of a run.
//!
//! Time belongs to the world; nothing here reads a clock. Durations are written `800ms`, `3s`, `2m`, `1h` or as a
//! sum of such parts (`1m30s`).
//!
//! ```
//! use moot_core::{VirtualDuration, VirtualTime};
//!
//! let wait: VirtualDuration = "1m30s".parse().unwrap();
//! assert_eq!(VirtualTime::ZERO + wait, VirtualTime::from_millis(90_000));
//! ```

use std::fmt;
use std::ops::Add;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A point in the virtual time of a run, in whole milliseconds since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VirtualTime(u64);

/// A length of virtual time, in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VirtualDuration(u64);

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a duration; write a number with a unit, such as 800ms, 3s, 1.5m or 2h, at most {max} h", max = VirtualDuration::HOURS_MAX)]
pub struct DurationError {
    /// The text that was found.
    pub text: String,
}

impl VirtualTime {
    /// The start of a run.
    pub const ZERO: Self = Self(0);

    /// The time so many milliseconds after the start.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the start.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> VirtualDuration {
        VirtualDuration(self.0.saturating_sub(earlier.0))
    }
}

impl VirtualDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest duration that can be written, in hours (about 114 years).
    pub const HOURS_MAX: u64 = 1_000_000;

    /// A duration of so many milliseconds.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// The duration in milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

impl Add<VirtualDuration> for VirtualTime {
    type Output = Self;
    fn add(self, duration: VirtualDuration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }
}

impl Add for VirtualDuration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for VirtualTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        VirtualDuration(self.0).fmt(formatter)
    }
}

impl fmt::Display for VirtualDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1_000 {
            return write!(formatter, "{} ms", self.0);
        }
        write!(formatter, "{}.{:03} s", self.0 / 1_000, self.0 % 1_000)
    }
}

impl FromStr for VirtualDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let wrong = || DurationError { text: text.to_owned() };
        let mut rest = text.trim();
        let mut total_ms = 0.0_f64;
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
            let (number, after) = rest.split_at(number_end);
            let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
            let (unit, following) = after.split_at(unit_end);
            let unit_ms = match unit.trim() {
                "ms" => 1.0,
                "s" => 1_000.0,
                "m" | "min" => 60_000.0,
                "h" => 3_600_000.0,
                _ => return Err(wrong()),
            };
            total_ms += number.parse::<f64>().map_err(|_| wrong())? * unit_ms;
            rest = following;
        }
        let most_ms = (Self::HOURS_MAX * 3_600_000) as f64;
        if total_ms > most_ms {
            return Err(wrong());
        }
        let milliseconds = libm::round(total_ms) as u64;
        Ok(Self(milliseconds))
    }
}

/// The shortest spelling that reads back as the same duration.
fn spell(duration: VirtualDuration) -> String {
    let milliseconds = duration.0;
    match milliseconds {
        0 => "0ms".to_owned(),
        _ if milliseconds.is_multiple_of(3_600_000) => format!("{}h", milliseconds / 3_600_000),
        _ if milliseconds.is_multiple_of(60_000) => format!("{}m", milliseconds / 60_000),
        _ if milliseconds.is_multiple_of(1_000) => format!("{}s", milliseconds / 1_000),
        _ => format!("{milliseconds}ms"),
    }
}

impl Serialize for VirtualDuration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&spell(*self))
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for VirtualDuration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_spell_back() {
        for (text, milliseconds, spelled) in [
            ("800ms", 800, "800ms"),
            ("3s", 3_000, "3s"),
            ("1.5m", 90_000, "90s"),
            ("1m30s", 90_000, "90s"),
            ("2h", 7_200_000, "2h"),
            ("0s", 0, "0ms"),
            ("0.4ms", 0, "0ms"),
        ] {
            let duration: VirtualDuration = text.parse().unwrap();
            assert_eq!(duration.as_millis(), milliseconds, "{text}");
            assert_eq!(spell(duration), spelled, "{text}");
        }
    }

    #[test]
    fn wrong_durations_are_refused() {
        for text in ["", "3", "s", "3 parsecs", "-1s", "1e9h", "1000001h", "1..2s"] {
            assert!(text.parse::<VirtualDuration>().is_err(), "{text}");
        }
    }
}
