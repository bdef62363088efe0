//! The layer in front of a service: verify, or challenge.
//!
//! It asks what was presented, whether that is a token for us, and whether it reaches far enough for
//! what the request is about to do; every method of HTTP is asked. What passes goes on without its
//! `Authorization` field and with the caller among its extensions, as the verifier's own type and as
//! [`Identity`]. The token itself goes on only to services that exchange it, as a [`SubjectToken`].

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header::AUTHORIZATION, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;
use tower::{Layer, Service, ServiceExt};

use crate::{
    challenge::Denial,
    credentials::{self, Presented},
    downstream::SubjectToken,
    policy::{Operation, Policy, Refusal},
    ports::Ports,
    resource::ProtectedResource,
    rules::Identity,
    trail::{Recorder, Trail},
    verify::{Caller, Verifier, VerifyError},
};

/// How long a request may take to send a body that the policy must see.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of a body is read for somebody who is not identified, and for how long. What does not come by then
/// is answered by a challenge that names no scopes.
const STRANGERS_BODY_BYTES: usize = 64 * 1024;
const STRANGERS_BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// Protects the services that it wraps. Clones share the verifier.
pub struct Guard<V> {
    metadata_url: Arc<str>,
    verifier: Arc<V>,
    policy: Arc<dyn Policy>,
    recorder: Option<Arc<Recorder>>,
    delegates: bool,
}

impl<V: Verifier> Guard<V> {
    /// Lets in who has a token that `verifier` accepts and the scopes that `policy` asks for.
    pub fn new(resource: &ProtectedResource, verifier: V, policy: impl Policy) -> Self {
        Self {
            metadata_url: resource.metadata_url().into(),
            verifier: Arc::new(verifier),
            policy: Arc::new(policy),
            recorder: None,
            delegates: false,
        }
    }

    /// Records each call that the policy names, and each request of an identified caller that it refuses.
    ///
    /// A record is kept before its call is answered. Where it cannot be, because the sink fails or has been
    /// stalled for ten seconds, the call is not begun (503) or, if it was, its answer is withheld (500).
    #[must_use]
    pub fn audited(self, ports: Ports) -> Self {
        Self { recorder: Some(Arc::new(Recorder::start(ports))), ..self }
    }

    /// Gives the caller's token to the service as a [`SubjectToken`], to be exchanged for another.
    #[must_use]
    pub fn delegating(self) -> Self {
        Self { delegates: true, ..self }
    }

    /// Who calls, if that can be told from the head of the request.
    async fn identify(&self, headers: &HeaderMap) -> Result<V::Verified, Denial> {
        let token = match credentials::presented(headers) {
            Presented::Nothing => return Err(Denial::NoCredentials),
            Presented::Malformed => return Err(Denial::MalformedCredentials),
            Presented::Bearer(token) => token,
        };
        self.verifier.verify(token).await.map_err(|error| match error {
            VerifyError::Invalid(why) => Denial::InvalidToken(why),
            VerifyError::Unavailable { retry_after } => Denial::Unavailable { retry_after },
        })
    }

    /// What the request is about to do, and its body, whole again.
    async fn understand(&self, head: &Parts, body: Body, of_stranger: bool) -> Result<(Operation, Body), Refusal> {
        let Some(limit) = self.policy.body_limit() else {
            return Ok((self.policy.operation(head, &[])?, body));
        };
        let body = if of_stranger {
            read(body, limit.min(STRANGERS_BODY_BYTES), STRANGERS_BODY_TIMEOUT).await?
        } else {
            read(body, limit, BODY_TIMEOUT).await?
        };
        Ok((self.policy.operation(head, &body)?, Body::from(body)))
    }

    async fn answer<S>(self: Arc<Self>, inner: S, request: Request) -> Result<Response, S::Error>
    where
        S: Service<Request>,
        S::Response: IntoResponse,
    {
        let Some(recorder) = &self.recorder else {
            return self.decide(inner, request, None).await;
        };
        let mut trail = Trail::open(recorder);
        let response = self.decide(inner, request, Some(&mut trail)).await?;
        Ok(trail.keep(response).await)
    }

