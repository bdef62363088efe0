//! What `run` and `demo` share: the options of a run, and the way from a target to reports on disk and screen.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{self, Arc, PoisonError};
use std::time::{Duration, Instant};

use clap::{ArgAction, Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::Offset;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use url::Url;

use super::config::Configuration;
use super::interruptions::Interruptions;
use super::untestable::{left_alone, untestable, why_refused};
use super::{fail, say};
use crate::baseline::Baseline;
use crate::challenge::is_scope_byte;
use crate::check::{AnyCheck, Need};
use crate::checks;
use crate::client::Client;
use crate::context::{Options, Run};
use crate::declared::Declared;
use crate::exit_status::ExitStatus;
use crate::files::{self, Patient};
use crate::framework::{self, Glimpse};
use crate::given::Given;
use crate::mcp::Revision;
use crate::report::{CheckResult, Format, Part, Policy, Report, Target, Terminal, Volume};
use crate::runner::{self, Progress};
use crate::scene::{Scenes, Started};
use crate::secrets::Secrets;
use crate::server_audit::{Mapping, ServerAudit, Source};
use crate::survey::{self, Survey, TokenFound};
use crate::text::{nearest, quoted};
use crate::upstream::Upstream;
use crate::waiting::Waiting;
use crate::zone::Zone;

const TIMEOUT_SECONDS: u64 = 60;
const KEY_WAIT_SECONDS: u64 = 300;

/// Most bytes that are read of a file of certificates; a system's whole store has a quarter of a million.
const CERTIFICATES_AT_MOST: u64 = 8 * 1024 * 1024;

/// Options of every run.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// What a configuration file says of the server's tools.
    #[arg(skip)]
    declared: Declared,
    /// Where a configuration file says that the server's log has what.
    #[arg(skip)]
    mapping: Mapping,
    /// Run only this check (repeatable); see `conformance list`
    #[arg(long = "check", value_name = "ID", value_parser = check_id)]
    checks: Vec<String>,
    /// Test only this revision of MCP (repeatable; default: each that the server speaks)
    #[arg(long, value_name = "DATE")]
    revision: Vec<Revision>,
    /// A tool that may be called, with its arguments (repeatable)
    #[arg(long = "tool", value_name = "NAME=JSON", value_parser = declared_tool)]
    tools: Vec<(String, Map<String, Value>)>,
    /// A tool that calls the API at UPSTREAM_URL (repeatable)
    #[arg(long = "tool-upstream", value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    tool_upstreams: Vec<String>,
    /// The log of calls that the server writes, a line of JSON for each
    #[arg(long, value_name = "FILE")]
    server_audit: Option<PathBuf>,
    /// A scope that a tool needs (repeatable)
    #[arg(long = "tool-scope", value_name = "NAME=SCOPE", value_parser = declared_scope)]
    tool_scopes: Vec<(String, String)>,
    /// A scope that implies another (repeatable)
    #[arg(long = "scope-implies", value_name = "BROAD=NARROW", value_parser = implication)]
    scope_implies: Vec<(String, String)>,
    /// Let a broken SHOULD fail the run
    #[arg(long)]
    strict: bool,
    /// Fail the run when something of this was not tested (repeatable): a need, an area, must, should, or a check
    #[arg(long, value_name = "PART", value_parser = Part::parse)]
    require: Vec<Part>,
    /// Accept that MUSTs of this need are not tested (repeatable)
    #[arg(long, value_name = "NEED")]
    allow_untested: Vec<Need>,
    /// A TOML file of known failures, which do not fail the run; an entry that now passes, or has expired, does
    #[arg(long, value_name = "FILE", value_parser = baseline)]
    baseline: Option<Baseline>,
    /// A check that is run and shown, and never decides how the run ends (repeatable)
    #[arg(long, value_name = "CHECK[=REASON]", value_parser = flaky)]
    known_flaky: Vec<Flaky>,
    /// Write a report (repeatable): terminal, json, junit, sarif, markdown, html or github; without =FILE to standard output
    #[arg(long = "report", value_name = "FORMAT[=FILE]", value_parser = report_target)]
    reports: Vec<ReportTarget>,
    /// A certificate, or that of an authority, to trust at an https URL beside the system's (repeatable)
    #[arg(long, value_name = "PEM", value_parser = ca_file)]
    ca_file: Vec<CaFile>,
    /// Show every exchange
    #[arg(long, short, action = ArgAction::SetTrue)]
    verbose: bool,
    /// Show the findings and how much was tested, and nothing else
    #[arg(long, short, action = ArgAction::SetTrue, conflicts_with = "verbose")]
    quiet: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    /// Seconds that one exchange may take
    #[arg(long, value_name = "SECONDS", default_value_t = TIMEOUT_SECONDS, value_parser = clap::value_parser!(u64).range(1..=120))]
    timeout: u64,
    /// Seconds that a server may take to accept a key that was rotated in, or to drop one that was taken out
    #[arg(long, value_name = "SECONDS", default_value_t = KEY_WAIT_SECONDS, value_parser = clap::value_parser!(u64).range(1..=3600))]
    key_wait: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone)]
