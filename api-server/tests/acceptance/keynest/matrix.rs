//! Every route with every role and kind of credential, from the table of routes itself.

use coffer_api_server::keynest::routes::{Access, Route, all};
use coffer_domain::usecase::keynest::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Nest, Person, Place, failure, fresh};
use crate::answer::Answer;

/// An organization with one member of each role, and somebody who is none.
struct World {
    nest: Nest,
    admin: Person,
    members: Vec<(Role, Person)>,
    stranger: Person,
}

/// Things in it that a request may change or delete.
struct Things {
    organization: u64,
    place: Place,
    variable: u64,
    /// A member who is none of those who ask.
    victim: Person,
    /// An account that is no member.
    guest: Person,
}

impl World {
    async fn new() -> Self {
        let nest = Nest::start().await;
        let admin = nest.person("admin").await;
        let mut members = Vec::new();
        for role in Role::ALL {
            members.push((role, nest.person(role.as_str()).await));
        }
        let stranger = nest.person("stranger").await;
        Self {
            nest,
            admin,
            members,
            stranger,
        }
    }

    /// A new organization of the administrator's with everything in it.
    async fn things(&self, victim: &Person, guest: &Person) -> Things {
        let nest = &self.nest;
        let body = json!({ "name": fresh("Organization ") });
        let made = nest
            .post(&self.admin.token, "/api/organizations/", body)
            .await
            .expect(201);
        let organization = made["id"].as_u64().unwrap();
        let owner = Person {
            organization,
            ..self.admin.clone()
        };
        for (role, member) in &self.members {
            nest.invite(&owner, member, role.as_str()).await.expect(201);
        }
        nest.invite(&owner, victim, "viewer").await.expect(201);
        let place = nest.place(&owner).await;
        let variable = nest.variable(&owner, place, "API_KEY", "v").await;
        Things {
            organization,
            place,
            variable,
            victim: victim.clone(),
            guest: guest.clone(),
        }
    }

    async fn send(&self, route: &Route, things: &Things, token: Option<&str>) -> Answer {
        let id = match route.path.split('/').nth(2).unwrap_or_default() {
            "projects" => things.place.project,
            "environments" => things.place.environment,
            "variables" => things.variable,
            _ => things.organization,
        };
        let path = format!("{}/", route.path.replace("{id}", &id.to_string()));
        let method = Method::from_bytes(route.method.as_bytes()).unwrap();
        let request = self.nest.request(method, &path, token);
        Answer::of(match body(route, things) {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }
}

/// A body that is well formed for every route that takes one.
fn body(route: &Route, things: &Things) -> Option<Value> {
    if route.method == "GET" || route.takes.is_empty() {
        return None;
    }
    let member = route.path.ends_with("/invite_member");
    let email = if member {
        things.guest.email.clone()
    } else {
        format!("{}@example.com", fresh("m"))
    };
    Some(json!({
        "name": if route.path.starts_with("/api/environments") { "another".to_owned() } else { fresh("Another ") },
        "organization": things.organization, "project": things.place.project,
        "environment": things.place.environment, "key": "ANOTHER", "value": "w", "data": "A=1",
        "username": fresh("m"), "email": email, "password": super::PASSWORD,
        "role": "viewer", "user_id": things.victim.id,
        "current_password": "not this one", "new_password": super::PASSWORD,
    }))
}

#[tokio::test]
async fn without_a_good_token_every_route_but_the_open_ones_refuses() {
    let world = World::new().await;
    let (victim, guest) = (
        world.nest.person("victim").await,
        world.nest.person("guest").await,
    );
    let things = world.things(&victim, &guest).await;
    let zeros = "0".repeat(40);
    for route in all() {
        for token in [
            None,
            Some("nope"),
            Some(zeros.as_str()),
            Some("coffer_x"),
            Some("kw_live_x"),
        ] {
            let answer = world.send(&route, &things, token).await;
            match (route.access, token) {
                (Access::Open, _) => assert!(answer.status < 500 && answer.status != 403, "{}", route.path),
                (_, None) => drop(failure(answer, 401, "AUTHENTICATION_REQUIRED")),
                (_, Some(_)) => drop(failure(answer, 401, "INVALID_TOKEN")),
            }
        }
    }
}

#[tokio::test]
async fn a_role_opens_what_it_is_for_and_nothing_above() {
    let world = World::new().await;
    let (victim, guest) = (
        world.nest.person("victim").await,
        world.nest.person("guest").await,
    );
    let mut things = world.things(&victim, &guest).await;
    let mut cells = 0;
    for route in all() {
        let Access::Part(least, outside) = route.access else {
            continue;
        };
        let stranger = world.send(&route, &things, Some(&world.stranger.token)).await;
        let code = if outside == 404 {
            "NOT_FOUND"
        } else {
            "PERMISSION_DENIED"
        };
        failure(stranger, outside, code);
        // Those with lower roles first: what they are refused changes nothing.
        for (role, member) in &world.members {
            let answer = world.send(&route, &things, Some(&member.token)).await;
            cells += 1;
            if *role < least {
                failure(answer, 403, "PERMISSION_DENIED");
            } else {
                let said = format!("{} {} as {role:?}: {}", route.method, route.path, answer.text);
                assert_eq!(answer.status, route.success, "{said}");
                if route.method != "GET" {
                    things = world.things(&victim, &guest).await;
                }
            }
        }
    }
    assert_eq!(cells, 3 * 27);
}

#[tokio::test]
async fn a_signed_route_is_for_everybody_with_a_token_and_shows_nothing_of_others() {
    let world = World::new().await;
    let (victim, guest) = (
        world.nest.person("victim").await,
        world.nest.person("guest").await,
    );
    let things = world.things(&victim, &guest).await;
    for route in all() {
        if route.access != Access::Signed || route.path.ends_with("/logout") {
            continue;
        }
        let answer = world.send(&route, &things, Some(&world.stranger.token)).await;
        let refused = [401, 403, 404].contains(&answer.status) || answer.status >= 500;
        assert!(!refused, "{} {}: {}", route.method, route.path, answer.text);
        if route.takes.contains(&"page") {
            assert!(
                !answer.text.contains("New Project"),
                "{}: {}",
                route.path,
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn a_native_key_opens_what_its_grants_are_for() {
    let world = World::new().await;
    let (victim, guest) = (
        world.nest.person("victim").await,
        world.nest.person("guest").await,
    );
    let things = world.things(&victim, &guest).await;
    let token = world.nest.subject.token.clone();
    for route in all() {
        let answer = world.send(&route, &things, Some(&token)).await;
        match route.access {
            Access::Open => {}
            // A key is no user: it has neither a profile nor a session.
            Access::Signed if route.path.starts_with("/api/auth") => {
                drop(failure(answer, 403, "PERMISSION_DENIED"));
            }
            Access::Signed => assert!(
                [200, 201, 409].contains(&answer.status),
                "{}: {}",
                route.path,
                answer.text
            ),
            Access::Part(_, outside) => {
                assert_eq!(
                    answer.status, outside,
                    "{} {}: {}",
                    route.method, route.path, answer.text
                );
            }
        }
    }
}
