//! Long texts of a journal, each kept once: a line that holds one has its hash in its place.
//!
//! A long text, such as a tool's output, stands in many lines: in the answer of the outside, in the result of the call, in
//! what another agent is shown. The first line that holds it is preceded by a line with the text and its hash, and the
//! lines themselves say at which of their strings a hash stands for a text. Everything here is done on the bytes of the
//! lines, so a text comes back exactly as it was written. This module must not know what lines say.
//!
//! ```
//! use moot_journal::{JournalReader, JournalWriter, Note, Record};
//!
//! let long = Record::Note(Note::new("hint", "x".repeat(100_000)));
//! let mut writer = JournalWriter::new(Vec::new(), "folkmoot 0.1.0").unwrap();
//! (0..10).for_each(|_| writer.append(&long).unwrap());
//! let file = writer.finish().unwrap();
//! assert!(zstd::decode_all(file.as_slice()).unwrap().len() < 105_000, "the text is in it once");
//! assert!(JournalReader::new(file.as_slice()).unwrap().all(|record| record.unwrap() == long));
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr2};

/// From how many bytes on a string of a line is kept by its hash.
pub(crate) const CONTENT_BYTES_MIN: usize = 4 * 1024;

/// How a line that holds a text begins.
pub(crate) const CONTENT_START: &[u8] = b"{\"content\":\"";
/// What stands between the text and its hash.
const BEFORE_HASH: &[u8] = b"\",\"hash\":\"";
/// What precedes the numbers of the strings that are hashes.
const BEFORE_NUMBERS: &[u8] = b",\"contents\":[";

/// The BLAKE3 hash of a text as it stands in JSON, without its quotes.
pub(crate) type ContentHash = [u8; 32];

/// The long texts that were read so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Contents(BTreeMap<ContentHash, Arc<[u8]>>);

/// A line whose long texts are replaced by their hashes.
pub(crate) struct TakenOut {
    /// The line without its end.
    pub(crate) body: Vec<u8>,
    /// Lines (without their ends) for the texts that were not there before, with their hashes.
    pub(crate) contents: Vec<(ContentHash, Vec<u8>)>,
}

/// Replaces the long texts of a line's body; `None` when it has none.
pub(crate) fn take_out(body: &[u8], known: &BTreeSet<ContentHash>) -> Option<TakenOut> {
    let long: Vec<(usize, Range<usize>)> =
        Strings::of(body).enumerate().filter(|(_, place)| place.len() >= CONTENT_BYTES_MIN).collect();
    if long.is_empty() {
        return None;
    }
    let (mut short, mut numbers, mut copied) = (Vec::new(), Vec::new(), 0);
    let mut contents: Vec<(ContentHash, Vec<u8>)> = Vec::new();
    for (number, place) in long {
        let text = body.get(place.clone()).unwrap_or_default();
        let hash = blake3::hash(text);
        if !known.contains(hash.as_bytes()) && contents.iter().all(|(other, _)| other != hash.as_bytes()) {
            let body = [CONTENT_START, text, BEFORE_HASH, hash.to_hex().as_bytes(), b"\""].concat();
            contents.push((*hash.as_bytes(), body));
        }
        short.extend_from_slice(body.get(copied..place.start).unwrap_or_default());
        short.extend_from_slice(hash.to_hex().as_bytes());
        numbers.push(number.to_string());
        copied = place.end;
    }
    short.extend_from_slice(body.get(copied..).unwrap_or_default());
    short.extend_from_slice(BEFORE_NUMBERS);
    short.extend_from_slice(numbers.join(",").as_bytes());
    short.push(b']');
    Some(TakenOut { body: short, contents })
}

/// Whether hashes stand for texts in this body of a line: no other ends so.
pub(crate) fn has_contents(body: &[u8]) -> bool {
    body.ends_with(b"]")
}

impl Contents {
    /// Takes in the body of a line that holds a text, and gives back its hash.
    ///
    /// # Errors
    /// Says what is wrong with it, in words.
    pub(crate) fn push_body(&mut self, body: &[u8]) -> Result<ContentHash, String> {
        let parts = body.strip_prefix(CONTENT_START).and_then(|rest| {
            let (rest, end) = rest.split_at_checked(rest.len().checked_sub(65)?)?;
            Some((rest.strip_suffix(BEFORE_HASH)?, end.strip_suffix(b"\"")?))
        });
        let (text, named) = parts.ok_or("it is no text with its hash")?;
        let hash = blake3::hash(text);
        if hash.to_hex().as_bytes() != named {
            return Err(format!("its text has the hash {}, not the one that it names", hash.to_hex()));
        }
        self.0.entry(*hash.as_bytes()).or_insert_with(|| text.into());
        Ok(*hash.as_bytes())
    }

    /// The body with its texts in their places.
    ///
    /// # Errors
    /// When it names a text that is not there, or a string that it does not have.
    pub(crate) fn put_back(&self, body: &[u8]) -> Result<Vec<u8>, String> {
        let (short, places) = hashes(body)?;
        let (mut whole, mut copied) = (Vec::new(), 0);
        for (place, hash) in places {
            let text = self.0.get(&hash).ok_or("it names a text that was not kept before it")?;
            whole.extend_from_slice(short.get(copied..place.start).unwrap_or_default());
            whole.extend_from_slice(text);
            copied = place.end;
        }
        whole.extend_from_slice(short.get(copied..).unwrap_or_default());
        Ok(whole)
    }

