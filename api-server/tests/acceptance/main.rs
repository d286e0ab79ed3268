//! The dialects' contracts as tests, one for each numbered case, against a running server over HTTP.
//!
//! By themselves they start the program on a free port, each with an empty store of its own. With
//! `COFFER_ACCEPTANCE_URL` (a dialect's base address, as `coffer bootstrap --dialect` prints it) and
//! `COFFER_ACCEPTANCE_TOKEN` they go against that server instead, one after another: `make acceptance`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod answer;
mod canonical;
mod keynest;
mod keyway;
mod kv2;
mod secryn;
mod subject;
mod v_secure;
