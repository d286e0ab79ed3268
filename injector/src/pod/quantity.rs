//! Kubernetes' quantities, exactly: enough to tell whether a request equals its limit.

/// An amount in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Quantity(i128);

const UNIT: i128 = 1_000_000_000;

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads `1`, `0.5`, `500m`, `32Mi`, `1e3`; `None` for anything else, and for what is finer than a
    /// billionth or too large to hold.
    pub fn parse(text: &str) -> Option<Self> {
        let split = text
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-')))
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at(split);
        scale(decimal(number)?, suffix).map(Self)
    }

    /// In whole units, rounded up; `None` below zero.
    pub fn whole(self) -> Option<u64> {
        u64::try_from(self.0.checked_add(UNIT - 1)? / UNIT)
            .ok()
            .filter(|_| self.0 >= 0)
    }

    /// The sum, unless it is too large to hold.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

/// A decimal number in billionths.
fn decimal(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    if (whole.is_empty() && fraction.is_empty() && !digits.contains('0'))
        || !plain(whole)
        || !plain(fraction)
        || fraction.len() > 9
    {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let padded: i128 = format!("{fraction:0<9}").parse().ok()?;
    whole.checked_mul(UNIT)?.checked_add(padded)?.checked_mul(sign)
}

fn scale(value: i128, suffix: &str) -> Option<i128> {
    let exact = |divisor: i128| (value % divisor == 0).then_some(value / divisor);
    let power = |base: i128, exponent: u32| value.checked_mul(base.checked_pow(exponent)?);
    match suffix {
        "" => Some(value),
        "n" => exact(1_000_000_000),
        "u" => exact(1_000_000),
        "m" => exact(1_000),
        "k" => power(1_000, 1),
        "M" => power(1_000, 2),
        "G" => power(1_000, 3),
        "T" => power(1_000, 4),
        "P" => power(1_000, 5),
        "E" => power(1_000, 6),
        "Ki" => power(1_024, 1),
        "Mi" => power(1_024, 2),
        "Gi" => power(1_024, 3),
        "Ti" => power(1_024, 4),
        "Pi" => power(1_024, 5),
        "Ei" => power(1_024, 6),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            let size = 10_i128.checked_pow(exponent.unsigned_abs())?;
            if exponent < 0 {
                exact(size)
            } else {
                value.checked_mul(size)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_amount_has_many_spellings() {
        for (a, b) in [
            ("500m", "0.5"),
            ("1", "1000m"),
            ("1Ki", "1024"),
            ("32Mi", "33554432"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("1.5Gi", "1536Mi"),
            ("100n", "0.0000001"),
            ("0.10", ".1"),
            ("5e-1", "500m"),
            ("1.", "1"),
            ("1E", "1000P"),
        ] {
            assert!(Quantity::parse(a).is_some(), "{a}");
            assert_eq!(Quantity::parse(a), Quantity::parse(b), "{a} {b}");
        }
    }

    #[test]
    fn nonsense_is_none() {
        for text in [
            "",
            "m",
            ".",
            "1.2.3",
            "1X",
            "1mm",
            "--1",
            "1e",
            "1e99",
            "9".repeat(60).as_str(),
            "1 ",
            "0x10",
            "1.0000000001",
        ] {
            assert_eq!(Quantity::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn amounts_compare_and_add() {
        let of = |text| Quantity::parse(text).unwrap();
        assert!(of("0") == Quantity::ZERO && of("1m") > Quantity::ZERO && of("-1") < Quantity::ZERO);
        assert_eq!(of("300m").plus(of("0.2")), Some(of("500m")));
    }
}
