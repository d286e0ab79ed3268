//! Twenty thousand requests that no honest client sends: none is a 5xx, each status is a documented one, each
//! refusal has the door's shape.

use std::{collections::BTreeMap, sync::Arc};

use coffer_api_server::secryn::DIALECT;
use coffer_domain::{port::Entropy, testkit::SeededEntropy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::world::{World, unlimited};

const REQUESTS: usize = 20_000;
const CONNECTIONS: usize = 16;

/// What someone may put where a name or an id is expected, as it goes over the wire.
const NAMES: [&str; 30] = [
    "..",
    "%2e%2e",
    "..%2f..%2fetc",
    "%00",
    "a%00b",
    "%ff%fe",
    "%c0%af",
    "%",
    "%zz",
    "%2",
    "a%2fb",
    "a//b",
    "%20",
    "+",
    "*",
    "'",
    "%22",
    "%3Cscript%3E",
    "%F0%9F%92%A9",
    "-1",
    "0",
    "18446744073709551616",
    "null",
    "undefined",
    "S",
    "versions",
    "S/versions/0/restore",
    "00000000-0000-7000-8000-000000000000",
    "00000000-0000-0000-0000-000000000000",
    "res_1",
];
const QUERIES: [&str; 22] = [
    "",
    "?page=0",
    "?page=1&limit=1",
    "?limit=99999999999999999999",
    "?page=%00",
    "?page=4294967295&limit=100",
    "?secrets=names",
    "?secrets=%ff",
    "?include=keys,certificates",
    "?include=,",
    "?resource=",
    "?resource=%ff",
    "?resource=00000000-0000-7000-8000-000000000000",
    "?access_key=guess",
    "?access_key=%00",
    "?format=ssh",
    "?status=abc",
    "?status=200&method=GET",
    "?start=soon",
    "?start=9999-12-31T23:59:59Z&end=0001-01-01",
    "?&&&=",
    "?a=b&a=c",
];
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

/// Choices, the same in every run.
struct Dice(SeededEntropy);

impl Dice {
    fn roll(&self, sides: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % sides as u64).unwrap()
    }

    fn of<'a, T: ?Sized>(&self, all: &[&'a T]) -> &'a T {
        all[self.roll(all.len())]
    }

    /// A value that some field may be given.
    fn value(&self, depth: usize) -> Value {
        let texts = [
            "",
            " ",
            "x",
            "RSA1",
            "EC",
            "Ed25519",
            "P-384",
            "pem",
            "both",
            "admin",
            "read_only",
            "resource.created",
            "https://example.com/",
            "http://[::1",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "\u{0}",
            "\u{202e}",
            "../../x",
            "2024-02-30",
            "9999-12-31T23:59:59Z",
            "-9999-01-01T00:00:00Z",
            "DE",
        ];
        match self.roll(if depth == 0 { 8 } else { 10 }) {
            0 => Value::Null,
            1 => json!(self.roll(2) == 0),
            2 => json!(-1),
            3 => json!(u64::MAX),
            4 => json!(1.5e300),
            5 => json!("x".repeat(self.roll(3000))),
            6 | 7 => json!(self.of(&texts)),
            8 => (0..self.roll(4)).map(|_| self.value(depth - 1)).collect(),
            _ => self.object(depth - 1),
        }
    }

    fn object(&self, depth: usize) -> Value {
        let fields = (0..self.roll(6)).map(|_| (self.of(&FIELDS).to_owned(), self.value(depth)));
        Value::Object(fields.collect())
    }

    fn body(&self) -> Vec<u8> {
        let whole = self.object(2).to_string().into_bytes();
        match self.roll(12) {
            0 => Vec::new(),
            1 => whole[..self.roll(whole.len())].to_vec(),
            2 => b"[".repeat(1 + self.roll(500)),
            3 => b"\xff\xfe{\"name\":1}".to_vec(),
            4 => b"{\"name\":\"\xc3\x28\"}".to_vec(),
            5 => b"name=x&value=y".to_vec(),
            6 => self.value(2).to_string().into_bytes(),
            _ => whole,
        }
    }
}

/// Every documented route with its statuses.
fn documented() -> Vec<(String, String, Vec<u16>)> {
    let document: Value = serde_json::from_str(&(DIALECT.openapi)()).unwrap();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let statuses = operation["responses"].as_object().unwrap().keys();
            let statuses = statuses.map(|status| status.parse().unwrap()).collect();
            routes.push((method.to_uppercase(), path.clone(), statuses));
        }
    }
    routes
}

