//! SARIF 2.1.0, for code scanning: a rule for each check that was run, a result for each finding.
//!
//! Code scanning shows results at files of a repository, and refuses those without one. A server under test is no file, so
//! the path of its endpoint stands in for it: it is relative, says which endpoint was tested, and is the same from run to
//! run, where host and port are not. The logical location names the whole URL.

use std::collections::BTreeMap;
use std::io;

use openssl::sha::sha256;
use serde::Serialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::groups::{self, Group};
use super::{Excuse, Report, Reporter, Verdict, closing};
use crate::check::{AnyCheck, Level};
use crate::checks;
use crate::docs;
use crate::exit_status::ExitStatus;
use crate::mcp::Revision;
use crate::text::printable;
use crate::transcript::Exchange;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Where the source is published; empty while it is nowhere.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// What stands in for the path of an endpoint at the root of its server.
const AT_THE_ROOT: &str = "server";

pub(super) struct Sarif;

impl Reporter for Sarif {
    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        super::json::write(&serde_json::to_string_pretty(&Log::of(report))?, out)
    }
}

/// Section 3.13.
#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

/// Section 3.14.
#[derive(Serialize)]
struct Run {
    tool: Tool,
    invocations: [Invocation; 1],
    results: Vec<Finding>,
    properties: Value,
}

/// Section 3.18.
#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

/// Section 3.19.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    information_uri: Option<&'static str>,
    rules: Vec<Rule>,
}

/// Section 3.49.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Configuration,
    properties: Value,
}

/// Section 3.12.
#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

/// Section 3.50.
#[derive(Serialize)]
struct Configuration {
    level: Weight,
}

/// Section 3.27.10.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Weight {
    Error,
    Warning,
    Note,
}

/// Section 3.11.
#[derive(Serialize)]
struct Message {
    text: String,
}

/// Section 3.20.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    command_line: String,
    execution_successful: bool,
    exit_code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code_description: Option<String>,
    tool_execution_notifications: Vec<Notification>,
}

/// Section 3.58.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    level: Weight,
    message: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    associated_rule: Option<RuleReference>,
}

/// Section 3.52.
#[derive(Serialize)]
struct RuleReference {
    id: &'static str,
    index: usize,
}

/// Section 3.27.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: Weight,
    message: Message,
    locations: [Value; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    /// Section 3.27.23: there where something was put up with, and then not a finding of the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_request: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    web_response: Option<Value>,
    properties: Value,
}

impl Log {
    fn of(report: &Report) -> Self {
        let mut run: Vec<&'static dyn AnyCheck> = Vec::new();
        for check in report.results.iter().filter_map(|r| checks::find(r.check)) {
            if !run.iter().any(|known| known.meta().id == check.meta().id) {
                run.push(check);
            }
        }
        let index = |id: &str| run.iter().position(|check| check.meta().id == id);
        let groups = groups::groups(&report.results);
        let driver = Driver {
            name: report.tool.name,
            semantic_version: report.tool.version,
            information_uri: Some(REPOSITORY).filter(|uri| !uri.is_empty()),
            rules: run.iter().map(|check| rule(*check)).collect(),
        };
        let is_finding = |g: &&Group<'_>| weight(g.first().verdict).is_some() && g.first().follows_from.is_none();
        let results = groups.iter().filter(is_finding).map(|g| finding(report, g, &groups, &index)).collect();
        let runs = [Run {
            tool: Tool { driver },
            invocations: [invocation(report, &groups, &index)],
            results,
            properties: properties(report),
        }];
        Self { schema: SCHEMA, version: "2.1.0", runs }
    }
}

/// How much a finding weighs; none where the verdict is no finding.
fn weight(verdict: Verdict) -> Option<Weight> {
    match verdict {
        Verdict::Fail => Some(Weight::Error),
        Verdict::Warn => Some(Weight::Warning),
        Verdict::Info => Some(Weight::Note),
        _ => None,
    }
}

