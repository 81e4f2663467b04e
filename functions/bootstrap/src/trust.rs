//! Whose certificates are believed. AWS's own endpoints answer with certificates of Amazon's roots, five of them;
//! reading all that the system trusts would be most of what init does.

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

/// Amazon Root CA 1 to 4 and Starfield Services Root CA G2, as <https://www.amazontrust.com/repository/> lists them.
const AMAZON_ROOTS: &str = include_str!("amazon-roots.pem");

/// TLS in Rust, over the smaller of its two cryptographic libraries.
pub(crate) fn provider() -> Provider {
    Provider::rustls(CryptoMode::Ring)
}

/// What the endpoints of a region answer with. China and the partitions for governments may use other authorities.
pub(crate) fn of_region(region: &str) -> Result<TlsContext, String> {
    let is_commercial = region.split('-').count() == 3 && !region.starts_with("cn-");
    if is_commercial { context(TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)) } else { system() }
}

/// What the system trusts.
pub(crate) fn system() -> Result<TlsContext, String> {
    context(TrustStore::default())
}

fn context(roots: TrustStore) -> Result<TlsContext, String> {
    TlsContext::builder().with_trust_store(roots).build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_http_client::Connector;
    use data_encoding::BASE64;
    use sha2::{Digest, Sha256};

    /// The fingerprints stand in <https://www.amazontrust.com/repository/>.
    #[test]
    fn the_roots_are_those_that_amazon_publishes() {
        let certificates =
            AMAZON_ROOTS.split("-----END CERTIFICATE-----").filter(|pem| !pem.trim().is_empty());
        let fingerprints: Vec<String> = certificates
            .map(|pem| {
                let base64: String =
                    pem.replace("-----BEGIN CERTIFICATE-----", "").split_ascii_whitespace().collect();
                format!("{:x}", Sha256::digest(BASE64.decode(base64.as_bytes()).unwrap()))
            })
            .collect();
        assert_eq!(
            fingerprints,
            [
                "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
                "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
                "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
                "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
                "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
            ]
        );
    }

    /// The client panics over a certificate that it can't read.
    #[test]
    fn a_client_is_made_of_the_roots() {
        let context = of_region("eu-central-1").unwrap();
        let _ = Connector::builder().tls_provider(provider()).tls_context(context).build();
    }

    #[test]
    fn other_partitions_have_the_systems_roots() {
        let has_system_roots =
            |region: &str| format!("{:?}", of_region(region)).contains("enable_native_roots: true");
        for region in ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "eusc-de-east-1"] {
            assert!(has_system_roots(region), "{region}");
        }
        for region in ["eu-central-1", "ap-southeast-7", "us-east-1"] {
            assert!(!has_system_roots(region), "{region}");
        }
    }
}
