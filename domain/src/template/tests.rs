//! The language, by example and by property.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn secrets() -> BTreeMap<String, SecretValue> {
    [
        ("user", "ann"),
        ("password", "p@ss 'w\"rd\n/ü"),
        ("app/api", "path-like"),
        ("empty", ""),
        (
            "db",
            r#"{"host":"h","port":5432,"nested":{"a":[1]},"none":null,"pass":"s\"3"}"#,
        ),
        ("lines", "one\ntwo\n\nthree"),
        ("secrets", "awkward"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), SecretValue::from(value)))
    .chain([("bytes".to_owned(), SecretValue::new([0xff_u8, 0, 1]))])
    .collect()
}

fn render(source: &str) -> Result<String, String> {
    let template = Template::parse(source).map_err(|e| e.to_string())?;
    let rendered = template.render(&secrets()).map_err(|e| e.to_string())?;
    Ok(String::from_utf8_lossy(rendered.reveal()).into_owned())
}

#[test]
fn renders() {
    for (source, expected) in [
        ("", ""),
        ("plain { text } }} %}", "plain { text } }} %}"),
        ("{{ user }}", "ann"),
        ("{{user}}:{{ secrets[\"app/api\"] }}", "ann:path-like"),
        ("{{ secrets['secrets'] }}", "awkward"),
        ("{{ \"{{ user }}\" }}", "{{ user }}"),
        ("{{ 'a\\n\\t\\'b' }}", "a\n\t'b"),
        ("a{# {{ nobody }} #}b", "ab"),
        ("a \n {{- user -}} \n b", "aannb"),
        ("a {#- remark -#} b", "ab"),
        ("trailing newline\n", "trailing newline\n"),
        ("{{ password | urlencode }}", "p%40ss%20%27w%22rd%0A%2F%C3%BC"),
        ("{{ password | json }}", "\"p@ss 'w\\\"rd\\n/ü\""),
        ("{{ password | quote }}", "'p@ss '\\''w\"rd\n/ü'"),
        ("{{ user | base64 }}", "YW5u"),
        ("{{ 'YW\n5u' | base64decode }}", "ann"),
        ("{{ '  x ' | trim }}", "x"),
        ("  {{ lines | indent(2) }}", "  one\n  two\n\n  three"),
        ("{{ db | field('host') }}:{{ db | field(\"port\") }}", "h:5432"),
        ("{{ db | field('nested') | field('a') }}", "[1]"),
        (
            "{{ '{\"b\": 2, \"a\": \"x{value}\"}' | each('{key}={value} {') }}",
            "a=x{value} {b=2 {",
        ),
        ("{{ '{}' | each('x') }}", ""),
        ("{{ db | field('pass') | json }}", "\"s\\\"3\""),
        ("{% if user %}yes{% endif %}", "yes"),
        ("{% if empty %}yes{% else %}no{% endif %}", "no"),
        ("{% if not empty %}yes{% endif %}", "yes"),
        (
            "{% if user == 'ann' %}a{% elif user == 'bob' %}b{% else %}c{% endif %}",
            "a",
        ),
        (
            "{% if user == 'x' %}a{% elif user != 'y' %}b{% else %}c{% endif %}",
            "b",
        ),
        ("{% if not user == 'ann' %}a{% else %}c{% endif %}", "c"),
        ("{% if not user != 'ann' %}a{% else %}c{% endif %}", "a"),
        (
            "{% if user %}{% if empty %}a{% else %}b{% endif %}{% endif %}",
            "b",
        ),
        ("x\n{%- if user %}\ny\n{%- endif %}\nz\n", "x\ny\nz\n"),
    ] {
        assert_eq!(render(source).as_deref(), Ok(expected), "{source}");
    }
}

#[test]
fn bytes_that_are_no_text_pass_through() {
    let template = Template::parse("<{{ bytes }}>").unwrap();
    assert_eq!(template.render(&secrets()).unwrap().reveal(), b"<\xff\x00\x01>");
}

