//! A connection that is opened again when the server has closed it.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An answer; of an endless one, the head alone.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub body: String,
}

impl Answered {
    /// The body, or null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// A header, whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = |line: &'_ str| {
            line.split_once(": ")
                .filter(|(found, _)| *found == name)
                .map(|(_, value)| value.len())
        };
        self.head
            .lines()
            .find_map(|line| field(line).map(|length| &line[line.len() - length..]))
    }
}

pub struct Line {
    address: SocketAddr,
    socket: Option<TcpStream>,
}

impl Line {
    pub fn to(address: SocketAddr) -> Self {
        Self {
            address,
            socket: None,
        }
    }

    /// Sends a request as it is; `None` if a new connection gave no answer.
    pub async fn send(&mut self, bytes: &[u8]) -> Option<Answered> {
        // A server may end a connection between two requests.
        if let Some(socket) = self.socket.take()
            && let Some(answer) = self.over(socket, bytes).await
        {
            return Some(answer);
        }
        let socket = TcpStream::connect(self.address).await.unwrap();
        self.over(socket, bytes).await
    }

    async fn over(&mut self, mut socket: TcpStream, bytes: &[u8]) -> Option<Answered> {
        socket.write_all(bytes).await.ok()?;
        let mut found = Vec::new();
        loop {
            let mut part = vec![0; 16 * 1024];
            let count = socket.read(&mut part).await.ok()?;
            found.extend_from_slice(&part[..count]);
            let Some(end) = found.windows(4).position(|four| four == b"\r\n\r\n") else {
                if count == 0 {
                    return None;
                }
                continue;
            };
            let head = String::from_utf8_lossy(&found[..end]).to_ascii_lowercase();
            let mut answer = Answered {
                status: head.split(' ').nth(1)?.parse().ok()?,
                head,
                body: String::new(),
            };
            let rest = &found[end + 4..];
            let is_head = bytes.starts_with(b"HEAD ");
            if answer
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("text/event-stream"))
            {
                return Some(answer);
            }
            if count > 0 && !is_head && !is_whole(&answer, rest) {
                continue;
            }
            answer.body = String::from_utf8_lossy(rest).into_owned();
            if count > 0 && answer.header("connection") != Some("close") {
                self.socket = Some(socket);
            }
            return Some(answer);
        }
    }
}

fn is_whole(answer: &Answered, body: &[u8]) -> bool {
    if answer.header("transfer-encoding") == Some("chunked") {
        return body.ends_with(b"0\r\n\r\n");
    }
    let length = answer
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}
