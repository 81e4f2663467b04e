//! The owner names a user for some of the stores, instead of any before.

use crate::paths::OfMerchant;
use schemars::JsonSchema;
use scrip_directory::{Directory, NewOperator, OperatorView};
use scrip_fields::schema::{User, Word};
use scrip_fields::{MAX_STORE_CHARACTERS, check_user, check_word};
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_refusal::{Code, Refusal};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;

pub(crate) fn operation() -> Operation {
    Operation::http("name-operator", "Name an operator for some of a merchant's stores", name_operator)
        .description(
            "Operators verify coupons in their stores. The stores named take the place of any that the user \
             was named for before.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound])
        .request::<NameOperator>()
        .response::<OperatorView>(201)
        .budget(3, 6)
}

const MAX_OPERATOR_STORES: usize = 100;

/// Who may verify coupons for the merchant, and where.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "user": "olga", "stores": ["s1"] }))]
pub(crate) struct NameOperator {
    /// The user's id: 1 to 255 visible ASCII characters.
    #[schemars(with = "User")]
    user: String,
    /// 1 to 100 stores, each once: 1 to 32 letters, digits, `-` and `_`.
    #[schemars(
        with = "Vec<Word<MAX_STORE_CHARACTERS>>",
        length(min = 1, max = MAX_OPERATOR_STORES),
        extend("uniqueItems" = true)
    )]
    stores: Vec<String>,
}

pub(crate) async fn name_operator(directory: Directory, call: Call<OfMerchant>) -> Answer {
    let user = call.user()?;
    let merchant = call.path.merchant()?;
    let origin = call.origin()?;
    let request: NameOperator = call.body()?;
    check_user(&request.user, "/user")?;
    check_stores(&request.stores)?;
    let merchant = directory.merchant_of_owner(&merchant, &user.id).await?;

    let new = NewOperator { user: request.user, stores: request.stores };
    let named = directory.name_operator(&merchant, new, &origin).await?;

    Ok(Reply::created(&named.value.view()?)?.replayed(named.replayed))
}

fn check_stores(stores: &[String]) -> Result<(), Refusal> {
    if stores.is_empty() {
        return Err(Refusal::field("/stores", Code::OutOfRange, "at least one store"));
    }
    if stores.len() > MAX_OPERATOR_STORES {
        return Err(Refusal::field(
            "/stores",
            Code::TooMany,
            format!("at most {MAX_OPERATOR_STORES} stores"),
        ));
    }
    let mut seen = BTreeSet::new();
    for (index, store) in stores.iter().enumerate() {
        let pointer = format!("/stores/{index}");
        check_word(store, &pointer, MAX_STORE_CHARACTERS)?;
        if !seen.insert(store) {
            return Err(Refusal::field(pointer, Code::InvalidField, "each store once"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(stores: &[&str]) -> Result<(), (String, Code)> {
        let stores: Vec<_> = stores.iter().map(|store| (*store).to_owned()).collect();
        check_stores(&stores).map_err(|refusal| (refusal.fields[0].pointer.clone(), refusal.fields[0].code))
    }

    #[test]
    fn stores_are_1_to_100_and_differ() {
        assert_eq!(checked(&["s1", "s2"]), Ok(()));
        assert_eq!(checked(&[]), Err(("/stores".into(), Code::OutOfRange)));
        assert_eq!(checked(&["s1", "s 2"]), Err(("/stores/1".into(), Code::InvalidField)));
        assert_eq!(checked(&["s1", "s2", "s1"]), Err(("/stores/2".into(), Code::InvalidField)));
        assert_eq!(checked(&["s"; 101]), Err(("/stores".into(), Code::TooMany)));
    }
}
