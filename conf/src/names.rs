//! Names of elements and attributes: in which forms they are accepted, and which one was perhaps meant.

/// Longest name that is looked at, in characters; no known one is nearly as long.
const MAX_NAME: usize = 40;

/// The name, cut to a length that can be shown and kept many times.
pub(crate) fn cut(name: &str) -> &str {
    name.char_indices().nth(MAX_NAME).map_or(name, |(end, _)| name.get(..end).unwrap_or(name))
}

/// The name with `_` and `-` gone and in lower case: `gop_cache` and `gopCache` are `gopcache`.
pub(crate) fn squeeze(name: &str) -> String {
    cut(name).chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// The candidate that `name` is a likely misspelling of.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(far, _)| *far <= allowed)
        .min()
        .map(|(_, near)| near)
}

/// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let same = from[i - 1] == to[j - 1];
            let mut steps = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + usize::from(!same));
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                steps = steps.min(before[j - 2] + 1);
            }
            row.push(steps);
        }
        (before, last) = (last, row);
    }
    last[to.len()]
}
