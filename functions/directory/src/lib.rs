//! The directory's operations: PINs, devices, merchants, operators, notifications.

mod create_merchant;
mod list_notifications;
mod name_operator;
mod register_device;
mod register_merchant_device;
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
        list_notifications::contract(),
    ]
}
