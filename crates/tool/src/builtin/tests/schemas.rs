//! The schemas that models are shown, word by word; those of the tools that don't work on files have a file of their
//! own.

use super::*;

/// The schemas as models are shown them. A change here changes what every recorded run was told.
const SCHEMAS: &str = r#"{
    "edit_file": {
        "type": "object",
        "properties": {
            "path": { "type": "string", "description": "The path of the file, such as notes/a.txt." },
            "old_text": {
                "type": "string",
                "minLength": 1,
                "description": "The text to replace, exactly as it stands in the file. It must occur exactly once: include lines around it\nwhere needed."
            },
            "new_text": { "type": "string", "description": "The text to put there; empty to delete." },
            "expected_hash": {
                "type": ["string", "null"],
                "pattern": "^[0-9a-f]{16}$",
                "default": null,
                "description": "The hash of the file as it was read, see show_hash of read_file: the file is edited only if it is still the\nsame. Left out: the text to replace is all that has to be there."
            }
        },
        "required": ["path", "old_text", "new_text"],
        "additionalProperties": false
    },
    "list_files": {
        "type": "object",
        "properties": {
            "prefix": {
                "type": ["string", "null"],
                "default": null,
                "description": "List only paths that begin with this text, such as src/; all when left out."
            }
        },
        "additionalProperties": false
    },
    "read_file": {
        "type": "object",
        "properties": {
            "path": { "type": "string", "description": "The path of the file, such as notes/a.txt." },
            "from_line": {
                "type": ["integer", "null"],
                "format": "uint32",
                "minimum": 1,
                "default": null,
                "description": "The first line to read, counted from 1; the first line of the file when left out."
            },
            "lines": {
                "type": ["integer", "null"],
                "format": "uint32",
                "minimum": 1,
                "default": null,
                "description": "How many lines to read at most; all that follow when left out."
            },
            "show_hash": {
                "type": "boolean",
                "default": false,
                "description": "Whether the answer begins with a line that holds the hash of the whole file, for expected_hash of write_file and\nedit_file."
            }
        },
        "required": ["path"],
        "additionalProperties": false
    },
    "read_output": {
        "type": "object",
        "properties": {
            "handle": {
                "type": "string",
                "minLength": 1,
                "description": "The handle that stands where the text was cut, such as output-0123456789ab."
            },
            "offset": {
                "type": "integer",
                "format": "uint64",
                "minimum": 0,
                "default": 0,
                "description": "How many characters to skip."
            },
            "limit": {
                "type": "integer",
                "format": "uint32",
                "minimum": 1,
                "maximum": 16000,
                "default": 4000,
                "description": "How many characters to read at most."
            }
        },
        "required": ["handle"],
        "additionalProperties": false
    },
    "search_text": {
        "type": "object",
        "properties": {
            "text": {
                "type": "string",
                "minLength": 1,
                "description": "The text to find, within one line; upper and lower case differ."
            },
            "prefix": {
                "type": ["string", "null"],
                "default": null,
                "description": "Search only files whose path begins with this text, such as src/; all when left out."
            },
            "limit": {
                "type": "integer",
                "format": "uint32",
                "minimum": 1,
                "maximum": 1000,
                "default": 100,
                "description": "How many lines to find at most."
            }
        },
        "required": ["text"],
        "additionalProperties": false
    },
    "write_file": {
        "type": "object",
        "properties": {
            "path": { "type": "string", "description": "The path of the file, such as notes/a.txt." },
            "content": { "type": "string", "description": "The whole new text of the file." },
            "expected_hash": {
                "type": ["string", "null"],
                "pattern": "^[0-9a-f]{16}$",
                "default": null,
                "description": "The hash of the file as it was read, see show_hash of read_file: the file is written only if it is still the\nsame. Left out: it is written whatever it was."
            }
        },
        "required": ["path", "content"],
        "additionalProperties": false
    }
}"#;

#[test]
fn schemas_are_stable() {
    let mut expected: BTreeMap<String, Value> = serde_json::from_str(SCHEMAS).unwrap();
    expected.extend(serde_json::from_str::<BTreeMap<String, Value>>(more_schemas::MORE_SCHEMAS).unwrap());
    let found: BTreeMap<String, Value> =
        all().iter().map(|tool| (tool.spec().name.to_string(), tool.spec().schema.clone())).collect();
    for (name, schema) in &found {
        assert_eq!(Some(schema), expected.get(name), "{name}: {schema:#}");
    }
    assert_eq!(found.len(), expected.len());
}
