//! The parser against the shell itself, and against any text at all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use moot_core::Commands;
use proptest::prelude::*;

use super::*;

/// What `/bin/sh` makes of the words after `printf '%s\0'`.
#[cfg(unix)]
fn words_of_the_shell(line: &str) -> Vec<String> {
    let request = crate::process::ProcessRequest::new(["/bin/sh", "-c", &format!("printf '%s\\0' {line}")]);
    let outcome = crate::process::run(&request);
    assert!(outcome.succeeded(), "{line:?} {outcome:?}");
    let text = String::from_utf8(outcome.stdout).unwrap();
    text.split_terminator('\0').map(ToOwned::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever is read with certainty is what the shell itself reads. The alphabet holds no operator, so that nothing
    /// but `printf` runs.
    #[cfg(unix)]
    #[test]
    fn certain_words_are_those_of_the_shell(line in r#"([ab=/,!ä~#-]|\\[ab*$"'\\ ]|[ \t]|'[ab\\" $*]{0,3}'|"(\\[ab"$\\]|[ab' *]){0,3}"|\{\}){1,10}[*$`'"{]?"#) {
        if let Commands::Certain(commands) = parse(&format!("echo x {line}")) {
            let words: Vec<String> = commands.first().unwrap().argv.iter().skip(2).map(ToString::to_string).collect();
            prop_assert_eq!(commands.len(), 1);
            if !words.is_empty() {
                prop_assert_eq!(words, words_of_the_shell(&line));
            }
        }
    }
}

proptest! {
    #[test]
    fn quoted_words_come_back_whole(words in proptest::collection::vec("[ -~äö\n\t]{0,12}", 0..6)) {
        let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
        let Commands::Certain(commands) = parse(&format!("echo {}", quoted.join(" "))) else { panic!("{quoted:?}") };
        let argv: Vec<&str> = commands.first().unwrap().argv.iter().skip(1).map(|word| &**word).collect();
        prop_assert_eq!(argv, words);
    }

    #[test]
    fn no_text_is_a_surprise(line in "[ -~\n\t]{0,60}", odd in any::<String>()) {
        for text in [line, odd] {
            match parse(&text) {
                Commands::Certain(commands) => prop_assert!(!commands.is_empty()),
                Commands::None => prop_assert!(text.chars().all(char::is_whitespace) || text.contains('\\')),
                Commands::Unclear(reason) => prop_assert!(!reason.is_empty()),
            }
        }
    }
}