struct ReportTarget {
    format: Format,
    file: Option<PathBuf>,
}

/// A check that is known to be flaky, and why, where that was said.
type Flaky = (&'static str, Option<String>);

/// Certificates to trust, and the file that they were read from.
#[derive(Debug, Clone)]
struct CaFile {
    path: String,
    /// As DER.
    roots: Vec<Vec<u8>>,
}

/// What a run is run against.
pub(super) struct Subject {
    pub(super) url: Url,
    pub(super) zone: Option<Zone>,
    /// The token that was given in place of a zone.
    pub(super) given: Option<Given>,
    /// Whether `--zone` or `--launch` promised full access.
    pub(super) full_access: bool,
    /// The subcommand and the options that reproduce the run.
    pub(super) rerun: String,
    /// Whoever can start the server once more.
    pub(super) scenes: Option<Arc<dyn Scenes>>,
    /// The server, where it is ours to stop.
    pub(super) server: Option<Arc<Mutex<dyn Started>>>,
    /// Strings that no report may show, each with a name for it.
    pub(super) secrets: Vec<(String, String)>,
    /// The API that the server was told to call.
    pub(super) upstream: Option<Arc<Upstream>>,
    /// The tool that is known to call it without having been named.
    pub(super) upstream_tool: Option<&'static str>,
    /// Whether the server is the user's own, so that they can say more of its tools.
    pub(super) is_users: bool,
    /// The log of calls that the server keeps in this process.
    pub(super) server_audit: Option<ServerAudit>,
    /// What is worth knowing about the access that the run has.
    pub(super) notes: Vec<String>,
}

impl RunOptions {
    /// Takes what only a configuration file can say.
    pub(super) fn take(&mut self, configuration: Configuration) {
        self.declared = configuration.declared;
        self.mapping = configuration.mapping;
    }

    /// Refuses combinations that cannot work, before anything is sent.
    pub(super) fn check(&self) -> Result<(), String> {
        let to_stdout = self.reports.iter().filter(|r| r.file.is_none()).count();
        if to_stdout > 1 {
            return Err(format!(
                "{to_stdout} reports want standard output, and only one may go there; give the others a file: --report json=report.json"
            ));
        }
        if let Some(part) = self.require.iter().find(|part| self.waives(**part)) {
            let name = part.name();
            return Err(format!("--require {name} and --allow-untested {name} contradict each other; leave out one"));
        }
        for (check, _) in &self.known_flaky {
            if self.require.contains(&Part::Check(check)) {
                return Err(format!(
                    "{check} is known to be flaky, so it decides nothing; --require {check} cannot ask for it"
                ));
            }
            if self.baseline.iter().flat_map(|baseline| &baseline.known).any(|known| known.check == *check) {
                return Err(format!(
                    "{check} is known to be flaky, so its entry in the baseline could never be stale; keep the one or the other"
                ));
            }
        }
        if let Some(log) = self.server_audit() {
            log.check().map_err(|error| format!("--server-audit: {error}"))?;
        }
        let mut files = BTreeSet::new();
        match self.reports.iter().filter_map(|r| r.file.as_deref()).find(|path| !files.insert(real(path))) {
            Some(twice) => {
                Err(format!("two reports want the file {}, and the second would replace the first", twice.display()))
            }
            None => Ok(()),
        }
    }

    fn waives(&self, part: Part) -> bool {
        matches!(part, Part::Need(need) if self.allow_untested.contains(&need))
    }

    /// What the user asked of the run, on this day.
    fn policy(&self, today: Date) -> Policy {
        Policy {
            require: self.require.clone(),
            allow_untested: self.allow_untested.clone(),
            baseline: self.baseline.clone(),
            flaky: self.known_flaky.clone(),
            chosen_revisions: !self.revision.is_empty(),
            today,
            ..Policy::default()
        }
    }

    /// Surveys the subject, runs the checks, writes the reports.
    pub(super) async fn execute(&self, subject: Subject, interruptions: &mut Interruptions) -> ExitStatus {
        let started = Instant::now();
        // Open until the end: the reader of a pipe would take the last writer's leave for the end of the report.
        let mut open = Vec::new();
        for path in self.reports.iter().filter_map(|r| r.file.as_deref()) {
            match writable(path) {
                Ok(file) => open.push(file),
                Err(error) => {
                    let why = format!("could not write the report to {}: {error}", path.display());
                    return fail(ExitStatus::Usage, why);
                }
            }
        }
        let secrets = Arc::new(Secrets::default());
        for (secret, name) in &subject.secrets {
            secrets.add(secret, name);
        }
        self.declared.secrets(|secret| secrets.add(secret, "declared input"));
        let options = self.options(&subject);
        let client = match Client::new(&options, Arc::clone(&secrets)) {
            Ok(client) => client,
            Err(error) => return fail(ExitStatus::CouldNotTest, error),
        };
        let waiting = Arc::new(Waiting::default());
        let progress = Arc::new(Shown::new(io::stderr().is_terminal(), self.quiet));
        // Ends with the run, whichever way that ends.
        let mut telling = JoinSet::new();
        telling.spawn(tell(Arc::clone(&waiting), Arc::clone(&progress)));
        let first_answers = waiting.begin("the server's first answers", None);
        let surveyed = tokio::select! {
            surveyed = survey::survey(&client, &options, subject.zone.as_ref(), subject.given.as_ref(), &secrets) => surveyed,
            () = interruptions.next() => return self.interrupted_early(&subject.url, &subject.rerun),
        };
        let survey = match surveyed {
            Ok(survey) => survey,
            Err(error) => return fail(ExitStatus::CouldNotTest, secrets.mask(&error.to_string())),
        };
        let why_not = tokio::select! {
            why_not = untestable(&options, &client, &survey, &secrets) => why_not,
            () = interruptions.next() => return self.interrupted_early(&subject.url, &subject.rerun),
        };
        if let Some(why_not) = why_not {
            return fail(ExitStatus::CouldNotTest, secrets.mask(&why_not));
        }
        drop(first_answers);
        let mut notes = subject.notes;
        notes.extend(why_refused(&options, &survey, subject.zone.as_ref(), subject.scenes.is_some()));
        let left_alone = left_alone(&survey).filter(|_| subject.is_users && !self.quiet);
        let notes = notes.iter().chain(&left_alone).map(|note| secrets.mask(note)).collect();
        let full_access = subject.full_access && self.checks.is_empty();
        let mut policy = Policy { full_access, ..self.policy(today()) };
        if subject.server.is_none() {
            // Access to a server that runs already promised no start of it.
            policy.not_promised.push(Need::Launch);
        }
        if let Some(given) = &subject.given
            && let Some(note) = given.ends_soon().await
        {
            say(format_args!("note: {note}"));
        }
        let zone = subject.zone.clone();
        let mut run = Run::new(options, client, secrets, subject.zone, survey);
        run.scenes = subject.scenes;
        run.server = subject.server;
        run.upstream = subject.upstream;
        run.waiting = waiting;
        run.given = subject.given.map(Arc::new);
        let run = Arc::new(run);
        let has = runner::access(&run);
        let needs = self.require.iter().filter_map(|part| match part {
            Part::Need(need) => Some(*need),
            Part::Check(_) | Part::Area(_) | Part::Level(_) => None,
        });
        policy.lacking = needs.filter(|need| !has.contains(need)).collect();
        let mut target = Target { notes, ..target(&run, &self.rerun(&subject.rerun)) };
        policy.token_refused.clone_from(&target.token_refused);
        let glimpse = tokio::select! {
            glimpse = Glimpse::of(&run) => glimpse,
            () = interruptions.next() => return self.interrupted_early(&subject.url, &subject.rerun),
        };
        let selected = self.selected();
        let results = tokio::select! {
            results = runner::run(&run, &selected, self.strict, &*progress) => results,
            () = interruptions.next() => {
                policy.interrupted = true;
                progress.so_far()
            }
        };
        telling.abort_all();
        progress.bar.finish_and_clear();
        if let Some(zone) = zone {
            let left = tokio::select! {
                restored = zone.restore() => restored.err().map(|error| error.to_string()),
                () = interruptions.next() => Some("interrupted again".to_owned()),
            };
            if let Some(left) = left {
                say(format_args!("note: the zone could not be put back as it was: {left}"));
            }
        }
        target.framework = framework::recognise(&glimpse, &results).map(|it| it.masked(&run.secrets));
        let duration = crate::transcript::millis(started.elapsed());
        self.conclude(&Report::new(target, &selected, results, &policy, duration))
    }

    /// Waits for what precedes the run itself, and says so where that takes long.
    pub(super) async fn waiting<T>(&self, what: &'static str, at_most: Duration, comes: impl Future<Output = T>) -> T {
        let waiting = Arc::new(Waiting::default());
        let progress = Arc::new(Shown::new(io::stderr().is_terminal(), self.quiet));
        let mut telling = JoinSet::new();
        telling.spawn(tell(Arc::clone(&waiting), Arc::clone(&progress)));
        let begun = waiting.begin(what, Some(at_most));
        let came = comes.await;
        drop(begun);
        telling.abort_all();
        progress.bar.finish_and_clear();
        came
    }

    /// The end of a run that was interrupted before the first check: its reports say so.
    pub(super) fn interrupted_early(&self, url: &Url, rerun: &str) -> ExitStatus {
        let target = Target {
            url: url.to_string(),
            revisions: Vec::new(),
            revisions_assumed: true,
            not_spoken: Vec::new(),
            zone: None,
            call: String::new(),
            access: BTreeSet::new(),
            token_refused: None,
            framework: None,
            notes: vec!["interrupted before the first check".to_owned()],
            rerun: self.rerun(rerun),
        };
        let policy = Policy { interrupted: true, ..self.policy(today()) };
        self.conclude(&Report::new(target, &self.selected(), Vec::new(), &policy, 0))
    }

    fn conclude(&self, report: &Report) -> ExitStatus {
        let lost = self.write(report);
        for (file, error) in &lost {
            fail(ExitStatus::CouldNotTest, format!("could not write the report to {file}: {error}"));
        }
        if lost.is_empty() { report.summary.exit_status } else { ExitStatus::CouldNotTest }
    }

    fn options(&self, subject: &Subject) -> Options {
        let mut tool_scopes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (tool, scope) in &self.tool_scopes {
            tool_scopes.entry(tool.clone()).or_default().push(scope.clone());
        }
        Options {
            url: subject.url.clone(),
            tools: self.tools.clone(),
            declared: Arc::new(self.declared(subject.upstream_tool)),
            tool_scopes,
            scope_implies: self.scope_implies.clone(),
            revisions: self.revision.clone(),
            timeout: Duration::from_secs(self.timeout),
            key_wait: Duration::from_secs(self.key_wait),
            upstream: subject.upstream.as_ref().map(|upstream| upstream.url().to_owned()),
            server_audit: self.server_audit().or_else(|| subject.server_audit.clone()),
            roots: self.ca_file.iter().flat_map(|file| file.roots.iter().cloned()).collect(),
        }
    }

    /// What is known of the server's tools, from the file and from the command line.
    fn declared(&self, upstream_tool: Option<&str>) -> Declared {
        let mut declared = self.declared.clone();
        for name in self.tool_upstreams.iter().map(String::as_str).chain(upstream_tool) {
            declared.tools.entry(name.to_owned()).or_default().upstream = true;
        }
        for (name, arguments) in &self.tools {
            // Words of the command line come last, and stand.
            if let Some(tool) = declared.tools.get_mut(name) {
                tool.arguments.clone_from(arguments);
            }
        }
        declared
    }

    /// The log that the user named, and where it says what.
    fn server_audit(&self) -> Option<ServerAudit> {
        let path = self.server_audit.clone()?;
        Some(ServerAudit::new(Source::File(path), self.mapping.clone()))
    }

    /// Every scope that a tool was said to need.
    pub(super) fn declared_scopes(&self) -> Vec<String> {
        self.tool_scopes.iter().map(|(_, scope)| scope.clone()).collect()
    }

    fn selected(&self) -> Vec<&'static dyn AnyCheck> {
        let chosen =
            |c: &&&'static dyn AnyCheck| self.checks.is_empty() || self.checks.iter().any(|id| id == c.meta().id);
        checks::ALL.iter().filter(chosen).copied().collect()
    }

    /// The options that reproduce this run, ready to paste into a shell.
    fn rerun(&self, subject: &str) -> String {
        let mut words = vec![subject.to_owned()];
        for (name, arguments) in &self.tools {
            words.push(format!("--tool {}", shell_quoted(&format!("{name}={}", Value::Object(arguments.clone())))));
        }
        words.extend(self.tool_upstreams.iter().map(|name| format!("--tool-upstream {}", shell_quoted(name))));
        let log = self.server_audit.as_ref().map(|path| path.display().to_string());
        words.extend(log.map(|path| format!("--server-audit {}", shell_quoted(&path))));
        words.extend(
            self.tool_scopes
                .iter()
                .map(|(tool, scope)| format!("--tool-scope {}", shell_quoted(&format!("{tool}={scope}")))),
        );
        words.extend(
            self.scope_implies
                .iter()
                .map(|(broad, narrow)| format!("--scope-implies {}", shell_quoted(&format!("{broad}={narrow}")))),
        );
        words.extend(self.revision.iter().map(|r| format!("--revision {r}")));
        words.extend(self.ca_file.iter().map(|file| format!("--ca-file {}", shell_quoted(&file.path))));
        for (name, value, usual) in
            [("--timeout", self.timeout, TIMEOUT_SECONDS), ("--key-wait", self.key_wait, KEY_WAIT_SECONDS)]
        {
            words.extend((value != usual).then(|| format!("{name} {value}")));
        }
        words.extend(self.strict.then(|| "--strict".to_owned()));
        words.extend(self.baseline.iter().map(|baseline| format!("--baseline {}", shell_quoted(&baseline.file))));
        words.join(" ")
    }

    /// Writes every report, and says which could not be written: one of them must not cost the others.
    fn write(&self, report: &Report) -> Vec<(String, io::Error)> {
        let stdout_taken = self.reports.iter().any(|r| r.file.is_none() && r.format != Format::Terminal);
        let screen = if stdout_taken { self.screen(&io::stderr()) } else { self.screen(&io::stdout()) };
        let mut lost = Vec::new();
        for target in &self.reports {
            match &target.file {
                Some(path) => {
                    let plain = Terminal { colour: false, width: None, ..screen };
                    let written = to_file(path, target.format, plain, report);
                    lost.extend(written.err().map(|error| (path.display().to_string(), error)));
                }
                None => lost.extend(to_stdout(target.format, screen, report).err()),
            }
        }
        // People always get theirs; where standard output belongs to a program, on standard error.
        if stdout_taken {
            let written = Format::Terminal.reporter(screen).write(report, &mut io::stderr().lock());
            lost.extend(unless_closed(written, "standard error").err());
        } else if !self.reports.iter().any(|r| r.file.is_none()) {
            lost.extend(to_stdout(Format::Terminal, screen, report).err());
        }
        lost
    }

    /// How the report for people looks there.
    fn screen(&self, stream: &(impl AsFd + IsTerminal)) -> Terminal {
        let is_terminal = stream.is_terminal();
        let colour = match self.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                is_terminal
                    && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
                    && std::env::var_os("TERM").is_none_or(|v| v != "dumb")
            }
        };
        let volume = match (self.quiet, self.verbose) {
            (true, _) => Volume::Quiet,
            (false, true) => Volume::Verbose,
            (false, false) => Volume::Usual,
        };
        let size = rustix::termios::tcgetwinsize(stream).ok().filter(|_| is_terminal);
        let width = size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0);
        Terminal { colour, volume, width }
    }
}

