//! What a program's operations cost beyond one each: the size of what they handle.
//!
//! Rhai counts an operation as one whether it adds two numbers or copies ten thousand items, and the functions built into
//! it look at whole texts and arrays at once. So whoever reads a variable or a long text of the program pays for its
//! size: one operation for four items of an array, two entries of an object or 32 bytes of a text. That bounds time and
//! memory together, and follows from the program alone, as a clock would not. It counts whether the value is copied or
//! only looked into, which Rhai does not tell. What makes much out of little, and would be paid by nobody, is replaced
//! here by something that pays or refuses (`pad`, `replace`).
//!
//! Nothing but [`Meter::watch`] changes an engine. This module must not know tools.
//!
//! ```
//! use moot_core::{ActorPath, ToolErrorCode};
//! use moot_tool::{ToolContext, builtin::RunProgram, testing};
//!
//! let context = ToolContext::closed(ActorPath::new("clerk").unwrap());
//! let program = r#"{"program": "let a = []; a.pad(1000, 1); for n in 0..10000 { let b = a; }"}"#;
//! let result = testing::call(RunProgram::default(), program, context);
//! assert_eq!(result.error, Some(ToolErrorCode::Limit));
//! ```

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rhai::{
    Array, Blob, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, LexError, Map, NativeCallContext, Position,
    Token,
};

/// How many parts of work are one operation.
const PARTS: u64 = 8;

/// The work that an item of an array takes, and a captured value of a function, in parts.
const ITEM: u64 = 2;

/// The work that an entry of an object takes, in parts.
const ENTRY: u64 = 4;

/// How many bytes of a text or a blob are one part of work.
const BYTES: u64 = 4;

/// The longest text of a program that may be used without paying for its size, in bytes.
const FREE_TEXT_BYTES: usize = 64;

/// The longest text of a program that may stand before a `${…}`, in bytes: it can't be paid for.
const INTERPOLATED_BYTES_MAX: usize = 32_768;

/// How deep values may lie in each other.
const DEPTH_MAX: u32 = 128;

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// The operations of one program.
#[derive(Clone)]
pub(super) struct Meter {
    operations_max: u64,
    /// The work that was done, in parts.
    work: Rc<Cell<u64>>,
    /// The long texts of the program, by the number in the name under which it reads them.
    texts: Rc<RefCell<Vec<ImmutableString>>>,
}

impl Meter {
    pub(super) fn new(operations_max: u64) -> Self {
        Self { operations_max, work: Rc::default(), texts: Rc::default() }
    }

    /// Has an engine count what values weigh, and every operation: Rhai's own count forgets what functions do that are
    /// called by functions built into it.
    #[expect(deprecated, reason = "these hooks are not deprecated but may change, says Rhai; its version is fixed")]
    pub(super) fn watch(&self, engine: &mut Engine, stop: impl Fn() -> bool + 'static) {
        let meter = self.clone();
        let reader = RefCell::new(TextReader::default());
        engine.on_parse_token(move |token, _, _| reader.borrow_mut().read(token, &mut meter.texts.borrow_mut()));
        let meter = self.clone();
        engine.on_progress(move |_| {
            let work = meter.work.get().saturating_add(PARTS);
            meter.work.set(work);
            (work > meter.work_max() || stop()).then_some(Dynamic::UNIT)
        });
        let meter = self.clone();
        engine.on_var(move |name, _, context| match meter.text(name) {
            Some(text) => meter.pay_for(&text).map(|()| Some(text)),
            None => match context.scope().get(name) {
                Some(value) => meter.pay_for(value).map(|()| None),
                None => Ok(None),
            },
        });
        let meter = self.clone();
        engine.register_fn(
            "pad",
            move |context: NativeCallContext, text: &mut ImmutableString, length: i64, with: char| {
                meter.pad(&context, text, length, with.encode_utf8(&mut [0; 4]))
            },
        );
        let meter = self.clone();
        engine.register_fn(
            "pad",
            move |context: NativeCallContext, text: &mut ImmutableString, length: i64, with: &str| {
                meter.pad(&context, text, length, with)
            },
        );
        engine.register_fn(
            "replace",
            |context: NativeCallContext, text: &mut ImmutableString, find: &str, with: &str| {
                replace(&context, text, find, with)
            },
        );
        engine.register_fn(
            "replace",
            |context: NativeCallContext, text: &mut ImmutableString, find: &str, with: char| {
                replace(&context, text, find, with.encode_utf8(&mut [0; 4]))
            },
        );
        engine.register_fn(
            "replace",
            |context: NativeCallContext, text: &mut ImmutableString, find: char, with: &str| {
                replace(&context, text, find.encode_utf8(&mut [0; 4]), with)
            },
        );
        engine.register_fn(
            "replace",
            |context: NativeCallContext, text: &mut ImmutableString, find: char, with: char| {
                replace(&context, text, find.encode_utf8(&mut [0; 4]), with.encode_utf8(&mut [0; 4]))
            },
        );
    }

    /// The long text of the program that stands behind a name.
    fn text(&self, name: &str) -> Option<Dynamic> {
        let number: usize = name.strip_prefix(TEXT_NAME)?.parse().ok()?;
        self.texts.borrow().get(number).map(|text| text.clone().into())
    }

    /// The most work, in parts.
    fn work_max(&self) -> u64 {
        self.operations_max.saturating_mul(PARTS)
    }

