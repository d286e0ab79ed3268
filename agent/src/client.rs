//! The two things the agent says to the server: open a stream, acknowledge versions.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

use coffer_wire::bundle::{CURRENT_PATH, KEY_PATH, KeyAnswer, KeyRequest};
use coffer_wire::{ACK_PATH, AckRequest, Failure, Message, SecretValue, WATCH_PATH, WatchRequest};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::http::{HttpError, LineBuffer, Request, Response, Token, TokenError};
use crate::net::{ConnectError, ServerAddress, TlsStream, Trust, connect};

/// The most that is read of an error answer.
const MAX_FAILURE: usize = 64 * 1024;

/// The most that is read of an answer with a key.
const MAX_ANSWER: usize = 4 * 1024;

/// Where and as whom the agent speaks.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The server.
    pub server: &'a ServerAddress,
    /// Which certificates it may have.
    pub trust: &'a Trust,
    /// File with the token; kubelet replaces it, so it is read for every request.
    pub token_file: &'a PathBuf,
}

/// Why a request did not succeed.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The token file.
    #[error("token file {path}: {source}")]
    TokenFile {
        /// Its path.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// Its content.
    #[error("token file {path}: {source}")]
    Token {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        source: TokenError,
    },
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// No answer.
    #[error("the connection to the server failed: {0}")]
    Http(#[from] HttpError),
    /// The request could not be written down.
    #[error("the request cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The server says no, and why.
    #[error("the server refused ({status}): {}", failure.message)]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its reason.
        failure: Failure,
    },
    /// The server says no, and not in our terms.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// A line that is no message. What it holds is not repeated.
    #[error("the server sent a line that is not a message of this version")]
    Message,
}

impl ClientError {
    /// Whether nobody answered, or nobody who could: waiting for this server may take any time.
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Http(_) => true,
            Self::Refused { status, .. } | Self::Status(status) => *status >= 500,
            Self::TokenFile { .. } | Self::Token { .. } | Self::Json(_) | Self::Message => false,
        }
    }
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        Self::Http(error.into())
    }
}

impl Client<'_> {
    /// Opens a stream.
    pub fn watch(&self, request: &WatchRequest) -> Result<Stream, ClientError> {
        let body = serde_json::to_vec(request)?;
        let response = self.post(WATCH_PATH, &body)?;
        Ok(Stream {
            response,
            lines: LineBuffer::default(),
        })
    }

    /// Acknowledges versions.
    pub fn acknowledge(&self, request: &AckRequest) -> Result<(), ClientError> {
        let body = serde_json::to_vec(request)?;
        self.post(ACK_PATH, &body).map(drop)
    }

    /// Asks the injector for the key of a bundle.
    pub fn bundle_key(&self, request: &KeyRequest) -> Result<SecretValue, ClientError> {
        let body = serde_json::to_vec(request)?;
        let mut response = self.post(KEY_PATH, &body)?;
        let mut answer = LineBuffer::default();
        while answer.rest().len() < MAX_ANSWER && response.body.read(&mut answer)? {}
        let answer: KeyAnswer = serde_json::from_slice(answer.rest()).map_err(|_| ClientError::Message)?;
        Ok(answer.key)
    }

    /// Tells the injector that the values in place are current again.
    pub fn bundle_current(&self) -> Result<(), ClientError> {
        self.post(CURRENT_PATH, &[]).map(drop)
    }

    fn post(&self, path: &str, body: &[u8]) -> Result<Response<TlsStream>, ClientError> {
        let token = self.token()?;
        let mut stream = connect(self.server, self.trust)?;
        let authority = self.server.authority();
        Request {
            authority: &authority,
            path,
            token: &token,
            body,
        }
        .write(&mut stream)?;
        let response = Response::read(stream)?;
        if (200..300).contains(&response.status) {
            Ok(response)
        } else {
            Err(refusal(response))
        }
    }

    fn token(&self) -> Result<Token, ClientError> {
        let path = || self.token_file.clone();
        let text = std::fs::read_to_string(self.token_file)
            .map(Zeroizing::new)
            .map_err(|source| ClientError::TokenFile { path: path(), source })?;
        Token::parse(&text).map_err(|source| ClientError::Token { path: path(), source })
    }
}

/// What an answer other than success says.
fn refusal(mut response: Response<TlsStream>) -> ClientError {
    let mut body = LineBuffer::default();
    while body.rest().len() < MAX_FAILURE && matches!(response.body.read(&mut body), Ok(true)) {}
    match serde_json::from_slice(body.rest()) {
        Ok(failure) => ClientError::Refused {
            status: response.status,
            failure,
        },
        Err(_) => ClientError::Status(response.status),
    }
}

/// An open stream.
pub struct Stream {
    response: Response<TlsStream>,
    lines: LineBuffer,
}

/// What a stream brought.
#[derive(Debug)]
pub enum Event {
    /// A message.
    Message(Message),
    /// Nothing, for as long as was asked.
    Quiet,
    /// The server ended it.
    End,
}

impl Stream {
    /// Waits for the next message; [`Event::Quiet`] if nothing at all arrives for `patience`.
    pub fn next(&mut self, patience: Duration) -> Result<Event, ClientError> {
        self.response
            .body
            .stream()
            .sock
            .set_read_timeout(Some(patience))?;
        loop {
            if let Some(line) = self.lines.line() {
                // serde's own words would repeat what they stumbled over.
                return serde_json::from_slice(&line)
                    .map(Event::Message)
                    .map_err(|_| ClientError::Message);
            }
            match self.response.body.read(&mut self.lines) {
                Ok(true) => {}
                Ok(false) => return Ok(Event::End),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Ok(Event::Quiet);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}
