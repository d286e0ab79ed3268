//! Just enough of DER (X.690) to tell what a key is.

/// A value's contents, with its tag before it.
pub type Value<'a> = (u8, &'a [u8]);

/// The tags that keys are made of.
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OID: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;

/// Takes the next value off `input`.
pub fn next<'a>(input: &mut &'a [u8]) -> Option<Value<'a>> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        // Four bytes of length are far beyond what a body can hold.
        if count == 0 || count > 4 || rest.len() < count {
            return None;
        }
        let (digits, rest) = rest.split_at(count);
        let length = digits
            .iter()
            .fold(0_usize, |sum, &digit| sum << 8 | usize::from(digit));
        (length, rest)
    };
    if rest.len() < length {
        return None;
    }
    let (contents, rest) = rest.split_at(length);
    *input = rest;
    Some((tag, contents))
}

/// Takes the next value, if it is of this tag.
pub fn take<'a>(input: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    next(input)
        .filter(|(found, _)| *found == tag)
        .map(|(_, contents)| contents)
}

/// The bytes of a positive integer, without a leading zero.
pub fn unsigned(contents: &[u8]) -> &[u8] {
    let zeros = contents.iter().take_while(|byte| **byte == 0).count();
    &contents[zeros..]
}

/// How many bits an integer has.
pub fn bits(contents: &[u8]) -> Option<u32> {
    let digits = unsigned(contents);
    let first = digits.first()?;
    u32::try_from(digits.len())
        .ok()?
        .checked_mul(8)?
        .checked_sub(first.leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_one_after_the_other() {
        let mut input: &[u8] = &[SEQUENCE, 5, INTEGER, 1, 7, OID, 0, INTEGER];
        let mut inside = take(&mut input, SEQUENCE).unwrap();
        assert_eq!(take(&mut inside, INTEGER), Some(&[7][..]));
        assert_eq!(next(&mut inside), Some((OID, &[][..])));
        assert_eq!(next(&mut inside), None);
        assert_eq!(next(&mut input), None, "cut off");
    }

    #[test]
    fn lengths_that_lie_are_nothing() {
        for bytes in [
            &[4, 0x80][..],
            &[4, 0x85, 1, 1, 1, 1, 1],
            &[4, 0x82, 1],
            &[4, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[4, 9, 1],
        ] {
            assert_eq!(next(&mut &*bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn bits_are_counted_without_leading_zeros() {
        for (bytes, expected) in [
            (&[0, 0x80, 0][..], Some(16)),
            (&[1, 0], Some(9)),
            (&[0], None),
            (&[], None),
        ] {
            assert_eq!(bits(bytes), expected);
        }
    }
}
