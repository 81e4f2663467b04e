//! `GET /v1/merchants/{merchant}/deduction-items`: all for the owner, those that count now for the merchant's terminals
//! and for users. With `?automatic=true`, those that a terminal has to apply unasked.

use crate::{Counter, merchant_in, no_such_merchant};
use scrip_deduction_items::{ItemView, Listed};
use scrip_function::Operation;
use scrip_http::{Answer, Call, Principal, Problem, Reply};
use scrip_refusal::{Code, Refusal};

/// # Errors
/// `wrong-role`, `not-found`, `invalid-cursor`.
pub(crate) async fn list_deduction_items(deductions: Counter, call: Call) -> Answer {
    let merchant = merchant_in(&call)?;
    let page = call.page()?;
    let is_automatic = is_automatic(call.query("automatic"))?;
    let listed = listed(&deductions, &call, &merchant).await?;

    let found = if is_automatic {
        deductions.list_automatic(&merchant, listed, &page).await?
    } else {
        deductions.list(&merchant, listed, &page).await?
    };
    Reply::page(&found)
}

async fn listed(deductions: &Counter, call: &Call, merchant: &str) -> Result<Listed, Problem> {
    match call.principal() {
        Principal::User(user) => match deductions.directory.merchant(merchant).await? {
            Some(merchant) if merchant.owner == user.id => Ok(Listed::All),
            Some(_) => Ok(Listed::Current),
            None => Err(no_such_merchant().into()),
        },
        Principal::Device(_) | Principal::Unproven if call.terminal()?.merchant == merchant => {
            Ok(Listed::Current)
        }
        Principal::Device(_) | Principal::Unproven => Err(no_such_merchant().into()),
    }
}

fn is_automatic(query: Option<&str>) -> Result<bool, Refusal> {
    match query {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Refusal::field("/automatic", Code::InvalidField, "true or false")),
    }
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new(
        "list-deduction-items",
        "List a merchant's deduction items by name",
        &[Code::WrongRole, Code::NotFound],
    )
    .query(&[("automatic", "With true, those that apply without being named: at most ten.")])
    .list::<ItemView>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_is_true_or_false() {
        assert_eq!(is_automatic(None), Ok(false));
        assert_eq!((is_automatic(Some("true")), is_automatic(Some("false"))), (Ok(true), Ok(false)));
        for bad in ["", "1", "True", "yes"] {
            assert!(is_automatic(Some(bad)).is_err(), "{bad}");
        }
    }
}
