//! Marks in what a member says, such as `answer:`: where the last one stands.
//!
//! It must not know what stands behind a mark.

/// Where the last occurrence of a mark of ASCII letters begins, in any case of letters, as a word of its own.
pub(crate) fn last(text: &str, mark: &str) -> Option<usize> {
    let places = text.as_bytes().windows(mark.len()).enumerate().rev();
    let is_word = |start: usize| {
        let before = text.get(..start).and_then(|head| head.chars().next_back());
        !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
    };
    let found = |(start, bytes): &(usize, &[u8])| bytes.eq_ignore_ascii_case(mark.as_bytes()) && is_word(*start);
    places.into_iter().find(found).map(|(start, _)| start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_word_is_found_in_any_case() {
        for (text, expected) in [
            ("answer: A", Some(0)),
            ("Answer: A. No: ANSWER: B", Some(15)),
            ("my_answer: A, wronganswer: B", None),
            ("**answer:** A", Some(2)),
            ("äanswer: A", None),
            ("ä answer: A", Some(3)),
            ("answer", None),
            ("", None),
        ] {
            assert_eq!(last(text, "answer:"), expected, "{text}");
        }
    }
}