/// The file that a path leads to, so that two spellings of one are told to be the same.
fn real(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(named).unwrap_or_else(|| path.to_owned())
}

/// Opens what a report is to be written to; found out before the run, whose result would else be lost.
fn writable(path: &Path) -> io::Result<Patient> {
    let was_there = path.symlink_metadata().is_ok();
    let file = files::continued(path)?;
    // An empty file would look like a report to who reads it after a run that came to none.
    if was_there { Ok(file) } else { std::fs::remove_file(path).map(|()| file) }
}

fn to_file(path: &Path, format: Format, plain: Terminal, report: &Report) -> io::Result<()> {
    let mut file = BufWriter::new(files::replaced(path)?);
    format.reporter(plain).write(report, &mut file)?;
    file.flush()
}

fn to_stdout(format: Format, screen: Terminal, report: &Report) -> Result<(), (String, io::Error)> {
    let mut out = io::stdout().lock();
    unless_closed(format.reporter(screen).write(report, &mut out).and_then(|()| out.flush()), "standard output")
}

/// A reader that closes the pipe early (`head`) has what it wanted.
fn unless_closed(written: io::Result<()>, name: &str) -> Result<(), (String, io::Error)> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err((name.to_owned(), error)),
        _ => Ok(()),
    }
}

fn target(run: &Run, rerun: &str) -> Target {
    let Survey { dialects, assumed, token, .. } = &run.survey;
    Target {
        url: run.options.url.to_string(),
        revisions: dialects.keys().copied().collect(),
        revisions_assumed: *assumed,
        not_spoken: run.survey.not_spoken.iter().map(|how| run.secrets.mask(how)).collect(),
        zone: run.zone.as_ref().map(|z| z.issuer().to_owned()),
        call: dialects.values().next_back().map_or_else(String::new, |d| run.secrets.mask(&d.bearing.describe())),
        access: runner::access(run),
        token_refused: match token {
            TokenFound::Refused(how) => Some(run.secrets.mask(how)),
            TokenFound::Accepted(_) | TokenFound::NoneGiven => None,
        },
        framework: None,
        notes: Vec::new(),
        rerun: run.secrets.mask(rerun),
    }
}

