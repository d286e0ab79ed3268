//! Progress for people: one line a step, with its time.

use std::io::Write;
use std::time::Instant;

use anyhow::{Context, Result};

/// Does one step and says how it went. The step returns a word or two for the line.
pub fn step<T: AsRef<str>>(what: &str, act: impl FnOnce() -> Result<T>) -> Result<()> {
    let begun = Instant::now();
    print!("  {what:<30} ");
    let _ = std::io::stdout().flush();
    let result = act();
    let seconds = begun.elapsed().as_secs_f64();
    match &result {
        Ok(word) => println!("{:<28} {seconds:>6.1} s", word.as_ref()),
        Err(_) => println!("{:<28} {seconds:>6.1} s", "FAILED"),
    }
    result.map(drop).with_context(|| format!("{what} failed"))
}
