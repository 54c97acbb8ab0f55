use super::*;
#[test]
fn explore() {
    use std::fmt::Write as _;
    let mut out = String::new();
    let r = |a: &str, b: &str| changed(a, b);
    let deep = format!("{GOOD}description: {}", "[".repeat(100_000));
    let deep3 = format!("{GOOD}description: {}1{}", "- ".repeat(100_000), "");
    let deep4: String = (0..100_000).map(|i| format!("{}a:\n", " ".repeat(i % 3000))).take(3000).collect();
    let bomb = {
        let mut s = String::from("a0: &a0 [x,x,x,x]\n");
        for i in 1..30 { let p = i-1; writeln!(s, "a{i}: &a{i} [*a{p},*a{p},*a{p},*a{p}]").unwrap(); }
        s
    };
    let many = format!("{GOOD}description: [{}]", "1,".repeat(1_100_000));
    let cases: Vec<String> = vec![
        "# nothing\n".into(), r("accuracy: 0.6", "accuracy: .nan"), r("name: jury", "name: [a\n"), r("name: jury", "\tname: jury"),
        r("  juror:\n    st", "\tjuror:\n\t\tst"), r("model: juror", "model: jurors"), r("folkmoot: 1\n", ""), r("folkmoot: 1", "folkmoot: one"),
        r("[A, B]", "[~]"),  format!("{GOOD}---\nfoo: 1\n"), format!("{GOOD}description: *nope\n"), deep, deep3, deep4, bomb, many,
        r("vote:", "vote: {members: [juror], rule: unanimity}\n  single:"),
        format!("{GOOD}description: \"a\u{1b}[31m\"\n"), format!("{GOOD}description: a\0b\n"),
        r("name: jury", "name: jury: x"), r("name: jury", "name: 'jury"), r("name: jury", "name: jury\n - x"),
        r("name: jury", "name: @x"), r("name: jury", "name: {a: 1"), r("juror: { model", "world: { model"), r("juror: { model", "council: { model"),
        r("members: [juror]", "memberz: [juror]"), r("members: [juror], ", ""), r("vote:", "single:"), r("model: juror, ", ""),
        r("count: 5", "count: \"5\""), r("rule: majority", "rule: weighted"), r("juror, count", "juror, keep: everything, count"),
        r("name: jury", "name: 7 jurors"), format!("{GOOD}expect: {{ answers: [{}] }}", "A,".repeat(11)), format!("{GOOD}workspace: {{ files: {{ ../x: a }} }}\n"),
        format!("{GOOD}? [a, b]\n: 1\n"), format!("{GOOD}1: 2\n"), r("[juror]", "juror"), r("accuracy: 0.6", "accuracy: 0.6\n      latency: 10^12s"),
        r("accuracy: 0.6", "accuracy: 0.6\n      latency: { lognormal: { median: 800ms, p96: 3s } }"),
        format!("{GOOD}? x\n"), r("agents:\n  juror: { model: juror, count: 5 }", "agents: {}"), r("agents:\n  juror: { model: juror, count: 5 }", "agents:"),
        r("name: jury\n", "name: jury\n<<: {a: 1}\n"), format!("{GOOD}tasks: 5\n"), r("tasks:\n", "tasks: 5\nx:\n"),
    ];
    for case in cases {
        let text = match read(&case) { Ok(_) => "OK\n".to_owned(), Err(p) => p.to_string() };
        let text: String = text.chars().take(1500).collect();
        writeln!(out, "-----\n{text}").unwrap();
    }
    for set in ["agents.juror.cuont=3", "agents.jurer.count=3", "agents.juror.count=x", "tasks.list[0]=x", "coordination.vote=1", "seed", "models.juror.scripted.steps=[]"] {
        let text = match with_sets(GOOD, &[set]) { Ok(_) => "OK\n".to_owned(), Err(p) => p.to_string() };
        writeln!(out, "-----\n{text}").unwrap();
    }
    std::fs::write("/tmp/scenario_explore.txt", out).unwrap();
}
