//! What a prepared call tells before it runs: arguments, touch, latency and preview.

use moot_core::{Claim, Touch, VirtualDuration};

use super::*;

/// A tool that says of a call all that one can say.
struct Telling;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TellingArguments {
    path: String,
    #[serde(default)]
    seconds: u64,
}

impl Tool for Telling {
    type Arguments = TellingArguments;
    fn name(&self) -> &str {
        "telling"
    }
    fn description(&self) -> &str {
        "Says what it will do."
    }
    fn effect(&self) -> ToolEffect {
        ToolEffect::Write
    }
    fn touch(&self, arguments: &TellingArguments) -> Touch {
        Touch::claims([Claim::writes_file(arguments.path.as_str())])
    }
    fn latency(&self, arguments: &TellingArguments) -> VirtualDuration {
        VirtualDuration::from_millis(arguments.seconds * 1_000)
    }
    async fn preview(&self, arguments: &TellingArguments, context: &ToolContext) -> Option<String> {
        Some(format!("+{} of {}", arguments.path, context.caller.agent))
    }
    async fn run(&self, arguments: TellingArguments, _context: &ToolContext) -> Result<String, ToolFailure> {
        Ok(arguments.path)
    }
}

fn toolbox() -> Toolbox {
    let mut toolbox = Toolbox::new();
    toolbox.add(Telling).unwrap();
    toolbox.add(probe("probe")).unwrap();
    toolbox
}

#[test]
fn a_prepared_call_tells_what_its_tool_says_of_these_arguments() {
    let context = ToolContext::closed(ActorPath::new("scribe").unwrap());
    let text = r#"{ "seconds": 3, "path": "a.txt" }"#;
    let prepared = toolbox().prepare(&["telling".into()], &call("telling", text)).unwrap();
    assert_eq!(**prepared.arguments(), json!({ "path": "a.txt", "seconds": 3 }));
    assert_eq!(prepared.touch(), Touch::claims([Claim::writes_file("a.txt")]));
    assert_eq!(prepared.latency(), VirtualDuration::from_millis(3_000));
    assert_eq!(ready(prepared.preview(&context)).unwrap().as_deref(), Some("+a.txt of scribe"));
    assert_eq!(
        ready(prepared.preview(&context)).unwrap().as_deref(),
        Some("+a.txt of scribe"),
        "it may be asked again"
    );
    assert_eq!(&*ready(prepared.run(context)).unwrap().content, "a.txt");
}

#[test]
fn a_tool_is_outside_unless_it_says_otherwise() {
    let mut toolbox = Toolbox::new();
    toolbox.add(probe("probe")).unwrap();
    let prepared = toolbox.prepare(&["probe".into()], &call("probe", "{\"count\": 1}")).unwrap();
    assert_eq!(prepared.placement(), Placement::Outside);
    assert_eq!(prepared.call().name, "probe".into());
}

#[test]
fn a_tool_that_says_nothing_touches_nothing() {
    let context = ToolContext::closed(ActorPath::world());
    let prepared = toolbox().prepare(&["probe".into()], &call("probe", r#"{"count": 1}"#)).unwrap();
    assert_eq!(**prepared.arguments(), json!({ "count": 1 }), "defaults are the tool's, not the model's");
    assert_eq!((prepared.touch(), prepared.latency()), (Touch::default(), VirtualDuration::ZERO));
    assert_eq!(ready(prepared.preview(&context)).unwrap(), None);
}
