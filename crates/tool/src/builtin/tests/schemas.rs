//! The schemas that models are shown, word by word.

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
            "new_text": { "type": "string", "description": "The text to put there; empty to delete." }
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
            }
        },
        "required": ["path"],
        "additionalProperties": false
    },
    "recall": {
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "description": "Words that the note must hold, in any order; upper and lower case do not differ. Empty for the newest notes."
            },
            "limit": {
                "type": "integer",
                "format": "uint32",
                "minimum": 1,
                "maximum": 50,
                "default": 10,
                "description": "How many notes to find at most."
            }
        },
        "required": ["query"],
        "additionalProperties": false
    },
    "remember": {
        "type": "object",
        "properties": {
            "text": {
                "type": "string",
                "minLength": 1,
                "description": "What to remember, in words that can be found again."
            }
        },
        "required": ["text"],
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
            "content": { "type": "string", "description": "The whole new text of the file." }
        },
        "required": ["path", "content"],
        "additionalProperties": false
    }
}"#;

#[test]
fn schemas_are_stable() {
    let expected: BTreeMap<String, Value> = serde_json::from_str(SCHEMAS).unwrap();
    let found: BTreeMap<String, Value> =
        all().iter().map(|tool| (tool.spec().name.to_string(), tool.spec().schema.clone())).collect();
    for (name, schema) in &found {
        assert_eq!(Some(schema), expected.get(name), "{name}: {schema:#}");
    }
    assert_eq!(found.len(), expected.len());
}
