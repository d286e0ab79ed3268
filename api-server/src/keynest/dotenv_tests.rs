use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn values(lines: &Lines) -> Vec<(String, String)> {
    let text = |value: &SecretValue| String::from_utf8(value.reveal().to_vec()).unwrap();
    lines
        .values
        .iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}

#[track_caller]
fn reads(text: &str, expected: &[(&str, &str)], bad: &[usize]) {
    let lines = read(text);
    let expected: Vec<(String, String)> = expected
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(values(&lines), expected, "{text}");
    let found: Vec<usize> = lines.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(found, bad, "{text}");
}

#[test]
fn lines_are_read_as_documented() {
    reads(
        "A=1\n# no\n\n  B = two words # stays \n",
        &[("A", "1"), ("B", "two words # stays")],
        &[],
    );
    reads(
        "export A=1\nexport\tB=2\nexported=3",
        &[("A", "1"), ("B", "2"), ("exported", "3")],
        &[],
    );
    reads(
        "A=\"x y\"\nB='x \\' y'\nC=\"\\n\\t\\\"\\\\\"\nD='\\n'",
        &[("A", "x y"), ("B", "x ' y"), ("C", "\n\t\"\\"), ("D", "\\n")],
        &[],
    );
    reads("A=\nB=\"\"\nC==x=", &[("A", ""), ("B", ""), ("C", "=x=")], &[]);
    reads("A=1\nB=2\nA=3", &[("A", "3"), ("B", "2")], &[]);
    reads("\u{feff}A=1\r\nB=\"2\"\r\n", &[("A", "1"), ("B", "2")], &[]);
    reads(
        "A=\"x\" # comment\nB=\"x\"y\nC=\"a\"b\"",
        &[("A", "x"), ("B", "\"x\"y"), ("C", "a\"b")],
        &[],
    );
    reads("W='C:\\dir\\'", &[("W", "C:\\dir\\")], &[]);
}

#[test]
fn values_of_many_lines_stand_in_quotes() {
    let pem = "KEY=\"-----BEGIN\r\nA=b\r\n-----END\" # done\r\nNEXT=1";
    reads(pem, &[("KEY", "-----BEGIN\nA=b\n-----END"), ("NEXT", "1")], &[]);
    reads("K='a\n\n  b'\nN=1", &[("K", "a\n\n  b"), ("N", "1")], &[]);
}

#[test]
fn a_bad_line_is_told_and_takes_no_other_with_it() {
    reads("1BAD=x\nGOOD=y\nnothing\n=z", &[("GOOD", "y")], &[1, 3, 4]);
    reads("A=\"open\nB=1\nC=\"2\"", &[("B", "1"), ("C", "2")], &[1]);
    reads(
        "A=\"open\nB=1\nC=\"two\nlines\"\nD=4",
        &[("B", "1"), ("C", "two\nlines"), ("D", "4")],
        &[1],
    );
    reads("A='open", &[], &[1]);
    reads("1BAD=\"two\nlines\"\nGOOD=y", &[("GOOD", "y")], &[1]);
    let long = format!("A={}\nB=1", "x".repeat(10_001));
    reads(&long, &[("B", "1")], &[1]);
    let lines = read("hunter2\nx y=hunter2");
    assert!(!format!("{:?}", lines.bad).contains("hunter2"));
}

#[test]
fn ten_thousand_hostile_lines_lose_no_good_one() {
    let (mut text, mut good, mut bad) = (
        String::from("\u{feff}"),
        std::collections::BTreeMap::new(),
        Vec::new(),
    );
    let mut line = 1;
    for number in 0..2500 {
        let key = format!("KEY_{}", number % 900);
        match number % 5 {
            0 => writeln!(text, "export {key}={number}\r").unwrap(),
            1 => writeln!(text, "{key}=\"first\r\n{number}\"\r").unwrap(),
            2 => writeln!(text, "BROKEN_{number}=\"never closed\r").unwrap(),
            3 => writeln!(text, "{key}='{number}'").unwrap(),
            _ => writeln!(text, "no equals sign {number}").unwrap(),
        }
        match number % 5 {
            0 | 3 => drop(good.insert(key, number.to_string())),
            1 => {
                good.insert(key, format!("first\n{number}"));
                line += 1;
            }
            _ => bad.push(line),
        }
        line += 1;
        text.push_str("# comment\n\n");
        line += 2;
    }
    let lines = read(&text);
    assert!(text.lines().count() >= 8000);
    let found: std::collections::BTreeMap<_, _> = values(&lines).into_iter().collect();
    assert_eq!(found, good);
    let found: Vec<usize> = lines.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(found, bad);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        pairs in proptest::collection::vec(("[A-Za-z_][A-Za-z0-9_]{0,12}", "(?s).{0,40}|[\"'\\\\\n\r\t #=$a]{0,12}"), 0..12)
    ) {
        let mut text = Zeroizing::new(String::from("# header\n\n"));
        let mut last = std::collections::BTreeMap::new();
        for (key, value) in &pairs {
            write(&mut text, key, value);
            last.insert(key.clone(), value.clone());
        }
        let lines = read(&text);
        prop_assert!(lines.bad.is_empty(), "{:?}", lines.bad);
        let found: std::collections::BTreeMap<_, _> = values(&lines).into_iter().collect();
        prop_assert_eq!(found, last);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "(?s)([A-Z]{0,2}=?[\"'\\\\\n\r\t #a\u{feff}]{0,6}){0,30}") {
        read(&text);
    }
}
