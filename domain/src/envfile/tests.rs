//! Runs kubelet's reading rules (1.36) in Rust over what [`render`] writes.

use proptest::prelude::*;

use super::*;

/// What a container sees of the variable `key` whose `fileKeyRef` names `file`, or why its pod does not
/// start. `Ok(None)`: kubelet says that the key is not in the file.
fn container_sees(file: &[u8], key: &str) -> Result<Option<Vec<u8>>, &'static str> {
    let value = kubelet_reads(file, key)?;
    if value.is_empty() {
        return Ok(None);
    }
    // kubelet → runtime: a protobuf string. Runtime → program: a C string.
    std::str::from_utf8(&value).map_err(|_| "string field contains invalid UTF-8")?;
    if value.contains(&0) {
        return Err("a NUL byte in an environment variable");
    }
    Ok(Some(value))
}

/// kubelet's parser: the value of `key`, empty when there is none.
fn kubelet_reads(file: &[u8], key: &str) -> Result<Vec<u8>, &'static str> {
    let mut lines = go_lines(file);
    while let Some(line) = lines.next() {
        let line = left_trimmed(line?);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let equals = line.iter().position(|b| *b == b'=').ok_or("missing '='")?;
        let (name, value) = (&line[..equals], &line[equals + 1..]);
        if name.is_empty() {
            return Err("empty variable name");
        }
        if name.ends_with(b" ") || name.ends_with(b"\t") {
            return Err("whitespace before '='");
        }
        if left_trimmed(value).len() != value.len() {
            if name == key.as_bytes() {
                return Ok(Vec::new());
            }
            continue;
        }
        let found = quoted(value.strip_prefix(b"'").ok_or("no single quote")?, &mut lines)?;
        if name == key.as_bytes() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Reads on to the closing quote, over lines if need be.
fn quoted<'a>(
    mut rest: &'a [u8],
    lines: &mut impl Iterator<Item = Result<&'a [u8], &'static str>>,
) -> Result<Vec<u8>, &'static str> {
    let mut value = Vec::new();
    loop {
        if let Some(end) = rest.iter().position(|b| *b == b'\'') {
            value.extend_from_slice(&rest[..end]);
            let after = left_trimmed(&rest[end + 1..]);
            let ignorable = after.is_empty() || after.starts_with(b"#");
            return if ignorable {
                Ok(value)
            } else {
                Err("unexpected content after closing quote")
            };
        }
        value.extend_from_slice(rest);
        value.push(b'\n');
        rest = lines.next().ok_or("unclosed single quote")??;
    }
}

