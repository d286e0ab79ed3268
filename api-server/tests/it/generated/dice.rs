//! Choices, the same for the same seed.

use coffer_domain::{port::Entropy, testkit::SeededEntropy};
use serde_json::{Value, json};

/// Texts that are odd wherever they are put.
const TEXTS: [&str; 16] = [
    "",
    " ",
    "x",
    "null",
    "\u{0}",
    "\u{202e}",
    "\u{feff}",
    "\u{1f4a9}",
    "../../x",
    "2024-02-30",
    "9999-12-31T23:59:59Z",
    "-9999-01-01T00:00:00Z",
    "https://example.com/",
    "http://[::1",
    "a=b&c=d\r\n\r\n",
    "00000000-0000-7000-8000-000000000000",
];

pub struct Dice(SeededEntropy);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    pub fn roll(&self, sides: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % sides as u64).unwrap()
    }

    /// True once in so many times.
    pub fn once_in(&self, times: usize) -> bool {
        self.roll(times) == 0
    }

    pub fn of<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }

    /// A value that some field may be given; `known` are those that mean something.
    pub fn value(&self, known: &[&str], fields: &[&str], depth: usize) -> Value {
        match self.roll(if depth == 0 { 10 } else { 12 }) {
            0 => Value::Null,
            1 => json!(self.once_in(2)),
            2 => json!(*self.of(&[-1, 0, 1, i64::MIN, i64::MAX])),
            3 => json!(u64::MAX),
            4 => json!(1.5e300),
            5 => json!("x".repeat(self.roll(3000))),
            6 => json!(*self.of(&TEXTS)),
            7..=9 if !known.is_empty() => json!(*self.of(known)),
            7..=9 => json!("y"),
            10 => (0..self.roll(4))
                .map(|_| self.value(known, fields, depth - 1))
                .collect(),
            _ => self.object(known, fields, depth - 1),
        }
    }

    /// An object with some of these fields.
    pub fn object(&self, known: &[&str], fields: &[&str], depth: usize) -> Value {
        if fields.is_empty() {
            return json!({});
        }
        let field = |_| ((*self.of(fields)).to_owned(), self.value(known, fields, depth));
        Value::Object((0..self.roll(6)).map(field).collect())
    }
}
