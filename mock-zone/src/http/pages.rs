//! The pages that people see: plain, escaped, without script, never framed, and marked as a mock's.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};
use openssl::sha::sha256;

use crate::zone::flow::FlowError;
use crate::zone::secret::Secret;

/// How much of a name that others chose is shown.
pub(super) const LONGEST_NAME: usize = 80;
/// How much of an identifier is shown.
pub(super) const LONGEST_IDENTIFIER: usize = 256;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:2rem auto;padding:0 1rem;\
color:#222;background:#fff;overflow-wrap:anywhere}\
h1{font-size:1.4rem}.mock{background:#fff3cd;border:1px solid #e0c060;border-radius:4px;padding:.4rem .7rem}\
.error{background:#fde8e8;border:1px solid #c04040;border-radius:4px;padding:.4rem .7rem}\
.field{margin:.8rem 0}.hint{margin:0;color:#555}label,input{display:block}\
input{width:100%;box-sizing:border-box;font:inherit;padding:.5rem;border:1px solid #767676;border-radius:4px}\
button{font:inherit;padding:.5rem 1.2rem;margin:.4rem 0;min-width:8rem;border:1px solid #1a4fa0;border-radius:4px;\
background:#1a4fa0;color:#fff}button.second{background:#fff;color:#1a4fa0}\
dt{color:#555}dd{margin:0 0 .6rem}ul{margin:0;padding-left:1.2rem}";

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
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · mock zone" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                p .mock { "This is a " strong { "mock" } " zone for tests. Type no real password here." }
                main {
                    h1 { (title) }
                    (content)
                }
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
    page(status, title, None, &html! { p .error role="alert" { (why) } })
}

/// What is wrong with what was typed, for the fields that name it.
pub(super) fn problem(error: Option<&FlowError>) -> Markup {
    html! {
        @if let Some(error) = error {
            p .error #problem role="alert" { (error) }
        }
    }
}

/// A form of this origin, bound to what was shown.
pub(super) struct Form<'a> {
    pub(super) action: &'a str,
    pub(super) token: &'a Secret,
    pub(super) content: Markup,
}

impl Render for Form<'_> {
    fn render(&self) -> Markup {
        html! {
            form method="post" action=(self.action) {
                input type="hidden" name="form_token" value=(self.token.reveal());
                (self.content)
            }
        }
    }
}

/// A field that must be filled in, with its label.
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    pub(super) kind: &'a str,
    pub(super) value: &'a str,
    pub(super) autocomplete: &'a str,
    pub(super) hint: Option<&'a str>,
    /// Whether the page's [`problem`] is with this one.
    pub(super) is_wrong: bool,
    pub(super) has_focus: bool,
}

impl<'a> Field<'a> {
    pub(super) fn new(name: &'a str, label: &'a str) -> Self {
        Self {
            name,
            label,
            kind: "text",
            value: "",
            autocomplete: "off",
            hint: None,
            is_wrong: false,
            has_focus: false,
        }
    }
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let hint = self.hint.map(|_| format!("{}-hint", self.name));
        let described = match (hint.as_deref(), self.is_wrong) {
            (Some(hint), true) => Some(format!("problem {hint}")),
            (Some(hint), false) => Some(hint.to_owned()),
            (None, true) => Some("problem".to_owned()),
            (None, false) => None,
        };
        html! {
            div .field {
                label for=(self.name) { (self.label) }
                input type=(self.kind) name=(self.name) id=(self.name) value=(self.value)
                    autocomplete=(self.autocomplete) autocapitalize="none" spellcheck="false"
                    aria-describedby=[described] aria-invalid=[self.is_wrong.then_some("true")]
                    autofocus[self.has_focus] required;
                @if let Some(text) = self.hint {
                    p .hint id=[hint] { (text) }
                }
            }
        }
    }
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
