//! What a model answered on its way to the agent, in pieces and whole, with the scenario's secrets hidden.
//!
//! A secret may be cut between two pieces, so the end of a piece that could be the beginning of one is held back until
//! the next piece tells. What is left at the end of a reply is handed out with it; what is left of an attempt that
//! failed is dropped, as it may be most of a secret. Without secrets nothing is held back.

use moot_core::{ModelDelta, ModelFailure, ModelReply, Text};

use crate::spec::Masking;

/// What is held back of the pieces of one attempt: of its text, and of the arguments of each call by its number.
#[derive(Default)]
pub(super) struct HeldBack(Vec<(Option<u32>, String)>);

impl HeldBack {
    /// What can be shown of a piece; `None` when nothing can yet.
    pub(super) fn pass(&mut self, mask: &dyn Masking, delta: ModelDelta) -> Option<ModelDelta> {
        match delta {
            ModelDelta::Text(piece) => {
                let text = self.shown(mask, None, &piece);
                (!text.is_empty()).then_some(ModelDelta::Text(text))
            }
            ModelDelta::ToolCall { index, id, name, arguments } => {
                let arguments = self.shown(mask, Some(index), &arguments);
                let whole = |text: Option<Text>| text.map(|text| mask.whole(&text).map_or(text, Text::from));
                let (id, name) = (whole(id), whole(name));
                let tells = id.is_some() || name.is_some() || !arguments.is_empty();
                tells.then_some(ModelDelta::ToolCall { index, id, name, arguments })
            }
        }
    }

    /// What was held back to the end of a reply, as further pieces.
    pub(super) fn rest(&mut self, mask: &dyn Masking) -> Vec<ModelDelta> {
        let rest = std::mem::take(&mut self.0).into_iter().filter(|(_, text)| !text.is_empty());
        let piece = |(of, text): (Option<u32>, String)| {
            let text = Text::from(mask.whole(&text).unwrap_or(text));
            match of {
                None => ModelDelta::Text(text),
                Some(index) => ModelDelta::ToolCall { index, id: None, name: None, arguments: text },
            }
        };
        rest.map(piece).collect()
    }

    /// Lets go of all that was held back.
    pub(super) fn drop_all(&mut self) {
        self.0.clear();
    }

    fn shown(&mut self, mask: &dyn Masking, of: Option<u32>, piece: &str) -> Text {
        let place = match self.0.iter().position(|(known, _)| *known == of) {
            Some(place) => place,
            None => {
                self.0.push((of, String::new()));
                self.0.len() - 1
            }
        };
        let Some((_, held)) = self.0.get_mut(place) else { return Text::default() };
        held.push_str(piece);
        let (shown, waits_bytes) = mask.beginning(held);
        held.drain(..held.len().saturating_sub(waits_bytes));
        shown.into()
    }
}

/// An answer with the secrets hidden.
pub(super) fn masked(mask: &dyn Masking, answer: Result<ModelReply, ModelFailure>) -> Result<ModelReply, ModelFailure> {
    let hide = |text: &mut Text| {
        if let Some(masked) = mask.whole(text) {
            *text = masked.into();
        }
    };
    match answer {
        Ok(mut reply) => {
            hide(&mut reply.text);
            for call in &mut reply.tool_calls {
                [&mut call.id, &mut call.name, &mut call.arguments].into_iter().for_each(hide);
            }
            Ok(reply)
        }
        Err(mut failure) => {
            hide(&mut failure.message);
            if let Some(wire) = &mut failure.wire {
                hide(&mut wire.body);
                wire.headers.iter_mut().flat_map(|(name, value)| [name, value]).for_each(hide);
            }
            Err(failure)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hides `secret`, knowing only where it begins.
    struct Hides;

    impl Masking for Hides {
        fn whole(&self, text: &str) -> Option<String> {
            text.contains("secret").then(|| text.replace("secret", "***"))
        }
        fn beginning(&self, text: &str) -> (String, usize) {
            let begun = (1.."secret".len()).rev().find(|length| text.ends_with(&"secret"[..*length])).unwrap_or(0);
            (text[..text.len() - begun].replace("secret", "***"), begun)
        }
    }

    fn call(index: u32, id: Option<&str>, arguments: &str) -> ModelDelta {
        ModelDelta::ToolCall { index, id: id.map(Text::from), name: None, arguments: arguments.into() }
    }

    #[test]
    fn a_secret_that_is_cut_is_hidden_in_each_text_by_itself() {
        let mut held = HeldBack::default();
        let mut shown = Vec::new();
        for piece in [
            ModelDelta::Text("a sec".into()),
            call(1, Some("secret"), "{\"se"),
            ModelDelta::Text("ret b".into()),
            ModelDelta::Text("s".into()),
            call(1, None, "cret"),
            call(0, None, "\":1}"),
        ] {
            shown.extend(held.pass(&Hides, piece));
        }
        shown.extend(held.rest(&Hides));
        let text = |piece: &str| ModelDelta::Text(piece.into());
        let expected = [
            text("a "),
            call(1, Some("***"), "{\""),
            text("*** b"),
            call(1, None, "***"),
            call(0, None, "\":1}"),
            text("s"),
        ];
        assert_eq!(shown, expected);
        assert!(held.rest(&Hides).is_empty());
    }

    #[test]
    fn of_an_attempt_that_failed_nothing_is_left() {
        let mut held = HeldBack::default();
        assert_eq!(held.pass(&Hides, ModelDelta::Text("secre".into())), None);
        held.drop_all();
        assert_eq!(held.pass(&Hides, ModelDelta::Text("t".into())), Some(ModelDelta::Text("t".into())));
    }
}
