//! Rules that are as long as they may be when they are written as JSON.

use super::bounds::Edge;
use serde_json::{Value, json};

/// The most pieces that a rule names, and the longest name of one.
const MOST_SKUS: usize = 200;
const SKU_CHARACTERS: usize = 64;

/// The edge of what stands at a place, if its bytes are bound.
pub fn of(schema: &Value, pointer: &str) -> Option<Edge> {
    let most = usize::try_from(schema["x-maximum-bytes"].as_u64()?).unwrap();
    let (at, beyond) = (Some(rule(most)), rule(most + 1));
    Some(Edge { pointer: pointer.to_owned(), word: "x-maximum-bytes", at, beyond })
}

/// A rule of exactly so many bytes.
fn rule(bytes: usize) -> Value {
    let of = |skus: &[String]| json!({ "effect": { "percentage": "10" }, "target": { "lines": { "skus": skus } } });
    let length = |skus: &[String]| of(skus).to_string().len();
    let mut skus: Vec<String> = Vec::new();
    for place in 0..MOST_SKUS {
        // Of three bytes each, so that many of them are not too many.
        let mut sku = format!("{place:03}") + &"茶".repeat(SKU_CHARACTERS - 3);
        skus.push(sku.clone());
        while length(&skus) > bytes && sku.pop().is_some() {
            skus.last_mut().unwrap().clone_from(&sku);
        }
        while length(&skus) < bytes && sku.chars().count() < SKU_CHARACTERS {
            sku.push('x');
            skus.last_mut().unwrap().clone_from(&sku);
        }
        if length(&skus) == bytes {
            return of(&skus);
        }
    }
    panic!("no rule has {bytes} bytes")
}
