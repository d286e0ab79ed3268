//! Templates of Vault's agent in our own language: `with secret`, `.Data.data.KEY`, `range` over a secret's members, and
//! a few functions. Anything else is refused by its name.

use coffer_domain::template::string;

/// Where a path and a key of it lead: the expression that is the value.
pub trait Lookup {
    /// The expression of one key of the secret at `path`.
    fn key(&self, path: &str, key: &str) -> Result<String, String>;
    /// The expression of all of it, a JSON object.
    fn whole(&self, path: &str) -> Result<String, String>;
}

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Action(&'t str),
}

/// Cuts text and actions apart; white space that an action takes away is gone.
fn pieces(source: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = source;
    let mut trim = false;
    loop {
        let (text, after) = rest
            .split_once("{{")
            .map_or((rest, None), |(text, after)| (text, Some(after)));
        let text = if trim { text.trim_start() } else { text };
        let Some(after) = after else {
            pieces.push(Piece::Text(text));
            return Ok(pieces);
        };
        let close = end_of_action(after).ok_or("it has {{ without }}")?;
        let (mut action, left) = (&after[..close], after.get(close + 2..).unwrap_or_default());
        let trims_before = action.starts_with("- ") || action.starts_with("-\n");
        if trims_before {
            action = &action[1..];
        }
        trim = action.ends_with(" -") || action.ends_with("\n-");
        if trim {
            action = &action[..action.len() - 1];
        }
        pieces.push(Piece::Text(if trims_before { text.trim_end() } else { text }));
        pieces.push(Piece::Action(action.trim()));
        rest = left;
    }
}

