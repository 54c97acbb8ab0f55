//! Whether a failed model call is tried again and when, and who may call a model at all: pure, in virtual time.
//!
//! One layer retries, and it stands at the model's gateway: layers that each retry multiply. [`decide`] looks at one
//! failure. [`Limiter`] and [`Breaker`] are the two machines that all callers of one model share: the first keeps within
//! the provider's rates, the second stops calling a provider that is down. Nothing here sends, sleeps or draws: a wait is
//! told, a uniform draw and the time are handed in.
//!
//! The rules are those of `openai-python` (August 2026: `_base_client.py`, `_should_retry`,
//! `_parse_retry_after_header`, `_calculate_retry_timeout`), and more strict where retrying can't help.
//!
//! It must not know agents, actors, models, or who keeps the time.
//!
//! ```
//! use moot_core::{ModelFailure, ModelFailureKind, VirtualDuration};
//! use moot_mind::retry::{RetryDecision, RetryOptions, decide};
//!
//! let options = RetryOptions::default();
//! let busy = ModelFailure::new(ModelFailureKind::Overloaded, "try later");
//! let RetryDecision::Again { after, .. } = decide(&options, 0, &busy, 0.0, 0) else { panic!("retried") };
//! assert_eq!(after, VirtualDuration::from_millis(500));
//! assert!(matches!(decide(&options, 2, &busy, 0.0, 0), RetryDecision::GiveUp { .. }), "two retries were made");
//! ```

mod breaker;
mod classify;
mod decide;
mod limiter;
mod options;
mod timeout;
mod wait;

pub use breaker::{Breaker, BreakerOptions, BreakerPermit, BreakerRefusal, BreakerState, Health};
pub use classify::{is_quota, kind_of};
pub use decide::{RetryDecision, decide};
pub use limiter::{Admission, Admitted, Limiter, LimiterOptions};
pub use options::RetryOptions;
pub use timeout::{AttemptTimeout, TimeoutLimit, first_timeout};
