//! A platform that runs, asked as anybody may ask it.

use super::{Records, answer, inserted};
use crate::places::Streamed;
use anyhow::{Context, ensure};
use scrip_clock::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) struct Platform {
    http: reqwest::Client,
    url: String,
}

impl Platform {
    pub(super) fn new(http: &reqwest::Client, url: &str) -> Self {
        Self { http: http.clone(), url: url.trim_end_matches('/').to_owned() }
    }

    pub(super) async fn now(&self) -> anyhow::Result<Timestamp> {
        let call = self.http.get(format!("{}/local/clock", self.url));
        let response = call.send().await.with_context(|| format!("{} does not answer", self.url))?;
        let status = response.status().as_u16();
        let told = answer("GET /local/clock", status, &response.text().await?)?;
        Ok(told["now"].as_str().context("a clock that tells no time")?.parse()?)
    }

    async fn aws(&self, service: &str, operation: &str, request: &Value) -> anyhow::Result<Value> {
        let unreachable = || format!("{} does not answer", self.url);
        let call = self.http.post(format!("{}/local/aws", self.url));
        let call = call.header("x-amz-target", format!("{service}.{operation}")).body(request.to_string());
        let response = call.send().await.with_context(unreachable)?;
        let status = response.status().as_u16();
        answer(operation, status, &response.text().await.with_context(unreachable)?)
    }
}

impl Records for Platform {
    async fn dynamodb(&self, operation: &str, request: &Value) -> anyhow::Result<Value> {
        self.aws("DynamoDB_20120810", operation, request).await
    }

    async fn execution(&self, machine: &str, name: &str) -> anyhow::Result<Option<String>> {
        let call = self.http.get(format!("{}/local/executions?machine={machine}&name={name}", self.url));
        let response = call.send().await.with_context(|| format!("{} does not answer", self.url))?;
        let status = response.status().as_u16();
        let found = answer("GET /local/executions", status, &response.text().await?)?;
        Ok(found["items"][0]["status"].as_str().map(str::to_owned))
    }

    /// The stream tells no reader's position. It keeps the newest record when that is handled too, so the newest one
    /// counts as handled here.
    async fn pending(&self, streamed: &Streamed) -> anyhow::Result<BTreeSet<String>> {
        let streams = |operation: &'static str, request: Value| async move {
            self.aws("DynamoDBStreams_20120810", operation, &request).await
        };
        let table = self.dynamodb("DescribeTable", &json!({ "TableName": streamed.table })).await?;
        let stream = &table["Table"]["LatestStreamArn"];
        ensure!(stream.is_string(), "the table {} has no stream", streamed.table);
        let described = streams("DescribeStream", json!({ "StreamArn": stream })).await?;
        let mut records = Vec::new();
        for shard in described["StreamDescription"]["Shards"].as_array().into_iter().flatten() {
            let request = json!({
                "StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON",
            });
            let mut iterator = streams("GetShardIterator", request).await?["ShardIterator"].take();
            while iterator.is_string() {
                let mut page = streams("GetRecords", json!({ "ShardIterator": iterator })).await?;
                let found = page["Records"].as_array().filter(|found| !found.is_empty());
                let Some(found) = found.cloned() else { break };
                records.extend(found);
                iterator = page["NextShardIterator"].take();
            }
        }
        records.pop();
        Ok(records.iter().filter_map(inserted).map(str::to_owned).collect())
    }
}
