//! What an operator may do to a deployed stack from outside.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::{Environment, LastUpdateStatus};
use scrip_tests::{Scrip, Stack};
use std::collections::HashMap;

/// A function of the stack, by its name in the template.
pub(super) struct Function<'a> {
    scrip: &'a Scrip,
    client: Client,
    name: &'static str,
}

impl<'a> Function<'a> {
    pub(super) fn of(scrip: &'a Scrip, logical_id: &str) -> Self {
        Self { scrip, client: Client::new(&scrip.aws()), name: Stack::get().resource(logical_id) }
    }

    /// Has every invocation refused from now on.
    pub(super) async fn stop(&self) {
        let none = self.client.put_function_concurrency().function_name(self.name);
        none.reserved_concurrent_executions(0).send().await.expect("the function is stopped");
    }

    /// Lets invocations through again.
    pub(super) async fn go_on(&self) {
        let request = self.client.delete_function_concurrency().function_name(self.name);
        request.send().await.expect("the function goes on");
    }

    /// Adds a variable to its environment, and waits until it holds.
    pub(super) async fn set(&self, name: &str, value: &str) {
        let mut variables = self.variables().await;
        variables.insert(name.to_owned(), value.to_owned());
        self.change(variables).await;
    }

    /// Takes a variable away again.
    pub(super) async fn unset(&self, name: &str) {
        let mut variables = self.variables().await;
        variables.remove(name);
        self.change(variables).await;
    }

    async fn variables(&self) -> HashMap<String, String> {
        let told = self.client.get_function_configuration().function_name(self.name).send().await;
        let environment = told.expect("a configuration").environment.expect("an environment");
        environment.variables.expect("variables")
    }

    async fn change(&self, variables: HashMap<String, String>) {
        let environment = Environment::builder().set_variables(Some(variables)).build();
        let change = self.client.update_function_configuration().function_name(self.name);
        change.environment(environment).send().await.expect("the configuration is changed");
        let changed = async || {
            let told = self.client.get_function_configuration().function_name(self.name).send().await;
            let status = told.expect("a configuration").last_update_status;
            (status == Some(LastUpdateStatus::Successful)).then_some(())
        };
        self.scrip.soon("a changed configuration", changed).await;
    }
}
