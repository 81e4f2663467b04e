//! The operations on deductions.

mod paths;

use scrip_refusal::{Code, Refusal};

scrip_function::operations! {
    "deductions": "Coupons, members' prices, points, stored value and promotions as signed rules, calculated twice.";
    put_deduction_item,
    list_deduction_items,
    get_deduction_rule,
    list_signing_keys,
    grant_deduction_balance,
    list_deduction_balances,
    calculate_deduction,
    transfer_deduction,
    get_deduction_receipt,
}

fn no_such_merchant() -> Refusal {
    Refusal::new(Code::NotFound, "No merchant that you may ask has this id.")
}
