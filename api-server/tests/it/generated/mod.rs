//! Twenty thousand requests to each dialect that no honest client sends, made from its own OpenAPI document: none
//! is answered with a 5xx, each status is one that the document has for that route, each refusal has the door's
//! shape, and every route is asked.
//!
//! A door takes part with a [`Door`]: one table, in a file of its own beside these. Every connection has a seed of
//! its own, which a failure names with the number of the request; `COFFER_GENERATED_SEED` gives the first one.

mod canonical;
mod dice;
mod document;
mod keynest;
mod keyway;
mod kv2;
mod line;
mod make;
mod secryn;
mod v_secure;

use std::{collections::BTreeMap, sync::Arc};

use coffer_api_server::http::dialect::Dialect;
use serde_json::Value;

use self::{
    dice::Dice,
    document::{Operation, operations},
    line::{Answered, Line},
    make::Sent,
};
use crate::support::TestServer;

const REQUESTS: usize = 20_000;
const CONNECTIONS: usize = 16;

/// A way from a documented path to one that a client could send.
pub type Concrete = dyn Fn(&str, &str) -> Option<String> + Send + Sync;

/// What a door's table says.
pub struct Door {
    pub dialect: &'static Dialect,
    /// What paths of its document come after; often there twice is there twice as often.
    pub mounts: &'static [&'static str],
    /// Credentials as lines of a request's head without their end; the more often there, the more often sent.
    pub credentials: Vec<String>,
    /// For a method and a documented path, that of something that there is; none for what must not be deleted.
    pub concrete: Box<Concrete>,
    /// Names of fields besides those that the document has for a route.
    pub fields: &'static [&'static str],
    /// Values that mean something here, or nearly do.
    pub values: &'static [&'static str],
    /// Queries besides those made of documented parameters, with their `?`.
    pub queries: &'static [&'static str],
    /// For a method and a documented path, a body that would do; it is sent whole, or with something else in it.
    pub body: fn(&str, &str) -> Option<Value>,
    /// Whether a refusal has the door's own shape.
    pub is_refusal: fn(&Answered) -> bool,
    /// Statuses that come more than a hundred times, or the generator does not reach far enough.
    pub reached: &'static [u16],
}

/// How often each route was asked, and each status answered.
#[derive(Default)]
struct Tally {
    statuses: BTreeMap<u16, usize>,
    routes: BTreeMap<usize, usize>,
}

/// Asks the door on `server`, whose rates must be off.
pub async fn ask(server: &TestServer, door: Door) {
    let door = Arc::new(door);
    let routes = Arc::new(operations(door.dialect));
    let first = first_seed();
    let mut tasks = Vec::new();
    for number in 0..CONNECTIONS {
        let line = Line::to(server.address);
        let seed = first + number as u64;
        tasks.push(tokio::spawn(connection(
            Arc::clone(&door),
            Arc::clone(&routes),
            line,
            seed,
        )));
    }
    let mut all = Tally::default();
    for task in tasks {
        let tally = task.await.unwrap();
        for (status, count) in tally.statuses {
            *all.statuses.entry(status).or_default() += count;
        }
        for (route, count) in tally.routes {
            *all.routes.entry(route).or_default() += count;
        }
    }
    println!("{}: {:?}", door.dialect.name, all.statuses);
    assert_eq!(all.statuses.values().sum::<usize>(), REQUESTS);
    for status in door.reached {
        let often = all.statuses.get(status).is_some_and(|count| *count > 100);
        assert!(often, "{status} is hardly reached: {:?}", all.statuses);
    }
    for (number, route) in routes.iter().enumerate() {
        let asked = all.routes.get(&number).copied().unwrap_or(0);
        assert!(
            asked * routes.len() * 2 > REQUESTS,
            "{} {}: {asked} times",
            route.method,
            route.path
        );
    }
}

/// One connection's share of the requests.
async fn connection(door: Arc<Door>, routes: Arc<Vec<Operation>>, mut line: Line, seed: u64) -> Tally {
    let dice = Dice::new(seed);
    let mut tally = Tally::default();
    for number in 0..REQUESTS / CONNECTIONS {
        let route = dice.roll(routes.len());
        let sent = make::request(&dice, &door, &routes[route]);
        let answer = line.send(&sent.bytes).await;
        hold(
            &door,
            &sent,
            answer.as_ref(),
            &format!("seed {seed}, request {number}"),
        );
        *tally
            .statuses
            .entry(answer.map_or(0, |answer| answer.status))
            .or_default() += 1;
        *tally.routes.entry(route).or_default() += 1;
    }
    tally
}

/// What every answer is held to.
fn hold(door: &Door, sent: &Sent, answer: Option<&Answered>, about: &str) {
    let asked = String::from_utf8_lossy(&sent.bytes);
    let Some(answer) = answer else {
        panic!("{about}: no answer\n{asked}");
    };
    let shown = || format!("{about}: {answer:?}\n{asked}");
    // What a provider cannot do is no failure of ours, where the door says that this may be so.
    let unsupported = answer.status == 501 && sent.allowed.contains(&501);
    assert!(answer.status < 500 || unsupported, "{}", shown());
    assert!(
        sent.allowed.contains(&answer.status),
        "not documented; {}",
        shown()
    );
    let well = (200..300).contains(&answer.status) || sent.is_head;
    assert!(
        well || (door.is_refusal)(answer),
        "not the door's shape; {}",
        shown()
    );
}

fn first_seed() -> u64 {
    let said = std::env::vars().find(|(name, _)| name == "COFFER_GENERATED_SEED");
    said.map_or(1, |(_, seed)| {
        seed.parse().expect("COFFER_GENERATED_SEED is a number")
    })
}
