//! Reading a stream line by line. A test that waits in vain fails after a minute; none passes by waiting.

use std::time::Duration;

use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_mins(1);

pub struct Lines {
    response: reqwest::Response,
    buffer: Vec<u8>,
}

impl Lines {
    pub fn of(response: reqwest::Response) -> Self {
        Self {
            response,
            buffer: Vec::new(),
        }
    }

    /// The next line without its end; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Some(String::from_utf8(line).unwrap().trim_end().to_owned());
            }
            let chunk = timeout(PATIENCE, self.response.chunk())
                .await
                .expect("no line came");
            self.buffer.extend_from_slice(&chunk.unwrap()?);
        }
    }
}
