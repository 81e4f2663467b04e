//! What happens inside an invocation, for whoever looks for a fault: each request to AWS, each repetition. Off unless a
//! variable asks for it.

use std::io;
use tracing::Subscriber;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, fmt};

/// The variable that asks for a level (`debug`), or for one in some of Scrip's modules (`scrip_store=debug`).
pub const VARIABLE: &str = "SCRIP_TRACE";
/// What the names of Scrip's crates begin with.
const OWN: &str = "scrip";

/// Has this process trace what `filter` asks for, as JSON lines on the standard error output.
///
/// # Errors
/// The filter can't be read, or something is traced already.
pub fn install(filter: &str) -> Result<(), String> {
    let subscriber = subscriber(filter, io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|error| error.to_string())
}

/// Writes a JSON line for each event that `filter` asks for.
///
/// # Errors
/// The filter can't be read.
pub fn subscriber<W>(filter: &str, writer: W) -> Result<impl Subscriber + Send + Sync + 'static, String>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let asked: Targets = filter.parse().map_err(|error| format!("{VARIABLE}: {error}"))?;
    let lines = fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(writer);
    Ok(tracing_subscriber::registry().with(lines.with_filter(own(&asked))))
}

/// The runtime and the SDK trace whole events and requests, secrets included, so only Scrip's own events are let through.
fn own(asked: &Targets) -> Targets {
    let named = asked.iter().filter(|(target, _)| target.starts_with(OWN));
    let named = named.map(|(target, level)| (target.to_owned(), level));
    Targets::new()
        .with_targets(asked.default_level().map(|level| (OWN.to_owned(), level)))
        .with_targets(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    fn lets(filter: &str, target: &str, level: Level) -> bool {
        own(&filter.parse().unwrap()).would_enable(target, &level)
    }

    #[test]
    fn a_level_is_for_all_that_is_scrips_own() {
        assert!(lets("debug", "scrip_store::retry", Level::DEBUG));
        assert!(!lets("info", "scrip_store::retry", Level::DEBUG));
        assert!(lets("info,scrip_store=debug", "scrip_store::retry", Level::DEBUG));
        assert!(!lets("scrip_store=debug", "scrip_function::sdk", Level::DEBUG));
    }

    #[test]
    fn nothing_of_others_is_let_through() {
        for filter in ["trace", "lambda_runtime=trace", "aws=trace,trace", "aws_smithy_runtime=trace"] {
            for target in ["lambda_runtime::layers", "aws_smithy_runtime::client", "hyper", "aws_sigv4"] {
                assert!(!lets(filter, target, Level::ERROR), "{filter}: {target}");
            }
        }
    }

    #[test]
    fn a_filter_that_can_not_be_read_is_an_error() {
        let error = subscriber("scrip_store=loud", io::sink).err().unwrap();
        assert!(error.starts_with("SCRIP_TRACE: "), "{error}");
    }
}
