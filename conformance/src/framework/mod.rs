//! What a server is made with, as far as it can be told from outside, and how a finding is mended in that.

mod fixes;
mod recognise;

use schemars::JsonSchema;
use serde::Serialize;

use crate::client::Request;
use crate::context::Run;
use crate::mcp::{self, Operation};
use crate::reply::Reply;
use crate::secrets::Secrets;
use crate::survey::TokenFound;
use crate::transcript::Transcript;

pub use fixes::fix;
pub use recognise::recognise;

/// A framework that servers are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub enum Framework {
    /// Keycard's package for fastmcp.
    #[serde(rename = "keycardai-fastmcp")]
    KeycardaiFastmcp,
    /// Keycard's package for the official Python SDK.
    #[serde(rename = "keycardai-mcp")]
    KeycardaiMcp,
    /// Keycard's package for the official TypeScript SDK.
    #[serde(rename = "@keycardai/mcp")]
    KeycardaiTypescript,
    /// fastmcp, for Python.
    #[serde(rename = "fastmcp")]
    Fastmcp,
    /// The official Python SDK.
    #[serde(rename = "mcp")]
    PythonSdk,
    /// The official TypeScript SDK.
    #[serde(rename = "@modelcontextprotocol/sdk")]
    TypescriptSdk,
    /// The official Rust SDK.
    #[serde(rename = "rmcp")]
    RustSdk,
}

impl Framework {
    /// The package's name, with what it is where the name alone does not say.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeycardaiFastmcp => "keycardai-fastmcp",
            Self::KeycardaiMcp => "keycardai-mcp",
            Self::KeycardaiTypescript => "@keycardai/mcp",
            Self::Fastmcp => "fastmcp",
            Self::PythonSdk => "mcp, the official Python SDK",
            Self::TypescriptSdk => "@modelcontextprotocol/sdk, the official TypeScript SDK",
            Self::RustSdk => "rmcp, the official Rust SDK",
        }
    }

    /// The package's name alone.
    pub fn package(self) -> &'static str {
        self.name().split(',').next().unwrap_or_default()
    }

    /// What it is built on: whoever uses it shows signs of that too.
    fn built_on(self) -> Option<Self> {
        match self {
            Self::KeycardaiFastmcp => Some(Self::Fastmcp),
            Self::Fastmcp | Self::KeycardaiMcp => Some(Self::PythonSdk),
            Self::KeycardaiTypescript => Some(Self::TypescriptSdk),
            Self::PythonSdk | Self::TypescriptSdk | Self::RustSdk => None,
        }
    }
}

/// How sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It fits, and others would too.
    Possible,
    /// One thing that only it is known to do.
    Likely,
    /// Several such things.
    VeryLikely,
}

impl Confidence {
    /// The same in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::VeryLikely => "very likely",
        }
    }
}

/// A framework that was recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Recognised {
    /// Which one.
    pub framework: Framework,
    /// The version that the server gives for itself, where that is the framework's unless the program gives one.
    pub version: Option<String>,
    /// How sure that is.
    pub confidence: Confidence,
    /// What it was recognised by.
    pub evidence: Vec<String>,
}

impl Recognised {
    /// The same, where the server may have given a token for its version.
    #[must_use]
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        self.version = self.version.map(|version| secrets.mask(&version));
        self
    }

    /// The whole in a sentence, with its best evidence: `looks like fastmcp 4.2.3 (likely): …`.
    pub fn sentence(&self) -> String {
        let version = self.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        format!(
            "looks like {}{version} ({}): {}",
            self.framework.name(),
            self.confidence.name(),
            self.evidence.iter().take(SAID).map(String::as_str).collect::<Vec<_>>().join("; ")
        )
    }
}

/// How much of the evidence a sentence says; the JSON report has it all.
const SAID: usize = 3;

/// What a framework is recognised by, beside what the checks have seen.
#[derive(Debug, Default)]
pub struct Glimpse {
    /// The answer to a request without credentials.
    pub anonymous: Option<Reply>,
    /// The answer to a word that is no token.
    pub garbage: Option<Reply>,
    /// The metadata documents' answers.
    pub metadata: Vec<Reply>,
    /// The answer to `initialize` or `server/discover` with the accepted token.
    pub begun: Option<Reply>,
}

impl Glimpse {
    /// Takes what the survey has seen, and sends two requests more.
    pub async fn of(run: &Run) -> Self {
        let discovery = &run.survey.discovery;
        let Ok(anonymous) = &discovery.anonymous else { return Self::default() };
        let metadata = discovery.places.iter().filter_map(|place| place.reply.as_ref().ok()).cloned().collect();
        let mut glimpse = Self { anonymous: Some(anonymous.clone()), metadata, ..Self::default() };
        let Some((&revision, dialect)) = run.survey.dialects.iter().next_back() else { return glimpse };
        let post = |operation: &Operation| mcp::post(&run.options.url, operation, revision, &dialect.session);
        let word = post(&dialect.bearing).bearer("not-a-token").purpose("a word that is no token");
        glimpse.garbage = sent(run, &word).await;
        if let TokenFound::Accepted(token) = &run.survey.token {
            let begin = if revision.initializes() { Operation::Initialize } else { Operation::Discover };
            let begin = mcp::post(&run.options.url, &begin, revision, &mcp::Session::default());
            glimpse.begun = sent(run, &begin.bearer(&token.compact).purpose("what the server says of itself")).await;
        }
        glimpse
    }
}

async fn sent(run: &Run, request: &Request) -> Option<Reply> {
    run.client.send(request, &Transcript::default()).await.ok()
}
