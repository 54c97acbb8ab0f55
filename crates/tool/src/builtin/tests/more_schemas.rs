//! The schemas of the tools that don't work on files, word by word as models are shown them.

/// A change here changes what every recorded run was told.
pub(super) const MORE_SCHEMAS: &str = r#"{
    "add_task": {
        "type": "object",
        "properties": {
            "title": {
                "type": "string",
                "minLength": 1,
                "maxLength": 200,
                "description": "What is to be done, in one line."
            },
            "depends_on": {
                "type": "array",
                "items": { "format": "uint32", "minimum": 0, "type": "integer" },
                "maxItems": 100,
                "default": [],
                "description": "The numbers of tasks that have to be done before."
            },
            "details": {
                "type": ["string", "null"],
                "maxLength": 4000,
                "default": null,
                "description": "What who does it has to know."
            },
            "owner": {
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": 200,
                "default": null,
                "description": "The agent that is to do it, such as lead/researcher[0]; whoever takes it when left out."
            }
        },
        "required": ["title"],
        "additionalProperties": false
    },
    "ask_user": {
        "type": "object",
        "properties": {
            "question": {
                "type": "string",
                "minLength": 1,
                "maxLength": 4000,
                "description": "The question, with all that is needed to answer it."
            },
            "choices": {
                "type": ["array", "null"],
                "items": { "type": "string" },
                "minItems": 2,
                "maxItems": 20,
                "default": null,
                "description": "The answers to choose from; any answer when left out."
            }
        },
        "required": ["question"],
        "additionalProperties": false
    },
    "enter_plan_mode": { "type": "object", "additionalProperties": false },
    "list_tasks": {
        "type": "object",
        "properties": {
            "status": {
                "type": ["string", "null"],
                "enum": ["pending", "in_progress", "done", "cancelled", null],
                "default": null,
                "description": "List only tasks with this status; all when left out."
            }
        },
        "additionalProperties": false
    },
    "load_skill": {
        "type": "object",
        "properties": {
            "name": {
                "type": "string",
                "description": "The name of the skill, as the list of your skills gives it."
            }
        },
        "required": ["name"],
        "additionalProperties": false
    },
    "read_board": {
        "type": "object",
        "properties": {
            "key": {
                "type": ["string", "null"],
                "default": null,
                "description": "The key to read; when left out, the keys that are there are listed."
            },
            "prefix": {
                "type": ["string", "null"],
                "default": null,
                "description": "List only keys that begin with this text, such as results/."
            }
        },
        "additionalProperties": false
    },
    "recall": {
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "description": "Words that the note must hold, in any order; upper and lower case do not differ. Empty for the newest notes."
            },
            "kind": {
                "type": ["string", "null"],
                "enum": ["fact", "preference", "feedback", "reference", null],
                "default": null,
                "description": "Find only notes of this kind; of every kind when left out."
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
            },
            "expires_after_ms": {
                "type": ["integer", "null"],
                "format": "uint64",
                "minimum": 1,
                "maximum": 3600000000000,
                "default": null,
                "description": "For how many milliseconds it holds; for ever when left out."
            },
            "kind": {
                "type": "string",
                "enum": ["fact", "preference", "feedback", "reference"],
                "default": "fact",
                "description": "What kind of thing it says: something that is so, how somebody wants things done, what was learned from how\nsomething went, or where something is to be found."
            },
            "scope": {
                "type": "string",
                "enum": ["private", "team", "project"],
                "default": "project",
                "description": "Who may find it: you alone, your team, or every agent."
            }
        },
        "required": ["text"],
        "additionalProperties": false
    },
    "send_message": {
        "type": "object",
        "properties": {
            "text": {
                "type": "string",
                "minLength": 1,
                "maxLength": 16000,
                "description": "What to tell."
            },
            "to": {
                "type": ["string", "null"],
                "default": null,
                "description": "Whom to tell: a path such as lead/researcher[0], or only researcher[0] for an agent that you started. All your\nteammates when left out: who started you, the others it started, and the agents that you started."
            }
        },
        "required": ["text"],
        "additionalProperties": false
    },
    "set_mode": {
        "type": "object",
        "properties": {
            "mode": {
                "type": "string",
                "enum": ["default", "plan", "auto"],
                "description": "The mode: default asks before changes, plan denies them, auto lets everything pass. Rules hold in every mode."
            }
        },
        "required": ["mode"],
        "additionalProperties": false
    },
    "spawn_agent": {
        "type": "object",
        "properties": {
            "agent": { "type": "string", "description": "Which of the agents that you can start." },
            "prompt": {
                "type": "string",
                "minLength": 1,
                "description": "What it is to do, with all it needs to know: it sees nothing of your conversation."
            },
            "mode": {
                "type": ["string", "null"],
                "enum": ["default", "plan", "auto", null],
                "default": null,
                "description": "The permission mode it starts in; its own when left out. It never may do more than you."
            },
            "tools": {
                "type": ["array", "null"],
                "items": { "type": "string" },
                "default": null,
                "description": "The tools it is to have, of those that it and you have; all of these when left out."
            },
            "wait": {
                "type": "boolean",
                "default": true,
                "description": "Whether to wait for its answer. If not, wait_for_agents gives it later."
            }
        },
        "required": ["agent", "prompt"],
        "additionalProperties": false
    },
    "stop_agent": {
        "type": "object",
        "properties": {
            "agent": {
                "type": "string",
                "description": "The agent, such as researcher[0]; one that you started."
            }
        },
        "required": ["agent"],
        "additionalProperties": false
    },
    "update_task": {
        "type": "object",
        "properties": {
            "task": {
                "type": "integer",
                "format": "uint32",
                "minimum": 1,
                "maximum": 9999,
                "description": "The number of the task."
            },
            "note": {
                "type": ["string", "null"],
                "maxLength": 2000,
                "default": null,
                "description": "What there is to say about how it goes; it takes the place of what was said before."
            },
            "owner": {
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": 200,
                "default": null,
                "description": "The agent that is to do it from now on, whoever had it before."
            },
            "status": {
                "type": ["string", "null"],
                "enum": ["pending", "in_progress", "done", "cancelled", null],
                "default": null,
                "description": "Its new status. in_progress takes the task for you, pending lets go of it."
            }
        },
        "required": ["task"],
        "additionalProperties": false
    },
    "wait_for_agents": {
        "type": "object",
        "properties": {
            "agents": {
                "type": ["array", "null"],
                "items": { "type": "string" },
                "minItems": 1,
                "default": null,
                "description": "The agents to wait for, such as researcher[0]; all that you started when left out."
            },
            "deadline_ms": {
                "type": ["integer", "null"],
                "format": "uint64",
                "minimum": 1,
                "maximum": 3600000000000,
                "default": null,
                "description": "How many milliseconds to wait at most; without end when left out."
            },
            "until": {
                "type": "string",
                "enum": ["all", "first"],
                "default": "all",
                "description": "Whether to wait until all of them have ended or only until the first has."
            }
        },
        "additionalProperties": false
    },
    "write_board": {
        "type": "object",
        "properties": {
            "key": { "type": "string", "description": "The key, such as plan or results/north." },
            "value": { "type": "string", "description": "What to write there." },
            "expected_version": {
                "type": ["integer", "null"],
                "format": "uint64",
                "minimum": 0,
                "default": null,
                "description": "Write only if the key still has this version, which reading it told; 0 only if it has no value yet. Left out,\nwhatever is there is overwritten."
            }
        },
        "required": ["key", "value"],
        "additionalProperties": false
    }
}"#;
