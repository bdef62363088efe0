//! The whole vocabulary of a check: what it is called, what it needs, how it ends.

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

use crate::catalogue;
use crate::context::Context;
use crate::mcp::Revision;
use crate::outage::Failure;

/// One statement about a protected server (or its zone), put to the test over the wire.
///
/// A check is one file: its page (the doc comment inside [`page!`](crate::page)), its [`Meta`], and `run`.
pub trait Check: Page + Send + Sync {
    /// What the check is called and what it needs; constant, so that listing never runs anything.
    fn meta(&self) -> &'static Meta;

    /// Puts the statement to the test; `?` leaves at the first thing that is not a pass.
    ///
    /// # Errors
    /// [`Stop`]: what kept it from passing.
    fn run(&self, cx: &Context) -> impl Future<Output = Verdict> + Send;
}

/// Any check, where one list holds them all: what a [`Check`] is by itself.
///
/// The future is boxed here, once, and not by `async_trait` in each check. What that writes carries a bound with the check's
/// own name, under which the compiler keeps nothing that it has proven: every check then costs a third of a second of
/// proof that all beneath it may cross threads.
pub trait AnyCheck: Page + Send + Sync {
    /// As [`Check::meta`] has it.
    fn meta(&self) -> &'static Meta;

    /// As [`Check::run`] has it.
    fn run<'a>(&'a self, cx: &'a Context) -> BoxFuture<'a, Verdict>;
}

impl<C: Check> AnyCheck for C {
    fn meta(&self) -> &'static Meta {
        Check::meta(self)
    }

    fn run<'a>(&'a self, cx: &'a Context) -> BoxFuture<'a, Verdict> {
        Box::pin(Check::run(self, cx))
    }
}

/// The documentation page of a check, as text: what [`page!`](crate::page) keeps of a doc comment.
pub trait Page {
    /// The page in Markdown, one element for each line of the doc comment.
    fn lines(&self) -> &'static [&'static str];

    /// The page's first line: the statement that the check puts to the test.
    fn title(&self) -> &'static str {
        self.lines().first().map_or("", |line| line.trim())
    }

    /// The text under a `# Heading` of the page, its lines joined.
    fn section(&self, heading: &str) -> String {
        let mut lines = self.lines().iter().map(|line| line.strip_prefix(' ').unwrap_or(line));
        lines.by_ref().find(|line| line.strip_prefix("# ").is_some_and(|name| name.trim() == heading));
        let text: Vec<_> = lines.take_while(|line| !line.starts_with("# ")).collect();
        text.join("\n").trim().to_owned()
    }
}

/// Declares a check's type and keeps its doc comment as the check's [`Page`].
#[macro_export]
macro_rules! page {
    ($(#[doc = $line:literal])+ pub struct $name:ident;) => {
        $(#[doc = $line])+
        pub struct $name;

        impl $crate::check::Page for $name {
            fn lines(&self) -> &'static [&'static str] {
                &[$($line),+]
            }
        }
    };
}

/// What is constant about a check.
#[derive(Debug)]
pub struct Meta {
    /// Stable, kebab-case, named for the behaviour at stake.
    pub id: &'static str,
    /// The catalogue's ids that this check exercises.
    pub requirements: &'static [&'static str],
    /// How much a violation weighs.
    pub level: Level,
    /// The topic, for grouping.
    pub area: Area,
    /// What the run must have for this check to say anything.
    pub needs: &'static [Need],
    /// In which protocol revisions the check is run.
    pub revisions: Revisions,
    /// What running it does to others.
    pub disturbs: Disturbs,
    /// Checks whose failure explains a failure of this one; the report then lists this one under it.
    pub follows_from: &'static [&'static str],
}

impl Meta {
    /// What most checks have in common; the rest is said with `..Meta::CALM`.
    pub const CALM: Self = Self {
        id: "",
        requirements: &[],
        level: Level::Must,
        area: Area::Discovery,
        needs: &[],
        revisions: Revisions::Each,
        disturbs: Disturbs::Nothing,
        follows_from: &[],
    };

