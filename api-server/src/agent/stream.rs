//! The body of a pod's stream: gather what it would be given now, compare with what it was given, say what
//! is new.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    sync::Arc,
};

use axum::body::Body;
use bytes::Bytes;
use coffer_domain::{Error, address::Version, name::SecretName, usecase::consumers::Delivery};
use coffer_wire::{Delivered, Failure, Message};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use zeroize::Zeroizing;

use super::{auth::Pod, hub::Topic, refusal::Refusal, request::Subscription, watch::kind};
use crate::{app::App, metrics::OpenStream};

/// One pod's stream. A thousand of these idle are a thousand small maps of names to versions.
pub struct Feed {
    app: Arc<App>,
    pod: Pod,
    subscription: Subscription,
    topic: Topic,
    changes: watch::Receiver<u64>,
    trust: Option<watch::Receiver<String>>,
    /// What the pod was given last; `None` when it was told that it cannot be given anything.
    given: Option<BTreeMap<SecretName, Version>>,
    held: Option<Failure>,
    /// Something did not work for reasons of our own: look again at the next sign of life.
    again: bool,
    waiting: VecDeque<Message>,
    /// When something was said last.
    said: Instant,
    _open: OpenStream,
}

/// What ended a wait.
enum Woken {
    Change,
    Trust,
    Quiet,
    End,
}

impl Feed {
    /// Opens a stream; the first values are read here, so that a refusal is an ordinary answer.
    pub async fn open(app: Arc<App>, pod: Pod, subscription: Subscription) -> Result<Self, Refusal> {
        let topic = topic(&app, &pod, &subscription).await?;
        // Subscribed before the values are read: what changes in between wakes the stream.
        let changes = app.hub.subscribe(topic.clone());
        let open = app.metrics.open_stream("agent");
        let trust = app.trust.clone();
        let mut feed = Self {
            app,
            pod,
            subscription,
            topic,
            changes,
            trust,
            given: None,
            held: None,
            again: false,
            waiting: VecDeque::new(),
            said: Instant::now(),
            _open: open,
        };
        let values = feed.values().await?;
        feed.say_trust();
        feed.waiting.push_back(values);
        Ok(feed)
    }

    /// The response body.
    pub fn into_body(self) -> Body {
        Body::from_stream(futures::stream::unfold(self, |mut feed| async move {
            let message = feed.next().await?;
            feed.app.metrics.lines.with_label_values(&[kind(&message)]).inc();
            Some((Ok::<_, Infallible>(line(&message)), feed))
        }))
    }

