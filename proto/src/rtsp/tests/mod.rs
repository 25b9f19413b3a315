//! What headers say, as clients, servers and cameras write them.

mod auth;
mod range;
mod transport;
mod url;