#[test]
fn refuses_with_line_and_reason() {
    for (source, expected) in [
        ("\n\n{{ user", "line 3: the tag is not closed by }}"),
        ("{# x", "line 1: the comment {# is not closed by #}"),
        ("{{ 'x }}", "line 1: the string is not closed"),
        ("{{ '\\q' }}", "line 1: unknown escape \\q"),
        ("{{ }}", "line 1: expected a secret's name or a string"),
        ("{{ 5 }}", "line 1: expected a secret's name or a string, not 5"),
        ("{{ a b }}", "line 1: unexpected b"),
        ("{{ a + b }}", "line 1: unexpected character '+'"),
        ("{{ a.b }}", "line 1: unexpected character '.'"),
        ("{{ secrets }}", "line 1: expected [ after secrets"),
        (
            "{{ secrets[user] }}",
            "line 1: secrets[…] takes a string: the name of a secret",
        ),
        (
            "{{ if }}",
            "line 1: if is not a secret's bare name: write secrets[\"if\"]",
        ),
        ("{{ a | }}", "line 1: expected a filter's name after |"),
        (
            "{{ a | upper }}",
            "line 1: unknown filter upper: there are base64, base64decode, each, field, indent, json, quote, trim and urlencode",
        ),
        ("{{ a | json(1) }}", "line 1: filter json takes no argument"),
        (
            "{{ a | indent }}",
            "line 1: filter indent takes a number up to 64: indent(4)",
        ),
        (
            "{{ a | indent(65) }}",
            "line 1: filter indent takes a number up to 64: indent(4)",
        ),
        (
            "{{ a | field(1) }}",
            "line 1: filter field takes a string: field(\"password\")",
        ),
        ("{% for x in y %}{% endfor %}", "line 1: unknown tag for"),
        ("{% include 'x' %}", "line 1: unknown tag include"),
        ("{% %}", "line 1: a tag begins with if, elif, else or endif"),
        ("a\n{% if user %}", "line 2: if without endif"),
        ("{% endif %}", "line 1: endif without if"),
        (
            "{% if a %}{% else %}{% elif b %}{% endif %}",
            "line 1: elif after else",
        ),
        ("{% if a %}{% else %}", "line 1: else without endif"),
        ("{% if a %}{% endif a %}", "line 1: unexpected a"),
        ("\n{{ nobody }}", "line 2: there is no secret \"nobody\""),
    ] {
        assert_eq!(
            render(source).as_ref().map_err(String::as_str),
            Err(expected),
            "{source}"
        );
    }
}

#[test]
fn an_error_never_shows_a_value() {
    for (source, expected) in [
        (
            "{{ bytes | json }}",
            "line 1: secret \"bytes\": filter json: the value is not UTF-8 text",
        ),
        (
            "{{ bytes | trim }}",
            "line 1: secret \"bytes\": filter trim: the value is not UTF-8 text",
        ),
        (
            "{{ user | base64decode }}",
            "line 1: secret \"user\": filter base64decode: the value is not base64",
        ),
        (
            "{{ user | field('a') }}",
            "line 1: secret \"user\": filter field: the value is not JSON",
        ),
        (
            "{{ '[1]' | field('a') }}",
            "line 1: a string: filter field: the value is not a JSON object",
        ),
        (
            "{{ db | field('x') }}",
            "line 1: secret \"db\": filter field: the JSON object has no member \"x\"",
        ),
        (
            "{{ db | each('{key}') }}",
            "line 1: secret \"db\": filter each: the member \"none\" is null",
        ),
        (
            "{{ user | each('{key}') }}",
            "line 1: secret \"user\": filter each: the value is not JSON",
        ),
        (
            "{{ db | field('none') }}",
            "line 1: secret \"db\": filter field: the member \"none\" is null",
        ),
    ] {
        assert_eq!(
            render(source).as_ref().map_err(String::as_str),
            Err(expected),
            "{source}"
        );
    }
}

