//! The doors through real loopback sockets, over the embedded store. One file per group of routes.

mod agent;
mod api_keys;
mod audit;
mod canary;
mod changes;
mod coverage;
mod health;
mod hostile;
mod lifecycle;
mod secrets;
mod support;
mod tls;
mod vaults;
mod workload;
