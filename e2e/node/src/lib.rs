//! What the node's program shares with tests that need one of its tools: where tools are kept, and how they are
//! built. It knows nothing of nodes.

pub mod run;
pub mod step;
pub mod tools;
