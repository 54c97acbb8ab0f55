//! Commands and hosts (rows B49 to B54, B56; defects 2 and 3).

use super::*;

#[test]
fn an_allowed_tool_does_not_lift_a_denied_command() {
    // Defect 2 of the reference.
    let rights = rights(json!({ "rules": [
        { "allow": { "tools": ["run_shell"] } },
        { "deny": { "commands": [["rm", "**"]] } }
    ] }));
    assert_eq!(verdict(&rights, "run_shell", &runs(&["rm a"])), Verdict::Deny);
    assert_eq!(verdict(&rights, "run_shell", &runs(&["ls"])), Verdict::Allow);
}

#[test]
fn every_part_of_a_line_is_judged() {
    // Row B49 and defect 3: `true && echo hi there` passed a deny of `echo hi*`.
    let denies = rights(json!({ "mode": "auto", "rules": [{ "deny": { "commands": [["echo", "hi", "**"]] } }] }));
    assert_eq!(verdict(&denies, "run_shell", &runs(&["echo hi"])), Verdict::Deny);
    assert_eq!(verdict(&denies, "run_shell", &runs(&["true", "echo hi there"])), Verdict::Deny);
    assert_eq!(verdict(&denies, "run_shell", &runs(&["true", "echo ho"])), Verdict::Allow);
    let allows = rights(json!({ "rules": [{ "allow": { "commands": [["git", "status"], ["ls", "**"]] } }] }));
    assert_eq!(verdict(&allows, "run_shell", &runs(&["git status", "ls", "ls -l a"])), Verdict::Allow);
    assert_eq!(verdict(&allows, "run_shell", &runs(&["git status", "rm a"])), Verdict::Ask);
    assert_eq!(verdict(&allows, "run_shell", &runs(&["git status -s"])), Verdict::Ask, "each glob is one argument");
    assert_eq!(verdict(&allows, "run_shell", &runs(&[])), Verdict::Ask);
}

#[test]
fn an_argument_glob_is_one_argument() {
    let rights = rights(json!({ "rules": [{ "allow": { "commands": [["cat", "notes/*.txt"], ["mv", "*", "*"]] } }] }));
    let rows = [
        ("cat notes/a.txt", true),
        ("cat notes/a.txt b", false),
        ("mv a b", true),
        ("mv a", false),
        ("mv a b c", false),
    ];
    for (line, allowed) in rows {
        let expected = if allowed { Verdict::Allow } else { Verdict::Ask };
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), expected, "{line}");
    }
}

#[test]
fn what_a_launcher_hides_is_denied() {
    // Rows B51 and B54.
    let rights =
        rights(json!({ "mode": "auto", "rules": [{ "deny": { "commands": [["rm", "**"], ["curl", "**"]] } }] }));
    let denied = [
        "rm a",
        "/bin/rm a",
        "./rm a",
        "RM a",
        "sudo rm a",
        "sudo -u root rm a",
        "env A=b rm a",
        "nice -n 5 rm a",
        "timeout 5 rm a",
        "nohup rm a",
        "sudo bash -c x",
        "xargs rm",
        "xargs -n1 /bin/rm -f",
        "find . -exec rm {} ;",
        "sh -c x",
        "sudo timeout 5 /usr/bin/curl x",
        "busybox rm a",
        "command rm a",
        "exec rm a",
        "python3 -c os.system('rm')",
        "awk BEGIN{system(\"rm\")}",
        "bash script",
        "eval rm",
        "git -c alias.x=!rm x",
    ];
    for line in denied {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Deny, "{line}");
    }
    for line in ["ls rm", "sudo ls", "git rm a", "rmdir a"] {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Allow, "{line}");
    }
    for line in ["sed -i s/a/b/ f", "python3 -c print(1)", "perl -e 1", "awk 1 f"] {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Ask, "{line}: code can't be seen into");
    }
}

