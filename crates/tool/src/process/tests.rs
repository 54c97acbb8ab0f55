//! Processes that behave, and every way in which one may not.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

fn script(text: &str) -> ProcessRequest {
    ProcessRequest::new(["/bin/sh", "-c", text])
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn each_end_has_its_name() {
    let table = [
        ("exit 0", ProcessEnd::Exited(0), true),
        ("echo out; echo err >&2; exit 3", ProcessEnd::Exited(3), false),
        ("kill -9 $$", ProcessEnd::Signalled(9), false),
        ("kill -15 $$", ProcessEnd::Signalled(15), false),
    ];
    for (line, end, succeeded) in table {
        let outcome = run(&script(line));
        assert_eq!((&outcome.end, outcome.succeeded(), outcome.complete), (&end, succeeded, true), "{line}");
    }
    let outcome = run(&script("echo out; echo err >&2"));
    assert_eq!((text(&outcome.stdout), text(&outcome.stderr)), ("out\n", "err\n"));
}

#[test]
fn what_cannot_start_says_why() {
    let mut odd_name = script("exit 0");
    odd_name.environment.insert("A=B".into(), "c".into());
    let mut no_folder = script("exit 0");
    no_folder.folder = Some("/nowhere/at/all".into());
    let table = [
        (ProcessRequest::new::<String>([]), "no program is named"),
        (ProcessRequest::new([""]), "no program is named"),
        (ProcessRequest::new(["/no/such/program"]), "there is no program \"/no/such/program\""),
        (ProcessRequest::new(["no-such-program-in-path"]), "there is no program \"no-such-program-in-path\""),
        (ProcessRequest::new(["/etc/passwd"]), "\"/etc/passwd\" may not be executed"),
        (ProcessRequest::new(["/bin/sh", "a\0b"]), "nul byte"),
        (odd_name, "\"A=B\" can't be the name of a variable"),
        (no_folder, "or no folder to start it in"),
    ];
    for (request, words) in table {
        let end = run(&request).end;
        assert!(matches!(&end, ProcessEnd::NotStarted(reason) if reason.contains(words)), "{request:?}: {end}");
    }
}

#[test]
fn a_hanging_process_is_killed_with_its_children() {
    let mut request = script("sleep 60 & sleep 60");
    request.timeout = Duration::from_millis(40);
    let outcome = run(&request);
    assert_eq!(outcome.end, ProcessEnd::TimedOut);
    assert!(outcome.complete, "the outputs closed, so nobody who held them lives");
}

#[test]
fn a_process_that_ignores_the_polite_signals_is_killed_all_the_same() {
    let mut request = script("trap '' TERM INT HUP; while :; do :; done");
    request.timeout = Duration::from_millis(40);
    assert_eq!(run(&request).end, ProcessEnd::TimedOut);
}

#[test]
fn what_a_process_leaves_running_ends_with_it() {
    let outcome = run(&script("sleep 60 & echo done"));
    assert_eq!((&outcome.end, text(&outcome.stdout)), (&ProcessEnd::Exited(0), "done\n"));
    assert!(outcome.complete, "the outputs closed, so nobody who held them lives");
}

/// openharness §5, defect 11: a command with more output than a pipe holds hung until its timeout.
#[test]
fn four_hundred_kilobytes_on_both_outputs_do_not_hang() {
    let outcome =
        run(&script("i=0; while [ $i -lt 4000 ]; do printf '%0100d' 0; printf '%0100d' 0 >&2; i=$((i+1)); done"));
    assert_eq!((&outcome.end, outcome.complete), (&ProcessEnd::Exited(0), true));
    assert_eq!((outcome.stdout.len(), outcome.stderr.len()), (400_000, 400_000));
}

#[test]
fn output_past_the_limit_ends_the_process() {
    for line in ["while :; do echo overflow; done", "while :; do echo overflow >&2; done"] {
        let mut request = script(line);
        request.output_bytes_max = 100_000;
        let outcome = run(&request);
        assert_eq!((&outcome.end, outcome.complete), (&ProcessEnd::OutputTooLong, false), "{line}");
        assert_eq!(outcome.stdout.len().max(outcome.stderr.len()), 100_000);
    }
    let mut exact = script("printf 12345");
    exact.output_bytes_max = 5;
    assert!(run(&exact).succeeded(), "as much as is allowed is not too much");
}

#[test]
fn a_descendant_that_left_the_group_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    // It ends by itself soon, so that the test leaves nothing behind.
    let mut request = script("setsid sh -c 'echo > away; exec sleep 3' & until [ -e away ]; do :; done; echo answer");
    request.folder = Some(folder.path().to_owned());
    let outcome = run(&request);
    assert_eq!((&outcome.end, text(&outcome.stdout)), (&ProcessEnd::Exited(0), "answer\n"));
    assert!(!outcome.complete && !outcome.succeeded());
}

#[test]
fn input_is_given_whole_or_left_unread() {
    let mut request = script("wc -c");
    request.stdin = vec![b'x'; 400_000];
    assert_eq!(text(&run(&request).stdout).trim(), "400000");
    request.argv = script("echo ignored").argv;
    let outcome = run(&request);
    assert_eq!((outcome.succeeded(), text(&outcome.stdout)), (true, "ignored\n"));
    // Input and output larger than a pipe, at the same time.
    request.argv = script("cat").argv;
    assert_eq!(run(&request).stdout, request.stdin);
}

#[test]
fn the_environment_is_what_was_given_and_the_path() {
    let mut request = ProcessRequest::new(["env"]);
    request.environment.insert("COLOUR".into(), "red blue".into());
    let outcome = run(&request);
    let mut lines: Vec<&str> = text(&outcome.stdout).lines().collect();
    lines.sort_unstable();
    let path = format!("PATH={}", std::env::var("PATH").unwrap());
    assert_eq!(lines, ["COLOUR=red blue", path.as_str()]);
}
