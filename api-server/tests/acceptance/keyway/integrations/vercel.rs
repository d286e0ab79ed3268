//! Vercel's stand-in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    SECRET, World,
    stub::{Heard, Play, Stub, same},
};

pub const TOKEN: &str = "vercel-token-canary";

/// A variable as Vercel keeps it.
#[derive(Clone)]
struct Variable {
    key: String,
    value: String,
    target: Vec<String>,
    kind: String,
}

/// Vercel, with one project of a team.
#[derive(Default)]
pub struct Vercel {
    variables: BTreeMap<String, Variable>,
    made: usize,
}

impl Vercel {
    pub fn with(variables: &[(&str, &str, &[&str], &str)]) -> Self {
        let mut vercel = Self::default();
        for (key, value, target, kind) in variables {
            vercel.add(Variable {
                key: (*key).to_owned(),
                value: (*value).to_owned(),
                target: target.iter().map(|one| (*one).to_owned()).collect(),
                kind: (*kind).to_owned(),
            });
        }
        vercel
    }

    fn add(&mut self, variable: Variable) -> String {
        self.made += 1;
        let id = format!("env{}", self.made);
        self.variables.insert(id.clone(), variable);
        id
    }

    pub fn play(&mut self, heard: &Heard) -> Play {
        if heard.path == "/v2/oauth/access_token" {
            return Self::exchange(heard);
        }
        heard.has_token(TOKEN)?;
        match heard.line().as_str() {
            "GET /v2/user" => {
                heard.has_query(&[])?;
                Ok((
                    200,
                    json!({"user": {"id": "user_1", "username": "octo", "email": "o@example.com"}}),
                ))
            }
            "GET /v2/teams/team_1" => {
                heard.has_query(&[])?;
                Ok((200, json!({"id": "team_1", "slug": "acme", "name": "Acme"})))
            }
            "GET /v9/projects" => Self::projects(heard),
            "GET /v10/projects/prj_1/env" => {
                heard.has_query(&[("decrypt", "true"), ("teamId", "team_1")])?;
                Ok((200, json!({ "envs": self.listed() })))
            }
            "POST /v10/projects/prj_1/env" => self.create(heard),
            _ => self.change(heard),
        }
    }

    fn exchange(heard: &Heard) -> Play {
        same("method", &heard.method.as_str(), &"POST")?;
        let form = heard.form();
        let callback = form.get("redirect_uri").cloned().unwrap_or_default();
        if !callback.ends_with("/keyway/v1/integrations/vercel/callback") {
            return Err(format!("redirect_uri: {callback}"));
        }
        let code = form.get("code").cloned().unwrap_or_default();
        heard.has_form(&[
            ("client_id", "app"),
            ("client_secret", SECRET),
            ("code", &code),
            ("redirect_uri", &callback),
        ])?;
        if code != "good-code" {
            return Ok((400, json!({"error": "invalid_grant"})));
        }
        Ok((
            200,
            json!({"token_type": "Bearer", "access_token": TOKEN, "team_id": "team_1", "user_id": "user_1"}),
        ))
    }

    fn projects(heard: &Heard) -> Play {
        let first = heard.has_query(&[("limit", "100"), ("teamId", "team_1")]);
        if first.is_ok() {
            let link = json!({"type": "github", "org": "owner", "repo": "repo"});
            let project = json!({"id": "prj_1", "name": "web", "framework": "nextjs", "link": link, "createdAt": 1_700_000_000_000_i64});
            return Ok((
                200,
                json!({"projects": [project], "pagination": {"count": 1, "next": 1234}}),
            ));
        }
        heard.has_query(&[("limit", "100"), ("teamId", "team_1"), ("until", "1234")])?;
        let project = json!({"id": "prj_2", "name": "docs", "framework": null, "link": {"type": "gitlab", "projectName": "x"}});
        Ok((
            200,
            json!({"projects": [project], "pagination": {"count": 1, "next": null}}),
        ))
    }

    fn listed(&self) -> Vec<Value> {
        let one = |(id, variable): (&String, &Variable)| {
            let mut one = json!({
                "id": id, "key": variable.key, "target": variable.target, "type": variable.kind, "decrypted": true,
                "value": variable.value,
            });
            if variable.kind == "sensitive" {
                one["value"] = json!("");
            }
            one
        };
        self.variables.iter().map(one).collect()
    }

    fn create(&mut self, heard: &Heard) -> Play {
        heard.has_query(&[("teamId", "team_1")])?;
        let body = heard.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let expected = json!({"key": text("key"), "value": text("value"), "type": "encrypted", "target": [body["target"][0]]});
        same("body", &body, &expected)?;
        let target = text("key");
        let taken = self.variables.values().any(|one| {
            one.key == target
                && one
                    .target
                    .contains(&body["target"][0].as_str().unwrap().to_owned())
        });
        if taken {
            return Err("it is there already".to_owned());
        }
        let id = self.add(Variable {
            key: text("key"),
            value: text("value"),
            target: vec![body["target"][0].as_str().unwrap().to_owned()],
            kind: "encrypted".to_owned(),
        });
        Ok((201, json!({"created": {"id": id}})))
    }

    fn change(&mut self, heard: &Heard) -> Play {
        heard.has_query(&[("teamId", "team_1")])?;
        let id = heard
            .path
            .strip_prefix("/v10/projects/prj_1/env/")
            .unwrap_or_default()
            .to_owned();
        let Some(variable) = self.variables.get_mut(&id) else {
            return Err("nobody should ask this".to_owned());
        };
        match heard.method.as_str() {
            "DELETE" => {
                same("body", &heard.body.as_str(), &"")?;
                same("targets", &variable.target.len(), &1)?;
                self.variables.remove(&id);
            }
            "PATCH" => {
                let body = heard.json();
                if let Some(targets) = body["target"].as_array() {
                    same("body", &body, &json!({ "target": targets }))?;
                    variable.target = targets
                        .iter()
                        .map(|one| one.as_str().unwrap().to_owned())
                        .collect();
                } else {
                    same("targets", &variable.target.len(), &1)?;
                    let kept = variable.kind == "sensitive";
                    let value = body["value"].as_str().unwrap_or_default().to_owned();
                    let expected = if kept {
                        json!({"value": value})
                    } else {
                        json!({"value": value, "type": "encrypted"})
                    };
                    same("body", &body, &expected)?;
                    variable.value = value;
                }
            }
            _ => return Err("with no such method".to_owned()),
        }
        Ok((200, json!({})))
    }
}

/// A world whose Vercel has these variables.
pub async fn world(variables: &[(&str, &str, &[&str], &str)]) -> World {
    let mut vercel = Vercel::with(variables);
    World::new(Stub::start(move |heard| vercel.play(heard)).await).await
}
