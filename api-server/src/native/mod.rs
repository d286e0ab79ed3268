//! The native API at `/coffer/v1`: the CLI's and every script's door. Header grammar → principal, path →
//! address, domain error → body, page → envelope, and nothing else.

pub mod auth;
pub mod error;
pub mod model;
pub mod page;
pub mod path;
pub mod routes;
