//! The faults that a schema finds, in words: where, what was expected, what stands there.
//!
//! The words are for a model that has to write the arguments again, so they name fields and kinds, never keywords of
//! JSON Schema. This module must not know tools.
//!
//! ```
//! use moot_tool::schema;
//! use serde_json::json;
//!
//! let compiled = schema::compile(&json!({
//!     "type": "object",
//!     "properties": { "lines": { "type": "integer", "minimum": 1 } },
//!     "required": ["lines"],
//! })).unwrap();
//! assert_eq!(schema::faults(&compiled, &json!({}))[0].message, "this field is missing; expected an integer");
//! assert_eq!(schema::faults(&compiled, &json!({ "lines": 0 }))[0].message, "expected at least 1, found the number 0");
//! ```

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::{CompiledSchema, push_segment};
use crate::ArgumentFault;
use crate::describe::{self, count, quote};

/// How many known fields or allowed values a message lists.
const LISTED_MAX: usize = 20;

/// From here on a float can't tell neighbouring integers apart, so it came from digits that no integer type holds.
const TWO_TO_THE_53: f64 = 9_007_199_254_740_992.0;

/// Everything in the arguments that does not fit, sorted by place; empty when all fits.
#[must_use]
pub fn faults(schema: &CompiledSchema, arguments: &Value) -> Vec<ArgumentFault> {
    if schema.validator.is_valid(arguments) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for error in schema.validator.iter_errors(arguments) {
        put_into_words(&schema.schema, &error, &mut faults);
    }
    faults.sort();
    faults
}

/// A fault that only the type finds: an integer written as 3.0, a number too large for its type.
pub(crate) fn fault_of_type(arguments: &Value, error: serde_path_to_error::Error<serde_json::Error>) -> ArgumentFault {
    let pointer = pointer_of(error.path());
    let message = error.into_inner().to_string();
    let float = arguments.pointer(&pointer).filter(|value| value.is_f64()).and_then(Value::as_f64);
    let message = match float {
        // To JSON Schema 3.0 is an integer. To a reader of the journal it is a guess what the model meant.
        Some(number) if message.starts_with("invalid type: floating point") => {
            let wanted =
                if number.abs() < TWO_TO_THE_53 { "written without a point or exponent" } else { "of at most 64 bits" };
            format!("expected an integer {wanted}, found the number {}", Value::from(number))
        }
        _ => message,
    };
    ArgumentFault { pointer, message }
}

/// The JSON pointer (RFC 6901) of a place that serde names.
fn pointer_of(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push_segment(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_segment(&mut pointer, key),
            Segment::Enum { variant } => push_segment(&mut pointer, variant),
            Segment::Unknown => {}
        }
    }
    pointer
}

/// One error is one fault, but each field too many is a fault of its own, told at its place.
fn put_into_words(schema: &Value, error: &ValidationError<'_>, faults: &mut Vec<ArgumentFault>) {
    let pointer = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            faults.push(ArgumentFault { pointer: below(&pointer, name), message: missing(schema, error, name) });
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let known = known_fields(schema, error);
            faults.extend(unexpected.iter().map(|name| ArgumentFault {
                pointer: below(&pointer, name),
                message: format!("there is no such field{known}"),
            }));
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            alternatives(schema, error, context, faults);
        }
        kind => {
            let message = match expected(kind) {
                Some(expected) => format!("expected {expected}, found {}", describe::value(error.instance())),
                None => error.masked().to_string(),
            };
            faults.push(ArgumentFault { pointer, message });
        }
    }
}

fn below(pointer: &str, name: &str) -> String {
    let mut pointer = pointer.to_owned();
    push_segment(&mut pointer, name);
    pointer
}

