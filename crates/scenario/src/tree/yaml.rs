//! From YAML to the located tree.
//!
//! The one place that names the YAML parser. Limits guard against files made to exhaust memory or stack; `true` and
//! `false` alone are booleans, so that `yes` and `no` can be answers. This module must not know what a scenario holds.
//!
//! ```
//! use moot_scenario::source::Sources;
//! use moot_scenario::tree::yaml;
//!
//! let sources = Sources::new("a.yaml", "name: x\nname: y\n");
//! let problem = yaml::parse(&sources, 0).unwrap_err();
//! assert_eq!((problem.line, problem.column), (2, 1));
//! ```

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Location, Spanned};

use super::{Entry, Node, Number, Value};
use crate::Problem;
use crate::source::{Mark, Sources};

/// How deep maps and lists may stand in one another.
pub const DEPTH_MAX: usize = 64;
/// How many values a file may hold, aliases counted as often as they are used.
pub const VALUES_MAX: usize = 500_000;
/// How many values aliases may stand for in all.
pub const ALIASED_VALUES_MAX: usize = 100_000;

/// Reads a source as YAML.
///
/// # Errors
/// The first thing wrong, with its place.
pub fn parse(sources: &Sources, source: u32) -> Result<Node, Box<Problem>> {
    let whole = sources.slice(Mark::new(source, 0, sources.length(source)));
    let located: Result<Located, Error> = serde_saphyr::from_str_with_options(whole, options());
    match located {
        Ok(located) => Ok(located.resolve(sources, source)),
        Err(error) => Err(Box::new(explain(&error, sources, source))),
    }
}

fn options() -> serde_saphyr::Options {
    let budget = serde_saphyr::budget! {
        max_depth: DEPTH_MAX,
        flow_nesting_limit: DEPTH_MAX,
        max_nodes: VALUES_MAX,
        max_events: 4 * VALUES_MAX,
        max_documents: 1,
    };
    let alias_limits = serde_saphyr::alias_limits! { max_total_replayed_events: ALIASED_VALUES_MAX };
    serde_saphyr::options! {
        budget: budget,
        alias_limits: alias_limits,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// A node before its places are turned into marks.
struct Located {
    content: Content,
    location: Location,
}

enum Content {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Located>),
    Map(Vec<(Spanned<String>, Located)>),
}

impl Located {
    fn resolve(self, sources: &Sources, source: u32) -> Node {
        let mark = mark(sources, source, &self.location);
        let value = match self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(value),
            Content::Number(number) => {
                let spelling = sources.slice(mark).trim();
                let is_plain = !spelling.is_empty() && !spelling.contains(char::is_whitespace);
                let spelling = if is_plain { spelling.to_owned() } else { number.spell() };
                Value::Number(number, spelling)
            }
            Content::Text(text) => Value::Text(text),
            Content::List(items) => Value::List(items.into_iter().map(|item| item.resolve(sources, source)).collect()),
            Content::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        key_mark: self::mark(sources, source, &key.defined),
                        key: key.value,
                        node: value.resolve(sources, source),
                    })
                    .collect(),
            ),
        };
        Node { mark, value }
    }
}

fn mark(sources: &Sources, source: u32, location: &Location) -> Mark {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let span = location.span();
    match (span.byte_offset(), span.byte_len()) {
        (Some(start), length) => {
            let start = number(start);
            Mark::new(source, start, start.saturating_add(number(length.unwrap_or(0))))
        }
        // Errors of the scanner know a line and a column only.
        _ => sources.mark_at(source, number(location.line()), number(location.column())),
    }
}

impl<'de> Deserialize<'de> for Located {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Content>::deserialize(deserializer)?;
        Ok(Self { content: spanned.value, location: spanned.defined })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Content, E> {
        Ok(Content::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Content, E> {
        Ok(Content::Number(Number::Unsigned(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Content, E> {
        Ok(Content::Number(u64::try_from(value).map_or(Number::Signed(value), Number::Unsigned)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Content, E> {
        Ok(Content::Number(Number::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Content, E> {
        Ok(Content::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Content, E> {
        Ok(Content::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Content::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Content::Map(entries))
    }
}

/// The parser's error in our words where it is a common one, else in its own.
fn explain(error: &Error, sources: &Sources, source: u32) -> Problem {
    let error = innermost(error);
    let location = error.location().unwrap_or(Location::UNKNOWN);
    let at = |message: String| sources.problem(mark(sources, source, &location), message);
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("?");
            at(format!("the key `{key}` stands twice in one map")).hinting("remove one of the two")
        }
        Error::Budget { breach: BudgetBreach::Documents { .. }, .. } | Error::MultipleDocuments { .. } => {
            at("the file holds more than one document".to_owned())
                .hinting("a scenario is one document; remove the `---`")
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => at(too_deep()),
        Error::Budget { breach, .. } => {
            at(format!("the file is too large: {}", budget(breach))).hinting(super::toml::LARGE_HINT)
        }
        Error::AliasReplayLimitExceeded { .. } | Error::AliasExpansionLimitExceeded { .. } => {
            at(format!("the aliases stand for more than {ALIASED_VALUES_MAX} values"))
                .hinting("write out what is meant, or alias smaller parts")
        }
        Error::UnknownAnchor { .. } => at("this alias names an anchor that is not defined before it".to_owned()),
        Error::Eof { .. } => sources.problem(Mark::new(source, 0, 0), "the file is empty").hinting(EMPTY_HINT),
        Error::NonFiniteFloat { .. } => {
            let mark = mark(sources, source, &location);
            sources.problem(mark, format!("`{}` is not a finite number", sources.slice(mark)))
        }
        other => {
            let message = own_words(&other.to_string());
            let problem = at(if message.contains("recursion limit") { too_deep() } else { message });
            if problem.message.contains("tab") {
                return problem.hinting("YAML is indented with spaces, not with tabs");
            }
            problem
        }
    }
}

/// What to try with a file that says nothing.
pub(crate) const EMPTY_HINT: &str = "a scenario starts with `folkmoot: 1` and `name: ...`";

fn innermost(error: &Error) -> &Error {
    let mut error = error.without_snippet();
    while let Error::AliasError { error: inner, .. } = error {
        error = inner.without_snippet();
    }
    error
}

fn too_deep() -> String {
    format!("maps and lists stand more than {DEPTH_MAX} deep in one another")
}

fn budget(breach: &BudgetBreach) -> String {
    match breach {
        BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. } => format!("it holds more than {VALUES_MAX} values"),
        other => own_words(&format!("{other:?}")),
    }
}

/// The parser's message without the place, which we show ourselves.
fn own_words(message: &str) -> String {
    let first = message.lines().next().unwrap_or("");
    let end = first.rfind(" at line ").unwrap_or(first.len());
    let start =
        first.find(": ").filter(|_| first.starts_with("line ") || first.starts_with("error")).map_or(0, |at| at + 2);
    first.get(start..end).unwrap_or(first).trim_end_matches([' ', ',', ':']).to_owned()
}
