//! Placeholders of expressions: each that is named has what it stands for, and nothing stands for none.

use aws_sdk_dynamodb::types::AttributeValue;
use scrip_refusal::Failure;
use std::collections::{BTreeSet, HashMap};

/// Compares the placeholders of an operation's expressions with what stands for them.
///
/// DynamoDB refuses both kinds of mistake, but other stores do not, and only once an operation comes that far. So each
/// operation is checked before it is sent, where debug assertions are: in the tests, which reach them all.
///
/// # Errors
/// Broken, with the expression and the placeholder.
pub(crate) fn check_placeholders<'a>(
    expressions: impl IntoIterator<Item = &'a str> + Clone,
    names: &HashMap<String, String>,
    values: &HashMap<String, AttributeValue>,
) -> Result<(), Failure> {
    let mut used = BTreeSet::new();
    for expression in expressions.clone() {
        for placeholder in placeholders(expression) {
            if !names.contains_key(placeholder) && !values.contains_key(placeholder) {
                return Err(Failure::Broken(format!("nothing stands for {placeholder} in: {expression}")));
            }
            used.insert(placeholder);
        }
    }
    let unused = names.keys().chain(values.keys()).find(|placeholder| !used.contains(placeholder.as_str()));
    match unused {
        Some(unused) => {
            let all: Vec<_> = expressions.into_iter().collect();
            Err(Failure::Broken(format!("{unused} is not used in: {}", all.join("; "))))
        }
        None => Ok(()),
    }
}

/// `#name` and `:value`, in the order of their appearance.
pub(crate) fn placeholders(expression: &str) -> impl Iterator<Item = &str> {
    expression.match_indices(['#', ':']).map(|(start, _)| {
        let rest = &expression[start..];
        let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let end = rest[1..].find(|character| !is_part(character)).map_or(rest.len(), |end| end + 1);
        &rest[..end]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UPDATE: &str = "SET #total = #total + :sum, by_merchant.#merchant = :sum";
    const CONDITION: &str = "#status = :open AND lines[3].at BETWEEN :from AND :to";

    fn check(names: &[&str], values: &[&str]) -> Result<(), String> {
        let names = names.iter().map(|name| ((*name).to_owned(), "n".to_owned())).collect();
        let values = values.iter().map(|value| ((*value).to_owned(), AttributeValue::Bool(true))).collect();
        check_placeholders([UPDATE, CONDITION], &names, &values).map_err(|failure| failure.to_string())
    }

    const NAMES: &[&str] = &["#total", "#merchant", "#status"];
    const VALUES: &[&str] = &[":sum", ":open", ":from", ":to"];

    #[test]
    fn what_fits_is_sent() {
        assert_eq!(check(NAMES, VALUES), Ok(()));
    }

    #[test]
    fn a_placeholder_without_a_value_is_named_with_its_expression() {
        let told = check(NAMES, &[":sum", ":open", ":from"]).unwrap_err();
        assert_eq!(told, format!("broken: nothing stands for :to in: {CONDITION}"));
        let told = check(&["#total", "#status"], VALUES).unwrap_err();
        assert_eq!(told, format!("broken: nothing stands for #merchant in: {UPDATE}"));
    }

    #[test]
    fn a_value_that_no_expression_uses_is_named() {
        let told = check(NAMES, &[":sum", ":open", ":from", ":to", ":sums"]).unwrap_err();
        assert_eq!(told, format!("broken: :sums is not used in: {UPDATE}; {CONDITION}"));
        let told = check(&["#total", "#merchant", "#status", "#tot"], VALUES).unwrap_err();
        assert!(told.starts_with("broken: #tot is not used"), "{told}");
    }

    proptest! {
        #[test]
        fn any_text_has_placeholders_or_none(text in "\\PC{0,60}") {
            for placeholder in placeholders(&text) {
                prop_assert!(text.contains(placeholder));
                prop_assert!(placeholder.starts_with(['#', ':']));
            }
        }

        #[test]
        fn one_that_is_left_out_is_missed(left_out in 0_usize..7) {
            let all: Vec<&str> = NAMES.iter().chain(VALUES).copied().collect();
            let given = |sign: char| -> Vec<&str> {
                let others = all.iter().enumerate().filter(|(place, _)| *place != left_out);
                others.map(|(_, name)| *name).filter(|name| name.starts_with(sign)).collect()
            };
            let told = check(&given('#'), &given(':')).unwrap_err();
            prop_assert!(told.contains(&format!("nothing stands for {} in", all[left_out])), "{}", told);
        }
    }
}
