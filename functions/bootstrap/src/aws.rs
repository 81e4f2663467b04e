//! The SDK's configuration, from the variables that Lambda sets. There are no profiles and no other sources here, so
//! none is looked for.

use crate::trust;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use scrip_function::sdk;
use scrip_store::{Deadline, Store};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::time::timeout;

const ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
/// How long init waits for the store. A slow one is met again by the first request, which has its own deadline.
const CONNECT_MILLISECONDS: u64 = 1_500;

type Variables = BTreeMap<String, String>;

/// What every client of an AWS service is made of.
pub(crate) fn configuration(variables: &Variables) -> Result<SdkConfig, String> {
    let required =
        |name: &str| variables.get(name).ok_or_else(|| format!("{name} is not in the environment"));
    let region = required("AWS_REGION")?;
    let session_token = variables.get(SESSION_TOKEN).cloned();
    // What Lambda gives holds for as long as the process may run.
    let credentials = Credentials::new(
        required(ACCESS_KEY_ID)?,
        required(SECRET_ACCESS_KEY)?,
        session_token,
        None,
        "Lambda",
    );
    let roots = if meets_other_certificates(variables) { trust::system() } else { trust::of_region(region) };
    let client = Builder::new().tls_provider(trust::provider()).tls_context(roots?).build_https();

    let mut configuration = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(OnDemand(client))
        .service_config(Endpoints(variables.clone()));
    configuration.set_endpoint_url(variables.get(ENDPOINT_URL).cloned());
    Ok(configuration.build())
}

/// Whether an endpoint that is not the region's own shows a certificate; one over plain HTTP has none.
fn meets_other_certificates(variables: &Variables) -> bool {
    variables.iter().any(|(name, value)| name.starts_with(ENDPOINT_URL) && !value.starts_with("http://"))
}

/// What functions may see of the variables.
pub(crate) fn without_credentials(mut variables: Variables) -> Variables {
    variables.retain(|name, _| ![ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN].contains(&name.as_str()));
    variables
}

/// Connects to the store while Lambda still gives the process its whole processor: the first TLS handshake is the slow
/// part of a cold start. Which table is asked does not matter, nor whether this function may.
pub(crate) async fn connect(variables: &Variables, aws: &SdkConfig) {
    let Some((_, table)) = variables.iter().find(|(name, _)| name.ends_with("_TABLE")) else { return };
    let limit = Duration::from_millis(CONNECT_MILLISECONDS);
    let store = Store::new(sdk::dynamodb(aws), Deadline::new(Instant::now() + limit, limit));
    let _ = timeout(limit, store.warm(table)).await;
}

/// Makes connectors when they are asked for. By itself the SDK's client makes one more for each service's client, to throw
/// it away, and reads the roots for it.
#[derive(Debug)]
struct OnDemand(SharedHttpClient);

impl HttpClient for OnDemand {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

/// Endpoints of single services, in variables such as `AWS_ENDPOINT_URL_DYNAMODB`
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
#[derive(Debug)]
struct Endpoints(Variables);

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_ascii_uppercase().replace(' ', "_");
        self.0.get(&format!("{}_{service}", key.env())).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(more: &[(&str, &str)]) -> Variables {
        let lambda = [("AWS_REGION", "eu-central-1"), (ACCESS_KEY_ID, "id"), (SECRET_ACCESS_KEY, "key")];
        lambda.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_service_may_have_its_own_endpoint() {
        let given = variables(&[
            (ENDPOINT_URL, "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:2"),
        ]);
        let configuration = configuration(&given).unwrap();
        assert_eq!(configuration.endpoint_url(), Some("http://127.0.0.1:1"));
        let load = |service| {
            let key =
                ServiceConfigKey::builder().service_id(service).env(ENDPOINT_URL).profile("endpoint_url");
            configuration.service_config().unwrap().load_config(key.build().unwrap())
        };
        assert_eq!(load("Secrets Manager").as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!(load("DynamoDB"), None);
    }

    #[test]
    fn only_endpoints_over_tls_show_certificates() {
        for (endpoints, expected) in [
            (vec![], false),
            (vec![(ENDPOINT_URL, "http://127.0.0.1:1")], false),
            (vec![(ENDPOINT_URL, "https://127.0.0.1:1")], true),
            (vec![(ENDPOINT_URL, "http://127.0.0.1:1"), ("AWS_ENDPOINT_URL_DYNAMODB", "https://x")], true),
        ] {
            assert_eq!(meets_other_certificates(&variables(&endpoints)), expected, "{endpoints:?}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut given = variables(&[]);
        given.remove(ACCESS_KEY_ID);
        assert_eq!(configuration(&given).unwrap_err(), "AWS_ACCESS_KEY_ID is not in the environment");
    }

    #[test]
    fn functions_see_no_credentials() {
        let seen = without_credentials(variables(&[(SESSION_TOKEN, "token"), ("LEDGER_TABLE", "ledger")]));
        assert_eq!(seen.keys().collect::<Vec<_>>(), ["AWS_REGION", "LEDGER_TABLE"]);
    }
}