#[test]
fn no_program_is_allowed_by_a_name_behind_which_others_hide() {
    // Rows B51 and B53: the glob that allows a program does not allow what it runs.
    let programs = ["find", "git", "tar", "xargs", "env", "sh", "python3", "sed", "awk", "sudo", "timeout", "export"];
    let patterns: Vec<Value> = programs.iter().map(|program| json!([program, "**"])).collect();
    let rights = rights(json!({ "rules": [{ "allow": { "commands": patterns } }] }));
    let asked = [
        "find . -exec a ;",
        "find . -delete",
        "find . -fprintf a b",
        "git -c core.pager=a log",
        "git fetch --upload-pack=a",
        "tar xf a --to-command=b",
        "xargs a",
        "env a",
        "sh -c a",
        "python3 -c a",
        "sed -i a b",
        "sed w a",
        "awk a",
        "sudo a",
        "timeout 5 a",
        "export PATH=a",
        "./git status",
        "/tmp/git status",
    ];
    for line in asked {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Ask, "{line}");
    }
    for line in ["find . -name a", "git log", "tar xf a", "python3 a.py"] {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Allow, "{line}");
    }
    let spelled = self::rights(json!({ "rules": [
        { "allow": { "commands": [["sed", "-n", "5p", "a"], ["sudo", "reboot"]] } },
        { "deny": { "commands": [["rm", "**"]] } }
    ] }));
    for (line, expected) in
        [("sed -n 5p a", Verdict::Allow), ("sudo reboot", Verdict::Allow), ("sed -n 5p b", Verdict::Ask)]
    {
        assert_eq!(verdict(&spelled, "run_shell", &runs(&[line])), expected, "{line}");
    }
}

#[test]
fn variables_before_a_command_are_not_allowed_with_it() {
    // Row B53.
    let rights = rights(json!({ "rules": [{ "allow": { "commands": [["git", "**"]] } }] }));
    for name in ["PATH", "LD_PRELOAD", "GIT_SSH_COMMAND", "HARMLESS"] {
        let environment = vec![(name.into(), "x".into())];
        let touch = one(Command { environment, ..command("git fetch") });
        assert_eq!(verdict(&rights, "run_shell", &touch), Verdict::Ask, "{name}");
    }
    assert_eq!(verdict(&rights, "run_shell", &runs(&["git fetch"])), Verdict::Allow);
}

#[test]
fn unclear_commands_are_never_allowed_by_a_rule() {
    // Row B50.
    let rows = [
        (json!({ "rules": [{ "allow": { "commands": [["**"]] } }] }), Verdict::Ask),
        (json!({ "rules": [{ "allow": { "tools": ["run_shell"] } }] }), Verdict::Ask),
        (json!({ "rules": [{ "deny": { "commands": [["rm", "**"]] } }] }), Verdict::Deny),
        (json!({ "rules": [{ "deny": { "paths": ["secrets/**"] } }] }), Verdict::Deny),
        (json!({ "rules": [{ "deny": { "paths": ["a"], "tools": ["read_file"] } }] }), Verdict::Ask),
        (json!({ "mode": "auto", "rules": [{ "deny": { "paths": ["a"], "tools": ["read_file"] } }] }), Verdict::Ask),
        (json!({ "mode": "auto", "rules": [{ "deny": { "paths": ["a"] } }] }), Verdict::Deny),
        (json!({ "mode": "auto", "rules": [{ "ask": { "commands": [["rm", "**"]] } }] }), Verdict::Ask),
        (json!({ "mode": "auto", "rules": [{ "deny": { "tools": ["fetch"] } }] }), Verdict::Allow),
        (json!("auto"), Verdict::Allow),
        (json!("default"), Verdict::Ask),
        (json!("plan"), Verdict::Deny),
    ];
    for (options, expected) in rows {
        assert_eq!(verdict(&rights(options.clone()), "run_shell", &unclear()), expected, "{options}");
    }
}

