//! Whoever writes a token chooses where the server goes.

use super::pointing;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::context::FOREIGN_KEY_ID;
use crate::page;

page! {
    /// An address in a token is not fetched
    ///
    /// # What it checks
    /// The accepted token is signed again by the suite's own key, and its header names an address of the suite as `jku`
    /// or `x5u`. Nothing should be fetched there: a listener of the suite watches.
    ///
    /// # Why it matters
    /// A server that fetches what a token names can be sent to any address that it can reach, its cloud's metadata
    /// service included, by anybody and before any signature is verified.
    ///
    /// # How to fix it
    /// Ignore `jku` and `x5u`. If you need them, compare them with a fixed list before you fetch.
    ///
    /// # Reference
    /// RFC 8725 section 3.10. No MCP revision cites it, so this is a warning.
    pub struct KeyUrlContact;
}

const META: Meta = Meta {
    id: "key-url-contact",
    requirements: &["rfc8725-3.10-jku-x5u-ssrf"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ValidToken, Need::SecondServer],
    follows_from: &["key-url-key"],
    ..Meta::CALM
};

impl Check for KeyUrlContact {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        for parameter in ["jku", "x5u"] {
            let (forged, path) = pointing(cx, &token, parameter, Some(FOREIGN_KEY_ID)).await?;
            cx.call(&forged, &format!("a token whose {parameter} is an address of the suite")).await?;
            if cx.key_host().await?.was_asked_for(&path) {
                return Err(Stop::violation(
                    "no request at the address in the token",
                    format!("{parameter} was fetched"),
                ));
            }
        }
        Ok(())
    }
}
