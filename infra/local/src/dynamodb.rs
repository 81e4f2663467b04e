//! The engine of the tables alone, for emulators of AWS that bring none.

use crate::data::DataDirectory;
use crate::error::StartError;
use crate::gateway::{self, Tables};
use crate::platform::listen;
use crate::store::{Durability, TableStore};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

const TABLES: &str = "tables.sqlite";

/// `DynamoDB` and its streams on a port of their own, without tables at first, and erased at the end.
pub struct DynamoDb {
    listener: TcpListener,
    address: SocketAddr,
    data: DataDirectory,
}

impl DynamoDb {
    /// Listens on this port of 127.0.0.1; 0 is any that is free. Requests wait until it serves.
    ///
    /// # Errors
    /// The port or a temporary directory can't be had.
    pub async fn listen(port: u16) -> Result<Self, StartError> {
        let (listener, address) = listen(port).await?;
        Ok(Self { listener, address, data: DataDirectory::temporary()? })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until it is told to end.
    ///
    /// # Errors
    /// The tables' file can't be made.
    pub async fn serve(self, told_to_end: impl Future<Output = ()>) -> Result<(), StartError> {
        let path = self.data.path().join(TABLES);
        let opened = TableStore::open(&path, Durability::Fleeting);
        let store = opened.map_err(|why| StartError::data(&path, why))?;
        gateway::serve(self.listener, Arc::new(Tables::new(store.clone())), told_to_end).await;
        store.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tokio::sync::oneshot;

    struct Client {
        base: String,
        http: reqwest::Client,
    }

    impl Client {
        async fn call(&self, target: &str, body: Value) -> (u16, Value) {
            let request = self.http.post(&self.base).header("x-amz-target", target).body(body.to_string());
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
        }

        async fn ok(&self, target: &str, body: Value) -> Value {
            let (status, answer) = self.call(target, body).await;
            assert_eq!(status, 200, "{answer}");
            answer
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tables_and_streams_are_served_until_the_end() {
        let server = DynamoDb::listen(0).await.unwrap();
        let address = server.address();
        let folder = server.data.path().to_owned();
        let (end, ended) = oneshot::channel::<()>();
        let server = tokio::spawn(server.serve(async move {
            let _ = ended.await;
        }));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let client = Client { base: format!("http://{address}/"), http };

        assert_eq!(client.http.get(&client.base).send().await.unwrap().status(), 200);
        let page = client.http.get(&client.base).header("host", "example.com").send().await.unwrap();
        assert_eq!(page.status(), 404);

        let table = json!({
            "TableName": "bills",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" },
        });
        client.ok("DynamoDB_20120810.CreateTable", table).await;
        let item = json!({ "TableName": "bills", "Item": { "pk": { "S": "a" } } });
        client.ok("DynamoDB_20120810.PutItem", item).await;

        let streams = client.ok("DynamoDBStreams_20120810.ListStreams", json!({})).await;
        let stream = &streams["Streams"][0]["StreamArn"];
        let described =
            client.ok("DynamoDBStreams_20120810.DescribeStream", json!({ "StreamArn": stream })).await;
        let start = json!({
            "StreamArn": stream,
            "ShardId": described["StreamDescription"]["Shards"][0]["ShardId"],
            "ShardIteratorType": "TRIM_HORIZON",
        });
        let iterator = client.ok("DynamoDBStreams_20120810.GetShardIterator", start).await;
        let records = client.ok("DynamoDBStreams_20120810.GetRecords", iterator).await;
        assert_eq!(records["Records"][0]["dynamodb"]["NewImage"]["pk"]["S"], "a");

        client.ok("DynamoDB_20120810.DeleteTable", json!({ "TableName": "bills" })).await;
        let (status, gone) =
            client.call("DynamoDB_20120810.DescribeTable", json!({ "TableName": "bills" })).await;
        assert_eq!(status, 400);
        assert!(gone["__type"].as_str().unwrap().ends_with("#ResourceNotFoundException"), "{gone}");
        let (status, other) = client.call("AmazonSQS.SendMessage", json!({})).await;
        assert_eq!(status, 400);
        assert!(other["__type"].as_str().unwrap().ends_with("#UnknownOperationException"), "{other}");

        drop(client);
        end.send(()).unwrap();
        server.await.unwrap().unwrap();
        assert!(!folder.exists());
    }
}