/// A progress bar on a terminal, and the results so far in case of an interruption.
struct Shown {
    bar: ProgressBar,
    /// Whether there is no bar, so that a long wait deserves a line.
    in_lines: bool,
    ended: sync::Mutex<Vec<CheckResult>>,
}

impl Shown {
    fn new(on_terminal: bool, quiet: bool) -> Self {
        let bar = if on_terminal && !quiet { ProgressBar::new(0) } else { ProgressBar::hidden() };
        // There is nothing to count before the checks begin.
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, in_lines: !on_terminal && !quiet, ended: sync::Mutex::new(Vec::new()) }
    }

    fn so_far(&self) -> Vec<CheckResult> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Progress for Shown {
    fn begins(&self, jobs: usize) {
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
            self.bar.set_style(style);
        }
        self.bar.set_message("");
        self.bar.set_length(jobs as u64);
    }

    fn ended(&self, result: &CheckResult) {
        self.bar.set_message(result.check);
        self.bar.inc(1);
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).push(result.clone());
    }
}

/// The day, in UTC, so that a baseline expires everywhere at once.
fn today() -> Date {
    Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
}

fn baseline(path: &str) -> Result<Baseline, String> {
    let text = super::config::read(Path::new(path)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file; an empty one will do to begin with".to_owned(),
        _ => error.to_string(),
    })?;
    let read = Baseline::parse(path, &text).map_err(|error| super::config::explained(Path::new(path), &error))?;
    read.check().map(|()| read)
}

