//! From a call to its record: begun before the call, and kept before the response is sent.
//!
//! A thread of its own hands the records to the sink, which may wait for a slow disk or for a reader that
//! stalls while the server goes on. A call is not begun before there is a place for its record; so none is
//! lost, whether its client waits for it or not, and no more than [`PLACES`] ever wait.

use std::{sync::Arc, thread, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header::RETRY_AFTER};
use serde_json::json;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{
    audit::{AuditRecord, AuditSink, Decision},
    policy::{Call, Operation},
    ports::Ports,
    rules::Identity,
    scopes::Scopes,
    verify::Caller,
};

/// How many calls may be in progress or wait for their record to be kept.
const PLACES: usize = 1024;

/// How long a call waits for a place, and then for its record to be kept.
const PATIENCE: Duration = Duration::from_secs(10);

/// The thread that keeps records, and what a record is made with.
pub(crate) struct Recorder {
    ports: Ports,
    queue: mpsc::Sender<Entry>,
}

struct Entry {
    record: AuditRecord,
    kept: oneshot::Sender<bool>,
}

impl Recorder {
    /// Starts the thread. It ends when everything that was begun has been kept, and nothing more can be.
    pub(crate) fn start(ports: Ports) -> Self {
        Self::with_places(ports, PLACES)
    }

    fn with_places(ports: Ports, places: usize) -> Self {
        let (queue, entries) = mpsc::channel(places);
        let sink = ports.audit.clone();
        let started = thread::Builder::new().name("audit".to_owned()).spawn(move || keep_all(&*sink, entries));
        if let Err(error) = started {
            tracing::error!(%error, "no thread can be had for the audit trail: every call will be refused");
        }
        Self { ports, queue }
    }
}

fn keep_all(sink: &dyn AuditSink, mut entries: mpsc::Receiver<Entry>) {
    let mut lost: u64 = 0;
    while let Some(Entry { record, kept }) = entries.blocking_recv() {
        let result = sink.record(&record);
        if let Err(error) = &result {
            lost += 1;
            tracing::error!(%error, id = record.id, lost, "an audit record was lost");
        }
        // Nobody is there to hear it where the client has hung up.
        let _ = kept.send(result.is_ok());
    }
}

/// The record of a request while it is being answered. One that is a call is handed over at the latest when
/// this is dropped, so that a client that hangs up leaves a trace too.
pub(crate) struct Trail {
    recorder: Arc<Recorder>,
    record: AuditRecord,
    /// Where the record will go, once the request is known to be a call.
    place: Option<mpsc::OwnedPermit<Entry>>,
}

impl Trail {
    pub(crate) fn open(recorder: &Arc<Recorder>) -> Self {
        Self {
            recorder: recorder.clone(),
            record: AuditRecord {
                time: recorder.ports.clock.now(),
                id: String::new(),
                correlation_id: None,
                subject: None,
                client_id: None,
                token_id: None,
                tool: String::new(),
                arguments: Vec::new(),
                scopes_needed: Scopes::none(),
                scopes_held: None,
                decision: Decision::Denied,
                reason: "abandoned",
                status: None,
                duration_ms: 0.0,
            },
            place: None,
        }
    }

    pub(crate) fn identified(&mut self, identity: &Identity) {
        self.record.correlation_id = Some(correlation_id(identity));
        self.record.subject = Some(identity.subject().to_owned());
        self.record.client_id = Some(identity.client_id().to_owned());
        self.record.token_id = identity.token_id().map(str::to_owned);
        self.record.scopes_held = Some(identity.scopes().clone());
    }

    /// Takes a place for the record, if `operation` is a call; or gives the response where none can be had.
    pub(crate) async fn begin(&mut self, operation: &Operation) -> Result<(), Box<Response>> {
        let Some(Call { tool, arguments }) = &operation.call else {
            return Ok(());
        };
        let Ok(Ok(place)) = timeout(PATIENCE, self.recorder.queue.clone().reserve_owned()).await else {
            tracing::error!("a call was refused: the audit trail has no place for its record");
            return Err(Box::new(not_begun()));
        };
        self.place = Some(place);
        self.record.tool = clipped(tool);
        // A stranger could fill the trail with names of their own choosing.
        if self.record.subject.is_some() {
            self.record.arguments = arguments.iter().take(32).map(|name| clipped(name)).collect();
        }
        self.record.scopes_needed = operation.scopes.clone();
        Ok(())
    }

