//! A client at a steady pace. Each review has a time when it is due, and its latency counts from then: a
//! server that stalls is charged for those that had to wait behind, which a closed loop would never send.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};

use super::injector::Injector;

const HOST: &str = "coffer-injector.coffer-system.svc";

/// Sends `count` reviews at `pace` a second over so many connections; the milliseconds each took.
pub fn run(injector: &Injector, review: &[u8], connections: u32, pace: u32, count: u32) -> Result<Vec<f64>> {
    let config = Arc::new(trusting(&injector.authority()?)?);
    let connect = |_| Connection::open(injector, Arc::clone(&config));
    let opened = (0..connections).map(connect).collect::<Result<Vec<_>>>()?;
    let start = Instant::now() + Duration::from_millis(50);
    thread::scope(|scope| {
        let clients = (0..connections).zip(opened).map(|(first, mut connection)| {
            let due = (first..count)
                .step_by(connections as usize)
                .map(move |n| start + Duration::from_secs(1) * n / pace);
            scope.spawn(move || due.map(|due| connection.review_at(due, review)).collect())
        });
        let clients: Vec<_> = clients.collect();
        let mut times = Vec::new();
        for client in clients {
            let mine: Result<Vec<f64>> = client.join().map_err(|_| anyhow!("a client broke"))?;
            times.extend(mine?);
        }
        Ok(times)
    })
}

/// Trusts what the API server is told to trust.
fn trusting(authority: &str) -> Result<ClientConfig> {
    let pem = BASE64_STANDARD
        .decode(authority)
        .context("the caBundle is not base64")?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate?)?;
    }
    Ok(ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth())
}

struct Connection {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Connection {
    fn open(injector: &Injector, config: Arc<ClientConfig>) -> Result<Self> {
        let socket = TcpStream::connect(injector.address()).context("cannot connect to the injector")?;
        socket.set_nodelay(true)?;
        let session = ClientConnection::new(config, ServerName::try_from(HOST)?)?;
        Ok(Self {
            stream: BufReader::new(StreamOwned::new(session, socket)),
        })
    }

    fn review_at(&mut self, due: Instant, review: &[u8]) -> Result<f64> {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let head = format!(
            "POST /mutate HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            review.len()
        );
        self.stream
            .get_mut()
            .write_all(&[head.as_bytes(), review].concat())?;
        let answer = self.answer()?;
        let took = due.elapsed();
        let allowed = answer.windows(14).any(|part| part == b"\"allowed\":true");
        ensure!(allowed, "not allowed: {}", String::from_utf8_lossy(&answer));
        Ok(took.as_secs_f64() * 1000.0)
    }

    /// The body of the next answer.
    fn answer(&mut self) -> Result<Vec<u8>> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(bytes) = line.strip_prefix("content-length:") {
                length = bytes.trim().parse()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }
}
