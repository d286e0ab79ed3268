//! Tests of the definitions as a whole, in one program.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod support;
