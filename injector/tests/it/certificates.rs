//! Certificates over years of virtual time: whatever is served is trusted by the caBundle at that moment.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use coffer_injector::{
    certificate::{
        issue,
        keeper::{Error, Keeper, Names},
        material::Material,
        plan::{self, Step},
        serving::Serving,
    },
    health::{Health, Part},
    metrics::Metrics,
};
use jiff::{SignedDuration, Timestamp};
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::aws_lc_rs,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};

use crate::scripted::Scripted;

const HOST: &str = "coffer-injector.coffer-system.svc";

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// One replica.
struct Replica {
    keeper: Keeper,
    serving: Arc<Serving>,
    health: Arc<Health>,
}

fn replica(api: &Scripted) -> Replica {
    let (serving, health) = (Arc::new(Serving::default()), Arc::new(Health::default()));
    let names = Names {
        namespace: "coffer-system".to_owned(),
        secret: "coffer-injector-tls".to_owned(),
        webhook: "coffer-injector".to_owned(),
        host_names: vec![HOST.to_owned()],
    };
    let metrics = Arc::new(Metrics::new().unwrap());
    let keeper = Keeper::new(
        api.client(),
        names,
        serving.clone(),
        coffer_injector::trust::Bundle::default(),
        health.clone(),
        metrics,
    );
    Replica {
        keeper,
        serving,
        health,
    }
}

fn bundles(api: &Scripted) -> Vec<String> {
    let webhook = api.edit(|state| state.webhook.clone()).unwrap();
    let bundle = |entry: &serde_json::Value| {
        let text = entry["clientConfig"]["caBundle"].as_str().unwrap_or_default();
        String::from_utf8(BASE64_STANDARD.decode(text).unwrap()).unwrap()
    };
    webhook["webhooks"]
        .as_array()
        .unwrap()
        .iter()
        .map(bundle)
        .collect()
}

/// Whether an API server that goes by the webhook configuration accepts a certificate.
fn is_trusted(api: &Scripted, certificate: &CertificateDer<'_>, now: Timestamp) -> Result<(), String> {
    for bundle in bundles(api) {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(bundle.as_bytes()) {
            roots.add(authority.unwrap()).unwrap();
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|e| e.to_string())?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(now.as_second().unsigned_abs()));
        let name = ServerName::try_from(HOST).unwrap();
        verifier
            .verify_server_cert(certificate, &[], &name, &[], at)
            .map_err(|e| e.to_string())?;
    }
    Ok(())
}

fn assert_served_is_trusted(api: &Scripted, replica: &Replica, now: Timestamp) {
    let served = replica.serving.certificate().unwrap();
    is_trusted(api, &served, now).unwrap_or_else(|e| panic!("at {now}: {e}"));
}

#[tokio::test]
async fn the_first_pass_makes_everything_and_the_second_changes_nothing() {
    let api = Scripted::installed();
    let first = replica(&api);
    let due = first.keeper.pass(start()).await.unwrap();
    assert_eq!(due, start() + days(20));
    assert_served_is_trusted(&api, &first, start());
    assert!(!first.health.report().contains("certificate: not yet"));
    let writes = api.edit(|state| state.writes);
    assert_eq!(writes, 2, "one Secret, one webhook configuration");
    let second = replica(&api);
    second.keeper.pass(start()).await.unwrap();
    assert_eq!(api.edit(|state| state.writes), writes);
    assert_eq!(first.serving.certificate(), second.serving.certificate());
}

#[tokio::test]
async fn over_a_hundred_rotations_every_call_is_trusted() {
    let api = Scripted::installed();
    let replicas = [replica(&api), replica(&api)];
    let (mut now, mut served, mut rotations, mut authorities) =
        (start(), None, 0, std::collections::BTreeSet::new());
    for round in 0..2400_u32 {
        // The second replica looks in only every third round: it serves what it has until then.
        for replica in replicas.iter().take(if round % 3 == 0 { 2 } else { 1 }) {
            replica.keeper.pass(now).await.unwrap();
            for replica in replicas.iter().filter(|r| r.serving.certificate().is_some()) {
                assert_served_is_trusted(&api, replica, now);
            }
        }
        let certificate = replicas[0].serving.certificate();
        rotations += u32::from(certificate != served);
        served = certificate;
        let bundle = bundles(&api).remove(0);
        let held: Vec<_> = CertificateDer::pem_slice_iter(bundle.as_bytes())
            .map(Result::unwrap)
            .collect();
        assert!((1..=3).contains(&held.len()), "the bundle does not grow");
        authorities.extend(held.into_iter().map(|c| c.to_vec()));
        now += SignedDuration::from_mins(20 * 60 + i64::from(round % 7) * 60);
        for replica in &replicas {
            assert_served_is_trusted(&api, replica, now);
        }
    }
    assert!(rotations > 100, "{rotations} rotations");
    assert!(authorities.len() > 6, "{} authorities", authorities.len());
}

