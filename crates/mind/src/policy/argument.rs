//! One argument that a rule speaks of: where it stands, and what it must look like.
//!
//! This module must not know rules or verdicts.
//!
//! ```
//! use moot_core::{ToolEffect, Touch, Verdict};
//! use moot_mind::policy::{PermissionOptions, Question, Rights, judge};
//!
//! let text = r#"{ "mode": "auto", "rules": [{ "deny": { "arguments": { "/count": "^1.$" } } }] }"#;
//! let options: PermissionOptions = serde_json::from_str(text).unwrap();
//! let (rights, touch) = (Rights::compile(&options, "permissions").unwrap(), Touch::default());
//! let verdict = |arguments: serde_json::Value| {
//!     let question = Question { tool: "add", effect: ToolEffect::Read, arguments: &arguments, touch: &touch };
//!     judge([&rights], &question).verdict
//! };
//! assert_eq!(verdict(serde_json::json!({ "count": 12 })), Verdict::Deny, "a number is compared as it is written");
//! assert_eq!(verdict(serde_json::json!({ "count": 2 })), Verdict::Allow);
//! assert_eq!(verdict(serde_json::json!({})), Verdict::Allow);
//! ```

use std::fmt::Write;

use moot_core::Text;
use regex::Regex;
use serde_json::{Number, Value};

use crate::text_pattern::TextPattern;

/// What an argument must look like.
#[derive(Debug, Clone)]
pub(super) struct ArgumentPattern {
    pub(super) pointer: Text,
    /// The name of the member that the pointer leads to, when it leads no further than that.
    member: Option<Box<str>>,
    pattern: TextPattern,
}

impl ArgumentPattern {
    pub(super) fn new(pointer: &str, regex: Regex) -> Self {
        let member = pointer.strip_prefix('/').filter(|name| !name.contains(['/', '~'])).map(Box::from);
        Self { pointer: pointer.into(), member, pattern: TextPattern::of(regex) }
    }

    /// Whether the argument is there and looks so. Anything but a text is compared as its JSON.
    pub(super) fn matches(&self, arguments: &Value) -> bool {
        match self.find(arguments) {
            None => false,
            Some(Value::String(text)) => self.pattern.is_match(text),
            Some(Value::Number(number)) => {
                if let Some(digits) = digits_of(number, &mut [0; DIGITS_MAX]) {
                    return self.pattern.is_match(digits);
                }
                let mut written = ShortText::default();
                match write!(written, "{number}") {
                    Ok(()) => self.pattern.is_match(written.as_str()),
                    Err(_) => self.pattern.is_match(&number.to_string()),
                }
            }
            Some(Value::Null) => self.pattern.is_match("null"),
            Some(Value::Bool(is)) => self.pattern.is_match(if *is { "true" } else { "false" }),
            Some(other) => self.pattern.is_match(&other.to_string()),
        }
    }

    fn find<'v>(&self, arguments: &'v Value) -> Option<&'v Value> {
        match (&self.member, arguments) {
            (Some(member), Value::Object(members)) => members.get(&**member),
            _ => arguments.pointer(&self.pointer),
        }
    }
}

/// How many digits a `u64` has at most.
const DIGITS_MAX: usize = 20;

/// The digits of a whole number that is not negative. Most numbers are, and the general way takes twice as long.
fn digits_of<'b>(number: &Number, buffer: &'b mut [u8; DIGITS_MAX]) -> Option<&'b str> {
    let mut rest = number.as_u64()?;
    let mut start = DIGITS_MAX;
    for place in buffer.iter_mut().rev() {
        *place = b'0' + u8::try_from(rest % 10).ok()?;
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    std::str::from_utf8(buffer.get(start..)?).ok()
}

/// A text of at most 32 bytes, which every number but the oddest fits: nothing is allocated for it.
#[derive(Default)]
struct ShortText {
    bytes: [u8; 32],
    length: usize,
}

impl ShortText {
    fn as_str(&self) -> &str {
        // Only whole texts are added, so it is always one.
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Write for ShortText {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        let Some(room) = self.bytes.get_mut(self.length..end) else { return Err(std::fmt::Error) };
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_is_compared_as_its_json_and_a_text_as_itself() {
        let arguments = json!({
            "text": "a\"b", "number": -12.5, "big": u64::MAX, "ten": 10, "zero": 0, "null": null, "yes": true, "list": [1, "x"],
            "a/b": 1, "": 2, "deep": { "er": [7] },
        });
        for (pointer, expression, expected) in [
            ("/text", "^a\"b$", true),
            ("/number", "^-12.5$", true),
            ("/number", "^-12$", false),
            ("/big", "^18446744073709551615$", true),
            ("/ten", "^10$", true),
            ("/zero", "^0$", true),
            ("/null", "^null$", true),
            ("/yes", "^true$", true),
            ("/yes", "false", false),
            ("/list", r#"^\[1,"x"\]$"#, true),
            ("/list/1", "^x$", true),
            ("/a~1b", "^1$", true),
            ("/a/b", "", false),
            ("/", "^2$", true),
            ("/deep/er/0", "^7$", true),
            ("/missing", "", false),
            ("", r#""big":1"#, true),
        ] {
            let pattern = ArgumentPattern::new(pointer, Regex::new(expression).unwrap());
            assert_eq!(pattern.matches(&arguments), expected, "{pointer} {expression}");
        }
        let list = json!(["x"]);
        assert!(ArgumentPattern::new("/0", Regex::new("x").unwrap()).matches(&list), "a list is walked too");
    }
}
