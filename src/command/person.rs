//! The person at the terminal: is shown a question or a call that needs approval on standard error, and answers by a
//! line on standard input.
//!
//! No answer in time, an end of input, or anything that is no clear yes counts as no. What was typed at a terminal before
//! a question was shown is no answer to it.

use std::io::{BufRead, IsTerminal};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use folkmoot::core::{Approval, Text};
use folkmoot::runtime::{AskPerson, PersonAnswer, PersonMatter, PersonQuestion};
use folkmoot::tool::person::GrantChoice;
use folkmoot::view::escape;

use super::output;

/// The longest part of a difference that is shown, in lines.
const DIFFERENCE_LINES_MAX: usize = 60;

/// How often a question is asked again when the answer is none.
const ASKED_MAX: u32 = 3;

/// How a run asks whoever sits here; `is_asked` says whether the scenario has anybody asked here.
pub(crate) fn at_terminal(is_asked: bool) -> AskPerson {
    if is_asked && std::io::stdin().is_terminal() {
        // What is typed from now on is known to be earlier than the first question.
        lines();
    }
    Arc::new(|question| match &question.question {
        PersonMatter::Question { text, choices } => ask(&question, text, choices),
        PersonMatter::Approval { .. } => approve(&question),
    })
}

fn ask(question: &PersonQuestion, text: &str, choices: &[Text]) -> PersonAnswer {
    let mut shown = format!("\n{} asks: {}\n", question.agent, escape(text));
    for (number, choice) in choices.iter().enumerate() {
        shown.push_str(&format!("  {}) {}\n", number + 1, escape(choice)));
    }
    shown.push_str("> ");
    forget_earlier();
    output::tell(&shown);
    for _ in 0..ASKED_MAX {
        let Some(line) = next_line(question.timeout) else { return PersonAnswer::None };
        let numbered = line.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
        if let Some(choice) = numbered.or_else(|| choices.iter().find(|choice| ***choice == *line)) {
            return PersonAnswer::Text(choice.clone());
        }
        if choices.is_empty() && !line.is_empty() {
            return PersonAnswer::Text(line.into());
        }
        output::tell(if choices.is_empty() { "an answer, please: " } else { "one of the choices, please: " });
    }
    PersonAnswer::None
}

fn approve(question: &PersonQuestion) -> PersonAnswer {
    let PersonMatter::Approval { call, touch, difference, reason } = &question.question else {
        return PersonAnswer::None;
    };
    let mut shown = format!("\n{} wants to call {}\n", question.agent, escape(&call.name));
    shown.push_str(&format!("  with {}\n  asked because: {}\n", escape(&call.arguments), escape(reason)));
    if let Some(difference) = difference {
        let lines: Vec<&str> = difference.lines().collect();
        for line in lines.iter().take(DIFFERENCE_LINES_MAX) {
            shown.push_str(&format!("  {}\n", escape(line)));
        }
        if let more @ 1.. = lines.len().saturating_sub(DIFFERENCE_LINES_MAX) {
            shown.push_str(&format!("  (and {more} more lines)\n"));
        }
    }
    shown.push_str("approve? [y] once, [p] for this path, [r] for this run, [n] no: ");
    forget_earlier();
    output::tell(&shown);
    let Some(line) = next_line(question.timeout) else { return PersonAnswer::None };
    let choice = match line.to_lowercase().as_str() {
        "y" | "yes" => GrantChoice::Call,
        "p" | "path" => GrantChoice::Path,
        "r" | "run" => GrantChoice::Run,
        _ => return PersonAnswer::Approval(Approval::Refused("the person said no".into())),
    };
    PersonAnswer::Approval(Approval::Granted(choice.scope(touch)))
}

/// What was typed before a question is no answer to it. What is piped in was never typed: its lines are answers in order.
fn forget_earlier() {
    if std::io::stdin().is_terminal() {
        drain(&lines().lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn drain(lines: &Receiver<String>) {
    while lines.try_recv().is_ok() {}
}

/// The next line of standard input; `None` when none comes in time, or no more at all.
fn next_line(timeout: Duration) -> Option<String> {
    let lines = lines().lock().unwrap_or_else(PoisonError::into_inner);
    lines.recv_timeout(timeout).ok().map(|line| line.trim().to_owned())
}

/// Standard input can't be read with a time limit, so one thread reads it for the whole program.
#[expect(clippy::disallowed_methods, reason = "a person is waited for in real time, outside of every world")]
fn lines() -> &'static Mutex<Receiver<String>> {
    static LINES: OnceLock<Mutex<Receiver<String>>> = OnceLock::new();
    LINES.get_or_init(|| {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Mutex::new(receiver)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_a_question_is_forgotten() {
        let (sender, receiver) = channel();
        for line in ["y", "r", ""] {
            sender.send(line.to_owned()).unwrap();
        }
        drain(&receiver);
        sender.send("n".to_owned()).unwrap();
        assert_eq!(receiver.recv().unwrap(), "n");
        drop(sender);
        drain(&receiver);
    }
}