#[tokio::test]
async fn a_failure_at_any_request_leaves_calls_trusted_and_is_made_good() {
    // Up to each authority change and past it, with a failure at every possible place.
    for fail_at in 1..12 {
        let api = Scripted::installed();
        let replica = replica(&api);
        let mut now = start();
        replica.keeper.pass(now).await.unwrap();
        for _ in 0..60 {
            now += days(9);
            api.edit(|state| state.fail_in = Some(fail_at));
            let _ = replica.keeper.pass(now).await;
            assert_served_is_trusted(&api, &replica, now);
            api.edit(|state| state.fail_in = None);
            replica.keeper.pass(now).await.unwrap();
            assert_served_is_trusted(&api, &replica, now);
        }
    }
}

/// API servers need a moment to hear of a new bundle before anything signed by its newest authority is served.
#[tokio::test]
async fn an_authority_that_was_not_trusted_long_enough_does_not_sign() {
    let api = Scripted::installed();
    let replica = replica(&api);
    let staged = start() + days(250);
    for now in [start(), start() + days(232), staged] {
        replica.keeper.pass(now).await.unwrap();
    }
    let served = replica.serving.certificate();
    let promotion = staged + plan::SOAK;
    // Someone undid the bundle since.
    api.edit(|state| state.webhook.as_mut().unwrap()["webhooks"][0]["clientConfig"]["caBundle"] = "".into());
    let due = replica.keeper.pass(promotion).await.unwrap();
    assert_eq!(
        (due, replica.serving.certificate()),
        (promotion + SignedDuration::from_mins(1), served.clone())
    );
    assert_served_is_trusted(&api, &replica, promotion);
    replica.keeper.pass(due).await.unwrap();
    assert_ne!(replica.serving.certificate(), served);
    assert_served_is_trusted(&api, &replica, due);
}

#[tokio::test]
async fn replicas_that_start_at_once_agree() {
    let api = Scripted::installed();
    let replicas = [replica(&api), replica(&api), replica(&api)];
    let passes = futures::future::join_all(replicas.iter().map(|r| r.keeper.pass(start()))).await;
    assert!(
        passes
            .iter()
            .all(|pass| matches!(pass, Ok(_) | Err(Error::Conflict)))
    );
    for replica in &replicas {
        replica.keeper.pass(start()).await.unwrap();
        assert_eq!(replica.serving.certificate(), replicas[0].serving.certificate());
        assert_served_is_trusted(&api, replica, start());
    }
}

#[tokio::test]
async fn a_bundle_that_was_reset_is_mended() {
    let api = Scripted::installed();
    let replica = replica(&api);
    replica.keeper.pass(start()).await.unwrap();
    api.edit(|state| {
        let webhook = state.webhook.as_mut().unwrap();
        webhook["webhooks"][1]["clientConfig"]["caBundle"] = "".into();
    });
    replica.keeper.pass(start()).await.unwrap();
    assert_served_is_trusted(&api, &replica, start());
}

/// As the chart makes it, so that the injector needs no right to create Secrets.
#[tokio::test]
async fn an_empty_secret_is_filled() {
    let api = Scripted::installed();
    api.edit(|state| {
        state.secret = Some(serde_json::json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": { "name": "coffer-injector-tls", "resourceVersion": "1", "labels": { "kept": "yes" } },
        }));
    });
    let replica = replica(&api);
    replica.keeper.pass(start()).await.unwrap();
    assert_served_is_trusted(&api, &replica, start());
    assert_eq!(
        api.edit(|state| state.secret.clone()).unwrap()["metadata"]["labels"]["kept"],
        "yes"
    );
}