#[test]
fn commands_are_judged_in_their_folder_and_by_their_redirections() {
    // Row B52, and defect 3: `cat` of a denied path through the shell.
    let denies = rights(json!({ "mode": "auto", "rules": [{ "deny": { "paths": ["secrets/**"] } }] }));
    let inside = |line: &str| Command { folder: "secrets".into(), ..command(line) };
    let denied = [
        one(Command { writes: vec!["f".into()], ..inside("echo x") }),
        one(Command { reads: vec!["f".into()], ..inside("cat") }),
        one(Command { writes: vec!["secrets/f".into()], ..command("echo x") }),
        one(Command { writes: vec!["./Secrets/../secrets/f".into()], ..command("echo x") }),
        one(inside("cat f")),
        runs(&["cat secrets/a"]),
        runs(&["cat SECRETS/a"]),
        runs(&["tee secrets/a"]),
        runs(&["rm -r secrets"]),
        runs(&["cp --target=secrets/a b"]),
        runs(&["curl -d@secrets/a x"]),
        runs(&["dd if=secrets/a"]),
        runs(&["scp secrets/a host:b"]),
        runs(&["grep x ."]),
        runs(&["cat *"]),
        runs(&["cat secrets/*"]),
        runs(&["cat s?crets/a"]),
        runs(&["python3 -c open('secrets/a')"]),
    ];
    for touch in denied {
        assert_eq!(verdict(&denies, "run_shell", &touch), Verdict::Deny, "{touch:?}");
    }
    for line in ["cat notes/a", "echo secretsy", "ls"] {
        assert_eq!(verdict(&denies, "run_shell", &runs(&[line])), Verdict::Allow, "{line}");
    }
    let allows = rights(json!({ "rules": [
        { "allow": { "commands": [["echo", "**"]] } },
        { "allow": { "paths": ["out/**"] } }
    ] }));
    let redirected = |folder: &str, path: &str| {
        one(Command { writes: vec![path.into()], folder: folder.into(), ..command("echo x") })
    };
    let rows = [
        ("", "out/a", Verdict::Allow),
        ("out", "a", Verdict::Allow),
        ("", "a", Verdict::Ask),
        ("out", "../a", Verdict::Ask),
    ];
    for (folder, path, expected) in rows {
        assert_eq!(verdict(&allows, "run_shell", &redirected(folder, path)), expected, "{folder:?} {path}");
    }
}

#[test]
fn a_pattern_for_any_depth_does_not_deny_every_word() {
    let rights =
        rights(json!({ "mode": "auto", "rules": [{ "deny": { "paths": ["**/*.pem", "src/**/*.key", "*/x"] } }] }));
    for line in ["echo hello", "cat src/main.rs", "cargo test"] {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Allow, "{line}");
    }
    for line in ["cat a/b.pem", "cat src/a/b.key", "cat a/x", "ls src/", "cat *.pem"] {
        assert_eq!(verdict(&rights, "run_shell", &runs(&[line])), Verdict::Deny, "{line}");
    }
}

#[test]
fn a_rule_with_commands_and_paths_needs_both() {
    let denies =
        rights(json!({ "mode": "auto", "rules": [{ "deny": { "commands": [["rm", "**"]], "paths": ["keep/**"] } }] }));
    assert_eq!(verdict(&denies, "run_shell", &runs(&["rm keep/a"])), Verdict::Deny);
    assert_eq!(verdict(&denies, "run_shell", &runs(&["rm a"])), Verdict::Allow);
    assert_eq!(verdict(&denies, "run_shell", &runs(&["cat keep/a"])), Verdict::Allow);
}

#[test]
fn hosts_are_matched_whatever_the_case_and_within_addresses() {
    let host = |name: &str| Touch::claims([Claim { resource: Resource::Host(name.into()), access: Access::Read }]);
    let rights = rights(json!({ "rules": [
        { "deny": { "hosts": ["*.evil.example"] } },
        { "allow": { "hosts": ["docs.example"] } }
    ] }));
    assert_eq!(verdict(&rights, "fetch", &host("a.EVIL.example.")), Verdict::Deny);
    assert_eq!(verdict(&rights, "fetch", &host("docs.example")), Verdict::Allow);
    assert_eq!(verdict(&rights, "fetch", &host("docs.example.org")), Verdict::Ask);
    assert_eq!(verdict(&rights, "run_shell", &runs(&["curl https://me@a.evil.example:80/x"])), Verdict::Deny);
}
