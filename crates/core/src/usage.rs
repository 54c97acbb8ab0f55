//! Usage: the tokens that model calls took.
//!
//! ```
//! use moot_core::Usage;
//!
//! let two_calls = Usage::new(120, 40) + Usage::new(10, 2);
//! assert_eq!(two_calls.total_tokens(), 172);
//! ```

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Tokens read and written by one model call or by several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens of the request.
    pub input_tokens: u64,
    /// Tokens of the reply.
    pub output_tokens: u64,
    /// How many of the request's tokens the provider had cached; they are counted in `input_tokens` too.
    #[serde(default)]
    pub cached_input_tokens: u64,
}

impl Usage {
    /// So many tokens read and written, none of them cached.
    #[must_use]
    pub const fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self { input_tokens, output_tokens, cached_input_tokens: 0 }
    }

    /// Input and output together.
    #[must_use]
    pub const fn total_tokens(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

impl Add for Usage {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cached_input_tokens: self.cached_input_tokens.saturating_add(other.cached_input_tokens),
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
