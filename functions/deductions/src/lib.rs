//! The operations on deductions.

mod calculate_deduction;
mod get_deduction_receipt;
mod get_deduction_rule;
mod grant_deduction_balance;
mod list_deduction_balances;
mod list_deduction_items;
mod list_signing_keys;
mod put_deduction_item;
mod transfer_deduction;

use scrip_deduction_items::{Deductions, is_item};
use scrip_directory::Directory;
use scrip_function::{Capability, Function, Invocation, Operation};
use scrip_http::{Call, Problem};
use scrip_ledger::Ledger;
use scrip_offline::Offline;
use scrip_refusal::{Code, Failure, Refusal};
use std::ops::Deref;

/// What the operations on deductions work with.
pub struct Counter(Deductions);

impl Deref for Counter {
    type Target = Deductions;

    fn deref(&self) -> &Deductions {
        &self.0
    }
}

impl Capability for Counter {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let (world, store) = (&invocation.world, &invocation.store);
        let clock = &world.clock;
        let table = |name: &str| world.environment.get(name);
        let ledger = Ledger::new(store.clone(), table("LEDGER_TABLE")?, clock.clone());
        let directory = Directory::new(store.clone(), table("DIRECTORY_TABLE")?, clock.clone());
        let keyring = world.keyring().ok().cloned();
        // Only the operation that judges codes has their table.
        let offline = table("OFFLINE_TABLE").ok().map(|table| {
            let (ledger, directory, keyring) = (ledger.clone(), directory.clone(), keyring.clone());
            Offline::new(store.clone(), table, clock.clone(), ledger, directory, keyring)
        });
        let table = table("DEDUCTIONS_TABLE")?;
        Ok(Self(Deductions::new(store.clone(), table, clock.clone(), ledger, directory, offline, keyring)))
    }
}

/// The merchant that the path names.
fn merchant_in(call: &Call) -> Result<String, Problem> {
    call.id("merchant", "mch_")
}

/// The item that the path names.
fn item_in(call: &Call) -> Result<String, Problem> {
    match call.path_parameter("item") {
        Some(item) if is_item(item) => Ok(item.to_owned()),
        _ => Err(Refusal::new(Code::NotFound, "No item can have this name.").into()),
    }
}

fn no_such_merchant() -> Refusal {
    Refusal::new(Code::NotFound, "No merchant that you may ask has this id.")
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![
        Function::http("put-deduction-item", put_deduction_item::put_deduction_item),
        Function::http("list-deduction-items", list_deduction_items::list_deduction_items),
        Function::http("get-deduction-rule", get_deduction_rule::get_deduction_rule),
        Function::http("list-signing-keys", list_signing_keys::list_signing_keys),
        Function::http("grant-deduction-balance", grant_deduction_balance::grant_deduction_balance),
        Function::http("list-deduction-balances", list_deduction_balances::list_deduction_balances),
        Function::http("calculate-deduction", calculate_deduction::calculate_deduction),
        Function::http("transfer-deduction", transfer_deduction::transfer_deduction),
        Function::http("get-deduction-receipt", get_deduction_receipt::get_deduction_receipt),
    ]
}

/// The contracts.
pub fn operations() -> Vec<Operation> {
    vec![
        put_deduction_item::contract(),
        list_deduction_items::contract(),
        get_deduction_rule::contract(),
        list_signing_keys::contract(),
        grant_deduction_balance::contract(),
        list_deduction_balances::contract(),
        calculate_deduction::contract(),
        transfer_deduction::contract(),
        get_deduction_receipt::contract(),
    ]
}
