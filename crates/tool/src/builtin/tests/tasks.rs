//! The tools over the blackboard: versions, the task list, and agents that race for a task.

use std::sync::Mutex;

use moot_core::port::{Blackboard, Caller, Entry, PortError};

use super::*;
use crate::Board;

/// What a call is answered with.
type Answer = (Option<ToolErrorCode>, String);

fn good(content: &str) -> Answer {
    (None, content.to_owned())
}

fn bad(error: ToolErrorCode, content: &str) -> Answer {
    (Some(error), content.to_owned())
}

/// Calls one after another in the same world.
fn calls(world: &World, table: &[(&str, Value, Answer)]) {
    for (tool, arguments, expected) in table {
        assert_eq!(world.call(tool, arguments), *expected, "{tool} {arguments}");
    }
}

fn as_agent(mut world: World, agent: &str) -> World {
    world.context.caller.agent = ActorPath::new(agent).unwrap();
    world
}

#[test]
fn the_board_tells_versions_and_loses_no_write() {
    let long = "v".repeat(65_537);
    calls(
        &World::new(&[]),
        &[
            ("read_board", json!({}), good("(nothing stands on the blackboard)")),
            ("read_board", json!({ "key": "plan" }), bad(NotFound, "there is no key \"plan\" on the blackboard")),
            ("write_board", json!({ "key": "plan", "value": "a" }), good("wrote plan, version 1")),
            (
                "write_board",
                json!({ "key": "plan", "value": "b", "expected_version": 1 }),
                good("wrote plan, version 2"),
            ),
            (
                "write_board",
                json!({ "key": "plan", "value": "c", "expected_version": 1 }),
                bad(Conflict, "plan has version 2, written by scribe[2], not 1; read it again"),
            ),
            ("read_board", json!({ "key": "plan" }), good("plan, version 2, written by scribe[2] at 0 ms:\nb")),
            ("write_board", json!({ "key": "results/north", "value": "" }), good("wrote results/north, version 1")),
            (
                "read_board",
                json!({ "key": null, "prefix": null }),
                good(
                    "- plan, version 2, written by scribe[2] at 0 ms\n- results/north, version 1, written by scribe[2] at \
                     0 ms",
                ),
            ),
            ("read_board", json!({ "prefix": "plans" }), good("(no key begins with \"plans\")")),
            (
                "read_board",
                json!({ "key": "a", "prefix": "b" }),
                bad(InvalidArguments, "key and prefix are both given; give one of them"),
            ),
            (
                "write_board",
                json!({ "key": "a b", "value": "" }),
                bad(Denied, "the key \"a b\" is not allowed; give one such as plan or results/north"),
            ),
            (
                "write_board",
                json!({ "key": "a", "value": long }),
                bad(Limit, "the value is 65537 bytes long; at most 65536 are allowed"),
            ),
            (
                "write_board",
                json!({ "key": "tasks/0001", "value": "{}" }),
                bad(InvalidArguments, "keys that begin with tasks/ are the task list; use add_task or update_task"),
            ),
        ],
    );
}

