//! Railway.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    World,
    stub::{Heard, Play, Stub, same},
};
use crate::keyway::problem;

const TOKEN: &str = "railway-token-canary";

/// Railway, with one project: of each place, its variables.
struct Railway(BTreeMap<String, Map<String, Value>>);

/// Whether a query asks for a field.
fn asks(heard: &Heard, field: &str) -> bool {
    heard.json()["query"]
        .as_str()
        .is_some_and(|query| query.contains(field))
}

impl Railway {
    fn play(&mut self, heard: &Heard) -> Play {
        same("line", &heard.line().as_str(), &"POST /graphql/v2")?;
        heard.has_query(&[])?;
        if heard.header("authorization") != format!("Bearer {TOKEN}") {
            return Ok((
                200,
                json!({"errors": [{"message": "Not Authorized"}], "data": null}),
            ));
        }
        heard.has_token(TOKEN)?;
        let body = heard.json();
        let (variables, input) = (&body["variables"], &body["variables"]["input"]);
        let answer = if asks(heard, "me {") {
            json!({"me": {"id": "user_1", "name": "Octo", "email": "o@example.com"}})
        } else if asks(heard, "projects(") {
            return Self::projects(variables);
        } else if asks(heard, "project(id: $id)") {
            same("project", variables, &json!({"id": "prj_1"}))?;
            json!({"project": {"environments": environments()}})
        } else if asks(heard, "variableCollectionUpsert(") {
            let place = self.place(input, &["variables"])?;
            for (name, value) in input["variables"].as_object().ok_or("no variables")? {
                place.insert(name.clone(), value.clone());
            }
            json!({"variableCollectionUpsert": true})
        } else if asks(heard, "variableDelete(") {
            let name = input["name"].as_str().ok_or("no name")?.to_owned();
            self.place(input, &["name"])?
                .remove(&name)
                .ok_or("it is not there")?;
            json!({"variableDelete": true})
        } else if asks(heard, "variables(projectId") {
            json!({"variables": self.place(variables, &[])?})
        } else {
            return Err("nobody should ask this".to_owned());
        };
        Ok((200, json!({ "data": answer })))
    }

    fn projects(variables: &Value) -> Play {
        let edge = |id: &str, services: Value| {
            json!({"node": {
                "id": id, "name": format!("name of {id}"), "createdAt": "2025-01-15T10:30:00.000Z",
                "environments": environments(), "services": services,
            }})
        };
        let page = if variables["after"].is_null() {
            let trigger = json!({"edges": [{"node": {"repository": "owner/repo"}}]});
            let services = json!({"edges": [
                {"node": {"id": "svc_0", "name": "db", "repoTriggers": {"edges": []}}},
                {"node": {"id": "svc_1", "name": "web", "repoTriggers": trigger}},
            ]});
            json!({"edges": [edge("prj_1", services)], "pageInfo": {"hasNextPage": true, "endCursor": "c1"}})
        } else {
            same("after", &variables["after"], &json!("c1"))?;
            json!({"edges": [edge("prj_2", json!({"edges": []}))], "pageInfo": {"hasNextPage": false, "endCursor": "c2"}})
        };
        Ok((200, json!({"data": {"projects": page}})))
    }

    /// Where variables are, by members that are all there are beside `more`.
    fn place(&mut self, named: &Value, more: &[&str]) -> Result<&mut Map<String, Value>, String> {
        let known = ["projectId", "environmentId", "serviceId"];
        for name in named.as_object().ok_or("no place")?.keys() {
            if !known.contains(&name.as_str()) && !more.contains(&name.as_str()) {
                return Err(format!("unknown: {name}"));
            }
        }
        same("project", &named["projectId"], &json!("prj_1"))?;
        let text = |name: &str| named[name].as_str().unwrap_or_default().to_owned();
        Ok(self
            .0
            .entry(format!("{}/{}", text("environmentId"), text("serviceId")))
            .or_default())
    }
}

fn environments() -> Value {
    json!({"edges": [{"node": {"id": "env_p", "name": "production"}}, {"node": {"id": "env_s", "name": "Staging"}}]})
}

