//! Writes that take place together or not at all.

use crate::item::Item;
use crate::write::{Action, Write, some};
use crate::{Store, error};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, Put, ReturnConsumedCapacity,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use scrip_refusal::{Code, Failure, Refusal, SEND_AGAIN};
use std::mem;

/// What a transaction may hold at most, by `DynamoDB`.
const MAX_WRITES: usize = 100;

type Explain<'a> = Box<dyn FnOnce(Option<Item>) -> Failure + Send + 'a>;

/// Writes in order of precedence: when several conditions fail, the first one says why.
#[derive(Default)]
pub struct Transaction<'a> {
    writes: Vec<Write>,
    explanations: Vec<Option<Explain<'a>>>,
}

/// How a transaction ended, if it was not refused.
#[derive(Debug)]
pub enum Commit {
    /// All writes took place.
    Done,
    /// Nothing took place, since what was to be created exists: it is the answer to replay, or the proof that the
    /// idempotency key was used for something else.
    Exists(Item),
}

impl<'a> Transaction<'a> {
    /// No writes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an item whose key must be free. It is the lock against doing the same thing twice.
    pub fn create(&mut self, table: &str, item: Item) -> &mut Self {
        self.writes.push(Write::put_new(table, item));
        self.explanations.push(None);
        self
    }

    /// A write that fails with what `explain` makes of the item as it is, if its condition fails: the refusal of a rule,
    /// or [`Failure::Changed`] if no rule is against it.
    pub fn require<F: Into<Failure>>(
        &mut self,
        write: Write,
        explain: impl FnOnce(Option<Item>) -> F + Send + 'a,
    ) -> &mut Self {
        self.writes.push(write);
        self.explanations.push(Some(Box::new(|item| explain(item).into())));
        self
    }

    pub(crate) fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// How many writes there are.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// What exists tells by itself which request made it. Of anything else nobody can say, from what stands there, whether
    /// this write was in it: who reads again knows.
    fn doubtful(self, item: Option<Item>) -> Result<Commit, Failure> {
        match (self.explanations.first(), item) {
            (Some(None), Some(item)) => Ok(Commit::Exists(item)),
            _ => Err(Failure::Changed(SEND_AGAIN)),
        }
    }

    fn cancelled(mut self, index: usize, item: Option<Item>) -> Result<Commit, Failure> {
        match (self.explanations.swap_remove(index), item) {
            (Some(explain), item) => Err(explain(item)),
            (None, Some(item)) => Ok(Commit::Exists(item)),
            (None, None) => Err(Failure::broken("a create was refused, but nothing is there")),
        }
    }
}

/// What became of one attempt: nothing was in the way, or the condition of a write was.
#[derive(Debug)]
pub(crate) enum Attempt {
    Done,
    Refused {
        index: usize,
        item: Option<Item>,
    },
    /// The condition of a single write was in the way after an answer was lost, and what is there is not known to be its
    /// effect: it may have been, and have been changed by another since.
    Doubtful {
        item: Option<Item>,
    },
}

impl Store {
    /// Commits a transaction. A single write goes as a plain one, for half the units.
    ///
    /// # Errors
    /// What the first write whose condition fails explains; [`Failure::Busy`] when conflicts or throttling outlast
    /// the invocation, [`Failure::Unknown`] when it ends without an answer to a write that may have taken place;
    /// [`Failure::Changed`] when a single write may have taken place before what is there now.
    pub async fn commit(&self, mut transaction: Transaction<'_>) -> Result<Commit, Failure> {
        let mut writes = mem::take(&mut transaction.writes);
        for write in &writes {
            if cfg!(debug_assertions) {
                write.check_placeholders()?;
            }
            self.meter.access(write.action.name(), &write.table, None);
        }
        let attempt = match writes.as_slice() {
            [] => return Ok(Commit::Done),
            [_] => self.write_alone(writes.remove(0)).await?,
            _ if writes.len() > MAX_WRITES => {
                let detail = format!("At most {MAX_WRITES} records can change at once.");
                return Err(Refusal::new(Code::TooMany, detail).into());
            }
            _ => self.write_together(writes).await?,
        };
        match attempt {
            Attempt::Done => Ok(Commit::Done),
            Attempt::Refused { index, item } => transaction.cancelled(index, item),
            Attempt::Doubtful { item } => transaction.doubtful(item),
        }
    }

