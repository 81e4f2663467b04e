//! Traces each request to AWS: what was asked of which table or queue, how long it took, how it ended. Never what was in
//! it.

use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchInput;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef, Input,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::time::Instant;
use tracing::{Level, debug};

/// For each client of a service, made while requests are traced; others have none, which costs nothing.
pub fn interceptor() -> Option<SharedInterceptor> {
    tracing::enabled!(Level::DEBUG).then(|| SharedInterceptor::new(Requests))
}

#[derive(Debug)]
struct Requests;

/// A request that is under way.
#[derive(Debug)]
struct Begun {
    at: Instant,
    resources: String,
}

impl Storable for Begun {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Requests {
    fn name(&self) -> &'static str {
        "ScripRequests"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let begun = Begun { at: Instant::now(), resources: resources(context.input()) };
        cfg.interceptor_state().store_put(begun);
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Some(metadata), Some(begun)) = (cfg.load::<Metadata>(), cfg.load::<Begun>()) else {
            return Ok(());
        };
        debug!(
            service = metadata.service(),
            action = metadata.name(),
            resources = begun.resources,
            outcome = outcome(context),
            milliseconds = u64::try_from(begun.at.elapsed().as_millis()).unwrap_or(u64::MAX),
            "request to AWS"
        );
        Ok(())
    }
}

/// `ok`, the service's own word for an error, or that there was no answer.
fn outcome(context: &FinalizerInterceptorContextRef<'_>) -> String {
    #[derive(Deserialize)]
    struct ServiceError {
        #[serde(rename = "__type")]
        code: String,
    }

    if context.output_or_error().is_some_and(|result| result.is_ok()) {
        return "ok".to_owned();
    }
    let Some(response) = context.response() else { return "no answer".to_owned() };
    let error: Option<ServiceError> =
        response.body().bytes().and_then(|body| serde_json::from_slice(body).ok());
    match error.as_ref().and_then(|error| error.code.rsplit('#').next()) {
        Some(code) => code.to_owned(),
        None => response.status().as_u16().to_string(),
    }
}

/// The tables or the queue of a request.
fn resources(input: &Input) -> String {
    let one = |name: Option<&str>| name.unwrap_or_default().to_owned();
    if let Some(input) = input.downcast_ref::<BatchGetItemInput>() {
        let tables = input.request_items().into_iter().flat_map(|items| items.keys());
        joined(tables.map(String::as_str))
    } else if let Some(input) = input.downcast_ref::<TransactWriteItemsInput>() {
        joined(input.transact_items().iter().filter_map(table))
    } else if let Some(input) = input.downcast_ref::<GetItemInput>() {
        one(input.table_name())
    } else if let Some(input) = input.downcast_ref::<QueryInput>() {
        one(input.table_name())
    } else if let Some(input) = input.downcast_ref::<PutItemInput>() {
        one(input.table_name())
    } else if let Some(input) = input.downcast_ref::<UpdateItemInput>() {
        one(input.table_name())
    } else if let Some(input) = input.downcast_ref::<DeleteItemInput>() {
        one(input.table_name())
    } else if let Some(input) = input.downcast_ref::<SendMessageBatchInput>() {
        one(input.queue_url())
    } else {
        String::new()
    }
}

fn table(item: &TransactWriteItem) -> Option<&str> {
    let put = item.put().map(aws_sdk_dynamodb::types::Put::table_name);
    let update = item.update().map(aws_sdk_dynamodb::types::Update::table_name);
    let delete = item.delete().map(aws_sdk_dynamodb::types::Delete::table_name);
    let check = item.condition_check().map(aws_sdk_dynamodb::types::ConditionCheck::table_name);
    put.or(update).or(delete).or(check)
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}