    async fn decide<S>(&self, inner: S, request: Request, mut trail: Option<&mut Trail>) -> Result<Response, S::Error>
    where
        S: Service<Request>,
        S::Response: IntoResponse,
    {
        let (mut head, body) = request.into_parts();
        let identified = self.identify(&head.headers).await;
        let subject_token = if self.delegates { SubjectToken::of(&head.headers) } else { None };
        // Nothing behind this line can log, forward or misread the token.
        head.headers.remove(AUTHORIZATION);
        // Read also where nobody was identified: the challenge names the scopes that the operation needs.
        let understood = self.understand(&head, body, identified.is_err()).await;

        let caller = match identified {
            Ok(caller) => caller,
            Err(denial) => {
                let operation = understood.map(|(operation, _)| operation).unwrap_or_default();
                return Ok(self.deny(&denial, &operation, trail).await);
            }
        };
        let identity = Identity::of(&caller);
        if let Some(trail) = &mut trail {
            trail.identified(&identity);
        }
        let (operation, body) = match understood {
            Ok(understood) => understood,
            Err(refusal) => return Ok(refuse(refusal, trail).await),
        };
        if !self.policy.permits(&operation, caller.scopes()) {
            return Ok(self.deny(&Denial::InsufficientScope, &operation, trail).await);
        }
        if let Some(trail) = &mut trail {
            if let Err(response) = trail.begin(&operation).await {
                return Ok(*response);
            }
            trail.passed();
        }
        head.extensions.insert(caller);
        head.extensions.insert(identity);
        if let Some(token) = subject_token {
            head.extensions.insert(token);
        }
        let response = inner.oneshot(Request::from_parts(head, body)).await?.into_response();
        if let Some(trail) = &mut trail {
            trail.close(response.status());
        }
        Ok(response)
    }

    async fn deny(&self, denial: &Denial, operation: &Operation, trail: Option<&mut Trail>) -> Response {
        // For the operator who wonders; the audit trail has the calls.
        tracing::debug!(reason = denial.reason(), "request refused");
        if let Some(trail) = trail {
            if let Err(response) = trail.begin(operation).await {
                return *response;
            }
            trail.denied(denial.reason(), denial.status());
        }
        denial.response(&self.metadata_url, &operation.scopes)
    }
}

/// What the policy says to an identified caller whose request it does not understand.
async fn refuse(Refusal { response, call }: Refusal, trail: Option<&mut Trail>) -> Response {
    if let Some(trail) = trail {
        let operation = Operation { call: Some(call.unwrap_or_default()), ..Operation::default() };
        if let Err(response) = trail.begin(&operation).await {
            return *response;
        }
        trail.denied("request_refused", response.status());
    }
    *response
}

async fn read(body: Body, limit: usize, time: Duration) -> Result<Bytes, Box<Response>> {
    let refusal =
        |status: StatusCode, message: &str| Box::new((status, Json(json!({ "message": message }))).into_response());
    match tokio::time::timeout(time, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, &format!("a request body may have at most {limit} bytes")))
        }
        Ok(Err(_)) => Err(refusal(StatusCode::BAD_REQUEST, "the request body could not be read")),
        Err(_) => Err(refusal(StatusCode::REQUEST_TIMEOUT, "the request body took too long")),
    }
}

impl<V> Clone for Guard<V> {
    fn clone(&self) -> Self {
        Self {
            metadata_url: self.metadata_url.clone(),
            verifier: self.verifier.clone(),
            policy: self.policy.clone(),
            recorder: self.recorder.clone(),
            delegates: self.delegates,
        }
    }
}

impl<S, V> Layer<S> for Guard<V> {
    type Service = Guarded<S, V>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded { guard: Arc::new(self.clone()), inner }
    }
}

/// A service behind a [`Guard`].
pub struct Guarded<S, V> {
    guard: Arc<Guard<V>>,
    inner: S,
}

impl<S: Clone, V> Clone for Guarded<S, V> {
    fn clone(&self) -> Self {
        Self { guard: self.guard.clone(), inner: self.inner.clone() }
    }
}

