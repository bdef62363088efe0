//! Bytes that are no text.

use serde_json::Value;

use super::{expect_refused_calmly, inside};
use crate::check::{Area, Check, Level, Meta, Need, Verdict};
use crate::context::Context;
use crate::page;

page! {
    /// A token whose claims are no UTF-8 is refused
    ///
    /// # What it checks
    /// The zone signs the claims of the accepted token as UTF-16, and with a byte in `sub` that no UTF-8 has. Neither
    /// should be served, and neither should make the server fail.
    ///
    /// # Why it matters
    /// Parsers that guess an encoding, or replace what they cannot read, make one subject out of two.
    ///
    /// # How to fix it
    /// Decode strictly: what is no UTF-8 is no token.
    ///
    /// # Reference
    /// RFC 8725 section 3.7. No MCP revision cites it, and only the zone could make such a token, so this is a warning.
    pub struct NotUtf8;
}

const META: Meta = Meta {
    id: "claims-not-utf8",
    requirements: &["rfc8725-3.7-utf8"],
    level: Level::Should,
    area: Area::TokenValidation,
    needs: &[Need::ZoneControl],
    follows_from: &["garbage-token", "tampered-claims"],
    ..Meta::CALM
};

impl Check for NotUtf8 {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let header = Value::Object(token.header.clone()).to_string();
        let claims = Value::Object(token.claims.clone()).to_string();
        let utf16: Vec<u8> = claims.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let rest = Value::Object(token.but(|t| t.without_claim("sub")).claims).to_string();
        let odd_byte = [br#"{"sub":"conformance-"#, &b"\xff\","[..], inside(&rest).as_bytes(), b"}"].concat();
        for (what, payload) in [("UTF-16", utf16), ("no UTF-8", odd_byte)] {
            let odd = cx.sign_bytes(&header, &payload, "token that is no UTF-8").await?;
            expect_refused_calmly(&cx.call_as_another(&odd, &format!("claims that are {what}")).await?)?;
        }
        Ok(())
    }
}
