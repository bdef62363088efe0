//! A secret that both know proves nothing.

use serde_json::json;

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::dpop::{BoundClient, expect_refused, thumbprint};
use crate::page;

page! {
    /// A DPoP proof that no private key signed is refused
    ///
    /// # What it checks
    /// Where the metadata or a challenge says that the server takes DPoP, the zone binds the accepted token to a key of
    /// the suite, and the server must serve it with a proof, or the check is inconclusive. A proof with `alg: none` and
    /// no signature must be refused, and so must one with HS256 for a token that is bound to the symmetric key which the
    /// proof shows.
    ///
    /// # Why it matters
    /// What anybody can make proves nothing: `none` needs no key, and a symmetric key that is shown is known.
    ///
    /// # How to fix it
    /// Have a list of asymmetric algorithms for proofs, and refuse what is not on it.
    ///
    /// # Reference
    /// SEP-1932, requirement list; RFC 9449 section 4.3.
    pub struct DpopProofAlgorithm;
}

const META: Meta = Meta {
    id: "dpop-proof-algorithm",
    requirements: &["dpop-asymmetric-only"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for DpopProofAlgorithm {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let client = BoundClient::served(cx).await?;
        let mut unsigned = client.proof(client.token())?;
        unsigned.header("alg", "none");
        let unsigned = unsigned.with_signature("");
        let reply = client.call_with(client.token(), Some(&unsigned), "a proof without a signature").await?;
        expect_refused(&reply, "a proof with alg none")?;

        // "k" of "kty" "oct" is the secret itself, here of 32 bytes.
        let symmetric = json!({"k": "Y29uZm9ybWFuY2UtY29uZm9ybWFuY2UtY29uZm9ybWE", "kty": "oct"});
        let draft = client.but(|t| t.claim("cnf", json!({"jkt": thumbprint(&symmetric)})));
        let token = cx.sign(&draft, "token bound to a symmetric key").await?;
        let mut proof = client.proof(&token)?;
        proof.header("alg", "HS256");
        proof.header("jwk", symmetric);
        let proof = proof.signed_with_secret(b"conformance-conformance-conforma")?;
        let reply = client.call_with(&token, Some(&proof), "a proof with HS256").await?;
        expect_refused(&reply, "a proof with HS256")
    }
}
