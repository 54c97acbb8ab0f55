//! Paths: variants, folders, access, protected names (rows B42, B43, B46, B47; defect 1).

use super::*;

#[test]
fn a_decoy_parameter_never_widens() {
    // Defect 1 of the reference: a harmless second path made the denied one pass.
    let denies = rights(json!({ "mode": "auto", "rules": [{ "deny": { "paths": ["secrets/**"] } }] }));
    let both = Touch::claims([Claim::reads_file("harmless"), Claim::reads_file("secrets/a")]);
    assert_eq!(verdict(&denies, "read_file", &both), Verdict::Deny);
    let allows = rights(json!({ "rules": [{ "allow": { "paths": ["out/**"] } }] }));
    let both = Touch::claims([Claim::writes_file("out/a"), Claim::writes_file("b")]);
    assert_eq!(verdict(&allows, "write_file", &both), Verdict::Ask);
    assert_eq!(verdict(&allows, "write_file", &writes("out/a")), Verdict::Allow);
}

#[test]
fn variants_of_a_denied_path_are_denied() {
    // Rows B42, B43, B46.
    let rights = rights(
        json!({ "mode": "auto", "rules": [{ "deny": { "paths": ["Secrets/**", "caf\u{e9}.txt", "**/*.pem"] } }] }),
    );
    let denied = [
        "secrets/a",
        "SECRETS/A",
        "secrets/deep/er",
        "./secrets/a",
        "x/../secrets/a",
        "secrets//a",
        "secrets\\a",
        "secrets./a",
        "\u{17f}ecrets/a",
        "sec\u{200b}rets/a",
        "secrets",
        "cafe\u{301}.txt",
        "CAF\u{c9}.TXT",
        "/home/me/ws/secrets/a",
        "../ws/secrets/a",
        "~/ws/secrets/a",
        "a/b/c.PEM",
        "c.pem",
    ];
    for path in denied {
        assert_eq!(verdict(&rights, "read_file", &reads(path)), Verdict::Deny, "{path:?}");
    }
    for path in ["secrets-evil/a", "my/secrets/a", "notes", "secret", "caf.txt", "a.pem/b"] {
        assert_eq!(verdict(&rights, "read_file", &reads(path)), Verdict::Allow, "{path:?}");
    }
}

#[test]
fn variants_of_an_allowed_path_are_not_allowed() {
    let rights = rights(json!({ "rules": [{ "allow": { "paths": ["out/**", "/var/tmp/x"] } }] }));
    for path in ["out/a", "./out/a", "out//deep/a", "/var/tmp/x"] {
        assert_eq!(verdict(&rights, "write_file", &writes(path)), Verdict::Allow, "{path:?}");
    }
    let asked =
        ["Out/a", "out/../a", "out/x/../a", "out-evil/a", "out", "../out/a", "/out/a", "~/out/a", "out\\a", "a/out/b"];
    for path in asked {
        assert_eq!(verdict(&rights, "write_file", &writes(path)), Verdict::Ask, "{path:?}");
    }
    let anywhere = self::rights(json!({ "rules": [{ "allow": { "paths": ["**"] } }] }));
    for path in ["../a", "/etc/passwd", "~/a"] {
        assert_eq!(verdict(&anywhere, "write_file", &writes(path)), Verdict::Ask, "{path:?} is not in the workspace");
    }
}

#[test]
fn folders_are_judged_by_what_they_can_hold() {
    let rights = rights(json!({ "rules": [
        { "deny": { "paths": ["a/secrets/**", "b/*.pem"] } },
        { "allow": { "paths": ["out/**"], "access": "write" } }
    ] }));
    let folder = |path: &str, access| Touch::claims([Claim { resource: Resource::Folder(path.into()), access }]);
    let rows = [
        ("", true),
        ("a", true),
        ("a/secrets", true),
        ("a/secrets/x", true),
        ("b", true),
        ("c", false),
        ("a/x", false),
    ];
    for (path, is_denied) in rows {
        let expected = if is_denied { Verdict::Deny } else { Verdict::Allow };
        assert_eq!(verdict(&rights, "list_files", &folder(path, Access::Read)), expected, "{path:?}");
    }
    assert_eq!(verdict(&rights, "write_file", &folder("out", Access::Write)), Verdict::Allow);
    assert_eq!(verdict(&rights, "write_file", &folder("out/a", Access::Write)), Verdict::Allow);
    assert_eq!(verdict(&rights, "write_file", &folder("outer", Access::Write)), Verdict::Ask);
}

