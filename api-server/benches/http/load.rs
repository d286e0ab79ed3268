//! The client: connections that each send one request after the other and read each answer whole.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// So many connections for so long.
pub struct Load {
    pub connections: usize,
    pub length: Duration,
}

/// Requests per second, latencies and the server's own time per request in microseconds.
pub struct Figures {
    pub rate: f64,
    pub spent: f64,
    pub p50: f64,
    pub p99: f64,
}

impl Load {
    /// Sends what `request` gives for a connection's number and its request's number, to the process `id`.
    pub async fn run(
        &self,
        id: u32,
        address: SocketAddr,
        request: impl Fn(usize, usize) -> Vec<u8>,
    ) -> Figures {
        let before = spent(id);
        let started = Instant::now();
        let request = &request;
        let clients =
            (0..self.connections).map(|at| client(address, started + self.length, move |n| request(at, n)));
        let mut taken: Vec<Duration> = join_all(clients).await.into_iter().flatten().collect();
        let length = started.elapsed();
        taken.sort_unstable();
        let at = |share: usize| taken[(taken.len() - 1) * share / 100].as_secs_f64() * 1e6;
        #[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
        let requests = taken.len() as f64;
        let rate = requests / length.as_secs_f64();
        let spent = (spent(id) - before) / requests;
        Figures {
            rate,
            spent,
            p50: at(50),
            p99: at(99),
        }
    }
}

/// Processor time of a process so far, in microseconds; the kernel counts hundredths of a second.
fn spent(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks: Vec<f64> = fields
        .split(' ')
        .skip(11)
        .take(2)
        .map(|field| field.parse().unwrap())
        .collect();
    ticks.iter().sum::<f64>() * 10_000.0
}

async fn client(address: SocketAddr, until: Instant, request: impl Fn(usize) -> Vec<u8>) -> Vec<Duration> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let (mut taken, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    while Instant::now() < until {
        let bytes = request(taken.len());
        let sent = Instant::now();
        socket.write_all(&bytes).await.unwrap();
        answer(&mut socket, &mut buffer).await;
        taken.push(sent.elapsed());
    }
    taken
}

/// Reads one answer and checks that it is a good one.
async fn answer(socket: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        let read = socket.read(&mut buffer[filled..]).await.unwrap();
        assert_ne!(read, 0, "the server closed the connection");
        filled += read;
        let Some(head) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        if filled >= head + 4 + length(&buffer[..head]) {
            assert!(
                buffer.starts_with(b"HTTP/1.1 20"),
                "{}",
                String::from_utf8_lossy(&buffer[..filled])
            );
            return;
        }
    }
}

fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("a content length");
    line.parse().unwrap()
}
