//! What no log may show, whatever its filter says.

use tracing_subscriber::filter::{FilterFn, filter_fn};

/// Leaves out the lines of a library that repeats whole requests and answers: values, and the tokens to read them with.
pub fn discreet() -> FilterFn {
    filter_fn(|line| {
        let target = line.target();
        target != "rmcp" && !target.starts_with("rmcp::")
    })
}
