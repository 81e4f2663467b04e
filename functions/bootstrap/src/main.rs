//! The one program of the deployment. Lambda's `_HANDLER` says which operation of the catalog it is.

mod aws;
mod fetch;
mod invocation;
mod keyring;
mod log;
mod route;
mod trust;

use log::StandardOutput;
use scrip_clock::Clock;
use scrip_function::{Environment, Trigger, World, trace};
use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let handler = env::var("_HANDLER").unwrap_or_default();
    match run(&handler).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            log::fault(&handler, &why);
            ExitCode::FAILURE
        }
    }
}

/// Serves until the process is ended. Only what prevents that is an error.
async fn run(handler: &str) -> Result<(), String> {
    let operation = scrip_catalog::operation(handler).ok_or("_HANDLER names no operation of the catalog")?;
    let variables: BTreeMap<String, String> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    // A filter that can't be read is told, and stops nothing.
    if let Some(why) = variables.get(trace::VARIABLE).and_then(|filter| trace::install(filter).err()) {
        log::fault(handler, &why);
    }
    let aws = aws::configuration(&variables)?;
    let clock = Clock::system();
    let keyrings = keyring::keyrings(&variables, &aws, &clock);
    let (keyrings, ()) = tokio::join!(keyrings, aws::connect(&variables, &aws));
    let environment = Environment::new(aws::without_credentials(variables));
    let log = Arc::new(StandardOutput);
    let world = Arc::new(World::new(environment, clock, keyrings?, aws, fetch::fetch(), log));

    let served = if operation.trigger == Trigger::Http {
        route::run(&operation, &world).await
    } else {
        invocation::run(&operation, &world).await
    };
    served.map_err(|error| log::innermost(error.as_ref()))
}