/// Where `}}` stands outside of quotes.
fn end_of_action(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut i = 0;
    while i < bytes.len() {
        match (quote, bytes[i]) {
            (None, b'}') if bytes.get(i + 1) == Some(&b'}') => return Some(i),
            (None, b'"' | b'`') => quote = Some(bytes[i]),
            (Some(b'"'), b'\\') => i += 1,
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
        i += 1;
    }
    None
}

/// The words of an action; a text in quotes, or in parentheses, is one.
fn words(action: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in action.chars() {
        match quote {
            Some(open) => {
                word.push(c);
                if c == open {
                    quote = None;
                }
            }
            None if c == '"' || c == '`' => {
                word.push(c);
                quote = Some(c);
            }
            None if c.is_whitespace() || c == ',' || c == '|' => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                if !c.is_whitespace() {
                    words.push(c.to_string());
                }
            }
            None => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The text inside quotes, if it is plain.
fn unquoted(word: &str) -> Option<&str> {
    let inner = word
        .strip_prefix('"')
        .and_then(|word| word.strip_suffix('"'))
        .or_else(|| word.strip_prefix('`')?.strip_suffix('`'))?;
    (!inner.contains('\\')).then_some(inner)
}

struct Writer<'l, L> {
    lookup: &'l L,
    /// The path that the dot stands for.
    path: Option<String>,
    /// Of each `with` that is open, what the dot was before it.
    before: Vec<Option<String>>,
    out: String,
}

/// `source` in our language, or what of it there is no word for.
pub fn translate(source: &str, lookup: &impl Lookup) -> Result<String, String> {
    let mut writer = Writer {
        lookup,
        path: None,
        before: Vec::new(),
        out: String::new(),
    };
    let pieces = pieces(source)?;
    let mut rest = pieces.as_slice();
    while let Some((piece, after)) = rest.split_first() {
        rest = after;
        match piece {
            Piece::Text(text) => writer.text(text),
            Piece::Action(action) => rest = writer.action(action, rest)?,
        }
    }
    if writer.before.is_empty() {
        Ok(writer.out)
    } else {
        Err("it has a with without its end".to_owned())
    }
}

impl<L: Lookup> Writer<'_, L> {
    /// Text, so that our language takes it for text.
    fn text(&mut self, text: &str) {
        let text = text.replace("{%", "\u{1}").replace("{#", "\u{2}");
        self.out.push_str(
            &text
                .replace('\u{1}', "{{ \"{%\" }}")
                .replace('\u{2}', "{{ \"{#\" }}"),
        );
    }

    fn action<'p, 't>(&mut self, action: &str, rest: &'p [Piece<'t>]) -> Result<&'p [Piece<'t>], String> {
        if action.starts_with("/*") {
            return Ok(rest);
        }
        let all = words(action);
        let some: Vec<&str> = all.iter().map(String::as_str).collect();
        match some.as_slice() {
            ["with", "secret", path] => {
                let path = unquoted(path).ok_or("the path of with secret is no plain text")?;
                self.before.push(self.path.replace(path.to_owned()));
                Ok(rest)
            }
            ["with", "secret", ..] => Err("with secret with parameters, which would write".to_owned()),
            ["end"] => {
                self.path = self.before.pop().ok_or("it has an end too many")?;
                Ok(rest)
            }
            ["range", key, ",", value, ":=", members] if is_members(members) => self.range(key, value, rest),
            ["range", ..] => Err("range, other than range $k, $v := .Data.data".to_owned()),
            [] => Err("an action is empty".to_owned()),
            _ => {
                let expression = self.expression(&some)?;
                self.out.push_str("{{ ");
                self.out.push_str(&expression);
                self.out.push_str(" }}");
                Ok(rest)
            }
        }
    }

    fn expression(&self, words: &[&str]) -> Result<String, String> {
        let (mut value, rest) = match words {
            ["index", of, key, rest @ ..] if is_members(of) => {
                let key = unquoted(key).ok_or("index with a computed key")?;
                (self.key(key)?, rest)
            }
            [function, argument, rest @ ..] if argument.starts_with(".Data") => {
                let value = self.expression(&[argument])?;
                (format!("{value}{}", filter(function)?), rest)
            }
            [first, rest @ ..] if is_members(first) => {
                let path = self.current()?;
                if rest.is_empty() {
                    return Err(format!("{first} as a whole, without toJSON"));
                }
                return match rest {
                    ["|", "toJSON" | "toUnescapedJSON"] => self.lookup.whole(path),
                    _ => Err(format!("{first} with {}", rest.join(" "))),
                };
            }
            [first, rest @ ..] if first.starts_with(".Data.") => {
                let key = first
                    .strip_prefix(".Data.data.")
                    .or_else(|| first.strip_prefix(".Data."));
                let key = key.filter(|key| !key.contains(['.', '(', ')']));
                (self.key(key.ok_or_else(|| (*first).to_owned())?)?, rest)
            }
            [first, ..] => return Err((*first).to_owned()),
            [] => return Err("an action that is empty".to_owned()),
        };
        let mut rest = rest;
        while let ["|", function, after @ ..] = rest {
            value.push_str(filter(function)?);
            rest = after;
        }
        match rest.first() {
            None => Ok(value),
            Some(word) => Err((*word).to_owned()),
        }
    }

    fn current(&self) -> Result<&str, String> {
        self.path
            .as_deref()
            .ok_or_else(|| ".Data outside of with secret".to_owned())
    }

    fn key(&self, key: &str) -> Result<String, String> {
        self.lookup.key(self.current()?, key)
    }

    /// Its body has to be text, the name and the value: that is what can be done for each member.
    fn range<'p, 't>(
        &mut self,
        key: &str,
        value: &str,
        rest: &'p [Piece<'t>],
    ) -> Result<&'p [Piece<'t>], String> {
        let mut form = String::new();
        for (i, piece) in rest.iter().enumerate() {
            match piece {
                Piece::Text(text) if text.contains("{key}") || text.contains("{value}") => {
                    return Err("range over text with {key} or {value}".to_owned());
                }
                Piece::Text(text) => form.push_str(text),
                Piece::Action(action) if *action == key => form.push_str("{key}"),
                Piece::Action(action) if *action == value => form.push_str("{value}"),
                Piece::Action("end") => {
                    let whole = self.lookup.whole(self.current()?)?;
                    for part in ["{{ ", &whole, " | each(", &string(&form), ") }}"] {
                        self.out.push_str(part);
                    }
                    return Ok(&rest[i + 1..]);
                }
                Piece::Action(other) => {
                    return Err(format!(
                        "in range: {}",
                        words(other).first().map_or("", String::as_str)
                    ));
                }
            }
        }
        Err("it has a range without its end".to_owned())
    }
}

/// The members of a secret, by either version of the engine.
fn is_members(word: &str) -> bool {
    matches!(word, ".Data.data" | ".Data")
}

