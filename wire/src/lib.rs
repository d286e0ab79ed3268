//! What the agent and the server say to each other, and what the injector hands the agent.
//!
//! One stream goes down, newline-delimited JSON: the server answers `POST /coffer/v1/agent/watch` with
//! [`Message`]s for as long as the pod's token is valid. Acknowledgements go up, one `POST
//! /coffer/v1/agent/ack` per change put in place. Both carry the pod's projected service-account token as
//! a bearer token. This crate knows no HTTP, no TLS and no files.

pub mod bundle;
mod config;
mod message;

pub use coffer_domain::envfile;
pub use coffer_domain::secret_value::SecretValue;
pub use coffer_domain::template::{Template, TemplateError, field};
pub use config::{
    AgentConfig, Content, Delivery, FileSpec, SIGNALS, Selection, SignalSpec, StaleConfig, VariableSpec,
};
pub use message::{AckEntry, AckRequest, Delivered, Failure, Message, WatchRequest};

/// Path of the stream: `POST`, body [`WatchRequest`], answer `application/x-ndjson` of [`Message`].
pub const WATCH_PATH: &str = "/coffer/v1/agent/watch";
/// Path of the acknowledgements: `POST`, body [`AckRequest`], answer `204 No Content`.
pub const ACK_PATH: &str = "/coffer/v1/agent/ack";
/// Environment variable of the agent's container that holds an [`AgentConfig`] as JSON.
pub const CONFIG_VARIABLE: &str = "COFFER_AGENT_CONFIG";
