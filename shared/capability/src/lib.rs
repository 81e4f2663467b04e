//! What a capability is made of, for one invocation: the store, the time, the keys, and the names of tables.
//!
//! A capability such as bills is a struct that [`capability!`] writes: its own table, and the capabilities that it
//! stands on. All are made the same way, [`Capability::new`], so that an operation has whichever it needs by naming it.

mod context;
mod environment;
mod kept;

pub use context::Context;
pub use environment::Environment;
pub use kept::Kept;
#[doc(hidden)]
pub use {scrip_clock, scrip_identity, scrip_refusal, scrip_store};

use scrip_identity::{Keyring, NotHeld, NotOpened};
use scrip_refusal::Failure;

/// What operations work with, made anew for each invocation.
pub trait Capability: Sized {
    /// Makes it of what the invocation has.
    ///
    /// # Errors
    /// The function is not given something that it needs, such as the name of a table.
    fn new(context: &Context) -> Result<Self, Failure>;
}

impl Capability for Keyring {
    fn new(context: &Context) -> Result<Self, Failure> {
        context.keyring.clone().ok_or_else(without_keyring)
    }
}

/// For what some operations can do without, such as a table that others have no right to.
impl<C: Capability> Capability for Option<C> {
    fn new(context: &Context) -> Result<Self, Failure> {
        Ok(C::new(context).ok())
    }
}

/// Why nothing can be signed, sealed or checked: the template does not name the master secret for this function.
pub fn without_keyring() -> Failure {
    Failure::broken("this function has no master secret")
}

/// What comes of something that was made under keys that are not held. Newer ones are known to this process after minutes;
/// where older ones can be missed, that is a refusal of the capability's own.
pub fn not_held(error: NotHeld) -> Failure {
    if error.is_newer() { Failure::Busy(error.to_string()) } else { Failure::broken(error) }
}

/// What comes of something, named by `what`, that was sealed by us and does not open.
pub fn not_opened(error: NotOpened, what: &str) -> Failure {
    match error {
        NotOpened::NotHeld(error) if error.is_newer() => not_held(error),
        error => Failure::broken(format!("{what} does not open: {error}")),
    }
}

/// Writes the struct of a capability: where its items are, the time, the keyring of the functions that have one, and
/// the capabilities that it stands on.
///
/// ```
/// use scrip_capability::capability;
///
/// capability! {
///     /// Who is who.
///     pub struct Directory in "DIRECTORY_TABLE" {}
/// }
/// capability! {
///     /// Virtual bills.
///     pub struct Bills in "BILLS_TABLE" {
///         /// Whom a bill's changes are told.
///         pub directory: Directory,
///     }
/// }
/// ```
#[macro_export]
macro_rules! capability {
    (
        $(#[$meta:meta])*
        pub struct $name:ident in $table:literal {
            $($(#[$field_meta:meta])* $visibility:vis $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name {
            pub(crate) store: $crate::scrip_store::Store,
            pub(crate) table: String,
            pub(crate) clock: $crate::scrip_clock::Clock,
            keyring: Option<$crate::scrip_identity::Keyring>,
            $($(#[$field_meta])* $visibility $field: $type,)*
        }

        impl $crate::Capability for $name {
            fn new(context: &$crate::Context) -> Result<Self, $crate::scrip_refusal::Failure> {
                Ok(Self {
                    store: context.store.clone(),
                    table: context.environment.get($table)?.to_owned(),
                    clock: context.clock.clone(),
                    keyring: context.keyring.clone(),
                    $($field: <$type as $crate::Capability>::new(context)?,)*
                })
            }
        }

        impl $name {
            /// The keyring, for operations that sign, seal or check something.
            pub fn keyring(&self) -> Result<&$crate::scrip_identity::Keyring, $crate::scrip_refusal::Failure> {
                self.keyring.as_ref().ok_or_else($crate::without_keyring)
            }

            /// The time now.
            pub fn now(&self) -> $crate::scrip_clock::Timestamp {
                self.clock.now()
            }

            /// The name of its table.
            pub fn table(&self) -> &str {
                &self.table
            }
        }
    };
}
