//! What follows a new version: nothing, a signal, a restart.

use coffer_crds::OnChange;
use coffer_wire::SIGNALS;

use super::{ON_CHANGE, SIGNAL};
use crate::{
    denied::{Denied, did_you_mean, quoted},
    wish::{Signal, Wish},
};

pub(super) fn on_change(value: &str) -> Result<OnChange, Denied> {
    value.parse().map_err(|bad| {
        let near = did_you_mean(value, ["none", "signal", "restart"]);
        let problem = format!("{} is not what can follow a change", quoted(value));
        Denied::new(ON_CHANGE, problem, format!("{near}{bad}"))
    })
}

pub(super) fn signal(value: &str) -> Result<Signal, Denied> {
    let fix = "write a signal and the name of a process as `ps -o comm` shows it, such as \"SIGHUP nginx\"";
    let parts = value
        .split_once(' ')
        .map(|(name, process)| (name, process.trim()));
    let Some((name, process)) = parts.filter(|(_, process)| !process.is_empty()) else {
        return Err(Denied::new(
            SIGNAL,
            format!("{} names no process", quoted(value)),
            fix,
        ));
    };
    let Some(known) = SIGNALS.into_iter().find(|known| *known == name) else {
        let near = did_you_mean(name, SIGNALS);
        let problem = format!("{} is not a signal that can be asked for", quoted(name));
        return Err(Denied::new(
            SIGNAL,
            problem,
            format!("{near}write one of {}", SIGNALS.join(", ")),
        ));
    };
    if process.contains(['/', '\n']) || process.len() > 64 {
        return Err(Denied::new(
            SIGNAL,
            format!("{} is no name of a process", quoted(process)),
            fix,
        ));
    }
    Ok(Signal {
        name: known.to_owned(),
        process: process.to_owned(),
    })
}

/// Whether the two fit together.
pub(super) fn check(wish: &Wish) -> Result<(), Denied> {
    match (wish.on_change, &wish.signal) {
        (Some(OnChange::Signal), None) => Err(Denied::new(
            ON_CHANGE,
            "nothing says whom to signal",
            format!("add {SIGNAL}, such as \"SIGHUP nginx\""),
        )),
        (Some(OnChange::None | OnChange::Restart), Some(_)) => Err(Denied::new(
            SIGNAL,
            "nobody is signalled",
            format!("write {ON_CHANGE}: signal, or remove {SIGNAL}"),
        )),
        _ => Ok(()),
    }
}
