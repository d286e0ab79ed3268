//! Netlify.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    SECRET, World, of_query,
    stub::{Heard, Play, Stub, same},
};

const TOKEN: &str = "netlify-token-canary";
const ENV: &str = "/api/v1/accounts/acc_1/env";

/// Netlify, with one site: of each variable, its values by context.
struct Netlify(BTreeMap<String, BTreeMap<String, String>>);

impl Netlify {
    fn with(variables: &[(&str, &[(&str, &str)])]) -> Self {
        let values = |values: &[(&str, &str)]| {
            let pairs = values
                .iter()
                .map(|(context, value)| ((*context).to_owned(), (*value).to_owned()));
            pairs.collect()
        };
        Self(
            variables
                .iter()
                .map(|(key, all)| ((*key).to_owned(), values(all)))
                .collect(),
        )
    }

    fn play(&mut self, heard: &Heard) -> Play {
        if heard.line() == "POST /oauth/token" {
            let callback = heard.form().get("redirect_uri").cloned().unwrap_or_default();
            heard.has_form(&[
                ("grant_type", "authorization_code"),
                ("client_id", "app"),
                ("client_secret", SECRET),
                ("code", "good-code"),
                ("redirect_uri", &callback),
            ])?;
            return Ok((200, json!({"access_token": TOKEN, "token_type": "Bearer"})));
        }
        heard.has_token(TOKEN)?;
        match heard.line().as_str() {
            "GET /api/v1/user" => Ok((
                200,
                json!({"id": "user_1", "slug": "octo", "email": "o@example.com"}),
            )),
            "GET /api/v1/sites" => {
                heard.has_query(&[("page", "1"), ("per_page", "100")])?;
                let repository = json!({"repo_url": "https://github.com/owner/repo.git"});
                Ok((
                    200,
                    json!([{"id": "site_1", "name": "web", "account_id": "acc_1", "build_settings": repository}]),
                ))
            }
            "GET /api/v1/sites/site_1" => {
                Ok((200, json!({"id": "site_1", "name": "web", "account_id": "acc_1"})))
            }
            _ => {
                heard.has_query(&[("site_id", "site_1")])?;
                self.env(heard)
            }
        }
    }

    fn env(&mut self, heard: &Heard) -> Play {
        let rest = heard.path.strip_prefix(ENV).ok_or("nobody should ask this")?;
        let parts: Vec<&str> = rest.split('/').skip(1).collect();
        let body = heard.json();
        match (heard.method.as_str(), parts.as_slice()) {
            ("GET", []) => return Ok((200, self.listed())),
            ("POST", []) => {
                for one in body.as_array().ok_or("not a list")? {
                    let (key, value) = (
                        one["key"].as_str().unwrap(),
                        one["values"][0]["value"].as_str().unwrap(),
                    );
                    let expected = json!({"key": key, "values": [{"context": "production", "value": value}]});
                    same("body", one, &expected)?;
                    same("there", &self.0.contains_key(key), &false)?;
                    self.0.insert(
                        key.to_owned(),
                        [("production".to_owned(), value.to_owned())].into(),
                    );
                }
                return Ok((201, json!([])));
            }
            ("PATCH", [key]) => {
                let value = body["value"].as_str().ok_or("no value")?;
                same("body", &body, &json!({"context": "production", "value": value}))?;
                let there = self.0.get_mut(*key).ok_or("it is not there")?;
                there.insert("production".to_owned(), value.to_owned());
            }
            ("PUT", [key]) => {
                let there = self.0.get_mut(*key).ok_or("it is not there")?;
                same("key", &body["key"], &json!(key))?;
                let values = body["values"].as_array().ok_or("no values")?.iter();
                let pair = |one: &Value| {
                    (
                        one["context"].as_str().unwrap().to_owned(),
                        one["value"].as_str().unwrap().to_owned(),
                    )
                };
                *there = values.map(pair).collect();
            }
            ("DELETE", [key]) => {
                same("contexts", &self.0.get(*key).map(BTreeMap::len), &Some(1))?;
                self.0.remove(*key);
                return Ok((204, Value::Null));
            }
            ("DELETE", [key, "value", id]) => {
                let there = self.0.get_mut(*key).ok_or("it is not there")?;
                there
                    .remove(id.trim_start_matches("id-"))
                    .ok_or("no such value")?;
                return Ok((204, Value::Null));
            }
            _ => return Err("nobody should ask this".to_owned()),
        }
        Ok((200, json!({})))
    }

