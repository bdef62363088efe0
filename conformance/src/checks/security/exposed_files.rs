//! What lies beside the program.

use crate::check::{Area, Check, Level, Meta, Revisions, Stop, Verdict};
use crate::client::Request;
use crate::context::Context;
use crate::page;

page! {
    /// Files with secrets are not served
    ///
    /// # What it checks
    /// `/.env`, `/.git/config` and `/.git/HEAD` are asked for, at the root of the server's origin. None may answer with
    /// what such a file holds. What they hold is not put into the report.
    ///
    /// # Why it matters
    /// The guide keeps the zone's credentials in the environment, which often means a file beside the program; a static
    /// file route over the wrong folder serves it.
    ///
    /// # How to fix it
    /// Serve named routes only, and keep files with secrets out of any folder that is served.
    ///
    /// # Reference
    /// The Keycard guide: credentials belong into environment variables and never into source control.
    pub struct ExposedFiles;
}

const META: Meta = Meta {
    id: "exposed-files",
    requirements: &["keycard-guide-secrets-not-exposed"],
    level: Level::Must,
    area: Area::Security,
    revisions: Revisions::Once,
    ..Meta::CALM
};

impl Check for ExposedFiles {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        for (path, holds) in FILES {
            let mut url = cx.url().clone();
            url.set_path(path);
            url.set_query(None);
            let reply =
                cx.send(&Request::get(url, format!("{path}, which should not be served")).confidential()).await?;
            if reply.status.is_success() && holds(&String::from_utf8_lossy(&reply.body)) {
                return Err(Stop::violation(
                    format!("{path} not served"),
                    format!("{} with its content", reply.status.as_u16()),
                ));
            }
        }
        Ok(())
    }
}

/// Whether a text is what a file holds.
type Holds = fn(&str) -> bool;

const FILES: [(&str, Holds); 3] = [
    ("/.env", assigns_a_secret),
    ("/.git/config", |text| text.contains("[core]")),
    ("/.git/HEAD", |text| text.starts_with("ref: refs/")),
];

/// Whether a line assigns a value to a variable whose name says secret, and is no page that happens to hold one.
fn assigns_a_secret(text: &str) -> bool {
    let names_secret =
        |name: &str| ["SECRET", "PASSWORD", "TOKEN", "API_KEY", "CLIENT_ID"].iter().any(|word| name.contains(word));
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    text.lines().any(|line| {
        let line = line.trim().trim_start_matches("export ");
        line.split_once('=')
            .is_some_and(|(name, value)| is_name(name) && names_secret(name) && !value.trim().is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::assigns_a_secret;

    #[test]
    fn a_file_of_variables_is_told_from_a_page() {
        assert!(assigns_a_secret("PORT=1\nexport KEYCARD_CLIENT_SECRET=\"x\"\n"));
        assert!(!assigns_a_secret("PORT=8000\nNODE_ENV=production"));
        assert!(!assigns_a_secret("<p>set KEYCARD_CLIENT_SECRET=… in your shell</p>"));
        assert!(!assigns_a_secret("CLIENT_SECRET="));
    }
}