/// What a rule expects; `None` for the rare ones, which the checker puts into words well enough.
fn expected(kind: &ValidationErrorKind) -> Option<String> {
    Some(match kind {
        ValidationErrorKind::Type { kind: TypeKind::Single(name) } => type_in_words(*name).to_owned(),
        ValidationErrorKind::Type { kind: TypeKind::Multiple(names) } => {
            let mut names: Vec<JsonType> = names.iter().collect();
            // Null is what hardly anybody means.
            names.sort_by_key(|name| *name == JsonType::Null);
            names.into_iter().map(type_in_words).collect::<Vec<_>>().join(" or ")
        }
        ValidationErrorKind::Enum { options } => match options.as_array() {
            Some(options) => format!("one of {}", listed(options.iter().map(literal))),
            None => literal(options),
        },
        ValidationErrorKind::Constant { expected_value } => literal(expected_value),
        ValidationErrorKind::Minimum { limit } => format!("at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("at most {limit}"),
        ValidationErrorKind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        ValidationErrorKind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        ValidationErrorKind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        ValidationErrorKind::MinLength { limit } => format!("a text of at least {}", many(*limit, "character")),
        ValidationErrorKind::MaxLength { limit } => format!("a text of at most {}", many(*limit, "character")),
        ValidationErrorKind::Pattern { pattern } => format!("a text that matches {}", quote(pattern)),
        ValidationErrorKind::MinItems { limit } => format!("at least {}", many(*limit, "item")),
        ValidationErrorKind::MaxItems { limit } => format!("at most {}", many(*limit, "item")),
        ValidationErrorKind::UniqueItems => "items that all differ".to_owned(),
        ValidationErrorKind::MinProperties { limit } => format!("at least {}", many(*limit, "field")),
        ValidationErrorKind::MaxProperties { limit } => format!("at most {}", many(*limit, "field")),
        _ => return None,
    })
}

/// None of several forms fits. If the value is of one form as far as its own fields go, that one was meant and its
/// faults are told where they are; else all forms are named.
fn alternatives(
    schema: &Value,
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
    faults: &mut Vec<ArgumentFault>,
) {
    let pointer = error.instance_path().as_str();
    let mut forms = Vec::new();
    flatten(pointer, context, &mut forms);
    let deeper = |fault: &ValidationError<'_>| fault.instance_path().as_str().len() > pointer.len();
    let meant: Vec<_> = forms.iter().filter(|errors| errors.iter().all(deeper)).collect();
    if let [meant] = meant.as_slice() {
        meant.iter().for_each(|fault| put_into_words(schema, fault, faults));
        return;
    }
    let mut named: Vec<String> = forms.iter().filter_map(|errors| form(errors)).take(LISTED_MAX).collect();
    named.dedup();
    let message = format!("expected {}, found {}", named.join(" or "), describe::value(error.instance()));
    faults.push(ArgumentFault { pointer: pointer.to_owned(), message });
}

/// Forms within forms, such as those of an optional choice, are forms like the others.
fn flatten<'error>(
    pointer: &str,
    context: &'error [Vec<ValidationError<'static>>],
    forms: &mut Vec<&'error [ValidationError<'static>]>,
) {
    for errors in context {
        match errors.as_slice() {
            [only] if only.instance_path().as_str() == pointer => match only.kind() {
                ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                    flatten(pointer, context, forms);
                }
                _ => forms.push(errors),
            },
            _ => forms.push(errors),
        }
    }
}

/// A form, told by a field that it needs and the value lacks, else by the first difference.
fn form(errors: &[ValidationError<'static>]) -> Option<String> {
    let needed = errors.iter().find_map(|error| match error.kind() {
        ValidationErrorKind::Required { property } => Some(format!("an object with the field {}", literal(property))),
        _ => None,
    });
    needed.or_else(|| errors.first().map(|error| expected(error.kind()).unwrap_or_else(|| "another form".to_owned())))
}

fn missing(schema: &Value, error: &ValidationError<'_>, name: &str) -> String {
    let field = properties_beside(schema, error).and_then(|properties| properties.get(name));
    match field.and_then(|field| field.get("type")).and_then(Value::as_str).and_then(known_type) {
        Some(words) => format!("this field is missing; expected {words}"),
        None => "this field is missing".to_owned(),
    }
}

fn known_fields(schema: &Value, error: &ValidationError<'_>) -> String {
    let Some(properties) = properties_beside(schema, error).and_then(Value::as_object) else {
        return String::new();
    };
    let mut names: Vec<&String> = properties.keys().collect();
    names.sort();
    match names.as_slice() {
        [] => "; no field is allowed here".to_owned(),
        names => format!("; the fields are {}", listed(names.iter().map(|name| (*name).clone()))),
    }
}

/// The `properties` that stand in the schema beside the rule that was broken.
fn properties_beside<'schema>(schema: &'schema Value, error: &ValidationError<'_>) -> Option<&'schema Value> {
    let rule = error.schema_path().as_str();
    schema.pointer(rule.rsplit_once('/')?.0)?.get("properties")
}

fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(LISTED_MAX);
    let shown = names.take(LISTED_MAX).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| describe::cut(&value.to_string(), 60), quote)
}

fn many(limit: u64, noun: &str) -> String {
    count(usize::try_from(limit).unwrap_or(usize::MAX), noun)
}

fn known_type(name: &str) -> Option<&'static str> {
    Some(match name {
        "string" => "a text",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "an array",
        "object" => "an object",
        "null" => "null",
        _ => return None,
    })
}

fn type_in_words(name: JsonType) -> &'static str {
    known_type(name.as_str()).unwrap_or(name.as_str())
}