fn flaky(text: &str) -> Result<Flaky, String> {
    let (id, reason) = match text.split_once('=') {
        Some((_, reason)) if reason.trim().is_empty() => return Err("a reason is wanted after the =".to_owned()),
        Some((id, reason)) => (id, Some(reason.to_owned())),
        None => (text, None),
    };
    checks::find(id).map(|check| (check.meta().id, reason)).ok_or_else(|| checks::unknown(id))
}

/// Says what the run waits for, once a second: in the bar, or, where there is none, in a line for each long wait.
async fn tell(waiting: Arc<Waiting>, progress: Arc<Shown>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        let now = ticks.tick().await.into_std();
        if progress.in_lines {
            waiting.became_long(now).iter().for_each(|line| say(format_args!("{line}")));
        } else if let Some(line) = waiting.longest(now) {
            progress.bar.set_message(line);
        }
    }
}

fn check_id(text: &str) -> Result<String, String> {
    match checks::find(text) {
        Some(check) => Ok(check.meta().id.to_owned()),
        None => Err(checks::unknown(text)),
    }
}

fn ca_file(path: &str) -> Result<CaFile, String> {
    let pem = files::read(Path::new(path), CERTIFICATES_AT_MOST)
        .map_err(|error| format!("expected a file with a certificate in PEM; {error}"))?;
    Ok(CaFile { path: path.to_owned(), roots: certificates(&pem)? })
}

