//! The tables that show a comparison: a row for each variant and baseline, as many tables below each other as it takes to
//! stay within 80 columns.

use std::fmt::Write;

use folkmoot::Compared;
use folkmoot::compare::{Baseline, ComparedRow};
use folkmoot::core::RunStatus;
use folkmoot::journal::{MetricValue, SERIES_ROUNDS_MAX};
use folkmoot::scenario::file::{Equal, measure};
use folkmoot::study::{Caution, Difference, Estimate};
use folkmoot::view::escape;

use super::number::{duration, grouped};
use super::table::{heading, plain};

const WIDTH: usize = 80;
/// A longer name is continued on the next line.
const NAME_WIDTH_MAX: usize = 26;
/// What stands between two columns.
const GAP: usize = 2;
/// What stands where there is nothing to say.
const NOTHING: &str = "-";
/// How many characters of an answer or a reason are shown.
const TEXT_MAX: usize = 200;

/// The metrics that have columns of their own, whatever a scenario measures.
const SHOWN: [&str; 7] =
    ["accuracy", "accuracy_low", "accuracy_high", "cost_usd", "latency_ms_mean", "messages", "undecided"];

/// A column: its head, and a cell for each row.
struct Column {
    head: String,
    cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        self.cells.iter().chain([&self.head]).map(|text| text.chars().count()).max().unwrap_or(0)
    }
}

/// The comparison as tables, with what was played above and what is to be known below. `measure` names the metrics that
/// are shown beside those that always are.
pub(crate) fn tables(compared: &Compared, measure: &[String]) -> String {
    let rows: Vec<&ComparedRow> = compared.variants.iter().chain(&compared.baselines).collect();
    let mut text = head(compared, &rows);
    for table in packed(columns(&rows, measure, compared.equal), name_width(&rows)) {
        text.push('\n');
        lay_out(&rows, &table, &mut text);
    }
    let notes = notes(compared, &rows);
    if !notes.is_empty() {
        text.push('\n');
    }
    for note in notes {
        for line in wrapped(&note) {
            let _infallible = writeln!(text, "{line}");
        }
    }
    text
}

fn head(compared: &Compared, rows: &[&ComparedRow]) -> String {
    let mut text = format!("comparison  {}, seed {}\n", escape(&compared.scenario), compared.seed);
    let _infallible = writeln!(text, "tasks       {}, the same for every row", grouped(compared.tasks));
    if let Some(first) = rows.first().filter(|_| rows.iter().any(|row| row.row.difference.is_some())) {
        let _infallible = writeln!(text, "difference  in accuracy to {}, task by task", first.row.name);
    }
    text.push_str("[low, high]  95 % intervals\n");
    text
}

fn name_width(rows: &[&ComparedRow]) -> usize {
    rows.iter().map(|row| row.row.name.chars().count()).max().unwrap_or(0).min(NAME_WIDTH_MAX)
}

/// What the differences to as many votes of one agent are headed by.
const fn to_equal(equal: Equal) -> &'static str {
    match equal {
        Equal::None | Equal::Calls => "to as many calls",
        Equal::Tokens => "to as many tokens",
        Equal::Cost => "to the same cost",
    }
}

