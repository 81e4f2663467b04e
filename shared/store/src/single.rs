//! A write that stands alone, for half the units of a transaction.

use crate::item::{STAMP, text};
use crate::retry::Told;
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
            .until_told(|| {
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
    /// Writes, and marks what it writes: where an answer was lost and the repeated write is refused, the mark tells that
    /// the first one took effect.
    pub(crate) async fn write_alone(&self, write: Write) -> Result<Attempt, Failure> {
        let client = &self.client;
        let stamp = format!("{:016x}", rand::random::<u64>());
        let write = write.stamped(&stamp);
        let told = match &write.action {
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
        };
        Ok(judge(&write, &stamp, told?))
    }
}

/// What a refusal means after an answer was lost.
fn judge(write: &Write, stamp: &str, told: Told<Attempt>) -> Attempt {
    match told.value {
        Attempt::Refused { item, .. } if told.after_a_lost_answer => {
            let is_own = match (&write.action, &item) {
                (Action::Delete(_), None) => true,
                (_, Some(item)) => text(item, STAMP) == Some(stamp),
                (_, None) => false,
            };
            if is_own { Attempt::Done } else { Attempt::Doubtful { item } }
        }
        attempt => attempt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;
    use crate::item::Item;

    const OWN: &str = "0123456789abcdef";

    fn key() -> Key {
        Key::new("USER#alice", "PIN")
    }

    fn judged(write: &Write, item: Option<Item>, after_a_lost_answer: bool) -> Attempt {
        judge(write, OWN, Told { value: Attempt::Refused { index: 0, item }, after_a_lost_answer })
    }

    fn by(stamp: &str) -> Option<Item> {
        let Action::Put(item) = Write::put("t", key().to_item()).stamped(stamp).action else { return None };
        Some(item)
    }

    #[test]
    fn a_repeated_write_knows_its_own_effect() {
        let update = || Write::update("t", key(), "SET failures = :n");
        assert!(matches!(judged(&update(), by(OWN), true), Attempt::Done));
        assert!(matches!(judged(&update(), by("another"), true), Attempt::Doubtful { item: Some(_) }));
        assert!(matches!(judged(&update(), Some(key().to_item()), true), Attempt::Doubtful { .. }));
        assert!(matches!(judged(&update(), None, true), Attempt::Doubtful { item: None }));
        let delete = || Write::delete("t", key());
        assert!(matches!(judged(&delete(), None, true), Attempt::Done));
        assert!(matches!(judged(&delete(), by("another"), true), Attempt::Doubtful { .. }));
    }

    #[test]
    fn a_refusal_with_every_answer_heard_is_one() {
        for (write, item) in [
            (Write::update("t", key(), "SET failures = :n"), by(OWN)),
            (Write::delete("t", key()), None),
            (Write::put_new("t", key().to_item()), by("another")),
        ] {
            assert!(matches!(judged(&write, item, false), Attempt::Refused { index: 0, .. }));
        }
    }
}
