//! What headers say, as clients, servers and cameras write them.

mod auth;