fn rule(check: &dyn AnyCheck) -> Rule {
    let meta = check.meta();
    let level = match meta.level {
        Level::Must => Weight::Error,
        Level::Should => Weight::Warning,
        Level::May => Weight::Note,
    };
    let page = docs::page(check);
    let mut tags = vec!["security", meta.area.name(), meta.level.keyword()];
    // The area may be called so itself, and a tag stands once (section 3.8.2).
    tags.dedup();
    let help_uri = format!("{REPOSITORY}/blob/HEAD/conformance/docs/checks/{}.md", meta.id);
    Rule {
        id: meta.id,
        short_description: Message { text: braced(check.title()) },
        full_description: Message { text: braced(&check.section("What it checks").replace('\n', " ")) },
        help: Help { text: braced(&page), markdown: braced(&page) },
        help_uri: Some(help_uri).filter(|_| !REPOSITORY.is_empty()),
        default_configuration: Configuration { level },
        properties: json!({"tags": tags, "requirements": meta.requirements}),
    }
}

fn finding(report: &Report, group: &Group<'_>, all: &[Group<'_>], index: &dyn Fn(&str) -> Option<usize>) -> Finding {
    let result = group.first();
    let also = group.also(all);
    let mut lines = vec![format!("{}{}", result.title, group.revisions())];
    if let Some(headline) = report.summary.headline.as_ref().filter(|_| result.check == "no-token") {
        lines.push(format!("{}: {}", headline.title(), headline.text));
    }
    lines.extend(result.expected.iter().map(|text| format!("Expected: {text}")));
    lines.extend(result.actual.iter().map(|text| format!("Actual: {text}")));
    lines.extend(result.remarks.iter().map(|text| format!("Remark: {text}")));
    lines.extend(groups::framework_fix(report, result).map(|fix| format!("Fix {fix}")));
    lines.push(format!("Endpoint: {}", report.target.url));
    lines.push(format!("Rerun: conformance {} --check {}", report.target.rerun, result.check));
    if !also.is_empty() {
        lines.push(format!("For the same cause: {}", also.join(", ")));
    }
    let lines: Vec<_> = lines.iter().map(|line| text(line)).collect();
    let last = group.results.iter().find_map(|r| r.exchanges.last());
    Finding {
        rule_id: result.check,
        rule_index: index(result.check),
        level: weight(result.verdict).unwrap_or(Weight::Note),
        message: Message { text: lines.join("\n") },
        locations: [location(&report.target.url)],
        partial_fingerprints: fingerprints(&report.target.url, group, all),
        suppressions: result.excuse.iter().map(suppression).collect(),
        web_request: last.map(|exchange| request(exchange)),
        web_response: last.map(|exchange| response(exchange)),
        properties: json!({
            "verdict": result.verdict,
            "level": result.level.keyword(),
            "area": result.area,
            "requirements": result.requirements,
            "revisions": group.results.iter().filter_map(|r| r.revision).collect::<Vec<_>>(),
            "sameCause": also,
        }),
    }
}

/// Section 3.35: by a file beside the run, and not in a source.
fn suppression(excuse: &Excuse) -> Value {
    let justification = match excuse {
        Excuse::Known { reason } => reason.clone(),
        Excuse::Flaky { reason } => format!("known to be flaky: {}", reason.as_deref().unwrap_or("no reason given")),
    };
    json!({"kind": "external", "status": "accepted", "justification": text(&justification)})
}

/// Section 3.28, with a physical location (3.29) for those who want a file.
fn location(endpoint: &str) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": {
                "uri": artifact(endpoint),
                "description": {"text": "The path of the endpoint that was tested; it is no file."},
            },
            "region": {"startLine": 1},
        },
        "logicalLocations": [{"fullyQualifiedName": printable(endpoint), "kind": "resource"}],
    })
}

/// The path of an endpoint as a relative reference (RFC 3986 section 4.2).
fn artifact(endpoint: &str) -> String {
    let path = Url::parse(endpoint).map(|url| url.path().trim_matches('/').to_owned()).unwrap_or_default();
    match path.split('/').next().unwrap_or_default() {
        "" => AT_THE_ROOT.to_owned(),
        // A colon in the first segment would make a scheme of it.
        first if first.contains(':') => format!("./{path}"),
        _ => path,
    }
}

/// What tells a finding from others, from run to run: the check and the endpoint's path. Where a check has several
/// findings, the further ones are told apart by the revision.
fn fingerprints(endpoint: &str, group: &Group<'_>, all: &[Group<'_>]) -> BTreeMap<&'static str, String> {
    let result = group.first();
    let mut same_check = all.iter().filter(|g| g.first().check == result.check && weight(g.first().verdict).is_some());
    let is_first = same_check.next().is_none_or(|g| std::ptr::eq(g.first(), result));
    let revision = result.revision.filter(|_| !is_first).map(Revision::name).unwrap_or_default();
    let hash = sha256(format!("{}\n{}\n{revision}", result.check, artifact(endpoint)).as_bytes());
    let hash: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    // The second is the only one that GitHub reads; it would else be made of a line of a file.
    BTreeMap::from([("primaryLocationLineHash", format!("{hash}:1")), ("finding/v1", hash)])
}

