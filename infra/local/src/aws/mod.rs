//! What stands in for AWS: one dispatcher by `X-Amz-Target`, reached by the functions' SDK in memory and by anybody
//! else over HTTP.

mod connector;
mod contention;

pub(crate) use connector::configuration;
pub use contention::WrittenKey;

use crate::store::TableStore;
use contention::{Contention, Images};
use rand::Rng;
use scrip_queues::Queues;
use scrip_sam::TableSpec;
use scrip_states_language::Engine;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

const DYNAMODB: &str = "DynamoDB_20120810.";
const DYNAMODB_STREAMS: &str = "DynamoDBStreams_20120810.";
const SQS: &str = "AmazonSQS.";
const STEP_FUNCTIONS: &str = "AWSStepFunctions.";
/// The media type of every answer.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The services; clones share them.
#[derive(Clone)]
pub(crate) struct Aws {
    store: TableStore,
    queues: Option<Queues>,
    // The engine invokes functions, which are given this.
    engine: Arc<OnceLock<Engine>>,
    contention: Option<Arc<Contention>>,
}

/// An answer of a service.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) request_id: String,
    /// The value of the header `x-amzn-query-error`.
    pub(crate) query_error: Option<String>,
}

impl Aws {
    pub(crate) fn new(store: TableStore, queues: Queues) -> Self {
        Self { store, queues: Some(queues), engine: Arc::default(), contention: None }
    }

    /// Has writes refused that meet at an item or come too fast for one or for a key of an index, as `DynamoDB` does.
    pub(crate) fn with_contention(self, tables: &[TableSpec]) -> Self {
        Self { contention: Some(Arc::new(Contention::new(tables))), ..self }
    }

    /// The write units of each key of the tables and their indexes so far, which are counted where contention is.
    pub(crate) fn units_written(&self) -> BTreeMap<WrittenKey, u64> {
        self.contention.as_ref().map(|contention| contention.units_written()).unwrap_or_default()
    }

    /// The tables and their streams alone.
    pub(crate) fn of_tables(store: TableStore) -> Self {
        Self { store, queues: None, engine: Arc::default(), contention: None }
    }

    /// Adds the workflow engine, once it is there.
    pub(crate) fn set_engine(&self, engine: Engine) {
        let _ = self.engine.set(engine);
    }

    /// Answers a request in one of the services' JSON protocols.
    pub(crate) async fn answer(&self, target: &str, body: &[u8]) -> Answer {
        let dynamodb = target.strip_prefix(DYNAMODB).or_else(|| target.strip_prefix(DYNAMODB_STREAMS));
        let mut query_error = None;
        let (status, body) = if let Some(operation) = dynamodb {
            match String::from_utf8(body.to_vec()) {
                Ok(body) => self.table_operation(operation, body).await,
                Err(_) => text(fault(400, "SerializationException", "The body is not UTF-8.")),
            }
        } else if target.starts_with(SQS)
            && let Some(queues) = &self.queues
        {
            let (status, body) = queues.handle_aws_waiting(target, body).await;
            query_error = scrip_queues::query_error(&body).filter(|_| status != 200);
            (status, body.to_string())
        } else if target.starts_with(STEP_FUNCTIONS)
            && let Some(engine) = self.engine.get()
        {
            let engine = engine.clone();
            let target = target.to_owned();
            let body = body.to_vec();
            let answer = tokio::task::spawn_blocking(move || engine.handle_aws(&target, &body)).await;
            text(answer.unwrap_or_else(|_| fault(500, "InternalFailure", "The engine did not answer.")))
        } else {
            let detail = "X-Amz-Target names no operation of a service that is here.";
            text(fault(400, "UnknownOperationException", detail))
        };
        Answer { status, body, request_id: request_id(), query_error }
    }
}

impl Aws {
    async fn table_operation(&self, operation: &str, body: String) -> (u16, String) {
        let Some(contention) = &self.contention else { return self.store.call(operation, body).await };
        let now = Instant::now();
        let mut writing = match contention.begin(operation, &body, now) {
            Ok(writing) => writing,
            Err(refused) => return text(refused),
        };
        let before = self.images(writing.to_read()).await;
        if let Err(refused) = writing.enter_indexes(&before, now) {
            return text(refused);
        }
        let answer = self.store.call(operation, body).await;
        if answer.0 == 200 {
            let after = self.images(writing.moved()).await;
            writing.done(&before, &after, now);
        } else {
            writing.refused();
        }
        answer
    }

    async fn images(&self, requests: Vec<Value>) -> Images {
        let mut images = Images::default();
        for request in requests {
            let (_, answer) = self.store.call("GetItem", request.to_string()).await;
            images.add(&request, &answer);
        }
        images
    }
}

/// An id for a request, as the services have them.
pub(crate) fn request_id() -> String {
    let id: u128 = rand::rng().random();
    let hex = format!("{id:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn text((status, body): (u16, Value)) -> (u16, String) {
    (status, body.to_string())
}

fn fault(status: u16, kind: &str, message: &str) -> (u16, Value) {
    (status, json!({ "__type": format!("com.amazon.coral.service#{kind}"), "message": message }))
}
