use super::Secryn;
use crate::subject::Subject;

/// A server that takes few requests: a running one if its limit is low, else one of our own.
async fn limited(most: i64) -> Secryn {
    let given = Secryn::start().await;
    let limit = given
        .get("/endpoint")
        .await
        .expect(200)
        .number("x-ratelimit-limit");
    if limit <= 2 * most {
        return given;
    }
    Secryn(Subject::start("secryn", &format!("secryn.default={most}/1h")).await)
}

#[tokio::test]
async fn case_15_one_request_too_many_is_refused() {
    let secryn = limited(100).await;
    let limit = secryn.get("/endpoint").await.number("x-ratelimit-limit");
    let mut refused = secryn.get("/endpoint").await;
    for _ in 0..limit {
        refused = secryn.get("/endpoint").await;
    }
    let refused = refused.fails(429, "RATE_LIMITED");
    assert_eq!(refused.number("x-ratelimit-remaining"), 0);
    assert!(refused.number("retry-after") > 0);
}
