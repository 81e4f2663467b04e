//! The operations of offline payments.

mod authorize_offline;
mod compensate_pos_transaction;
mod create_pos_batch;
mod create_pos_transaction;
mod erase_authorization_secret;
mod expire_authorization;
mod find_pos_transactions;
mod get_authorization;
mod get_pos_batch;
mod get_pos_transaction;
mod list_authorizations;
mod reverse_pos_transaction;
mod revoke_authorization;
mod settle_pos_transaction;
mod work_pos_batch;

use scrip_directory::Directory;
use scrip_function::{Capability, Function, Invocation, Operation, Trigger};
use scrip_http::{Call, Device, Problem};
use scrip_ledger::Ledger;
use scrip_offline::{AUTHORIZATION_PREFIX, Offline, Pos, Reference};
use scrip_refusal::{Code, Failure, Refusal};
use std::ops::Deref;

/// What the operations of offline payments work with.
pub struct Till {
    offline: Offline,
    invocation: Invocation,
}

impl Deref for Till {
    type Target = Offline;

    fn deref(&self) -> &Offline {
        &self.offline
    }
}

impl Capability for Till {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let (world, store) = (&invocation.world, &invocation.store);
        let clock = &world.clock;
        let table = |name: &str| world.environment.get(name);
        let ledger = Ledger::new(store.clone(), table("LEDGER_TABLE")?, clock.clone());
        let directory = Directory::new(store.clone(), table("DIRECTORY_TABLE")?, clock.clone());
        let keyring = world.keyring().ok().cloned();
        let offline =
            Offline::new(store.clone(), table("OFFLINE_TABLE")?, clock.clone(), ledger, directory, keyring);
        Ok(Self { offline, invocation: invocation.clone() })
    }
}

/// The point of sale that calls.
fn pos_of(device: &Device) -> Pos<'_> {
    Pos { device: &device.id, merchant: &device.merchant, currency: &device.currency }
}

/// The transaction that the path names, by its id or order reference.
fn reference_in(call: &Call) -> Result<Reference, Problem> {
    let reference = call.path_parameter("transaction").and_then(Reference::parse);
    Ok(reference.ok_or_else(|| Refusal::new(Code::NotFound, "Nothing has this id or order reference."))?)
}

/// The authorization that the path names.
fn authorization_in(call: &Call) -> Result<String, Problem> {
    call.id("authorization", AUTHORIZATION_PREFIX)
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![
        Function::http("authorize-offline", authorize_offline::authorize_offline),
        Function::http("list-authorizations", list_authorizations::list_authorizations),
        Function::http("get-authorization", get_authorization::get_authorization),
        Function::http("revoke-authorization", revoke_authorization::revoke_authorization),
        Function::http("create-pos-transaction", create_pos_transaction::create_pos_transaction),
        Function::http("get-pos-transaction", get_pos_transaction::get_pos_transaction),
        Function::http("find-pos-transactions", find_pos_transactions::find_pos_transactions),
        Function::http("reverse-pos-transaction", reverse_pos_transaction::reverse_pos_transaction),
        Function::http("create-pos-batch", create_pos_batch::create_pos_batch),
        Function::http("get-pos-batch", get_pos_batch::get_pos_batch),
        Function::task("expire-authorization", expire_authorization::expire_authorization),
        Function::task("erase-authorization-secret", erase_authorization_secret::erase_authorization_secret),
        Function::task("settle-pos-transaction", settle_pos_transaction::settle_pos_transaction),
        Function::task("compensate-pos-transaction", compensate_pos_transaction::compensate_pos_transaction),
        Function::event("work-pos-batch", Trigger::Queue, work_pos_batch::work_pos_batch),
    ]
}

/// The contracts.
pub fn operations() -> Vec<Operation> {
    vec![
        authorize_offline::contract(),
        list_authorizations::contract(),
        get_authorization::contract(),
        revoke_authorization::contract(),
        create_pos_transaction::contract(),
        get_pos_transaction::contract(),
        find_pos_transactions::contract(),
        reverse_pos_transaction::contract(),
        create_pos_batch::contract(),
        get_pos_batch::contract(),
    ]
}