    /// The next line; `None` ends the stream.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                self.said = Instant::now();
                return Some(message);
            }
            match self.wait().await {
                Woken::Change => self.look_again().await?,
                Woken::Trust => self.say_trust(),
                Woken::Quiet => self.sign_of_life().await?,
                Woken::End => return None,
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let left = self.pod.until.duration_since(self.app.coffer.clock().now());
        let Ok(left) = left.try_into() else {
            return Woken::End;
        };
        let quiet = (self.said + self.app.streams.ping).min(Instant::now() + left);
        tokio::select! {
            changed = self.changes.changed() => if changed.is_ok() { Woken::Change } else { Woken::End },
            true = changed(&mut self.trust) => Woken::Trust,
            () = sleep_until(quiet) => Woken::Quiet,
            () = self.app.hub.stopped() => Woken::End,
        }
    }

    /// Nothing was said for a while: ends the stream if the token or the pod has ended.
    async fn sign_of_life(&mut self) -> Option<()> {
        if self.pod.until <= self.app.coffer.clock().now() {
            return None;
        }
        self.check_alive().await?;
        if std::mem::take(&mut self.again) {
            self.refresh().await;
        }
        if self.waiting.is_empty() {
            self.waiting.push_back(Message::Ping);
        }
        Some(())
    }

    async fn look_again(&mut self) -> Option<()> {
        self.check_alive().await?;
        self.refresh().await;
        Some(())
    }

    /// Whether the pod still runs; that it cannot be told is no reason to end its stream.
    async fn check_alive(&mut self) -> Option<()> {
        let identity = self.app.identity.as_ref()?;
        match identity.is_live(&self.pod.workload).await {
            Ok(live) => live.then_some(()),
            Err(_) => Some(()),
        }
    }

    /// Says what is new, if anything is.
    async fn refresh(&mut self) {
        match self.renewed().await {
            Ok(None) => {}
            Ok(Some(values)) => {
                self.held = None;
                self.waiting.push_back(values);
            }
            Err(refusal) if refusal.is_transient() => self.again = true,
            Err(refusal) => self.hold(&refusal),
        }
    }

    /// The values, if they are not those that were given last.
    async fn renewed(&mut self) -> Result<Option<Message>, Refusal> {
        let topic = topic(&self.app, &self.pod, &self.subscription).await?;
        if topic != self.topic {
            self.changes = self.app.hub.subscribe(topic.clone());
            self.topic = topic;
        }
        let Subscription { place, wanted, .. } = &self.subscription;
        let now = self
            .app
            .coffer
            .wanted_versions(&self.pod.caller, place, wanted)
            .await?;
        if self.given.as_ref() == Some(&now) {
            return Ok(None);
        }
        self.values().await.map(Some)
    }

    async fn values(&mut self) -> Result<Message, Refusal> {
        let Subscription {
            place,
            wanted,
            env_file,
        } = &self.subscription;
        let unfit = self
            .app
            .coffer
            .env_file_unfit(&self.pod.caller, place, wanted, env_file)
            .await?;
        if !unfit.is_empty() {
            return Err(Refusal::Unfit(unfit));
        }
        let delivered = self.app.coffer.deliver(&self.pod.caller, place, wanted).await?;
        // Of a value written between the two: the next look tells.
        if delivered
            .iter()
            .any(|(name, one)| env_file.contains(name) && one.env_file_unfit.is_some())
        {
            return Err(Error::Unavailable("a value changed meanwhile".to_owned()).into());
        }
        self.given = Some(
            delivered
                .iter()
                .map(|(name, one)| (name.clone(), one.version))
                .collect(),
        );
        Ok(Message::Values {
            secrets: delivered.into_iter().map(on_the_wire).collect(),
        })
    }

    fn hold(&mut self, refusal: &Refusal) {
        let failure = refusal.failure(&self.subscription.place);
        self.given = None;
        if self.held.as_ref() != Some(&failure) {
            self.app.notices.refused(&self.pod.workload, &failure.message);
            self.held = Some(failure.clone());
            self.waiting.push_back(Message::Held(failure));
        }
    }

    fn say_trust(&mut self) {
        if let Some(trust) = &mut self.trust {
            let certificates = trust.borrow_and_update().clone();
            self.waiting.push_back(Message::Trust { certificates });
        }
    }
}

/// Where changes that concern a subscription are announced.
async fn topic(app: &App, pod: &Pod, subscription: &Subscription) -> Result<Topic, Error> {
    let Subscription { place, wanted, .. } = subscription;
    let Some((organization, vault)) = app.coffer.place_ids(place).await? else {
        // The domain knows how to say so; if it has come to be just now, the next try finds it.
        app.coffer.wanted_versions(&pod.caller, place, wanted).await?;
        return Err(Error::Unavailable(format!("vault {} is being made", place.vault)));
    };
    Ok(Topic {
        organization,
        vault: Some(vault),
        environment: place.environment.clone(),
    })
}

/// Returns `true` when there are new certificates; never when there are none at all.
async fn changed(trust: &mut Option<watch::Receiver<String>>) -> bool {
    if let Some(receiver) = trust
        && receiver.changed().await.is_ok()
    {
        return true;
    }
    std::future::pending().await
}

fn on_the_wire((name, one): (SecretName, Delivery)) -> (String, Delivered) {
    (
        name.into(),
        Delivered {
            version: one.version.get(),
            value: one.value,
        },
    )
}

/// One line; its buffer is wiped once it is sent.
fn line(message: &Message) -> Bytes {
    let mut line = Zeroizing::new(serde_json::to_vec(message).unwrap_or_default());
    line.push(b'\n');
    Bytes::from_owner(line)
}
