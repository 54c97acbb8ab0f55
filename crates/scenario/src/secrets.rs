//! Values that are never shown.
//!
//! A value is found in a text as it is, and as JSON or Rust write it between quotation marks, also twice over: a text
//! that quotes another is how it gets into errors and arguments. Of a value of several lines each long one is found by
//! itself. This module must not know where a scenario uses them.
//!
//! ```
//! use moot_scenario::Secrets;
//!
//! let secrets = Secrets::of([("TOKEN", "s3cr3t\"value")]);
//! assert_eq!(secrets.mask("refused: s3cr3t\"value"), "refused: ${TOKEN}");
//! assert_eq!(secrets.mask(r#"{"key":"s3cr3t\"value"}"#), r#"{"key":"${TOKEN}"}"#);
//! assert_eq!(format!("{secrets:?}"), "Secrets([\"TOKEN\"])");
//! ```

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

/// How few characters a secret may not have: a shorter one could not be told from ordinary text.
pub const SECRET_CHARACTERS_MIN: usize = 8;

/// How often one text may be quoted in another for a value in it still to be found.
const QUOTED_MAX: usize = 2;

/// The secrets that a scenario uses, with what they hold. `{:?}` shows only their names.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secrets {
    /// Names and values, those with the longest values first.
    values: Arc<[(String, String)]>,
    /// What a value may look like in a text, longest first, each with the name.
    looks: Arc<[(String, String)]>,
}

impl Secrets {
    /// Names with values. Empty values hide nothing.
    pub fn of<N: Into<String>, V: Into<String>>(secrets: impl IntoIterator<Item = (N, V)>) -> Self {
        let values = secrets.into_iter().map(|(name, value)| (name.into(), value.into()));
        let values = longest_first(values.filter(|(_, value): &(String, String)| !value.is_empty()));
        let looks =
            values.iter().flat_map(|(name, value)| looks(value).into_iter().map(move |look| (name.clone(), look)));
        let looks = longest_first(looks);
        Self { values: values.into(), looks: looks.into() }
    }

    /// These secrets and those.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        Self::of(self.values.iter().chain(others.values.iter()).cloned())
    }

    /// The text with every secret in it replaced by `${NAME}`.
    #[must_use]
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for (name, look) in self.looks.iter() {
            if masked.contains(look.as_str()) {
                masked = Cow::Owned(masked.replace(look.as_str(), &format!("${{{name}}}")));
            }
        }
        masked
    }

    /// The same for the beginning of a text that comes in pieces: what can be shown of it, masked, and how many bytes at
    /// its end may be the beginning of a secret and have to wait for what follows.
    ///
    /// ```
    /// # use moot_scenario::Secrets;
    /// let secrets = Secrets::of([("TOKEN", "s3cr3t-value")]);
    /// assert_eq!(secrets.mask_beginning("it is s3cr3t-val"), ("it is ".to_owned(), 10));
    /// assert_eq!(secrets.mask_beginning("s3cr3t-value, or"), ("${TOKEN}, or".to_owned(), 0));
    /// ```
    #[must_use]
    pub fn mask_beginning(&self, text: &str) -> (String, usize) {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let is_begun = |look: &str| look.len() > rest.len() && look.starts_with(rest);
            if self.looks.iter().any(|(_, look)| is_begun(look)) {
                break;
            }
            let whole = self.looks.iter().find_map(|(name, look)| Some((name, rest.strip_prefix(look.as_str())?)));
            rest = match whole {
                Some((name, behind)) => {
                    // Writing into a String can't fail.
                    let _ = write!(shown, "${{{name}}}");
                    behind
                }
                None => {
                    shown.push(character);
                    rest.get(character.len_utf8()..).unwrap_or_default()
                }
            };
        }
        (shown, rest.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The names, those with the longest values first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(name, _)| name.as_str())
    }
}

/// A secret inside of a longer one must not keep that from being found.
fn longest_first(named: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut named: Vec<(String, String)> = named.collect();
    named.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.cmp(b)));
    named.dedup();
    named
}

