//! `conformance.toml`: every option of `run` as a key, and what only the user knows of the server's tools.
//!
//! The file becomes words of a command line, put before the user's own, so that both are read, checked and explained by
//! one parser. A word of the user's takes the place of the file's.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::declared::{Completion, Declared, Resource, Tool};
use crate::files;
use crate::server_audit::Mapping;
use crate::text::{nearest, printable};

/// The file that is read where none is named.
const DEFAULT: &str = "conformance.toml";

/// Most bytes that are read of a file.
const AT_MOST: u64 = 1 << 20;

/// Options that say by which access the server is tested; one on the command line takes the place of all in the file.
const ACCESS: &[&str] = &[
    "zone",
    "launch",
    "launch-timeout",
    "env",
    "token-file",
    "token-command",
    "login",
    "login-url-only",
    "login-timeout",
    "client-id",
    "issuer",
];

/// Those of them that say which access it is.
const WAYS: &[&str] = &["zone", "launch", "token-file", "token-command", "login", "login-url-only"];

/// Options that say how much is shown, which exclude each other.
const VOLUME: &[&str] = &["verbose", "quiet"];

/// What a file may say.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Settings {
    /// The server's MCP endpoint; with `launch`, port 0 picks a free port.
    url: Option<String>,
    /// A mock zone that the server trusts.
    zone: Option<String>,
    /// A command that starts the server.
    launch: Option<String>,
    /// Seconds that the command may take to answer.
    launch_timeout: Option<u64>,
    /// Variables for the command.
    env: BTreeMap<String, String>,
    /// A file that holds a token.
    token_file: Option<PathBuf>,
    /// A command that prints a token.
    token_command: Option<String>,
    /// Whether to sign in through the browser.
    login: bool,
    /// Whether to print the address instead of opening a browser.
    login_url_only: bool,
    /// Seconds that the sign-in may take.
    login_timeout: Option<u64>,
    /// The client to sign in as.
    client_id: Option<String>,
    /// The one authorization server to sign in at.
    issuer: Option<String>,
    /// The checks to run; none: all.
    checks: Vec<String>,
    /// The revisions of MCP to test; none: all that the server speaks.
    revisions: Vec<String>,
    /// Scopes that imply others.
    scope_implies: BTreeMap<String, Vec<String>>,
    /// Whether a broken SHOULD fails the run.
    strict: bool,
    /// Fail the run when something of this was not tested: a need, an area, `must`, `should`, or a check.
    require: Vec<String>,
    /// Accept that MUSTs of this need are not tested.
    allow_untested: Vec<String>,
    /// A file with the findings that are known.
    baseline: Option<PathBuf>,
    /// Checks that are run and shown, and never decide how the run ends.
    known_flaky: Vec<Flaky>,
    /// The reports to write, each as FORMAT or FORMAT=FILE.
    reports: Vec<String>,
    /// Certificates to trust at an https URL beside the system's.
    ca_files: Vec<PathBuf>,
    /// Whether to show every exchange.
    verbose: bool,
    /// Whether to show the findings and how much was tested, and nothing else.
    quiet: bool,
    /// When to use colours.
    color: Option<String>,
    /// Seconds that one exchange may take.
    timeout: Option<u64>,
    /// Seconds that a server may take to accept a key that was rotated in, or to drop one that was taken out.
    key_wait: Option<u64>,
    /// The log of calls that the server writes.
    server_audit: Log,
    /// Tools that may be called, by name, and what they do.
    tools: BTreeMap<String, Tool>,
    /// Resources that not everybody may read, by URI.
    resources: BTreeMap<String, Resource>,
    /// Completions of which not everybody may see all.
    completions: Vec<Completion>,
}

/// A check that is known to be flaky.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flaky {
    /// The check's id.
    check: String,
    /// Why it is.
    reason: String,
}

/// The server's log of calls: the file, and where a record says what.
///
/// Where is a JSON pointer (RFC 6901), such as `/actor/user/uid`. What is left out is looked for where logs commonly have it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Log {
    /// The file, a line of JSON for each call.
    file: Option<PathBuf>,
    /// The tool that was called.
    tool: Option<String>,
    /// The verified user: `sub` of the token.
    subject: Option<String>,
    /// The OAuth client: `client_id` of the token.
    client: Option<String>,
    /// What became of the call.
    outcome: Option<String>,
    /// The token's own name: its `jti`.
    id: Option<String>,
    /// What ties the records of one user's doings together.
    correlation: Option<String>,
}

