//! What the template declares of a queue, within the limits of SQS.
//!
//! Source: Amazon SQS API Reference, `CreateQueue` and `SetQueueAttributes`.

use crate::error::Error;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The account that local queues belong to.
pub const ACCOUNT: &str = "000000000000";
/// The region that local queues are in.
pub const REGION: &str = "local";

pub(crate) const MAXIMUM_MESSAGE_SIZE_BYTES: u32 = 1_048_576;
pub(crate) const VISIBILITY_TIMEOUT_SECONDS: RangeInclusive<u32> = 0..=43_200;
pub(crate) const DELAY_SECONDS: RangeInclusive<u32> = 0..=900;
const RETENTION_SECONDS: RangeInclusive<u32> = 60..=1_209_600;
const MESSAGE_SIZE_BYTES: RangeInclusive<u32> = 1_024..=MAXIMUM_MESSAGE_SIZE_BYTES;
const RECEIVE_COUNTS: RangeInclusive<u32> = 1..=1_000;
const NAME_LENGTH_MAX: usize = 80;

pub(crate) type Specs = BTreeMap<String, QueueSpec>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// 1 to 80 letters, digits, hyphens and underscores.
    pub name: String,
    /// How long a received message stays hidden, 0 to 43,200 s.
    pub visibility_timeout_seconds: u32,
    /// How long a sent message stays hidden, 0 to 900 s.
    pub delay_seconds: u32,
    /// How long a message is kept from when it was sent, 60 to 1,209,600 s.
    pub message_retention_seconds: u32,
    /// The largest message, body and attributes together, 1,024 to 1,048,576 bytes.
    pub maximum_message_size: u32,
    /// Where messages go that can't be processed.
    pub redrive: Option<Redrive>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The name of another declared queue.
    pub dead_letter_queue: String,
    /// How often a message is received before it moves there, 1 to 1,000.
    pub max_receive_count: u32,
}

impl QueueSpec {
    /// A queue with the defaults of SQS: 30 s hidden, no delay, kept 4 days, 1 MiB, no dead-letter queue.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            visibility_timeout_seconds: 30,
            delay_seconds: 0,
            message_retention_seconds: 345_600,
            maximum_message_size: MAXIMUM_MESSAGE_SIZE_BYTES,
            redrive: None,
        }
    }

    pub fn arn(&self) -> String {
        arn(&self.name)
    }
}

pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

pub(crate) fn checked(declared: Vec<QueueSpec>) -> Result<Specs, Error> {
    let mut specs = Specs::new();
    for spec in declared {
        check(&spec)?;
        let name = spec.name.clone();
        if specs.insert(name.clone(), spec).is_some() {
            return Err(Error::refused(&name, "declared twice"));
        }
    }
    for spec in specs.values() {
        if let Some(redrive) = &spec.redrive {
            check_redrive(spec, redrive, &specs)?;
        }
    }
    Ok(specs)
}

fn check(spec: &QueueSpec) -> Result<(), Error> {
    if spec.name.to_ascii_lowercase().ends_with(".fifo") {
        return Err(Error::refused(
            &spec.name,
            "FIFO queues are not implemented; nothing here relies on their order",
        ));
    }
    let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if spec.name.is_empty() || spec.name.len() > NAME_LENGTH_MAX || !spec.name.chars().all(known) {
        return Err(Error::refused(
            &spec.name,
            "a name has 1 to 80 letters, digits, hyphens and underscores",
        ));
    }
    for (what, value, limits) in [
        ("visibility_timeout_seconds", spec.visibility_timeout_seconds, VISIBILITY_TIMEOUT_SECONDS),
        ("delay_seconds", spec.delay_seconds, DELAY_SECONDS),
        ("message_retention_seconds", spec.message_retention_seconds, RETENTION_SECONDS),
        ("maximum_message_size", spec.maximum_message_size, MESSAGE_SIZE_BYTES),
    ] {
        if !limits.contains(&value) {
            let reason = format!("{what} is {value}, not within {} to {}", limits.start(), limits.end());
            return Err(Error::refused(&spec.name, reason));
        }
    }
    Ok(())
}

fn check_redrive(spec: &QueueSpec, redrive: &Redrive, specs: &Specs) -> Result<(), Error> {
    if redrive.dead_letter_queue == spec.name {
        return Err(Error::refused(&spec.name, "it is its own dead-letter queue"));
    }
    if !specs.contains_key(&redrive.dead_letter_queue) {
        let reason = format!("its dead-letter queue {} is not declared", redrive.dead_letter_queue);
        return Err(Error::refused(&spec.name, reason));
    }
    if !RECEIVE_COUNTS.contains(&redrive.max_receive_count) {
        return Err(Error::refused(&spec.name, "max_receive_count is not within 1 to 1000"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(declared: Vec<QueueSpec>) -> String {
        checked(declared).unwrap_err().to_string()
    }

    #[test]
    fn what_sqs_does_not_allow_is_refused_with_the_reason() {
        let redrive =
            |to: &str, max_receive_count| Some(Redrive { dead_letter_queue: to.into(), max_receive_count });
        for (spec, expected) in [
            (QueueSpec::new("orders.fifo"), "orders.fifo: FIFO queues are not implemented"),
            (QueueSpec::new("or ders"), "or ders: a name has"),
            (
                QueueSpec { delay_seconds: 901, ..QueueSpec::new("q") },
                "q: delay_seconds is 901, not within 0 to 900",
            ),
            (
                QueueSpec { message_retention_seconds: 59, ..QueueSpec::new("q") },
                "q: message_retention_seconds",
            ),
            (
                QueueSpec { redrive: redrive("dead", 3), ..QueueSpec::new("q") },
                "q: its dead-letter queue dead is",
            ),
            (QueueSpec { redrive: redrive("q", 3), ..QueueSpec::new("q") }, "q: it is its own"),
        ] {
            let told = reason(vec![spec]);
            assert!(told.starts_with(expected), "{told}");
        }
        let poor = QueueSpec { redrive: redrive("dead", 0), ..QueueSpec::new("q") };
        assert!(reason(vec![poor, QueueSpec::new("dead")]).contains("max_receive_count"));
        assert_eq!(reason(vec![QueueSpec::new("q"), QueueSpec::new("q")]), "q: declared twice");
    }

    #[test]
    fn arns_name_the_local_account() {
        assert_eq!(QueueSpec::new("confirmations").arn(), "arn:aws:sqs:local:000000000000:confirmations");
    }
}
