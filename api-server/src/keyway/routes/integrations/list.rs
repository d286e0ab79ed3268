//! `GET /integrations`

use std::sync::Arc;

use axum::{extract::State, response::Response};
use coffer_domain::integration::Provider;
use serde_json::json;

use crate::{
    app::App,
    http::context::RequestContext,
    keyway::{model::integration::ProviderOut, page},
};

/// The providers, and whether one can connect with them.
pub async fn list(State(app): State<Arc<App>>, context: RequestContext) -> Response {
    let one = |provider| ProviderOut::of(provider, app.keyway.cases.is_configured(provider));
    let providers = Provider::ALL.map(one);
    page::one(&context, &json!({ "providers": providers }))
}