    pub(crate) fn denied(&mut self, reason: &'static str, status: StatusCode) {
        self.record.decision = Decision::Denied;
        self.record.reason = reason;
        self.record.status = Some(status.as_u16());
    }

    pub(crate) fn passed(&mut self) {
        self.record.decision = Decision::Allowed;
    }

    /// The service has answered. What it refuses itself, as a foreign origin, has not reached the tool.
    pub(crate) fn close(&mut self, status: StatusCode) {
        if status.is_client_error() {
            self.denied("refused_by_service", status);
        } else {
            self.record.reason = "served";
            self.record.status = Some(status.as_u16());
        }
    }

    /// Gives `response` back when the record is kept, and another one where it is not.
    pub(crate) async fn keep(mut self, response: Response) -> Response {
        let Some(kept) = self.hand_over() else {
            return response;
        };
        match timeout(PATIENCE, kept).await {
            Ok(Ok(true)) => response,
            // Whoever failed to keep it has said so.
            Ok(_) => withheld(),
            Err(_) => {
                tracing::error!(
                    id = self.record.id,
                    "an audit record has not been kept in time; its call gets no answer"
                );
                withheld()
            }
        }
    }

    /// What is returned tells whether the record was kept.
    fn hand_over(&mut self) -> Option<oneshot::Receiver<bool>> {
        let place = self.place.take()?;
        let mut id = [0; 16];
        self.recorder.ports.entropy.fill(&mut id);
        self.record.id = hex(&id);
        let duration = self.recorder.ports.clock.now().duration_since(self.record.time);
        self.record.duration_ms = (duration.as_secs_f64() * 1e6).round() / 1e3;
        let (kept, told) = oneshot::channel();
        place.send(Entry { record: self.record.clone(), kept });
        Some(told)
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.hand_over();
    }
}

fn not_begun() -> Response {
    let message = "calls cannot be recorded at the moment, so this one was not begun";
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "10")], Json(json!({ "message": message }))).into_response()
}

/// Not to be tried again: the tool may have done its work.
fn withheld() -> Response {
    let message = "this call could not be recorded, so its answer is withheld";
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "message": message }))).into_response()
}

/// A name of the caller's choosing, short enough for a line.
fn clipped(name: &str) -> String {
    name.chars().take(128).collect()
}

