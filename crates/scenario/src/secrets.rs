//! Values that are never shown.
//!
//! This module must not know where a scenario uses them.
//!
//! ```
//! use moot_scenario::Secrets;
//!
//! let secrets = Secrets::of([("TOKEN", "s3cr3t-value")]);
//! assert_eq!(secrets.mask("refused: s3cr3t-value"), "refused: ${TOKEN}");
//! assert_eq!(format!("{secrets:?}"), "Secrets([\"TOKEN\"])");
//! ```

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// How few characters a secret may not have: a shorter one could not be told from ordinary text.
pub const SECRET_CHARACTERS_MIN: usize = 8;

/// The secrets that a scenario uses, with what they hold. `{:?}` shows only their names.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secrets(Arc<[(String, String)]>);

impl Secrets {
    /// Names with values. Empty values hide nothing.
    pub fn of<N: Into<String>, V: Into<String>>(secrets: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut secrets: Vec<(String, String)> =
            secrets.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        secrets.retain(|(_, value)| !value.is_empty());
        // A secret inside of a longer one must not keep that from being found.
        secrets.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self(secrets.into())
    }

    /// The text with every secret in it replaced by `${NAME}`.
    #[must_use]
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for (name, value) in self.0.iter() {
            if masked.contains(value.as_str()) {
                masked = Cow::Owned(masked.replace(value.as_str(), &format!("${{{name}}}")));
            }
        }
        masked
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, those with the longest values first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({:?})", self.names().collect::<Vec<_>>())
    }
}
