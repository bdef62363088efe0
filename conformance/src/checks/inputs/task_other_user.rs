//! A task is of the one who gave it.

use serde_json::{Map, Value, json};

use crate::check::{Area, Check, Level, Meta, Need, Revisions, Stop, Verdict};
use crate::checks::security::shut;
use crate::context::Context;
use crate::declared::Tool;
use crate::inputs;
use crate::mcp::{self, Operation, Revision, Session};
use crate::page;
use crate::reply::{Outcome, Reply};
use crate::text::quoted;

page! {
    /// A task is refused to another user
    ///
    /// # What it checks
    /// Where the server offers tasks for tools/call, a declared tool is called as a task with the accepted token, and by another
    /// user, who each see their own. Then the other user asks for the first one's with tasks/get, tasks/result and, where it is
    /// offered, tasks/cancel: all must be refused. Where tasks/list is offered and names the task to its owner, it may not name
    /// it to the other. In the end the tasks are cancelled.
    ///
    /// # Why it matters
    /// A task's id passes through logs and models, and its result is what a tool did for one user.
    ///
    /// # How to fix it
    /// Store the subject of the verified token with the task, and answer as if there were no such task for anybody else.
    ///
    /// # Reference
    /// MCP 2025-11-25, Tasks, "Task Isolation and Access Control".
    pub struct TaskOtherUser;
}

const META: Meta = Meta {
    id: "task-other-user",
    requirements: &["mcp-tasks-bound-to-authorization-context"],
    level: Level::Must,
    area: Area::Security,
    needs: &[Need::ZoneControl, Need::DeclaredBehaviour],
    revisions: Revisions::Initialize,
    ..Meta::CALM
};

impl Check for TaskOtherUser {
    fn meta(&self) -> &'static Meta {
        &META
    }

    async fn run(&self, cx: &Context) -> Verdict {
        let token = cx.accepted_token().await?;
        let offered = offered(cx, &token.compact).await?;
        let declared = cx.declared().tools_that("tool with \"task = true\"", |tool| tool.task)?;
        let (name, tool) = declared[0];
        let one = Owner { cx, token: token.compact.clone(), session: cx.session() };
        let other = inputs::another_user(cx, &token).await?;
        let opened = cx.open_session(&other, "a token of another user").await?;
        let session = opened.map_err(|refusal| {
            Stop::inconclusive(format!("a token of another user could open no session: {}", refusal.describe()))
        })?;
        let other = Owner { cx, token: other, session };
        let verdict = kept_apart(&offered, name, tool, &one, &other).await;
        cx.end_session(&other.token, &other.session).await;
        verdict
    }
}

/// Milliseconds that a task is asked to be kept.
const LASTS: u64 = 60_000;
/// Most characters of a task's id.
const ID_AT_MOST: usize = 1024;
/// Pages of a list that are read.
const PAGES: usize = 5;

/// The `tasks` capability.
async fn offered(cx: &Context, token: &str) -> Result<Value, Stop> {
    let opening = mcp::post(cx.url(), &Operation::Initialize, Revision::V2025_11_25, &Session::default());
    let reply = cx.send(&opening.bearer(token).purpose("initialize, for the capabilities")).await?;
    if let Some(id) = reply.header("mcp-session-id") {
        cx.end_session(token, &Session { id: Some(id.to_owned()) }).await;
    }
    let Some(result) = reply.result() else {
        return Err(Stop::inconclusive(format!("initialize got {}", reply.describe())));
    };
    let tasks = &result["capabilities"]["tasks"];
    if tasks["requests"]["tools"]["call"].is_null() {
        return Err(Stop::not_applicable("the server offers no tasks for tools/call"));
    }
    Ok(tasks.clone())
}

/// Somebody who has tasks.
struct Owner<'a> {
    cx: &'a Context,
    token: String,
    session: Session,
}

impl Owner<'_> {
    async fn send(&self, method: &'static str, params: Value, what: &str) -> Result<Reply, Stop> {
        let Value::Object(params) = params else {
            return Err(Stop::Bug { what: format!("{method} without parameters") });
        };
        let operation = Operation::Other(method, params);
        let request = mcp::post(self.cx.url(), &operation, self.cx.revision(), &self.session).bearer(&self.token);
        Ok(self.cx.send(&request.purpose(format!("{method} {what}"))).await?)
    }

    /// Calls the tool as a task; its id, once its owner was seen to see it.
    async fn begin(&self, name: &str, arguments: &Map<String, Value>) -> Result<String, Stop> {
        let params = json!({"name": name, "arguments": arguments, "task": {"ttl": LASTS}});
        let reply = self.send("tools/call", params, &format!("{name} as a task")).await?;
        let id = reply.result().and_then(|result| result["task"]["taskId"].as_str().map(str::to_owned));
        let Some(id) = id.filter(|id| id.len() <= ID_AT_MOST) else {
            return Err(Stop::inconclusive(format!(
                "{} as a task got {}, without a taskId",
                quoted(name),
                reply.describe()
            )));
        };
        let own = self.send("tasks/get", json!({"taskId": id}), "of one's own (control)").await?;
        if own.outcome() != Outcome::Served {
            return Err(Stop::inconclusive(format!("tasks/get of one's own task got {}", own.describe())));
        }
        Ok(id)
    }

    /// Whether tasks/list names this task.
    async fn lists(&self, id: &str) -> Result<bool, Stop> {
        let mut cursor = Value::Null;
        for _ in 0..PAGES {
            let params = if cursor.is_null() { json!({}) } else { json!({"cursor": cursor}) };
            let reply = self.send("tasks/list", params, "").await?;
            let Some(result) = reply.result() else { return Ok(false) };
            if result["tasks"].as_array().into_iter().flatten().any(|task| task["taskId"] == id) {
                return Ok(true);
            }
            cursor = result["nextCursor"].clone();
            if !cursor.is_string() {
                break;
            }
        }
        Ok(false)
    }
}

async fn kept_apart(offered: &Value, name: &str, tool: &Tool, one: &Owner<'_>, other: &Owner<'_>) -> Verdict {
    let id = one.begin(name, &tool.arguments).await?;
    let others = other.begin(name, &tool.arguments).await?;
    let can_cancel = !offered["cancel"].is_null();
    let mut verdict = Ok(());
    if !offered["list"].is_null() && one.lists(&id).await? && other.lists(&id).await? {
        verdict = Err(Stop::violation("a list of one's own tasks", "tasks/list names another user's task"));
    }
    let methods = ["tasks/get", "tasks/result", "tasks/cancel"];
    for method in methods.into_iter().filter(|method| can_cancel || *method != "tasks/cancel") {
        let what = format!("{method} of another user's task");
        let refused = match other.send(method, json!({"taskId": id}), "of another user's").await {
            Ok(reply) => shut(&reply, &what),
            // One that waits for the result has not refused it, and may yet.
            Err(stop) => Err(stop),
        };
        let is_worse =
            matches!(refused, Err(Stop::Violation { .. })) && !matches!(verdict, Err(Stop::Violation { .. }));
        if verdict.is_ok() || is_worse {
            verdict = refused;
        }
    }
    if can_cancel {
        let _ = one.send("tasks/cancel", json!({"taskId": id}), "of one's own").await;
        let _ = other.send("tasks/cancel", json!({"taskId": others}), "of one's own").await;
    }
    verdict
}
