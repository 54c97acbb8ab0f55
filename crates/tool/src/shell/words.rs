//! A command line cut into words and operators, quotes and escapes resolved (POSIX XCU 2.2, 2.3 and 2.7).
//!
//! A character that would make a shell compute something (`$`, a backtick, `*`, `{`, …) is refused unless it is quoted,
//! and so are characters that shells or people read differently. This module must not know commands.
//!
//! ```
//! use moot_tool::shell;
//!
//! let script = shell::read(r#"echo 'a "b"' "it's" c\ d 2>&1"#).unwrap();
//! let argv: Vec<&str> = script.pipelines[0].commands[0].command.argv.iter().map(|word| &**word).collect();
//! assert_eq!(argv, ["echo", "a \"b\"", "it's", "c d"]);
//! ```

use std::iter::Peekable;
use std::str::Chars;

use super::{LINE_BYTES_MAX, Unclear};
use crate::describe::quote;

/// A piece of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    Operator(Operator),
    /// A redirection; the word after it is the file.
    Redirect(Redirect),
}

/// What joins commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Pipe,
    /// `;` or a line break.
    Then,
    Newline,
    Background,
}

/// Which way a redirection goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Redirect {
    /// `<`.
    Input,
    /// `>`, `>>`, `2>` and the like, with the number of what is redirected.
    Output { descriptor: u32, append: bool },
}

/// A word with its quotes resolved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    pub(super) text: String,
    /// How many of its first bytes were not quoted.
    pub(super) bare_bytes: usize,
    quoted: bool,
    /// Whether it holds an unquoted character that matches file names.
    pattern: bool,
    /// Whether it holds an unquoted brace.
    brace: bool,
}

impl Word {
    fn push_bare(&mut self, character: char) {
        self.text.push(character);
        if !self.quoted {
            self.bare_bytes = self.text.len();
        }
    }

    fn push_quoted(&mut self, character: char) {
        self.quoted = true;
        self.text.push(character);
    }

    /// Whether the word is this one and no part of it was quoted: only then can it be a reserved word.
    pub(super) fn is_bare(&self) -> bool {
        !self.quoted
    }
}

/// Cuts a line.
pub(super) fn cut(line: &str) -> Result<Vec<Token>, Unclear> {
    if line.len() > LINE_BYTES_MAX {
        return Err(Unclear::new(format!("it is {} bytes long; at most {LINE_BYTES_MAX} are looked at", line.len())));
    }
    if let Some(character) = line.chars().find(|character| is_ambiguous(*character)) {
        return Err(Unclear::new(format!(
            "it holds the character {}, which shells and readers take differently",
            quote(&character.to_string())
        )));
    }
    let mut cutter = Cutter { rest: line.chars().peekable(), tokens: Vec::new(), word: None };
    while let Some(character) = cutter.rest.next() {
        cutter.take(character)?;
    }
    cutter.end_word()?;
    Ok(cutter.tokens)
}

/// Control characters, white space that only some take for white space, and marks that reorder or hide text.
fn is_ambiguous(character: char) -> bool {
    (character.is_control() && !matches!(character, '\t' | '\n'))
        || (character.is_whitespace() && !character.is_ascii())
        || matches!(
            character,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}

struct Cutter<'a> {
    rest: Peekable<Chars<'a>>,
    tokens: Vec<Token>,
    /// The word that is being read.
    word: Option<Word>,
}

