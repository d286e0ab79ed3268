//! Counts that are kept elsewhere, such as the store's, read when the metrics are.

use prometheus::{
    Error, IntCounter, Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};

/// Counters beside where their numbers come from.
struct Sampled<F> {
    counters: Vec<IntCounter>,
    read: F,
}

/// Shows counts in `registry`: a name and a help text for each number that `read` returns, in its order.
pub fn sample<F>(registry: &Registry, names: &[(&str, &str)], read: F) -> Result<(), Error>
where
    F: Fn() -> Vec<u64> + Send + Sync + 'static,
{
    let counters = names
        .iter()
        .map(|(name, help)| IntCounter::new(*name, *help))
        .collect::<Result<_, _>>()?;
    registry.register(Box::new(Sampled { counters, read }))
}

impl<F: Fn() -> Vec<u64> + Send + Sync> Collector for Sampled<F> {
    fn desc(&self) -> Vec<&Desc> {
        self.counters.iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        for (counter, now) in self.counters.iter().zip((self.read)()) {
            counter.inc_by(now.saturating_sub(counter.get()));
        }
        self.counters.iter().flat_map(Collector::collect).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;

    #[test]
    fn numbers_are_read_when_asked_for() {
        let (registry, commits) = (Registry::new(), Arc::new(AtomicU64::new(3)));
        let read = Arc::clone(&commits);
        sample(&registry, &[("commits_total", "Commits")], move || {
            vec![read.load(Ordering::Relaxed)]
        })
        .unwrap();
        let value = || registry.gather()[0].get_metric()[0].get_counter().get_value();
        assert!((value() - 3.0).abs() < f64::EPSILON);
        commits.store(8, Ordering::Relaxed);
        assert!((value() - 8.0).abs() < f64::EPSILON);
    }
}