#[test]
fn access_tells_reading_from_writing() {
    let rights = rights(json!({ "mode": "auto", "rules": [{ "deny": { "paths": ["docs/**"], "access": "write" } }] }));
    assert_eq!(verdict(&rights, "read_file", &reads("docs/a")), Verdict::Allow);
    assert_eq!(verdict(&rights, "write_file", &writes("docs/a")), Verdict::Deny);
    assert_eq!(
        verdict(&rights, "run_shell", &runs(&["tool docs/a"])),
        Verdict::Deny,
        "how a word is used is not known"
    );
}

#[test]
fn protected_names_are_denied_whatever_the_rules() {
    // Row B47, openharness §1.3.
    let rules = json!([{ "allow": { "tools": ["*"] } }]);
    let guarded = rights(json!({ "mode": "auto", "rules": rules }));
    let open = rights(json!({ "mode": "auto", "rules": rules, "protect": false }));
    let written = [
        ".git/hooks/pre-commit",
        "sub/.git/config",
        ".GIT/Hooks/x",
        ".g\u{200c}it/config",
        "run.moot/journal.jsonl.zst",
        "journal.jsonl.zst",
        "x/../.git/config",
        ".git\\config",
        "GIT~1/config",
        "out/Scenario.json",
        "out/result.json",
        ".git",
        "sub/.git",
        "GIT~1",
        ".git/modules/sub/hooks/pre-commit",
        ".git/modules/a/modules/b/hooks/x",
        "lib/.git/modules/sub/config",
        ".git/worktrees/other/config.worktree",
    ];
    for path in written {
        assert_eq!(verdict(&guarded, "write_file", &writes(path)), Verdict::Deny, "{path:?}");
        assert_eq!(verdict(&guarded, "read_file", &reads(path)), Verdict::Allow, "{path:?}");
        assert_eq!(verdict(&open, "write_file", &writes(path)), Verdict::Allow, "{path:?}");
    }
    let secret = [
        ".ssh/id_rsa",
        "~/.ssh/id_rsa",
        "/home/me/.aws/credentials",
        ".config/gcloud/x",
        ".azure/a",
        ".gnupg/a",
        ".docker/config.json",
        "a/.Kube/config",
        ".netrc",
        ".git-credentials",
    ];
    for path in secret {
        assert_eq!(verdict(&guarded, "read_file", &reads(path)), Verdict::Deny, "{path:?}");
        let line = format!("cat {path}");
        assert_eq!(verdict(&guarded, "run_shell", &runs(&[&line])), Verdict::Deny, "row B56: {line}");
    }
    for path in [
        "a.txt",
        ".gitignore",
        ".git/modules/sub/description",
        "src/.github/x",
        "results.json",
        "scenario.yaml",
        ".aws/other",
    ] {
        assert_eq!(verdict(&guarded, "write_file", &writes(path)), Verdict::Allow, "{path:?}");
    }
    for line in ["cat ~/.s*/id_rsa", "cat ~/.[st]sh/x", "cat .git/ho*/x", "cat {.ssh,x}/id"] {
        assert_eq!(verdict(&guarded, "run_shell", &runs(&[line])), Verdict::Deny, "{line}");
    }
    assert_eq!(verdict(&guarded, "run_shell", &runs(&["ls * src/*.rs .gitig*"])), Verdict::Allow);
    let folder = |path: &str, access| Touch::claims([Claim { resource: Resource::Folder(path.into()), access }]);
    assert_eq!(verdict(&guarded, "list_files", &folder("", Access::Read)), Verdict::Allow);
    assert_eq!(verdict(&guarded, "list_files", &folder(".ssh", Access::Read)), Verdict::Deny);
    assert_eq!(verdict(&guarded, "write_file", &folder("", Access::Write)), Verdict::Deny);
    assert_eq!(verdict(&guarded, "write_file", &folder(".git", Access::Write)), Verdict::Deny);
    assert_eq!(verdict(&guarded, "run_shell", &runs(&["tee .git/hooks/pre-commit"])), Verdict::Deny);
    let moved = one(Command { writes: vec!["pre-commit".into()], folder: ".git/hooks".into(), ..command("echo x") });
    assert_eq!(verdict(&guarded, "run_shell", &moved), Verdict::Deny);
}