#[tokio::test]
async fn a_ruined_or_expired_secret_is_made_anew() {
    let api = Scripted::installed();
    let replica = replica(&api);
    for ruin in ["", "bm90IGEgY2VydGlmaWNhdGU="] {
        replica.keeper.pass(start()).await.unwrap();
        api.edit(|state| state.secret.as_mut().unwrap()["data"]["ca.crt"] = ruin.into());
        replica.keeper.pass(start()).await.unwrap();
        assert_served_is_trusted(&api, &replica, start());
    }
    let later = start() + days(3000);
    replica.keeper.pass(later).await.unwrap();
    assert_served_is_trusted(&api, &replica, later);
}

#[tokio::test]
async fn without_a_webhook_configuration_it_says_so_and_is_not_ready() {
    let api = Scripted::default();
    let replica = replica(&api);
    let error = replica.keeper.pass(start()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no MutatingWebhookConfiguration coffer-injector: install"),
        "{error}"
    );
    assert!(replica.health.report().contains("ca-bundle: not yet"));
    assert!(replica.serving.certificate().is_none());
}

#[test]
fn what_is_due_follows_from_dates() {
    let names = [HOST.to_owned()];
    let material = plan::carry_out(Step::Create, None, &names, start()).unwrap();
    let step = |material: &Material, now| plan::next_step(&material.facts().unwrap(), &names, now);
    let at = |n| start() + days(n);
    assert_eq!(step(&material, start()), Step::Keep(at(20)));
    assert_eq!(step(&material, at(19)), Step::Keep(at(20)));
    assert_eq!(step(&material, at(20)), Step::RenewLeaf);
    assert_eq!(
        plan::next_step(&material.facts().unwrap(), &["other.svc".to_owned()], start()),
        Step::RenewLeaf
    );
    assert_eq!(step(&material, at(250)), Step::StageAuthority);
    assert_eq!(step(&material, at(365)), Step::Create);

    let staged = plan::carry_out(Step::StageAuthority, Some(material.clone()), &names, at(250)).unwrap();
    assert_eq!(staged.leaf, material.leaf, "a new authority does not sign yet");
    assert!(
        staged.bundle().contains(&material.current.certificate)
            && staged.bundle().matches("BEGIN").count() == 2
    );
    let staged = plan::carry_out(Step::RenewLeaf, Some(staged), &names, at(250)).unwrap();
    assert_eq!(step(&staged, at(250)), Step::Keep(at(250) + plan::SOAK));
    assert_eq!(step(&staged, at(250) + plan::SOAK), Step::PromoteAuthority);

    let promoted = plan::carry_out(Step::PromoteAuthority, Some(staged.clone()), &names, at(251)).unwrap();
    assert_eq!(Some(&promoted.current), staged.next.as_ref());
    assert_eq!(promoted.previous.as_ref(), Some(&staged.current.certificate));
    assert_eq!(step(&promoted, at(260)), Step::Keep(at(271)));
    let renewed = plan::carry_out(Step::RenewLeaf, Some(promoted), &names, at(311)).unwrap();
    assert_eq!(step(&renewed, at(312)), Step::DropPrevious);
    let dropped = plan::carry_out(Step::DropPrevious, Some(renewed), &names, at(312)).unwrap();
    assert_eq!(dropped.bundle().matches("BEGIN").count(), 1);
}

#[test]
fn material_survives_the_secret() {
    let names = [HOST.to_owned()];
    let material = plan::carry_out(Step::Create, None, &names, start()).unwrap();
    let staged = plan::carry_out(Step::StageAuthority, Some(material.clone()), &names, start()).unwrap();
    let promoted = plan::carry_out(Step::PromoteAuthority, Some(staged.clone()), &names, start()).unwrap();
    for material in [material, staged, promoted] {
        let data = material.write();
        assert_eq!(Material::read(&data), Some(material));
        for missing in ["ca.crt", "ca.key", "tls.crt", "tls.key"] {
            let mut data = data.clone();
            data.remove(missing);
            assert_eq!(Material::read(&data), None, "{missing}");
        }
    }
}

#[test]
fn keys_do_not_show() {
    let pair = issue::authority(start()).unwrap();
    assert!(!format!("{pair:?}").contains("PRIVATE"));
}

#[test]
fn the_names_of_the_health_parts_are_shown() {
    let health = Health::default();
    health.set_ready(Part::Certificate);
    assert!(
        health
            .report()
            .starts_with("certificate: ok\nca-bundle: not yet\n")
    );
}
