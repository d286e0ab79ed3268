//! Lines out of pieces. They hold values: memory is wiped before it is given back.

use std::io;

use zeroize::{Zeroize, Zeroizing};

/// The longest line: a set of values with base64 and names, far above what a pod takes.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Room that is kept between lines.
const KEPT_BYTES: usize = 16 * 1024;

/// Bytes of which whole lines are taken.
#[derive(Default)]
pub struct LineBuffer {
    bytes: Zeroizing<Vec<u8>>,
    /// So many bytes are known to hold no line's end.
    searched: usize,
}

impl LineBuffer {
    /// Appends `piece`.
    pub fn push(&mut self, piece: &[u8]) -> io::Result<()> {
        let needed = self.bytes.len() + piece.len();
        if needed > MAX_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if needed > self.bytes.capacity() {
            self.resize(needed.max(2 * self.bytes.capacity()));
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    /// Takes the first whole line, without its end.
    pub fn line(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        let found = self.bytes[self.searched..].iter().position(|b| *b == b'\n');
        let Some(end) = found.map(|at| self.searched + at) else {
            self.searched = self.bytes.len();
            return None;
        };
        let line = Zeroizing::new(self.bytes[..end].to_vec());
        let left = self.bytes.len() - (end + 1);
        self.bytes.copy_within(end + 1.., 0);
        self.bytes[left..].zeroize();
        self.bytes.truncate(left);
        self.searched = 0;
        if self.bytes.capacity() > KEPT_BYTES.max(left) {
            self.resize(KEPT_BYTES.max(left));
        }
        Some(line)
    }

    /// What is there, whole line or not.
    pub fn rest(&self) -> &[u8] {
        &self.bytes
    }

    /// Moves to memory of `capacity` bytes and wipes the former: a vector that moves by itself does not.
    fn resize(&mut self, capacity: usize) {
        let mut moved = Zeroizing::new(Vec::with_capacity(capacity));
        moved.extend_from_slice(&self.bytes);
        self.bytes = moved;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_whole_lines_in_order() {
        let mut lines = LineBuffer::default();
        lines.push(b"one\ntw").unwrap();
        assert_eq!(lines.line().unwrap().as_slice(), b"one");
        assert!(lines.line().is_none());
        lines.push(b"o\n\nthree").unwrap();
        assert_eq!(lines.line().unwrap().as_slice(), b"two");
        assert_eq!(lines.line().unwrap().as_slice(), b"");
        assert!(lines.line().is_none());
        assert_eq!(lines.rest(), b"three");
    }

    #[test]
    fn gives_large_memory_back_and_refuses_a_line_without_end() {
        let mut lines = LineBuffer::default();
        let piece = vec![b'x'; 1024 * 1024];
        while lines.push(&piece).is_ok() {}
        assert_eq!(lines.rest().len(), MAX_BYTES);
        let mut lines = LineBuffer::default();
        lines.push(&piece).unwrap();
        lines.push(b"\n").unwrap();
        assert_eq!(lines.line().unwrap().len(), piece.len());
        assert!(lines.bytes.capacity() <= 2 * KEPT_BYTES);
    }
}
