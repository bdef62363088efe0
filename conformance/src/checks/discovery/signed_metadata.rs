//! Signed, and by whom.

use serde_json::Value;

use super::documents;
use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::token::Token;

page! {
    /// Signed metadata is signed and says by whom
    ///
    /// # What it checks
    /// Where a document has `signed_metadata`, it must be a compact JWS whose `alg` is not `none`, and whose payload is
    /// a JSON object with the claim `iss`.
    ///
    /// # Why it matters
    /// Clients that understand it prefer it to the plain members. Without a signature anybody on the way writes it;
    /// without `iss` nobody knows whose signature to look for.
    ///
    /// # How to fix it
    /// Sign with a key that clients can find through `iss`, or leave `signed_metadata` out.
    ///
    /// # Reference
    /// RFC 9728 section 2.2.
    pub struct MetadataSigned;
}

const META: Meta = Meta {
    id: "metadata-signed",
    requirements: &["rfc9728-2.2-signed-metadata"],
    level: Level::Must,
    area: Area::Discovery,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for MetadataSigned {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let mut judged = false;
        for (place, document) in documents(cx.discovery())? {
            let Some(signed) = document.get("signed_metadata") else { continue };
            judged = true;
            let actual = match signed.as_str().and_then(Token::parse) {
                None => "signed_metadata that is no JWS",
                Some(jws) if !is_signed(&jws) => "signed_metadata without a signature",
                Some(jws) if !jws.claims.get("iss").is_some_and(Value::is_string) => "signed_metadata without iss",
                Some(_) => continue,
            };
            return Err(Stop::violation("a signed JWS with iss", format!("{actual} in the document at {}", place.url)));
        }
        if judged { Ok(()) } else { Err(Stop::not_applicable("no document has signed_metadata")) }
    }
}

fn is_signed(jws: &Token) -> bool {
    let algorithm = jws.header.get("alg").and_then(Value::as_str).unwrap_or("none");
    !algorithm.eq_ignore_ascii_case("none") && !jws.segments().2.is_empty()
}
