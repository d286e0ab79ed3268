//! Percentiles and medians of what was measured.

/// The value that `percent` of the samples do not exceed; 0 without samples.
pub fn percentile(samples: &[f64], percent: usize) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len().saturating_sub(1) * percent).div_ceil(100);
    sorted.get(at).copied().unwrap_or_default()
}

/// The middle of the samples.
pub fn median(samples: &[f64]) -> f64 {
    percentile(samples, 50)
}

/// A count as a number to calculate with; the counts here are far below where that would round.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let samples: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert!((percentile(&samples, 99) - 100.0).abs() < 1e-9);
        assert!((percentile(&samples, 0) - 1.0).abs() < 1e-9);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!(percentile(&[], 50).abs() < 1e-9);
    }
}
