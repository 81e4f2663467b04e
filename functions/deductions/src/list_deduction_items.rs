//! All for the owner, those that count now for the merchant's terminals
//! and for users. With `?automatic=true`, those that a terminal has to apply unasked.

use crate::no_such_merchant;
use crate::paths::OfMerchant;
use scrip_deduction_items::{Deductions, ItemView, Listed};
use scrip_function::{Caller, Operation, QueryParameter};
use scrip_http::{Answer, Call, Principal, Problem, Reply};
use scrip_refusal::{Code, Refusal};

pub(crate) fn operation() -> Operation {
    Operation::http("list-deduction-items", "List a merchant's deduction items by name", list_deduction_items)
        .description(
            "All of them for the owner; for users and the merchant's terminals, those that count now.",
        )
        .callers(&[Caller::User, Caller::Terminal])
        .refuses(&[Code::NotFound])
        .query(QUERY)
        .list::<ItemView>()
        .budget(2, 0)
}

const QUERY: &[QueryParameter] = &[QueryParameter::of::<bool>(
    "automatic",
    "With true, those that apply without being named: at most ten.",
)];

pub(crate) async fn list_deduction_items(deductions: Deductions, call: Call<OfMerchant>) -> Answer {
    let merchant = call.path.merchant()?;
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

async fn listed(deductions: &Deductions, call: &Call<OfMerchant>, merchant: &str) -> Result<Listed, Problem> {
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
