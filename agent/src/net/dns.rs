//! One DNS question over UDP and what its answer says (RFC 1035). Only what finding a Service needs:
//! addresses; the answers to longer questions are cut off at one datagram.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);
/// What a server may send to a client that promised it nothing larger.
const MAX_DATAGRAM: usize = 512;
const HEADER: usize = 12;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// IPv4 addresses.
    A = 1,
    /// IPv6 addresses.
    Aaaa = 28,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The name exists; perhaps it has no address of this kind.
    Addresses(Vec<IpAddr>),
    /// There is no such name.
    NoName,
    /// The server did not do what was asked.
    Failed(u8),
}

/// Asks `server` for `record` of `name`. `id` must be hard to guess.
pub fn ask(server: SocketAddr, name: &str, record: Record, id: u16) -> io::Result<Answer> {
    let question = question(name, record).ok_or(io::ErrorKind::InvalidInput)?;
    let any = if server.is_ipv4() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    } else {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    };
    let socket = UdpSocket::bind((any, 0))?;
    // Connected: only datagrams from this server arrive, and a closed port is an error at once.
    socket.connect(server)?;
    socket.set_read_timeout(Some(TIMEOUT))?;
    let [high, low] = id.to_be_bytes();
    // Flags: a query, recursion desired. One question.
    let mut query = vec![high, low, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
    query.extend_from_slice(&question);
    socket.send(&query)?;
    let mut datagram = [0; MAX_DATAGRAM];
    let length = socket.recv(&mut datagram)?;
    answer(&datagram[..length], id, &question, record).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The question section: name, type, class IN.
fn question(name: &str, record: Record) -> Option<Vec<u8>> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let mut bytes = Vec::with_capacity(name.len() + 6);
    for label in name.split('.') {
        let length = u8::try_from(label.len()).ok().filter(|n| (1..64).contains(n))?;
        bytes.push(length);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.extend_from_slice(&[0, 0, record as u8, 0, 1]);
    (bytes.len() <= 255 + 4).then_some(bytes)
}

/// Reads an answer; `None` if it is not one to this question.
fn answer(message: &[u8], id: u16, question: &[u8], record: Record) -> Option<Answer> {
    let header = message.get(..HEADER)?;
    let is_answer = header[2] & 0x80 != 0;
    let asked = message.get(HEADER..HEADER + question.len())?;
    if header[..2] != id.to_be_bytes() || !is_answer || !asked.eq_ignore_ascii_case(question) {
        return None;
    }
    match header[3] & 0x0f {
        0 => {}
        3 => return Some(Answer::NoName),
        code => return Some(Answer::Failed(code)),
    }
    let mut addresses = Vec::new();
    let mut rest = message.get(HEADER + question.len()..)?;
    // A datagram that was cut off ends in the middle of a record: those before it count.
    while let Some((kind, data, after)) = next_record(rest) {
        rest = after;
        if kind == record as u16 {
            addresses.extend(address(data));
        }
    }
    Some(Answer::Addresses(addresses))
}

/// Type and data of the first record, and what follows it. Its owner is not looked at: a server answers
/// with the asked name's own records and those of what it is an alias of.
fn next_record(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let bytes = skip_name(bytes)?;
    let fixed = bytes.get(..10)?;
    let length = usize::from(u16::from_be_bytes([fixed[8], fixed[9]]));
    let data = bytes.get(10..10 + length)?;
    Some((
        u16::from_be_bytes([fixed[0], fixed[1]]),
        data,
        &bytes[10 + length..],
    ))
}

/// Skips a name: labels, ended by an empty one or by a pointer.
fn skip_name(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        match *bytes.first()? {
            0 => return bytes.get(1..),
            pointer if pointer >= 0xc0 => return bytes.get(2..),
            length => bytes = bytes.get(1 + usize::from(length)..)?,
        }
    }
}

fn address(data: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(data) {
        return Some(v4.into());
    }
    <[u8; 16]>::try_from(data).ok().map(IpAddr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "coffer.coffer-system.svc.cluster.local";

    /// An answer with a CNAME and two A records, as CoreDNS writes them.
    fn message(id: u16, code: u8) -> Vec<u8> {
        let mut bytes = id.to_be_bytes().to_vec();
        bytes.extend([0x81, 0x80 | code, 0, 1, 0, 3, 0, 0, 0, 0]);
        bytes.extend(question(NAME, Record::A).unwrap());
        bytes.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 5, 0, 4, 1, b'x', 0xc0, 12]);
        bytes.extend([1, b'x', 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 0, 1]);
        bytes.extend([1, b'x', 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 0, 2]);
        bytes
    }

    fn read(message: &[u8]) -> Option<Answer> {
        answer(message, 7, &question(NAME, Record::A).unwrap(), Record::A)
    }

    #[test]
    fn reads_addresses_behind_an_alias() {
        let expected = vec![IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])];
        assert_eq!(read(&message(7, 0)), Some(Answer::Addresses(expected)));
    }

    #[test]
    fn tells_no_such_name_from_failure() {
        assert_eq!(read(&message(7, 3)), Some(Answer::NoName));
        assert_eq!(read(&message(7, 2)), Some(Answer::Failed(2)));
    }

    #[test]
    fn refuses_an_answer_to_another_question() {
        assert_eq!(read(&message(8, 0)), None);
        let mut other = message(7, 0);
        other[HEADER + 1] = b'X';
        assert_eq!(read(&other), None);
        let mut query = message(7, 0);
        query[2] = 0x01;
        assert_eq!(read(&query), None);
    }

    #[test]
    fn takes_what_a_cut_off_answer_holds_and_never_panics() {
        let whole = message(7, 0);
        let counts: Vec<Option<usize>> = (0..=whole.len())
            .map(|end| match read(&whole[..end]) {
                Some(Answer::Addresses(a)) => Some(a.len()),
                _ => None,
            })
            .collect();
        assert_eq!(counts.first(), Some(&None));
        assert_eq!(counts.last(), Some(&Some(2)));
        assert!(counts.is_sorted());
    }

    #[test]
    fn refuses_names_that_dns_cannot_carry() {
        for name in ["", "a..b", &"x".repeat(64), &["x"; 130].join(".")] {
            assert_eq!(question(name, Record::A), None, "{name}");
        }
    }

    #[test]
    fn asks_over_udp() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let mut query = [0; MAX_DATAGRAM];
            let (length, client) = server.recv_from(&mut query).unwrap();
            assert_eq!(&query[..4], [0, 7, 1, 0]);
            assert_eq!(query[HEADER..length], question(NAME, Record::A).unwrap());
            server.send_to(&message(7, 0), client).unwrap();
        });
        let answer = ask(address, NAME, Record::A, 7).unwrap();
        thread.join().unwrap();
        assert!(matches!(answer, Answer::Addresses(a) if a.len() == 2));
    }
}