/// The certificates of a file in PEM, each as DER.
fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let certificates = openssl::x509::X509::stack_from_pem(pem).map_err(|error| error.to_string())?;
    let roots: Result<Vec<_>, _> = certificates.iter().map(|certificate| certificate.to_der()).collect();
    match roots.map_err(|error| error.to_string())? {
        roots if roots.is_empty() => {
            Err("expected a file with a certificate in PEM, which begins with -----BEGIN".to_owned())
        }
        roots => Ok(roots),
    }
}

fn declared_tool(text: &str) -> Result<(String, Map<String, Value>), String> {
    let (name, json) = text.split_once('=').ok_or("expected NAME=JSON, such as hello_world={\"name\":\"Ada\"}")?;
    if name.is_empty() {
        return Err("expected a tool's name before the =".to_owned());
    }
    match serde_json::from_str(json) {
        Ok(Value::Object(arguments)) => Ok((name.to_owned(), arguments)),
        Ok(_) => Err(format!("the arguments of {name} must be a JSON object, such as {{}}")),
        Err(error) => Err(format!("the arguments of {name} are no JSON: {error}")),
    }
}

fn declared_scope(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((tool, scope)) if !tool.is_empty() && !scope.is_empty() => Ok((tool.to_owned(), one_scope(scope)?)),
        _ => Err("expected NAME=SCOPE, such as read_report=reports:read".to_owned()),
    }
}