/// One request: its bytes, and the statuses that it may be answered with.
fn request(
    dice: &Dice,
    routes: &[(String, String, Vec<u16>)],
    world: &World,
    admin: &str,
) -> (Vec<u8>, Vec<u16>) {
    let (method, template, statuses) = &routes[dice.roll(routes.len())];
    let mut path = template.clone();
    // What there is stays: only what there is not is deleted.
    if method != "DELETE" && dice.roll(2) == 0 {
        path = world.concrete(&path);
    }
    for parameter in ["{id}", "{item}", "{name}", "{n}"] {
        path = path.replace(parameter, dice.of(&NAMES));
    }
    let method = if dice.roll(20) == 0 {
        dice.of(&["PATCH", "OPTIONS", "HEAD", "TRACE", "X"])
    } else {
        method
    };
    let token = match dice.roll(12) {
        0 => String::new(),
        1 => "authorization: Bearer guess\r\n".to_owned(),
        2 => "authorization: Basic YTpi\r\n".to_owned(),
        3 => format!("authorization: Bearer {}\r\n", world.narrow[dice.roll(4)]),
        _ => format!("authorization: Bearer {admin}\r\n"),
    };
    let kind = dice.of(&[
        "",
        "content-type: application/json\r\n",
        "content-type: text/plain\r\n",
        "content-encoding: br\r\n",
    ]);
    let body = if method == "GET" || method == "HEAD" {
        Vec::new()
    } else {
        dice.body()
    };
    let prefix = dice.of(&["/secryn", "/secryn", "/secryn/api"]);
    let query = dice.of(&QUERIES);
    let length = body.len();
    let head = format!(
        "{method} {prefix}{path}{query} HTTP/1.1\r\nhost: x\r\n{token}{kind}content-length: {length}\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    bytes.extend(body);
    let mut allowed = statuses.clone();
    // A name with slashes, or another method, is another path.
    allowed.extend([404, 405]);
    (bytes, allowed)
}

/// A connection that is opened again when the server has closed it.
struct Line {
    address: std::net::SocketAddr,
    socket: Option<TcpStream>,
}

impl Line {
    /// The answer's status and body; no body where the server's HTTP refused the request before any door.
    async fn send(&mut self, bytes: &[u8]) -> (u16, String) {
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => TcpStream::connect(self.address).await.unwrap(),
        };
        socket.write_all(bytes).await.unwrap();
        let mut found = Vec::new();
        loop {
            let mut part = vec![0; 16 * 1024];
            let count = socket.read(&mut part).await.unwrap();
            found.extend_from_slice(&part[..count]);
            let Some(end) = found.windows(4).position(|four| four == b"\r\n\r\n") else {
                assert!(count > 0, "no answer to {}", String::from_utf8_lossy(bytes));
                continue;
            };
            let head = String::from_utf8_lossy(&found[..end]).to_ascii_lowercase();
            let field = |name: &str| {
                head.lines()
                    .find_map(|line| line.strip_prefix(name).map(str::to_owned))
            };
            let length = field("content-length: ").map_or(0, |length| length.parse().unwrap());
            let length: usize = if bytes.starts_with(b"HEAD") { 0 } else { length };
            if found.len() < end + 4 + length && count > 0 {
                continue;
            }
            if field("connection: ").as_deref() != Some("close") && count > 0 {
                self.socket = Some(socket);
            }
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            return (status, String::from_utf8_lossy(&found[end + 4..]).into_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_hostile_requests_are_answered_as_documented() {
    let server = unlimited().await;
    let world = Arc::new(World::make(&server, 0).await);
    let routes = Arc::new(documented());
    let mut tasks = Vec::new();
    for number in 0..CONNECTIONS {
        let (world, routes, admin) = (Arc::clone(&world), Arc::clone(&routes), server.admin.clone());
        let mut line = Line {
            address: server.address,
            socket: None,
        };
        tasks.push(tokio::spawn(async move {
            let dice = Dice(SeededEntropy::new(number as u64 + 1));
            let mut seen: BTreeMap<u16, usize> = BTreeMap::new();
            for _ in 0..REQUESTS / CONNECTIONS {
                let (bytes, allowed) = request(&dice, &routes, &world, &admin);
                let (status, body) = line.send(&bytes).await;
                let shown = || format!("{status} {body}\n{}", String::from_utf8_lossy(&bytes));
                assert!(allowed.contains(&status), "{}", shown());
                let shaped = || {
                    serde_json::from_str::<Value>(&body).is_ok_and(|body| body["error"]["code"].is_string())
                };
                let bodiless = bytes.starts_with(b"HEAD") || body.is_empty() && status == 400;
                assert!(status == 200 || bodiless || shaped(), "{}", shown());
                *seen.entry(status).or_default() += 1;
            }
            seen
        }));
    }
    let mut seen: BTreeMap<u16, usize> = BTreeMap::new();
    for task in tasks {
        for (status, count) in task.await.unwrap() {
            *seen.entry(status).or_default() += count;
        }
    }
    assert_eq!(seen.values().sum::<usize>(), REQUESTS);
    // The generator reaches past the first refusals: each of these happens often.
    for status in [200, 400, 401, 403, 404, 405] {
        assert!(seen.get(&status).is_some_and(|count| *count > 100), "{seen:?}");
    }
}
