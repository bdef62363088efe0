//! Metadata behind the very guard that it is there to explain.

use super::{distinct, documents, is_behind_no_guard};
use crate::client::Request;
use crate::discovery::{Place, Way};
use crate::survey::TokenFound;
use http::StatusCode;

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// The metadata can be read without credentials
    ///
    /// # What it checks
    /// The URL that the challenge names and both well-known URLs are fetched without `Authorization`. None
    /// that the server offers may answer 401 or 403. A URL counts as offered when the challenge names it,
    /// when the accepted token opens it, or when no document is found anywhere, so that the refusal may be
    /// all there is. 404 is not judged here.
    ///
    /// # Why it matters
    /// A client reads the metadata to learn where tokens come from. If it needs a token for that, it never
    /// gets one.
    ///
    /// # How to fix it
    /// Register the metadata routes outside the authentication middleware, or exempt `/.well-known/` from it.
    ///
    /// # Reference
    /// Keycard, "Build an MCP server", well-known endpoints; RFC 9728 section 3.1.
    pub struct MetadataOpen;
}

const META: Meta = Meta {
    id: "metadata-open",
    requirements: &["keycard-guide-wellknown-unauthenticated"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataOpen {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let discovery = cx.discovery();
        is_behind_no_guard(cx, discovery)?;
        let found = !discovery.documents().is_empty();
        for place in distinct(discovery) {
            let refused = |status| matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            if !place.reply.as_ref().is_ok_and(|r| refused(r.status)) {
                continue;
            }
            if place.way == Way::Challenge || !found || opens_with_token(cx, place).await? {
                let expected = format!("{} readable without credentials", place.way.name());
                return Err(Stop::violation(expected, place.describe()));
            }
        }
        documents(discovery).map(|_| ())
    }
}

/// Whether the accepted token, if there is one, gets a document where nobody else does.
async fn opens_with_token(cx: &Context, place: &Place) -> Result<bool, Stop> {
    let TokenFound::Accepted(token) = &cx.survey().token else { return Ok(false) };
    if place.url.origin() != cx.url().origin() {
        return Ok(false); // a token goes to the target's origin and nowhere else
    }
    let request = Request::get(place.url.clone(), "metadata with the accepted token");
    let reply = cx.send(&request.header("accept", "application/json").bearer(&token.compact)).await?;
    Ok(reply.status.is_success() && reply.json().is_some_and(|body| body.is_object()))
}
