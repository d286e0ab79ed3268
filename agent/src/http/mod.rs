//! As much HTTP/1.1 (RFC 9112) as talking to our own server takes: `POST` with a token and a JSON body; an
//! answer whose body may never end. It knows neither TLS nor what is said.

mod body;
mod lines;
mod request;
mod response;

pub use body::Body;
pub use lines::LineBuffer;
pub use request::{Request, Token, TokenError};
pub use response::{HttpError, Response};
