use std::fmt::Write as _;

use reqwest::Method;
use serde_json::json;

use super::{Nest, Person, failure};
use crate::answer::Answer;

const FIVE: &str = "DATABASE_URL=postgresql://localhost/app\nJWT_SECRET=s3cret\nA=1\nB=2\nC=3\n";
const SEVEN: &str = "A=10\nB=20\nD=4\nE=5\nF=6\nG=7\nH=8\n";

async fn data(nest: &Nest, person: &Person, environment: u64, body: serde_json::Value) -> Answer {
    let path = format!("/api/environments/{environment}/import/");
    nest.post(&person.token, &path, body).await
}

#[track_caller]
fn summary(answer: Answer, imported: u64, updated: u64, failed: u64) -> Answer {
    let answer = answer.expect(200);
    let expected = json!({
        "imported": imported, "updated": updated, "failed": failed, "total_variables": imported + updated,
    });
    assert_eq!(answer["summary"], expected, "{}", answer.text);
    assert_eq!(answer["message"], "Import completed successfully");
    answer
}

#[tokio::test]
async fn cases_21_22_and_23_a_file_is_imported_over_what_is_there_unless_told_not_to() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let at = nest.place(&person).await.environment;
    let upload = async |text: &str, fields: &[(&'static str, &'static str)]| {
        nest.upload(&person.token, at, (".env", text), fields).await
    };
    let first = summary(upload(FIVE, &[]).await, 5, 0, 0);
    assert_eq!(first["failed_imports"], json!(null));
    summary(upload(SEVEN, &[]).await, 5, 2, 0);
    let before = nest.values(&person.token, at).await;
    assert_eq!((&before["A"], &before["C"]), (&json!("10"), &json!("3")));
    let conflict = failure(
        upload("A=changed\nNEW=x\n", &[("overwrite", "false")]).await,
        409,
        "CONFLICT",
    );
    assert_eq!(
        (&conflict["error"], &conflict["conflicts"]),
        (&json!("Conflicting variables found"), &json!(["A"]))
    );
    assert!(conflict.text_at("/message").contains("overwrite=true"));
    assert_eq!(
        nest.values(&person.token, at).await,
        before,
        "nothing was written"
    );
    summary(upload(SEVEN, &[("overwrite", "true")]).await, 0, 7, 0);
    summary(upload("", &[]).await, 0, 0, 0);
}

#[tokio::test]
async fn case_24_a_text_is_imported_in_the_format_it_is_said_to_have() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let at = nest.place(&person).await.environment;
    let env = json!({
        "data": "DATABASE_URL=postgresql://localhost/db\nSECRET_KEY=mysecret", "format": "env", "overwrite": true,
    });
    summary(data(&nest, &person, at, env).await, 2, 0, 0);
    let text = "{\"DATABASE_URL\":\"postgresql://localhost/db\",\"SECRET_KEY\":\"mysecret\"}";
    let body = json!({"data": text, "format": "json", "overwrite": true});
    summary(data(&nest, &person, at, body).await, 0, 2, 0);
    let text = "DATABASE_URL: postgresql://localhost/db\nSECRET_KEY: mysecret\nFLAG: true\n";
    summary(
        data(&nest, &person, at, json!({"data": text, "format": "yaml"})).await,
        1,
        2,
        0,
    );
    summary(
        data(
            &nest,
            &person,
            at,
            json!({"data": "{\"AUTO\": 1}", "format": "auto"}),
        )
        .await,
        1,
        0,
        0,
    );
    let values = nest.values(&person.token, at).await;
    assert_eq!((&values["FLAG"], &values["AUTO"]), (&json!("true"), &json!("1")));
    for body in [
        json!({"data": "bad", "format": "json"}),
        json!({"data": "[1]", "format": "json"}),
        json!({"data": "- a", "format": "yaml"}),
        json!({"data": "A=1", "format": "toml"}),
        json!({"data": "{\"a\":1,\"A\":2}", "format": "json"}),
        json!({}),
    ] {
        failure(data(&nest, &person, at, body).await, 400, "VALIDATION_ERROR");
    }
    failure(
        nest.upload(&person.token, 999_999, ("x", "A=1"), &[]).await,
        404,
        "NOT_FOUND",
    );
    let binary = nest
        .upload_bytes(&person.token, at, (".env", &[0xff, 0xfe]), &[])
        .await;
    failure(binary, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn case_25_a_bad_line_is_told_and_the_good_ones_count() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let at = nest.place(&person).await.environment;
    let answer = nest
        .upload(&person.token, at, (".env", "1BAD=x\nGOOD=y\n"), &[])
        .await;
    let answer = summary(answer, 1, 0, 1);
    assert_eq!(
        (
            &answer["failed_imports"][0]["key"],
            &answer["failed_imports"][0]["line"]
        ),
        (&json!("1BAD"), &json!(1))
    );
    assert!(answer.text_at("/failed_imports/0/error").starts_with("line 1: "));
}

