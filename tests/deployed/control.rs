//! What an operator may do to a deployed stack from outside.

use super::service::Service;
use scrip_test_support::{Scrip, Stack};
use serde_json::{Map, Value, json};

/// A function of the stack, by its name in the template.
pub(super) struct Function<'a> {
    scrip: &'a Scrip,
    lambda: Service,
    name: &'static str,
}

impl<'a> Function<'a> {
    pub(super) fn of(scrip: &'a Scrip, logical_id: &str) -> Self {
        Self { scrip, lambda: Service::of("lambda"), name: Stack::get().resource(logical_id) }
    }

    /// Has every invocation refused from now on.
    pub(super) async fn stop(&self) {
        let none = json!({ "ReservedConcurrentExecutions": 0 });
        self.call("PUT", "2017-10-31", "concurrency", &none).await;
    }

    /// Lets invocations through again.
    pub(super) async fn go_on(&self) {
        self.call("DELETE", "2017-10-31", "concurrency", &Value::Null).await;
    }

    /// Adds a variable to its environment, and waits until it holds.
    pub(super) async fn set(&self, name: &str, value: &str) {
        let mut variables = self.variables().await;
        variables.insert(name.to_owned(), json!(value));
        self.change(variables).await;
    }

    /// Takes a variable away again.
    pub(super) async fn unset(&self, name: &str) {
        let mut variables = self.variables().await;
        variables.remove(name);
        self.change(variables).await;
    }

    /// Invokes it with an event, and gives what it answers.
    pub(super) async fn invoke(&self, event: &Value) -> Value {
        self.call("POST", "2015-03-31", "invocations", event).await
    }

    async fn variables(&self) -> Map<String, Value> {
        let configuration = self.call("GET", "2015-03-31", "configuration", &Value::Null).await;
        configuration["Environment"]["Variables"].as_object().expect("variables").clone()
    }

    async fn change(&self, variables: Map<String, Value>) {
        let environment = json!({ "Environment": { "Variables": variables } });
        self.call("PUT", "2015-03-31", "configuration", &environment).await;
        let changed = async || {
            let configuration = self.call("GET", "2015-03-31", "configuration", &Value::Null).await;
            (configuration["LastUpdateStatus"] == "Successful").then_some(())
        };
        self.scrip.soon("a changed configuration", changed).await;
    }

    /// Calls Lambda (<https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html>).
    async fn call(&self, method: &str, version: &str, what: &str, body: &Value) -> Value {
        let path = format!("/{version}/functions/{}/{what}", self.name);
        self.lambda.call(method, &path, &[("content-type", "application/json")], body).await
    }
}
