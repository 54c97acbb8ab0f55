//! Numbers and counts as people read them in tables and lines.

/// A whole number with its digits in groups of three: `40,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 task`, `40,000 tasks`.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(number))
}

/// Milliseconds in the unit that suits them: `850 ms`, `2.474 s`, `1 h 12 min`.
pub(crate) fn duration(milliseconds: f64) -> String {
    let seconds = milliseconds / 1_000.0;
    if milliseconds < 1_000.0 {
        // Only a mean has fractions.
        let digits = usize::from(milliseconds.fract() != 0.0);
        format!("{milliseconds:.digits$} ms")
    } else if seconds < 600.0 {
        format!("{seconds:.3} s")
    } else {
        let minutes = (seconds / 60.0).round();
        if minutes < 120.0 {
            format!("{minutes:.0} min")
        } else {
            format!("{:.0} h {:.0} min", (minutes / 60.0).floor(), minutes % 60.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1_000, 40_000, 1_234_567].map(grouped), ["0", "999", "1,000", "40,000", "1,234,567"]);
        assert_eq!((counted(1, "task"), counted(0, "task")), ("1 task".to_owned(), "0 tasks".to_owned()));
        let found = [0.0, 12.5, 850.0, 2_474.2, 600_000.0, 4_320_000.0, 7_230_000.0].map(duration);
        assert_eq!(found, ["0 ms", "12.5 ms", "850 ms", "2.474 s", "10 min", "72 min", "2 h 1 min"]);
    }
}
