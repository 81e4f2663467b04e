//! Lists: one partition, in order of its sort key, page by page.

use crate::expression::check_placeholders;
use crate::item::Item;
use crate::write::Value;
use crate::{Store, cursor, error};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use scrip_refusal::{Code, Failure, Refusal};
use std::collections::HashMap;

/// Which page of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many elements at most.
    pub limit: u32,
    /// Where the last page ended.
    pub after: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The elements.
    pub items: Vec<T>,
    /// Where the next page begins, if there is more.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The same page of other elements.
    pub fn try_map<U, E>(self, f: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page { items: self.items.into_iter().map(f).collect::<Result<_, _>>()?, next: self.next })
    }
}

/// A query of one partition of a table or index.
#[derive(Clone, Debug)]
pub struct Query {
    table: String,
    index: Option<String>,
    partition: (String, String),
    range: Option<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    newest_first: bool,
}

impl Query {
    /// All items of a partition of a table.
    pub fn of(table: &str, pk: &str) -> Self {
        Self::by(table, None, "pk", pk)
    }

    /// All items of a partition of an index, whose hash key is `attribute`. Indexes are eventually consistent.
    pub fn of_index(table: &str, index: &str, attribute: &str, value: &str) -> Self {
        Self::by(table, Some(index.to_owned()), attribute, value)
    }

    fn by(table: &str, index: Option<String>, attribute: &str, value: &str) -> Self {
        Self {
            table: table.to_owned(),
            index,
            partition: (attribute.to_owned(), value.to_owned()),
            range: None,
            names: HashMap::from([("#partition".to_owned(), attribute.to_owned())]),
            values: HashMap::from([(":partition".to_owned(), AttributeValue::S(value.to_owned()))]),
            newest_first: false,
        }
    }

    /// Only items whose sort key fits, such as `begins_with(sk, :prefix)`.
    #[must_use]
    pub fn range(mut self, condition: &str) -> Self {
        self.range = Some(condition.to_owned());
        self
    }

    /// Stands for a value in the range condition.
    #[must_use]
    pub fn value(mut self, placeholder: &str, value: impl Into<Value>) -> Self {
        self.values.insert(placeholder.to_owned(), value.into().0);
        self
    }

    /// In descending order of the sort key.
    #[must_use]
    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }
}

impl Store {
    /// One page of a query.
    ///
    /// # Errors
    /// [`Code::InvalidCursor`] for a cursor that is not of this list.
    pub async fn page(&self, query: &Query, page: &PageRequest) -> Result<Page<Item>, Failure> {
        let partition = (query.partition.0.as_str(), query.partition.1.as_str());
        let start = page.after.as_deref().map(|after| cursor::decode(after, partition)).transpose()?;
        let answer = self.query_once(query, page.limit, start).await?;
        let next = answer
            .1
            .as_ref()
            .map(|key| cursor::encode(key).ok_or_else(|| Failure::broken("a key of no text")));
        Ok(Page { items: answer.0, next: next.transpose()? })
    }

    /// All items of a query, for partitions that hold at most `limit` by design.
    ///
    /// # Errors
    /// [`Failure::Broken`] if there are more: nothing is left out without a word.
    pub async fn all(&self, query: &Query, limit: u32) -> Result<Vec<Item>, Failure> {
        let items = self.first(query, limit.saturating_add(1)).await?;
        if u32::try_from(items.len()).is_ok_and(|count| count <= limit) {
            return Ok(items);
        }
        Err(Failure::Broken(format!("more than {limit} items under one key of {}", query.table)))
    }

    /// The first items of a query, in its order: `count` of them, or all if there are fewer.
    pub async fn first(&self, query: &Query, count: u32) -> Result<Vec<Item>, Failure> {
        let mut items = Vec::new();
        let mut start = None;
        while let Some(left) =
            count.checked_sub(u32::try_from(items.len()).unwrap_or(u32::MAX)).filter(|left| *left > 0)
        {
            let (page, last) = self.query_once(query, left, start).await?;
            items.extend(page);
            match last {
                Some(key) => start = Some(key),
                None => break,
            }
        }
        Ok(items)
    }

    async fn query_once(
        &self,
        query: &Query,
        limit: u32,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), Failure> {
        let condition = match &query.range {
            Some(range) => format!("#partition = :partition AND {range}"),
            None => "#partition = :partition".to_owned(),
        };
        if cfg!(debug_assertions) {
            check_placeholders([condition.as_str()], &query.names, &query.values)?;
        }
        let from_cursor = start.is_some();
        self.meter.access("Query", &query.table, query.index.as_deref());
        let answer = self
            .while_busy(|| {
                let request = self
                    .client
                    .query()
                    .table_name(&query.table)
                    .set_index_name(query.index.clone())
                    .key_condition_expression(&condition)
                    .set_expression_attribute_names(Some(query.names.clone()))
                    .set_expression_attribute_values(Some(query.values.clone()))
                    .scan_index_forward(!query.newest_first)
                    .consistent_read(query.index.is_none())
                    .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                    .set_exclusive_start_key(start.clone())
                    .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
                async move {
                    self.meter.round_trip();
                    request.send().await.map_err(|error| match &error {
                        SdkError::ServiceError(service)
                            if from_cursor && service.err().code() == Some("ValidationException") =>
                        {
                            Refusal::new(
                                Code::InvalidCursor,
                                "Send the value of next from this list's last page, or none.",
                            )
                            .into()
                        }
                        _ => error::from_sdk(error),
                    })
                }
            })
            .await?;
        self.meter.read(answer.consumed_capacity());
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}