impl Log {
    /// Where a record says what.
    fn mapping(self) -> Result<Mapping, String> {
        let Self { file: _, tool, subject, client, outcome, id, correlation } = self;
        let wrong = [&tool, &subject, &client, &outcome, &id, &correlation]
            .into_iter()
            .flatten()
            .find(|pointer| !pointer.starts_with('/'));
        if let Some(wrong) = wrong {
            return Err(format!("{wrong:?} in [server-audit] is no JSON pointer, such as \"/actor/user/uid\""));
        }
        Ok(Mapping { tool, subject, client, outcome, id, correlation })
    }
}

/// A file that was read, and the words that it comes to.
#[derive(Debug)]
pub(super) struct Configuration {
    path: PathBuf,
    text: String,
    /// The options set by the file, without their dashes; the key of the file is the same word or its plural.
    options: Vec<&'static str>,
    /// What it says of tools, resources and completions.
    pub(super) declared: Declared,
    /// Where it says that the server's log has what.
    pub(super) mapping: Mapping,
}

/// A command line with the words of the configuration file in it, and that file where there is one.
pub(super) fn with_file(words: Vec<OsString>) -> Result<(Vec<OsString>, Option<Configuration>), String> {
    let given = Given::in_words(&words);
    if !given.is_run {
        return Ok((words, None));
    }
    let (path, named) = match &given.config {
        Some(path) => (path.clone(), true),
        None => (PathBuf::from(DEFAULT), false),
    };
    if given.options.contains("no-config") {
        return Ok((words, None));
    }
    let text = match read(&path) {
        Ok(text) => text,
        Err(error) if !named && error.kind() == std::io::ErrorKind::NotFound => return Ok((words, None)),
        Err(error) => return Err(format!("could not read the configuration {}: {error}", path.display())),
    };
    let file: Settings = toml::from_str(&text).map_err(|error| explained(&path, &error))?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let (added, options) = file.words(&given, &folder);
    let declared = Declared { tools: file.tools, resources: file.resources, completions: file.completions };
    check_completions(&declared).map_err(|why| format!("{}: {why}", path.display()))?;
    // After the subcommand, and before all that the user said of it.
    let mut all = words;
    let at = given.after_subcommand;
    all.splice(at..at, added.into_iter().map(OsString::from));
    let mapping = file.server_audit.mapping().map_err(|why| format!("{}: {why}", path.display()))?;
    Ok((all, Some(Configuration { path, text, options, declared, mapping })))
}

impl Configuration {
    /// Whether the file says what this option is.
    pub(super) fn sets(&self, option: &str) -> bool {
        self.options.contains(&option)
    }

    /// Which line of the file an error of the command line's parser is about, if it is about one.
    pub(super) fn blamed_for(&self, error: &clap::Error) -> Option<String> {
        let named = |kind| match error.get(kind) {
            Some(ContextValue::String(arg)) => Some(arg.clone()),
            Some(ContextValue::Strings(args)) => args.first().cloned(),
            _ => None,
        };
        let args = [named(ContextKind::InvalidArg), named(ContextKind::PriorArg)];
        let option = args.into_iter().flatten().find_map(|arg| {
            let word = arg.trim_start_matches('-').split([' ', '=', '[']).next()?.to_owned();
            self.options.iter().find(|option| **option == word)
        })?;
        let value = match error.get(ContextKind::InvalidValue) {
            Some(ContextValue::String(value)) => Some(value.as_str()),
            _ => None,
        };
        let is_key = |line: &(usize, &str)| {
            let key = line.1.trim_start().split(['=', ' ', '.']).next().unwrap_or_default().trim_matches('"');
            key == *option || key.strip_suffix('s') == Some(option)
        };
        let lines = || (1..).zip(self.text.lines());
        let line = lines().find(|line| is_key(line) || value.is_some_and(|v| v.len() > 3 && line.1.contains(v)));
        Some(match line {
            Some((number, line)) => {
                format!("that stands in {}, line {number}: {}", self.path.display(), printable(line.trim()))
            }
            None => format!("that stands in {}", self.path.display()),
        })
    }
}

/// A small text file.
pub(super) fn read(path: &Path) -> std::io::Result<String> {
    let not_text = |_| std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8 text");
    String::from_utf8(files::read(path, AT_MOST)?).map_err(not_text)
}

