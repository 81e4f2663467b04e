//! Errors as SQS tells them.

use serde_json::{Value, json};

/// An error of the service model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InternalFailure,
    InvalidAttributeName,
    InvalidBatchEntryId,
    InvalidMessageContents,
    InvalidParameterValue,
    MessageNotInflight,
    MissingParameter,
    QueueDoesNotExist,
    ReceiptHandleIsInvalid,
    ResourceNotFoundException,
    Serialization,
    TooManyEntriesInBatchRequest,
    UnknownOperation,
    UnsupportedOperation,
}

impl Shape {
    /// The shape with its namespace, as `__type` carries it.
    const fn type_name(self) -> &'static str {
        match self {
            Self::BatchEntryIdsNotDistinct => "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
            Self::BatchRequestTooLong => "com.amazonaws.sqs#BatchRequestTooLong",
            Self::EmptyBatchRequest => "com.amazonaws.sqs#EmptyBatchRequest",
            Self::InternalFailure => "com.amazonaws.sqs#InternalFailure",
            Self::InvalidAttributeName => "com.amazonaws.sqs#InvalidAttributeName",
            Self::InvalidBatchEntryId => "com.amazonaws.sqs#InvalidBatchEntryId",
            Self::InvalidMessageContents => "com.amazonaws.sqs#InvalidMessageContents",
            Self::InvalidParameterValue => "com.amazonaws.sqs#InvalidParameterValue",
            Self::MessageNotInflight => "com.amazonaws.sqs#MessageNotInflight",
            Self::MissingParameter => "com.amazonaws.sqs#MissingParameter",
            Self::QueueDoesNotExist => "com.amazonaws.sqs#QueueDoesNotExist",
            Self::ReceiptHandleIsInvalid => "com.amazonaws.sqs#ReceiptHandleIsInvalid",
            Self::ResourceNotFoundException => "com.amazonaws.sqs#ResourceNotFoundException",
            Self::Serialization => "com.amazon.coral.service#SerializationException",
            Self::TooManyEntriesInBatchRequest => "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
            Self::UnknownOperation => "com.amazon.coral.service#UnknownOperationException",
            Self::UnsupportedOperation => "com.amazonaws.sqs#UnsupportedOperation",
        }
    }

    const fn status(self) -> u16 {
        match self {
            Self::InternalFailure => 500,
            Self::ResourceNotFoundException => 404,
            _ => 400,
        }
    }
}

/// The value of the header `x-amzn-query-error` that belongs to an error's body, without which the SDKs don't know
/// the error's kind: SQS spoke the query protocol first, and its SDKs still match that protocol's codes.
pub fn query_error(body: &Value) -> Option<String> {
    let (_, shape) = body.get("__type")?.as_str()?.split_once('#')?;
    let side = if shape == "InternalFailure" { "Receiver" } else { "Sender" };
    Some(format!("{};{side}", query_code(shape)))
}

fn query_code(shape: &str) -> String {
    match shape {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
        "BatchEntryIdsNotDistinct"
        | "BatchRequestTooLong"
        | "EmptyBatchRequest"
        | "InvalidBatchEntryId"
        | "MessageNotInflight"
        | "TooManyEntriesInBatchRequest"
        | "UnsupportedOperation" => {
            format!("AWS.SimpleQueueService.{shape}")
        }
        _ => shape.to_owned(),
    }
}

/// Why a request, or an entry of a batch, is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    shape: Shape,
    message: String,
}

impl Fault {
    pub(super) fn new(shape: Shape, message: impl Into<String>) -> Self {
        Self { shape, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Shape::InvalidParameterValue, message)
    }

    pub(super) fn no_such_queue() -> Self {
        Self::new(Shape::QueueDoesNotExist, "The specified queue does not exist.")
    }

    pub(super) fn answer(&self) -> (u16, Value) {
        (self.shape.status(), json!({ "__type": self.shape.type_name(), "message": self.message }))
    }

    pub(super) fn entry(&self, id: &str) -> Value {
        let shape = self.shape.type_name().split('#').next_back().unwrap_or_default();
        json!({
            "Id": id,
            "SenderFault": self.shape != Shape::InternalFailure,
            "Code": query_code(shape),
            "Message": self.message,
        })
    }
}
