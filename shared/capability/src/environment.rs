//! The environment variables that the template gives a function.

use scrip_refusal::Failure;
use std::collections::BTreeMap;

/// The variable that holds the environment's name.
const ENVIRONMENT: &str = "ENVIRONMENT";

/// The environment variables that the template gives a function.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables as given.
    pub fn new(variables: BTreeMap<String, String>) -> Self {
        Self(variables)
    }

    /// The variable `name`.
    pub fn get(&self, name: &str) -> Result<&str, Failure> {
        self.0
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| Failure::broken(format!("{name} is not in the environment")))
    }

    /// All variables.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// What the environment itself is called, such as `prod`.
    pub fn name(&self) -> &str {
        self.0.get(ENVIRONMENT).map_or("unnamed", String::as_str)
    }
}
