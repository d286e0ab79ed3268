//! From a host name to addresses, as a pod's `/etc/hosts` and `/etc/resolv.conf` say (resolv.conf(5)).
//! Both are read anew each time: kubelet manages them.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

use super::dns::{self, Answer, Record};

const HOSTS: &str = "/etc/hosts";
const RESOLV_CONF: &str = "/etc/resolv.conf";
const DNS_PORT: u16 = 53;
/// How many name servers, and how many search domains, are taken (as the C library does, at least).
const MAX_SERVERS: usize = 3;
const MAX_SEARCH: usize = 32;
const ATTEMPTS: usize = 2;

/// Why a name has no address.
#[derive(Debug, Error)]
pub enum ResolveError {
    /// Every server that answered says so.
    #[error("no such host name: {0}")]
    NoName(String),
    /// No server could tell.
    #[error("host name {name} could not be resolved: {why}")]
    Failed {
        /// The name.
        name: String,
        /// The last thing that went wrong.
        why: String,
    },
}

/// The addresses of `host`. `random` gives numbers that are hard to guess.
pub fn resolve(host: &str, random: &mut dyn FnMut() -> u16) -> Result<Vec<IpAddr>, ResolveError> {
    if let Ok(ip) = host.parse() {
        return Ok(vec![ip]);
    }
    let named = hosts(&std::fs::read_to_string(HOSTS).unwrap_or_default(), host);
    if !named.is_empty() {
        return Ok(named);
    }
    let conf = std::fs::read_to_string(RESOLV_CONF).map_err(|e| ResolveError::Failed {
        name: host.to_owned(),
        why: format!("{RESOLV_CONF}: {e}"),
    })?;
    ask_servers(&Resolver::parse(&conf), host, random)
}

/// The addresses that a hosts file gives `host`.
fn hosts(file: &str, host: &str) -> Vec<IpAddr> {
    file.lines()
        .filter_map(|line| {
            let mut words = line.split('#').next()?.split_ascii_whitespace();
            let ip = words.next()?.parse().ok()?;
            words.any(|name| name.eq_ignore_ascii_case(host)).then_some(ip)
        })
        .collect()
}

/// What resolv.conf says.
#[derive(Debug, PartialEq, Eq)]
struct Resolver {
    servers: Vec<SocketAddr>,
    search: Vec<String>,
    ndots: usize,
}

impl Resolver {
    fn parse(conf: &str) -> Self {
        let mut resolver = Self {
            servers: Vec::new(),
            search: Vec::new(),
            ndots: 1,
        };
        for line in conf.lines() {
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("nameserver") => {
                    let ip = words.next().and_then(|word| word.parse::<IpAddr>().ok());
                    resolver
                        .servers
                        .extend(ip.map(|ip| SocketAddr::new(ip, DNS_PORT)));
                }
                Some("search" | "domain") => {
                    resolver.search = words.take(MAX_SEARCH).map(str::to_owned).collect();
                }
                Some("options") => {
                    for ndots in words.filter_map(|w| w.strip_prefix("ndots:")?.parse().ok()) {
                        resolver.ndots = ndots;
                    }
                }
                _ => {}
            }
        }
        resolver.servers.truncate(MAX_SERVERS);
        resolver
    }

    /// The full names to try, in order.
    fn candidates(&self, host: &str) -> Vec<String> {
        if host.ends_with('.') {
            return vec![host.to_owned()];
        }
        let mut names: Vec<String> = self
            .search
            .iter()
            .map(|domain| format!("{host}.{domain}"))
            .collect();
        let as_it_is = if host.matches('.').count() >= self.ndots {
            0
        } else {
            names.len()
        };
        names.insert(as_it_is, host.to_owned());
        names
    }
}

fn ask_servers(
    resolver: &Resolver,
    host: &str,
    random: &mut dyn FnMut() -> u16,
) -> Result<Vec<IpAddr>, ResolveError> {
    let mut failure = None;
    for name in resolver.candidates(host) {
        // IPv6 is asked for only where there is no IPv4: one question is enough on most clusters.
        for record in [Record::A, Record::Aaaa] {
            match ask_any(&resolver.servers, &name, record, random) {
                Ok(Answer::Addresses(found)) if !found.is_empty() => return Ok(found),
                Ok(Answer::Addresses(_)) => {}
                Ok(Answer::NoName) => break,
                Ok(Answer::Failed(code)) => {
                    failure = Some(format!("the name server answered with code {code}"));
                }
                Err(why) => {
                    return Err(ResolveError::Failed {
                        name: host.to_owned(),
                        why,
                    });
                }
            }
        }
    }
    Err(match failure {
        Some(why) => ResolveError::Failed {
            name: host.to_owned(),
            why,
        },
        None => ResolveError::NoName(host.to_owned()),
    })
}

