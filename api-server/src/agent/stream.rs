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
use futures::Stream;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use zeroize::Zeroizing;

use super::{auth::Pod, hub::Topic, refusal::Refusal, request::Subscription, seats::Seat, watch::kind};
use crate::{app::App, metrics::OpenStream};

/// One pod's stream. A thousand of these idle are a thousand small maps of names to versions.
pub struct Feed {
    app: Arc<App>,
    pod: Pod,
    subscription: Subscription,
    /// `None` while there is no vault of that name.
    topic: Option<Topic>,
    changes: watch::Receiver<u64>,
    trust: Option<watch::Receiver<String>>,
    /// `None` once it was told.
    leaving: Option<watch::Receiver<bool>>,
    /// What the pod was given last; `None` when it was told that it cannot be given anything.
    given: Option<BTreeMap<SecretName, Version>>,
    held: Option<Failure>,
    /// Something did not work for reasons of our own: look again at the next sign of life.
    again: bool,
    waiting: VecDeque<Message>,
    /// When something was said last.
    said: Instant,
    _open: OpenStream,
    _seat: Seat,
}

/// What ended a wait.
enum Woken {
    Change,
    Trust,
    Leaving,
    Quiet,
    End,
}

impl Feed {
    /// Opens a stream; the first values are read here, so that trouble of our own is an ordinary answer.
    pub async fn open(
        app: Arc<App>,
        pod: Pod,
        subscription: Subscription,
        seat: Seat,
    ) -> Result<Self, Error> {
        // Subscribed before the values are read: what changes in between wakes the stream.
        let (topic, changes) = listen(&app, &subscription).await?;
        let open = app.metrics.open_stream("agent");
        let trust = app.trust.clone();
        let identity = app.identity.as_ref();
        let leaving = identity.map(|identity| identity.leaving(&pod.workload));
        let mut feed = Self {
            app,
            pod,
            subscription,
            topic,
            changes,
            trust,
            leaving,
            given: None,
            held: None,
            again: false,
            waiting: VecDeque::new(),
            said: Instant::now(),
            _open: open,
            _seat: seat,
        };
        let values = feed.values().await;
        feed.say_trust();
        match values.map_err(Refusal::passing) {
            Ok(values) => feed.waiting.push_back(values),
            Err(Ok(passing)) => return Err(passing),
            Err(Err(lasting)) => feed.hold(&lasting),
        }
        Ok(feed)
    }

    /// The response body.
    pub fn into_body(self) -> Body {
        Body::from_stream(self.lines())
    }

    fn lines(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, |mut feed| async move {
            let message = feed.next().await?;
            feed.app.metrics.lines.with_label_values(&[kind(&message)]).inc();
            Some((Ok(line(&message)), feed))
        })
    }

    /// The next line; `None` ends the stream.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                self.said = Instant::now();
                return Some(message);
            }
            match self.wait().await {
                // Boxed: what is rarely done takes no room in a stream that waits.
                Woken::Change => Box::pin(self.look_again()).await?,
                Woken::Trust => self.say_trust(),
                Woken::Leaving => self.waiting.push_back(Message::Leaving),
                Woken::Quiet => Box::pin(self.sign_of_life()).await?,
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
            () = leaves(&mut self.leaving) => Woken::Leaving,
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
        self.ask_for_bundle();
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
            Err(refusal) => match refusal.passing() {
                Ok(_) => self.again = true,
                Err(lasting) => self.hold(&lasting),
            },
        }
    }

    /// The values, if they are not those that were given last.
    async fn renewed(&mut self) -> Result<Option<Message>, Refusal> {
        let (topic, changes) = listen(&self.app, &self.subscription).await?;
        if topic != self.topic {
            (self.topic, self.changes) = (topic, changes);
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
            ..
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
        self.ask_for_bundle();
        Ok(Message::Values {
            secrets: delivered.into_iter().map(on_the_wire).collect(),
        })
    }

    /// For pods that start while this server cannot be reached, if this one wants them to.
    fn ask_for_bundle(&self) {
        let Subscription {
            place,
            wanted,
            max_stale,
            ..
        } = &self.subscription;
        if let (Some(max_stale), true) = (*max_stale, self.given.is_some()) {
            let notices = &self.app.notices;
            notices.wants_bundle(&self.pod.workload, place, wanted, max_stale);
        }
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

/// Where changes that concern a subscription are announced, and what wakes on them.
async fn listen(
    app: &App,
    subscription: &Subscription,
) -> Result<(Option<Topic>, watch::Receiver<u64>), Error> {
    // Before the look: a vault that is made meanwhile wakes the stream.
    let vaults = app.hub.vaults();
    let Some((organization, vault)) = app.coffer.place_ids(&subscription.place).await? else {
        return Ok((None, vaults));
    };
    let topic = Topic {
        organization,
        vault,
        environment: subscription.place.environment.clone(),
    };
    Ok((Some(topic.clone()), app.hub.subscribe(topic)))
}

/// Returns once, when the pod is being deleted; never where that cannot be known.
async fn leaves(leaving: &mut Option<watch::Receiver<bool>>) {
    if let Some(receiver) = leaving
        && receiver.wait_for(|leaving| *leaving).await.is_ok()
    {
        *leaving = None;
        return;
    }
    std::future::pending::<()>().await;
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
