//! What is to be played: from a file to a checked, resolved scenario.
//!
//! A file becomes a located tree ([`tree`]), `--set` changes it, the typed [`ScenarioFile`] is read from it ([`read`]),
//! and checks resolve that into a [`Scenario`] in which wrong states can't be written. Whatever is wrong on the way is a
//! [`Problem`] with its place, what was expected and what may help. This crate imports the options of the rooms whose
//! parts a scenario names and builds none of them; it must not know actors or journals.
//!
//! ```
//! let text = "
//! folkmoot: 1
//! name: answer
//! models: { clerk: { scripted: { steps: [{ say: '42' }] } } }
//! agents: { clerk: { model: clerk } }
//! coordination: clerk
//! tasks: { list: ['What is 6 * 7?'] }
//! ";
//! let scenario = moot_scenario::parse(text, "answer.yaml", moot_scenario::Format::Yaml, &[]).unwrap();
//! assert_eq!(scenario.root.as_str(), "clerk");
//!
//! let problems = moot_scenario::parse(text, "answer.yaml", moot_scenario::Format::Yaml, &["coordination=clark".into()]);
//! assert!(problems.unwrap_err().to_string().contains("help: did you mean `clerk`?"));
//! ```

mod check;
pub mod compare;
mod equal;
mod explain;
pub mod file;
mod harness;
mod include;
mod input;
pub mod problem;
pub mod read;
mod resolved;
mod runs;
pub mod scenario;
pub mod schema;
pub mod secrets;
pub mod settings;
pub mod source;
pub mod tasks;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod trust;

use std::collections::BTreeSet;
use std::path::Path;

pub use compare::{ComparePlan, VariantPlan};
pub use file::ScenarioFile;
pub use harness::{HarnessPlan, tool_specs};
pub use problem::{Problem, Problems};
pub use scenario::{AgentPlan, CouncilPlan, FolderPlan, Scenario};
pub use schema::schema;
pub use secrets::Secrets;
pub use settings::{Environment, Settings};
pub use tasks::{TaskSource, Tasks};
pub use trust::{TrustItem, TrustKind};

use check::trust as secrecy;
use file::FORMAT_VERSION;
use source::{Mark, Sources};
use tree::{Node, Number, Part, TreePath, Value, expand};

/// How large a scenario file may be, in bytes.
pub const SCENARIO_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How a scenario is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2.
    Yaml,
    /// TOML 1.1.
    Toml,
}

impl Format {
    /// What the end of a file's name says: `.toml` is TOML, everything else YAML.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
            Self::Toml
        } else {
            Self::Yaml
        }
    }
}

/// Reads, changes and checks a scenario file that is not trusted. `sets` are texts `PATH=VALUE`, applied in order.
///
/// # Errors
/// Everything wrong with the file or the changes, with places.
pub fn load(path: &Path, sets: &[String]) -> Result<Scenario, Problems> {
    load_with(path, &Settings::of_sets(sets))
}

/// The same with everything that can be chosen.
///
/// # Errors
/// Everything wrong with the file or the changes, with places.
pub fn load_with(path: &Path, settings: &Settings) -> Result<Scenario, Problems> {
    let name = path.display().to_string();
    let text = input::read_text(path, SCENARIO_BYTES_MAX).map_err(|fault| fault.problem(&name))?;
    build(&text, &name, Format::of(path), settings.folder.as_deref().or_else(|| path.parent()), settings)
}

/// Reads a text that is no file; problems show it under `file_name`. Such a scenario can't name other files.
///
/// # Errors
/// Everything wrong with the text or the changes, with places.
pub fn parse(text: &str, file_name: &str, format: Format, sets: &[String]) -> Result<Scenario, Problems> {
    parse_with(text, file_name, format, &Settings::of_sets(sets))
}

/// The same with everything that can be chosen.
///
/// # Errors
/// Everything wrong with the text or the changes, with places.
pub fn parse_with(text: &str, file_name: &str, format: Format, settings: &Settings) -> Result<Scenario, Problems> {
    if u64::try_from(text.len()).is_ok_and(|length| length > SCENARIO_BYTES_MAX) {
        let message = format!("the text has {} bytes; at most {SCENARIO_BYTES_MAX} are read", text.len());
        return Err(Problem::of_file(file_name, message).into());
    }
    build(text.strip_prefix('\u{feff}').unwrap_or(text), file_name, format, None, settings)
}