/// Go's `bufio.Scanner`: lines without their newline and one carriage return before it; a line that does
/// not fit its buffer of 64 KiB together with its newline is an error.
fn go_lines(file: &[u8]) -> impl Iterator<Item = Result<&[u8], &'static str>> {
    file.split_inclusive(|b| *b == b'\n').map(|line| {
        if line.len() > 64 * 1024 {
            return Err("token too long");
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

fn left_trimmed(line: &[u8]) -> &[u8] {
    let blanks = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    &line[blanks..]
}

fn arrives(name: &str, value: &SecretValue) -> bool {
    container_sees(render(name, value).reveal(), name) == Ok(Some(value.reveal().to_vec()))
}

/// The model itself, against the examples of kubelet's documentation of the format.
#[test]
fn the_model_reads_as_kubelet_does() {
    for (file, expected) in [
        ("K='v'\n", Ok(Some("v"))),
        ("K='v'", Ok(Some("v"))),
        ("  \t K='v'\n", Ok(Some("v"))),
        ("K='v' # remark\n", Ok(Some("v"))),
        ("# remark\n\n   \nK='a\nb'\n", Ok(Some("a\nb"))),
        ("K='a\r\nb'\r\n", Ok(Some("a\nb"))),
        ("A='x'\nK='v'\n", Ok(Some("v"))),
        ("K= 'v'\n", Ok(None)),
        ("K=''\n", Ok(None)),
        ("A='x'\n", Ok(None)),
        ("K ='v'\n", Err("whitespace before '='")),
        ("K=v\n", Err("no single quote")),
        ("K=\"v\"\n", Err("no single quote")),
        ("='v'\n", Err("empty variable name")),
        ("K\n", Err("missing '='")),
        ("K='v'x\n", Err("unexpected content after closing quote")),
        ("K='v\n", Err("unclosed single quote")),
        ("A=bad\nK='v'\n", Err("no single quote")),
        // A byte-order mark is part of the name of the first variable.
        ("\u{feff}K='v'\n", Ok(None)),
    ] {
        let expected = expected.map(|v| v.map(|v: &str| v.as_bytes().to_vec()));
        assert_eq!(container_sees(file.as_bytes(), "K"), expected, "{file:?}");
    }
}

/// Each rule has a value which it alone refuses and which would indeed not arrive.
#[test]
fn every_rule_is_needed() {
    let long = "x".repeat(MAX_LINE_BYTES);
    for (value, unfit) in [
        (&b"it's"[..], Unfit::SingleQuote),
        (b"", Unfit::Empty),
        (b"a\r\nb", Unfit::CarriageReturn),
        (long.as_bytes(), Unfit::LongLine),
        (b"\xff\xfe", Unfit::NotText),
        (b"a\0b", Unfit::NotText),
    ] {
        let value = SecretValue::new(value);
        assert_eq!(check("K", &value), Err(unfit));
        assert!(
            !arrives("K", &value),
            "{unfit:?}: a rule that refuses what would arrive"
        );
    }
}

/// The limit is exact, on the first line, on the last, and on one between.
#[test]
fn the_longest_lines_arrive_and_one_byte_more_does_not() {
    let fill = |n: usize| "x".repeat(n);
    // `NAME='` … `'` and the newline on one line; the parts of it that each line of several has.
    for (value, room) in [
        (fill(MAX_LINE_BYTES - 8), "only line"),
        (format!("{}\nb", fill(MAX_LINE_BYTES - 7)), "first line"),
        (format!("a\n{}\nb", fill(MAX_LINE_BYTES - 1)), "middle line"),
        (format!("a\n{}", fill(MAX_LINE_BYTES - 2)), "last line"),
    ] {
        let fits = SecretValue::from(value.as_str());
        assert_eq!(check("NAME", &fits), Ok(()), "{room}");
        assert!(arrives("NAME", &fits), "{room}");
        let over = SecretValue::from(value.replacen('x', "xx", 1));
        assert_eq!(check("NAME", &over), Err(Unfit::LongLine), "{room}");
        assert!(!arrives("NAME", &over), "{room}");
    }
}

#[test]
fn odd_values_arrive_as_they_are() {
    for value in [
        " ",
        "\n",
        "\t\n ",
        "#",
        "# no remark",
        "$HOME ${X} $(Y) `id`",
        "\\n \\t \\",
        "\"quoted\"",
        "a=b=c",
        "\r",
        "a\rb\r",
        "\n\n\n",
        "K=v",
        "\u{feff}bom",
        "ключ 🔑",
        "{{ template }}",
        "end\n",
        "\u{1}\u{7f}\u{85}\u{2028}",
    ] {
        let value = SecretValue::from(value);
        assert_eq!(check("K", &value), Ok(()));
        assert!(arrives("K", &value));
    }
}

/// Values rich in what the format and the line reader treat specially.
fn odd_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => Just("'".to_owned()), 3 => Just("\r".to_owned()), 3 => Just("\n".to_owned()),
        2 => Just("\r\n".to_owned()), 2 => Just("#".to_owned()), 2 => Just(" ".to_owned()),
        2 => Just("\t".to_owned()), 2 => Just("=".to_owned()), 1 => Just("\0".to_owned()),
        1 => Just("\u{feff}".to_owned()), 1 => Just("\\".to_owned()), 8 => "\\PC{0,6}",
        1 => (65_500_usize..65_560).prop_map(|n| "y".repeat(n)),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// What is accepted arrives byte for byte, and what is refused would not have: no rule is too weak or
    /// too strong.
    #[test]
    fn accepted_exactly_when_it_arrives(name in "[A-Za-z_][A-Za-z0-9_]{0,40}", text in odd_text()) {
        let value = SecretValue::from(text.as_str());
        prop_assert_eq!(check(&name, &value).is_ok(), arrives(&name, &value));
    }

    #[test]
    fn the_same_for_any_bytes(name in "[A-Za-z_][A-Za-z0-9_]{0,10}", bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let value = SecretValue::new(bytes);
        prop_assert_eq!(check(&name, &value).is_ok(), arrives(&name, &value));
    }
}