/// What is wrong with a file, with its line, and the known key that an unknown one may have meant.
pub(super) fn explained(path: &Path, error: &toml::de::Error) -> String {
    let mut words = error.message().split('`').skip(1).step_by(2);
    let near = error.message().starts_with("unknown field").then(|| {
        let unknown = words.next()?;
        nearest(unknown, words)
    });
    let near = near.flatten().map(|near| format!("\ndid you mean `{near}`?")).unwrap_or_default();
    let mut said = error.to_string();
    // The parser's words for what it expected are those of the program's language.
    for (word, plain) in [
        ("expected u64", "expected a whole number, 0 or more"),
        ("expected i64", "expected a whole number"),
        ("expected a sequence", "expected a list, [\"…\"]"),
        ("expected a map", "expected a table"),
        ("expected struct ", "expected a table that says a "),
    ] {
        said = said.replace(word, plain);
    }
    format!("{}: {}{near}", path.display(), said.trim_end())
}

fn check_completions(declared: &Declared) -> Result<(), String> {
    let wrong = declared.completions.iter().find(|c| c.prompt.is_some() == c.resource.is_some());
    match wrong {
        Some(completion) => Err(format!(
            "the completion of {:?} needs `prompt` or `resource`, and not both: whose argument is it?",
            completion.argument
        )),
        None => Ok(()),
    }
}

/// What the user's own words say.
struct Given {
    is_run: bool,
    after_subcommand: usize,
    config: Option<PathBuf>,
    /// Every option in them, without its dashes.
    options: BTreeSet<String>,
    /// The tools named by `--tool`, and by `--tool-scope`.
    tools: BTreeSet<String>,
    scoped: BTreeSet<String>,
}

impl Given {
    fn in_words(words: &[OsString]) -> Self {
        let text = |at: usize| words.get(at).map(|word| word.to_string_lossy().into_owned());
        let is_run = text(1).as_deref() == Some("run");
        let mut given = Self {
            is_run,
            after_subcommand: 2,
            config: None,
            options: BTreeSet::new(),
            tools: BTreeSet::new(),
            scoped: BTreeSet::new(),
        };
        for at in 2..words.len() {
            let word = text(at).unwrap_or_default();
            if word == "-v" {
                given.options.insert("verbose".to_owned());
            }
            if word == "-q" {
                given.options.insert("quiet".to_owned());
            }
            let Some(option) = word.strip_prefix("--").filter(|option| !option.is_empty()) else { continue };
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (option, text(at + 1)),
            };
            let value = value.unwrap_or_default();
            let before_equals = || value.split('=').next().unwrap_or_default().to_owned();
            match name {
                "config" => given.config = Some(PathBuf::from(&value)),
                "tool" => drop(given.tools.insert(before_equals())),
                "tool-scope" => drop(given.scoped.insert(before_equals())),
                _ => {}
            }
            given.options.insert(name.to_owned());
        }
        given
    }

    /// Whether the file's option still counts.
    fn leaves(&self, option: &str) -> bool {
        let other_way = ACCESS.contains(&option) && WAYS.iter().any(|way| self.options.contains(*way));
        let other_volume = VOLUME.contains(&option) && VOLUME.iter().any(|volume| self.options.contains(*volume));
        !other_way && !other_volume && !self.options.contains(option)
    }
}