#[tokio::test]
async fn case_26_an_export_is_an_env_file_that_imports_to_the_same_values() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    nest.variable(&person, place, "API_KEY", "new_secret_value").await;
    nest.upload(&person.token, place.environment, (".env", FIVE), &[])
        .await
        .expect(200);
    nest.variable(&person, place, "MULTI", "a\r\nb\t\"c\" 'd' \\ # $e\n")
        .await;
    nest.variable(&person, place, "EMPTY", "").await;
    let path = format!("/api/environments/{}/export/", place.environment);
    let export = nest.get(&person.token, &path).await.expect(200);
    assert!(export.header("content-type").starts_with("text/plain"));
    assert_eq!(
        export.header("content-disposition"),
        "attachment; filename=\"New Project_staging.env\""
    );
    let lines: Vec<&str> = export.text.lines().collect();
    assert_eq!(lines[0], "# Generated by KeyNest - Environment: staging");
    assert_eq!(lines[1], "# Project: New Project");
    assert_eq!(lines[2], "# Organization: John's Organization");
    assert!(
        lines[3].starts_with("# Generated on: ") && lines[3].ends_with(" UTC"),
        "{}",
        lines[3]
    );
    assert_eq!((lines[4], lines[5]), ("", "API_KEY=new_secret_value"));
    assert!(lines[6].starts_with("DATABASE_URL=") && export.text.ends_with('\n'));
    let second = nest.environment(&person, place.project, "second").await;
    summary(
        nest.upload(&person.token, second, (".env", &export.text), &[])
            .await,
        8,
        0,
        0,
    );
    let (one, other) = (
        nest.values(&person.token, place.environment).await,
        nest.values(&person.token, second).await,
    );
    assert_eq!(one, other);
    assert_eq!(one["MULTI"], "a\r\nb\t\"c\" 'd' \\ # $e\n");
}

#[tokio::test]
async fn case_27_an_export_comes_in_three_formats() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let place = nest.place(&person).await;
    nest.variable(&person, place, "B", "false").await;
    nest.variable(&person, place, "A", "x: y").await;
    let export = async |query: &str| {
        let path = format!("/api/environments/{}/export/{query}", place.environment);
        nest.get(&person.token, &path).await
    };
    let json = export("?format=json").await.expect(200);
    assert!(json.header("content-type").starts_with("application/json"));
    assert_eq!(json.text, "{\n  \"B\": \"false\",\n  \"A\": \"x: y\"\n}\n");
    let yaml = export("?format=yaml").await.expect(200);
    assert!(yaml.header("content-type").starts_with("application/x-yaml"));
    assert!(yaml.header("content-disposition").ends_with(".yaml\""));
    assert_eq!(yaml.text, "A: \"x: y\"\nB: \"false\"\n");
    for (name, text, format) in [("x.yaml", &yaml.text, "yaml"), ("x.json", &json.text, "json")] {
        let other = nest.environment(&person, place.project, format).await;
        summary(
            nest.upload(&person.token, other, (name, text), &[]).await,
            2,
            0,
            0,
        );
        assert_eq!(
            nest.values(&person.token, other).await,
            json!({"A": "x: y", "B": "false"})
        );
    }
    assert!(
        export("?format=env")
            .await
            .expect(200)
            .text
            .starts_with("# Generated by KeyNest")
    );
    failure(export("?format=xml").await, 400, "VALIDATION_ERROR");
    failure(
        nest.get(&person.token, "/api/environments/999999/export/").await,
        404,
        "NOT_FOUND",
    );
    let path = format!("/api/environments/{}/export/", place.environment);
    let narrow = nest
        .request(Method::GET, &path, Some(&person.token))
        .header("accept", "text/plain");
    Answer::of(narrow).await.expect(200);
}

#[tokio::test]
async fn a_hostile_file_of_ten_thousand_lines_loses_no_good_line() {
    let nest = Nest::start().await;
    let person = nest.person("user").await;
    let at = nest.place(&person).await.environment;
    let mut text = String::from("\u{feff}");
    for number in 0..2000 {
        let key = number % 400;
        text.write_fmt(format_args!(
            "export KEY_{key}={number}\r\nOPEN_{number}=\"never closed\r\n"
        ))
        .unwrap();
        text.write_fmt(format_args!(
            "LONG_{key}='line one\r\nline {number}'\r\nno equals sign\r\n"
        ))
        .unwrap();
    }
    let answer = nest.upload(&person.token, at, (".env", &text), &[]).await;
    assert_eq!(text.lines().count(), 10_000);
    let answer = summary(answer, 800, 0, 4000);
    let lines: Vec<u64> = answer
        .list_at("/failed_imports")
        .iter()
        .map(|failed| failed["line"].as_u64().unwrap())
        .collect();
    let expected: Vec<u64> = (0..2000)
        .flat_map(|number| [5 * number + 2, 5 * number + 5])
        .collect();
    assert_eq!(lines, expected);
    let values = nest.values(&person.token, at).await;
    assert_eq!(
        (&values["KEY_7"], &values["LONG_7"]),
        (&json!("1607"), &json!("line one\nline 1607"))
    );
}
