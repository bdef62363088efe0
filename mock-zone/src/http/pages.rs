//! The pages that people see: plain, escaped, without script, never framed, and marked as a mock's.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use openssl::sha::sha256;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#222}\
h1{font-size:1.4rem}.mock{background:#fff3cd;border:1px solid #e0c060;border-radius:4px;padding:.4rem .7rem}\
.error{background:#fde8e8;border:1px solid #e0a0a0;border-radius:4px;padding:.4rem .7rem}\
label{display:block;margin:.8rem 0}input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.4rem}\
button{font:inherit;padding:.4rem 1.2rem}code{word-break:break-all}";

/// Nothing may be loaded, nothing run, and only this one style sheet applies.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = BASE64.encode(sha256(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'; form-action")
});

/// A page. `leads_to` is the origin that its form ends up at, which browsers check along the redirects.
pub(super) fn page(status: StatusCode, title: &str, leads_to: Option<&str>, content: &Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) " · mock zone" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                p .mock { "This is a " strong { "mock" } " zone for tests. Type no real password here." }
                h1 { (title) }
                (content)
            }
        }
    };
    let form_action = match leads_to {
        Some(origin) => format!("{} 'self' {}", *POLICY, source(origin)),
        None => format!("{} 'self'", *POLICY),
    };
    let mut response = (status, Html(document.into_string())).into_response();
    let headers = response.headers_mut();
    // An origin is ASCII as the URL standard writes it; were one not, the page goes without a form.
    let policy = HeaderValue::from_str(&form_action).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with that, browsers post forms with `Origin: null`.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// `origin` as a content security policy can say it. Its grammar has no IPv6 addresses, and browsers ignore what is not
/// in the grammar; then the form would go nowhere. The scheme alone says enough: the page has this one form.
fn source(origin: &str) -> &str {
    match origin.split_once("//[") {
        Some((scheme, _)) => scheme,
        None => origin,
    }
}

/// A page that says why it goes no further.
pub(super) fn refusal(status: StatusCode, title: &str, why: &str) -> Response {
    page(status, title, None, &html! { p .error { (why) } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_the_origin_where_its_grammar_can() {
        assert_eq!(source("http://localhost:33418"), "http://localhost:33418");
        assert_eq!(source("http://[::1]:33418"), "http:");
    }
}
