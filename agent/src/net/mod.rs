//! From a server's name to a verified TLS connection: address, names, trust. It knows no HTTP.
//!
//! Names are resolved here and not by the C library, whose resolver cannot be linked statically.

mod address;
mod connect;
mod dns;
mod resolve;
mod trust;

pub use address::{AddressError, ServerAddress};
pub use connect::{ConnectError, TlsStream, connect};
pub use trust::{Trust, TrustError};