impl Cutter<'_> {
    fn take(&mut self, character: char) -> Result<(), Unclear> {
        match character {
            ' ' | '\t' => self.end_word()?,
            '\'' => self.single_quoted()?,
            '"' => self.double_quoted()?,
            '\\' => self.escaped()?,
            '$' | '`' => return Err(computed(character)),
            '(' | ')' => {
                return Err(Unclear::new("it holds an unquoted parenthesis: a subshell, function or substitution"));
            }
            '#' if self.word.is_none() => return Err(Unclear::new("it holds a comment")),
            '~' if self.word.as_ref().is_none_or(|word| word.text.ends_with([':', '='])) => {
                return Err(Unclear::new("it holds an unquoted `~`, which stands for a home folder"));
            }
            '\n' | ';' | '&' | '|' | '<' | '>' => self.operator(character)?,
            _ => {
                let word = self.word.get_or_insert_default();
                word.pattern |= matches!(character, '*' | '?' | '[');
                word.brace |= matches!(character, '{' | '}');
                word.push_bare(character);
            }
        }
        Ok(())
    }

    fn single_quoted(&mut self) -> Result<(), Unclear> {
        let word = self.word.get_or_insert_default();
        word.quoted = true;
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(()),
                Some(character) => word.push_quoted(character),
                None => return Err(Unclear::new("a single quote is never closed")),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<(), Unclear> {
        let word = self.word.get_or_insert_default();
        word.quoted = true;
        loop {
            match self.rest.next() {
                Some('"') => return Ok(()),
                Some(character @ ('$' | '`')) => return Err(computed(character)),
                Some('\\') => match self.rest.next() {
                    Some(character @ ('$' | '`' | '"' | '\\')) => word.push_quoted(character),
                    Some('\n') => {}
                    Some(character) => {
                        word.push_quoted('\\');
                        word.push_quoted(character);
                    }
                    None => break,
                },
                Some(character) => word.push_quoted(character),
                None => break,
            }
        }
        Err(Unclear::new("a double quote is never closed"))
    }

    fn escaped(&mut self) -> Result<(), Unclear> {
        match self.rest.next() {
            // The line goes on, and so does the word.
            Some('\n') => Ok(()),
            Some(character) => {
                self.word.get_or_insert_default().push_quoted(character);
                Ok(())
            }
            None => Err(Unclear::new("it ends with a backslash")),
        }
    }

    fn operator(&mut self, character: char) -> Result<(), Unclear> {
        let descriptor = if matches!(character, '<' | '>') { self.descriptor()? } else { None };
        self.end_word()?;
        let next = self.rest.peek().copied();
        let token = match (character, next) {
            ('\n', _) => Token::Operator(Operator::Newline),
            (';', Some(';' | '&')) => return Err(Unclear::new("it holds `;;`, which belongs to `case`")),
            (';', _) => Token::Operator(Operator::Then),
            // Some shells read it as `&` and then `>`.
            ('&', Some('>')) => {
                return Err(Unclear::new("it holds `&>`, which not every shell has; write `> FILE 2>&1`"));
            }
            ('&', Some('&')) => self.second(Operator::And),
            ('&', _) => Token::Operator(Operator::Background),
            ('|', Some('|')) => self.second(Operator::Or),
            ('|', Some('&')) => return Err(Unclear::new("it holds `|&`, which not every shell has; write `2>&1 |`")),
            ('|', _) => Token::Operator(Operator::Pipe),
            ('<', _) => return self.input(next),
            (_, _) => return self.output(next, descriptor.unwrap_or(1)),
        };
        self.tokens.push(token);
        Ok(())
    }

    fn second(&mut self, operator: Operator) -> Token {
        self.rest.next();
        Token::Operator(operator)
    }

    /// The number right before a redirection, which is no word then.
    fn descriptor(&mut self) -> Result<Option<u32>, Unclear> {
        let is_number = |word: &mut Word| word.is_bare() && word.text.bytes().all(|byte| byte.is_ascii_digit());
        let Some(word) = self.word.take_if(is_number) else { return Ok(None) };
        // Shells differ in which numbers they take.
        match word.text.parse() {
            Ok(number @ 0..=9) => Ok(Some(number)),
            _ => Err(Unclear::new(format!("it redirects the descriptor {}", quote(&word.text)))),
        }
    }

    fn input(&mut self, next: Option<char>) -> Result<(), Unclear> {
        match next {
            Some('<') => Err(Unclear::new("it holds a here-document")),
            Some('>') => Err(Unclear::new("it holds `<>`, which opens a file for reading and writing")),
            Some('(') => Err(Unclear::new("it holds a process substitution")),
            Some('&') => self.copy(),
            _ => self.redirect(Redirect::Input),
        }
    }

    fn output(&mut self, next: Option<char>, descriptor: u32) -> Result<(), Unclear> {
        match next {
            Some('(') => return Err(Unclear::new("it holds a process substitution")),
            Some('&') => return self.copy(),
            Some('|') => drop(self.rest.next()),
            Some('>') => {
                self.rest.next();
                return self.redirect(Redirect::Output { descriptor, append: true });
            }
            _ => {}
        }
        self.redirect(Redirect::Output { descriptor, append: false })
    }

    fn redirect(&mut self, redirect: Redirect) -> Result<(), Unclear> {
        self.tokens.push(Token::Redirect(redirect));
        Ok(())
    }

    /// `2>&1`, `<&0`, `>&-`: no file is opened.
    fn copy(&mut self) -> Result<(), Unclear> {
        self.rest.next();
        let is_number = self.rest.next_if(|character| character.is_ascii_digit() || *character == '-').is_some();
        let ends = self.rest.peek().is_none_or(|next| matches!(next, ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>'));
        if is_number && ends {
            return Ok(());
        }
        Err(Unclear::new("it holds `>&` or `<&` without a number; write `> FILE 2>&1`"))
    }

    fn end_word(&mut self) -> Result<(), Unclear> {
        let Some(word) = self.word.take() else { return Ok(()) };
        // `[` is a program, and what `find` replaces is never expanded.
        if word.pattern && word.text != "[" {
            return Err(Unclear::new(format!(
                "the word {} matches file names, which are not known before it runs; name them or quote it",
                quote(&word.text)
            )));
        }
        if word.brace && word.text != "{}" {
            return Err(Unclear::new(format!("the word {} holds an unquoted brace", quote(&word.text))));
        }
        self.tokens.push(Token::Word(word));
        Ok(())
    }
}

fn computed(character: char) -> Unclear {
    Unclear::new(format!(
        "it holds an unquoted `{character}`, whose value is not known before it runs; quote it with '…'"
    ))
}