/// Section 3.46.
fn request(exchange: &Exchange) -> Value {
    let (method, target) = exchange.request.split_once(' ').unwrap_or(("", &exchange.request));
    let mut request = json!({
        "protocol": "HTTP",
        "method": printable(method),
        "target": printable(target),
        "headers": headers(&exchange.request_headers),
    });
    if !exchange.request_body.is_empty() {
        request["body"] = json!({"text": exchange.request_body});
    }
    request
}

/// Section 3.47.
fn response(exchange: &Exchange) -> Value {
    let Some(status) = exchange.status else { return json!({"noResponseReceived": true}) };
    let mut response = json!({
        "protocol": "HTTP",
        "statusCode": status,
        "headers": headers(&exchange.response_headers),
        "noResponseReceived": false,
    });
    if !exchange.response_body.is_empty() {
        response["body"] = json!({"text": exchange.response_body});
    }
    response
}

/// Header lines as an object; a header that is sent twice has both values in one.
fn headers(lines: &[String]) -> Map<String, Value> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in lines.iter().filter_map(|line| line.split_once(": ")) {
        let both = |before: &mut String| before.push_str(&format!(", {}", printable(value)));
        headers.entry(printable(name)).and_modify(both).or_insert_with(|| printable(value));
    }
    headers.into_iter().map(|(name, value)| (name, value.into())).collect()
}

fn invocation(report: &Report, all: &[Group<'_>], index: &dyn Fn(&str) -> Option<usize>) -> Invocation {
    let mut notifications = Vec::new();
    let mut notify = |level, line: &str, rule: Option<&'static str>| {
        let associated_rule = rule.and_then(|id| Some(RuleReference { id, index: index(id)? }));
        notifications.push(Notification { level, message: Message { text: text(line) }, associated_rule });
    };
    if let Some(headline) = &report.summary.headline {
        notify(Weight::Error, &format!("{}: {}", headline.title(), headline.text), None);
    }
    if let Some(how) = &report.target.token_refused {
        notify(Weight::Error, &format!("no token was accepted: {how}"), None);
    }
    for note in &report.target.notes {
        notify(Weight::Note, note, None);
    }
    for group in all.iter().filter(|g| matches!(g.first().verdict, Verdict::Error | Verdict::Inconclusive)) {
        let result = group.first();
        let level = if result.verdict == Verdict::Error { Weight::Error } else { Weight::Warning };
        let because = result.because.as_deref().unwrap_or_default();
        let line = format!("{} {}{}: {because}", closing::words(result.verdict), result.check, group.revisions());
        notify(level, &line, Some(result.check));
    }
    Invocation {
        command_line: printable(&format!("conformance {}", report.target.rerun)),
        execution_successful: matches!(report.summary.exit_status, ExitStatus::Success | ExitStatus::Findings),
        exit_code: report.summary.exit_status.code(),
        exit_code_description: report.summary.exit_reason.as_ref().map(|reason| printable(reason)),
        tool_execution_notifications: notifications,
    }
}

/// What no member of SARIF has a place for: how much was tested, and what was not.
fn properties(report: &Report) -> Value {
    let not_tested: Vec<Value> = groups::not_tested(report)
        .iter()
        .map(|(need, checks)| {
            let ids: Vec<_> = checks.iter().map(|(id, _)| *id).collect();
            json!({"need": need, "enabledBy": need.enabled_by(), "checks": ids})
        })
        .collect();
    json!({
        "endpoint": printable(&report.target.url),
        "revisions": report.target.revisions,
        "verdicts": report.summary.verdicts,
        "checksTested": report.summary.tested,
        "checksSelected": report.summary.selected,
        "areasNotTested": report.summary.areas_not_tested,
        "notTested": not_tested,
    })
}

/// A line for a message: braces doubled, as section 3.11.5 wants them, and no link (section 3.11.6) of a server's making.
fn text(line: &str) -> String {
    braced(&printable(line)).replace("](", "] (")
}

