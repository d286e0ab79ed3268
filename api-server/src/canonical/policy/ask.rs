//! Asking over HTTP, in the words of `AuthZEN`'s evaluation API.

use std::collections::BTreeMap;

use coffer_domain::address::Version;
use serde_json::{Value, json};

use super::{Question, answer, answer::Decision, settings::Settings};
use crate::canonical::error::Failure;

/// The largest answer that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// The way to the policy decision point.
pub struct Ask {
    settings: Settings,
    client: Option<reqwest::Client>,
}

impl Ask {
    /// As the settings say.
    pub fn new(settings: &Settings) -> Self {
        crate::provide_crypto();
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(settings.timeout);
        Self {
            settings: settings.clone(),
            client: builder.build().ok(),
        }
    }

    /// What it says. That it says nothing, or nothing that can be read, is no permission.
    pub async fn about(
        &self,
        question: &Question<'_>,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Decision, Failure> {
        let said = self.send(&body(&self.settings, question, attributes)).await;
        let decision = said.as_ref().and_then(answer::read);
        decision.ok_or_else(|| {
            tracing::warn!("the policy decision point does not answer as it should");
            Failure::new(
                503,
                "PDP_UNAVAILABLE",
                "the policy decision point does not answer; nothing is permitted without it",
            )
        })
    }

    async fn send(&self, body: &Value) -> Option<Value> {
        let client = self.client.as_ref()?;
        let mut response = client
            .post(self.settings.url.clone())
            .json(body)
            .send()
            .await
            .ok()?;
        if response.status() != 200 {
            return None;
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST {
                return None;
            }
        }
        serde_json::from_slice(&bytes).ok()
    }
}

fn body(settings: &Settings, question: &Question<'_>, attributes: &BTreeMap<String, String>) -> Value {
    let Question { uri, names, .. } = question;
    let [run, node, system] = question.marks;
    let mut properties = json!({
        "pdp_application": settings.application,
        "provider": uri.backend.provider(),
        "engine": uri.backend.engine(),
        "mount": uri.path.mount(),
        "path": uri.path.key(),
        "fragment": uri.fragment.as_ref().map(coffer_domain::canonical_uri::Fragment::key),
        "version": uri.version.map(Version::get),
        "resource_ref": names.0,
        "arn": names.1,
    });
    let mut context = json!({
        "aud": question.token.map(|token| &token.audience),
        "token_jti": question.token.and_then(|token| token.id.as_deref()),
        "cnf_binding": question.binding,
        "correlation_id": question.correlation,
        "workflow_run_id": run,
        "node_id": node,
        "system_id": system,
    });
    if !attributes.is_empty() {
        for (name, text) in attributes {
            properties[name] = json!(text);
        }
        context["resource_attributes"] = json!(attributes);
    }
    json!({
        "subject": {
            "type": "account",
            "id": question.subject.unwrap_or("anonymous"),
            "properties": {
                "tenant_id": question.tenant,
                "client_id": question.token.and_then(|token| token.client.as_deref()),
                "issuer": question.token.and(question.issuer),
            },
        },
        "action": { "name": question.purpose },
        "resource": { "type": "secret", "id": uri.to_string(), "properties": properties },
        "context": context,
    })
}
