use reqwest::Method;

use super::Nest;
use crate::answer::Answer;

#[tokio::test]
async fn a_browser_is_told_which_pages_may_speak_with_this_door() {
    let nest = Nest::own(&["--keynest-origin", "https://app.example"]).await;
    let ask = async |origin: &str| {
        let request = nest.request(Method::OPTIONS, "/api/auth/login/", None);
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type");
        Answer::of(request).await.expect(200)
    };
    let yes = ask("https://app.example").await;
    assert_eq!(yes.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(yes.header("access-control-allow-credentials"), "true");
    assert_eq!(yes.header("access-control-max-age"), "86400");
    for method in ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"] {
        assert!(
            yes.header("access-control-allow-methods").contains(method),
            "{method}"
        );
    }
    for header in ["authorization", "content-type"] {
        assert!(
            yes.header("access-control-allow-headers").contains(header),
            "{header}"
        );
    }
    assert_eq!(
        ask("https://evil.example")
            .await
            .header("access-control-allow-origin"),
        ""
    );
    for path in ["/health/", "/api/projects/", "/api/nope/"] {
        let request = nest
            .request(Method::GET, path, None)
            .header("origin", "https://app.example");
        let answer = Answer::of(request).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            "https://app.example",
            "{path}"
        );
        assert!(answer.header("vary").contains("origin"), "{path}");
        let request = nest
            .request(Method::GET, path, None)
            .header("origin", "http://localhost:3000");
        assert_eq!(
            Answer::of(request).await.header("access-control-allow-origin"),
            "",
            "{path}"
        );
    }
}