/// Asks the servers in turn, twice around. An error: none of them answered.
fn ask_any(
    servers: &[SocketAddr],
    name: &str,
    record: Record,
    random: &mut dyn FnMut() -> u16,
) -> Result<Answer, String> {
    let mut why = format!("{RESOLV_CONF} names no server");
    let mut failed = None;
    for _ in 0..ATTEMPTS {
        for server in servers {
            match dns::ask(*server, name, record, random()) {
                Ok(Answer::Failed(code)) => failed = Some(Answer::Failed(code)),
                Ok(answer) => return Ok(answer),
                Err(error) => why = format!("name server {}: {error}", server.ip()),
            }
        }
    }
    failed.ok_or(why)
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    const POD: &str = "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n";

    #[test]
    fn reads_a_pods_resolv_conf() {
        let resolver = Resolver::parse(POD);
        assert_eq!(resolver.servers, ["10.96.0.10:53".parse().unwrap()]);
        assert_eq!(
            resolver.candidates("coffer.coffer-system.svc"),
            [
                "coffer.coffer-system.svc.shop.svc.cluster.local",
                "coffer.coffer-system.svc.svc.cluster.local",
                "coffer.coffer-system.svc.cluster.local",
                "coffer.coffer-system.svc",
            ]
        );
        assert_eq!(resolver.candidates("a.b.c.d.e.f")[0], "a.b.c.d.e.f");
        assert_eq!(resolver.candidates("absolute."), ["absolute."]);
    }

    #[test]
    fn reads_a_hosts_file() {
        let file = "# remark\n127.0.0.1 localhost\n::1 localhost ip6-localhost\n10.1.2.3 a Coffer # coffer2\nbad coffer\n";
        assert_eq!(hosts(file, "coffer"), [IpAddr::from([10, 1, 2, 3])]);
        assert_eq!(hosts(file, "localhost").len(), 2);
        assert!(hosts(file, "coffer2").is_empty());
    }

    #[test]
    fn an_address_needs_no_server() {
        assert_eq!(
            resolve("10.0.0.1", &mut || 0).unwrap(),
            [IpAddr::from([10, 0, 0, 1])]
        );
    }

    /// Answers each question with `answer(name)`: addresses, or a response code.
    fn server(answer: fn(&str) -> Result<Vec<[u8; 4]>, u8>) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut query) {
                let result = if query[length - 3] == 1 {
                    answer(&name(&query[12..]))
                } else {
                    Ok(vec![])
                };
                let (code, found) = result.map_or_else(|code| (code, vec![]), |found| (0, found));
                let mut reply = query[..length].to_vec();
                reply[2] |= 0x80;
                reply[3] = code;
                for ip in found {
                    reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4]);
                    reply.extend(ip);
                }
                socket.send_to(&reply, client).unwrap();
            }
        });
        address
    }

    fn name(mut bytes: &[u8]) -> String {
        let mut labels = Vec::new();
        while bytes[0] != 0 {
            let (label, rest) = bytes[1..].split_at(usize::from(bytes[0]));
            labels.push(String::from_utf8(label.to_vec()).unwrap());
            bytes = rest;
        }
        labels.join(".")
    }

    fn resolver(servers: Vec<SocketAddr>) -> Resolver {
        Resolver {
            servers,
            search: vec!["one".into(), "two".into()],
            ndots: 5,
        }
    }

    #[test]
    fn walks_the_search_domains() {
        let servers = vec![server(|name| {
            if name == "coffer.two" {
                Ok(vec![[10, 0, 0, 9]])
            } else {
                Err(3)
            }
        })];
        let found = ask_servers(&resolver(servers), "coffer", &mut || 1).unwrap();
        assert_eq!(found, [IpAddr::from([10, 0, 0, 9])]);
    }

    #[test]
    fn asks_the_next_server_when_one_fails() {
        // Nobody listens at the first; the second is out of order.
        let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let servers = vec![closed, server(|_| Err(2)), server(|_| Ok(vec![[10, 0, 0, 9]]))];
        assert_eq!(
            ask_servers(&resolver(servers), "coffer", &mut || 1)
                .unwrap()
                .len(),
            1
        );
    }

    #[test]
    fn tells_no_such_name_from_nobody_answered() {
        let error = ask_servers(&resolver(vec![server(|_| Err(3))]), "coffer", &mut || 1).unwrap_err();
        assert_eq!(error.to_string(), "no such host name: coffer");
        let error = ask_servers(&resolver(vec![server(|_| Err(2))]), "coffer", &mut || 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "host name coffer could not be resolved: the name server answered with code 2"
        );
        let error = ask_servers(&resolver(vec![]), "coffer", &mut || 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "host name coffer could not be resolved: /etc/resolv.conf names no server"
        );
    }
}
