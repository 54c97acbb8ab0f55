//! How an amount of money is written in a scenario: as a number or as a decimal string, in USD.
//!
//! A number is taken by its shortest decimal, so `0.1` is exactly a tenth of a dollar. This module must not know what
//! the amount is for.
//!
//! ```
//! use moot_mind::budget::BudgetOptions;
//!
//! let number: BudgetOptions = serde_json::from_str(r#"{ "money": 0.1 }"#).unwrap();
//! let text: BudgetOptions = serde_json::from_str(r#"{ "money": "0.1" }"#).unwrap();
//! assert_eq!(number, text);
//! ```

use std::fmt;

use moot_core::Money;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// The most money a budget may state, in USD.
pub(super) const USD_MAX: u64 = 1_000_000;

/// The amount in the form that people write; machines get picodollars.
pub(super) fn serialize<S: Serializer>(money: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
    money.serialize(serializer)
}

/// A number, a decimal string or nothing.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Money>, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_any(MoneyVisitor)
    } else {
        Option::<Money>::deserialize(deserializer)
    }
}

/// The schema of an amount.
pub(super) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": "number", "exclusiveMinimum": 0, "maximum": USD_MAX },
            { "type": "string", "pattern": "^[0-9]+(\\.[0-9]{0,12})?$" },
            { "type": "null" },
        ],
    })
}

struct MoneyVisitor;

impl<'de> Visitor<'de> for MoneyVisitor {
    type Value = Option<Money>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "an amount in USD above 0 and up to {USD_MAX}, as a number or a decimal string with at most 12 places"
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<Money>, E> {
        let read = Money::deserialize(de::value::StrDeserializer::<E>::new(text));
        read.map(Some).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Option<Money>, E> {
        // Display gives the shortest decimal that is this number, without an exponent.
        let decimal = number.to_string();
        let read = Money::deserialize(de::value::StrDeserializer::<E>::new(&decimal));
        read.map(Some).map_err(|_| E::invalid_value(de::Unexpected::Float(number), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<Money>, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Option<Money>, E> {
        let whole = u64::try_from(number).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))?;
        self.visit_u64(whole)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<Money>, E> {
        Ok(None)
    }

    fn visit_none<E: de::Error>(self) -> Result<Option<Money>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Money>, D::Error> {
        deserializer.deserialize_any(self)
    }
}