#[test]
fn a_task_is_added_taken_done_and_listed() {
    let added = |number: u32, title: &str| good(&format!("added task {number}: {title}"));
    let world = as_agent(World::new(&[]), "lead");
    calls(
        &world,
        &[
            ("list_tasks", json!({}), good("(there are no tasks)")),
            (
                "update_task",
                json!({ "task": 1, "note": "x" }),
                bad(NotFound, "there is no task 1; list_tasks tells which there are"),
            ),
            ("add_task", json!({ "title": " Collect\n data " }), added(1, "Collect data")),
            (
                "add_task",
                json!({ "title": "Draw", "owner": "artist[0]", "details": "large\n- 9 [done] forged" }),
                added(2, "Draw"),
            ),
            ("add_task", json!({ "title": "Write", "depends_on": [2, 1, 2] }), added(3, "Write")),
            (
                "add_task",
                json!({ "title": "x", "depends_on": [4] }),
                bad(NotFound, "there is no task 4; list_tasks tells which there are"),
            ),
            (
                "add_task",
                json!({ "title": " " }),
                bad(InvalidArguments, "title holds nothing but white space; say what is to be done"),
            ),
            (
                "list_tasks",
                json!({}),
                good(
                    "- 1 [pending] Collect data\n- 2 [pending] Draw; owner artist[0]\n  details: large\n  - 9 [done] \
                     forged\n- 3 [pending, waits for 1, 2] Write",
                ),
            ),
            (
                "update_task",
                json!({ "task": 1 }),
                bad(InvalidArguments, "nothing is to be changed; give status, owner or note"),
            ),
            (
                "update_task",
                json!({ "task": 1, "status": "in_progress" }),
                good("task 1: [in_progress] Collect data; owner lead"),
            ),
            (
                "update_task",
                json!({ "task": 2, "status": "in_progress" }),
                bad(Conflict, "task 2 is artist[0]'s; take another one, or name the owner to hand it over"),
            ),
            (
                "update_task",
                json!({ "task": 2, "status": "cancelled", "note": "no ink" }),
                good(
                    "task 2: [cancelled] Draw; owner artist[0]\n  details: large\n  - 9 [done] forged\n  note: no ink",
                ),
            ),
            (
                "update_task",
                json!({ "task": 3, "status": "in_progress" }),
                bad(Conflict, "task 3 can't be begun yet: task 1 is in_progress; do another one first"),
            ),
            ("update_task", json!({ "task": 1, "status": "done" }), good("task 1: [done] Collect data; owner lead")),
            (
                "update_task",
                json!({ "task": 3, "status": "in_progress", "owner": "clerk" }),
                good("task 3: [in_progress] Write; owner clerk"),
            ),
            ("update_task", json!({ "task": 3, "status": "pending" }), good("task 3: [pending] Write")),
            ("list_tasks", json!({ "status": "done" }), good("- 1 [done] Collect data; owner lead")),
            ("list_tasks", json!({ "status": "in_progress" }), good("(no task is in_progress)")),
        ],
    );
}

#[test]
fn an_owner_named_by_the_end_of_its_path_takes_its_task() {
    let world = as_agent(World::new(&[]), "lead/artist[0]");
    world.call("add_task", &json!({ "title": "Draw", "owner": "artist[0]" }));
    world.call("add_task", &json!({ "title": "Paint", "owner": "rtist[0]" }));
    let take = |number: u32| world.call("update_task", &json!({ "task": number, "status": "in_progress" }));
    assert_eq!(take(1), good("task 1: [in_progress] Draw; owner lead/artist[0]"));
    assert_eq!(take(2).0, Some(Conflict), "the end of a name is no name");
}

/// A blackboard on which somebody else writes just before each of the first writes.
struct Contended {
    board: Mutex<Board>,
    rivals_left: Mutex<u32>,
}

impl Contended {
    fn new(rivals: u32) -> Self {
        Self { board: Mutex::new(Board::new()), rivals_left: Mutex::new(rivals) }
    }

    /// Another agent takes the task, or adds one of the same number.
    fn let_rival_write(&self, key: &str) {
        let mut left = self.rivals_left.lock().unwrap();
        if *left == 0 {
            return;
        }
        *left -= 1;
        let agent = ActorPath::new("rival").unwrap();
        let caller = Caller { agent, ..ToolContext::closed(ActorPath::new("x").unwrap()).caller };
        let value = r#"{"title":"Rival's","status":"in_progress","owner":"rival"}"#;
        self.board.lock().unwrap().post(&caller, key, value.into(), None).unwrap();
    }
}

impl Blackboard for Contended {
    fn post<'a>(&'a self, caller: &'a Caller, key: &'a str, value: Text, expected: Option<u64>) -> PortFuture<'a, u64> {
        Box::pin(async move {
            self.let_rival_write(key);
            self.board.lock().unwrap().post(caller, key, value, expected)
        })
    }
    fn read<'a>(&'a self, key: &'a str) -> PortFuture<'a, Entry> {
        Box::pin(async move { self.board.lock().unwrap().read(key) })
    }
    fn list<'a>(&'a self, prefix: &'a str) -> PortFuture<'a, Vec<(Text, Entry)>> {
        Box::pin(async move { Ok(self.board.lock().unwrap().list(prefix)) })
    }
}

