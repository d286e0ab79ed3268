//! Every endpoint by every scope.

use coffer_api_server::canonical::routes;
use reqwest::Method;

use super::{bearer::Guarded, fails, keeper::by_either};

by_either! {
    every_endpoint_takes_its_scopes_and_no_others,
}

/// Every endpoint by every single scope: those that it takes, and no other.
async fn every_endpoint_takes_its_scopes_and_no_others() {
    let guarded = Guarded::start(&[]).await;
    let scopes = [
        "",
        "secrets.read",
        "secrets.write",
        "secrets.delete",
        "secrets.destroy",
        "secrets.rotate",
        "secrets.read_metadata",
        "secrets.set_owner",
        "secrets.read secrets.write",
    ];
    for route in routes::all() {
        let method = Method::from_bytes(route.method.as_bytes()).unwrap();
        let body = (route.method == "POST").then(|| "{}".to_owned());
        fails(
            guarded
                .door
                .send(method.clone(), None, route.path, body.clone())
                .await,
            401,
            "UNAUTHENTICATED",
        );
        let Some(op) = route.ops.first() else {
            continue;
        };
        // An open stream has no end to wait for.
        if route.path == "/events" {
            fails(
                guarded.get("secrets.read", "/events").await,
                403,
                "INSUFFICIENT_SCOPE",
            );
            continue;
        }
        for scope in scopes {
            let token = guarded.issuer.token(scope, |_| {});
            let answer = guarded
                .door
                .send(method.clone(), Some(&token), route.path, body.clone())
                .await;
            let held: Vec<&str> = scope.split(' ').collect();
            let enough = op.scopes().iter().all(|needed| held.contains(needed));
            // Nothing that is needed is in the request, so that whoever may send it hears that.
            let expected = match (enough, route.path) {
                (false, _) => 403,
                (true, "/audit") => 200,
                (true, _) => 400,
            };
            assert_eq!(
                answer.status, expected,
                "{} {} {scope}: {}",
                route.method, route.path, answer.text
            );
        }
    }
}
