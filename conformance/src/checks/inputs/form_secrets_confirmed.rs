//! No secret passes through the client, for certain.

use super::{Secrets, with_form};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::inputs::Caller;
use crate::page;
use crate::text::quoted;

page! {
    /// No form asks for what the configuration confirms to be a secret
    ///
    /// # What it checks
    /// Tools that are declared to ask for input are called, and the names and titles in the `requestedSchema` of their forms are
    /// read, the descriptions of what takes any text, and the message: password, secret, token, API key, credential, card
    /// number and the like. A form of a tool of which the configuration says
    /// `asks-for-secrets = true` may have none. Where nothing is said of a tool, `form-secrets` warns.
    ///
    /// # Why it matters
    /// What is typed into a form passes through the client, its log and perhaps a model.
    ///
    /// # How to fix it
    /// Ask for secrets with a URL: a page of yours, behind a sign-in.
    ///
    /// # Reference
    /// MCP 2026-07-28, Elicitation, "User Interaction Model".
    pub struct FormSecretsConfirmed;
}

const META: Meta = Meta {
    id: "form-secrets-confirmed",
    requirements: &["mcp-elicitation-form-no-secrets"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ValidToken, Need::DeclaredBehaviour],
    ..Meta::CALM
};

impl Check for FormSecretsConfirmed {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        let caller = Caller::begin(cx, &token.compact).await?;
        let forms = with_form(cx, &caller).await;
        caller.end(cx).await;
        let mut unsaid = false;
        for question in forms? {
            let secrets = Secrets::of(&question.pending.requests);
            if !secrets.is_empty() && question.tool.asks_for_secrets == Some(true) {
                let actual = format!("{} asks for {}", quoted(question.name), quoted(&secrets.all()));
                return Err(Stop::violation("forms without secrets", actual));
            }
            unsaid |= !secrets.is_empty() && question.tool.asks_for_secrets.is_none();
        }
        if unsaid { Err(Stop::Undeclared { wanted: SAYS }) } else { Ok(()) }
    }
}

const SAYS: &str = "\"asks-for-secrets\", true or false, of a tool whose form looks as if it asked for one";
