//! An answer claims another's name, another round, or is given for others as well (F29).
//!
//! It must not know who looks at claims.
//!
//! ```
//! use moot_safety::fault::FaultOptions;
//!
//! let fault = r#"{ "lie": { "from": "juror[1]", "as": "vote_for_others", "name": "juror[2]" } }"#;
//! assert!(serde_json::from_str::<FaultOptions>(fault).unwrap().check().is_empty());
//! ```

use moot_core::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Context, DescribesFault, Effect, Place, anywhere, check_forms, in_words, is_on_edge};
use crate::fault::{
    FaultAction, Lie, LieForm, MessageFault, MessageKind, OneOrMany, OptionProblem, Site, SiteKind, WhenOptions,
};

/// An answer claims what is not true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LieOptions {
    /// From whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub from: String,
    /// To whom, by path: a pattern in which `*` stands for any characters; default anybody.
    #[serde(default = "anywhere")]
    pub to: String,
    /// What: one, or a list of which one is drawn each time; default all.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub form: Option<OneOrMany<LieForm>>,
    /// The name that it claims, without blanks; default that of whom it answers, which is never its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When and how often; default at every message.
    #[serde(default, skip_serializing_if = "WhenOptions::is_always")]
    pub when: WhenOptions,
}

impl DescribesFault for LieOptions {
    fn number(&self) -> u8 {
        29
    }

    fn when(&self) -> &WhenOptions {
        &self.when
    }

    fn places(&self) -> Vec<Place<'_>> {
        Place::of_edge(&self.from, &self.to)
    }

    fn own_problems(&self) -> Vec<OptionProblem> {
        let is_wrong = |name: &String| name.is_empty() || name.contains(char::is_whitespace);
        let message = || OptionProblem::new("name", "a name is not empty and holds no blanks");
        let name = self.name.as_ref().filter(|name| is_wrong(name)).map(|_| message());
        check_forms(self.form.as_ref()).into_iter().chain(name).collect()
    }

    fn sites(&self) -> &'static [SiteKind] {
        &[SiteKind::Message]
    }

    fn is_at(&self, site: &Site<'_>) -> bool {
        is_on_edge(site, &self.from, &self.to, Some(&vec![MessageKind::Answer].into()))
    }

    fn effect(&self, site: &Site<'_>, context: Context) -> Effect {
        let all = LieForm::ALL;
        let forms = self.form.as_ref().map_or(&all[..], OneOrMany::as_slice);
        let form = context.draws.choose(forms, LieForm::AnotherName);
        let name: Text = match (&self.name, site) {
            (Some(name), _) => name.as_str().into(),
            (None, Site::Message { to, .. }) => to.as_str().into(),
            (None, _) => "nobody".into(),
        };
        let what = match form {
            LieForm::AnotherName => format!("claims to be from {name}"),
            LieForm::AnotherRound => "claims to be of another round".to_owned(),
            LieForm::VoteForOthers => format!("is given once more in the name of {name}"),
        };
        let text = format!("{} {what}", in_words(site));
        Effect { form: form.as_str(), text, action: FaultAction::Message(MessageFault::Lie(Lie { form, name })) }
    }
}
