//! How many of 30 planted facts survive compaction, per strategy, after 1, 3 and 10 compactions. A report of counts, not
//! a criterion bench; it measures no time and prints the same bytes every time.
//!
//! The facts are planted at the start, in the middle and at the end of a session, half of them in what the user says and
//! half in tool results, each between sentences that matter to nobody; some of those hold numbers and weighty words too. A
//! fact has survived when its code stands in the transcript that the model would be shown; it is still in reach when
//! that transcript names a handle under which `read_output` would find it, over as many handles as it takes. Between two
//! compactions the session goes on with new turns until it is over its budget again.
//!
//! Run with `cargo bench --bench retention`, or with `-- --short` for fewer replicates and no tenth compaction.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first surprise and reports on the terminal"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use folkmoot::core::random::{Draw, Purpose, RandomAddress, RandomKey};
use folkmoot::core::{ActorPath, Message, Text, ToolCall, ToolResult, Transcript};
use folkmoot::mind::compaction::{
    CompactionEffect, CompactionOptions, CompactionStep, Compactor, SummariseOptions, TRANSCRIPT_BEGIN, TRANSCRIPT_END,
};
use folkmoot::mind::tokens::of_transcript;

const SEED: u64 = 1;
const FILLER: Purpose = Purpose::named("retention filler");
const KEEPS: Purpose = Purpose::named("retention summary keeps");

const BUDGET_TOKENS: u64 = 10_000;
const FACTS_PER_PLACE: usize = 5;
/// Turns of the session before the first compaction.
const TURNS: u32 = 30;
const SENTENCES_PER_RESULT: u32 = 40;
const SENTENCES_PER_REQUEST: u32 = 4;

const WHO: [&str; 8] =
    ["The clerk", "A visitor", "The old pilot", "Her brother", "The night watch", "A cook", "The baker", "One guest"];
const WHAT: [&str; 10] =
    ["crates", "lamps", "sails", "ropes", "letters", "barrels", "boots", "maps", "bells", "baskets"];
const WHERE: [&str; 8] = [
    "beside the gate",
    "in the long hall",
    "on the quay",
    "under the stairs",
    "behind the mill",
    "near the ferry",
    "by the well",
    "at the inn",
];
const DID: [&str; 8] = ["carried", "mended", "painted", "sold", "hid", "found", "stacked", "washed"];

/// When in the session a fact is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    Start,
    Middle,
    End,
}

/// In what a fact is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    User,
    Result,
}

/// What is needed to know whether a fact is still there.
struct Fact {
    when: When,
    place: Place,
    turn: u32,
    code: String,
    sentence: String,
}

/// What makes a summary: with what chance each sentence is kept.
#[derive(Clone, Copy)]
struct Writer {
    fact: f64,
    other: f64,
}

struct Strategy {
    name: &'static str,
    steps: &'static [CompactionStep],
    writer: Option<Writer>,
}

/// Texts by handle.
#[derive(Default)]
struct Outputs(BTreeMap<String, String>);

impl Outputs {
    fn keep(&mut self, text: &str) -> Text {
        let handle = format!("output-{}", self.0.len());
        self.0.insert(handle.clone(), text.to_owned());
        handle.into()
    }