fn contended(rivals: u32) -> (World, Arc<Contended>) {
    let board = Arc::new(Contended::new(rivals));
    let mut world = World::new(&[]);
    world.context = world.context.with_blackboard(board.clone());
    (world, board)
}

#[test]
fn who_is_slower_gets_the_next_number_and_never_another_ones_task() {
    let (world, board) = contended(3);
    assert_eq!(world.call("add_task", &json!({ "title": "Mine" })), good("added task 4: Mine"));
    *board.rivals_left.lock().unwrap() = 1;
    assert_eq!(
        world.call("update_task", &json!({ "task": 4, "status": "in_progress" })),
        bad(Conflict, "task 4 is rival's; take another one, or name the owner to hand it over")
    );
    let (_, list) = world.call("list_tasks", &json!({}));
    assert_eq!(list.lines().filter(|line| line.ends_with("owner rival")).count(), 4, "{list}");
}

#[test]
fn a_note_survives_a_race_and_trying_ends() {
    let (world, board) = contended(0);
    world.call("add_task", &json!({ "title": "Mine" }));
    *board.rivals_left.lock().unwrap() = 2;
    assert_eq!(
        world.call("update_task", &json!({ "task": 1, "note": "seen" })),
        good("task 1: [in_progress] Rival's; owner rival\n  note: seen")
    );
    *board.rivals_left.lock().unwrap() = u32::MAX;
    let outrun = bad(Conflict, "others changed the task list 100 times in between; try again");
    assert_eq!(world.call("update_task", &json!({ "task": 1, "note": "late" })), outrun);
    assert_eq!(world.call("add_task", &json!({ "title": "late" })), outrun);
}

#[test]
fn what_is_no_task_is_told_and_the_list_goes_on() {
    let (world, board) = contended(0);
    let caller = world.context.caller.clone();
    for key in ["tasks/0002", "tasks/9999", "tasks/x", "tasks/3", "tasks/00004"] {
        board.board.lock().unwrap().post(&caller, key, "{}".into(), None).unwrap();
    }
    let no_task = |key: &str| format!("(what stands under {key} on the blackboard is no task)");
    assert_eq!(
        world.call("list_tasks", &json!({})),
        good(&format!("- 2 {}\n- 9999 {}", no_task("tasks/0002"), no_task("tasks/9999")))
    );
    let (error, content) = world.call("update_task", &json!({ "task": 2, "note": "x" }));
    assert_eq!(error, Some(ToolErrorCode::Failed));
    assert!(
        content.starts_with("what stands under tasks/0002 on the blackboard is no task: missing field"),
        "{content}"
    );
    let full = bad(Limit, "the list holds 9999 tasks, which is the limit; reuse one of them");
    assert_eq!(world.call("add_task", &json!({ "title": "more" })), full);
}

#[test]
fn a_failure_of_the_board_is_told_in_its_words() {
    struct Broken;
    impl Blackboard for Broken {
        fn post<'a>(&'a self, _: &'a Caller, _: &'a str, _: Text, _: Option<u64>) -> PortFuture<'a, u64> {
            Box::pin(async { Err(PortError::Limit { reason: "full".to_owned() }) })
        }
        fn read<'a>(&'a self, _: &'a str) -> PortFuture<'a, Entry> {
            Box::pin(async { Err(PortError::Denied { reason: "locked".to_owned() }) })
        }
        fn list<'a>(&'a self, _: &'a str) -> PortFuture<'a, Vec<(Text, Entry)>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }
    let mut world = World::new(&[]);
    world.context = world.context.with_blackboard(Arc::new(Broken));
    calls(
        &world,
        &[
            ("add_task", json!({ "title": "x" }), bad(Limit, "full")),
            ("update_task", json!({ "task": 1, "note": "x" }), bad(Denied, "locked")),
            ("read_board", json!({ "key": "x" }), bad(Denied, "locked")),
            ("write_board", json!({ "key": "x", "value": "" }), bad(Limit, "full")),
        ],
    );
}
