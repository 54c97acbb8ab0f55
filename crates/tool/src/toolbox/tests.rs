//! What a toolbox accepts, what it says of its tools, and every way in which a call is refused.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test may stop; fields are read by Debug"
)]

mod prepared;

use std::sync::atomic::{AtomicU32, Ordering};

use moot_core::{ActorPath, ToolCall, ToolErrorCode, ToolResult};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::testing::ready;
use crate::{ArgumentFault, BoundCall, ToolContext, ToolFailure, builtin};

/// A tool with every kind of argument; it answers with what it received.
struct Probe {
    name: &'static str,
    runs: Arc<AtomicU32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProbeArguments {
    count: u32,
    #[serde(default = "three")]
    times: i64,
    #[serde(default)]
    unit: Unit,
    #[serde(default)]
    place: Option<Place>,
    #[serde(default)]
    shape: Option<Shape>,
    #[serde(default)]
    ratio: Option<f64>,
}

fn three() -> i64 {
    3
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Unit {
    #[default]
    Metre,
    Foot,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    #[serde(rename = "a/b")]
    numbers: Vec<u8>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Shape {
    Circle { radius: u32 },
    Square { side: u32 },
}

impl Tool for Probe {
    type Arguments = ProbeArguments;
    fn name(&self) -> &str {
        self.name
    }
    fn description(&self) -> &str {
        "Answers with what it received."
    }
    fn effect(&self) -> ToolEffect {
        ToolEffect::Execute
    }
    async fn run(&self, arguments: ProbeArguments, context: &ToolContext) -> Result<String, ToolFailure> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        match arguments.count {
            0 => Err(ToolFailure::new(ToolErrorCode::Failed, "nothing to count")),
            _ => Ok(format!("{} {arguments:?}", context.caller.agent)),
        }
    }
}

fn probe(name: &'static str) -> Probe {
    Probe { name, runs: Arc::default() }
}

fn call(name: &str, arguments: &str) -> ToolCall {
    ToolCall { id: "c7".into(), name: name.into(), arguments: arguments.into() }
}

/// Prepares and runs a call of the probe.
fn played(arguments: &str) -> ToolResult {
    let probe = probe("probe");
    let runs = Arc::clone(&probe.runs);
    let mut toolbox = Toolbox::new();
    toolbox.add(probe).unwrap();
    let result = match toolbox.prepare(&["probe".into()], &call("probe", arguments)) {
        Ok(prepared) => {
            let future = prepared.run(ToolContext::closed(ActorPath::world()));
            assert_eq!(runs.load(Ordering::Relaxed), 0, "nothing runs before it is polled");
            let result = ready(future).unwrap();
            assert_eq!(runs.load(Ordering::Relaxed), 1);
            result
        }
        Err(refusal) => {
            assert_eq!(runs.load(Ordering::Relaxed), 0, "a refused call ran");
            refusal
        }
    };
    assert_eq!(&*result.call_id, "c7");
    result
}

#[test]
fn what_fits_runs_with_its_defaults() {
    let result =
        played(r#"{"count": 2, "unit": "foot", "place": {"a/b": [1, 255]}, "shape": {"square": {"side": 4}}}"#);
    assert_eq!(result.error, None);
    assert_eq!(
        &*result.content,
        "world ProbeArguments { count: 2, times: 3, unit: Foot, place: Some(Place { numbers: [1, 255] }), shape: \
         Some(Square { side: 4 }), ratio: None }"
    );
    assert!(played(r#"{"count": 1, "ratio": 3}"#).content.contains("ratio: Some(3.0)"), "every integer is a number");
}

#[test]
fn a_failure_of_the_tool_is_its_result() {
    let result = played(r#"{"count": 0}"#);
    assert_eq!((result.error, &*result.content), (Some(ToolErrorCode::Failed), "nothing to count"));
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    let table = [
        (r#"{}"#, "/count: this field is missing; expected an integer"),
        (r#"{"count": "3"}"#, "/count: expected an integer, found the text \"3\""),
        (r#"{"count": 3.5}"#, "/count: expected an integer, found the number 3.5"),
        (r#"{"count": 3.0}"#, "/count: expected an integer written without a point or exponent, found the number 3.0"),
        (
            r#"{"count": 1e2}"#,
            "/count: expected an integer written without a point or exponent, found the number 100.0",
        ),
        (r#"{"count": -1}"#, "/count: expected at least 0, found the number -1"),
        (r#"{"count": 4294967296}"#, "/count: invalid value: integer `4294967296`, expected u32"),
        (
            r#"{"count": 18446744073709551617}"#,
            "/count: expected an integer of at most 64 bits, found the number 1.8446744073709552e+19",
        ),
        (
            r#"{"count": 1, "times": 18446744073709551615}"#,
            "/times: invalid value: integer `18446744073709551615`, expected i64",
        ),
        (r#"{"count": true}"#, "/count: expected an integer, found true"),
        (r#"{"count": null}"#, "/count: expected an integer, found null"),
        (r#"{"count": 1, "unit": "inch"}"#, "/unit: expected one of \"metre\", \"foot\", found the text \"inch\""),
        (r#"{"count": 1, "place": {"a/b": [1, 256]}}"#, "/place/a~1b/1: expected at most 255, found the number 256"),
        (
            r#"{"count": 1, "shape": {"circle": {}}}"#,
            "/shape/circle/radius: this field is missing; expected an integer",
        ),
        (
            r#"{"count": 1, "shape": {"circle": {"radius": "1"}}}"#,
            "/shape/circle/radius: expected an integer, found the text \"1\"",
        ),
        (
            r#"{"count": 1, "shape": {"disc": 1}}"#,
            "/shape: expected an object with the field \"circle\" or an object with the field \"square\" or null, found \
             an object with 1 field",
        ),
        (r#"{"count": 1, "shape": "circle"}"#, "/shape: expected an object or null, found the text \"circle\""),
        (
            r#"{"count": 1, "Count": 2}"#,
            "/Count: there is no such field; the fields are count, place, ratio, shape, times, unit",
        ),
        (
            "{\"count\": 1, \"\\u001b[2J\u{202e}\": 2}",
            "/\\u{1b}[2J\\u{202e}: there is no such field; the fields are count, place, ratio, shape, times, unit",
        ),
    ];
    for (arguments, fault) in table {
        let result = played(arguments);
        assert_eq!(result.error, Some(ToolErrorCode::InvalidArguments), "{arguments}");
        let expected = format!("the arguments of probe do not fit:\n- {fault}");

        assert!(result.content.starts_with(&expected), "{arguments}: {}", result.content);
        assert_eq!(result.content.lines().count(), 2, "{arguments}: {}", result.content);
    }
}

#[test]
fn all_faults_are_told_at_once_up_to_a_limit() {
    let result = played(r#"{"count": "1", "times": [], "other": 1}"#);
    assert_eq!(
        &*result.content,
        "the arguments of probe do not fit:\n\
         - /count: expected an integer, found the text \"1\"\n\
         - /other: there is no such field; the fields are count, place, ratio, shape, times, unit\n\
         - /times: expected an integer, found an array of 0 items"
    );
    let fields: Vec<String> = (0..20_000).map(|number| format!("\"{number}\":0")).collect();
    let result = played(&format!("{{\"count\":1,{}}}", fields.join(",")));
    assert_eq!(result.error, Some(ToolErrorCode::InvalidArguments));
    assert!(result.content.ends_with("\n- and 19990 more"), "{}", result.content);
    assert!(result.content.len() < 2_000, "{}", result.content.len());
    let long = format!("{{\"count\":1,\"{}\":0}}", "x".repeat(200_000));
    assert!(played(&long).content.len() < 1_000);
}

#[test]
fn what_is_no_json_object_is_never_taken_for_an_empty_one() {
    let mut toolbox = Toolbox::new();
    toolbox.add(builtin::ListFiles).unwrap();
    let allowed: [Text; 1] = ["list_files".into()];
    assert!(toolbox.prepare(&allowed, &call("list_files", "{}")).is_ok());
    let fenced = "```json\n{}\n```";
    for arguments in ["", " ", "null", "[]", "[{}]", "\"\"", "\"{}\"", "0", "true", "{} {}", "{}.", "{", fenced] {
        let refusal = toolbox.prepare(&allowed, &call("list_files", arguments)).unwrap_err();
        assert_eq!(refusal.error, Some(ToolErrorCode::InvalidArguments), "{arguments}");
        assert!(refusal.content.contains(" at line 1 column "), "{arguments}: {}", refusal.content);
    }
    let long = format!("{{\"prefix\":\"{}\"}}", "x".repeat(10_000_000));
    let deep = format!("{{\"prefix\":{}", "[".repeat(100_000));
    for arguments in [long, deep] {
        let refusal = toolbox.prepare(&allowed, &call("list_files", &arguments)).unwrap_err();
        assert_eq!(refusal.error, Some(ToolErrorCode::Limit));
    }
}

#[test]
fn a_tool_is_known_by_its_exact_name_and_only_where_it_is_allowed() {
    let mut toolbox = Toolbox::new();
    for tool in builtin::all() {
        toolbox.add_erased(tool).unwrap();
    }
    let allowed: [Text; 3] = ["write_file".into(), "read_file".into(), "no_such_tool".into()];
    let table = [
        ("", "\"\""),
        ("Read_File", "\"Read_File\""),
        ("read file", "\"read file\""),
        ("read_fil", "\"read_fil\""),
        ("read_file ", "\"read_file \""),
        ("r\u{435}ad_file", "\"r\\u{435}ad_file\""),
        ("recall", "\"recall\""),
        ("no_such_tool", "\"no_such_tool\""),
    ];
    for (name, shown) in table {
        let refusal = toolbox.prepare(&allowed, &call(name, "{}")).unwrap_err();
        let expected = format!("there is no tool {shown}; the tools here are write_file, read_file");
        assert_eq!((refusal.error, &*refusal.content), (Some(ToolErrorCode::UnknownTool), expected.as_str()));
    }
    let refusal = toolbox.prepare(&[], &call("recall", "{}")).unwrap_err();
    assert_eq!(&*refusal.content, "there is no tool \"recall\"; no tool can be called here");
}

#[test]
fn a_long_list_of_tools_is_cut() {
    let mut toolbox = Toolbox::new();
    let names: Vec<String> = (0..60).map(|number| format!("tool_{number:02}")).collect();
    for name in &names {
        toolbox.add(probe(name.clone().leak())).unwrap();
    }
    let allowed: Vec<Text> = names.iter().map(|name| Text::from(name.as_str())).collect();
    let refusal = toolbox.prepare(&allowed, &call("tool", "{}")).unwrap_err();
    assert!(refusal.content.ends_with(", tool_49 and 10 more"), "{}", refusal.content);
}

#[test]
fn what_can_not_be_called_can_not_be_added() {
    let mut toolbox = Toolbox::new();
    toolbox.add(probe("probe")).unwrap();
    let duplicate = toolbox.add(probe("probe")).unwrap_err();
    assert_eq!(duplicate.to_string(), "two tools are named probe; give one of them another name");
    for name in ["", "a b", "a.b", "ä", "a\n", &"x".repeat(65)] {
        let error = toolbox.add(probe(name.to_owned().leak())).unwrap_err();
        assert!(matches!(error, ToolboxError::Name { .. }), "{name:?}: {error}");
    }
    toolbox.add(probe("x".repeat(64).leak())).unwrap();

    struct Bare;
    impl Tool for Bare {
        type Arguments = Vec<String>;
        fn name(&self) -> &str {
            "bare"
        }
        fn description(&self) -> &str {
            "Takes a list."
        }
        fn effect(&self) -> ToolEffect {
            ToolEffect::Read
        }
        async fn run(&self, _arguments: Vec<String>, _context: &ToolContext) -> Result<String, ToolFailure> {
            Ok(String::new())
        }
    }
    assert_eq!(
        toolbox.add(Bare).unwrap_err().to_string(),
        "the arguments of the tool bare can't be checked: the schema allows \"array\"; the arguments of a tool are an \
         object, such as a struct with named fields"
    );
    assert_eq!(toolbox.names().count(), 2, "what was refused left no trace");
}

#[test]
fn a_tool_with_a_schema_from_elsewhere_is_checked_the_same_way() {
    struct Foreign(ToolSpec);
    impl AnyTool for Foreign {
        fn spec(&self) -> &ToolSpec {
            &self.0
        }
        fn placement(&self) -> Placement {
            Placement::Outside
        }
        fn bind(self: Arc<Self>, arguments: &Value) -> Result<Box<dyn BoundCall>, ArgumentFault> {
            Ok(Box::new(BoundForeign(self, arguments.to_string())))
        }
    }
    struct BoundForeign(Arc<Foreign>, String);
    impl BoundCall for BoundForeign {
        fn run(self: Box<Self>, _context: ToolContext) -> crate::ToolFuture {
            Box::pin(async move { Ok(format!("{} got {}", self.0.0.name, self.1)) })
        }
    }
    let schema = json!({
        "type": "object",
        "properties": { "code": { "type": "string", "pattern": "^(a+)+$" } },
        "additionalProperties": false,
    });
    let spec = |schema| ToolSpec {
        name: "foreign".into(),
        description: "From elsewhere.".into(),
        schema,
        effect: ToolEffect::Network,
    };
    let mut toolbox = Toolbox::new();
    let broken = toolbox.add_erased(Arc::new(Foreign(spec(json!({ "type": "object", "properties": 3 })))));
    assert!(matches!(broken, Err(ToolboxError::Schema { .. })));
    toolbox.add_erased(Arc::new(Foreign(spec(schema)))).unwrap();
    let allowed: [Text; 1] = ["foreign".into()];
    let prepared = toolbox.prepare(&allowed, &call("foreign", "{\"code\": \"aa\"}")).unwrap();
    assert_eq!((prepared.placement(), prepared.effect()), (Placement::Outside, ToolEffect::Network));
    let result = ready(prepared.run(ToolContext::closed(ActorPath::world()))).unwrap();
    assert_eq!(&*result.content, "foreign got {\"code\":\"aa\"}");
    let hostile = format!("{{\"code\": \"{}!\"}}", "a".repeat(50_000));
    let refusal = toolbox.prepare(&allowed, &call("foreign", &hostile)).unwrap_err();
    assert!(refusal.content.contains("/code: expected a text that matches \"^(a+)+$\""), "{}", refusal.content);
}

#[test]
fn specs_come_in_the_order_asked_for_and_once() {
    let mut toolbox = Toolbox::new();
    for tool in builtin::all() {
        toolbox.add_erased(tool).unwrap();
    }
    let specs = toolbox.specs(&["write_file", "no_such_tool", "edit_file", "write_file"]);
    let names: Vec<&str> = specs.iter().map(|spec| &*spec.name).collect();
    assert_eq!(names, ["write_file", "edit_file"]);
    assert_eq!(specs[1], builtin::by_name("edit_file").unwrap().spec().clone());
    assert_eq!(toolbox.effect("edit_file"), Some(ToolEffect::Write));
    assert_eq!(toolbox.placement("edit_file"), Some(Placement::Inside));
    assert_eq!(toolbox.effect("Edit_File"), None);
}

proptest! {
    /// Whatever a model writes, the answer is one result for that call, and no error shows a control character.
    #[test]
    fn any_call_is_answered(name in "probe|[a-z\u{0}-\u{1f} ]{0,6}", arguments in "\\PC{0,20}|[{}\\[\\]\":a-c0-9,\u{0}-\u{1f}]{0,30}") {
        let mut toolbox = Toolbox::new();
        toolbox.add(probe("probe")).unwrap();
        if let Err(refusal) = toolbox.prepare(&["probe".into()], &call(&name, &arguments)) {
            prop_assert!(refusal.is_error());
            prop_assert_eq!(&*refusal.call_id, "c7");
            prop_assert!(refusal.content.chars().all(|character| character == '\n' || !character.is_control()));
        }
    }

    /// The schema and the type agree on which integers fit.
    #[test]
    fn exactly_the_integers_of_the_type_fit(number in any::<i64>(), fraction in prop::option::of(0_u8..10)) {
        let number = if number % 3 == 0 { number % 5_000_000_000 } else { number };
        let text = match fraction {
            Some(digit) => format!("{{\"count\": {number}.{digit}}}"),
            None => format!("{{\"count\": {number}}}"),
        };
        let fits = fraction.is_none() && u32::try_from(number).is_ok();
        let code = played(&text).error;
        prop_assert_eq!(code != Some(ToolErrorCode::InvalidArguments), fits, "{}", text);
    }
}