impl Settings {
    /// The words that this file comes to beside the user's, and the options in them.
    fn words(&self, given: &Given, folder: &Path) -> (Vec<String>, Vec<&'static str>) {
        let mut line = Line { given, words: Vec::new(), options: Vec::new() };
        let path = |path: &PathBuf| folder.join(path).display().to_string();
        let number = |number: &u64| number.to_string();
        line.value("url", self.url.clone());
        line.value("zone", self.zone.clone());
        line.value("launch", self.launch.clone());
        line.value("launch-timeout", self.launch_timeout.as_ref().map(number));
        line.values("env", self.env.iter().map(|(name, value)| format!("{name}={value}")));
        line.value("token-file", self.token_file.as_ref().map(path));
        line.value("token-command", self.token_command.clone());
        line.flag("login", self.login);
        line.flag("login-url-only", self.login_url_only);
        line.value("login-timeout", self.login_timeout.as_ref().map(number));
        line.value("client-id", self.client_id.clone());
        line.value("issuer", self.issuer.clone());
        line.value("server-audit", self.server_audit.file.as_ref().map(path));
        line.values("check", self.checks.iter().cloned());
        line.values("revision", self.revisions.iter().cloned());
        let implied = self.scope_implies.iter();
        line.values(
            "scope-implies",
            implied.flat_map(|(broad, narrow)| narrow.iter().map(move |narrow| format!("{broad}={narrow}"))),
        );
        line.flag("strict", self.strict);
        line.values("require", self.require.iter().cloned());
        line.values("allow-untested", self.allow_untested.iter().cloned());
        line.value("baseline", self.baseline.as_ref().map(path));
        line.values("known-flaky", self.known_flaky.iter().map(|flaky| format!("{}={}", flaky.check, flaky.reason)));
        let report = |report: &String| match report.split_once('=') {
            Some((format, file)) => format!("{format}={}", folder.join(file).display()),
            None => report.clone(),
        };
        line.values("report", self.reports.iter().map(report));
        line.values("ca-file", self.ca_files.iter().map(path));
        line.flag("verbose", self.verbose);
        line.flag("quiet", self.quiet);
        line.value("color", self.color.clone());
        line.value("timeout", self.timeout.as_ref().map(number));
        line.value("key-wait", self.key_wait.as_ref().map(number));
        // One tool on the command line replaces that tool of the file, and no other.
        for (name, tool) in self.tools.iter().filter(|(_, tool)| tool.is_plain()) {
            let named = given.tools.contains(name);
            line.always("tool", (!named).then(|| format!("{name}={}", object(&tool.arguments))));
        }
        for (name, tool) in self.tools.iter().filter(|(name, _)| !given.scoped.contains(*name)) {
            tool.scopes.iter().for_each(|scope| line.always("tool-scope", Some(format!("{name}={scope}"))));
        }
        (line.words, line.options)
    }
}

fn object(arguments: &Map<String, Value>) -> Value {
    Value::Object(arguments.clone())
}

/// Words of a command line in the making.
struct Line<'a> {
    given: &'a Given,
    words: Vec<String>,
    options: Vec<&'static str>,
}

