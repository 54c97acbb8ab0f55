//! Templates: compiled once for the whole process, rendered within limits.
//!
//! The language is Jinja, as minijinja has it, with these limits: a name that is not there is an error, a rendering
//! that runs for too long is stopped, and nothing can be included from elsewhere.
//!
//! It must not know scripts or requests: it is handed a value that holds the names a template may use.
//!
//! ```
//! use moot_model::ScriptedOptions;
//!
//! let problems = ScriptedOptions::saying(["first line\n{{ last | uper }}"]).check();
//! assert!(problems.is_empty(), "an unknown filter is seen when the template is rendered");
//! let problems = ScriptedOptions::saying(["first line\n{{ last | }}"]).check();
//! assert!(problems[0].message.contains("line 2"), "{problems:?}");
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

use dashmap::DashMap;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use moot_core::Text;

use super::context::{NAMES, TASK_NAMES};

/// How much work one rendering may do: about as many instructions, or 64 bytes of text each.
const FUEL: u64 = 100_000;
/// How many templates the process keeps compiled; further ones are compiled for each model that uses them.
const KEPT_MAX: usize = 10_000;
/// The name of the one template in an environment.
const NAME: &str = "template";

/// What every template is compiled with.
static BASE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(false);
    // Prints the inside of the engine, which differs between its versions.
    environment.remove_global("debug");
    // A text with a template in it keeps the line end that the same text without one has.
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment
});

/// What was compiled, by content. Worlds on many threads build the same scripts over and over.
static KEPT: LazyLock<DashMap<Text, Arc<Template>>> = LazyLock::new(DashMap::new);

/// A compiled template.
pub(super) struct Template {
    environment: Environment<'static>,
}

/// Why a template can't be compiled or rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template is wrong at line {line}: {what}")]
pub(super) struct TemplateError {
    /// The line within the template, from 1.
    pub(super) line: usize,
    /// What is wrong there.
    pub(super) what: String,
}

/// How long an expression or a statement of a template may be.
const BLOCK_BYTES_MAX: usize = 2_000;

/// How many expressions and statements a template may have.
const BLOCKS_MAX: usize = 500;

/// A name that a template uses and that no request has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("the template uses {name:?}, which is not there; it may use {allowed}")]
pub(super) struct UnknownName {
    name: String,
    allowed: String,
}

impl Template {
    /// The compiled form of a text, from memory when the process has seen it before.
    pub(super) fn compiled(text: &str) -> Result<Arc<Self>, TemplateError> {
        if let Some(kept) = KEPT.get(text) {
            return Ok(kept.clone());
        }
        let template = Arc::new(Self::compile(text)?);
        if KEPT.len() < KEPT_MAX {
            KEPT.insert(Text::from(text), template.clone());
        }
        Ok(template)
    }

    fn compile(text: &str) -> Result<Self, TemplateError> {
        check_size(text)?;
        let mut environment = BASE.clone();
        environment.add_template_owned(NAME, text.to_owned())?;
        Ok(Self { environment })
    }

    pub(super) fn render(&self, context: Value) -> Result<String, TemplateError> {
        Ok(self.environment.get_template(NAME)?.render(context)?)
    }

    /// The names that the template reads from outside and that no request has, in order.
    pub(super) fn unknown_names(&self) -> BTreeSet<UnknownName> {
        let Ok(template) = self.environment.get_template(NAME) else {
            return BTreeSet::new();
        };
        let is_global = |name: &str| self.environment.globals().any(|(global, _)| global == name);
        let mut unknown = BTreeSet::new();
        for path in template.undeclared_variables(true) {
            let mut segments = path.split('.');
            let first = segments.next().unwrap_or_default();
            if first == "task" {
                let field = segments.next().filter(|field| !TASK_NAMES.contains(field));
                unknown.extend(field.map(|field| UnknownName::new(&format!("task.{field}"), &TASK_NAMES)));
            } else if !NAMES.contains(&first) && !is_global(first) {
                unknown.insert(UnknownName::new(first, &NAMES));
            }
        }
        unknown
    }
}

/// The engine reads expressions and branches by recursion, which a long enough one would overflow: what stands between
/// two delimiters, and how often they open, is bounded far below that.
fn check_size(text: &str) -> Result<(), TemplateError> {
    let line_of = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    let mut rest = 0;
    let mut blocks = 0;
    while let Some(found) = text.get(rest..).and_then(|rest| rest.find('{')) {
        let start = rest + found;
        let close = match text.get(start..start + 2) {
            Some("{{") => "}}",
            Some("{%") => "%}",
            _ => {
                rest = start + 1;
                continue;
            }
        };
        let length = text.get(start..).and_then(|block| block.find(close)).unwrap_or(text.len() - start);
        blocks += 1;
        if length > BLOCK_BYTES_MAX {
            let what = format!(
                "what stands in one pair of braces is {length} bytes long; at most {BLOCK_BYTES_MAX} are allowed"
            );
            return Err(TemplateError { line: line_of(start), what });
        }
        if blocks > BLOCKS_MAX {
            let what = format!("there are more than {BLOCKS_MAX} pairs of braces");
            return Err(TemplateError { line: line_of(start), what });
        }
        rest = start + length.max(2);
    }
    Ok(())
}

