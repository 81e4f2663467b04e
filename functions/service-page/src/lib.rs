//! The page on which operators verify coupons, served beside the API that it calls. What it is made of stands in
//! `web/service-page`; here are its files as they are built.

mod files;
mod get_service_page;
mod sign_in;

use scrip_function::{Capability, Function, Invocation, Operation};
use scrip_refusal::Failure;
use sign_in::Configuration;

/// What the page is served with.
pub struct Page {
    configuration: Configuration,
}

impl Capability for Page {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        Ok(Self { configuration: Configuration::of(&invocation.world.environment) })
    }
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![Function::http("get-service-page", get_service_page::get_service_page)]
}

/// The contracts.
pub fn operations() -> Vec<Operation> {
    vec![get_service_page::contract()]
}
