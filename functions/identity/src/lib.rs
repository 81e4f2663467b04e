//! The one authorizer of the API: it proves who calls, for every operation and every kind of caller.

mod authorize;
mod issuer_keys;
mod permission;

use scrip_clock::Clock;
use scrip_directory::Directory;
use scrip_function::{Capability, Function, Invocation, Trigger, World};
use scrip_identity::UserTokens;
use scrip_refusal::Failure;
use std::sync::Arc;

/// What proves who calls.
pub struct Proofs {
    users: Arc<UserTokens>,
    directory: Directory,
    clock: Clock,
}

impl Capability for Proofs {
    fn of(invocation: &Invocation) -> Result<Self, Failure> {
        let world = &invocation.world;
        let table = world.environment.get("DIRECTORY_TABLE")?;
        Ok(Self {
            users: world.keep(|| user_tokens(world))?,
            directory: Directory::new(invocation.store.clone(), table, world.clock.clone()),
            clock: world.clock.clone(),
        })
    }
}

fn user_tokens(world: &World) -> Result<UserTokens, Failure> {
    let issuer = world.environment.get("TOKEN_ISSUER")?;
    let audience = world.environment.get("TOKEN_AUDIENCE")?;
    let keys = issuer_keys::issuer_keys(world, world.environment.get("TOKEN_JWKS_URL")?)?;
    Ok(UserTokens::new(issuer, audience, keys))
}

/// The catalog.
pub fn functions() -> Vec<Function> {
    vec![Function::event("authorize", Trigger::Authorizer, authorize::authorize)]
}
