//! A write that stands alone, for half the units of a transaction.

use crate::transaction::Attempt;
use crate::write::{Action, Write};
use crate::{Store, error};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};
use scrip_refusal::Failure;

/// The three operations take the same condition and tell its failure in types of their own.
macro_rules! send_alone {
    ($store:expr, $write:expr, $request:expr, $error:ident) => {
        $store
            .while_busy(|| {
                let request = $request
                    .table_name(&$write.table)
                    .set_condition_expression($write.condition.clone())
                    .set_expression_attribute_names($write.names())
                    .set_expression_attribute_values($write.values())
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
                async move {
                    $store.meter.round_trip();
                    match request.send().await {
                        Ok(answer) => {
                            $store.meter.write(answer.consumed_capacity());
                            Ok(Attempt::Done)
                        }
                        Err(SdkError::ServiceError(service)) => match service.into_err() {
                            $error::ConditionalCheckFailedException(failed) => {
                                Ok(Attempt::Refused { index: 0, item: failed.item })
                            }
                            other => Err(error::from_sdk::<_, ()>(SdkError::service_error(other, ()))),
                        },
                        Err(error) => Err(error::from_sdk(error)),
                    }
                }
            })
            .await
    };
}

impl Store {
    pub(crate) async fn write_alone(&self, write: &Write) -> Result<Attempt, Failure> {
        let client = &self.client;
        match &write.action {
            Action::Put(item) => {
                send_alone!(self, write, client.put_item().set_item(Some(item.clone())), PutItemError)
            }
            Action::Update { key, expression } => send_alone!(
                self,
                write,
                client.update_item().set_key(Some(key.to_item())).update_expression(expression),
                UpdateItemError
            ),
            Action::Delete(key) => {
                send_alone!(self, write, client.delete_item().set_key(Some(key.to_item())), DeleteItemError)
            }
            Action::Check(_) => Err(Failure::broken("a check stands only beside other writes")),
        }
    }
}
