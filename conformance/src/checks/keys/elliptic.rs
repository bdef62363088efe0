//! Numbers that are out of range.

use crate::check::{Area, Check, Disturbs, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::rollover::Kind;

page! {
    /// An ES256 signature of impossible numbers is refused
    ///
    /// # What it checks
    /// The zone publishes a set of its own keys, plain new ones and odd ones, for which the suite has the private
    /// halves. Once a token of a plain new key is served, so that the server surely read the set, an ES256 token is
    /// sent; where the server accepts it, others follow whose signature is empty, or has zero or the order of the curve
    /// for a number. None may be served, nor make the server fail. It does not apply to a server that takes no ES256.
    ///
    /// # Why it matters
    /// With r and s zero, verifiers that forget this check take any token for true, whoever signed it.
    ///
    /// # How to fix it
    /// Use a cryptographic library that checks the range (all current ones do), and refuse signatures of another length
    /// than 64 bytes before it sees them.
    ///
    /// # Reference
    /// RFC 8725 section 3.4; RFC 7518 section 3.4.
    pub struct EcSignatureRange;
}

const META: Meta = Meta {
    id: "ec-signature-range",
    requirements: &["rfc8725-3.4-invalid-inputs"],
    level: Level::Must,
    area: Area::Keys,
    needs: &[Need::ZoneControl, Need::AdminRotateKeys],
    revisions: Revisions::Once,
    disturbs: Disturbs::Keys,
    follows_from: &["foreign-signature", "garbage-token-crash", "key-rotation"],
    ..Meta::CALM
};

impl Check for EcSignatureRange {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let answers = cx.rollover().await?.answers(Kind::Elliptic)?;
        let Some((true_one, forged)) = answers.split_first() else {
            return Err(Stop::inconclusive("no ES256 token was sent"));
        };
        match true_one.reply.outcome() {
            Outcome::Served => {}
            Outcome::Unauthorized | Outcome::Forbidden => {
                return Err(Stop::not_applicable("the server takes no ES256"));
            }
            _ => return Err(Stop::inconclusive(format!("an ES256 token got {}", true_one.reply.describe()))),
        }
        if let Some(failed) = forged.iter().find(|answer| answer.reply.outcome() == Outcome::ServerError) {
            return Err(Stop::violation(format!("{} refused", failed.what), failed.reply.describe()));
        }
        super::expect_refused(cx, forged)
    }
}
