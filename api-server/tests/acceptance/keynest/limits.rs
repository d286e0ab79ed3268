use reqwest::Method;

use super::{Nest, failure};

#[tokio::test]
async fn case_37_limits_are_shown_on_every_answer_and_the_fourth_of_three_is_refused() {
    let rates = "keynest.user=3/1h,keynest.anonymous=5/1h";
    let nest = Nest::own(&["--rate-limit", rates]).await;
    let token = "0".repeat(40);
    for left in [2, 1, 0] {
        let answer = nest.get(&token, "/api/projects/").await;
        let answer = failure(answer, 401, "INVALID_TOKEN");
        assert_eq!(
            (
                answer.number("x-ratelimit-limit"),
                answer.number("x-ratelimit-remaining")
            ),
            (3, left)
        );
        assert_eq!(answer.number("x-ratelimit-reset") % 3600, 0, "a full hour");
    }
    let refused = failure(
        nest.get(&token, "/api/projects/").await,
        429,
        "RATE_LIMIT_EXCEEDED",
    );
    assert_eq!(refused["error"], "Rate limit exceeded");
    let wait = refused.number("retry-after");
    assert!((1..=3600).contains(&wait));
    let said = format!("Too many requests. Try again in {wait} seconds.");
    assert_eq!(refused.text_at("/details"), said);
    for _ in 0..5 {
        let index = nest.open(Method::GET, "/api/", None).await.expect(200);
        assert_eq!(index.number("x-ratelimit-limit"), 5);
    }
    failure(
        nest.open(Method::GET, "/api/nope/", None).await,
        429,
        "RATE_LIMIT_EXCEEDED",
    );
    let health = nest.open(Method::GET, "/health/", None).await.expect(200);
    assert_eq!(health.header("x-ratelimit-limit"), "");
}

#[tokio::test]
async fn a_header_does_not_take_logins_out_of_the_count_of_their_address() {
    let nest = Nest::own(&["--rate-limit", "keynest.anonymous=3/1h"]).await;
    for number in 0..4 {
        let request = nest.request(Method::POST, "/api/auth/login/", Some(&format!("{number:040x}")));
        let answer = crate::answer::Answer::of(request.json(&serde_json::json!({}))).await;
        assert_eq!(
            answer.status,
            if number < 3 { 400 } else { 429 },
            "{}",
            answer.text
        );
    }
}
