//! The master secret: read at the start of each process, and again while it lives.

use crate::log::innermost;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_types::SdkConfig;
use scrip_clock::Clock;
use scrip_function::sdk;
use scrip_identity::{KeyringSource, MasterSecret};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Lambda gives init 10 s (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>).
const READ_SECONDS: u64 = 7;

/// Keyrings for a function whose variables name the master secret.
///
/// # Errors
/// The secret can't be had. What it holds is never told.
pub(crate) async fn keyrings(
    variables: &BTreeMap<String, String>,
    aws: &SdkConfig,
    clock: &Clock,
) -> Result<Option<Arc<KeyringSource>>, String> {
    let Some(arn) = variables.get("MASTER_SECRET_ARN") else { return Ok(None) };
    let timeouts = sdk::timeouts().to_builder().operation_timeout(Duration::from_secs(READ_SECONDS)).build();
    let mut config = Builder::from(aws).timeout_config(timeouts);
    if let Some(trace) = sdk::trace() {
        config.push_interceptor(trace);
    }
    let client = Client::from_conf(config.build());

    let secret = read(&client, arn).await?;
    let master = MasterSecret::parse(&secret).map_err(|error| error.to_string())?;
    let arn = arn.clone();
    let again = move || {
        let (client, arn) = (client.clone(), arn.clone());
        async move { read(&client, &arn).await }
    };
    Ok(Some(Arc::new(KeyringSource::new(clock.clone(), master, again))))
}

async fn read(client: &Client, arn: &str) -> Result<String, String> {
    let answer = client.get_secret_value().secret_id(arn).send().await;
    let answer = answer.map_err(|error| format!("the master secret can't be read: {}", reason(&error)))?;
    answer.secret_string().map(str::to_owned).ok_or_else(|| "the master secret is not text".to_owned())
}

/// The error in words that were written before there was an answer, or by the service about an answer it didn't give.
fn reason<R>(error: &SdkError<GetSecretValueError, R>) -> String {
    match error {
        SdkError::ServiceError(service) => {
            let error = service.err();
            format!("{}: {}", error.code().unwrap_or("unknown"), error.message().unwrap_or_default())
        }
        SdkError::DispatchFailure(failure) => failure
            .as_connector_error()
            .map_or_else(|| "it was not sent".to_owned(), |error| innermost(error)),
        SdkError::TimeoutError(_) => "Secrets Manager did not answer in time".to_owned(),
        _ => "Secrets Manager's answer is not readable".to_owned(),
    }
}
