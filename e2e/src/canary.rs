//! Values that can be told from all others, and the forms in which a program might write one down.

use std::{fmt::Write as _, io::Read};

use anyhow::{Result, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};

/// How many random bytes make one.
const RANDOM: usize = 12;

/// One value, and what it is called in a message: a value is never printed, not even this one.
#[derive(Clone)]
pub struct Canary {
    /// Which flow it went through.
    pub flow: &'static str,
    marker: String,
}

impl Canary {
    /// A new one.
    pub fn new(flow: &'static str) -> Result<Self> {
        let mut random = [0; RANDOM];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
        Self::of(flow, &format!("canary{}", hex(&random)))
    }

    /// A value that Coffer made: letters and digits alone, so that no escaping alters it.
    pub fn of(flow: &'static str, marker: &str) -> Result<Self> {
        let plain = marker.bytes().all(|byte| byte.is_ascii_alphanumeric());
        ensure!(
            plain && marker.len() >= 16,
            "{flow}: unfit to be searched for: {} bytes",
            marker.len()
        );
        let marker = marker.to_owned();
        Ok(Self { flow, marker })
    }

    /// The bare marker.
    pub fn marker(&self) -> &str {
        &self.marker
    }

    /// A value around the marker that JSON, URLs and YAML have to escape.
    pub fn value(&self) -> String {
        format!("\"{} & 100% \\ \u{e4}\"", self.marker)
    }

    /// Every form: as it is (in JSON, URLs and quotes too), base64 at each alignment, hexadecimal, and lists of bytes.
    pub fn forms(&self) -> Vec<String> {
        let bytes = self.marker.as_bytes();
        let list = |between: &str| {
            let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
            numbers.join(between)
        };
        let mut forms = vec![self.marker.clone(), hex(bytes), hex(bytes).to_uppercase()];
        forms.extend((0..3).map(|before| base64_inside(bytes, before)));
        forms.extend([list(","), list(", "), list(" ")]);
        forms
    }
}

/// The characters of base64 that depend on `bytes` alone when `before` others stand in front.
fn base64_inside(bytes: &[u8], before: usize) -> String {
    let padded = [&vec![0; before], bytes].concat();
    let first = (before * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    BASE64_STANDARD.encode(&padded)[first..last].to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_wherever_the_value_stands() {
        let canary = Canary::new("test").unwrap();
        for before in ["", "a", "bc", "def"] {
            for after in ["", "x", "yz"] {
                let encoded = BASE64_STANDARD.encode(format!("{before}{}{after}", canary.marker()));
                let found = canary.forms().iter().any(|form| encoded.contains(form));
                assert!(found, "{before:?} {after:?}");
            }
        }
    }

    #[test]
    fn escaping_leaves_the_marker_whole() {
        let canary = Canary::new("test").unwrap();
        let json = serde_json::json!({ "value": canary.value() }).to_string();
        assert!(json.contains(canary.marker()) && !json.contains(&canary.value()));
        assert!(format!("{:?}", canary.marker().as_bytes()).contains(&canary.forms()[7]));
    }

    #[test]
    fn what_could_be_escaped_is_no_marker() {
        assert!(Canary::of("test", "with spaces and more").is_err());
        assert!(Canary::of("test", "short").is_err());
    }
}
