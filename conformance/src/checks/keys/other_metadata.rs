//! Whose keys they are, the issuer's own metadata says.

use std::time::Duration;

use serde_json::json;

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::token::Token;
use crate::zone::{Document, Zone};

page! {
    /// Metadata that names another issuer is not used
    ///
    /// # What it checks
    /// The zone's metadata names another issuer, and the key set of that one. The server is started anew, and sent
    /// tokens that are signed with those keys, in the zone's name and in the other's. None may be served; a server that
    /// does not start is right too. Started once more with true metadata it must serve the accepted token. Where the
    /// server is not ours to start, it is judged only if it reads the metadata again for an unknown key. The check does
    /// not apply where the zone's log shows that the server reads no metadata.
    ///
    /// # Why it matters
    /// Whoever can slip a server other metadata, on a shared host or through a tenant's path, makes it take their keys
    /// for its zone's, and then signs for everybody.
    ///
    /// # How to fix it
    /// Compare `issuer` of the metadata with the issuer that you asked, character for character, before you read
    /// anything else of it.
    ///
    /// # Reference
    /// RFC 8414 section 3.3.
    pub struct OtherMetadata;
}

const META: Meta = Meta {
    id: "metadata-of-other-issuer",
    requirements: &["rfc8414-3.3-server-rejects-mismatched-metadata"],
    level: Level::Must,
    area: Area::Issuer,
    needs: &[Need::ZoneControl, Need::FaultInjection, Need::SecondServer],
    revisions: Revisions::Once,
    disturbs: Disturbs::Metadata,
    follows_from: &["garbage-token", "foreign-signature", "issuer-other", "second-zone-token"],
    ..Meta::CALM
};

/// How long a server that was just started may take to look for keys.
const LOOKS_WITHIN: Duration = Duration::from_secs(5);

impl Check for OtherMetadata {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let zone = cx.zone()?;
        if !zone.was_asked_for(Document::Metadata, 0).await? {
            return Err(Stop::not_applicable("the zone's log shows no request of the server for its metadata"));
        }
        let token = cx.accepted_token().await?;
        let (own_name, other) = cx.second_zone_token(&token).await?;
        let kid = other.active_key().await?.kid;
        let draft = token.but(|t| t.header("kid", kid));
        let zones_name = cx.note(other.sign(&draft.header, &draft.claims).await?, "token of a second zone's key");

        let mut lie = zone.metadata().await?;
        lie["issuer"] = other.issuer().into();
        lie["jwks_uri"] = other.metadata().await?["jwks_uri"].clone();
        let at_most = cx.options().key_wait + cx.options().timeout * 4;
        zone.falsify(Document::Metadata, json!({"json": lie}), at_most).await?;
        let since = zone.last_request().await?;
        let restarted = match cx.restart().await {
            Err(Stop::NotTested { .. }) => None,
            restarted => Some(restarted?),
        };
        let tried = match restarted {
            Some(false) => Ok(()),
            _ => refused(cx, zone, since, [&zones_name, &own_name], restarted.is_some()).await,
        };
        zone.mend(Document::Metadata).await?;
        if restarted.is_none() {
            return tried;
        }
        let control = back(cx, &token).await;
        tried?;
        control
    }
}

/// Passes where the server read the metadata, and refused the tokens.
async fn refused(cx: &Context, zone: &Zone, since: u64, tokens: [&str; 2], is_new: bool) -> Verdict {
    let bound = if is_new { LOOKS_WITHIN } else { Duration::ZERO };
    let mut waits = cx.waits("the server to read its zone's metadata", bound);
    loop {
        for (token, whose) in tokens.into_iter().zip(["its zone's", "that issuer's"]) {
            let what = format!("a token of the other issuer's key, in {whose} name");
            let reply = cx.call_as_another(token, &what).await?;
            if reply.outcome() == Outcome::Served || reply.refuses_with_result() {
                return Err(Stop::violation(format!("{what} refused"), reply.describe()));
            }
        }
        if zone.was_asked_for(Document::Metadata, since).await? {
            return Ok(());
        }
        if is_new && zone.was_asked_for(Document::Jwks, since).await? {
            return Err(Stop::not_applicable("the server looked for keys without its zone's metadata"));
        }
        if !waits.again().await {
            break;
        }
    }
    if is_new {
        return Err(Stop::inconclusive("the server, started anew, asked for neither metadata nor keys"));
    }
    Err(Stop::NotTested { need: Need::Launch })
}

/// Starts the server anew with true metadata, and passes where it serves the accepted token.
async fn back(cx: &Context, token: &Token) -> Verdict {
    if !cx.restart().await? {
        return Err(Stop::inconclusive("with true metadata again the server did not start"));
    }
    let reply = cx.call_as_another(&token.compact, "the accepted token after a new start (control)").await?;
    match reply.outcome() {
        Outcome::Served => Ok(()),
        _ => Err(Stop::inconclusive(format!("after a new start the accepted token got {}", reply.describe()))),
    }
}
