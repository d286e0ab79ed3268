//! One request, from a documented route.

use serde_json::Value;

use super::{Door, dice::Dice, document::Operation};

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
    "a/b/c",
    "00000000-0000-7000-8000-000000000000",
    "00000000-0000-0000-0000-000000000000",
    "%0d%0ax:y",
];

/// What someone may give a parameter of the query.
const ARGUMENTS: [&str; 16] = [
    "",
    "0",
    "1",
    "-1",
    "100",
    "4294967295",
    "99999999999999999999",
    "x",
    "%00",
    "%ff",
    "%",
    "true",
    "a,b,,",
    "..%2f",
    "9999-12-31T23:59:59Z",
    "00000000-0000-7000-8000-000000000000",
];

const QUERIES: [&str; 5] = ["?", "?&&&=", "?a=b&a=c", "?%%%", "?token=x&access_key=%00"];

const HEADERS: [&str; 14] = [
    "",
    "",
    "",
    "content-type: application/json",
    "content-type: application/json; charset=utf-16",
    "content-type: text/plain",
    "content-type: multipart/form-data; boundary=x",
    "content-encoding: br",
    "accept: text/html;q=nan",
    "x-request-id: a b <script>\u{e9}",
    "x-forwarded-for: 999.1.1.1, ::",
    "cookie: a=b; token=c",
    "origin: null",
    "range: bytes=5-1",
];

const METHODS: [&str; 5] = ["PATCH", "OPTIONS", "HEAD", "TRACE", "X"];

/// A request, and the statuses that it may be answered with.
pub struct Sent {
    pub bytes: Vec<u8>,
    pub allowed: Vec<u16>,
    pub is_head: bool,
}

/// A request to this route, or to what is nearly it. Two in five are tame: they would do, but for who sends them, the query
/// and one field; only so are the rules behind the grammar reached.
pub fn request(dice: &Dice, door: &Door, route: &Operation) -> Sent {
    let mut allowed = route.statuses.clone();
    let tame = dice.roll(5) < 2;
    let method = if !tame && dice.once_in(20) {
        *dice.of(&METHODS)
    } else {
        &route.method
    };
    if method != route.method {
        // Another method is another route, or none.
        allowed.extend([200, 400, 401, 403, 404, 405]);
        allowed.extend(&route.elsewhere);
    }
    let (path, is_odd) = path(dice, door, route, tame);
    if is_odd {
        // A name with slashes, or none, is another path.
        allowed.extend([404, 405]);
    }
    let body = if matches!(method, "GET" | "HEAD") {
        Vec::new()
    } else if tame {
        tame_body(dice, door, route)
    } else {
        body(dice, door, route)
    };
    let target = format!("{}{path}{}", dice.of(door.mounts), query(dice, door, route));
    let mut head = format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n",
        body.len()
    );
    let odd = if tame { String::new() } else { header(dice, route) };
    for line in [dice.of(&door.credentials).clone(), odd] {
        if !line.is_empty() {
            head.push_str(&line);
            head.push_str("\r\n");
        }
    }
    let mut bytes = format!("{head}\r\n").into_bytes();
    bytes.extend(body);
    Sent {
        bytes,
        allowed,
        is_head: method == "HEAD",
    }
}

/// A path, and whether odd names are in it.
fn path(dice: &Dice, door: &Door, route: &Operation, tame: bool) -> (String, bool) {
    let real = (door.concrete)(&route.method, &route.path);
    if let Some(real) = real.filter(|_| tame || !dice.once_in(3)) {
        return (real, false);
    }
    let part = |part: &str| {
        let named = part.contains('{');
        let name = if dice.once_in(30) {
            "x".repeat(3000)
        } else {
            (*dice.of(&NAMES)).to_owned()
        };
        // A verb may follow a name, as in `{id}:rotate`.
        let after = part.split_once('}').map_or("", |(_, after)| after);
        if named {
            format!("{name}{after}")
        } else {
            part.to_owned()
        }
    };
    let parts: Vec<String> = route.path.split('/').map(part).collect();
    (parts.join("/"), route.path.contains('{'))
}

fn query(dice: &Dice, door: &Door, route: &Operation) -> String {
    match dice.roll(8) {
        0 => (*dice.of(&QUERIES)).to_owned(),
        1 | 2 if !door.queries.is_empty() => (*dice.of(door.queries)).to_owned(),
        3..=5 if !route.queries.is_empty() => {
            let pair = |_| format!("{}={}", dice.of(&route.queries), dice.of(&ARGUMENTS));
            let pairs: Vec<String> = (0..=dice.roll(3)).map(pair).collect();
            format!("?{}", pairs.join("&"))
        }
        _ => String::new(),
    }
}

fn header(dice: &Dice, route: &Operation) -> String {
    if !route.headers.is_empty() && dice.once_in(4) {
        let value = *dice.of(&["", "x", "-1", "a,b", "\"", "%00", "99999999999999999999"]);
        return format!("{}: {value}", dice.of(&route.headers));
    }
    (*dice.of(&HEADERS)).to_owned()
}

/// A body that would do, one in three times with something else in one of the route's fields: a value that means
/// something, or a name that nothing has yet. None if there is none.
fn tame_body(dice: &Dice, door: &Door, route: &Operation) -> Vec<u8> {
    let Some(mut good) = (door.body)(&route.method, &route.path) else {
        return Vec::new();
    };
    if let Value::Object(fields) = &mut good
        && dice.once_in(3)
    {
        let own: Vec<&String> = route
            .fields
            .iter()
            .filter(|name| fields.contains_key(*name))
            .collect();
        let other = match door.values {
            known if !known.is_empty() && dice.once_in(2) => (*dice.of(known)).to_owned(),
            _ => format!("N{}", dice.roll(1_000_000_000)),
        };
        if !own.is_empty() {
            let name = (*dice.of(&own)).clone();
            fields.insert(name, other.into());
        }
    }
    good.to_string().into_bytes()
}

/// A body: one that would do, one that nearly would, one of the route's fields, or none at all.
fn body(dice: &Dice, door: &Door, route: &Operation) -> Vec<u8> {
    let own: Vec<&str> = route.fields.iter().map(String::as_str).collect();
    let fields: Vec<&str> = own.iter().chain(door.fields).copied().collect();
    let usual = if own.is_empty() { &fields } else { &own };
    let good = (door.body)(&route.method, &route.path);
    let whole = match (good, dice.roll(8)) {
        (Some(good), 0 | 1) => good,
        (Some(Value::Object(mut good)), 2 | 3) => {
            let other = dice.object(door.values, usual, 2);
            good.extend(other.as_object().cloned().unwrap_or_default());
            Value::Object(good)
        }
        (_, 4) => dice.object(door.values, &fields, 2),
        _ => dice.object(door.values, usual, 2),
    };
    let text = whole.to_string().into_bytes();
    match dice.roll(24) {
        0 => Vec::new(),
        1 => text[..dice.roll(text.len())].to_vec(),
        2 => b"[".repeat(1 + dice.roll(500)),
        3 => b"\xff\xfe{\"name\":1}".to_vec(),
        4 => b"{\"name\":\"\xc3\x28\"}".to_vec(),
        5 => b"name=x&value=y&token=%ff".to_vec(),
        6 => dice.value(door.values, &fields, 2).to_string().into_bytes(),
        7 => b"--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"..\"\r\n\r\nA=1\r\n--x--\r\n"
            .to_vec(),
        _ => text,
    }
}
