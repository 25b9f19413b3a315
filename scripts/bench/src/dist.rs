//! A distribution of whole numbers: minimum, median, 99th percentile, maximum.

/// Collected samples, in whatever unit the caller counts.
#[derive(Debug, Default, Clone)]
pub struct Dist {
    samples: Vec<u64>,
}

impl Dist {
    /// Adds one sample.
    pub fn add(&mut self, sample: u64) {
        self.samples.push(sample);
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// True when nothing was collected.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The smallest sample that is not below `per_mille` thousandths of all samples (nearest rank); 0 when empty.
    pub fn at(&self, per_mille: usize) -> u64 {
        let mut sorted = self.samples.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * per_mille).div_ceil(1000).max(1);
        sorted.get(rank - 1).copied().unwrap_or(0)
    }

    /// The smallest sample; 0 when empty.
    pub fn min(&self) -> u64 {
        self.samples.iter().copied().min().unwrap_or(0)
    }

    /// The largest sample; 0 when empty.
    pub fn max(&self) -> u64 {
        self.samples.iter().copied().max().unwrap_or(0)
    }

    /// One `key=value` line: `prefix_n`, `_median`, `_p99`, `_max` with `unit` at the end of each key.
    pub fn line(&self, prefix: &str, unit: &str) -> String {
        let (n, median, p99, max) = (self.len(), self.at(500), self.at(990), self.max());
        format!(
            "{prefix}_n={n} {prefix}_median_{unit}={median} {prefix}_p99_{unit}={p99} {prefix}_max_{unit}={max}"
        )
    }
}

impl FromIterator<u64> for Dist {
    fn from_iter<I: IntoIterator<Item = u64>>(samples: I) -> Self {
        Self { samples: samples.into_iter().collect() }
    }
}
