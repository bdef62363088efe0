//! Every part of it.

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Verdict};
use crate::context::Context;
use crate::dpop::{BoundClient, Proof, expect_refused, hashed, public};
use crate::page;
use crate::token::ForeignKey;

page! {
    /// A DPoP proof that is wrong in one thing is refused
    ///
    /// # What it checks
    /// Where the metadata or a challenge says that the server takes DPoP, the zone binds the accepted token to a key of
    /// the suite, and the server must serve it with a proof, or the check is inconclusive. Then the proof is changed in
    /// one thing at a time: its type, method, URL, token hash or signature is another, a member is missing, another key
    /// made it, or there is no proof. None may be served.
    ///
    /// # Why it matters
    /// A proof that is looked at in part only can be made from another one, for another request or by another key.
    ///
    /// # How to fix it
    /// Check a proof as RFC 9449 section 4.3 lists it. Libraries for DPoP do so when they are told method, URL and
    /// token.
    ///
    /// # Reference
    /// RFC 9449 section 4.3.
    pub struct DpopProof;
}

const META: Meta = Meta {
    id: "dpop-proof",
    requirements: &["dpop-proof-validated"],
    level: Level::Must,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    revisions: Revisions::Stateless,
    ..Meta::CALM
};

impl Check for DpopProof {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let client = BoundClient::served(cx).await?;
        for (what, change) in WRONG {
            let what = format!("a proof {what}");
            expect_refused(&client.call(&what, change).await?, &what)?;
        }
        let bare = client.call_with(client.token(), None, "no proof").await?;
        expect_refused(&bare, "a bound token without a proof")?;
        let stranger = ForeignKey::p256()?;
        // The right key is shown and another one signs; then the other one shows itself.
        let mut proof = client.proof(client.token())?;
        let forged = proof.signed_with_key(&stranger)?;
        let reply = client.call_with(client.token(), Some(&forged), "a proof signed by another key").await?;
        expect_refused(&reply, "a proof signed by another key than it shows")?;
        proof.header("jwk", public(&stranger)?);
        let foreign = proof.signed_with_key(&stranger)?;
        let reply = client.call_with(client.token(), Some(&foreign), "a proof of another key").await?;
        expect_refused(&reply, "a proof of another key than the token is bound to")
    }
}

/// Changes one thing in a proof.
type Change = fn(&mut Proof);

/// What is wrong with a proof, and how it is made so.
const WRONG: [(&str, Change); 9] = [
    ("of another type", |proof| proof.header("typ", "JWT")),
    ("for another method", |proof| proof.claim("htm", "GET")),
    ("for another URL", |proof| proof.claim("htu", "https://other.example/mcp")),
    ("for another token", |proof| proof.claim("ath", hashed("another token"))),
    ("without ath", |proof| proof.without_claim("ath")),
    ("without htm", |proof| proof.without_claim("htm")),
    ("without htu", |proof| proof.without_claim("htu")),
    ("without iat", |proof| proof.without_claim("iat")),
    ("without jti", |proof| proof.without_claim("jti")),
];
