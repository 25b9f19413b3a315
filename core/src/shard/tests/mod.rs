//! Clusters of shards, stepped in seeded order, with a toy protocol on top.

mod admission;
mod chaos;
mod cluster;
mod datagrams;
mod dialling;
mod fetching;
mod files;
mod limits;
mod pace;
mod publishers;
pub(crate) mod toy;
mod viewers;

use cluster::{Cluster, Link};
