//! An agent's half of the conversation.

use std::{net::SocketAddr, sync::Arc};

use coffer_wire::{ACK_PATH, AckEntry, AckRequest, Message, WATCH_PATH, WatchRequest};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::store::{NAME, PLACE};

/// Whom agents trust.
pub struct Trust(RootCertStore);

impl Trust {
    /// The authority with this certificate.
    pub fn of(pem: &[u8]) -> Self {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.unwrap()).unwrap();
        }
        Self(roots)
    }

    /// What one agent connects with: it resumes its own sessions and nobody else's.
    fn connector(&self) -> TlsConnector {
        let mut config = ClientConfig::builder()
            .with_root_certificates(self.0.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsConnector::from(Arc::new(config))
    }
}

type Answer = Lines<BufReader<TlsStream<TcpStream>>>;

/// An agent with its stream open.
pub struct Agent {
    token: String,
    connector: TlsConnector,
    stream: Answer,
}

impl Agent {
    /// Opens the stream of the pod whose token this is, and acknowledges its first values.
    pub async fn connect(address: SocketAddr, trust: &Trust, token: String) -> Self {
        let [organization, vault, environment] = PLACE.map(str::to_owned);
        let asked = WatchRequest {
            organization,
            vault,
            environment,
            names: Some(vec![NAME.to_owned()]),
            env_file_names: Vec::new(),
        };
        let connector = trust.connector();
        let stream = post(&connector, address, &token, WATCH_PATH, &asked).await;
        let mut agent = Self {
            token,
            connector,
            stream,
        };
        let version = agent.next().await;
        agent.acknowledge(address, version).await;
        agent
    }

    /// Waits for the next values; their version.
    pub async fn next(&mut self) -> u64 {
        loop {
            let line = self
                .stream
                .next_line()
                .await
                .unwrap()
                .expect("the stream to go on");
            assert!(!line.starts_with("HTTP/1.1") || line.contains(" 200 "), "{line}");
            // Other lines are the answer's head, and the lengths between which its chunks stand.
            if let Some(Ok(Message::Values { secrets })) =
                line.starts_with('{').then(|| serde_json::from_str(&line))
            {
                return secrets[NAME].version;
            }
        }
    }

    /// Says that this version is in place.
    pub async fn acknowledge(&self, address: SocketAddr, version: u64) {
        let [organization, vault, environment] = PLACE.map(str::to_owned);
        let entries = vec![AckEntry {
            name: NAME.to_owned(),
            version,
        }];
        let said = AckRequest {
            organization,
            vault,
            environment,
            entries,
        };
        let mut answer = post(&self.connector, address, &self.token, ACK_PATH, &said).await;
        let line = answer.next_line().await.unwrap().expect("an answer");
        assert!(line.starts_with("HTTP/1.1 204"), "{line}");
    }
}

/// Sends one request over a connection of its own.
async fn post(
    connector: &TlsConnector,
    address: SocketAddr,
    token: &str,
    path: &str,
    body: &impl Serialize,
) -> Answer {
    let socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let name = ServerName::from(address.ip());
    let mut stream = connector.connect(name, socket).await.unwrap();
    let body = serde_json::to_string(body).unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    BufReader::new(stream).lines()
}
