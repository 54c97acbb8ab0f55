//! The cost tree as a table of at most 80 columns, one line a node, indented by depth.
//!
//! Plain display shows the nodes; the alternate form (`{:#}`) shows every attempt too. A `+` behind a number says that it
//! is what is known of a larger one. This module must not know how the tree is made.
//!
//! ```
//! use moot_journal::CostTree;
//!
//! let table = CostTree::new().to_string();
//! assert!(table.lines().any(|line| line.starts_with("run ")), "{table}");
//! assert!(table.lines().all(|line| line.chars().count() <= 80));
//! ```

use std::fmt;

use moot_core::{Money, Usage};

use crate::cost::{CostAttempt, CostName, CostNode, CostTree};
use crate::totals::CallTotals;

/// The widest line, in characters.
pub(crate) const COLUMNS: usize = 80;
/// What a number may take before it is rounded to three digits and a power of ten; amounts of money a little more.
const NUMBER_WIDTH_MAX: usize = 8;
const MONEY_WIDTH_MAX: usize = 13;
/// The spaces between two columns.
const GAP: usize = 1;
/// How deep lines are indented, in characters, before deeper ones stay where they are.
const INDENT_MAX: usize = 12;

const HEADINGS: [&str; 6] = ["calls", "failed", "input", "cached", "output", "USD"];

/// A line of the table.
struct Row {
    indent: usize,
    name: String,
    cells: [String; 6],
}

impl fmt::Display for CostTree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![Row { indent: 0, name: String::new(), cells: HEADINGS.map(str::to_owned) }];
        add_rows(&mut rows, self.root(), "", 0, formatter.alternate());
        let widths: [usize; 6] = std::array::from_fn(|column| {
            rows.iter().filter_map(|row| row.cells.get(column)).map(String::len).max().unwrap_or_default()
        });
        let numbers: usize = widths.iter().map(|width| width + GAP).sum();
        let longest = rows.iter().map(|row| row.indent + row.name.len()).max().unwrap_or_default();
        let name_width = longest.min(COLUMNS.saturating_sub(numbers));
        for row in &rows {
            let room = name_width.saturating_sub(row.indent);
            let name = end_of(&row.name, room);
            let indent = row.indent;
            write!(formatter, "{:indent$}{name:<room$}", "")?;
            for (cell, width) in row.cells.iter().zip(widths) {
                write!(formatter, " {cell:>width$}")?;
            }
            writeln!(formatter)?;
        }
        let totals = self.root().totals();
        write_unknown(formatter, totals)
    }
}

fn add_rows(rows: &mut Vec<Row>, node: CostNode<'_>, above: &str, depth: usize, with_attempts: bool) {
    let indent = (depth * 2).min(INDENT_MAX);
    let full = node.name().to_string();
    // What a path has in common with the line above it is left out.
    let short = full.strip_prefix(above).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&full);
    rows.push(Row { indent, name: short.to_owned(), cells: cells_of_node(node.totals()) });
    if with_attempts {
        let indent = ((depth + 1) * 2).min(INDENT_MAX);
        rows.extend(node.attempts().iter().map(|attempt| row_of_attempt(attempt, indent)));
    }
    let inside = if matches!(node.name(), CostName::Actor(_)) { full.as_str() } else { "" };
    for child in node.children() {
        add_rows(rows, child, inside, depth + 1, with_attempts);
    }
}

/// Says what a `+` behind a number means, where there is one.
pub(crate) fn write_unknown(formatter: &mut fmt::Formatter<'_>, totals: &CallTotals) -> fmt::Result {
    let (calls, usage, cost) = (totals.calls, totals.attempts_without_usage, totals.attempts_without_cost);
    if usage == 0 && cost == 0 {
        return Ok(());
    }
    writeln!(formatter, "+ is at least: of {calls} calls, the tokens of {usage} and the cost of {cost} are unknown")
}

fn cells_of_node(totals: &CallTotals) -> [String; 6] {
    let of_tokens = |tokens| known_part(count(tokens), totals.attempts_without_usage > 0);
    let Usage { input_tokens, output_tokens, cached_input_tokens } = totals.usage;
    [
        count(totals.calls),
        count(totals.failures),
        of_tokens(input_tokens),
        of_tokens(cached_input_tokens),
        of_tokens(output_tokens),
        known_part(money(totals.cost), totals.attempts_without_cost > 0),
    ]
}

fn row_of_attempt(attempt: &CostAttempt, indent: usize) -> Row {
    let of_tokens =
        |tokens: fn(Usage) -> u64| attempt.usage.map_or_else(|| "?".to_owned(), |usage| count(tokens(usage)));
    let cells = [
        String::new(),
        if attempt.failed { "yes".to_owned() } else { String::new() },
        of_tokens(|usage| usage.input_tokens),
        of_tokens(|usage| usage.cached_input_tokens),
        of_tokens(|usage| usage.output_tokens),
        attempt.cost.map_or_else(|| "?".to_owned(), money),
    ];
    let CostAttempt { call, attempt, model, .. } = attempt;
    Row { indent, name: plain(&format!("call {call}.{attempt} {model}")), cells }
}

/// A number whose whole is larger.
pub(crate) fn known_part(number: String, is_part: bool) -> String {
    if is_part { number + "+" } else { number }
}

pub(crate) fn count(number: u64) -> String {
    let exact = number.to_string();
    #[expect(clippy::cast_precision_loss, reason = "only three digits are shown")]
    if exact.len() <= NUMBER_WIDTH_MAX { exact } else { format!("{:.2e}", number as f64) }
}

pub(crate) fn money(amount: Money) -> String {
    let exact = amount.to_string();
    if exact.len() <= MONEY_WIDTH_MAX { exact } else { format!("~{:.5e}", amount.as_usd()) }
}

/// The text with every character that is not one visible column replaced; a journal may hold any name of a model.
fn plain(text: &str) -> String {
    text.chars()
        .map(|character| if character == ' ' || character.is_ascii_graphic() { character } else { '?' })
        .collect()
}

/// As much of the end as there is room for; paths differ at their ends.
pub(crate) fn end_of(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let kept = text.get(text.len().saturating_sub(room.saturating_sub(1))..).unwrap_or_default();
    format!("…{kept}")
}
