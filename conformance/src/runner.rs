//! Select, run, report: knows no check by name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::check::{AnyCheck, Disturbs, Need, Revisions, Stop};
use crate::client::Client;
use crate::context::{Context, Options, Run};
use crate::controls::Span;
use crate::discovery::is_loopback;
use crate::mcp::Revision;
use crate::remedy::remedy;
use crate::reply::Outcome;
use crate::report::{CheckResult, Verdict};
use crate::scene::Scenes;
use crate::survey;
use crate::transcript::{self, Transcript};

/// Checks that run side by side: enough to hide a server's latency, few enough not to be a load test.
const SIDE_BY_SIDE: usize = 6;

/// What a run hears while it goes on.
pub trait Progress: Send + Sync {
    /// So many checks are going to run.
    fn begins(&self, jobs: usize);
    /// One of them ended.
    fn ended(&self, result: &CheckResult);
}

/// A progress that nobody looks at.
pub struct Silent;

impl Progress for Silent {
    fn begins(&self, _jobs: usize) {}
    fn ended(&self, _result: &CheckResult) {}
}

/// One check in one revision.
#[derive(Clone, Copy)]
struct Job {
    /// Where it stands in the selection, which orders the report.
    order: usize,
    check: &'static dyn AnyCheck,
    revision: Revision,
    /// Whether the revision is worth naming.
    named: bool,
}

