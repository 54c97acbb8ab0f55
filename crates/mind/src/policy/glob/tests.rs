//! Which patterns take all that others take.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

#[test]
fn a_pattern_covers_another_only_when_it_takes_all_of_it() {
    let rows = [
        ("secrets/**", "secrets/a.txt", true),
        ("secrets/**", "Secrets/a.txt", true),
        ("secrets/**", "secrets/**", true),
        ("secrets/**", "secrets/deep/**", true),
        ("secrets/**", "secrets/*/b*.txt", true),
        ("**", "a/*/**", true),
        ("**/*.pem", "certs/a.pem", true),
        ("**/*.pem", "certs/*.pem", true),
        ("**/*.pem", "**/a.pem", true),
        ("**/*.pem", "*.pem", true),
        ("a*", "ab*", true),
        ("*b", "*ab", true),
        ("a/{b,c}", "a/{b,c}", true),
        ("a/*/c", "a/b/c", true),
        ("a/**/c", "a/b/**/c", true),
        ("secrets/**", "**", false),
        ("secrets/**", "*/a.txt", false),
        ("secrets/**", "secrets-evil/a", false),
        ("secrets/*", "secrets/**", false),
        ("**/*.pem", "certs/**", false),
        ("*.pem", "certs/a.pem", false),
        ("ab*", "a*", false),
        ("a/*/c", "a/**/c", false),
        ("a/b", "a/[b]", false),
        ("a/{b,c}", "a/*", false),
    ];
    for (stricter, other, expected) in rows {
        let (stricter, other) =
            (PathPattern::compile(stricter, true).unwrap(), PathPattern::compile(other, false).unwrap());
        assert_eq!(stricter.covers(&other), expected, "{} {}", stricter.as_str(), other.as_str());
    }
}
