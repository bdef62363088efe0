//! No secret passes through the client.

use super::{Secrets, with_form};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::inputs::Caller;
use crate::page;
use crate::text::quoted;

page! {
    /// No form looks as if it asked for a secret
    ///
    /// # What it checks
    /// Tools that are declared to ask for input are called, and the names and titles in the `requestedSchema` of their forms are
    /// read: password, secret, token, API key, credential, card number and the like. None should be there. Names are
    /// only a sign, so this warns; say `asks-for-secrets = true` of the tool in conformance.toml to make it a failure of
    /// `form-secrets-confirmed`, or `false` where the name misleads. Where only the description of a property that takes any
    /// text, or the message above it, has such a word, nothing is said here until you do.
    ///
    /// # Why it matters
    /// What is typed into a form passes through the client, its log and perhaps a model.
    ///
    /// # How to fix it
    /// Ask for secrets with a URL: a page of yours, behind a sign-in.
    ///
    /// # Reference
    /// MCP 2026-07-28, Elicitation, "User Interaction Model".
    pub struct FormSecrets;
}

const META: Meta = Meta {
    id: "form-secrets",
    requirements: &["mcp-elicitation-form-no-secrets"],
    level: Level::Should,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    ..Meta::CALM
};

impl Check for FormSecrets {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let caller = Caller::begin(cx, &token.compact).await?;
        let forms = with_form(cx, &caller).await;
        caller.end(cx).await;
        let mut verdict = Ok(());
        for question in forms?.iter().filter(|question| question.tool.asks_for_secrets.is_none()) {
            let secrets = Secrets::of(&question.pending.requests);
            if !secrets.named.is_empty() {
                let actual = format!("{} asks for {}", quoted(question.name), quoted(&secrets.named.join(", ")));
                return Err(Stop::violation("forms without secrets", actual));
            }
            if !secrets.is_empty() && verdict.is_ok() {
                verdict = Err(Stop::inconclusive(format!(
                    "{} asks for {} in words that may ask for a secret; say \"asks-for-secrets\", true or false, of it",
                    quoted(question.name),
                    quoted(&secrets.all())
                )));
            }
        }
        verdict
    }
}
