//! The arguments of a scripted tool call: JSON whose texts may be templates.
//!
//! It must not know the tool. Arguments without a template are written once, when the model is built, and shared.
//!
//! ```
//! use moot_model::ScriptedOptions;
//!
//! let text = r#"{ "steps": [{ "call": { "read_file": { "path": "{{ last" } } }] }"#;
//! let options: ScriptedOptions = serde_json::from_str(text).unwrap();
//! assert_eq!(options.check()[0].path, "steps[0].call.read_file.path");
//! ```

use moot_core::Text;
use serde_json::{Map, Value};

use super::context::Context;
use super::line::Line;
use super::template::TemplateError;
use crate::OptionProblem;

/// Arguments, ready to be written for a request.
#[derive(Debug, Clone)]
pub(super) enum Arguments {
    /// The same for every request.
    Fixed(Text),
    /// A text that stands as it is once rendered.
    Raw(Line),
    /// JSON with a template somewhere in it.
    Tree(Node),
}

/// JSON some of whose texts are templates.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Fixed(Value),
    Line(Line),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Arguments {
    pub(super) fn new(value: &Value) -> Self {
        if let Value::String(text) = value {
            return Self::Raw(Line::new(text));
        }
        match Node::new(value) {
            Node::Fixed(value) => Self::Fixed(value.to_string().into()),
            tree => Self::Tree(tree),
        }
    }

    /// The arguments as the model writes them.
    pub(super) fn write(&self, context: &Context<'_>) -> Result<Text, TemplateError> {
        match self {
            Self::Fixed(text) => Ok(text.clone()),
            Self::Raw(line) => line.render(context),
            Self::Tree(node) => Ok(node.render(context)?.to_string().into()),
        }
    }

    /// What is wrong with the templates; `path` is where the arguments stand.
    pub(super) fn check(&self, path: &str) -> Vec<OptionProblem> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Raw(line) => line.check(path),
            Self::Tree(node) => node.check(path),
        }
    }
}

impl Node {
    fn new(value: &Value) -> Self {
        match value {
            Value::String(text) if Line::is_template(text) => Self::Line(Line::new(text)),
            Value::Array(items) => {
                let items: Vec<Self> = items.iter().map(Self::new).collect();
                if items.iter().all(Self::is_fixed) { Self::Fixed(value.clone()) } else { Self::List(items) }
            }
            Value::Object(map) => {
                let map: Vec<(String, Self)> = map.iter().map(|(key, value)| (key.clone(), Self::new(value))).collect();
                if map.iter().all(|(_, node)| node.is_fixed()) { Self::Fixed(value.clone()) } else { Self::Map(map) }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Self::Fixed(value.clone()),
        }
    }

    const fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }

    fn render(&self, context: &Context<'_>) -> Result<Value, TemplateError> {
        Ok(match self {
            Self::Fixed(value) => value.clone(),
            Self::Line(line) => Value::String(line.render(context)?.as_ref().to_owned()),
            Self::List(items) => Value::Array(items.iter().map(|item| item.render(context)).collect::<Result<_, _>>()?),
            Self::Map(map) => {
                let entries = map.iter().map(|(key, node)| Ok((key.clone(), node.render(context)?)));
                Value::Object(entries.collect::<Result<Map<String, Value>, TemplateError>>()?)
            }
        })
    }

    fn check(&self, path: &str) -> Vec<OptionProblem> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Line(line) => line.check(path),
            Self::List(items) => {
                items.iter().enumerate().flat_map(|(index, item)| item.check(&format!("{path}[{index}]"))).collect()
            }
            Self::Map(map) => map.iter().flat_map(|(key, node)| node.check(&format!("{path}.{key}"))).collect(),
        }
    }
}
