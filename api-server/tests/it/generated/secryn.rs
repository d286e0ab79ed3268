//! Secryn's part.

use coffer_api_server::secryn::DIALECT;
use serde_json::Value;

use super::{Door, ask};
use crate::secryn::{
    matrix,
    world::{World, unlimited},
};

const FIELDS: [&str; 24] = [
    "name",
    "value",
    "url",
    "events",
    "pem",
    "key_type",
    "key_size",
    "key_curve",
    "output_format",
    "common_name",
    "country",
    "email",
    "tags",
    "description",
    "content_type",
    "enabled",
    "public",
    "restricted",
    "role",
    "project_id",
    "vault_ids",
    "activation_date",
    "expiration_date",
    "active",
];

const VALUES: [&str; 10] = [
    "RSA1",
    "EC",
    "Ed25519",
    "P-384",
    "pem",
    "both",
    "read_only",
    "resource.created",
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "DE",
];

const QUERIES: [&str; 12] = [
    "?page=1&limit=1",
    "?page=4294967295&limit=100",
    "?secrets=names",
    "?include=keys,certificates",
    "?include=,",
    "?resource=00000000-0000-7000-8000-000000000000",
    "?access_key=guess",
    "?format=ssh",
    "?status=abc",
    "?status=200&method=GET",
    "?start=soon",
    "?start=9999-12-31T23:59:59Z&end=0001-01-01",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secryn_answers_twenty_thousand_generated_requests_as_documented() {
    let server = unlimited().await;
    let world = World::make(&server, 0).await;
    let bearer = |token: &str| format!("authorization: Bearer {token}");
    let mut credentials = vec![bearer(&server.admin); 8];
    credentials.extend(world.narrow.iter().map(|token| bearer(token)));
    credentials.extend(["", "authorization: Bearer guess", "authorization: Basic YTpi"].map(str::to_owned));
    let door = Door {
        dialect: &DIALECT,
        mounts: &["/secryn", "/secryn", "/secryn/api"],
        credentials,
        concrete: Box::new(move |method, path| (method != "DELETE").then(|| world.concrete(path))),
        fields: &FIELDS,
        values: &VALUES,
        queries: &QUERIES,
        body: |method, path| (method != "GET").then(|| matrix::body(path, 0)).flatten(),
        is_refusal: |answer| {
            let error: Value = answer.json()["error"].take();
            error["code"].is_string() && error["message"].is_string() && error["details"].is_object()
        },
        reached: &[200, 400, 401, 403, 404, 405],
    };
    ask(&server, door).await;
}
