//! From TOML to the located tree.
//!
//! The one place that names the TOML parser. As it knows no limits, the values are counted before it is asked. This
//! module must not know what a scenario holds.
//!
//! ```
//! use moot_scenario::source::Sources;
//! use moot_scenario::tree::{TreePath, toml};
//!
//! let sources = Sources::new("a.toml", "[agents.juror]\ncount = 5\n");
//! let tree = toml::parse(&sources, 0).unwrap();
//! let path = TreePath::parse("agents.juror.count").unwrap();
//! assert_eq!(sources.slice(tree.find(&path).unwrap().mark), "5");
//! ```

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::yaml::VALUES_MAX;
use super::{Entry, Node, Number, Value, toml_count};
use crate::Problem;
use crate::source::{Mark, Sources};

/// What to do with a file that is too large.
pub(crate) const LARGE_HINT: &str =
    "large sets of tasks belong in a file of their own: `tasks: { file: { path: ... } }`";

/// Reads a source as TOML.
///
/// # Errors
/// The first thing wrong, with its place.
pub fn parse(sources: &Sources, source: u32) -> Result<Node, Box<Problem>> {
    let whole = Mark::new(source, 0, sources.length(source));
    if let Some(at) = toml_count::passes(sources.slice(whole), VALUES_MAX) {
        let message = format!("the file is too large: it holds more than {VALUES_MAX} values");
        return Err(Box::new(sources.problem(Mark::new(source, at, at + 1), message).hinting(LARGE_HINT)));
    }
    match DeTable::parse(sources.slice(whole)) {
        Ok(table) => Ok(Node { mark: Mark::new(source, 0, 0), value: map(table.get_ref(), sources, source) }),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            Err(Box::new(sources.problem(Mark::new(source, span.start, span.end), error.message())))
        }
    }
}

fn map(table: &DeTable<'_>, sources: &Sources, source: u32) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_mark: mark(source, key),
            node: node(value, sources, source),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_mark.start);
    Value::Map(entries)
}

fn node(value: &Spanned<DeValue<'_>>, sources: &Sources, source: u32) -> Node {
    let mark = mark(source, value);
    let spelling = || sources.slice(mark).to_owned();
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(datetime) => Value::Text(datetime.to_string()),
        DeValue::Float(float) => Value::Number(Number::Float(float.as_str().parse().unwrap_or(f64::NAN)), spelling()),
        DeValue::Integer(integer) => {
            let number = match i128::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => Number::from_integer(number),
                Err(_) => Number::Float(f64::INFINITY),
            };
            Value::Number(number, spelling())
        }
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(item, sources, source)).collect()),
        DeValue::Table(table) => map(table, sources, source),
    };
    Node { mark, value }
}

fn mark<T>(source: u32, spanned: &Spanned<T>) -> Mark {
    Mark::new(source, spanned.span().start, spanned.span().end)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::tree::TreePath;

    #[test]
    fn every_kind_of_value_is_read() {
        let text = "a = 1\nb = -2\nc = 1.50\nd = true\ne = 'x'\nf = 2026-01-02\n[[g]]\nh = 0xff\n";
        let sources = Sources::new("a.toml", text);
        let tree = parse(&sources, 0).unwrap();
        let value = |path: &str| tree.find(&TreePath::parse(path).unwrap()).unwrap().value.clone();
        assert_eq!(value("a"), Value::Number(Number::Unsigned(1), "1".to_owned()));
        assert_eq!(value("b"), Value::Number(Number::Signed(-2), "-2".to_owned()));
        assert_eq!(value("c"), Value::Number(Number::Float(1.5), "1.50".to_owned()));
        assert_eq!(value("d"), Value::Bool(true));
        assert_eq!(value("e"), Value::Text("x".to_owned()));
        assert_eq!(value("f"), Value::Text("2026-01-02".to_owned()));
        assert_eq!(value("g[0].h"), Value::Number(Number::Unsigned(255), "0xff".to_owned()));
    }

    #[test]
    fn wrong_toml_has_a_place() {
        for (text, line) in [("a = 1\na = 2\n", 2), ("a = \n", 1), ("a = [1, 2\n", 1), ("[a]\nb = 1\n[a]\n", 3)] {
            let problem = parse(&Sources::new("a.toml", text), 0).unwrap_err();
            assert!(problem.line >= line && problem.column > 0, "{problem}");
        }
    }

    #[test]
    fn a_file_of_millions_of_tiny_tables_is_refused() {
        for piece in ["[[a]]\n", "a={}\n", "[[],[],[]],\n", "a.a.a=1\n"] {
            let start = if piece.starts_with("[[]") { "x = [" } else { "" };
            let text = format!("{start}{}", piece.repeat(15 * 1024 * 1024 / piece.len()));
            let problem = parse(&Sources::new("a.toml", text), 0).unwrap_err();
            assert_eq!(problem.message, "the file is too large: it holds more than 500000 values", "{piece}");
            assert!(problem.line > 1_000 && problem.hint.is_some());
        }
    }
}
