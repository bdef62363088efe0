//! An address tells nothing of its reader.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::with_url;
use crate::check::{Area, Check, Level, Meta, Need, Stop, Verdict};
use crate::context::Context;
use crate::inputs::Caller;
use crate::page;
use crate::survey::random_id;
use crate::text::quoted;

page! {
    /// An elicitation's URL holds no credentials and no personal data
    ///
    /// # What it checks
    /// Tools that are declared to ask for input are called with a token of a user with a subject, a name and an e-mail address of
    /// their own. The URLs to which they send that user are searched, as they stand, percent-decoded and with what is base64
    /// decoded, for these three, for the token and for every other secret of the run.
    ///
    /// # Why it matters
    /// A URL ends up in the client's log, in the history of a browser, with whoever the user shows it to, and in the `Referer`
    /// of the next page.
    ///
    /// # How to fix it
    /// Put a random id into the URL, and store what belongs to it at the server.
    ///
    /// # Reference
    /// MCP 2026-07-28, Elicitation, "Safe URL Handling".
    pub struct UrlPersonalData;
}

const META: Meta = Meta {
    id: "elicitation-url-personal-data",
    requirements: &["mcp-elicitation-url-no-sensitive-data"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ZoneControl, Need::DeclaredBehaviour],
    ..Meta::CALM
};

impl Check for UrlPersonalData {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let personal = [("sub", ""), ("name", ""), ("email", "@conformance.example")];
        let personal = personal.map(|(claim, end)| (claim, format!("conformance-{}{end}", random_id())));
        let draft = token.but(|t| personal.iter().for_each(|(claim, value)| t.claim(claim, value.as_str())));
        let own = cx.sign(&draft, "token of a user with a name").await?;
        let caller = Caller::begin(cx, &own).await?;
        let asked = with_url(cx, &caller).await;
        caller.end(cx).await;
        for (question, url) in asked? {
            for text in readings(&url) {
                let claim = personal.iter().find(|(_, value)| text.contains(value.as_str()));
                let found = claim.map(|(claim, _)| format!("the user's {claim}")).or_else(|| cx.known_secret_in(&text));
                if let Some(found) = found {
                    let actual = format!("{found} in that of {}", quoted(question.name));
                    return Err(Stop::violation("a URL without credentials and personal data", actual));
                }
            }
        }
        Ok(())
    }
}

/// Most letters of a URL that are read.
const URL_AT_MOST: usize = 16 * 1024;

const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// A URL as it stands, percent-decoded, and what of it is base64.
fn readings(url: &str) -> Vec<String> {
    let url: String = url.chars().take(URL_AT_MOST).collect();
    // A plus sign is a space in forms alone, and one of the letters of base64.
    let escaped = url.replace('+', "%2B");
    let pairs = url::form_urlencoded::parse(escaped.as_bytes());
    let decoded = pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let mut all = vec![url, decoded.clone()];
    for alphabet in [&base64::alphabet::URL_SAFE, &base64::alphabet::STANDARD] {
        let engine = GeneralPurpose::new(alphabet, CONFIG);
        let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+');
        let parts = decoded.split(|c| !is_letter(c)).filter(|part| part.len() >= 8);
        let bytes = parts.filter_map(|part| engine.decode(part).ok());
        all.extend(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_url_says_is_read_however_it_was_written() {
        let read = |url: &str, word: &str| readings(url).iter().any(|text| text.contains(word));
        assert!(read("https://h/connect?user=ann@example.com", "ann@example.com"));
        assert!(read("https://h/connect?user=ann%40example.com", "ann@example.com"));
        assert!(read("https://h/connect/eyJzdWIiOiJhbm5AZXhhbXBsZS5jb20ifQ.c2ln", "ann@example.com"));
        assert!(!read("https://h/connect?id=4711", "ann@example.com"));
    }
}