    /// Takes over the texts that a body needs.
    ///
    /// # Errors
    /// As [`put_back`](Self::put_back).
    pub(crate) fn take_over(&mut self, from: &Self, body: &[u8]) -> Result<(), String> {
        for (_, hash) in hashes(body)?.1 {
            let text = from.0.get(&hash).ok_or("it names a text that was not kept before it")?;
            self.0.insert(hash, Arc::clone(text));
        }
        Ok(())
    }

    /// The hashes of all texts.
    pub(crate) fn known(&self) -> BTreeSet<ContentHash> {
        self.0.keys().copied().collect()
    }
}

/// A body without its list of numbers, and the places where a hash stands for a text.
#[expect(clippy::type_complexity, reason = "two things that one look at a line finds")]
fn hashes(body: &[u8]) -> Result<(&[u8], Vec<(Range<usize>, ContentHash)>), String> {
    let start = body.windows(BEFORE_NUMBERS.len()).rposition(|window| window == BEFORE_NUMBERS);
    let (short, list) = start.and_then(|start| body.split_at_checked(start)).ok_or("it ends with no list of texts")?;
    let list = list.strip_prefix(BEFORE_NUMBERS).and_then(|list| list.strip_suffix(b"]")).unwrap_or_default();
    let wrong = || "its list of texts can't be read".to_owned();
    let list = std::str::from_utf8(list).map_err(|_| wrong())?;
    let numbers = list.split(',').map(|number| number.parse::<usize>().map_err(|_| wrong()));
    let numbers = numbers.collect::<Result<BTreeSet<usize>, String>>()?;
    let mut found = Vec::new();
    for (number, place) in Strings::of(short).enumerate().filter(|(number, _)| numbers.contains(number)) {
        let hash = short.get(place.clone()).and_then(|text| blake3::Hash::from_hex(text).ok());
        let hash = hash.ok_or_else(|| format!("its string {number} is no hash of a text"))?;
        found.push((place, *hash.as_bytes()));
    }
    if found.len() == numbers.len() { Ok((short, found)) } else { Err(wrong()) }
}

/// The places of the strings of a JSON text, names of fields among them, each without its quotes.
struct Strings<'a> {
    json: &'a [u8],
    next: usize,
}

impl<'a> Strings<'a> {
    const fn of(json: &'a [u8]) -> Self {
        Self { json, next: 0 }
    }
}

impl Iterator for Strings<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.next + memchr(b'"', self.json.get(self.next..)?)? + 1;
        let mut end = start;
        loop {
            end += memchr2(b'"', b'\\', self.json.get(end..)?)?;
            if self.json.get(end) == Some(&b'"') {
                self.next = end + 1;
                return Some(start..end);
            }
            end += 2;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(texts: &[String]) -> Vec<u8> {
        let mut json = serde_json::to_vec(&serde_json::json!({ "note": { "key": 1, "texts": texts } })).unwrap();
        json.pop();
        json
    }

    #[test]
    fn a_text_is_kept_once_and_short_ones_stay() {
        let long = "a \"quoted\" line\n".repeat(1_000);
        let mut known = BTreeSet::new();
        assert!(take_out(&body(&["short".into()]), &known).is_none());
        let whole = body(&["short".into(), long.clone(), long.clone()]);
        let first = take_out(&whole, &known).unwrap();
        assert_eq!(first.contents.len(), 1);
        known.extend(first.contents.iter().map(|(hash, _)| *hash));
        assert!(first.body.len() < 300 && first.body.ends_with(b",\"contents\":[4,5]"));
        let again = take_out(&body(&[long]), &known).unwrap();
        assert!(again.contents.is_empty());

        let mut contents = Contents::default();
        assert!(contents.put_back(&first.body).unwrap_err().contains("not kept"));
        contents.push_body(&first.contents.first().unwrap().1).unwrap();
        assert_eq!(contents.put_back(&first.body).unwrap(), whole);
        assert_eq!(contents.known(), known);
        let mut some = Contents::default();
        some.take_over(&contents, &again.body).unwrap();
        assert_eq!(some, contents);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let mut contents = Contents::default();
        for (body, said) in [
            ("{\"content\":\"x\"", "no text with its hash"),
            (&*format!("{{\"content\":\"x\",\"hash\":\"{}\"", "0".repeat(64)), "not the one that it names"),
        ] {
            assert!(contents.push_body(body.as_bytes()).unwrap_err().contains(said), "{body}");
        }
        for (body, said) in [
            ("{\"note\":{}]", "no list"),
            ("{\"note\":{},\"contents\":[]", "can't be read"),
            ("{\"note\":{},\"contents\":[9]", "can't be read"),
            ("{\"note\":{},\"contents\":[0]", "string 0 is no hash"),
        ] {
            assert!(contents.put_back(body.as_bytes()).unwrap_err().contains(said), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_texts_come_back(texts in prop::collection::vec((".{0,40}", 1_usize..300), 0..5)) {
            let texts: Vec<String> = texts.into_iter().map(|(text, times)| text.repeat(times)).collect();
            let whole = body(&texts);
            let Some(taken) = take_out(&whole, &BTreeSet::new()) else { return Ok(()) };
            let mut contents = Contents::default();
            for (_, body) in &taken.contents {
                contents.push_body(body).unwrap();
            }
            prop_assert_eq!(contents.put_back(&taken.body).unwrap(), whole);
        }
    }
}