/// Everything that a text may show of a value.
fn looks(value: &str) -> BTreeSet<String> {
    let lines = value.lines().map(str::trim).filter(|line| line.chars().count() >= SECRET_CHARACTERS_MIN);
    let mut looks: BTreeSet<String> = lines.chain([value]).map(str::to_owned).collect();
    for _ in 0..QUOTED_MAX {
        let quoted: Vec<String> = looks.iter().flat_map(|look| quoted(look)).collect();
        looks.extend(quoted);
    }
    looks
}

/// A text as it stands between quotation marks: as JSON, as JSON of ASCII alone, and as Rust's `{:?}`.
fn quoted(text: &str) -> [String; 3] {
    let json = serde_json::Value::from(text).to_string();
    let mut ascii = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            ascii.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing into a String can't fail.
            let _ = write!(ascii, "\\u{unit:04x}");
        }
    }
    let bare = |quoted: &str| quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned);
    [json, ascii, format!("{text:?}")].map(|quoted| bare(&quoted).unwrap_or(quoted))
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secrets({:?})", self.names().collect::<Vec<_>>())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    const HARD: &str = "q\"uote\\back\nline two is é\tlong";

    #[test]
    fn a_value_is_found_however_it_is_quoted() {
        let secrets = Secrets::of([("TOKEN", HARD)]);
        let json = serde_json::to_string(HARD).unwrap();
        let rows = [
            HARD.to_owned(),
            json.clone(),
            serde_json::to_string(&json).unwrap(),
            format!("{HARD:?}"),
            format!("{json:?}"),
            serde_json::to_string(&format!("{HARD:?}")).unwrap(),
            // As Python's json.dumps writes it.
            json.replace('é', "\\u00e9"),
        ];
        for text in rows {
            let masked = secrets.mask(&text).into_owned();
            assert!(masked.contains("${TOKEN}"), "{text}: {masked}");
            for part in ["uote", "back", "line two"] {
                assert!(!masked.contains(part), "{text}: {masked}");
            }
        }
    }

    #[test]
    fn each_long_line_of_a_value_is_found_by_itself() {
        let secrets = Secrets::of([("KEY", "-----BEGIN-----\r\nabcdefgh01234567\nshort\n")]);
        assert_eq!(secrets.mask("bad line abcdefgh01234567"), "bad line ${KEY}");
        assert_eq!(secrets.mask("a short day"), "a short day", "a short line is ordinary text");
        assert_eq!(secrets.mask("-----BEGIN-----\r\nabcdefgh01234567\nshort\n"), "${KEY}");
    }

    #[test]
    fn pieces_together_show_no_more_than_the_whole() {
        let secrets = Secrets::of([("A", "abcabcab"), ("B", "abxxxxxxx"), ("C", HARD)]);
        let whole = format!("zabcabcab abxxxx é abxxxxxxxabc {HARD} abcabca");
        let characters: Vec<char> = whole.chars().collect();
        for size in 1..12 {
            let (mut shown, mut held) = (String::new(), String::new());
            for piece in characters.chunks(size) {
                held.extend(piece);
                let (masked, kept) = secrets.mask_beginning(&held);
                shown.push_str(&masked);
                held.drain(..held.len() - kept);
                for secret in ["abcabcab", "abxxxxxxx", "uote"] {
                    assert!(!shown.contains(secret), "{size}: {shown}");
                }
            }
            assert_eq!(held, "abcabca", "{size}: what may become a secret waits");
            assert_eq!(shown, "z${A} abxxxx é ${B}abc ${C} ", "{size}");
        }
    }

    #[test]
    fn two_lots_of_secrets_hide_together() {
        let both = Secrets::of([("A", "first-value")]).and(&Secrets::of([("B", "second-value"), ("A", "first-value")]));
        assert_eq!(both.mask("first-value second-value"), "${A} ${B}");
        assert_eq!(both.names().collect::<Vec<_>>(), ["B", "A"]);
    }
}
