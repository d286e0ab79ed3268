//! Cuts a template into text and tags, and tags into tokens. It knows no grammar.

use super::TemplateError;

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Copied to the output.
    Text(String),
    /// `{{ … }}`.
    Output(Tag),
    /// `{% … %}`.
    Block(Tag),
}

/// The tokens of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Line it begins on, from 1.
    pub line: usize,
    /// What it holds.
    pub tokens: Vec<Token>,
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A bare word.
    Word(String),
    /// A quoted string, unescaped.
    Text(String),
    /// A whole number.
    Number(usize),
    /// Any of `| ( ) [ ] == !=`.
    Sign(&'static str),
}

const SIGNS: [&str; 7] = ["==", "!=", "|", "(", ")", "[", "]"];

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    pieces: Vec<Piece>,
    /// The last tag ended in `-`: the white space after it goes.
    trim_next: bool,
}

/// Scans a whole template.
pub fn scan(source: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut scanner = Scanner {
        rest: source,
        line: 1,
        pieces: Vec::new(),
        trim_next: false,
    };
    while let Some((at, kind)) = next_tag(scanner.rest) {
        scanner.text(at);
        scanner.tag(kind)?;
    }
    scanner.text(scanner.rest.len());
    Ok(scanner.pieces)
}

/// Where the next tag begins, and the second character of its opening.
fn next_tag(text: &str) -> Option<(usize, u8)> {
    text.as_bytes()
        .windows(2)
        .enumerate()
        .find(|(_, pair)| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#'))
        .map(|(at, pair)| (at, pair[1]))
}

impl<'a> Scanner<'a> {
    /// Takes `bytes` off the rest, counting lines.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn text(&mut self, bytes: usize) {
        let mut text = self.take(bytes);
        if self.trim_next {
            text = text.trim_start();
        }
        if self.rest.get(2..).is_some_and(|r| r.starts_with('-')) {
            text = text.trim_end();
        }
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text.to_owned()));
        }
        self.trim_next = false;
    }

    fn tag(&mut self, kind: u8) -> Result<(), TemplateError> {
        let line = self.line;
        let opening = if self.rest.as_bytes().get(2) == Some(&b'-') {
            3
        } else {
            2
        };
        match kind {
            b'#' => return self.comment(),
            b'{' => {
                self.take(opening);
                let tokens = self.tokens("}}", line)?;
                self.pieces.push(Piece::Output(Tag { line, tokens }));
            }
            _ => {
                self.take(opening);
                let tokens = self.tokens("%}", line)?;
                self.pieces.push(Piece::Block(Tag { line, tokens }));
            }
        }
        Ok(())
    }

    fn comment(&mut self) -> Result<(), TemplateError> {
        let Some(end) = self.rest.find("#}") else {
            return Err(TemplateError::new(
                self.line,
                "the comment {# is not closed by #}",
            ));
        };
        self.trim_next = end > 2 && self.rest[..end].ends_with('-');
        self.take(end + 2);
        Ok(())
    }

    /// Tokens up to and with `closing`.
    fn tokens(&mut self, closing: &str, line: usize) -> Result<Vec<Token>, TemplateError> {
        let mut tokens = Vec::new();
        loop {
            self.take(self.rest.len() - self.rest.trim_start().len());
            for (ending, trims) in [(closing.to_owned(), false), (format!("-{closing}"), true)] {
                if self.rest.starts_with(&ending) {
                    self.take(ending.len());
                    self.trim_next = trims;
                    return Ok(tokens);
                }
            }
            if self.rest.is_empty() {
                return Err(TemplateError::new(
                    line,
                    format!("the tag is not closed by {closing}"),
                ));
            }
            tokens.push(self.token()?);
        }
    }

    fn token(&mut self) -> Result<Token, TemplateError> {
        if let Some(sign) = SIGNS.iter().find(|s| self.rest.starts_with(**s)) {
            self.take(sign.len());
            return Ok(Token::Sign(sign));
        }
        match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.string(quote),
            Some(c) if c.is_ascii_digit() => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => Ok(Token::Word(self.word().to_owned())),
            Some(c) => Err(TemplateError::new(
                self.line,
                format!("unexpected character {c:?}"),
            )),
            None => Err(TemplateError::new(self.line, "unexpected end")),
        }
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        self.take(end.unwrap_or(self.rest.len()))
    }

    fn number(&mut self) -> Result<Token, TemplateError> {
        let line = self.line;
        let digits = self.word();
        digits
            .parse()
            .map(Token::Number)
            .map_err(|_| TemplateError::new(line, "not a whole number"))
    }

    fn string(&mut self, quote: char) -> Result<Token, TemplateError> {
        let (line, mut text, mut escaped) = (self.line, String::new(), false);
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                _ if escaped => {
                    text.push(
                        unescape(c)
                            .ok_or_else(|| TemplateError::new(line, format!("unknown escape \\{c}")))?,
                    );
                    escaped = false;
                }
                '\\' => escaped = true,
                _ if c == quote => {
                    self.take(at + 1);
                    return Ok(Token::Text(text));
                }
                _ => text.push(c),
            }
        }
        Err(TemplateError::new(line, "the string is not closed"))
    }
}

fn unescape(c: char) -> Option<char> {
    match c {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        '\\' | '"' | '\'' => Some(c),
        _ => None,
    }
}