/// All columns in order. Those that say nothing of any row are left out, but for the undecided.
fn columns(rows: &[&ComparedRow], measure: &[String], equal: Equal) -> Vec<Column> {
    let column = |head: &str, cell: &dyn Fn(&ComparedRow) -> Option<String>| {
        let cells: Vec<Option<String>> = rows.iter().map(|row| cell(row)).collect();
        let says = cells.iter().any(Option::is_some);
        let cells = cells.into_iter().map(|cell| cell.unwrap_or_else(|| NOTHING.to_owned())).collect();
        says.then(|| Column { head: head.to_owned(), cells })
    };
    let some_failed = rows.iter().any(|row| row.row.not_completed > 0);
    let some_ended_otherwise = rows.iter().any(|row| row.status != RunStatus::Completed);
    let fixed = [
        column("status", &|row| some_ended_otherwise.then(|| row.status.as_str().to_owned())),
        column("accuracy", &|row| row.row.accuracy.map(share)),
        column("difference", &|row| row.row.difference.map(difference)),
        column("undecided", &|row| Some(grouped(row.row.undecided))),
        column("failed", &|row| some_failed.then(|| grouped(row.row.not_completed))),
        column("cost", &|row| Some(row.row.cost.map_or_else(|| "unknown".to_owned(), |cost| format!("{cost} USD")))),
        column("calls a task", &|row| row.row.calls.map(|calls| number(calls, amount))),
        column("tokens a task", &|row| {
            row.row.tokens.filter(|_| equal == Equal::Tokens).map(|tokens| number(tokens, amount))
        }),
        column("latency (virtual)", &|row| row.row.latency_ms.map(|time| number(time, duration))),
        column("messages a task", &|row| row.row.messages.map(|messages| number(messages, amount))),
        column("error ratio", &|row| row.row.error_amplification.map(|ratio| format!("{ratio:.4}"))),
        column("votes", &|row| row.equal_votes().map(|equal| grouped(u64::from(equal.votes)))),
        column(to_equal(equal), &|row| row.equal_votes()?.difference.map(difference)),
    ];
    let measured = measure.iter().filter(|name| !SHOWN.contains(&name.as_str())).flat_map(|name| rounds(name, rows));
    let measured = measured.map(|name| {
        let head = heading(&name.replace("_by_round.", " in round "));
        column(&head, &|row| metric(&name, row))
    });
    fixed.into_iter().chain(measured).flatten().collect()
}

fn share(share: Estimate) -> String {
    let interval = share.interval.map(|ends| format!(" [{:.4}, {:.4}]", ends.low, ends.high));
    format!("{:.4}{}", share.value, interval.unwrap_or_default())
}

/// A difference with its sign and interval, and a star when the interval is to be taken with care.
fn difference(difference: Difference) -> String {
    match difference.caution {
        Some(Caution::NoneDiffers) => "none in any task".to_owned(),
        caution => {
            let interval = difference.estimate.interval.map(|ends| format!(" [{:+.4}, {:+.4}]", ends.low, ends.high));
            let star = if caution.is_some() { " *" } else { "" };
            format!("{:+.4}{}{star}", difference.estimate.value, interval.unwrap_or_default())
        }
    }
}

/// A mean with its interval; without one when all are equal.
fn number(mean: Estimate, shown: impl Fn(f64) -> String) -> String {
    match mean.interval {
        Some(ends) if ends.low < ends.high => {
            format!("{} [{}, {}]", shown(mean.value), shown(ends.low), shown(ends.high))
        }
        _ => shown(mean.value),
    }
}

fn amount(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.3}") }
}

/// The names of a series' numbers, round by round as far as any row has them; of any other metric, its own name.
fn rounds(name: &str, rows: &[&ComparedRow]) -> Vec<String> {
    if !measure::is_series(name) {
        return vec![name.to_owned()];
    }
    let numbers = (0..SERIES_ROUNDS_MAX).map(|round| format!("{name}.{round}"));
    numbers.filter(|number| rows.iter().any(|row| row.metrics.contains_key(number))).collect()
}

/// A metric of a run, with its interval when it is a share or a mean.
fn metric(name: &str, row: &ComparedRow) -> Option<String> {
    let value = row.metrics.get(name).copied()?;
    let shown = |number: f64| plain(name, Some(MetricValue::Number(number)));
    let interval = row.intervals.get(name).map(|ends| format!(" [{}, {}]", shown(ends.low), shown(ends.high)));
    Some(plain(name, Some(value)) + interval.unwrap_or_default().as_str())
}

/// The columns in as few tables as fit the width, in order.
fn packed(columns: Vec<Column>, name_width: usize) -> Vec<Vec<Column>> {
    let mut tables: Vec<Vec<Column>> = Vec::new();
    let mut used = WIDTH;
    for column in columns {
        let width = GAP + column.width();
        match tables.last_mut() {
            Some(table) if used + width <= WIDTH => {
                used += width;
                table.push(column);
            }
            _ => {
                used = name_width + width;
                tables.push(vec![column]);
            }
        }
    }
    tables
}

