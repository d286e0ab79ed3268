//! TLS with an authority of our own: made once, renewed with an overlap, its leaf certificates replaced while
//! the server runs. Decisions are pure and take the time as an argument.

mod authority;
mod clients;
mod files;
mod leaf;
mod reload;
mod resolver;

pub(crate) use authority::date;
pub use authority::{AuthorityStore, TlsError};
pub use files::AuthorityDir;
pub use reload::{Certificates, TlsOptions};
