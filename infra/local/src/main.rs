//! The `scrip` program. It only wires.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    scrip_local::commands::run().await
}
