//! One DNS question over UDP (RFC 1035): enough to know that the cluster's name server answers.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

const ID: [u8; 2] = [0xc0, 0xfe];
const HEADER: usize = 12;

/// Asks `server` for the first IPv4 address of `name`. Waits at most a second.
pub fn ask(server: Ipv4Addr, name: &str) -> Result<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    socket.connect((server, 53))?;
    let question = question(name)?;
    socket.send(&question)?;
    let mut buffer = [0; 512];
    let length = socket
        .recv(&mut buffer)
        .with_context(|| format!("{server} does not answer"))?;
    address(&buffer[..length], question.len()).with_context(|| format!("{server} does not know {name}"))
}

fn question(name: &str) -> Result<Vec<u8>> {
    // Recursion desired; one question.
    let mut message = [&ID[..], &[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
    for label in name.split('.') {
        ensure!((1..=63).contains(&label.len()), "{name} is no name");
        message.push(u8::try_from(label.len())?);
        message.extend(label.as_bytes());
    }
    // The root label, type A, class IN.
    message.extend([0, 0, 1, 0, 1]);
    Ok(message)
}

/// The first answer's address. It stands behind the repeated question, and behind the answer's own
/// name, type, class, time to live and length (the last four take ten bytes).
fn address(message: &[u8], question: usize) -> Option<Ipv4Addr> {
    let answered = message.get(..HEADER)?;
    let (code, answers) = (answered[3] & 0x0f, u16::from_be_bytes([answered[6], answered[7]]));
    if answered[..2] != ID || code != 0 || answers == 0 {
        return None;
    }
    let fixed = after_name(message, question)?;
    let data = message.get(fixed + 10..fixed + 14)?;
    Some(Ipv4Addr::new(data[0], data[1], data[2], data[3]))
}

/// A name is labels up to the root's empty one, or up to a pointer of two bytes (RFC 1035, 4.1.4).
fn after_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length if length >= 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server sends: header with flags, the question again, one answer.
    fn answer(flags: [u8; 2], answers: u8, asked: &[u8], name: &[u8]) -> Vec<u8> {
        let header = [&ID[..], &flags, &[0, 1, 0, answers, 0, 0, 0, 0]].concat();
        [
            &header[..],
            &asked[HEADER..],
            name,
            &[0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 1, 2, 3],
        ]
        .concat()
    }

    #[test]
    fn reads_the_first_address_and_refuses_everything_else() {
        let asked = question("kubernetes.default.svc").unwrap();
        let parsed = |flags, answers| address(&answer(flags, answers, &asked, &[0xc0, 12]), asked.len());
        assert_eq!(parsed([0x81, 0x80], 1), Some(Ipv4Addr::new(10, 1, 2, 3)));
        let spelt_out = answer([0x81, 0x80], 1, &asked, b"\x01a\x02bc\0");
        assert_eq!(address(&spelt_out, asked.len()), Some(Ipv4Addr::new(10, 1, 2, 3)));
        assert_eq!(parsed([0x81, 0x83], 1), None, "no such domain");
        assert_eq!(parsed([0x81, 0x80], 0), None, "no answer");
        assert_eq!(address(&[0; 4], asked.len()), None, "cut off");
    }

    #[test]
    fn refuses_what_is_no_name() {
        assert!(question("a..b").is_err() && question("").is_err());
        assert!(question(&"a".repeat(64)).is_err());
    }

    #[test]
    fn a_question_as_it_goes_over_the_wire() {
        let expected = [
            &ID[..],
            &[1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
            b"\x01a\x02bc\0\0\x01\0\x01",
        ]
        .concat();
        assert_eq!(question("a.bc").unwrap(), expected);
    }
}