fn implication(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((broad, narrow)) if broad == narrow && !broad.is_empty() => {
            Err("expected two scopes, of which the first implies the second".to_owned())
        }
        Some((broad, narrow)) if !broad.is_empty() && !narrow.is_empty() => Ok((one_scope(broad)?, one_scope(narrow)?)),
        _ => Err("expected BROAD=NARROW, such as reports:write=reports:read".to_owned()),
    }
}

/// A scope, as it stands between the spaces of a list (RFC 6749 section 3.3).
fn one_scope(text: &str) -> Result<String, String> {
    if text.bytes().all(is_scope_byte) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{} is no scope: it has a space, a quote or another character that no scope has; for two scopes, repeat the option",
        quoted(text)
    ))
}

fn report_target(text: &str) -> Result<ReportTarget, String> {
    let (format, file) = match text.split_once('=') {
        Some((format, "-")) => {
            return Err(format!("without =FILE the report goes to standard output: --report {format}"));
        }
        Some((format, file)) if !file.is_empty() => (format, Some(PathBuf::from(file))),
        Some((format, _)) => return Err(format!("expected a file after {format}=")),
        None => (text, None),
    };
    let known: Vec<String> = Format::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .map(|v| v.get_name().to_owned())
        .collect();
    let format = Format::from_str(format, true).map_err(|_| {
        let near = nearest(format, known.iter().map(String::as_str));
        let near = near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
        format!("{} is no format{near}; the formats are {}", quoted(format), known.join(", "))
    })?;
    Ok(ReportTarget { format, file })
}

