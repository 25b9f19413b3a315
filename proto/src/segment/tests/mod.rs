mod cutter;
pub(crate) mod ledger;
mod pieces;
mod repaired;
pub(crate) mod stage;
mod streams;
