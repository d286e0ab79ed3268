//! The one kind of request.

use std::io::{self, Write};

use thiserror::Error;
use zeroize::Zeroizing;

/// A bearer token that can stand in a header. Wiped when dropped.
pub struct Token(Zeroizing<String>);

/// Why a token was refused. The token is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Nothing but white space.
    #[error("the token is empty")]
    Empty,
    /// It would end its header.
    #[error("the token holds characters that no token has")]
    Characters,
}

impl Token {
    /// Parses the content of a token file.
    pub fn parse(text: &Zeroizing<String>) -> Result<Self, TokenError> {
        let token = text.trim();
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(TokenError::Characters);
        }
        Ok(Self(Zeroizing::new(token.to_owned())))
    }
}

/// `POST path`, with a token and a JSON body.
pub struct Request<'a> {
    /// `host:port`.
    pub authority: &'a str,
    /// Path, without a query.
    pub path: &'a str,
    /// Who asks.
    pub token: &'a Token,
    /// What is asked; holds no secret.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// Writes it, in one piece.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let size = 256 + self.authority.len() + self.path.len() + self.token.0.len() + self.body.len();
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        write!(
            bytes,
            "POST {} HTTP/1.1\r\nhost: {}\r\nuser-agent: coffer-agent/{}\r\nauthorization: Bearer ",
            self.path,
            self.authority,
            env!("CARGO_PKG_VERSION"),
        )?;
        bytes.extend_from_slice(self.token.0.as_bytes());
        write!(
            bytes,
            "\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            self.body.len()
        )?;
        bytes.extend_from_slice(self.body);
        stream.write_all(&bytes)?;
        stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Result<Token, TokenError> {
        Token::parse(&Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn a_token_cannot_leave_its_header() {
        assert_eq!(token(" \n").err(), Some(TokenError::Empty));
        assert_eq!(token("a\r\nx-admin: 1").err(), Some(TokenError::Characters));
        assert_eq!(token("a b").err(), Some(TokenError::Characters));
        assert!(token("eyJ.a-b_c.d\n").is_ok());
    }

    #[test]
    fn writes_a_request() {
        let token = token("t0ken\n").unwrap();
        let mut bytes = Vec::new();
        Request {
            authority: "coffer:8443",
            path: "/p",
            token: &token,
            body: b"{}",
        }
        .write(&mut bytes)
        .unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.starts_with("POST /p HTTP/1.1\r\nhost: coffer:8443\r\n"),
            "{text}"
        );
        assert!(text.contains("\r\nauthorization: Bearer t0ken\r\n"), "{text}");
        assert!(text.ends_with("\r\ncontent-length: 2\r\n\r\n{}"), "{text}");
    }
}