    /// Whether the check has something to say in this revision: all of its requirements hold there.
    pub fn applies_in(&self, revision: Revision) -> bool {
        let holds = |id: &&str| catalogue::find(id).is_some_and(|requirement| requirement.holds_in(revision));
        self.revisions.include(revision) && self.requirements.iter().all(holds)
    }
}

/// How much a violation weighs (RFC 2119), as it binds the party under MCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// MUST or MUST NOT: a violation fails.
    Must,
    /// SHOULD or SHOULD NOT: a violation warns.
    Should,
    /// MAY: reported only.
    May,
}

impl Level {
    /// The RFC 2119 keyword.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

/// The topic of a check; the catalogue's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Protected resource metadata and the ways to it.
    Discovery,
    /// 401 and 403, and their `WWW-Authenticate`.
    Challenge,
    /// Shape, signature and lifetime of tokens.
    TokenValidation,
    /// Who issued the token.
    Issuer,
    /// Whom the token was issued for.
    Audience,
    /// What the token permits.
    Scopes,
    /// Signing keys: rotation, outage, confusion.
    Keys,
    /// The MCP transport.
    Transport,
    /// What fits no single area above: every way in, leaks.
    Security,
    /// Calls to an API behind the server, on its callers' behalf.
    Delegation,
    /// What the zone and the server write down.
    Audit,
}

impl Area {
    /// The area's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Challenge => "challenge",
            Self::TokenValidation => "token-validation",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Scopes => "scopes",
            Self::Keys => "keys",
            Self::Transport => "transport",
            Self::Security => "security",
            Self::Delegation => "delegation",
            Self::Audit => "audit",
        }
    }
}

/// What a check must have beyond the server's URL; the catalogue's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The suite can mint any token and see the zone's traffic.
    ZoneControl,
    /// One good token is enough.
    ValidToken,
    /// The zone's keys can be changed.
    AdminRotateKeys,
    /// The zone or its documents can be made to misbehave.
    FaultInjection,
    /// A second resource or zone, which the server can reach.
    SecondServer,
    /// Audit events can be read.
    AuditFeed,
    /// A tool that the user named, or one marked read-only.
    DeclaredTool,
    /// What a tool does, as the user's configuration says: whom it refuses, what it asks for, what it issues.
    DeclaredBehaviour,
    /// A tool that calls a downstream API which the suite watches.
    Upstream,
    /// The log of calls that the server keeps.
    ServerAudit,
    /// Which tool needs which scope: declared, taken from challenges, or found by minting.
    ScopeMap,
    /// A TLS endpoint.
    Tls,
    /// An authorization page has to be driven.
    Browser,
    /// The server can be stopped and started anew.
    Launch,
}

impl Need {
    /// The need's name: the catalogue's, and the one `--require` and `--allow-untested` take.
    pub fn name(self) -> &'static str {
        match self {
            Self::ZoneControl => "zone-control",
            Self::ValidToken => "valid-token",
            Self::AdminRotateKeys => "admin-rotate-keys",
            Self::FaultInjection => "fault-injection",
            Self::SecondServer => "second-server",
            Self::AuditFeed => "audit-feed",
            Self::DeclaredTool => "declared-tool",
            Self::DeclaredBehaviour => "declared-behaviour",
            Self::Upstream => "upstream",
            Self::ServerAudit => "server-audit",
            Self::ScopeMap => "scope-map",
            Self::Tls => "tls",
            Self::Browser => "browser",
            Self::Launch => "launch",
        }
    }

    /// The one option that would give it.
    pub fn enabled_by(self) -> &'static str {
        match self {
            Self::ZoneControl | Self::AdminRotateKeys | Self::FaultInjection | Self::AuditFeed | Self::Browser => {
                "--zone URL of a mock zone that the server trusts, or --launch COMMAND"
            }
            Self::ValidToken => "--token-file, --token-command, CONFORMANCE_TOKEN or --login",
            Self::SecondServer => "a server on this machine, which can reach the suite's second zone",
            Self::DeclaredTool => "--tool NAME=JSON",
            Self::DeclaredBehaviour => "[tools.NAME] in conformance.toml, where a tool is said to do this",
            Self::Upstream => "--launch COMMAND and --tool-upstream NAME, a tool that calls the API at UPSTREAM_URL",
            Self::ServerAudit => "--server-audit FILE, the log of calls that the server writes as lines of JSON",
            Self::ScopeMap => "--tool-scope NAME=SCOPE",
            Self::Tls => "an https URL",
            Self::Launch => "--launch COMMAND, with a command that can be started more than once",
        }
    }

    /// Whether it is of no use without an accepted token: where none was accepted, that is what is amiss.
    pub fn wants_a_token_first(self) -> bool {
        use Need::{DeclaredBehaviour, DeclaredTool, Launch, ScopeMap, ServerAudit, Upstream};
        matches!(self, ScopeMap | DeclaredTool | DeclaredBehaviour | Upstream | ServerAudit | Launch)
    }

    /// Whether it rests on what the user says of the server, its tools and its log, which no other access promises.
    pub fn is_declared(self) -> bool {
        matches!(self, Self::DeclaredBehaviour | Self::Upstream | Self::ServerAudit)
    }
}