impl<S, V> Service<Request> for Guarded<S, V>
where
    S: Service<Request> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    S::Error: Send,
    V: Verifier,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    /// The inner service is made ready when a request has passed; one that is refused does not need it.
    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Box::pin(self.guard.clone().answer(self.inner.clone(), request))
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, future::pending};

    use async_trait::async_trait;
    use axum::{Extension, Router, routing::any};
    use http::Request;

    use super::*;
    use crate::{
        audit::Decision,
        fixture::{Kept, StandingClock, ports},
        policy::Call,
        scopes::Scopes,
        verify::InvalidToken,
    };

    /// Takes the token for the subject's name.
    struct Anybody;

    #[derive(Clone)]
    struct Somebody {
        name: String,
        scopes: Scopes,
    }

    #[async_trait]
    impl Verifier for Anybody {
        type Verified = Somebody;

        async fn verify(&self, token: &str) -> Result<Somebody, VerifyError> {
            if token == "bad" {
                return Err(InvalidToken::Signature.into());
            }
            Ok(Somebody { name: token.to_owned(), scopes: Scopes::parse("read") })
        }
    }

    impl Caller for Somebody {
        fn subject(&self) -> &str {
            &self.name
        }
        fn client_id(&self) -> &'static str {
            "client"
        }
        fn scopes(&self) -> &Scopes {
            &self.scopes
        }
        fn token_id(&self) -> Option<&str> {
            None
        }
    }

    fn resource() -> ProtectedResource {
        ProtectedResource::new("https://api.example/reports", "https://zone.example").unwrap()
    }

    fn request(method: &str, token: &str) -> Request<Body> {
        Request::builder()
            .method(method)
            .uri("/reports")
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from("content"))
            .unwrap()
    }

    fn by_method(head: &Parts) -> Scopes {
        Scopes::parse(if head.method.is_safe() { "read" } else { "read write" })
    }

    #[tokio::test]
    async fn any_axum_service_can_be_protected() {
        let inner = any(async |Extension(caller): Extension<Somebody>, headers: HeaderMap, body: String| {
            assert!(!headers.contains_key(AUTHORIZATION));
            format!("{}: {body}", caller.subject())
        });
        let app = Router::new()
            .route("/reports", inner)
            .layer(Guard::new(&resource(), Anybody, by_method))
            .merge(resource().router());

        let served = app.clone().oneshot(request("GET", "ada")).await.unwrap();
        assert_eq!(served.into_body().collect().await.unwrap().to_bytes(), "ada: content");

        let refused = app.clone().oneshot(request("DELETE", "ada")).await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("scope=\"read write\""));
        assert!(challenge.contains("\"https://api.example/.well-known/oauth-protected-resource/reports\""));

        let metadata = Request::get("/.well-known/oauth-protected-resource/reports").body(Body::empty()).unwrap();
        assert_eq!(app.clone().oneshot(metadata).await.unwrap().status(), StatusCode::OK);
        assert_eq!(app.oneshot(request("GET", "bad")).await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn the_token_goes_on_only_to_a_service_that_exchanges_it() {
        let inner = any(async |token: Option<Extension<SubjectToken>>, headers: HeaderMap| {
            assert!(!headers.contains_key(AUTHORIZATION));
            token.map(|Extension(token)| token.reveal().to_owned()).unwrap_or_default()
        });
        let guard = Guard::new(&resource(), Anybody, by_method);
        for (guard, token) in [(guard.clone(), ""), (guard.delegating(), "ada")] {
            let app = Router::new().route("/reports", inner.clone()).layer(guard);
            let served = app.oneshot(request("GET", "ada")).await.unwrap();
            assert_eq!(served.into_body().collect().await.unwrap().to_bytes(), token);
        }
    }

    #[tokio::test]
    async fn the_identity_is_the_verifiers_and_not_the_requests() {
        let inner = any(async |Extension(identity): Extension<Identity>| identity.subject().to_owned());
        let app = Router::new().route("/reports", inner).layer(Guard::new(&resource(), Anybody, by_method));
        let mut forged = request("GET", "ada");
        let mallory = Somebody { name: "mallory".to_owned(), scopes: Scopes::none() };
        forged.extensions_mut().insert(Identity::of(&mallory));
        let served = app.oneshot(forged).await.unwrap();
        assert_eq!(served.into_body().collect().await.unwrap().to_bytes(), "ada");
    }

    struct OneCall;

    impl Policy for OneCall {
        fn operation(&self, _head: &Parts, _body: &[u8]) -> Result<Operation, Refusal> {
            let call = Call { tool: "slow".to_owned(), arguments: vec![] };
            Ok(Operation { scopes: Scopes::none(), call: Some(call) })
        }
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_leaves_a_record_too() {
        let audit = Arc::new(Kept::default());
        let guard = Guard::new(&resource(), Anybody, OneCall).audited(ports(&StandingClock::new(), &audit));
        let endless = tower::service_fn(async |_: Request<Body>| pending::<Result<Response, Infallible>>().await);
        let call = tokio::spawn(guard.layer(endless).oneshot(request("POST", "ada")));
        tokio::task::yield_now().await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        let records = audit.wait_for(1);
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].decision, records[0].reason, records[0].status), (Decision::Allowed, "abandoned", None));
        assert_eq!(records[0].subject.as_deref(), Some("ada"));
    }
}
