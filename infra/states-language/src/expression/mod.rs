//! JSONata expressions (`{% … %}`) and the JSON templates they stand in.

mod check;
mod evaluation;
mod functions;

pub(crate) use check::Place;
pub(crate) use evaluation::{Evaluation, Variables};
pub(crate) use functions::uuid;

use crate::limits::EXPRESSION_MAX_CHARACTERS;
use jsonata_core::{ast::AstNode, parser};
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Debug)]
pub(crate) struct Expression {
    source: String,
    ast: AstNode,
    /// The workflow variables it reads.
    reads: BTreeSet<String>,
}

impl Expression {
    fn parse(source: &str, place: Place) -> Result<Self, String> {
        if source.chars().count() > EXPRESSION_MAX_CHARACTERS {
            return Err(format!("an expression is longer than {EXPRESSION_MAX_CHARACTERS} characters"));
        }
        let refused = |reason: String| format!("{{%{source}%}}: {reason}");
        let ast = parser::parse(source).map_err(|error| refused(error.display_message()))?;
        let reads = check::check(&ast, place).map_err(refused)?;
        Ok(Self { source: source.trim().into(), ast, reads })
    }
}

/// A JSON value in which strings of the form `{% … %}` are expressions and all else is literal.
#[derive(Debug)]
pub(crate) enum Template {
    Literal(Value),
    Expression(Box<Expression>),
    Array(Vec<Template>),
    Object(Vec<(String, Template)>),
}

impl Template {
    pub(crate) fn parse(value: Value, place: Place) -> Result<Self, String> {
        let parsed = match value {
            Value::String(text) => match (text.strip_prefix("{%"), text.strip_suffix("%}")) {
                (Some(rest), Some(_)) => match rest.strip_suffix("%}") {
                    Some(source) => Self::Expression(Box::new(Expression::parse(source, place)?)),
                    None => return Err(format!("{text} is not a whole expression")),
                },
                (None, None) => Self::Literal(Value::String(text)),
                _ => return Err(format!("{text} is not a whole expression")),
            },
            Value::Array(items) => {
                let items =
                    items.into_iter().map(|item| Self::parse(item, place)).collect::<Result<Vec<_>, _>>()?;
                Self::literal_array(items)
            }
            Value::Object(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| Ok((name, Self::parse(value, place)?)))
                    .collect::<Result<Vec<_>, String>>()?;
                Self::literal_object(fields)
            }
            value => Self::Literal(value),
        };
        Ok(parsed)
    }

    fn literal_array(items: Vec<Self>) -> Self {
        if items.iter().any(|item| !matches!(item, Self::Literal(_))) {
            return Self::Array(items);
        }
        Self::Literal(items.into_iter().filter_map(Self::into_literal).collect())
    }

    fn literal_object(fields: Vec<(String, Self)>) -> Self {
        if fields.iter().any(|(_, field)| !matches!(field, Self::Literal(_))) {
            return Self::Object(fields);
        }
        Self::Literal(
            fields.into_iter().filter_map(|(name, field)| Some((name, field.into_literal()?))).collect(),
        )
    }

    fn into_literal(self) -> Option<Value> {
        if let Self::Literal(value) = self { Some(value) } else { None }
    }

    /// The value when it holds no expression.
    pub(crate) fn as_literal(&self) -> Option<&Value> {
        if let Self::Literal(value) = self { Some(value) } else { None }
    }

    /// The workflow variables that its expressions read.
    pub(crate) fn reads(&self) -> Vec<&str> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Expression(expression) => expression.reads.iter().map(String::as_str).collect(),
            Self::Array(items) => items.iter().flat_map(Self::reads).collect(),
            Self::Object(fields) => fields.iter().flat_map(|(_, field)| field.reads()).collect(),
        }
    }
}