/// In which protocol revisions a check is run, of those in which all of its requirements hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revisions {
    /// Once, in the newest: it does not depend on the revision.
    Once,
    /// In each that the server speaks.
    Each,
    /// Only in those that begin with `initialize`.
    Initialize,
    /// Only in those without `initialize` (from 2026-07-28 on).
    Stateless,
}

impl Revisions {
    /// Whether the check may be run in this revision.
    fn include(self, revision: Revision) -> bool {
        match self {
            Self::Once | Self::Each => true,
            Self::Initialize => revision.initializes(),
            Self::Stateless => !revision.initializes(),
        }
    }
}

/// What running a check does to others.
///
/// Checks that disturb run on a server of their own where one can be started, one for each kind of disturbance; else
/// alone, after the calm ones, in the registry's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disturbs {
    /// Nothing: it may run beside any other.
    Nothing,
    /// It has the server refresh its keys.
    Keys,
    /// It has the zone fail in this way.
    Outage(Failure),
    /// It has the zone's metadata lie.
    Metadata,
    /// It has the zone's token endpoint fail.
    TokenEndpoint,
}

/// How a check ended; `?` leaves at the first thing that is not a pass.
pub type Verdict = Result<(), Stop>;

/// What kept a check from passing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The server broke the requirement. `Meta::level` decides the severity, never the check.
    Violation {
        /// What the requirement asks for.
        expected: String,
        /// What came.
        actual: String,
    },
    /// A precondition of ours did not hold (a good token was refused too, say). Never green.
    Inconclusive {
        /// Which one, and what came instead.
        because: String,
    },
    /// The requirement does not bind this server, by its own declaration.
    NotApplicable {
        /// Which declaration.
        why: String,
    },
    /// This run has no means to tell, and this would give it.
    NotTested {
        /// What is missing.
        need: Need,
    },
    /// No tool was declared to do what this is about.
    Undeclared {
        /// What a declaration would say, as in `a tool with "asks-for-input = true"`.
        wanted: &'static str,
    },
    /// The suite itself went wrong.
    Bug {
        /// What happened.
        what: String,
    },
}

impl Stop {
    /// The server broke the requirement.
    pub fn violation(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self::Violation { expected: expected.into(), actual: actual.into() }
    }

    /// A precondition of ours did not hold.
    pub fn inconclusive(because: impl Into<String>) -> Self {
        Self::Inconclusive { because: because.into() }
    }

    /// The requirement does not bind this server.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable { why: why.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(unreachable_pub, reason = "the macro declares checks, which are public")]
    mod example {
        page! {
            /// A title
            ///
            /// # What it checks
            /// One line
            /// and another.
            ///
            /// # Reference
            /// RFC 1.
            pub struct Example;
        }
    }
    use example::Example;

    #[test]
    fn a_page_keeps_its_title_and_its_sections() {
        assert_eq!(Example.title(), "A title");
        assert_eq!(Example.section("What it checks"), "One line\nand another.");
        assert_eq!(Example.section("Reference"), "RFC 1.");
        assert_eq!(Example.section("Absent"), "");
    }
}