fn correlation_id(identity: &Identity) -> String {
    // JSON keeps the parts apart, whatever characters they have.
    let parts = json!([identity.subject(), identity.client_id(), identity.session()]);
    hex(&openssl::sha::sha256(parts.to_string().as_bytes())[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Mutex, mpsc as std_mpsc},
    };

    use tokio::time::Instant;

    use super::*;
    use crate::fixture::{Kept, StandingClock, ports};

    /// Keeps a record for each word that it is given to go on, as a pipe whose reader stalls.
    struct Stalling {
        /// Hears of each record that has come so far.
        came: Mutex<std_mpsc::Sender<()>>,
        go_on: Mutex<std_mpsc::Receiver<io::Result<()>>>,
        kept: Arc<Kept>,
    }

    impl AuditSink for Stalling {
        fn record(&self, record: &AuditRecord) -> io::Result<()> {
            let _ = self.came.lock().unwrap().send(());
            // A test that has ended wants nothing more.
            self.go_on.lock().unwrap().recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
            self.kept.record(record)
        }
    }

    /// Both ends of a recorder with a [`Stalling`] sink.
    struct Stalled {
        recorder: Arc<Recorder>,
        came: std_mpsc::Receiver<()>,
        word: std_mpsc::Sender<io::Result<()>>,
        kept: Arc<Kept>,
    }

    fn stalled(places: usize) -> Stalled {
        let kept = Arc::new(Kept::default());
        let (word, go_on) = std_mpsc::channel();
        let (came_in, came) = std_mpsc::channel();
        let sink = Stalling { came: Mutex::new(came_in), go_on: Mutex::new(go_on), kept: kept.clone() };
        let ports = Ports { audit: Arc::new(sink), ..ports(&StandingClock::new(), &kept) };
        Stalled { recorder: Arc::new(Recorder::with_places(ports, places)), came, word, kept }
    }

    fn call(tool: &str) -> Operation {
        Operation { call: Some(Call { tool: tool.to_owned(), arguments: Vec::new() }), ..Operation::default() }
    }

    /// A call that is answered 200 as soon as it may.
    async fn answered(recorder: Arc<Recorder>, tool: &str) -> StatusCode {
        let mut trail = Trail::open(&recorder);
        if let Err(response) = trail.begin(&call(tool)).await {
            return response.status();
        }
        trail.passed();
        trail.close(StatusCode::OK);
        trail.keep(StatusCode::OK.into_response()).await.status()
    }

    #[tokio::test]
    async fn a_sink_that_stalls_holds_up_the_call_and_nothing_else() {
        let Stalled { recorder, came, word, kept } = stalled(2);
        let waiting = tokio::spawn(answered(recorder.clone(), "a"));
        // Were the sink waited for on this thread, nothing would happen here any more.
        tokio::task::yield_now().await;
        came.recv().unwrap();
        assert!(!waiting.is_finished());
        assert_eq!(kept.all(), []);
        word.send(Ok(())).unwrap();
        assert_eq!(waiting.await.unwrap(), StatusCode::OK);
        assert_eq!(kept.all().len(), 1);
    }

    #[tokio::test]
    async fn a_call_whose_record_is_lost_gets_no_answer() {
        let Stalled { recorder, word, kept, .. } = stalled(2);
        word.send(Err(io::ErrorKind::StorageFull.into())).unwrap();
        word.send(Ok(())).unwrap();
        assert_eq!(answered(recorder.clone(), "a").await, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answered(recorder, "b").await, StatusCode::OK);
        assert_eq!(kept.all()[0].tool, "b");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_finds_no_place_is_not_begun() {
        let Stalled { recorder, came, word, kept } = stalled(1);
        let began = Instant::now();
        assert_eq!(answered(recorder.clone(), "a").await, StatusCode::INTERNAL_SERVER_ERROR);
        assert!((PATIENCE..PATIENCE * 2).contains(&began.elapsed()), "{:?}", began.elapsed());
        // The first is with the sink, and the second takes the one place.
        came.recv().unwrap();
        let mut second = Trail::open(&recorder);
        second.begin(&call("b")).await.unwrap();
        let mut third = Trail::open(&recorder);
        let refused = third.begin(&call("c")).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()[RETRY_AFTER], "10");
        drop((second, third));
        word.send(Ok(())).unwrap();
        word.send(Ok(())).unwrap();
        // What was late is kept all the same, as is what was abandoned; what was not begun is no call.
        let tools: Vec<_> = kept.wait_for(2).into_iter().map(|record| record.tool).collect();
        assert_eq!(tools, ["a", "b"]);
    }

    #[tokio::test]
    async fn what_is_no_call_needs_no_place() {
        let Stalled { recorder, kept, .. } = stalled(1);
        let mut trail = Trail::open(&recorder);
        trail.begin(&Operation::default()).await.unwrap();
        trail.close(StatusCode::OK);
        assert_eq!(trail.keep(StatusCode::OK.into_response()).await.status(), StatusCode::OK);
        assert_eq!(kept.all(), []);
    }

    #[tokio::test]
    async fn all_that_was_begun_is_kept_before_the_sink_is_let_go() {
        let Stalled { recorder, word, kept, .. } = stalled(8);
        for tool in ["a", "b", "c"] {
            Trail::open(&recorder).begin(&call(tool)).await.unwrap();
            word.send(Ok(())).unwrap();
        }
        drop(recorder);
        // The receiver belongs to the sink.
        while word.send(Ok(())).is_ok() {
            thread::yield_now();
        }
        assert_eq!(kept.all().len(), 3);
    }
}
