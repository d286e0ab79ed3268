//! The head of an answer.

use std::io::{self, BufRead};

use thiserror::Error;

use super::Body;
use super::body::Framing;

const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

/// An answer whose body has not been read.
pub struct Response<S> {
    /// Status code.
    pub status: u16,
    /// What follows the head.
    pub body: Body<S>,
}

/// Why an answer could not be read.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The connection.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Not HTTP/1.1.
    #[error("the server's answer is not HTTP/1.1: {0}")]
    Head(httparse::Error),
    /// More headers than ours sends.
    #[error("the head of the server's answer is over 16 KiB")]
    TooLong,
    /// A length that is no number, or a coding other than chunked.
    #[error("the server's answer is framed in a way this program does not know")]
    Framing,
}

impl<S: BufRead> Response<S> {
    /// Reads the head of the final answer from `stream`.
    pub fn read(mut stream: S) -> Result<Self, HttpError> {
        loop {
            let head = read_head(&mut stream)?;
            let (status, framing) = parse_head(&head)?;
            // 1xx: an interim answer; the real one follows.
            if status >= 200 {
                return Ok(Self {
                    status,
                    body: Body::new(stream, framing),
                });
            }
        }
    }
}

/// Up to and with the empty line.
fn read_head(stream: &mut impl BufRead) -> Result<Vec<u8>, HttpError> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let buffer = stream.fill_buf()?;
        if buffer.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let line = buffer
            .iter()
            .position(|b| *b == b'\n')
            .map_or(buffer.len(), |end| end + 1);
        head.extend_from_slice(&buffer[..line]);
        stream.consume(line);
        if head.len() > MAX_HEAD {
            return Err(HttpError::TooLong);
        }
    }
    Ok(head)
}

fn parse_head(head: &[u8]) -> Result<(u16, Framing), HttpError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    response.parse(head).map_err(HttpError::Head)?;
    let status = response.code.ok_or(HttpError::Head(httparse::Error::Status))?;
    Ok((status, framing(status, response.headers)?))
}

/// RFC 9112, section 6.3.
fn framing(status: u16, headers: &[httparse::Header<'_>]) -> Result<Framing, HttpError> {
    let value = |name: &str| {
        headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value)
    };
    if status < 200 || status == 204 || status == 304 {
        return Ok(Framing::Length(0));
    }
    match (value("transfer-encoding"), value("content-length")) {
        (Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::chunked()),
        (Some(_), _) => Err(HttpError::Framing),
        (None, Some(length)) => {
            let length = std::str::from_utf8(length)
                .ok()
                .and_then(|l| l.trim().parse().ok());
            length.map(Framing::Length).ok_or(HttpError::Framing)
        }
        (None, None) => Ok(Framing::UntilClose),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::LineBuffer;

    fn read(bytes: &str) -> Result<(u16, String), HttpError> {
        let mut response = Response::read(bytes.as_bytes())?;
        let mut lines = LineBuffer::default();
        while response.body.read(&mut lines)? {}
        Ok((response.status, String::from_utf8(lines.rest().to_vec()).unwrap()))
    }

    #[test]
    fn the_head_says_how_the_body_ends() {
        for (bytes, status, body) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokMORE", 200, "ok"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\ncontent-length: 9\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                200,
                "ok",
            ),
            ("HTTP/1.0 404 Not Found\r\n\r\nuntil close", 404, "until close"),
            ("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n", 204, ""),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
                200,
                "",
            ),
        ] {
            assert_eq!(read(bytes).unwrap(), (status, body.to_owned()));
        }
    }

    #[test]
    fn what_is_not_an_answer_is_refused() {
        assert!(matches!(read("SSH-2.0-x\r\n\r\n"), Err(HttpError::Head(_))));
        assert!(matches!(
            read("HTTP/1.1 200 OK\r\ncontent-len"),
            Err(HttpError::Io(_))
        ));
        assert!(matches!(
            read("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"),
            Err(HttpError::Framing)
        ));
        assert!(matches!(
            read("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n"),
            Err(HttpError::Framing)
        ));
        let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(MAX_HEAD));
        assert!(matches!(read(&long), Err(HttpError::TooLong)));
    }
}
