//! The operations on virtual bills.

mod add_items;
mod amend_bill;
mod cancel_bill;
mod expire_bill;
mod get_bill;
mod lapse_bill;
mod list_bills;
mod open_bill;
mod remove_item;
mod request_verification;
mod verify_bill;

use scrip_bills::{BILL_PREFIX, Bills};
use scrip_directory::Directory;
use scrip_function::{Capability, Function, Invocation, Operation};
use scrip_http::{Call, Problem};
use scrip_ledger::Ledger;
use scrip_refusal::Failure;
use std::ops::Deref;

/// What the operations on bills work with.
pub struct Desk(Bills);

impl Deref for Desk {
    type Target = Bills;

    fn deref(&self) -> &Bills {
        &self.0
    }
}

impl Capability for Desk {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let (world, store) = (&invocation.world, &invocation.store);
        let clock = &world.clock;
        let table = |name: &str| world.environment.get(name);
        let ledger = Ledger::new(store.clone(), table("LEDGER_TABLE")?, clock.clone());
        let directory = Directory::new(store.clone(), table("DIRECTORY_TABLE")?, clock.clone());
        let keyring = world.keyring().ok().cloned();
        Ok(Self(Bills::new(store.clone(), table("BILLS_TABLE")?, clock.clone(), ledger, directory, keyring)))
    }
}

/// The bill that the path names.
fn bill_in(call: &Call) -> Result<String, Problem> {
    call.id("bill", BILL_PREFIX)
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![
        Function::http("open-bill", open_bill::open_bill),
        Function::http("list-bills", list_bills::list_bills),
        Function::http("get-bill", get_bill::get_bill),
        Function::http("add-items", add_items::add_items),
        Function::http("remove-item", remove_item::remove_item),
        Function::http("request-verification", request_verification::request_verification),
        Function::http("verify-bill", verify_bill::verify_bill),
        Function::http("amend-bill", amend_bill::amend_bill),
        Function::http("cancel-bill", cancel_bill::cancel_bill),
        Function::task("expire-bill", expire_bill::expire_bill),
        Function::task("lapse-bill", lapse_bill::lapse_bill),
    ]
}

/// The contracts.
pub fn operations() -> Vec<Operation> {
    vec![
        open_bill::contract(),
        list_bills::contract(),
        get_bill::contract(),
        add_items::contract(),
        remove_item::contract(),
        request_verification::contract(),
        verify_bill::contract(),
        amend_bill::contract(),
        cancel_bill::contract(),
    ]
}
