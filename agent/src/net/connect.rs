//! Opens a verified TLS connection.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};
use thiserror::Error;

use super::resolve::{self, ResolveError};
use super::{ServerAddress, Trust};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For a write, and for a read until the caller chooses another.
const IO_TIMEOUT: Duration = Duration::from_secs(10);

/// An established connection.
pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The name.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// TCP.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Last address tried.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// TLS.
    #[error("no TLS connection to {host}: {source}")]
    Tls {
        /// The server.
        host: String,
        /// Why not: among others, that its certificate is not trusted.
        source: io::Error,
    },
}

/// Connects to `server`, whose certificate must lead to `trust`.
pub fn connect(server: &ServerAddress, trust: &Trust) -> Result<TlsStream, ConnectError> {
    let tcp = connect_tcp(server, trust)?;
    handshake(server, trust, tcp).map_err(|source| ConnectError::Tls {
        host: server.host.clone(),
        source,
    })
}

fn connect_tcp(server: &ServerAddress, trust: &Trust) -> Result<TcpStream, ConnectError> {
    let mut failure = ResolveError::NoName(server.host.clone()).into();
    for ip in resolve::resolve(&server.host, &mut || trust.random())? {
        let address = SocketAddr::new(ip, server.port);
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(tcp) => return Ok(tcp),
            Err(source) => failure = ConnectError::Connect { address, source },
        }
    }
    Err(failure)
}

fn handshake(server: &ServerAddress, trust: &Trust, mut tcp: TcpStream) -> io::Result<TlsStream> {
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(IO_TIMEOUT))?;
    tcp.set_write_timeout(Some(IO_TIMEOUT))?;
    let mut tls =
        ClientConnection::new(trust.config.clone(), server.name.clone()).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp)?;
    }
    Ok(StreamOwned::new(tls, tcp))
}
