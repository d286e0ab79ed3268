//! Pages by number and by offset, as dialects count them, over lists that are read whole.

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many items come before it.
    pub skip: u64,
    /// How many it holds at most.
    pub limit: u64,
}

impl Window {
    /// Page `page`, counted from 1, of pages of `limit`.
    pub fn of_page(page: u64, limit: u64) -> Self {
        Self {
            skip: page.saturating_sub(1).saturating_mul(limit),
            limit,
        }
    }

    /// That part of `items`, and how many there are in all.
    pub fn of<T>(self, items: impl IntoIterator<Item = T>) -> (Vec<T>, u64) {
        let (mut total, mut part) = (0_u64, Vec::new());
        for item in items {
            if total >= self.skip && total - self.skip < self.limit {
                part.push(item);
            }
            total += 1;
        }
        (part, total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_part_and_the_whole_is_counted() {
        for (page, limit, expected) in [
            (1, 2, vec![1, 2]),
            (2, 2, vec![3, 4]),
            (3, 2, vec![5]),
            (4, 2, vec![]),
            (u64::MAX, u64::MAX, vec![]),
        ] {
            assert_eq!(
                Window::of_page(page, limit).of(1..=5),
                (expected, 5),
                "{page} {limit}"
            );
        }
    }
}
