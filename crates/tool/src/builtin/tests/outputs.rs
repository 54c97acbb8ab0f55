//! `read_output`: any part of a text kept aside.

use moot_core::port::Outputs;

use super::*;
use crate::outputs::{OutputStore, preview};

#[test]
fn any_part_can_be_read_and_the_rest_is_told() {
    let outputs = Arc::new(OutputStore::default());
    let (short, long, empty) = (outputs.keep("äbc"), outputs.keep(&"ü".repeat(20_000)), outputs.keep(""));
    let mut world = World::new(&[]);
    world.context = world.context.with_outputs(outputs);
    let unfit = "the arguments of read_output do not fit:\n- ";
    let table = [
        (json!({ "handle": short }), None, "äbc".to_owned()),
        (json!({ "handle": short, "offset": 1 }), None, "bc".to_owned()),
        (
            json!({ "handle": short, "offset": 1, "limit": 1 }),
            None,
            "b\n[characters 1 to 2 of 3; read on with offset 2]".to_owned(),
        ),
        (json!({ "handle": empty }), None, String::new()),
        (
            json!({ "handle": long }),
            None,
            format!("{}\n[characters 0 to 4000 of 20000; read on with offset 4000]", "ü".repeat(4_000)),
        ),
        (json!({ "handle": long, "offset": 4_000, "limit": 16_000 }), None, "ü".repeat(16_000)),
        (
            json!({ "handle": short, "offset": 3 }),
            Some(NotFound),
            format!("offset 3 is past the end; {short} has 3 characters, counted from 0"),
        ),
        (
            json!({ "handle": empty, "offset": u64::MAX }),
            Some(NotFound),
            format!("offset {} is past the end; {empty} has 0 characters, counted from 0", u64::MAX),
        ),
        (
            json!({ "handle": "output-0\u{1b}" }),
            Some(NotFound),
            "there is no output \"output-0\\u{1b}\"; a handle stands where the text was cut".to_owned(),
        ),
        (
            json!({ "handle": short, "offset": -1 }),
            Some(InvalidArguments),
            format!("{unfit}/offset: expected at least 0, found the number -1"),
        ),
        (
            json!({ "handle": short, "limit": 0 }),
            Some(InvalidArguments),
            format!("{unfit}/limit: expected at least 1, found the number 0"),
        ),
        (
            json!({ "handle": short, "limit": 16_001 }),
            Some(InvalidArguments),
            format!("{unfit}/limit: expected at most 16000, found the number 16001"),
        ),
        (json!({}), Some(InvalidArguments), format!("{unfit}/handle: this field is missing; expected a text")),
    ];
    for (arguments, error, content) in table {
        assert_eq!(world.call("read_output", &arguments), (error, content), "{arguments}");
    }
}

/// The preview's own words lead to the rest, and reading on as told gives the whole text once.
#[test]
fn reading_on_as_told_gives_the_whole() {
    let outputs = Arc::new(OutputStore::default());
    let whole: String = (0..9_000).map(|number| format!("{number}\n")).collect();
    let handle = outputs.keep(&whole);
    let mut world = World::new(&[]);
    world.context = world.context.with_outputs(outputs);
    let shown = preview(&whole, &handle);
    let (beginning, told) = shown.rsplit_once("\n[").unwrap();
    let call = &told[told.find('{').unwrap()..=told.find('}').unwrap()];
    let mut arguments: Value = serde_json::from_str(call).unwrap();
    let mut read = beginning.to_owned();
    loop {
        let (error, content) = world.call("read_output", &arguments);
        assert_eq!(error, None, "{content}");
        let Some((part, told)) = content.rsplit_once("\n[characters ") else {
            read.push_str(&content);
            break;
        };
        read.push_str(part);
        let next = told.rsplit(' ').next().unwrap().trim_end_matches(']');
        arguments["offset"] = next.parse::<u64>().unwrap().into();
    }
    assert_eq!(read, whole);
}
