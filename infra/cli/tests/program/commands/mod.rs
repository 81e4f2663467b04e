//! The commands of simulated phones, points of sale and terminals, as processes of their own against the program.

mod deductions;
mod hashing;
mod machine;
mod offline;
mod uploads;