    fn pay_for(&self, value: &Dynamic) -> Outcome<()> {
        let mut left = self.work_max().saturating_sub(self.work.get());
        let before = left;
        weigh(value, 0, &mut left)?;
        self.work.set(self.work.get() + (before - left));
        Ok(())
    }

    /// As Rhai's own: characters are added until there are `length`.
    fn pad(&self, context: &NativeCallContext<'_>, text: &mut ImmutableString, length: i64, with: &str) -> Outcome<()> {
        let length = usize::try_from(length).unwrap_or(0);
        let missing = length.saturating_sub(text.chars().count());
        if missing == 0 || with.is_empty() {
            return Ok(());
        }
        fits(context, length)?;
        self.work.set(self.work.get().saturating_add(length as u64 / BYTES));
        text.make_mut().extend(with.chars().cycle().take(missing));
        fits(context, text.len())
    }
}

/// As Rhai's own, but a text that would be too long is not made first.
fn replace(context: &NativeCallContext<'_>, text: &mut ImmutableString, find: &str, with: &str) -> Outcome<()> {
    if text.is_empty() {
        return Ok(());
    }
    let found = text.matches(find).count();
    fits(context, (text.len() - found * find.len()).saturating_add(found.saturating_mul(with.len())))?;
    *text = text.replace(find, with).into();
    Ok(())
}

fn fits(context: &NativeCallContext<'_>, text_bytes: usize) -> Outcome<()> {
    if text_bytes > context.engine().max_string_size() {
        return Err(EvalAltResult::ErrorDataTooLarge("Length of string".to_owned(), Position::NONE).into());
    }
    Ok(())
}

/// Takes what a value weighs from what is left. What is locked weighs nothing: Rhai refuses to use it.
fn weigh(value: &Dynamic, depth: u32, left: &mut u64) -> Outcome<()> {
    let too_deep = depth > DEPTH_MAX;
    if let Some(text) = value.read_lock::<ImmutableString>() {
        take(left, text.len() as u64 / BYTES)?;
    } else if let Some(blob) = value.read_lock::<Blob>() {
        take(left, blob.len() as u64 / BYTES)?;
    } else if let Some(array) = value.read_lock::<Array>() {
        is_shallow(too_deep)?;
        for item in array.iter() {
            take(left, ITEM)?;
            weigh(item, depth + 1, left)?;
        }
    } else if let Some(map) = value.read_lock::<Map>() {
        is_shallow(too_deep)?;
        for (key, item) in map.iter() {
            take(left, ENTRY + key.len() as u64 / BYTES)?;
            weigh(item, depth + 1, left)?;
        }
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        is_shallow(too_deep)?;
        for item in function.curry() {
            take(left, ITEM)?;
            weigh(item, depth + 1, left)?;
        }
    }
    Ok(())
}

fn take(left: &mut u64, work: u64) -> Outcome<()> {
    *left = left.checked_sub(work).ok_or_else(|| EvalAltResult::ErrorTooManyOperations(Position::NONE))?;
    Ok(())
}

fn is_shallow(too_deep: bool) -> Outcome<()> {
    if too_deep {
        return Err(EvalAltResult::ErrorDataTooLarge("Depth of value".to_owned(), Position::NONE).into());
    }
    Ok(())
}

/// Begins the names of long texts; no program can write it.
const TEXT_NAME: &str = "text ";

/// What a bracket opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Object,
    Interpolation,
    Other,
}

/// Puts a variable in the place of each long text of a program, so that using it is paid for like every other value.
#[derive(Debug, Default)]
struct TextReader {
    open: Vec<Bracket>,
    /// Whether a text that comes next is the key of an object.
    before_key: bool,
    /// Whether a text that comes next goes on with one that holds `${…}`.
    within_text: bool,
}

impl TextReader {
    fn read(&mut self, token: Token, texts: &mut Vec<ImmutableString>) -> Token {
        let (before_key, within_text) = (self.before_key, self.within_text);
        self.before_key = false;
        self.within_text = false;
        match token {
            Token::InterpolatedString(text) if text.len() > INTERPOLATED_BYTES_MAX => {
                Token::LexError(Box::new(LexError::StringTooLong(INTERPOLATED_BYTES_MAX)))
            }
            Token::StringConstant(text) if text.len() > FREE_TEXT_BYTES && !before_key && !within_text => {
                texts.push(text.as_str().into());
                Token::Identifier(Box::new(format!("{TEXT_NAME}{}", texts.len() - 1).into()))
            }
            token => {
                self.note(&token);
                token
            }
        }
    }

    /// Takes note of where the next token will stand.
    fn note(&mut self, token: &Token) {
        match token {
            // The brace that follows lies within it.
            Token::InterpolatedString(_) => self.open.push(Bracket::Interpolation),
            Token::MapStart => {
                self.open.push(Bracket::Object);
                self.before_key = true;
            }
            Token::LeftBrace | Token::LeftParen | Token::LeftBracket | Token::QuestionBracket => {
                self.open.push(Bracket::Other);
            }
            Token::Comma => self.before_key = self.open.last() == Some(&Bracket::Object),
            Token::RightBrace | Token::RightParen | Token::RightBracket => {
                self.open.pop();
                if token == &Token::RightBrace && self.open.last() == Some(&Bracket::Interpolation) {
                    self.open.pop();
                    self.within_text = true;
                }
            }
            _ => {}
        }
    }
}