impl Line<'_> {
    fn value(&mut self, option: &'static str, value: Option<String>) {
        self.values(option, value);
    }

    fn values(&mut self, option: &'static str, values: impl IntoIterator<Item = String>) {
        if self.given.leaves(option) {
            values.into_iter().for_each(|value| self.always(option, Some(value)));
        }
    }

    fn flag(&mut self, option: &'static str, set: bool) {
        if set && self.given.leaves(option) {
            self.words.push(format!("--{option}"));
            self.options.push(option);
        }
    }

    /// Adds the option whatever the command line says.
    fn always(&mut self, option: &'static str, value: Option<String>) {
        // One word, so that a value which begins with a dash is not taken for an option.
        self.words.extend(value.iter().map(|value| format!("--{option}={value}")));
        self.options.extend(value.map(|_| option));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mangled::mangled;

    const SEEDS: &[&str] = &[
        "url = \"http://localhost:8080/mcp\"\ntimeout = 5\nchecks = [\"no-token\"]\n[tools.search]\nscopes = ['x']\n",
        "scope-implies = { \"docs:write\" = [\"docs:read\"] }\nenv = { A = \"{upstream}\" }\n[tools.\"a b\".arguments]\nq = 1\n",
        "[[completions]]\nprompt = 'p'\nargument = 'a'\n[resources.\"file:///x\"]\n",
    ];

    proptest! {
        #[test]
        fn any_file_is_a_configuration_or_refused_in_words(bytes in mangled(SEEDS)) {
            let text = String::from_utf8_lossy(&bytes);
            match toml::from_str::<Settings>(&text) {
                Ok(file) => {
                    let given = Given::in_words(&words(&["conformance", "run", "--timeout", "9"]));
                    let (words, _) = file.words(&given, Path::new("ci"));
                    prop_assert!(!words.iter().any(|word| word.starts_with("--timeout")), "{words:?}");
                }
                Err(error) => {
                    let message = explained(Path::new("conformance.toml"), &error);
                    prop_assert!(message.starts_with("conformance.toml: "), "{message}");
                }
            }
        }
    }

    fn words(line: &[&str]) -> Vec<OsString> {
        line.iter().map(OsString::from).collect()
    }

    /// The words of `file` beside those of a command line.
    fn added(file: &str, line: &[&str]) -> Vec<String> {
        let file: Settings = toml::from_str(file).expect("a configuration");
        file.words(&Given::in_words(&words(line)), Path::new("ci")).0
    }

    fn refused(file: &str) -> String {
        let error = toml::from_str::<Settings>(file).expect_err("not a configuration");
        explained(Path::new("conformance.toml"), &error)
    }

    #[test]
    fn every_key_is_an_option() {
        let file = r#"
            url = "http://localhost:8080/mcp"
            launch = "npx tsx server.ts"
            env = { API_BASE = "{upstream}" }
            revisions = ["2025-11-25"]
            reports = ["junit=report.xml", "markdown"]
            scope-implies = { "docs:write" = ["docs:read"] }
            strict = true
            timeout = 5
            baseline = "known.toml"
            known-flaky = [{ check = "key-rotation", reason = "a slow proxy" }]
            [server-audit]
            file = "audit.jsonl"
            subject = "/actor/user/uid"
            [tools.search]
            arguments = { q = "x" }
            scopes = ["docs:read"]
            [tools.ask]
            asks-for-input = true
        "#;
        let expected = [
            "--url=http://localhost:8080/mcp",
            "--launch=npx tsx server.ts",
            "--env=API_BASE={upstream}",
            "--server-audit=ci/audit.jsonl",
            "--revision=2025-11-25",
            "--scope-implies=docs:write=docs:read",
            "--strict",
            "--baseline=ci/known.toml",
            "--known-flaky=key-rotation=a slow proxy",
            "--report=junit=ci/report.xml",
            "--report=markdown",
            "--timeout=5",
            "--tool=search={\"q\":\"x\"}",
            "--tool-scope=search=docs:read",
        ];
        assert_eq!(added(file, &["conformance", "run"]), expected);
    }

    #[test]
    fn the_command_line_comes_first() {
        let file = "url = 'http://a/mcp'\nlaunch = 'x'\nlaunch-timeout = 5\nenv = { A = '1' }\n[tools.a]\n[tools.b]";
        let line = ["conformance", "run", "--zone", "http://localhost:9400", "--tool", "a={\"x\":1}"];
        assert_eq!(added(file, &line), ["--url=http://a/mcp", "--tool=b={}"]);
        assert_eq!(
            added("timeout = 5\nkey-wait = 5", &["conformance", "run", "--timeout=9"]),
            ["--key-wait=5"],
            "a value after the equals sign counts too"
        );
        assert!(added("quiet = true", &["conformance", "run", "-v"]).is_empty());
        assert_eq!(added("quiet = true", &["conformance", "run"]), ["--quiet"]);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
        let message = refused("strict = true\ntimeuot = 5\n");
        assert!(message.contains("line 2") && message.ends_with("did you mean `timeout`?"), "{message}");
        let message = refused("[tools.search]\nscope = ['x']\n");
        assert!(message.contains("line 2") && message.ends_with("did you mean `scopes`?"), "{message}");
        let message = refused("known-flaky = [\n{ check = 'x', reasn = 'y' }]\n");
        assert!(message.contains("line 2") && message.ends_with("did you mean `reason`?"), "{message}");
        let message = refused("timeout = 'soon'\n");
        assert!(message.contains("line 1") && message.contains("expected a whole number"), "{message}");
    }

    #[test]
    fn what_the_parser_of_options_refuses_is_traced_to_its_line() {
        let text = "strict = true\ntimeout = 500\n".to_owned();
        let file: Settings = toml::from_str(&text).expect("a configuration");
        let (all, options) = file.words(&Given::in_words(&words(&["conformance", "run"])), Path::new(""));
        let configuration = Configuration {
            path: PathBuf::from("conformance.toml"),
            text,
            options,
            declared: Declared::default(),
            mapping: Mapping::default(),
        };
        let command =
            clap::Command::new("run").no_binary_name(true).arg(clap::Arg::new("strict").long("strict").num_args(0));
        let timeout = clap::Arg::new("timeout").long("timeout").value_parser(clap::value_parser!(u64).range(1..=120));
        let error = command.arg(timeout).try_get_matches_from(all).expect_err("500 is too much");
        assert_eq!(
            configuration.blamed_for(&error).expect("it stands in the file"),
            "that stands in conformance.toml, line 2: timeout = 500"
        );
    }
}
