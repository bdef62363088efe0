//! Calls of an API behind the server that follow a [`Delegation`], whatever it leaves out.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use reference_server::config::Config;
use reference_server::{SubjectToken, Upstream, UpstreamError};
use serde_json::{Map, Value};
use support::fault::{Delegation, Fault};

pub(crate) struct LaxDelegation {
    how: Delegation,
    http: reqwest::Client,
    token_endpoint: String,
    client_id: String,
    secret: String,
    resource: String,
    kept: Mutex<Option<String>>,
}

impl LaxDelegation {
    /// The delegation of this configuration; none where it has no API or no credentials.
    pub(crate) fn of(config: &Config, fault: &Fault) -> Option<Self> {
        let (upstream, credentials) = (config.upstream.as_ref()?, config.credentials.as_ref()?);
        let mut how = Delegation::RIGHT;
        (fault.delegation)(&mut how);
        Some(Self {
            how,
            http: reqwest::Client::builder().no_proxy().build().ok()?,
            token_endpoint: format!("{}/oauth/2/token", config.zone_url()),
            client_id: credentials.client_id.clone(),
            secret: credentials.secret().to_owned(),
            resource: upstream.as_str().to_owned(),
            kept: Mutex::default(),
        })
    }

    async fn exchanged(&self, subject_token: &str) -> Result<String, UpstreamError> {
        let form = || {
            vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange".to_owned()),
                ("subject_token", subject_token.to_owned()),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token".to_owned()),
                ("resource", self.resource.clone()),
            ]
        };
        if let Some(first) = self.how.first {
            let mut form = form();
            (first.form)(&mut form);
            let _ = self.ask(&form, first.as_json).await;
        }
        self.ask(&form(), false).await
    }

    async fn ask(&self, form: &[(&str, String)], as_json: bool) -> Result<String, UpstreamError> {
        let request = self.http.post(&self.token_endpoint).basic_auth(&self.client_id, Some(&self.secret));
        let request = if as_json {
            let members: Map<String, Value> = form.iter().map(|(n, v)| ((*n).to_owned(), v.clone().into())).collect();
            request.json(&members)
        } else {
            request.form(form)
        };
        let answered = request.send().await.map_err(|_| UpstreamError::Zone)?;
        let answer: Value = answered.json().await.unwrap_or_default();
        let refused = || UpstreamError::Refused { code: answer["error"].as_str().unwrap_or_default().to_owned() };
        answer["access_token"].as_str().map(str::to_owned).ok_or_else(refused)
    }

    fn kept(&self) -> Option<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Upstream for LaxDelegation {
    async fn fetch(&self, subject_token: &SubjectToken) -> Result<String, UpstreamError> {
        let own = subject_token.reveal();
        let token = match self.kept() {
            _ if self.how.forwards => own.to_owned(),
            Some(kept) if self.how.keeps => kept,
            _ => match self.exchanged(own).await {
                Err(_) if self.how.falls_back => own.to_owned(),
                exchanged => exchanged?,
            },
        };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| token.clone());
        let mut request = self.http.get(&self.resource).bearer_auth(&token);
        if let Some(header) = self.how.header {
            request = request.header("x-caller", header(own));
        }
        let answered = request.send().await.map_err(|_| UpstreamError::Api)?;
        let text = answered.text().await.map_err(|_| UpstreamError::Api)?;
        Ok(format!("{text}{}", (self.how.shows)(&token)))
    }
}
