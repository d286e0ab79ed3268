//! Tokens by the right key whose claims are wrong, and the right ones beside them.

use super::*;

#[tokio::test]
async fn a_good_token_is_its_pod() {
    let cluster = Cluster::new();
    let found = cluster
        .identity()
        .verify(&cluster.token("web", now()), now())
        .await
        .unwrap();
    let pod = found.workload;
    assert_eq!((&*pod.namespace, &*pod.service_account), ("acme", "app"));
    assert_eq!((&*pod.pod, &*pod.pod_uid), ("web", "uid-web"));
    assert_eq!(found.until, now() + SignedDuration::from_secs(3610));
}

#[tokio::test]
async fn only_an_exact_member_of_aud_is_our_audience() {
    let good = [
        json!("coffer"),
        json!(["coffer"]),
        json!(["other", "coffer"]),
        json!(["coffer", "coffer"]),
    ];
    for aud in good {
        assert!(
            edited(|claims| claims["aud"] = aud.clone()).await.is_ok(),
            "{aud}"
        );
    }
    let bad = [
        json!(""),
        json!([]),
        json!([""]),
        json!("Coffer"),
        json!("coffer "),
        json!(" coffer"),
        json!("coffer2"),
        json!("coffe"),
        json!("coffer,other"),
        json!("other coffer"),
        json!("https://coffer"),
        json!("coffer/"),
        json!(["other"]),
        json!([["coffer"]]),
        json!([null, "coffer"]),
        json!([1, "coffer"]),
        json!({"aud": "coffer"}),
        json!({"coffer": true}),
        json!(null),
        json!(true),
        json!(0),
        json!("https://kubernetes.default.svc"),
        json!(["https://kubernetes.default.svc.cluster.local"]),
        json!("*"),
    ];
    assert_eq!(bad.len(), 24);
    for aud in bad {
        assert!(
            edited(|claims| claims["aud"] = aud.clone()).await.is_err(),
            "{aud}"
        );
    }
    assert!(
        edited(|claims| drop(claims.as_object_mut().unwrap().remove("aud")))
            .await
            .is_err()
    );
    assert_eq!(AUDIENCE, "coffer");
}

#[tokio::test]
async fn a_server_without_an_audience_takes_no_token() {
    let cluster = Cluster::new();
    let options = IdentityOptions {
        issuer: ISSUER.to_owned(),
        audience: String::new(),
    };
    let ring = KeyRing::new(std::sync::Arc::clone(&cluster) as _);
    let identity = WorkloadIdentity::new(options, ring, std::sync::Arc::new(WhileTokenLasts));
    let mut claims = claims("web", now());
    claims["aud"] = json!([""]);
    assert!(identity.verify(&cluster.key.sign(&claims), now()).await.is_err());
}

#[tokio::test]
async fn times_of_the_wrong_type_are_refused_not_ignored() {
    for field in ["exp", "nbf", "iat"] {
        for wrong in [
            json!("1780000000"),
            json!(true),
            json!(null),
            json!(1.5),
            json!(1e300),
            json!([1_780_000_000]),
            json!({}),
            json!(u64::MAX),
        ] {
            let found = edited(|claims| claims[field] = wrong.clone()).await;
            assert!(found.is_err(), "{field} {wrong}");
        }
    }
    assert!(edited(|claims| claims["exp"] = json!(-5)).await.is_err());
    assert!(edited(|claims| claims["exp"] = json!(0)).await.is_err());
    assert!(
        edited(|claims| drop(claims.as_object_mut().unwrap().remove("exp")))
            .await
            .is_err()
    );
    assert!(
        edited(|claims| drop(claims.as_object_mut().unwrap().remove("nbf")))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn times_hold_to_the_second_with_ten_of_leeway() {
    let second = now().as_second();
    for (field, offset, good) in [
        ("exp", -9, true),
        ("exp", -10, false),
        ("nbf", 10, true),
        ("nbf", 11, false),
        ("iat", 10, true),
        ("iat", 11, false),
    ] {
        let found = edited(|claims| claims[field] = json!(second + offset)).await;
        assert_eq!(found.is_ok(), good, "{field} {offset}");
    }
}

#[tokio::test]
async fn a_token_must_be_bound_to_a_pod() {
    for path in [
        "/namespace",
        "/pod",
        "/pod/name",
        "/pod/uid",
        "/serviceaccount",
        "/serviceaccount/name",
        "/serviceaccount/uid",
    ] {
        for wrong in [
            json!(null),
            json!(""),
            json!(" "),
            json!(7),
            json!("a/b"),
            json!("a\nb"),
            json!({}),
        ] {
            let found = edited(|claims| {
                *claims["kubernetes.io"].pointer_mut(path).unwrap() = wrong.clone();
            })
            .await;
            assert!(found.is_err(), "{path} {wrong}");
        }
    }
    assert!(
        edited(|claims| drop(claims.as_object_mut().unwrap().remove("kubernetes.io")))
            .await
            .is_err()
    );
    let legacy = edited(|claims| drop(claims["kubernetes.io"].as_object_mut().unwrap().remove("pod"))).await;
    assert!(legacy.is_err());
}

#[tokio::test]
async fn issuer_and_subject_must_agree() {
    for (field, wrong) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!("https://kubernetes.default.svc/")),
        ("iss", json!("")),
        ("iss", json!([ISSUER])),
        ("sub", json!("")),
        ("sub", json!("system:serviceaccount:acme:other")),
        ("sub", json!("system:serviceaccount:other:app")),
        ("sub", json!("admin")),
    ] {
        assert!(
            edited(|claims| claims[field] = wrong.clone()).await.is_err(),
            "{field} {wrong}"
        );
    }
}

#[tokio::test]
async fn a_pod_that_stopped_is_refused() {
    let cluster = Cluster::new();
    let token = cluster.token("web", now());
    cluster.stop_pod("uid-web");
    assert_eq!(
        verdict(&cluster, &token).await,
        Err("the pod of this token does not run any more".to_owned())
    );
}
