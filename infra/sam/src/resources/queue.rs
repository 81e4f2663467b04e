//! `AWS::SQS::Queue`: a standard queue.

use super::Reader;
use crate::TemplateError;
use crate::error::Place;
use crate::identity::{Identity, Kind};
use crate::model::{QueueSpec, Redrive};
use crate::sections::number;
use serde::Deserialize;

const IRRELEVANT: &[&str] = &["KmsMasterKeyId", "SqsManagedSseEnabled", "Tags"];

/// SQS's defaults.
const VISIBILITY_TIMEOUT_DEFAULT_SECONDS: u32 = 30;
const RETENTION_DEFAULT_SECONDS: u32 = 345_600;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Queue {
    #[serde(rename = "QueueName")]
    _queue_name: Option<String>,
    #[serde(default, deserialize_with = "number")]
    visibility_timeout: Option<u32>,
    #[serde(default, deserialize_with = "number")]
    delay_seconds: Option<u32>,
    #[serde(default, deserialize_with = "number")]
    message_retention_period: Option<u32>,
    redrive_policy: Option<RedrivePolicy>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
    #[serde(deserialize_with = "number")]
    max_receive_count: Option<u32>,
}

impl Reader {
    pub(super) fn read_queue(&mut self, identity: &Identity) -> Result<(), TemplateError> {
        let queue: Queue = self.properties(identity, IRRELEVANT)?;
        let place = Place::new(&identity.logical_id).at("Properties.RedrivePolicy");
        let redrive = match queue.redrive_policy {
            None => None,
            Some(policy) => Some(Redrive {
                queue: self.queue_of_arn(&policy.dead_letter_target_arn, &place.at("deadLetterTargetArn"))?,
                maximum_receives: policy
                    .max_receive_count
                    .filter(|count| *count > 0)
                    .ok_or_else(|| place.at("maxReceiveCount").refuse("it is at least 1"))?,
            }),
        };
        self.application.queues.push(QueueSpec {
            logical_id: identity.logical_id.clone(),
            name: identity.name.clone(),
            arn: identity.arn.clone(),
            url: identity.reference.clone(),
            visibility_timeout_seconds: queue
                .visibility_timeout
                .unwrap_or(VISIBILITY_TIMEOUT_DEFAULT_SECONDS),
            delay_seconds: queue.delay_seconds.unwrap_or(0),
            retention_seconds: queue.message_retention_period.unwrap_or(RETENTION_DEFAULT_SECONDS),
            redrive,
        });
        Ok(())
    }

    pub(super) fn queue_of_arn(&self, arn: &str, place: &Place) -> Result<String, TemplateError> {
        self.scope.name_of(Kind::Queue, arn, |queue| Some(queue.arn.clone()), place)
    }
}
