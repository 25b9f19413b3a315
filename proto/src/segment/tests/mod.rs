mod cutter;
pub(crate) mod ledger;
mod pieces;
pub(crate) mod stage;
mod streams;
