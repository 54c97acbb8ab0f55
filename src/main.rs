//! moot: placeholder.
fn main() {
    let scenario = folkmoot::load(std::env::args().nth(1).unwrap_or_default());
    match scenario {
        Err(problems) => println!("{problems}"),
        Ok(scenario) => {
            let mut run = folkmoot::Run::new(&scenario);
            if let Some(dir) = std::env::args().nth(2) { run = run.folder(dir); }
            println!("{}", serde_json::to_string_pretty(&run.play().map(|p| (p.result, p.leftover_tasks)).map_err(|e| e.to_string())).unwrap_or_default());
        }
    }
}