impl UnknownName {
    fn new(name: &str, allowed: &[&str]) -> Self {
        Self { name: name.to_owned(), allowed: allowed.join(", ") }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let template = self.environment.get_template(NAME);
        formatter.debug_tuple("Template").field(&template.as_ref().map_or("", |template| template.source())).finish()
    }
}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        let what = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        Self { line: error.line().unwrap_or(1), what }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn unknown(text: &str) -> Vec<String> {
        Template::compiled(text).unwrap().unknown_names().into_iter().map(|unknown| unknown.name).collect()
    }

    #[test]
    fn what_would_overflow_the_engine_is_refused_with_its_line() {
        let long = ["-".repeat(20_000), "1+".repeat(50_000), "not ".repeat(40_000)];
        for inner in long {
            let error = Template::compiled(&format!("a\n{{{{ {inner}1 }}}}")).unwrap_err();
            assert_eq!(error.line, 2, "{error}");
        }
        let branches = format!("{{% if 1 %}}A{}{{% endif %}}", "{% elif 1 %}B".repeat(10_000));
        assert!(Template::compiled(&branches).unwrap_err().to_string().contains("500"));
        // The longest that is allowed is read on a small stack too.
        let most = format!("{{{{ {}1 }}}}{{% if 1 %}}A{}{{% endif %}}", "-".repeat(1_990), "{% elif 1 %}B".repeat(490));
        let small = std::thread::Builder::new().stack_size(1 << 20);
        #[expect(clippy::disallowed_methods, reason = "a small stack is what is tested")]
        let read = small.spawn(move || Template::compiled(&most).is_ok()).unwrap().join().unwrap();
        assert!(read);
    }

    #[test]
    fn a_text_is_compiled_once() {
        let text = "{{ last }} compiled once";
        let first = Template::compiled(text).unwrap();
        assert!(Arc::ptr_eq(&first, &Template::compiled(text).unwrap()));
        assert!(!Arc::ptr_eq(&first, &Template::compiled("{{ last }} another").unwrap()));
    }

    #[test]
    fn names_that_no_request_has_are_found() {
        assert_eq!(unknown("{{ taks.prompt }} {{ task.promt }} {{ lsat }}"), ["lsat", "taks", "task.promt"]);
        let known = "{% set x = 1 %}{{ x }}{% for message in messages %}{{ loop.index }}{{ message.text }}{% endfor %}\
            {{ task.id }}{{ task.choices[0] }}{{ task.prompt | upper }}{{ range(3) }}{{ agent }}{{ call }}{{ results }}\
            {% macro twice(a) %}{{ a }}{{ a }}{% endmacro %}{{ twice(last) }}{{ namespace(n=1).n }}";
        assert_eq!(unknown(known), [""; 0]);
    }

    #[test]
    fn an_error_names_its_line() {
        let error = Template::compiled("one\ntwo {% if %}").unwrap_err();
        assert_eq!(error.line, 2);
        let template = Template::compiled("one\n\n{{ 1 + 'a' }}").unwrap();
        assert_eq!(template.render(Value::from(())).unwrap_err().line, 3);
    }

    #[test]
    fn a_runaway_template_is_stopped() {
        let text = "{% for a in range(10000) %}{% for b in range(10000) %}{{ a }}{% endfor %}{% endfor %}";
        let error = Template::compiled(text).unwrap().render(Value::from(())).unwrap_err();
        assert!(error.what.contains("fuel"), "{error}");
        let error = Template::compiled("{{ 'x' * 1000000000 }}").unwrap().render(Value::from(())).unwrap_err();
        assert!(error.what.contains("fuel"), "{error}");
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for text in ["{% include '/etc/hostname' %}", "{% extends 'other' %}", "{% include 'template' %}"] {
            assert!(Template::compiled(text).unwrap().render(Value::from(())).is_err(), "{text}");
        }
    }

    #[test]
    fn a_line_end_at_the_end_stays() {
        assert_eq!(Template::compiled("{{ 1 }}\n").unwrap().render(Value::from(())).unwrap(), "1\n");
    }
}