async fn world() -> World {
    let service = json!({"MINE": "theirs", "GONE": "x", "RAILWAY_SERVICE_ID": "svc_1"});
    let mut railway = Railway(BTreeMap::from([(
        "env_s/svc_1".to_owned(),
        service.as_object().unwrap().clone(),
    )]));
    World::new(Stub::start(move |heard| railway.play(heard)).await).await
}

#[tokio::test]
async fn railway_is_connected_with_by_a_token() {
    let world = world().await;
    let connect = async |provider: &str, body: Value| {
        world
            .keyway
            .post(&format!("/integrations/{provider}/connect"), body)
            .await
    };
    let made = connect("railway", json!({ "token": TOKEN })).await.expect(200);
    assert_eq!(
        made["data"],
        json!({
            "success": true, "provider": "railway",
            "user": {"id": "user_1", "username": "Octo", "email": "o@example.com", "teamName": null},
        })
    );
    for token in ["wrong", "two words", "\u{e9}", "a\nb"] {
        problem(
            connect("railway", json!({ "token": token })).await,
            400,
            "bad-request",
        );
    }
    problem(connect("railway", json!({})).await, 400, "bad-request");
    problem(
        connect("vercel", json!({ "token": TOKEN })).await,
        400,
        "bad-request",
    );
    problem(
        connect("nosuch", json!({ "token": TOKEN })).await,
        404,
        "not-found",
    );
    problem(
        world.keyway.get("/integrations/railway/authorize").await,
        400,
        "bad-request",
    );
    assert_eq!(world.connections().await.len(), 1);
    world.stub.asked();
}

#[tokio::test]
async fn railways_variables_are_a_services_where_one_is_named() {
    let world = world().await;
    let path = "/integrations/railway/connect";
    world
        .keyway
        .post(path, json!({ "token": TOKEN }))
        .await
        .expect(200);
    let id = world.connections().await[0]["id"].as_str().unwrap().to_owned();
    let listed = world
        .keyway
        .get(&format!("/integrations/connections/{id}/projects"))
        .await
        .expect(200);
    let first = &listed["data"]["projects"][0];
    assert_eq!(
        (&first["serviceId"], &first["serviceName"], &first["linkedRepo"]),
        (&json!("svc_1"), &json!("web"), &json!("owner/repo"))
    );
    assert_eq!(first["environments"], json!(["production", "Staging"]));
    assert_eq!(listed["data"]["projects"][1]["linkedRepo"], Value::Null);
    world
        .keyway
        .push("staging", json!({"MINE": "mine", "FRESH": "f"}))
        .await
        .expect(200);
    let more = "keywayEnvironment=staging&providerEnvironment=staging&allowDelete=true";
    let preview = world
        .preview(&id, "prj_1", &format!("{more}&serviceId=svc_1"))
        .await;
    assert_eq!(
        preview,
        json!({"toCreate": ["FRESH"], "toUpdate": ["MINE"], "toDelete": ["GONE"], "toSkip": []})
    );
    let shared = world.preview(&id, "prj_1", more).await;
    assert_eq!(shared["toCreate"], json!(["FRESH", "MINE"]));
    let mut body = json!({
        "connectionId": id, "projectId": "prj_1", "serviceId": "svc_1", "keywayEnvironment": "staging",
        "providerEnvironment": "staging", "allowDelete": true,
    });
    let done = world.sync(body.clone()).await.expect(200);
    assert_eq!(done["data"]["stats"]["total"], 3, "{}", done.text);
    let preview = world
        .preview(&id, "prj_1", &format!("{more}&serviceId=svc_1"))
        .await;
    assert_eq!(
        preview,
        json!({"toCreate": [], "toUpdate": [], "toDelete": [], "toSkip": ["FRESH", "MINE"]})
    );
    let vault = world.keyway.get("/vaults/owner/repo").await.expect(200);
    assert_eq!(vault["data"]["syncs"][0]["providerEnvironment"], "staging:svc_1");
    body["providerEnvironment"] = json!("nosuch");
    let failed = world.sync(body).await.expect(200);
    assert_eq!(
        (&failed["data"]["status"], &failed["data"]["success"]),
        (&json!("failed"), &json!(false))
    );
    world.stub.asked();
}
