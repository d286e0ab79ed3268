//! The sidecar: keeps one stream open, puts in place what it brings, acknowledges it, and holds the pod
//! until it has done so once.

mod makeshift;

use std::convert::Infallible;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use coffer_wire::{AckRequest, Failure, Message};
use thiserror::Error;

use crate::apply::{ApplyError, apply, install_wrapper};
use crate::backoff::Backoff;
use crate::client::{Client, ClientError, Event, Stream};
use crate::log;
use crate::net::{Trust, TrustError};
use crate::plan::{Obstacle, plan};
use crate::report::{Reason, Reporter};
use crate::settings::Settings;
use crate::stale::Absence;
use crate::state::{State, StateError};

/// The server says something at least every 20 seconds.
const SILENCE: Duration = Duration::from_mins(1);
/// Longest waits between tries: while the pod is held, and later.
const HELD_LIMIT: Duration = Duration::from_secs(5);
const RUNNING_LIMIT: Duration = Duration::from_secs(15);
const ACK_LIMIT: Duration = Duration::from_secs(30);

/// Why the sidecar cannot even begin.
#[derive(Debug, Error)]
pub enum StartError {
    /// Its state.
    #[error(transparent)]
    State(#[from] StateError),
    /// The configured certificates.
    #[error("trust: {0}")]
    Trust(#[from] TrustError),
    /// The wrapper.
    #[error(transparent)]
    Wrapper(#[from] ApplyError),
}

/// Why a stream is no more.
enum Ended {
    /// The server ended it in order: the token expired, or the server restarts.
    ByServer,
    /// Something is wrong.
    Because(Reason),
    /// Nobody answers.
    Absent(Reason),
    /// The agent ends itself, so that kubelet shows the termination message.
    ToShow,
    /// The pod that it holds is being deleted: the agent ends itself, and with it the hook that kubelet waits for.
    Leaving,
}

/// How long nothing has come at all, not even a ping.
#[derive(Default)]
struct Silence(Duration);

impl Silence {
    fn grows(&mut self, waited: Duration) -> Result<(), Ended> {
        self.0 += waited;
        if self.0 < SILENCE {
            return Ok(());
        }
        let text = format!("the server has been silent for {} seconds", SILENCE.as_secs());
        Err(Ended::Because(Reason::passing(&text)))
    }
}

struct Agent {
    settings: Settings,
    state: State,
    trust: Trust,
    reporter: Reporter,
    ready: bool,
    backoff: Backoff,
    owed: Option<AckRequest>,
    ack_backoff: Backoff,
    absence: Absence,
    /// What is in place may have come from a bundle, and that this is over was not told yet.
    stale: bool,
}

/// Runs until the container is stopped, or until a lasting reason is to be shown. `seed` is the pod's own.
pub fn run(settings: Settings, message_file: PathBuf, seed: &[u8]) -> Result<ExitCode, StartError> {
    let mut agent = Agent::start(settings, message_file, seed)?;
    loop {
        let ended = agent.session();
        agent.connected(false);
        let reason = match ended {
            Err(Ended::ToShow) => return Ok(ExitCode::FAILURE),
            Err(Ended::Leaving) => return Ok(ExitCode::SUCCESS),
            Err(Ended::ByServer) => {
                log::info("stream-ended", &[]);
                None
            }
            Err(Ended::Because(reason)) => Some(reason),
            Err(Ended::Absent(reason)) => Some(agent.make_do(reason)),
        };
        if let Some(reason) = reason
            && matches!(agent.report(&reason), Err(Ended::ToShow))
        {
            return Ok(ExitCode::FAILURE);
        }
        sleep(agent.backoff.step());
    }
}

impl Agent {
    fn start(settings: Settings, message_file: PathBuf, seed: &[u8]) -> Result<Self, StartError> {
        let state = State::open(&settings.state_dir)?;
        let trust = kept_trust(&state)?.map_or_else(|| Trust::parse(&settings.trust), Ok)?;
        install_wrapper(&settings)?;
        let ready = state.is_ready()?;
        let stale = state.is_stale()?;
        // An earlier run may not have had the time.
        state.set_connected(false)?;
        log::info(
            "started",
            &[
                ("version", &env!("CARGO_PKG_VERSION")),
                ("values-in-place", &ready),
            ],
        );
        Ok(Self {
            settings,
            state,
            trust,
            reporter: Reporter::new(message_file),
            ready,
            backoff: Backoff::new(if ready { RUNNING_LIMIT } else { HELD_LIMIT }, seed),
            owed: None,
            absence: Absence::default(),
            stale,
            ack_backoff: Backoff::new(ACK_LIMIT, seed),
        })
    }

    fn client(&self) -> Client<'_> {
        Client {
            server: &self.settings.server,
            trust: &self.trust,
            token_file: &self.settings.token_file,
        }
    }

    /// Notes whether a stream is open, for the hook; nobody asks once values are in place.
    fn connected(&self, connected: bool) {
        if !self.ready
            && let Err(error) = self.state.set_connected(connected)
        {
            log::warn("not-noted", &[("error", &error)]);
        }
    }

    /// One stream, from opening to end.
    fn session(&mut self) -> Result<Infallible, Ended> {
        let mut stream = self.client().watch(&self.settings.watch).map_err(|e| {
            if e.is_absence() {
                Ended::Absent(reason(&e))
            } else {
                Ended::Because(reason(&e))
            }
        })?;
        self.absence.ends();
        self.connected(true);
        let mut silence = Silence::default();
        loop {
            let (event, waited) = self.next(&mut stream)?;
            match event {
                Event::Message(message) => {
                    silence = Silence::default();
                    self.take(message)?;
                }
                Event::Quiet => silence.grows(waited)?,
                Event::End => return Err(Ended::ByServer),
            }
            self.acknowledge();
        }
    }

    /// The next event, and how long was waited for it at most: shorter while an acknowledgement is owed.
    fn next(&mut self, stream: &mut Stream) -> Result<(Event, Duration), Ended> {
        let patience = if self.owed.is_some() {
            self.ack_backoff.step()
        } else {
            SILENCE
        };
        let event = stream.next(patience).map_err(|e| Ended::Because(reason(&e)))?;
        Ok((event, patience))
    }

    fn take(&mut self, message: Message) -> Result<(), Ended> {
        match message {
            Message::Values { secrets } => match plan(&self.settings, &secrets) {
                Ok(plan) => {
                    apply(&self.settings, &plan).map_err(|e| Ended::Because(Reason::passing(&e)))?;
                    self.in_place(plan.versions)
                }
                Err(obstacle) => self.report(&obstacle_reason(&obstacle)),
            },
            Message::Held(failure) => self.report(&failure_reason(&failure, &failure.message)),
            Message::Trust { certificates } => {
                self.replace_trust(&certificates);
                Ok(())
            }
            Message::Leaving if !self.ready => {
                self.reporter.leaving();
                Err(Ended::Leaving)
            }
            Message::Leaving | Message::Ping => Ok(()),
        }
    }

    fn in_place(&mut self, entries: Vec<coffer_wire::AckEntry>) -> Result<(), Ended> {
        log::info("in-place", &[("secrets", &entries.len())]);
        self.tell_application(&entries);
        self.set_ready()
            .map_err(|e| Ended::Because(Reason::passing(&e)))?;
        self.reporter.clear();
        self.backoff.reset();
        self.ack_backoff.reset();
        let watch = &self.settings.watch;
        self.owed = Some(AckRequest {
            organization: watch.organization.clone(),
            vault: watch.vault.clone(),
            environment: watch.environment.clone(),
            entries,
        });
        Ok(())
    }

    fn set_ready(&mut self) -> Result<(), StateError> {
        if !self.ready {
            self.state.set_ready()?;
            self.ready = true;
            self.backoff.set_limit(RUNNING_LIMIT);
        }
        Ok(())
    }

    /// Signals the application when what it was started with, or told of last, has changed: once for each change, also when
    /// the agent was started again in between. A signal that reaches nobody is not tried again: whoever starts later reads
    /// what is in place.
    fn tell_application(&self, entries: &[coffer_wire::AckEntry]) {
        let Some(hint) = &self.settings.signal else { return };
        let versions = hint.matters(entries.iter().map(|entry| (entry.name.as_str(), entry.version)));
        let before = self.state.told().ok().flatten();
        if before.as_ref() == Some(&versions) {
            return;
        }
        // Noted first: what cannot be noted would be told again and again.
        if let Err(error) = self.state.set_told(&versions) {
            log::warn("not-noted", &[("error", &error)]);
            return;
        }
        if before.is_none() {
            return;
        }
        match hint.tell() {
            Ok(count) => log::info("signalled", &[("processes", &count)]),
            Err(error) => log::warn("not-signalled", &[("error", &error)]),
        }
    }

    /// Sends the acknowledgement that is owed, if any; on failure it stays owed.
    fn acknowledge(&mut self) {
        let Some(owed) = &self.owed else { return };
        match self.client().acknowledge(owed) {
            Ok(()) => match self.tell_current() {
                Ok(()) => self.owed = None,
                Err(error) => log::warn("still-marked-stale", &[("error", &error)]),
            },
            Err(error) => log::warn("not-acknowledged", &[("error", &error)]),
        }
    }

    /// Tells `reason`. A pod that is held for a lasting one is ended once, as kubelet shows a termination
    /// message only then; started again, it waits with the same words, and no crash loop begins.
    fn report(&mut self, reason: &Reason) -> Result<(), Ended> {
        self.reporter.waiting(reason, self.ready);
        if self.ready || !reason.lasting || self.state.shown().ok().flatten().as_ref() == Some(&reason.text) {
            return Ok(());
        }
        // If it cannot be noted, ending would be a crash loop.
        self.state
            .set_shown(&reason.text)
            .map_or(Ok(()), |()| Err(Ended::ToShow))
    }

    /// From the next connection on. What cannot be used is not: the agent would lock itself out.
    fn replace_trust(&mut self, certificates: &str) {
        let kept = Trust::parse(certificates)
            .map_err(|e| e.to_string())
            .and_then(|trust| {
                self.trust = trust;
                self.state.set_trust(certificates).map_err(|e| e.to_string())
            });
        match kept {
            Ok(()) => log::info("trust-replaced", &[]),
            Err(error) => log::warn("trust-not-kept", &[("error", &error)]),
        }
    }
}

/// What the server told an earlier run to trust: newer than the configuration, which is as old as the pod.
fn kept_trust(state: &State) -> Result<Option<Trust>, StateError> {
    Ok(state.trust()?.and_then(|pem| Trust::parse(&pem).ok()))
}

fn reason(error: &ClientError) -> Reason {
    match error {
        ClientError::Refused { failure, .. } => failure_reason(failure, &error.to_string()),
        _ => Reason::passing(error),
    }
}

fn failure_reason(failure: &Failure, text: &str) -> Reason {
    Reason {
        text: text.to_owned(),
        lasting: failure.code == Failure::UNFIT,
    }
}

fn obstacle_reason(obstacle: &Obstacle) -> Reason {
    match obstacle {
        Obstacle::Missing(_) => Reason::passing(obstacle),
        Obstacle::Unfit { .. }
        | Obstacle::Nul { .. }
        | Obstacle::Field { .. }
        | Obstacle::Template { .. } => Reason::lasting(obstacle),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_without_pings_is_given_up() {
        let mut silence = Silence::default();
        assert!(silence.grows(SILENCE / 2).is_ok());
        assert!(matches!(silence.grows(SILENCE / 2), Err(Ended::Because(reason)) if !reason.lasting));
    }

    #[test]
    fn only_what_nobody_but_people_can_mend_is_lasting() {
        let failure = |code: &str| Failure {
            code: code.to_owned(),
            message: String::new(),
            names: vec![],
        };
        assert!(failure_reason(&failure(Failure::UNFIT), "").lasting);
        assert!(!failure_reason(&failure("not_found"), "").lasting);
        assert!(!obstacle_reason(&Obstacle::Missing("a".to_owned())).lasting);
    }
}
