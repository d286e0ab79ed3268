//! Pods really start, really see their variables, and really get the rotated value.

mod bad_input;
mod canary;
mod changes;
mod deletion;
mod doors;
mod explain;
mod first_light;
mod gitops;
mod guard;
mod held;
mod keys;
mod odd_values;
mod remote;
mod rotation;
mod sealed;
mod sources;
mod stale;
mod succession;
mod workloads;
