//! A serde deserializer over the located tree.
//!
//! This module must not know which types are read, and nothing of places: errors carry paths, and the tree knows where
//! those stand.
//!
//! ```
//! use moot_scenario::read::deserializer::NodeDeserializer;
//! use moot_scenario::tree::{Node, Value};
//! use serde::Deserialize;
//!
//! let node = Node { mark: Default::default(), value: Value::Bool(true) };
//! assert!(bool::deserialize(NodeDeserializer::new(&node)).unwrap());
//! ```

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::error::{ReadError, Reason, in_our_words};
use crate::tree::{Entry, Node, Number, Part, Segment, Value};

/// Reads one node.
#[derive(Debug, Clone, Copy)]
pub struct NodeDeserializer<'a>(&'a Node);

impl<'a> NodeDeserializer<'a> {
    /// A deserializer of this node.
    #[must_use]
    pub const fn new(node: &'a Node) -> Self {
        Self(node)
    }

    /// Names what stands here as it is written, where an error does not know it.
    fn describing<T>(self, result: Result<T, ReadError>) -> Result<T, ReadError> {
        result.map_err(|mut error| {
            if let Reason::Unexpected(found, _) = &mut error.reason
                && error.part.is_none()
                && (found.is_empty() || matches!(self.0.value, Value::Number(..)))
            {
                *found = self.0.describe();
            }
            error
        })
    }

    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(Number::Unsigned(number), _) => visitor.visit_u64(*number),
            Value::Number(Number::Signed(number), _) => visitor.visit_i64(*number),
            Value::Number(Number::Float(number), _) => visit_float(*number, visitor),
            Value::Text(text) => visitor.visit_str(text),
            Value::List(items) => visitor.visit_seq(Items { items, next: 0 }),
            Value::Map(entries) => visitor.visit_map(Entries { entries, current: None }),
        }
    }

    /// Text, or a scalar as the text it is written as.
    fn visit_text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.0.value {
            Value::Bool(value) => visitor.visit_str(if *value { "true" } else { "false" }),
            Value::Number(_, spelling) => visitor.visit_str(spelling),
            _ => self.visit(visitor),
        }
    }
}

/// Not every program that reads a number checks that it is one, so nothing else is let through.
fn visit_float<'de, V: Visitor<'de>>(number: f64, visitor: V) -> Result<V::Value, ReadError> {
    if number.is_finite() {
        return visitor.visit_f64(number);
    }
    Err(ReadError::new(Reason::Unexpected(String::new(), "a finite number".to_owned())))
}

macro_rules! forward {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            self.describing(self.visit(visitor))
        })*
    };
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = ReadError;

    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_seq
        deserialize_map
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.describing(self.visit_text(visitor))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.describing(self.visit_text(visitor))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.describing(self.visit_text(visitor))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.describing(self.visit_text(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        self.describing(self.visit(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.describing(self.visit(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.describing(self.visit(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.0.value {
            // A derived struct would also read itself from a list, field after field, which nobody means.
            Value::List(_) => self.describing(Err(ReadError::invalid_type(Unexpected::Seq, &"a map"))),
            // A key without a value, such as `tolerate:` at the end of a line, is an empty map.
            Value::Null => visitor.visit_map(Entries { entries: &[], current: None }),
            _ => self.describing(self.visit(visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.0.value {
            Value::Map(entries) => match entries.as_slice() {
                [entry] => visitor.visit_enum(Variant { name: &entry.key, entry: Some(entry) }),
                [_, second, ..] => {
                    let message = format!("only one of {} can stand here", crate::problem::one_of(variants));
                    let error = ReadError::new(Reason::Other(message));
                    Err(error.within(Segment::Key(second.key.clone()), Part::Key))
                }
                [] => {
                    Err(ReadError::new(Reason::Unexpected("an empty map".to_owned(), crate::problem::one_of(variants))))
                }
            },
            Value::Text(name) => visitor.visit_enum(Variant { name, entry: None }),
            _ => self
                .describing(Err(ReadError::new(Reason::Unexpected(String::new(), crate::problem::one_of(variants))))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }
}

struct Items<'a> {
    items: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let index = self.next;
        let Some(item) = self.items.get(index) else { return Ok(None) };
        self.next += 1;
        let result = seed.deserialize(NodeDeserializer(item));
        result.map(Some).map_err(|error| error.within(Segment::Index(index), Part::Value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len().saturating_sub(self.next))
    }
}

struct Entries<'a> {
    entries: &'a [Entry],
    current: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some((entry, rest)) = self.entries.split_first() else { return Ok(None) };
        self.entries = rest;
        self.current = Some(entry);
        let key: StrDeserializer<'_, ReadError> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| error.within(Segment::Key(entry.key.clone()), Part::Key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let entry = self.current.take().ok_or_else(|| ReadError::custom("a value was asked for before its key"))?;
        let result = seed.deserialize(NodeDeserializer(&entry.node));
        result.map_err(|error| error.within(Segment::Key(entry.key.clone()), Part::Value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A variant: a bare name, or the one key of a map with its value.
struct Variant<'a> {
    name: &'a str,
    entry: Option<&'a Entry>,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = ReadError;
    type Variant = Content<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<'a>), ReadError> {
        let name: StrDeserializer<'_, ReadError> = self.name.into_deserializer();
        let variant = seed.deserialize(name).map_err(|error| match self.entry {
            Some(entry) => error.within(Segment::Key(entry.key.clone()), Part::Key),
            None => error,
        })?;
        Ok((variant, Content { name: self.name, entry: self.entry }))
    }
}

/// What stands below a variant's name.
struct Content<'a> {
    name: &'a str,
    entry: Option<&'a Entry>,
}

impl Content<'_> {
    fn read<T>(self, read: impl FnOnce(NodeDeserializer<'_>) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let Some(entry) = self.entry else {
            let wanted = format!("a map such as {{ {}: ... }}", self.name);
            return Err(ReadError::new(Reason::Unexpected(format!("the name `{}` alone", self.name), wanted)));
        };
        read(NodeDeserializer(&entry.node)).map_err(|error| error.within(Segment::Key(entry.key.clone()), Part::Value))
    }
}

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match self.entry {
            None => Ok(()),
            Some(entry) if entry.node.value == Value::Null => Ok(()),
            Some(_) => {
                let wanted = in_our_words(&format!("the name `{}` alone", self.name));
                self.read(|node| node.describing(Err(ReadError::new(Reason::Unexpected(String::new(), wanted)))))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        self.read(|node| seed.deserialize(node))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.read(|node| node.deserialize_tuple(length, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.read(|node| node.deserialize_struct("", fields, visitor))
    }
}