/// One table: names to the left, everything else to the right in its column.
fn lay_out(rows: &[&ComparedRow], columns: &[Column], text: &mut String) {
    let name_width = name_width(rows);
    let mut line = |name: &str, cells: &mut dyn Iterator<Item = &str>| {
        let mut line = format!("{name:<name_width$}");
        for (cell, column) in cells.zip(columns) {
            let _infallible = write!(line, "{}{cell:>width$}", " ".repeat(GAP), width = column.width());
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line("", &mut columns.iter().map(|column| column.head.as_str()));
    for (index, row) in rows.iter().enumerate() {
        // Names are ASCII.
        let mut pieces = row.row.name.as_bytes().chunks(NAME_WIDTH_MAX).filter_map(|piece| str::from_utf8(piece).ok());
        let cells = columns.iter().map(|column| column.cells.get(index).map_or(NOTHING, String::as_str));
        line(pieces.next().unwrap_or_default(), &mut { cells });
        pieces.for_each(|piece| line(piece, &mut std::iter::empty()));
    }
}

/// What is to be known beside the numbers.
fn notes(compared: &Compared, rows: &[&ComparedRow]) -> Vec<String> {
    let mut notes = Vec::new();
    for row in rows {
        let name = &row.row.name;
        match &row.baseline {
            Some(Baseline::OneAgent { agent }) => notes.push(format!("{name}: {agent} alone, held against all")),
            Some(
                Baseline::SameCalls { agent, votes }
                | Baseline::SameTokens { agent, votes }
                | Baseline::SameCost { agent, votes },
            ) => {
                notes.push(format!("{name}: {votes} answers of {agent}, each on its own; the commonest is taken"));
            }
            Some(Baseline::Constant { answer }) => {
                notes.push(format!("{name}: always {}, what is right most often", shown(answer)));
            }
            None => {}
        }
    }
    if rows.iter().any(|row| row.row.error_amplification.is_some()) {
        notes.push("error ratio: the share of errors, divided by that of one agent".to_owned());
    }
    if rows.iter().any(|row| row.equal_votes().is_some()) {
        notes.push(format!("{}: the difference to so many votes of one agent", to_equal(compared.equal)));
    }
    if rows.iter().all(|row| row.row.accuracy.is_none()) {
        notes.push("no task has a known answer, so there is no accuracy to compare".to_owned());
    }
    for row in rows {
        let name = &row.row.name;
        let others = row.equal_votes().and_then(|equal| equal.difference);
        for found in [row.row.difference, others].into_iter().flatten() {
            if let Some(caution) = found.caution.filter(|caution| *caution != Caution::NoneDiffers) {
                let p = found.p_value.map_or_else(String::new, |p| format!("; by chance alone p = {p:.4} (McNemar)"));
                notes.push(format!("* {name}: {caution}{p}"));
            }
        }
        if row.row.tasks < compared.tasks && row.digest.is_some() {
            let (ended, all) = (grouped(row.row.tasks), grouped(compared.tasks));
            notes.push(format!("{name}: only {ended} of {all} tasks ended"));
        }
        if let Some(reason) = &row.reason {
            notes.push(format!("{name}: {}: {}", row.status.as_str(), shown(reason)));
        }
    }
    notes.extend(compared.notes.iter().map(|note| shown(note)));
    notes
}

/// A text on one line that can't draw on a terminal, cut when it is long.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(TEXT_MAX).collect();
    let more = if cut.len() < text.len() { "..." } else { "" };
    escape(&cut.replace('\n', " ")) + more
}

/// The words of a text in lines of at most the width, all but the first moved to the right; a longer word stays whole.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("  {word}")),
        }
    }
    lines
}

#[cfg(test)]
#[path = "comparison_tests.rs"]
mod tests;
