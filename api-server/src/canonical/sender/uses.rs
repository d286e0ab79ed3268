//! Which tokens were used lately, and by whom. An id that turns up with another sender was copied.

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    Settings,
    settings::Replay,
    window::{Seen, Window},
};
use crate::canonical::{error::Failure, op::Op, token::Token};

/// Who used a token: its subject, what it is bound to, and the certificate that the sender has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sender {
    subject: String,
    binding: Option<String>,
    certificate: Option<String>,
}

/// What is remembered of tokens. In this process alone: another replica knows its own.
pub struct Uses {
    replay: Replay,
    senders: Window<[u8; 32], Sender>,
    reads: Window<[u8; 32], ()>,
}

impl Uses {
    /// As the settings say.
    pub fn new(settings: &Settings) -> Self {
        Self {
            replay: settings.replay,
            senders: Window::new(settings.remembered),
            reads: Window::new(settings.remembered),
        }
    }

    /// Takes note of a token's use for `op`, by a sender with this certificate; refuses what is not to be used so.
    pub fn note(
        &self,
        token: &Token,
        certificate: Option<&str>,
        op: Op,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let strict = self.replay == Replay::Strict;
        if self.replay == Replay::Off {
            return Ok(());
        }
        let Some(id) = &token.id else {
            let read = strict && op == Op::Read;
            return if read { Err(refused("jti_missing")) } else { Ok(()) };
        };
        let id = Sha256::digest(id).into();
        let sender = Sender {
            subject: token.subject.clone(),
            binding: token.bound.name().map(str::to_owned),
            certificate: certificate.map(str::to_owned),
        };
        match self.senders.note(id, sender.clone(), now) {
            Seen::Before(other) if other != sender => return Err(refused("jti_replay")),
            Seen::Crowded => return Err(super::crowded()),
            Seen::First | Seen::Before(_) => {}
        }
        if !strict || op != Op::Read {
            return Ok(());
        }
        match self.reads.note(id, (), now) {
            Seen::First => Ok(()),
            Seen::Before(()) => Err(refused("jti_replay")),
            Seen::Crowded => Err(super::crowded()),
        }
    }
}

fn refused(reason: &str) -> Failure {
    let message = match reason {
        "jti_missing" => "a token without an id reads no value here",
        _ => "a token of this id was used before",
    };
    Failure::new(403, "SECRET_AUTHZ_FAILED", message).with(json!({ "reason": reason }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::canonical::sender::{Bound, SenderArgs};

    fn token(subject: &str, key: Option<&str>) -> Token {
        Token {
            subject: subject.to_owned(),
            scopes: BTreeSet::new(),
            tenant: None,
            id: Some("one".to_owned()),
            act: None,
            client: None,
            audience: Vec::new(),
            bound: Bound {
                key: key.map(str::to_owned),
                certificate: None,
            },
        }
    }

    fn uses(replay: Replay) -> Uses {
        let args = SenderArgs {
            canonical_replay: replay,
            ..SenderArgs::default()
        };
        Uses::new(&args.settings())
    }

    #[test]
    fn an_id_belongs_to_the_sender_that_came_first() {
        let now = Timestamp::UNIX_EPOCH;
        for (replay, others) in [(Replay::Binding, false), (Replay::Off, true)] {
            let uses = uses(replay);
            let used = |token: &Token, certificate| uses.note(token, certificate, Op::Read, now).is_ok();
            let first = token("alice", Some("k"));
            assert!(used(&first, None) && used(&first, None));
            assert_eq!(used(&token("bob", Some("k")), None), others);
            assert_eq!(used(&token("alice", None), None), others);
            assert_eq!(used(&token("alice", Some("other")), None), others);
            assert_eq!(used(&first, Some("certificate")), others);
        }
    }

    #[test]
    fn strictly_a_token_reads_once_and_does_the_rest_as_often_as_it_likes() {
        let uses = uses(Replay::Strict);
        let at = |second| Timestamp::from_second(second).unwrap();
        let used = |token: &Token, op, second| uses.note(token, None, op, at(second)).is_ok();
        let one = token("alice", None);
        assert!(used(&one, Op::Rotate, 0) && used(&one, Op::Read, 1));
        assert!(!used(&one, Op::Read, 300) && used(&one, Op::Rotate, 300));
        assert!(used(&one, Op::Read, 301), "the window is over");
        let nameless = Token { id: None, ..one };
        assert!(!used(&nameless, Op::Read, 0) && used(&nameless, Op::Write, 0));
    }
}
