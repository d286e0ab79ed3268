//! Whose record a byte of etcd's write-ahead log belongs to. All that is written to etcd goes through that log, one
//! record after the other, each with its key in front of its value.

/// How every key of Kubernetes begins.
const BEGINS: &[u8] = b"/registry/";

/// The key of the record that the byte after `before` is in.
pub fn last_key(before: &[u8]) -> Option<String> {
    let start = before
        .windows(BEGINS.len())
        .rposition(|window| window == BEGINS)?;
    let key: Vec<u8> = before[start..]
        .iter()
        .copied()
        .take_while(u8::is_ascii_graphic)
        .collect();
    String::from_utf8(key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_belongs_to_the_key_before_it() {
        let log = b"\x0a\x12/registry/pods/a/b\x12\x05value\x0a\x15/registry/secrets/a/c\x12\x06secret";
        let at = |word: &[u8]| log.windows(word.len()).position(|window| window == word).unwrap();
        assert_eq!(last_key(&log[..at(b"value")]).unwrap(), "/registry/pods/a/b");
        assert_eq!(
            last_key(&log[..at(b"\x06secret")]).unwrap(),
            "/registry/secrets/a/c"
        );
        assert_eq!(last_key(&log[..1]), None);
    }
}
