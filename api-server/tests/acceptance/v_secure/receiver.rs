//! A webhook's other side, on loopback.

use coffer_domain::{outbox::signature, secret_value::SecretValue};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What came.
pub struct Received {
    head: String,
    pub body: String,
    pub json: Value,
}

pub struct Receiver(TcpListener);

impl Receiver {
    pub async fn open() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.0.local_addr().unwrap())
    }

    /// Waits for one delivery, and takes it.
    pub async fn next(&self) -> Received {
        let patience = std::time::Duration::from_mins(1);
        let accepted = tokio::time::timeout(patience, self.0.accept()).await;
        let (mut socket, _) = accepted.unwrap_or_else(|_| panic!("nothing came")).unwrap();
        let received = read(&mut socket).await;
        let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        socket.write_all(answer).await.unwrap();
        received
    }
}

async fn read(socket: &mut TcpStream) -> Received {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).await.unwrap();
        assert!(count > 0, "it broke off");
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = header(head, "content-length").parse().unwrap();
            if body.len() == length {
                return Received {
                    json: serde_json::from_str(body).unwrap(),
                    head: head.to_owned(),
                    body: body.to_owned(),
                };
            }
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    });
    line.unwrap_or_default()
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        header(&self.head, name)
    }

    /// Whether both signatures are those of the body under `secret`.
    pub fn is_signed(&self, secret: &str) -> bool {
        let secret = SecretValue::from(secret);
        let (stamp, signed) = self.header("x-lanonasis-signature").split_once(",v1=").unwrap();
        let stamp = stamp.strip_prefix("t=").unwrap();
        let plain = format!("sha256={}", signature(&secret, self.body.as_bytes()));
        signed == signature(&secret, format!("{stamp}.{}", self.body).as_bytes())
            && self.header("x-lanonasis-signature-256") == plain
    }
}