fn braced(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use insta::assert_snapshot;

    use super::super::tests::{every_verdict, excused, hostile, report, result, written};
    use super::*;
    use crate::report::CheckResult;

    fn log(report: &Report) -> Value {
        serde_json::from_str(&written(&Sarif, report)).expect("it is JSON")
    }

    #[test]
    fn what_is_excused_is_suppressed() {
        let log = log(&excused());
        let results = log["runs"][0]["results"].as_array().expect("there are results");
        let known = results.iter().find(|r| r["ruleId"] == "audience-other").expect("it is listed");
        assert_eq!(known["suppressions"][0]["kind"], "external");
        assert!(known["suppressions"][0]["justification"].as_str().is_some_and(|reason| !reason.is_empty()), "{known}");
        let others = results.iter().filter(|r| r["ruleId"] == "audience-sibling");
        assert!(others.clone().count() > 0 && others.clone().all(|r| r.get("suppressions").is_none()), "{log}");
    }

    /// The rules' texts are the pages', and are snapshots elsewhere.
    #[test]
    fn every_verdict_has_its_place() {
        let mut log = log(&report(every_verdict()));
        for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().expect("there are rules") {
            for member in ["help", "fullDescription"] {
                assert!(rule[member]["text"].as_str().is_some_and(|text| !text.is_empty()), "{rule}");
                rule.as_object_mut().expect("it is an object").remove(member);
            }
        }
        assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
    }

    fn exchanged() -> Report {
        let exchange = Exchange {
            purpose: "a token".to_owned(),
            request: "POST http://localhost:8080/mcp".to_owned(),
            request_headers: vec!["accept: application/json".to_owned(), "accept: text/event-stream".to_owned()],
            request_body: "{}".to_owned(),
            status: Some(200),
            error: None,
            response_headers: vec!["content-type: application/json".to_owned()],
            response_body: "{\"a\":1}".to_owned(),
            duration_ms: 1,
        };
        let none = Exchange { status: None, error: Some("no answer".to_owned()), ..exchange.clone() };
        let failed = |check, exchange| CheckResult {
            exchanges: vec![Arc::new(exchange)],
            actual: Some("200".to_owned()),
            ..result(check, Verdict::Fail, Level::Must)
        };
        report(vec![failed("no-token", exchange), failed("metadata-published", none)])
    }

    /// What sections 3.13 to 3.58 require and permit, of the members that are written here.
    fn assert_valid(log: &Value) {
        let only = |object: &Value, required: &[&str], optional: &[&str]| {
            let members = object.as_object().unwrap_or_else(|| panic!("an object: {object}"));
            for name in required {
                assert!(members.contains_key(*name), "{name} in {object}");
            }
            let known = |name: &&String| required.contains(&name.as_str()) || optional.contains(&name.as_str());
            assert_eq!(members.keys().find(|name| !known(name)), None, "{object}");
        };
        let level = |value: &Value| assert!(["error", "warning", "note", "none"].iter().any(|l| value == l), "{value}");
        let message = |value: &Value| {
            only(value, &["text"], &["markdown"]);
            let text = value["text"].as_str().expect("a text");
            assert!(!text.is_empty());
            let unpaired = text.replace("{{", "").replace("}}", "");
            assert!(!unpaired.contains(['{', '}']), "{text}");
        };
        only(log, &["version", "runs"], &["$schema"]);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        only(run, &["tool"], &["invocations", "results", "properties"]);
        let driver = &run["tool"]["driver"];
        only(driver, &["name"], &["semanticVersion", "informationUri", "rules"]);
        let rules = driver["rules"].as_array().expect("rules");
        for rule in rules {
            let optional =
                ["shortDescription", "fullDescription", "help", "helpUri", "defaultConfiguration", "properties"];
            only(rule, &["id"], &optional);
            for name in ["shortDescription", "fullDescription", "help"] {
                message(&rule[name]);
            }
            level(&rule["defaultConfiguration"]["level"]);
            let tags = rule["properties"]["tags"].as_array().expect("tags");
            assert_eq!(tags.iter().map(Value::to_string).collect::<BTreeSet<_>>().len(), tags.len(), "{rule}");
            assert!(rule.get("helpUri").is_none_or(|uri| Url::parse(uri.as_str().unwrap_or_default()).is_ok()));
        }
        let invocation = &run["invocations"][0];
        let optional = ["commandLine", "exitCode", "exitCodeDescription", "toolExecutionNotifications"];
        only(invocation, &["executionSuccessful"], &optional);
        for notification in invocation["toolExecutionNotifications"].as_array().expect("notifications") {
            only(notification, &["message"], &["level", "associatedRule"]);
            message(&notification["message"]);
            level(&notification["level"]);
        }
        let mut fingerprints = BTreeSet::new();
        for result in run["results"].as_array().expect("results") {
            let optional = [
                "ruleId",
                "ruleIndex",
                "level",
                "locations",
                "partialFingerprints",
                "suppressions",
                "webRequest",
                "webResponse",
                "properties",
            ];
            only(result, &["message"], &optional);
            message(&result["message"]);
            level(&result["level"]);
            let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("a small one");
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let prints = result["partialFingerprints"].as_object().expect("fingerprints");
            assert!(fingerprints.insert(prints["primaryLocationLineHash"].to_string()), "{result}");
            let place = &result["locations"][0];
            only(place, &[], &["physicalLocation", "logicalLocations"]);
            let uri = place["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("a reference");
            let base = Url::parse("file:///repository/").unwrap();
            assert!(Url::parse(uri).is_err() && !uri.starts_with('/'), "{uri} is relative");
            assert!(base.join(uri).is_ok_and(|url| url.as_str().starts_with(base.as_str())), "{uri}");
            assert_eq!(place["physicalLocation"]["region"]["startLine"], 1);
            if let Some(request) = result.get("webRequest") {
                only(request, &[], &["protocol", "version", "target", "method", "headers", "parameters", "body"]);
                assert!(request["headers"].as_object().is_some_and(|h| h.values().all(Value::is_string)));
            }
            if let Some(response) = result.get("webResponse") {
                let optional =
                    ["protocol", "version", "statusCode", "reasonPhrase", "headers", "body", "noResponseReceived"];
                only(response, &[], &optional);
            }
        }
    }

    #[test]
    fn it_is_what_the_standard_describes() {
        assert_valid(&log(&report(every_verdict())));
        assert_valid(&log(&report(Vec::new())));
        let all = checks::ALL.iter().map(|check| result(check.meta().id, Verdict::Fail, Level::Must));
        assert_valid(&log(&report(all.collect())));
        let exchanged = log(&exchanged());
        assert_valid(&exchanged);
        let results = exchanged["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results[0]["webRequest"]["headers"]["accept"], "application/json, text/event-stream");
        assert_eq!(results[0]["webResponse"]["statusCode"], 200);
        assert_eq!(results[1]["webResponse"], json!({"noResponseReceived": true}));
    }

    #[test]
    fn a_server_makes_neither_links_nor_placeholders() {
        let log = log(&hostile("[click](https://evil.example) {0} {\"a\":1}"));
        assert_valid(&log);
        let message = log["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
        assert!(message.contains("[click] (https://evil.example) {{0}}"), "{message}");
    }

    #[test]
    fn an_endpoint_is_a_relative_reference() {
        for (endpoint, expected) in [
            ("http://localhost:8080/mcp", "mcp"),
            ("https://mcp.example.com/", "server"),
            ("https://mcp.example.com//a/b/", "a/b"),
            ("https://mcp.example.com/v1:x/mcp", "./v1:x/mcp"),
            ("https://mcp.example.com/a b", "a%20b"),
            ("no URL", "server"),
        ] {
            assert_eq!(artifact(endpoint), expected);
        }
    }

    #[test]
    fn a_finding_is_known_again_wherever_the_server_listens() {
        let prints = |report: &Report| -> Vec<Value> {
            let log = log(report);
            let results = log["runs"][0]["results"].as_array().cloned().unwrap_or_default();
            results.iter().map(|r| r["partialFingerprints"].clone()).collect()
        };
        let failed = |revision, actual: &str| CheckResult {
            revision: Some(revision),
            actual: Some(actual.to_owned()),
            ..result("no-token", Verdict::Fail, Level::Must)
        };
        let (one, two) = (Revision::V2025_11_25, Revision::V2026_07_28);
        let same = report(vec![failed(one, "200"), failed(two, "200")]);
        let mut elsewhere = report(vec![failed(two, "another answer")]);
        elsewhere.target.url = "http://localhost:1/mcp".to_owned();
        assert_eq!(prints(&same), prints(&elsewhere));
        let apart = prints(&report(vec![failed(one, "200"), failed(two, "202")]));
        assert_eq!(apart[0], prints(&same)[0]);
        assert_ne!(apart[0], apart[1]);
    }
}
