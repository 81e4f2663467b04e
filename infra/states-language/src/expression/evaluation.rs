//! Evaluating templates on the values of one moment.

use super::{Expression, Template, functions};
use crate::failure::{Failure, QUERY};
use crate::limits::{EXPRESSION_MAX_SEQUENCE_ITEMS, EXPRESSION_TIMEOUT_MILLISECONDS, VALUE_MAX_DEPTH};
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
use jsonata_core::value::JValue;
use scrip_clock::Timestamp;
use serde_json::{Map, Value};

/// The workflow variables of one scope.
pub(crate) type Variables = Map<String, Value>;

/// An evaluator with `$states`, the variables and the time bound.
pub(crate) struct Evaluation(Evaluator);

impl Evaluation {
    /// `scopes` from the outermost to the innermost.
    pub(crate) fn new(states: Value, scopes: &[&Variables], now: Timestamp) -> Result<Self, Failure> {
        let mut context = Context::new();
        for (name, value) in scopes.iter().copied().flatten() {
            context.bind(name.clone(), JValue::from(value.clone()));
        }
        context.bind("states".into(), JValue::from(states));
        let mut evaluator = Evaluator::with_options(
            context,
            EvaluatorOptions {
                timeout_ms: Some(EXPRESSION_TIMEOUT_MILLISECONDS),
                max_sequence_length: Some(EXPRESSION_MAX_SEQUENCE_ITEMS),
                ..EvaluatorOptions::default()
            },
        );
        functions::register(&mut evaluator, now).map_err(|error| Failure::new(QUERY, error.to_string()))?;
        Ok(Self(evaluator))
    }

    /// The template with its expressions replaced by their values; `field` is named in errors.
    pub(crate) fn template(&mut self, template: &Template, field: &str) -> Result<Value, Failure> {
        match template {
            Template::Literal(value) => Ok(value.clone()),
            Template::Expression(expression) => self.expression(expression, field),
            Template::Array(items) => items.iter().map(|item| self.template(item, field)).collect(),
            Template::Object(fields) => {
                fields.iter().map(|(name, value)| Ok((name.clone(), self.template(value, field)?))).collect()
            }
        }
    }

    fn expression(&mut self, expression: &Expression, field: &str) -> Result<Value, Failure> {
        let failure = |reason: String| {
            Failure::new(
                QUERY,
                format!("The JSONata expression '{}' of the field '{field}' {reason}", expression.source),
            )
        };
        let value = self
            .0
            .evaluate(&expression.ast, &JValue::Undefined)
            .map_err(|error| failure(format!("failed: {}", error.message())))?;
        if value.is_undefined() {
            return Err(failure("returned nothing (undefined)".into()));
        }
        representable(&value, VALUE_MAX_DEPTH + 1).map_err(|reason| failure(format!("returned {reason}")))?;
        serde_json::to_value(&value).map_err(|error| failure(format!("returned no JSON: {error}")))
    }
}

/// Refuses what JSON cannot hold, which the library would turn into null or an empty string.
fn representable(value: &JValue, depth: usize) -> Result<(), &'static str> {
    let Some(below) = depth.checked_sub(1) else { return Err("a value that nests too deep") };
    match value {
        JValue::Number(number) if !number.is_finite() => Err("a number that is not finite"),
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => Err("a function"),
        JValue::Array(items) => items.iter().try_for_each(|item| representable(item, below)),
        JValue::Object(fields) => fields.values().try_for_each(|field| representable(field, below)),
        _ => Ok(()),
    }
}
