//! The program itself, killed, starved and misled: what it acknowledged is kept, and what it can't do it says.

mod client;
mod coupons;
mod disk;
mod due;
mod kills;
mod link;
mod record;
mod refused;
mod server;
mod verdict;
