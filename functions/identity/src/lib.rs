//! The one authorizer of the API: it proves who calls, for every operation and every kind of caller.

mod issuer_keys;
mod permission;

use scrip_capability::Capability;
use scrip_clock::Clock;
use scrip_directory::Directory;
use scrip_function::{FromInvocation, Invocation, World};
use scrip_identity::UserTokens;
use scrip_refusal::Failure;
use std::sync::Arc;

scrip_function::operations! {
    "identity": "Who calls.";
    authorize,
}

/// What proves who calls.
pub struct Proofs {
    users: Arc<UserTokens>,
    directory: Directory,
    clock: Clock,
}

impl FromInvocation for Proofs {
    fn from_invocation(invocation: &Invocation) -> Result<Self, Failure> {
        let world = &invocation.world;
        Ok(Self {
            users: world.keep(|| user_tokens(world))?,
            directory: Directory::new(&invocation.context)?,
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