/// A word for a POSIX shell.
pub(super) fn shell_quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use openssl::x509::X509;
    use proptest::prelude::*;

    use super::*;
    use crate::mangled::mangled;

    /// A certificate of nobody for nobody.
    const PEM: &[&str] = &["-----BEGIN CERTIFICATE-----\n\
         MIIBkTCCATegAwIBAgIUXvvlfsRbrKvYIBthvFXHLUCRxqYwCgYIKoZIzj0EAwIw\n\
         HjEcMBoGA1UEAwwTY29uZm9ybWFuY2UuZXhhbXBsZTAeFw0yNjExMjYxODQ0MjBa\n\
         Fw0zNjExMjMxODQ0MjBaMB4xHDAaBgNVBAMME2NvbmZvcm1hbmNlLmV4YW1wbGUw\n\
         WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASSTPYHV8pTCjy5NOgP3sy62l+aaLJM\n\
         0hjf7A9vmaZxIOTv1oak2QFL84tq582gE3Gx+9+h9iAn24RfGKzqxjYTo1MwUTAd\n\
         BgNVHQ4EFgQUS3MX8CuPnQaS/ZLxpHPQUzWKWzAwHwYDVR0jBBgwFoAUS3MX8CuP\n\
         nQaS/ZLxpHPQUzWKWzAwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBF\n\
         AiBQeFBRvzQsTSB3OHTHyw5dIVrYrMqL03FzbE73/ROrrQIhAO0ziQ6BYIL0wLQ1\n\
         i/yY/m1S74GBkELE0TrJ+hJztMiT\n\
         -----END CERTIFICATE-----\n"];

    proptest! {
        #[test]
        fn any_file_is_certificates_or_refused(bytes in mangled(PEM)) {
            if let Ok(roots) = certificates(&bytes) {
                prop_assert!(!roots.is_empty() && roots.iter().all(|der| X509::from_der(der).is_ok()));
            }
        }
    }

    #[test]
    fn the_certificates_of_a_file_are_read() {
        assert_eq!(certificates(PEM[0].repeat(2).as_bytes()).unwrap().len(), 2);
        assert!(certificates(b"").unwrap_err().contains("in PEM"));
    }

    #[test]
    fn what_is_pasted_into_a_shell_is_one_word() {
        assert_eq!(shell_quoted("http://h:1/mcp"), "http://h:1/mcp");
        assert_eq!(shell_quoted("it's $HOME"), "'it'\\''s $HOME'");
    }

    #[test]
    fn options_say_what_they_expect() {
        assert!(declared_tool("x").unwrap_err().contains("NAME=JSON"));
        assert!(declared_tool("x=[]").unwrap_err().contains("JSON object"));
        assert!(declared_scope("x=").unwrap_err().contains("NAME=SCOPE"));
        assert!(report_target("jso").unwrap_err().contains("(did you mean json?); the formats are terminal, json"));
        assert!(report_target("json=").unwrap_err().contains("a file"));
    }
}