    async fn write_together(&self, writes: Vec<Write>) -> Result<Attempt, Failure> {
        let items = writes.into_iter().map(transact_item).collect::<Result<Vec<_>, _>>()?;
        // One token for all attempts: a repeated one whose answer was lost does nothing a second time.
        let token = format!("{:032x}", rand::random::<u128>());
        self.while_busy(|| {
            let request = self
                .client
                .transact_write_items()
                .set_transact_items(Some(items.clone()))
                .client_request_token(&token)
                .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
            async move {
                self.meter.round_trip();
                match request.send().await {
                    Ok(answer) => {
                        self.meter.write(answer.consumed_capacity());
                        Ok(Attempt::Done)
                    }
                    Err(SdkError::ServiceError(service)) => match service.into_err() {
                        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                            first_refused(cancelled.cancellation_reasons.unwrap_or_default())
                        }
                        other => Err(error::from_sdk::<_, ()>(SdkError::service_error(other, ()))),
                    },
                    Err(error) => Err(error::from_sdk(error)),
                }
            }
        })
        .await
    }
}

/// A conflict anywhere means that a condition may have been judged against what is about to change: try again.
fn first_refused(reasons: Vec<CancellationReason>) -> Result<Attempt, Failure> {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    for reason in &reasons {
        match code(reason).as_str() {
            "None" | "ConditionalCheckFailed" => {}
            "ValidationError" => {
                return Err(Failure::Broken(format!(
                    "ValidationError: {}",
                    reason.message().unwrap_or_default()
                )));
            }
            busy => return Err(Failure::Busy(busy.to_owned())),
        }
    }
    let found = reasons.into_iter().enumerate().find(|(_, reason)| code(reason) == "ConditionalCheckFailed");
    match found {
        Some((index, reason)) => Ok(Attempt::Refused { index, item: reason.item }),
        None => Err(Failure::broken("a transaction was cancelled for no reason")),
    }
}

