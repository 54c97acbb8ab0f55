//! Tests of skills: the format as a table of good and wrong files, and who may load what.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;

fn parse(text: &str) -> Result<Skill, String> {
    Skill::parse("s/SKILL.md", text).map_err(|problem| problem.to_string())
}

#[test]
fn what_products_write_is_read() {
    let long = format!("---\nname: {}\ndescription: {}\n---\nx", "a".repeat(64), "d".repeat(1_024));
    let table: [(&str, &str, &str, &str); 6] = [
        ("---\nname: units\ndescription: How.\n---\nUse metres.\n", "units", "How.", "Use metres."),
        ("---\r\nname: units\r\ndescription: How.\r\n---\r\nUse\r\nmetres.", "units", "How.", "Use\r\nmetres."),
        (
            "\u{feff}---\nname: a-1\ndescription: |\n  One.\n  Two.\n--- \n\n\n# Head\n\n---\nmore\n",
            "a-1",
            "One. Two.",
            "# Head\n\n---\nmore",
        ),
        (
            "---\nname: pdf\ndescription: \"Reads: PDF\"\nlicense: MIT\nallowed-tools: Bash(git:*) Read\nmetadata:\n  author: x\n---\nx",
            "pdf",
            "Reads: PDF",
            "x",
        ),
        ("---\n# a comment\ndescription: 'it''s'\nname: \"yes\"\n---\nx", "yes", "it's", "x"),
        (&long, &"a".repeat(64), &"d".repeat(1_024), "x"),
    ];
    for (text, name, description, body) in table {
        let skill = parse(text).unwrap();
        assert_eq!((&*skill.name, &*skill.description, &*skill.body), (name, description, body));
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let form =
        "s/SKILL.md:1:1: a skill begins with a line `---`, then `name: ...` and `description: ...`, then `---` again";
    let name = |place: &str, shown: &str| {
        format!(
            "s/SKILL.md:{place}: the name {shown} is not allowed; use 1 to 64 lower-case letters, digits and single \
             hyphens between them, such as unit-style"
        )
    };
    let head = "---\nname: a\ndescription: d\n---\n";
    let table = [
        (String::new(), form.to_owned()),
        ("# Units\n".to_owned(), form.to_owned()),
        ("\n---\nname: a\n---\n".to_owned(), form.to_owned()),
        ("---\nname: a\n".to_owned(), "s/SKILL.md:1:1: the front matter never ends; close it with a line `---`".to_owned()),
        (head.to_owned(), "s/SKILL.md:4:1: the skill says nothing; write its instructions below the front matter".to_owned()),
        (format!("{head} \n\n"), "s/SKILL.md:6:1: the skill says nothing; write its instructions below the front matter".to_owned()),
        ("---\nname: A\ndescription: d\n---\nx".to_owned(), name("2:7", "\"A\"")),
        ("---\ndescription: d\nname: a_b\n---\nx".to_owned(), name("3:7", "\"a_b\"")),
        ("---\nname: a--b\ndescription: d\n---\nx".to_owned(), name("2:7", "\"a--b\"")),
        ("---\nname: ../a\ndescription: d\n---\nx".to_owned(), name("2:7", "\"../a\"")),
        ("---\nname: ''\ndescription: d\n---\nx".to_owned(), name("2:7", "\"\"")),
        (
            "---\nname: a\ndescription: ' '\n---\nx".to_owned(),
            "s/SKILL.md:3:14: the description is empty; say in one line what the skill is for".to_owned(),
        ),
        (
            format!("---\nname: a\ndescription: {}\n---\nx", "d".repeat(1_025)),
            "s/SKILL.md:3:14: the description is 1025 characters long; at most 1024 are allowed; the rest belongs below \
             the front matter"
                .to_owned(),
        ),
        (
            "x".repeat(SKILL_BYTES_MAX + 1),
            "s/SKILL.md:1:1: the skill is 262145 bytes long; at most 262144 are read".to_owned(),
        ),
    ];
    for (text, problem) in table {
        assert_eq!(parse(&text), Err(problem));
    }
}

#[test]
fn wrong_yaml_is_told_with_its_place_in_the_file() {
    let table = [
        ("---\nname: a\n---\nx", "missing field `description`"),
        ("---\nname: a\nname: b\ndescription: d\n---\nx", "s/SKILL.md:3:1: the front matter can't be read: duplicate"),
        ("---\nname: a\ndescription: [d\n---\nx", "s/SKILL.md:"),
        ("---\n---\nx", "s/SKILL.md:"),
        ("---\n- a\n---\nx", "s/SKILL.md:2:"),
        ("---\nname: [a]\ndescription: d\n---\nx", "s/SKILL.md:2:7: the front matter can't be read: "),
    ];
    for (text, part) in table {
        let problem = parse(text).unwrap_err();
        assert!(problem.contains(part) && problem.contains("the front matter can't be read"), "{text:?}: {problem}");
        assert!(!problem.contains('\n') && problem.len() < 400, "{problem}");
    }
    let bomb = format!("---\nname: a\ndescription: d\nx: {}1{}\n---\nx", "[".repeat(5_000), "]".repeat(5_000));
    assert!(parse(&bomb).unwrap_err().len() < 400);
}

#[test]
fn tokens_are_estimated_from_characters() {
    let tokens = |body: &str| parse(&format!("---\nname: a\ndescription: d\n---\n{body}")).unwrap().tokens;
    assert_eq!([tokens("x"), tokens("xxxx"), tokens("xxxxx"), tokens(&"é".repeat(12))], [2, 2, 3, 4]);
}

#[test]
fn a_library_tells_every_wrong_file() {
    let good = "---\nname: a\ndescription: d\n---\nx";
    let problems = SkillLibrary::from_texts([("one", good), ("two", ""), ("three", good)]).unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().any(|problem| problem.starts_with("two:1:1: a skill begins with")));
    assert!(
        told.contains(&"three:1:1: the skill a stands in one already; give one of the two another name".to_owned())
    );
}

#[test]
fn an_agent_sees_and_loads_only_what_it_was_given() {
    let text = |name: &str| format!("---\nname: {name}\ndescription: About {name}.\n---\nDo {name}.");
    let texts = ["c", "a", "b"].map(text);
    let library = SkillLibrary::from_texts(texts.iter().map(|text| ("f", text.as_str()))).unwrap();
    assert_eq!(library.iter().map(|skill| &*skill.name).collect::<Vec<_>>(), ["a", "b", "c"]);
    let given: [Text; 3] = ["c".into(), "a".into(), "none".into()];
    assert_eq!(library.lines(&given), [("c".into(), "About c.".into()), ("a".into(), "About a.".into())]);
    assert_eq!(library.body(&given, "a"), Ok("Do a.".into()));
    for name in ["b", "none", "A", "zzz"] {
        let error = library.body(&given, name).unwrap_err().to_string();
        assert_eq!(error, format!("there is no skill {} here; you have c, a", quote(name)));
    }
}
