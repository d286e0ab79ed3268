//! What requests and answers look like.

pub mod body;
pub mod entry;
pub mod history;
