//! The directory's operations: PINs, devices, merchants, operators, notifications.

mod create_merchant;
mod create_webhook_key;
mod list_contacts;
mod list_notifications;
mod list_own_stores;
mod list_webhook_keys;
mod name_operator;
mod put_contact;
mod register_device;
mod register_merchant_device;
mod remove_contact;
mod remove_webhook_key;
mod set_pin;
mod word;

use scrip_directory::Directory;
use scrip_function::{Capability, Function, Invocation, Operation};
use scrip_identity::Keyring;
use scrip_ledger::Ledger;
use scrip_refusal::Failure;

/// What the directory's operations work with.
pub struct Registry {
    directory: Directory,
    ledger: Ledger,
}

/// What is needed where PINs are set.
pub struct Pins {
    directory: Directory,
    keyring: Keyring,
}

/// What is needed where secrets of webhooks are told.
pub struct Webhooks {
    directory: Directory,
    keyring: Keyring,
}

impl Capability for Webhooks {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        Ok(Self { directory: directory(invocation)?, keyring: invocation.world.keyring()?.clone() })
    }
}

impl Capability for Registry {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let world = &invocation.world;
        let ledger = world.environment.get("LEDGER_TABLE")?;
        Ok(Self {
            directory: directory(invocation)?,
            ledger: Ledger::new(invocation.store.clone(), ledger, world.clock.clone()),
        })
    }
}

impl Capability for Pins {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        Ok(Self { directory: directory(invocation)?, keyring: invocation.world.keyring()?.clone() })
    }
}

fn directory(invocation: &Invocation) -> Result<Directory, Failure> {
    let world = &invocation.world;
    let table = world.environment.get("DIRECTORY_TABLE")?;
    Ok(Directory::new(invocation.store.clone(), table, world.clock.clone()))
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![
        Function::http("set-pin", set_pin::set_pin),
        Function::http("register-device", register_device::register_device),
        Function::http("create-merchant", create_merchant::create_merchant),
        Function::http("name-operator", name_operator::name_operator),
        Function::http("register-merchant-device", register_merchant_device::register_merchant_device),
        Function::http("put-contact", put_contact::put_contact),
        Function::http("remove-contact", remove_contact::remove_contact),
        Function::http("list-contacts", list_contacts::list_contacts),
        Function::http("list-own-stores", list_own_stores::list_own_stores),
        Function::http("create-webhook-key", create_webhook_key::create_webhook_key),
        Function::http("list-webhook-keys", list_webhook_keys::list_webhook_keys),
        Function::http("remove-webhook-key", remove_webhook_key::remove_webhook_key),
        Function::http("list-notifications", list_notifications::list_notifications),
    ]
}

/// The contracts.
pub fn operations() -> Vec<Operation> {
    vec![
        set_pin::contract(),
        register_device::contract(),
        create_merchant::contract(),
        name_operator::contract(),
        register_merchant_device::contract(),
        put_contact::contract(),
        remove_contact::contract(),
        list_contacts::contract(),
        list_own_stores::contract(),
        create_webhook_key::contract(),
        list_webhook_keys::contract(),
        remove_webhook_key::contract(),
        list_notifications::contract(),
    ]
}
