//! Tokens by the wrong key, or by none.

use super::*;

fn raw(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    format!(
        "{}.{}.{}",
        part(header.to_string().as_bytes()),
        part(claims.to_string().as_bytes()),
        part(signature)
    )
}

#[tokio::test]
async fn algorithms_cannot_be_confused() {
    let cluster = Cluster::new();
    let good = claims("web", now());
    let public = cluster.key.public_bytes();
    for alg in [
        "none", "None", "NONE", "", "HS256", "HS384", "RS256", "PS256", "ES384", "EdDSA",
    ] {
        let header = json!({"alg": alg, "typ": "JWT", "kid": cluster.key.id});
        for signature in [&b""[..], b"x", &[0; 64], &public] {
            assert!(
                verdict(&cluster, &raw(&header, &good, signature)).await.is_err(),
                "{alg}"
            );
        }
    }
    for secret in [&public[..], b"", cluster.key.id.as_bytes()] {
        let header = Header {
            kid: Some(cluster.key.id.clone()),
            ..Header::new(Algorithm::HS256)
        };
        let forged = jsonwebtoken::encode(&header, &good, &EncodingKey::from_secret(secret)).unwrap();
        assert!(verdict(&cluster, &forged).await.is_err());
    }
}

#[tokio::test]
async fn keys_come_from_the_cluster_and_nowhere_else() {
    let cluster = Cluster::new();
    let stranger = SigningKey::p256("first");
    let good = claims("web", now());
    assert!(
        verdict(&cluster, &stranger.sign(&good)).await.is_err(),
        "the right id, another key"
    );
    let header = |edit: &dyn Fn(&mut Value)| {
        let mut header = json!({"alg": "ES256", "typ": "JWT", "kid": "first"});
        edit(&mut header);
        header
    };
    for edited in [
        header(&|h| h["jwk"] = stranger.public_jwk()),
        header(&|h| h["jku"] = json!("https://evil.example/keys")),
        header(&|h| h["x5u"] = json!("https://evil.example/cert")),
        header(&|h| h["crit"] = json!(["exp"])),
        header(&|h| h["kid"] = json!("../../dev/null")),
        header(&|h| h["kid"] = json!("' or 1=1 --")),
        header(&|h| h["kid"] = json!("")),
        header(&|h| drop(h.as_object_mut().unwrap().remove("kid"))),
    ] {
        let token = stranger.sign_raw(&edited, &good);
        assert!(verdict(&cluster, &token).await.is_err(), "{edited}");
    }
    let critical = cluster
        .key
        .sign_raw(&header(&|h| h["crit"] = json!(["x"])), &good);
    assert!(
        verdict(&cluster, &critical).await.is_err(),
        "an extension that must be understood"
    );
}

#[tokio::test]
async fn damaged_tokens_are_refused() {
    let cluster = Cluster::new();
    let good = cluster.token("web", now());
    assert!(verdict(&cluster, &good).await.is_ok());
    let (head, signature) = good.rsplit_once('.').unwrap();
    let mut flipped = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[0] ^= 1;
    let dots = ".".repeat(5000);
    let forms = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        dots,
        head.to_owned(),
        format!("{head}."),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{good}"),
        format!("{head}.{}", BASE64_URL_SAFE_NO_PAD.encode(flipped)),
        good.replace('.', " ."),
        good[1..].to_owned(),
    ];
    for token in forms {
        assert!(verdict(&cluster, &token).await.is_err(), "{token}");
    }
}

#[tokio::test]
async fn refusals_before_the_signature_say_nothing() {
    let cluster = Cluster::new();
    let stranger = SigningKey::p256("first").sign(&claims("web", now()));
    let mut expired = claims("web", now());
    expired["exp"] = json!(0);
    let told = [
        verdict(&cluster, &stranger).await,
        verdict(&cluster, "x.y.z").await,
    ];
    assert!(
        told.iter()
            .all(|found| found == &Err("the service-account token is not valid".to_owned())),
        "{told:?}"
    );
    assert_eq!(
        verdict(&cluster, &cluster.key.sign(&expired)).await,
        Err("the token has expired".to_owned())
    );
}

#[tokio::test]
async fn an_rsa_key_is_for_rs256_alone() {
    let cluster = Cluster::new();
    cluster.withdraw_all();
    let key = SigningKey::rsa("rsa");
    cluster.publish(&key);
    assert!(verdict(&cluster, &key.sign(&claims("web", now()))).await.is_ok());
    let header = json!({"alg": "PS256", "typ": "JWT", "kid": "rsa"});
    assert!(
        verdict(&cluster, &key.sign_raw(&header, &claims("web", now())))
            .await
            .is_err()
    );
    // The oldest of all confusions: the public key as an HMAC secret.
    let header = Header {
        kid: Some("rsa".to_owned()),
        ..Header::new(Algorithm::HS256)
    };
    for secret in [key.public_bytes(), key.public_pem().into_bytes()] {
        let forged =
            jsonwebtoken::encode(&header, &claims("web", now()), &EncodingKey::from_secret(&secret)).unwrap();
        assert!(verdict(&cluster, &forged).await.is_err());
    }
}