fn build(
    text: &str,
    name: &str,
    format: Format,
    folder: Option<&Path>,
    settings: &Settings,
) -> Result<Scenario, Problems> {
    let mut sources = Sources::new(name, text);
    let mut tree = match format {
        Format::Yaml => tree::yaml::parse(&sources, 0)?,
        Format::Toml => tree::toml::parse(&sources, 0)?,
    };
    if tree.value == Value::Null || (format == Format::Toml && tree.value == Value::Map(Vec::new())) {
        let problem = sources.problem(Mark::new(0, 0, 0), "the file is empty");
        return Err(problem.hinting(tree::yaml::EMPTY_HINT).into());
    }
    if !matches!(tree.value, Value::Map(_)) {
        return Err(explain::not_a_map(&tree, &sources).into());
    }
    for set in &settings.sets {
        tree::set::apply(&mut tree, &mut sources, set)?;
    }
    check_version(&tree, &sources)?;
    if tree.entry(compare::KEY).is_some_and(|entry| entry.node.value != Value::Null) {
        compare::build(tree, &sources, folder, settings)
    } else if tree.entry("runs").is_some() {
        runs::build(tree, &sources, folder, settings)
    } else {
        build_one(tree, &sources, folder, settings, &BTreeSet::new())
    }
}

/// From the tree of one run to what is played. `secret_elsewhere` are the secrets of the file's other runs, which are
/// secrets here too.
fn build_one(
    mut tree: Node,
    sources: &Sources,
    folder: Option<&Path>,
    settings: &Settings,
    secret_elsewhere: &BTreeSet<String>,
) -> Result<Scenario, Problems> {
    let mut sources = sources.clone();
    let mut declared = secrecy::declared_secrets(&tree);
    declared.extend(secret_elsewhere.iter().cloned());
    let expanded = expand::expand(&mut tree, &sources, settings.trust.then_some(&settings.environment));
    let (secrets, mut wrong) = secrecy::check_secrets(&declared, &expanded.uses, &sources, &settings.environment);
    let hidden = |problems: Problems| problems.masked(&secrets);
    let is_sound = wrong.is_empty();
    wrong.extend(expanded.problems.iter().cloned());
    // With a secret that stands where it can't, or that can't be told from ordinary text, nothing more is done.
    if is_sound {
        wrong.extend(include::include(&mut tree, &mut sources, folder));
    }
    if let Some(problems) = Problems::collect(wrong) {
        return Err(hidden(problems));
    }
    let file = read::read::<ScenarioFile>(&tree).map_err(|errors| {
        let mut problems = secrecy::untrusted_variables(&expanded.uses, &sources, settings);
        problems.extend(errors.iter().map(|error| explain::explain(error, &tree, &sources)));
        Problems::collect(problems).unwrap_or_else(|| Problem::of_file("scenario", "the file can't be read").into())
    });
    let subject = check::Subject {
        file: file.map_err(hidden)?,
        tree: &tree,
        sources,
        folder,
        settings,
        expanded,
        secrets: secrets.clone(),
    };
    check::check(subject).map_err(hidden)
}

/// A newer format may differ in anything, so its version is looked at before all else.
fn check_version(tree: &Node, sources: &Sources) -> Result<(), Problems> {
    let path = TreePath::default().key("folkmoot");
    let Some(Value::Number(Number::Unsigned(version), _)) = tree.find(&path).map(|node| &node.value) else {
        return Ok(());
    };
    let problem = |message: String| sources.problem(tree.place(&path, Part::Value), message);
    match *version {
        newer if newer > u64::from(FORMAT_VERSION) => {
            let message = format!("this file needs version >= {newer} of the scenario format");
            Err(problem(message)
                .expecting(format!("at most {FORMAT_VERSION}, which this program reads"))
                .hinting("use a newer folkmoot")
                .into())
        }
        0 => Err(problem("there is no version 0 of the scenario format".to_owned())
            .expecting(format!("{FORMAT_VERSION}"))
            .into()),
        _ => Ok(()),
    }
}
