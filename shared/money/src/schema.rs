//! How the API's description shows amounts that have bounds.

use crate::{MAX_AMOUNT_MINOR_UNITS, Money};
use schemars::{Schema, SchemaGenerator, json_schema};

/// Stands for [`Money`] that a request may name: above zero, as [`Money::positive`] has it.
#[derive(Debug)]
pub enum PositiveMoney {}

/// Stands for [`Money`] that is zero or more.
#[derive(Debug)]
pub enum NonNegativeMoney {}

/// The bounds stand beside the reference, so that clients know one type of money alone.
fn bounded(generator: &mut SchemaGenerator, least: i64) -> Schema {
    let mut schema = generator.subschema_for::<Money>();
    let amount = json_schema!({ "minimum": least, "maximum": MAX_AMOUNT_MINOR_UNITS });
    schema.insert("properties".to_owned(), json_schema!({ "amount": amount }).to_value());
    schema
}

scrip_schema::inline!(PositiveMoney: |generator| bounded(generator, 1));
scrip_schema::inline!(NonNegativeMoney: |generator| bounded(generator, 0));
