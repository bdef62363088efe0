//! Who acted before has no say.

use serde_json::json;

use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;

page! {
    /// Claims of an actor give no access that the token itself does not
    ///
    /// # What it checks
    /// A tool that needs a scope is called with a token that lacks it, and that names an actor (`act`) who has it: in
    /// the actor's own claims, in those of the actor before it, and in both. The call must be refused, as it is with the
    /// same token without an actor.
    ///
    /// # Why it matters
    /// `act` tells who used the token for whom. Its other claims mean nothing, and prior actors are there for information
    /// only: a server that reads rights from them lets everybody in who was ever acted for.
    ///
    /// # How to fix it
    /// Decide by the claims at the top of the token and, where the policy is about actors, by who the outermost `act` says
    /// it is.
    ///
    /// # Reference
    /// RFC 8693 section 4.1.
    pub struct NestedActor;
}

const META: Meta = Meta {
    id: "nested-actor",
    requirements: &["rfc8693-4.1-current-actor-only"],
    level: Level::Must,
    area: Area::Delegation,
    needs: &[Need::ZoneControl, Need::ScopeMap],
    follows_from: &["scope-missing"],
    ..Meta::CALM
};

impl Check for NestedActor {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let Some(tool) = cx.survey().scoped_tools.first() else {
            return Err(Stop::NotTested { need: Need::ScopeMap });
        };
        let scoped = cx.scoped_tool(tool).await?;
        cx.refused_for_scope(&scoped).await?;
        let (missing, left) = scoped.lacking_one();
        let subject = token.claims.get("sub").cloned().unwrap_or_default();
        let wide = json!({"sub": subject, "scope": missing, "scp": [missing]});
        let narrow = json!({"sub": "conformance-actor"});
        let over = |mut outer: serde_json::Value, inner: &serde_json::Value| {
            outer["act"] = inner.clone();
            outer
        };
        for (what, actor) in [
            ("an actor with the scope", wide.clone()),
            ("a prior actor with the scope", over(narrow, &wide)),
            ("two actors with the scope", over(wide.clone(), &wide)),
        ] {
            let draft = token.but(|t| {
                t.scopes(&left);
                t.claim("act", actor);
            });
            let compact = cx.sign(&draft, "token with an actor").await?;
            let request = cx.operation(&tool.operation).bearer(&compact);
            let reply = cx.send(&request.purpose(format!("{} with {what}", tool.name()))).await?;
            match reply.outcome() {
                Outcome::Forbidden | Outcome::Unauthorized if !reply.refuses_with_result() => {}
                Outcome::Served | Outcome::Forbidden | Outcome::Unauthorized => {
                    let expected = format!("403 for a token without {missing}, whatever its actors have");
                    return Err(Stop::violation(expected, format!("{what}: {}", reply.describe())));
                }
                Outcome::NotServedIn2xx | Outcome::ServerError | Outcome::NoVerdict => {
                    return Err(Stop::inconclusive(format!("{what} got {}", reply.describe())));
                }
            }
        }
        Ok(())
    }
}