fn filter(function: &str) -> Result<&'static str, String> {
    Ok(match function {
        "base64Encode" => " | base64",
        "base64Decode" => " | base64decode",
        "toJSON" | "toUnescapedJSON" => " | json",
        "trimSpace" => " | trim",
        "urlquery" => " | urlencode",
        other => return Err(other.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use coffer_domain::template::Template;

    use super::*;

    struct Names;

    impl Lookup for Names {
        fn key(&self, path: &str, key: &str) -> Result<String, String> {
            Ok(format!("secrets[{}] | field({})", string(path), string(key)))
        }

        fn whole(&self, path: &str) -> Result<String, String> {
            Ok(format!("secrets[{}]", string(path)))
        }
    }

    fn rendered(source: &str) -> String {
        let ours = translate(source, &Names).unwrap();
        let value = r#"{"user": "ann", "password": "p\"w", "port": 5432}"#;
        let secrets = [("secret/data/db".to_owned(), value.into())].into();
        let text = Template::parse(&ours)
            .unwrap_or_else(|e| panic!("{ours}: {e}"))
            .render(&secrets);
        let text = text.unwrap_or_else(|e| panic!("{ours}: {e}"));
        String::from_utf8(text.reveal().to_vec()).unwrap()
    }

    #[test]
    fn templates_say_the_same_in_our_language() {
        for (source, expected) in [
            (
                "{{- with secret \"secret/data/db\" -}}\npostgres://{{ .Data.data.user }}:{{ .Data.data.password }}@db/shop?sslmode=disable\n{{- end }}\n",
                "postgres://ann:p\"w@db/shop?sslmode=disable\n",
            ),
            (
                "{{ with secret `secret/data/db` }}{{ range $k, $v := .Data.data }}export {{ $k }}='{{ $v }}'\n{{ end }}{{ end }}",
                "export password='p\"w'\nexport port='5432'\nexport user='ann'\n",
            ),
            (
                "{{with secret \"secret/data/db\"}}{{index .Data.data \"user\"}}{{end}}",
                "ann",
            ),
            (
                "{{ with secret \"secret/data/db\" }}{{ .Data.data.user | base64Encode }}{{ end }}",
                "YW5u",
            ),
            (
                "{{ with secret \"secret/data/db\" }}{{ base64Encode .Data.data.user }}{{ end }}",
                "YW5u",
            ),
            (
                "{{ with secret \"secret/data/db\" }}{{ .Data.data.password | toJSON }}{{ end }}",
                "\"p\\\"w\"",
            ),
            (
                "{{/* note */}}{% if %} ${#array} {{ with secret \"secret/data/db\" }}{{ .Data.data.port }}{{ end }}",
                "{% if %} ${#array} 5432",
            ),
        ] {
            assert_eq!(rendered(source), expected, "{source}");
        }
    }

    #[test]
    fn what_there_is_no_word_for_is_named() {
        for (action, expected) in [
            ("{{ printf \"%s\" .Data.data.user }}", "printf"),
            ("{{ .Data.data.user | toUpper }}", "toUpper"),
            ("{{ if .Data.data.user }}x{{ end }}", "if"),
            ("{{ .Data.metadata.version }}", ".Data.metadata.version"),
            ("{{ .Data.data }}", ".Data.data as a whole"),
            ("{{ range $v := .Data.data }}{{ end }}", "range"),
            (
                "{{ range $k, $v := .Data.data }}{{ $v | toUpper }}{{ end }}",
                "in range: $v",
            ),
            ("{{ range $k, $v := .Data.data }}", "without its end"),
            ("{{ else }}", "else"),
            ("{{ $x }}", "$x"),
            (
                "{{ with secret \"pki/issue/web\" \"common_name=x\" }}{{ end }}",
                "parameters",
            ),
            ("{{ with $x := secret \"a/b\" }}{{ end }}", "with"),
            ("{{ end }}{{ end }}", "an end too many"),
            ("{{ ", "without }}"),
            ("{{ }}", "empty"),
        ] {
            let source = format!("{{{{ with secret \"secret/data/db\" }}}}{action}{{{{ end }}}}");
            let source = if action == "{{ " {
                action.to_owned()
            } else {
                source
            };
            let said = translate(&source, &Names).expect_err(action);
            assert!(said.contains(expected), "{action}: {said}");
        }
        assert!(
            translate("{{ .Data.data.x }}", &Names)
                .unwrap_err()
                .contains("outside")
        );
        assert!(
            translate("{{ with secret \"a/b\" }}", &Names)
                .unwrap_err()
                .contains("without its end")
        );
    }
}
