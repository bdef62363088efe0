//! A web page in the user's browser reaches servers that nobody else can.

use std::net::IpAddr;

use http::StatusCode;

use super::{expect_not_served, request};
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::page;
use crate::reply::Outcome;
use crate::token::Token;

page! {
    /// A request from a foreign web page is refused
    ///
    /// # What it checks
    /// The request that was just served is sent again with the accepted token and an `Origin` that the server has no
    /// reason to allow: once `https://evil.example`, once its own origin as the beginning of another name. It must not
    /// be served. The rule is there against DNS rebinding, which reaches servers on loopback and private addresses; on
    /// a public address the check does not apply, and what happens there is remarked on. `Origin: null`, which
    /// sandboxed pages and files send, is remarked on where it is served.
    ///
    /// # Why it matters
    /// A page that the user happens to visit can have its name point to 127.0.0.1 and then talk to whatever listens
    /// there, with the user's own network access.
    ///
    /// # How to fix it
    /// Compare `Origin`, where there is one, with a list of origins that may call, whole and exactly, and answer 403
    /// otherwise. SDKs have a switch for it that is often off by default.
    ///
    /// # Reference
    /// MCP 2026-07-28, Streamable HTTP, "Security & Endpoint".
    pub struct ForeignOrigin;
}

const META: Meta = Meta {
    id: "foreign-origin",
    requirements: &["mcp-transport-origin-validated"],
    level: Level::Must,
    area: Area::Transport,
    needs: &[Need::ValidToken],
    ..Meta::CALM
};

impl Check for ForeignOrigin {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.served_token().await?;
        for origin in foreign_origins(cx) {
            let reply = cx.send(&from_origin(cx, &token, &origin)).await?;
            let is_served = reply.outcome() == Outcome::Served || reply.refuses_with_result();
            let is_forbidden = reply.status == StatusCode::FORBIDDEN;
            if is_served && !is_within_reach_of_pages(cx).await {
                cx.remark(format!("a request with Origin {origin} was served"));
                return Err(Stop::not_applicable(
                    "the server is at a public address, which DNS rebinding does not reach",
                ));
            }
            expect_not_served(&reply, &format!("a request with Origin {origin}"))
                .or_else(|stop| if is_forbidden && !is_served { Ok(()) } else { Err(stop) })?;
        }
        let opaque = cx.send(&from_origin(cx, &token, "null")).await?;
        if opaque.outcome() == Outcome::Served {
            cx.remark("a request with Origin null was served".to_owned());
        }
        Ok(())
    }
}

/// Origins that no server has a reason to allow.
pub(super) fn foreign_origins(cx: &Context) -> [String; 2] {
    let url = cx.url();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).replace(':', "-");
    ["https://evil.example".to_owned(), format!("{}://{host}.evil.example{port}", url.scheme())]
}

/// The bearing request with this token, from a page of this origin.
pub(super) fn from_origin(cx: &Context, token: &Token, origin: &str) -> Request {
    request(cx, &token.compact).header("origin", origin).purpose(format!("{} from {origin}", cx.bearing_name()))
}

/// Whether the server is at an address that is the user's own or that of a network beside theirs.
async fn is_within_reach_of_pages(cx: &Context) -> bool {
    let host = cx.url().host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = cx.url().port_or_known_default().unwrap_or_default();
    let addresses = tokio::time::timeout(cx.options().timeout, tokio::net::lookup_host((host, port))).await;
    addresses.is_ok_and(|found| found.is_ok_and(|mut all| all.any(|address| is_private(address.ip()))))
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for address in
            ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.1.1", "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1"]
        {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "2001:4860:4860::8888", "172.32.0.1"] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }
}