/// The four builders take the same condition.
macro_rules! conditioned {
    ($builder:expr, $write:ident) => {
        $builder
            .table_name($write.table)
            .set_condition_expression($write.condition)
            .set_expression_attribute_names(some($write.names))
            .set_expression_attribute_values(some($write.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(Failure::broken)?
    };
}

fn transact_item(write: Write) -> Result<TransactWriteItem, Failure> {
    let item = TransactWriteItem::builder();
    Ok(match write.action {
        Action::Put(put) => item.put(conditioned!(Put::builder().set_item(Some(put)), write)),
        Action::Update { key, expression } => {
            let update = Update::builder().set_key(Some(key.to_item())).update_expression(expression);
            item.update(conditioned!(update, write))
        }
        Action::Delete(key) => {
            item.delete(conditioned!(Delete::builder().set_key(Some(key.to_item())), write))
        }
        Action::Check(key) => {
            item.condition_check(conditioned!(ConditionCheck::builder().set_key(Some(key.to_item())), write))
        }
    }
    .build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;
    use proptest::prelude::*;

    fn reason(code: &str) -> CancellationReason {
        let item = (code == "ConditionalCheckFailed").then(|| Key::new("ACCT#1", "BALANCE").to_item());
        CancellationReason::builder().code(code).set_item(item).build()
    }

    fn judged(codes: &[&str]) -> Result<Attempt, Failure> {
        first_refused(codes.iter().map(|code| reason(code)).collect())
    }

    #[test]
    fn the_first_condition_that_fails_says_why() {
        let attempt = judged(&["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]).unwrap();
        assert!(matches!(attempt, Attempt::Refused { index: 1, item: Some(_) }));
    }

    #[test]
    fn a_conflict_beside_a_refusal_is_tried_again() {
        for busy in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            let judged = judged(&["ConditionalCheckFailed", busy, "None"]);
            assert!(matches!(judged, Err(Failure::Busy(_))), "{busy}");
        }
    }

    #[test]
    fn what_can_never_succeed_is_broken() {
        assert!(matches!(judged(&["None", "ValidationError"]), Err(Failure::Broken(_))));
        assert!(matches!(judged(&["None", "None"]), Err(Failure::Broken(_))));
        assert!(matches!(judged(&[]), Err(Failure::Broken(_))));
    }

    #[test]
    fn a_create_that_is_refused_gives_what_exists() {
        let item = Key::new("TXN#1", "TRANSFER").to_item();
        let mut transaction = Transaction::new();
        transaction.create("ledger", item.clone());
        transaction.require(Write::put("ledger", item.clone()), |_| Refusal::new(Code::NotFound, "no"));
        assert!(matches!(transaction.cancelled(0, Some(item)), Ok(Commit::Exists(_))));
    }

    /// The store reaches nothing and has no time: what is told of the writes comes before.
    #[tokio::test]
    async fn no_more_is_written_at_once_than_can_be_and_nothing_for_nothing() {
        let commit = async |count: usize| {
            let mut transaction = Transaction::new();
            for place in 0..count {
                transaction.create("ledger", Key::new(place.to_string(), "BALANCE").to_item());
            }
            assert_eq!((transaction.len(), transaction.is_empty()), (count, count == 0));
            let now = std::time::Instant::now();
            let store = Store::unconnected(crate::Deadline::new(now, std::time::Duration::ZERO));
            let result = store.commit(transaction).await;
            (result, store.meter().accesses().len())
        };
        assert!(matches!(commit(0).await, (Ok(Commit::Done), 0)));
        for count in [1, MAX_WRITES] {
            assert!(matches!(commit(count).await, (Err(Failure::Busy(_)), 1)), "{count}");
        }
        let (result, _) = commit(MAX_WRITES + 1).await;
        assert_eq!(result.unwrap_err().code(), Some(Code::TooMany));
    }

    #[tokio::test]
    async fn a_check_alone_is_no_write() {
        let mut transaction = Transaction::new();
        let check = Write::check("ledger", Key::new("A", "B")).when("attribute_exists(pk)");
        transaction.require(check, |_| Refusal::new(Code::NotFound, "no"));
        assert!(matches!(crate::tests::store().commit(transaction).await, Err(Failure::Broken(_))));
    }

    #[test]
    fn a_write_is_sent_as_what_it_is_and_its_refusal_brings_the_item() {
        let key = || Key::new("A", "B");
        let sent = |write: Write| transact_item(write.when("attribute_exists(pk)")).unwrap();
        let old = Some(&ReturnValuesOnConditionCheckFailure::AllOld);
        let put = sent(Write::put("ledger", key().to_item())).put.unwrap();
        assert_eq!((put.item, put.return_values_on_condition_check_failure.as_ref()), (key().to_item(), old));
        let update = sent(Write::update("ledger", key(), "SET a = :a").value(":a", 1)).update.unwrap();
        assert_eq!((update.key, update.update_expression.as_str()), (key().to_item(), "SET a = :a"));
        assert_eq!(update.return_values_on_condition_check_failure.as_ref(), old);
        assert!(update.expression_attribute_values.is_some() && update.expression_attribute_names.is_none());
        let delete = sent(Write::delete("ledger", key())).delete.unwrap();
        assert_eq!(
            (delete.key, delete.return_values_on_condition_check_failure.as_ref()),
            (key().to_item(), old)
        );
        let check = sent(Write::check("ledger", key())).condition_check.unwrap();
        assert_eq!(
            (check.key, check.condition_expression.as_str()),
            (key().to_item(), "attribute_exists(pk)")
        );
        assert_eq!(check.return_values_on_condition_check_failure.as_ref(), old);
    }

    #[test]
    fn in_doubt_only_what_was_created_is_told() {
        let item = || Key::new("TXN#1", "TRANSFER").to_item();
        let mut created = Transaction::new();
        created.create("ledger", item());
        assert!(matches!(created.doubtful(Some(item())), Ok(Commit::Exists(_))));
        let mut required = Transaction::new();
        required.require(Write::put("ledger", item()), |_| Refusal::new(Code::NotFound, "no"));
        assert!(matches!(required.doubtful(Some(item())), Err(Failure::Changed(_))));
    }

    proptest! {
        #[test]
        fn the_explanation_is_that_of_the_write(count in 1_usize..20, at in 0_usize..20) {
            let at = at % count;
            let mut transaction = Transaction::new();
            for place in 0..count {
                let write = Write::check("ledger", Key::new("A", "B")).when("attribute_exists(pk)");
                transaction.require(write, move |_| Refusal::new(Code::NotFound, place.to_string()));
            }
            let Err(Failure::Refused(refusal)) = transaction.cancelled(at, None) else { panic!("it is refused") };
            prop_assert_eq!(refusal.detail, at.to_string());
        }
    }
}
