//! The body of an answer, piece by piece, out of its framing. A read that times out loses nothing: the next
//! one goes on from there.

use std::io::{self, BufRead, ErrorKind};

use super::LineBuffer;

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes are left.
    Length(u64),
    /// It ends with the connection.
    UntilClose,
    /// Chunks.
    Chunked(Chunk),
}

/// Where in a chunked body the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk {
    /// In the hexadecimal size.
    Size { size: u64, digits: u8 },
    /// After the size, in an extension that means nothing to us, or before the line's end.
    Extension { size: u64 },
    /// So many bytes before the end of the chunk.
    Data { left: u64 },
    /// In the line end after the data.
    DataEnd,
    /// In the trailers; `empty`: no byte of this line has been seen.
    Trailer { empty: bool },
    /// After the last byte.
    Done,
}

impl Framing {
    /// At the start of a chunked body.
    pub fn chunked() -> Self {
        Self::Chunked(Chunk::Size { size: 0, digits: 0 })
    }
}

/// The rest of a body.
pub struct Body<S> {
    stream: S,
    framing: Framing,
}

impl<S: BufRead> Body<S> {
    /// The body that begins at the next byte of `stream`.
    pub fn new(stream: S, framing: Framing) -> Self {
        Self { stream, framing }
    }

    /// What it is read from, for its timeouts.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Waits for more and appends it to `lines`. `false`: the body has ended.
    pub fn read(&mut self, lines: &mut LineBuffer) -> io::Result<bool> {
        loop {
            if matches!(self.framing, Framing::Length(0) | Framing::Chunked(Chunk::Done)) {
                return Ok(false);
            }
            let buffer = self.stream.fill_buf()?;
            if buffer.is_empty() {
                let whole = self.framing == Framing::UntilClose;
                return if whole {
                    Ok(false)
                } else {
                    Err(ErrorKind::UnexpectedEof.into())
                };
            }
            let room = self.framing.data();
            let taken = if room > 0 {
                let data = &buffer[..usize::try_from(room).map_or(buffer.len(), |r| r.min(buffer.len()))];
                lines.push(data)?;
                data.len()
            } else {
                1
            };
            self.framing = self.framing.after(buffer[0], taken as u64)?;
            self.stream.consume(taken);
            if room > 0 {
                return Ok(true);
            }
        }
    }
}

impl Framing {
    /// How many of the next bytes are data.
    fn data(self) -> u64 {
        match self {
            Self::Length(left) | Self::Chunked(Chunk::Data { left }) => left,
            Self::UntilClose => u64::MAX,
            Self::Chunked(_) => 0,
        }
    }

    /// Where we are after `taken` bytes of data, or else after the one byte `byte`.
    fn after(self, byte: u8, taken: u64) -> io::Result<Self> {
        match self {
            Self::UntilClose => Ok(self),
            Self::Length(left) => Ok(Self::Length(left - taken)),
            Self::Chunked(Chunk::Data { left }) if left > taken => {
                Ok(Self::Chunked(Chunk::Data { left: left - taken }))
            }
            Self::Chunked(Chunk::Data { .. }) => Ok(Self::Chunked(Chunk::DataEnd)),
            Self::Chunked(chunk) => chunk
                .after(byte)
                .map(Self::Chunked)
                .ok_or_else(|| ErrorKind::InvalidData.into()),
        }
    }
}

impl Chunk {
    /// Where we are after `byte`, which is not data; `None` if it may not stand here.
    fn after(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Size { size, digits }, _) if byte.is_ascii_hexdigit() => {
                let digit = u64::from(char::from(byte).to_digit(16)?);
                (digits < 15).then_some(Self::Size {
                    size: size * 16 + digit,
                    digits: digits + 1,
                })
            }
            (Self::Size { size, digits: 1.. } | Self::Extension { size }, b'\n') => Some(match size {
                0 => Self::Trailer { empty: true },
                left => Self::Data { left },
            }),
            (Self::Size { size, digits: 1.. }, b'\r' | b';' | b' ' | b'\t') => Some(Self::Extension { size }),
            (Self::Extension { .. } | Self::Data { .. } | Self::Done, _) | (Self::DataEnd, b'\r') => {
                Some(self)
            }
            (Self::DataEnd, b'\n') => Some(Self::Size { size: 0, digits: 0 }),
            (Self::Size { .. } | Self::DataEnd, _) => None,
            (Self::Trailer { empty: true }, b'\n') => Some(Self::Done),
            (Self::Trailer { empty }, b'\r') => Some(Self::Trailer { empty }),
            (Self::Trailer { .. }, _) => Some(Self::Trailer { empty: byte == b'\n' }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    /// Reads a whole body that arrives in pieces of `size` bytes.
    fn read(bytes: &str, framing: Framing, size: usize) -> io::Result<String> {
        let mut body = Body::new(BufReader::with_capacity(size, Cursor::new(bytes)), framing);
        let mut lines = LineBuffer::default();
        while body.read(&mut lines)? {}
        Ok(String::from_utf8(lines.rest().to_vec()).unwrap())
    }

    #[test]
    fn takes_chunks_however_they_arrive() {
        let bytes = "5\r\nhello\r\n00b;name=value\r\n, chunked\r\n\r\n0\r\nx-trailer: 1\r\n\r\nnext answer";
        for size in 1..bytes.len() {
            assert_eq!(
                read(bytes, Framing::chunked(), size).unwrap(),
                "hello, chunked\r\n",
                "{size}"
            );
        }
    }

    #[test]
    fn refuses_broken_chunks() {
        for bytes in [
            "\r\n",
            "x\r\n",
            "5 \r\nhelloo",
            "ffffffffffffffff\r\n",
            "-1\r\n",
            "5\r\nhello5\r\n",
        ] {
            assert_eq!(
                read(bytes, Framing::chunked(), 64).unwrap_err().kind(),
                ErrorKind::InvalidData,
                "{bytes:?}"
            );
        }
        for bytes in ["", "5", "5\r\nhel", "5\r\nhello\r\n", "0\r\n", "0\r\n\r"] {
            assert_eq!(
                read(bytes, Framing::chunked(), 64).unwrap_err().kind(),
                ErrorKind::UnexpectedEof,
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn keeps_to_a_length() {
        assert_eq!(read("helloNEXT", Framing::Length(5), 2).unwrap(), "hello");
        assert_eq!(
            read("hel", Framing::Length(5), 2).unwrap_err().kind(),
            ErrorKind::UnexpectedEof
        );
        assert_eq!(read("hello", Framing::UntilClose, 2).unwrap(), "hello");
    }
}