    /// A text and everything that can be read by the handles in it.
    fn within_reach(&self, text: &str) -> String {
        let mut all = String::from(text);
        let mut seen = std::collections::BTreeSet::new();
        let mut from = 0;
        while let Some(at) = all.get(from..).and_then(|rest| rest.find(r#"{"handle":""#)) {
            from += at + r#"{"handle":""#.len();
            let handle = all.get(from..).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
            if let Some(found) = self.0.get(&handle)
                && seen.insert(handle)
            {
                all.push_str(found);
            }
        }
        all
    }
}

fn facts() -> Vec<Fact> {
    let mut facts = Vec::new();
    for (when, first_turn) in [(When::Start, 1), (When::Middle, TURNS / 2 - 2), (When::End, TURNS - 8)] {
        for place in [Place::User, Place::Result] {
            for turn in (first_turn..).take(FACTS_PER_PLACE) {
                let number = facts.len();
                let code = format!("KX{}", 4_021 + 37 * number);
                let sentence = format!("Depot {} answers to the code {code}.", number + 11);
                facts.push(Fact { when, place, turn, code, sentence });
            }
        }
    }
    facts
}

/// What nobody needs to remember. One in four has a number, as facts have, and one in four a word that sounds important:
/// neither is a sign of a fact.
fn filler(generator: &mut impl Draw) -> String {
    let mut one_of = |words: &[&'static str]| -> &'static str {
        let index = generator.integer_below(words.len() as u64) as usize;
        words.get(index).copied().unwrap_or_default()
    };
    let (who, what, place, did) = (one_of(&WHO), one_of(&WHAT), one_of(&WHERE), one_of(&DID));
    match generator.integer_below(4) {
        0 => format!("{who} {did} {} {what} {place}.", generator.integer_in(2..=900)),
        1 => format!("{who} never {did} the {what} {place}."),
        _ => format!("{who} {did} the {what} {place}."),
    }
}

/// So many sentences of no weight, with the facts of this turn and place among them.
fn text(address: RandomAddress, amount: u32, facts: &[&Fact]) -> String {
    let mut generator = address.generator();
    let mut sentences: Vec<String> = (0..amount).map(|_| filler(&mut generator)).collect();
    for fact in facts {
        let at = generator.integer_below(u64::from(amount) + 1) as usize;
        sentences.insert(at, fact.sentence.clone());
    }
    sentences.join(" ")
}

/// Adds one turn: a request, a call with its result, an answer.
fn add_turn(transcript: &mut Transcript, turn: u32, replicate: u32, facts: &[Fact]) {
    let key = RandomKey::new(SEED, replicate, "session");
    let address = |call| RandomAddress::new(key, FILLER).task(turn).call(call);
    let told = |place| facts.iter().filter(|fact| fact.turn == turn && fact.place == place).collect::<Vec<_>>();
    let request = text(address(0), SENTENCES_PER_REQUEST, &told(Place::User));
    transcript.push_user(ActorPath::world(), request).expect("nothing is open");
    let arguments = format!(r#"{{"path":"reports/{turn}.txt"}}"#);
    let call = ToolCall { id: format!("call-{turn}").into(), name: "read_file".into(), arguments: arguments.into() };
    transcript.push_assistant("", vec![call.clone()]).expect("nothing is open");
    let result = text(address(1), SENTENCES_PER_RESULT, &told(Place::Result));
    transcript.push_result(ToolResult::success(&call, result)).expect("the call is open");
    transcript.push_assistant(format!("I have read report {turn}."), Vec::new()).expect("nothing is open");
}

/// What the summarising model writes: each sentence of the transcript it is shown, with the writer's chance.
fn summary(request: &str, writer: Writer, facts: &[Fact], replicate: u32, compaction: u32) -> Text {
    let shown = request.split_once(TRANSCRIPT_BEGIN).and_then(|(_, rest)| rest.split_once(TRANSCRIPT_END));
    let shown = shown.map_or("", |(shown, _)| shown);
    let key = RandomKey::new(SEED, replicate, "writer");
    let mut generator = RandomAddress::new(key, KEEPS).call(compaction).generator();
    let mut kept = Vec::new();
    for sentence in shown.lines().flat_map(|line| line.split_inclusive(". ")).map(str::trim) {
        let is_fact = facts.iter().any(|fact| sentence.contains(&fact.code));
        let chance = if is_fact { writer.fact } else { writer.other };
        if generator.bernoulli(chance) && !sentence.is_empty() {
            kept.push(sentence);
        }
    }
    kept.join(" ").into()
}

fn options(strategy: &Strategy) -> CompactionOptions {
    let summarise = SummariseOptions { model: "writer".into(), tokens_max: 2_000 };
    CompactionOptions {
        steps: Some(strategy.steps.to_vec()),
        summarise: strategy.writer.map(|_| summarise),
        ..CompactionOptions::new(BUDGET_TOKENS)
    }
}

/// What one session came to.
#[derive(Clone, Default)]
struct Survivors {
    /// By when and where they were told.
    shown: BTreeMap<(When, Place), u32>,
    within_reach: u32,
    /// Compactions after which the budget was met.
    met: u32,
}

fn play(strategy: &Strategy, compactions: u32, replicate: u32, facts: &[Fact]) -> Survivors {
    let (mut transcript, mut outputs, mut survivors) = (Transcript::new(), Outputs::default(), Survivors::default());
    transcript.push_system("You are a clerk. Read the reports and answer.").expect("it is empty");
    transcript.push_user(ActorPath::world(), "Read all the reports.").expect("nothing is open");
    for turn in 0..TURNS {
        add_turn(&mut transcript, turn, replicate, facts);
    }
    let mut turn = TURNS;
    for compaction in 0..compactions {
        // At least so many new turns that nothing from before is still among the newest messages.
        let least = if compaction == 0 { 0 } else { 3 };
        let started = turn;
        while turn < started + least || of_transcript(&transcript) <= BUDGET_TOKENS {
            add_turn(&mut transcript, turn, replicate, facts);
            turn += 1;
        }
        let mut compactor = Compactor::new(options(strategy), Arc::new(transcript), 0);
        let mut effect = compactor.start(&mut |text| outputs.keep(text));
        let done = loop {
            match (effect, strategy.writer) {
                (CompactionEffect::Done(done), _) => break done,
                (CompactionEffect::Summarise { request }, Some(writer)) => {
                    let summary = summary(&request, writer, facts, replicate, compaction);
                    effect = compactor.summarised(Ok(summary), &mut |text| outputs.keep(text));
                }
                (CompactionEffect::Summarise { .. }, None) => {
                    effect = compactor.summarised(Err("there is no model".into()), &mut |text| outputs.keep(text));
                }
            }
        };
        survivors.met += u32::from(done.met);
        transcript = Transcript::clone(&done.transcript);
    }
    let shown = transcript.messages().iter().map(Message::text).collect::<Vec<_>>().join("\n");
    let reach = outputs.within_reach(&shown);
    for fact in facts {
        if shown.contains(&fact.code) {
            *survivors.shown.entry((fact.when, fact.place)).or_default() += 1;
        }
        survivors.within_reach += u32::from(reach.contains(&fact.code));
    }
    survivors
}

fn print_row(strategy: &Strategy, compactions: u32, replicates: u32, facts: &[Fact]) {
    let all: Vec<Survivors> = (0..replicates).map(|replicate| play(strategy, compactions, replicate, facts)).collect();
    let mean =
        |count: &dyn Fn(&Survivors) -> u32| f64::from(all.iter().map(count).sum::<u32>()) / f64::from(replicates);
    let of = |when, place| mean(&|one: &Survivors| one.shown.get(&(when, place)).copied().unwrap_or(0));
    let total = mean(&|one: &Survivors| one.shown.values().sum());
    print!("{:<24} {compactions:>3} {total:>6.1}", strategy.name);
    for place in [Place::User, Place::Result] {
        for when in [When::Start, When::Middle, When::End] {
            print!(" {:>4.1}", of(when, place));
        }
    }
    let met = mean(&|one: &Survivors| one.met) * 100.0 / f64::from(compactions);
    println!(" {:>6.1} {met:>4.0}%", mean(&|one: &Survivors| one.within_reach));
}

const STRATEGIES: [Strategy; 7] = [
    Strategy { name: "clear", steps: &[CompactionStep::ClearResults], writer: None },
    Strategy { name: "clear, shorten", steps: &[CompactionStep::ClearResults, CompactionStep::Shorten], writer: None },
    Strategy { name: "digest", steps: &[CompactionStep::Digest], writer: None },
    Strategy {
        name: "clear, shorten, digest",
        steps: &[CompactionStep::ClearResults, CompactionStep::Shorten, CompactionStep::Digest],
        writer: None,
    },
    Strategy {
        name: "summary (any 0.1)",
        steps: &[CompactionStep::Summarise],
        writer: Some(Writer { fact: 0.1, other: 0.1 }),
    },
    Strategy {
        name: "summary (0.9, 0.02)",
        steps: &[CompactionStep::Summarise],
        writer: Some(Writer { fact: 0.9, other: 0.02 }),
    },
    Strategy {
        name: "all four (0.9, 0.02)",
        steps: &[
            CompactionStep::ClearResults,
            CompactionStep::Shorten,
            CompactionStep::Digest,
            CompactionStep::Summarise,
        ],
        writer: Some(Writer { fact: 0.9, other: 0.02 }),
    },
];

fn main() {
    let short = std::env::args().any(|argument| argument == "--short");
    let (replicates, rounds): (u32, &[u32]) = if short { (3, &[1, 3]) } else { (20, &[1, 3, 10]) };
    let facts = facts();
    println!(
        "Of {} planted facts, how many survive compaction to {BUDGET_TOKENS} tokens; mean of {replicates}",
        facts.len()
    );
    println!("sessions. \"summary (F, O)\": the model is stochastic, it keeps a sentence that");
    println!("states a fact with chance F and any other with chance O at every compaction;");
    println!("\"any\": both the same. \"reach\": shown, or found by following read_output. \"met\":");
    println!("compactions after which the budget held; where it is not 100 %, the task would");
    println!("have ended there, and its other numbers are what no agent would have seen.");
    println!();
    println!("{:<24} {:>3} {:>6} {:^14} {:^14} {:>6} {:>5}", "", "", "shown", "in user text", "in results", "", "");
    println!("{:<24} {:>3} {:>6} start  mid  end start  mid  end {:>5} {:>5}", "steps", "n", "of 30", "reach", "met");
    for strategy in &STRATEGIES {
        for compactions in rounds {
            print_row(strategy, *compactions, replicates, &facts);
        }
    }
}