#[test]
fn names_are_known_on_every_branch() {
    let source =
        "{{ a }}{% if b == c %}{{ secrets['d/e'] }}{% elif f %}{% else %}{{ 'no' }}{{ g | json }}{% endif %}";
    let template = Template::parse(source).unwrap();
    let names: Vec<&str> = template.names().iter().map(String::as_str).collect();
    assert_eq!(names, ["a", "b", "c", "d/e", "f", "g"]);
}

#[test]
fn output_is_bounded() {
    let large: BTreeMap<_, _> = [("a".to_owned(), SecretValue::new(vec![b'"'; 64 * 1024]))].into();
    let bloat = Template::parse(&format!("x\n{{{{ a {}}}}}", "| json ".repeat(40))).unwrap();
    assert_eq!(
        bloat.render(&large).unwrap_err().to_string(),
        "line 2: secret \"a\": filter json: the result is over 1048576 bytes"
    );
    let repeated = Template::parse(&"{{ a }}".repeat(17)).unwrap();
    assert_eq!(
        repeated.render(&large).unwrap_err().message,
        "the output is over 1048576 bytes"
    );
    assert!(Template::parse(&"x".repeat(MAX_TEMPLATE_BYTES + 1)).is_err());
    let deep = "{% if a %}".repeat(17);
    assert_eq!(
        Template::parse(&deep).unwrap_err().message,
        "if is nested deeper than 16"
    );
}

/// The first example of the reference does what its reader expects.
#[test]
fn the_references_example_renders() {
    let lines = include_str!("../../../docs/TEMPLATES.md")
        .lines()
        .skip_while(|l| !l.starts_with("    "));
    let example: Vec<&str> = lines.map_while(|l| l.strip_prefix("    ")).collect();
    let values = [
        ("DB_USER", "ann"),
        ("DB_PASSWORD", "a@b"),
        ("tls/ca.crt", "BEGIN\nEND\n"),
        ("REPLICA_HOST", "db2"),
    ];
    let values = values
        .map(|(name, value)| (name.to_owned(), SecretValue::from(value)))
        .into();
    let rendered = Template::parse(&example.join("\n"))
        .unwrap()
        .render(&values)
        .unwrap();
    let expected = "# database.ini\n[database]\nurl      = postgres://ann:a%40b@db:5432/shop\nca       = |\n  BEGIN\n  END\n\
                    replica  = db2";
    assert_eq!(std::str::from_utf8(rendered.reveal()), Ok(expected));
}

/// A token soup: mostly wrong templates, some right ones.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "\n", "if", "elif", "else", "endif", "not", "user",
        "secrets", "[", "]", "'", "\"", "app/api", "|", "json", "indent", "(", ")", "2", "==", "!=", "\\",
        "ü", "{", "}", "text",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_panics_and_a_right_template_asks_only_for_its_names(source in soup()) {
        if let Ok(template) = Template::parse(&source) {
            let only: BTreeMap<_, _> =
                template.names().iter().map(|n| (n.clone(), SecretValue::from("v"))).collect();
            // With every name it told of, rendering can fail for a filter's reasons only.
            if let Err(error) = template.render(&only) {
                prop_assert!(error.message.contains("filter"), "{}", error);
            }
        }
    }

    #[test]
    fn text_without_tags_is_copied(text in "[^{]*") {
        let template = Template::parse(&text).unwrap();
        let rendered = template.render(&BTreeMap::new()).unwrap();
        prop_assert_eq!(rendered.reveal(), text.as_bytes());
    }

    #[test]
    fn json_and_base64_can_be_read_back(value in "\\PC*") {
        let one: BTreeMap<_, _> = [("v".to_owned(), SecretValue::from(value.as_str()))].into();
        let out = |source: &str| Template::parse(source).unwrap().render(&one).unwrap();
        prop_assert_eq!(serde_json::from_slice::<String>(out("{{ v | json }}").reveal()).unwrap(), value.clone());
        let round = out("{{ v | base64 | base64decode }}");
        prop_assert_eq!(round.reveal(), value.as_bytes());
    }
}