    fn listed(&self) -> Value {
        let valued = |(context, value): (&String, &String)| json!({"id": format!("id-{context}"), "context": context, "value": value});
        let one = |(key, values): (&String, &BTreeMap<String, String>)| {
            let values: Vec<Value> = values.iter().map(valued).collect();
            json!({"key": key, "scopes": ["builds"], "values": values, "is_secret": key == "HIDDEN"})
        };
        self.0.iter().map(one).collect()
    }
}

async fn world(variables: &[(&str, &[(&str, &str)])]) -> World {
    let mut netlify = Netlify::with(variables);
    World::new(Stub::start(move |heard| netlify.play(heard)).await).await
}

#[tokio::test]
async fn a_consent_at_netlify_names_the_application_and_the_way_back() {
    let world = world(&[]).await;
    let (url, _) = world.begin("netlify").await;
    assert_eq!(url.path(), "/authorize");
    assert_eq!(
        (of_query(&url, "client_id"), of_query(&url, "response_type")),
        ("app".into(), "code".into())
    );
    let callback = format!("{}/integrations/netlify/callback", world.keyway.0.base);
    assert_eq!(of_query(&url, "redirect_uri"), callback);
    let id = world.connect("netlify").await;
    let found = world.connections().await;
    assert_eq!(
        (&found[0]["providerAccountId"], &found[0]["providerTeamId"]),
        (&json!("user_1"), &Value::Null)
    );
    let listed = world
        .keyway
        .get(&format!("/integrations/connections/{id}/projects"))
        .await
        .expect(200);
    assert_eq!(
        listed["data"]["projects"],
        json!([{"id": "site_1", "name": "web", "linkedRepo": "owner/repo", "framework": null}])
    );
    world.stub.asked();
}

#[tokio::test]
async fn a_push_to_netlify_changes_one_context_and_leaves_the_others() {
    let world = world(&[
        ("SAME", &[("all", "1")]),
        ("MANY", &[("production", "old"), ("dev", "dev")]),
        ("ALL", &[("all", "old")]),
        ("HIDDEN", &[("production", "x")]),
        ("GONE", &[("production", "x")]),
        ("GONE_HERE", &[("production", "x"), ("dev", "y")]),
        ("GONE_FROM_ALL", &[("all", "x"), ("dev", "y")]),
        ("ELSEWHERE", &[("dev", "x")]),
    ])
    .await;
    let secrets =
        json!({"SAME": "1", "MANY": "new", "ALL": "new", "HIDDEN": "new", "FRESH": "f", "ELSEWHERE": "here"});
    world.keyway.push("production", secrets).await.expect(200);
    let id = world.connect("netlify").await;
    let preview = world.preview(&id, "site_1", "allowDelete=true").await;
    assert_eq!(
        preview,
        json!({
            "toCreate": ["ELSEWHERE", "FRESH"], "toUpdate": ["ALL", "HIDDEN", "MANY"],
            "toDelete": ["GONE", "GONE_FROM_ALL", "GONE_HERE"], "toSkip": ["SAME"],
        })
    );
    let done = world
        .sync(json!({"connectionId": id, "projectId": "site_1", "allowDelete": true}))
        .await
        .expect(200);
    assert_eq!(
        done["data"]["stats"],
        json!({"created": 2, "updated": 3, "deleted": 3, "skipped": 1, "total": 9})
    );
    let after = world.preview(&id, "site_1", "allowDelete=true").await;
    assert_eq!(
        (&after["toCreate"], &after["toUpdate"], &after["toDelete"]),
        (&json!([]), &json!(["HIDDEN"]), &json!([]))
    );
    let dev = world
        .preview(
            &id,
            "site_1",
            "keywayEnvironment=local&providerEnvironment=dev&direction=pull",
        )
        .await;
    assert_eq!(
        dev["toCreate"],
        json!(["ALL", "ELSEWHERE", "GONE_FROM_ALL", "GONE_HERE", "MANY", "SAME"])
    );
    let sync = json!({"connectionId": id, "projectId": "site_1", "keywayEnvironment": "local", "providerEnvironment": "dev", "direction": "pull"});
    world.sync(sync).await.expect(200);
    assert_eq!(
        world.keyway.content("local").await,
        "ALL=old\nELSEWHERE=x\nGONE_FROM_ALL=y\nGONE_HERE=y\nMANY=dev\nSAME=1"
    );
    world.stub.asked();
}
