//! The controllers, under leader election, and what runs whether this replica leads or not.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, bail};
use coffer_domain::{port::Clock, principal::Workload, usecase::Coffer};
use coffer_operator::{
    context::{Context, Parts},
    events::Events,
    leader::{Election, Timing},
    mailbox::mail,
    metrics::Metrics,
    notices,
    pods::Pods,
    remote::Remotes,
    run::{caches, run},
    settings::Settings,
};
use coffer_store::SystemClock;
use kube::{Api, Client};
use prometheus::Registry;
use tokio::{
    sync::{mpsc::Receiver, watch},
    time::timeout,
};

/// How long reconciliations that have begun may take to end.
const DRAIN: Duration = Duration::from_secs(15);

/// What the controllers are made of.
pub struct Cluster {
    pub settings: Settings,
    pub client: Client,
    pub coffer: Coffer,
    pub registry: Registry,
    pub pods: Arc<Pods>,
    pub refusals: Receiver<(Workload, String)>,
    pub remotes: Remotes,
}

impl Cluster {
    /// Runs until `stop`, or until the Lease is lost, which is an error: the process then starts anew.
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<()> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let events = Events::new(self.client.clone(), clock.clone(), self.settings.identity.clone());
        let metrics = Metrics::new(&self.registry)?;
        let pods = self.pods.clone();
        tokio::spawn(async move { pods.watch().await });
        tokio::spawn(notices::publish(events.clone(), self.refusals));
        let leases = Api::namespaced(self.client.clone(), &self.settings.namespace);
        let timing = Timing::of_seconds(self.settings.lease_seconds);
        let Settings { lease, identity, .. } = &self.settings;
        let mut election = Election::new(leases, lease, identity, timing, clock);
        tokio::select! {
            () = election.acquire() => {}
            () = stops(stop.clone()) => return Ok(()),
        }
        tracing::info!(
            lease = self.settings.lease,
            "this replica leads: its controllers run"
        );
        metrics.leads(true);
        let (caches, writers) = caches();
        let (mail, inboxes) = mail();
        let restarts = self.settings.restarts();
        let context = Context::from(Parts {
            client: self.client,
            coffer: self.coffer,
            secret_namespaces: self.settings.secret_namespaces(),
            remotes: self.remotes,
            caches,
            mail,
            events,
            metrics: metrics.clone(),
            pods: self.pods,
        });
        let running = run(Arc::new(context), writers, inboxes, restarts, stop.clone());
        let mut running = tokio::spawn(running);
        let lost = tokio::select! {
            // Controllers that end because they were asked to are no failure.
            biased;
            () = stops(stop) => false,
            () = election.hold() => true,
            ended = &mut running => bail!("the controllers ended by themselves: {ended:?}"),
        };
        metrics.leads(false);
        if lost {
            running.abort();
            bail!(
                "the Lease {} was lost to another replica, or could not be renewed",
                self.settings.lease
            );
        }
        if timeout(DRAIN, running).await.is_err() {
            tracing::warn!("some reconciliations did not end in time");
        }
        Ok(election.release().await?)
    }
}

async fn stops(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone: the process ends.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
