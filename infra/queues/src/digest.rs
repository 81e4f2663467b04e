//! The MD5 digests (RFC 1321) with which SQS clients check what was stored.
//!
//! Source: Amazon SQS Developer Guide, "Calculating the MD5 message digest for message attributes".

use crate::attributes::Attributes;
use md5::{Digest, Md5};
use std::fmt::Write;

const STRING_TRANSPORT: u8 = 1;
const BINARY_TRANSPORT: u8 = 2;

pub(crate) fn of_body(body: &str) -> String {
    hex(&Md5::digest(body))
}

/// `None` for no attributes, of which SQS tells no digest.
pub(crate) fn of_attributes(attributes: &Attributes) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        update(&mut digest, name.as_bytes());
        update(&mut digest, attribute.data_type.as_bytes());
        digest.update([if attribute.is_binary() { BINARY_TRANSPORT } else { STRING_TRANSPORT }]);
        update(&mut digest, attribute.value());
    }
    Some(hex(&digest.finalize()))
}

fn update(digest: &mut Md5, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    digest.update(length.to_be_bytes());
    digest.update(bytes);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn digest(attributes: serde_json::Value) -> Option<String> {
        of_attributes(&serde_json::from_value(attributes).unwrap())
    }

    /// RFC 1321, A.5, and the body that moto's tests send to SQS.
    #[test]
    fn bodies_have_the_published_digests() {
        assert_eq!(of_body(""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(of_body("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
        assert_eq!(of_body("derp"), "58fd9edd83341c29f1aebba81c31e257");
    }

    /// The vectors of `getmoto/moto` `tests/test_sqs/test_sqs.py` and of `ydb-platform/ydb`
    /// `ydb/core/ymq/actor/ut/attributes_md5_ut.cpp`, which calls them Amazon's samples.
    #[test]
    fn attributes_have_the_published_digests() {
        for (attributes, expected) in [
            (
                json!({"SOME_Valid.attribute-Name": {"DataType": "Number", "StringValue": "1493147359900"}}),
                "36655e7e9d7c0e8479fa3f3f42247ae7",
            ),
            (
                json!({"timestamp": {"DataType": "Number.java.lang.Long", "StringValue": "1493147359900"}}),
                "2e2e4876d8e0bd6b8c2c8f556831c349",
            ),
            (
                json!({
                    "test_attribute_name_2": {"DataType": "String", "StringValue": "test_attribute_value_2"},
                    "test_attribute_name_1": {"DataType": "String", "StringValue": "test_attribute_value_1"},
                }),
                "d53f3b558fe951154770f25cb63dbba9",
            ),
            (
                json!({"test_attribute_name": {"DataType": "Binary", "BinaryValue": "dGVzdF9hdHRyaWJ1dGVfdmFsdWU="}}),
                "23f6bd27ea87aab7dfeadcc9aebee495",
            ),
        ] {
            assert_eq!(digest(attributes.clone()).as_deref(), Some(expected), "{attributes}");
        }
        assert_eq!(digest(json!({})), None);
    }
}