/// Runs the selected checks; results come in the selection's order.
///
/// Calm checks run side by side. Those that disturb run beside them on servers of their own where we can start such, else
/// one by one after them. A run that is dropped loses nothing but the checks that have not ended: `progress` has heard of
/// the others.
pub async fn run(
    run: &Arc<Run>,
    checks: &[&'static dyn AnyCheck],
    strict: bool,
    progress: &dyn Progress,
) -> Vec<CheckResult> {
    let jobs = jobs(run, checks);
    let access = access(run);
    if let Ok(token) = run.survey.accepted() {
        // The survey's own use of it.
        let times = [Instant::now(); 2];
        let served = |revision| run.controls.note(revision, &token.compact, times, Outcome::Served);
        run.survey.dialects.keys().copied().for_each(served);
    }
    progress.begins(jobs.len());
    let mut results: Vec<(usize, CheckResult)> = Vec::new();
    let mut keep = |order: usize, result: CheckResult| {
        progress.ended(&result);
        results.push((order, result));
    };

    let limit = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut set = JoinSet::new();
    let mut scenes_at_work = JoinSet::new();
    for job in jobs.iter().filter(|j| j.check.meta().disturbs == Disturbs::Nothing).copied() {
        let (run, access, limit) = (Arc::clone(run), access.clone(), Arc::clone(&limit));
        set.spawn(async move {
            let _permit = limit.acquire().await;
            (job.order, one(&run, job, &access, strict).await)
        });
    }
    let mut alone = Vec::new();
    let disturbances: BTreeSet<Disturbs> = jobs.iter().map(|job| job.check.meta().disturbs).collect();
    for disturbance in disturbances.into_iter().filter(|disturbance| *disturbance != Disturbs::Nothing) {
        let group: Vec<Job> = jobs.iter().filter(|j| j.check.meta().disturbs == disturbance).copied().collect();
        match run.scenes.clone() {
            Some(scenes) => {
                let (run, access) = (Arc::clone(run), access.clone());
                scenes_at_work.spawn(async move { on_its_own_scene(&run, &*scenes, group, &access, strict).await });
            }
            None => alone.extend(group),
        }
    }
    let mut spans: Vec<(usize, Span)> = Vec::new();
    while let Some(ended) = set.join_next().await {
        // `one` catches a check's panic; what is left is this task being aborted with the run.
        if let Ok((order, (result, span))) = ended {
            spans.extend(span.map(|span| (order, span)));
            keep(order, result);
        }
    }
    let doubts = doubts(run, &spans).await;
    while let Some(ended) = scenes_at_work.join_next().await {
        match ended {
            Ok(Ok(results)) => results.into_iter().for_each(|(order, result)| keep(order, result)),
            Ok(Err(group)) => alone.extend(group),
            Err(_) => {}
        }
    }
    alone.sort_by_key(|job| job.order);
    for job in alone {
        keep(job.order, one(run, job, &access, strict).await.0);
    }
    // A task that went wrong outside its check must not make the check vanish.
    for job in &jobs {
        let revision = job.named.then_some(job.revision);
        if !results.iter().any(|(order, r)| *order == job.order && r.revision == revision) {
            let lost = Err(Stop::Bug { what: "the task that was to run the check ended without a result".to_owned() });
            let lost = result(run, *job, lost, Vec::new(), &Transcript::default(), Instant::now(), strict);
            progress.ended(&lost);
            results.push((job.order, lost));
        }
    }
    for (order, result) in &mut results {
        let revision = result.revision.or_else(|| jobs.iter().find(|job| job.order == *order).map(|job| job.revision));
        if let Some(doubt) = revision.and_then(|revision| doubts.get(&(*order, revision))) {
            result.doubt(doubt);
        }
    }
    results.sort_by_key(|(order, result)| (*order, result.revision));
    results.into_iter().map(|(_, result)| result).collect()
}

/// Which checks rest on refusals that prove nothing, and why: those that ended beside others, on a server that refuses the
/// accepted token itself at times, or from then on.
async fn doubts(run: &Arc<Run>, spans: &[(usize, Span)]) -> BTreeMap<(usize, Revision), String> {
    let revisions: BTreeSet<Revision> = spans.iter().map(|(_, span)| span.revision).collect();
    for revision in revisions {
        Context::new(Arc::clone(run), revision, Arc::default()).last_controls().await;
    }
    let doubted = spans.iter().filter_map(|(order, span)| Some(((*order, span.revision), run.controls.doubt(*span)?)));
    doubted.collect()
}

/// What this run has, of all that checks may need.
pub fn access(run: &Run) -> BTreeSet<Need> {
    let mut access = BTreeSet::new();
    // One that was refused too: what follows from that is inconclusive, and not for want of a token.
    if run.given.is_some() {
        access.insert(Need::ValidToken);
    }
    if run.zone.is_some() {
        access.extend([Need::ZoneControl, Need::ValidToken, Need::AdminRotateKeys, Need::FaultInjection]);
        access.extend([Need::AuditFeed, Need::Browser]);
    }
    if !run.survey.scoped_tools.is_empty() {
        access.insert(Need::ScopeMap);
    }
    if !run.options.declared.is_empty() {
        access.insert(Need::DeclaredBehaviour);
    }
    if run.options.server_audit.is_some() {
        access.insert(Need::ServerAudit);
    }
    if run.upstream.is_some() && run.options.declared.upstream_tools().next().is_some() {
        access.insert(Need::Upstream);
    }
    if run.survey.may_call_a_tool {
        access.insert(Need::DeclaredTool);
    }
    if run.options.url.scheme() == "https" {
        access.insert(Need::Tls);
    }
    // The second zone listens on this machine, so only a server that does so too can ask it for keys.
    if is_loopback(&run.options.url) {
        access.insert(Need::SecondServer);
    }
    if run.server.is_some() {
        access.insert(Need::Launch);
    }
    access
}

fn jobs(run: &Run, checks: &[&'static dyn AnyCheck]) -> Vec<Job> {
    let spoken: Vec<Revision> = if run.survey.dialects.is_empty() {
        Revision::LIKELY.to_vec()
    } else {
        run.survey.dialects.keys().copied().collect()
    };
    let mut jobs = Vec::new();
    for (order, &check) in checks.iter().enumerate() {
        let meta = check.meta();
        let mut add = |revision, named| jobs.push(Job { order, check, revision, named });
        let mut applicable = spoken.iter().copied().filter(|revision| meta.applies_in(*revision));
        if meta.revisions == Revisions::Once {
            applicable.next_back().into_iter().for_each(|newest| add(newest, false));
        } else {
            applicable.for_each(|revision| add(revision, true));
        }
    }
    jobs
}

/// Runs checks on a server that nobody else uses; the checks, where that server could not be had.
async fn on_its_own_scene(
    run: &Run,
    scenes: &dyn Scenes,
    group: Vec<Job>,
    access: &BTreeSet<Need>,
    strict: bool,
) -> Result<Vec<(usize, CheckResult)>, Vec<Job>> {
    let Some(scene) = scenes.another().await else { return Err(group) };
    let server = scene.server;
    scene.secrets.iter().for_each(|(secret, name)| run.secrets.add(secret, name));
    let upstream = scene.upstream.as_ref().map(|upstream| upstream.url().to_owned());
    let options = Options { url: scene.url.clone(), upstream, ..run.options.clone() };
    let Ok(client) = Client::new(&options, Arc::clone(&run.secrets)) else { return Err(group) };
    let Ok(survey) = survey::survey(&client, &options, Some(&scene.zone), None, &run.secrets).await else {
        server.lock().await.stop().await;
        return Err(group);
    };
    let mut own = run.elsewhere(options, client, scene.zone.clone(), survey);
    own.server = Some(Arc::clone(&server));
    own.upstream.clone_from(&scene.upstream);
    let own = Arc::new(own);
    let mut results = Vec::new();
    for job in group {
        results.push((job.order, one(&own, job, access, strict).await.0));
    }
    server.lock().await.stop().await;
    Ok(results)
}

async fn one(run: &Arc<Run>, job: Job, access: &BTreeSet<Need>, strict: bool) -> (CheckResult, Option<Span>) {
    let started = Instant::now();
    let transcript = Arc::new(Transcript::default());
    let needs = job.check.meta().needs.iter();
    let mut missing: Vec<Need> = needs.filter(|need| !access.contains(need)).copied().collect();
    let (ended, span) = match (missing.first(), run.survey.accepted()) {
        // Tools and their scopes are seen with an accepted token alone: what is amiss is the token, and not an option.
        (Some(need), Err(stop @ Stop::Inconclusive { .. })) if need.wants_a_token_first() => {
            missing.clear();
            (Err(stop), None)
        }
        (Some(need), _) => (Err(Stop::NotTested { need: *need }), None),
        (None, _) => guarded(run, job, &transcript).await,
    };
    (result(run, job, ended, missing, &transcript, started, strict), span)
}

fn result(
    run: &Run,
    job: Job,
    ended: crate::check::Verdict,
    mut missing: Vec<Need>,
    transcript: &Transcript,
    started: Instant,
    strict: bool,
) -> CheckResult {
    let meta = job.check.meta();
    let verdict = Verdict::of(&ended, meta.level, strict);
    let exchanges = transcript.take();
    let remedy = ended.as_ref().err().and_then(|stop| remedy(stop, exchanges.iter().map(Arc::as_ref)));
    let (mut expected, mut actual, mut because) = (None, None, None);
    match ended {
        Err(Stop::Violation { expected: e, actual: a }) => {
            (expected, actual) = (Some(run.secrets.mask(&e)), Some(run.secrets.mask(&a)));
        }
        Err(Stop::Inconclusive { because: b }) => because = Some(run.secrets.mask(&b)),
        Err(Stop::NotApplicable { why }) => because = Some(run.secrets.mask(&why)),
        Err(Stop::Bug { what }) => because = Some(run.secrets.mask(&what)),
        Err(Stop::Undeclared { wanted }) => {
            missing = vec![Need::DeclaredBehaviour];
            because = Some(format!("conformance.toml declares no {wanted}"));
        }
        Err(Stop::NotTested { need }) if missing.is_empty() => missing.push(need),
        Ok(()) | Err(Stop::NotTested { .. }) => {}
    }
    CheckResult {
        check: meta.id,
        title: job.check.title(),
        requirements: meta.requirements,
        level: meta.level,
        area: meta.area,
        revision: job.named.then_some(job.revision),
        verdict,
        expected,
        actual,
        remarks: transcript.take_remarks().iter().map(|r| run.secrets.mask(r)).collect(),
        because,
        missing,
        remedy,
        follows_from: None,
        framework_fix: None,
        excuse: None,
        duration_ms: transcript::millis(started.elapsed()),
        exchanges,
    }
}

/// Runs a check within a bound of time, in a task of its own, so that a panic of it is a result like any other.
async fn guarded(run: &Arc<Run>, job: Job, transcript: &Arc<Transcript>) -> (crate::check::Verdict, Option<Span>) {
    let cx = Context::new(Arc::clone(run), job.revision, Arc::clone(transcript));
    // A check sends a handful of requests, each bounded; the ones about keys also wait for the server's cache, and one for
    // a requestState to lapse.
    let lapse = Duration::from_secs(run.options.declared.longest_state());
    let bound = run.options.timeout * 12 + run.options.key_wait * 2 + lapse + Duration::from_secs(30);
    let mut task = JoinSet::new();
    let check = job.check;
    task.spawn(async move {
        let verdict = check.run(&cx).await;
        (cx.while_valid(verdict).await, cx.span())
    });
    let stop = match tokio::time::timeout(bound, task.join_next()).await {
        Ok(Some(Ok(ended))) => return ended,
        Ok(Some(Err(panic))) => Stop::Bug { what: panic.to_string() },
        Ok(None) => Stop::Bug { what: "the check's task was lost".to_owned() },
        Err(_) => Stop::inconclusive(format!("the check took longer than {} s", bound.as_secs())),
    };
    (Err(stop), None)
}
