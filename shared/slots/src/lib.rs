//! What is due later. An item that has to be looked at again carries its slot: of which kind it is, in which shard of it it
//! lies, when it is due. It is written with the item and removed by the write that ends it, so that whoever asks what is
//! due finds just that.

mod due;
mod kind;
mod pause;
mod shards;
mod slot;

pub use due::{DUE_INDEX, Due, due_by, lying_in};
pub use kind::Kind;
pub use pause::{LATE_AFTER, PUT_OFF_MOST};
pub use shards::{SHARDS_MOST, SLOT_SHARDS, Shards};
pub use slot::{Slot, Waiting, leave};

use scrip_capability::{Capability, Context};
use scrip_clock::Timestamp;
use scrip_refusal::Failure;

/// What a capability puts its items into slots with.
#[derive(Clone, Debug)]
pub struct Slots(Shards);

impl Capability for Slots {
    fn new(context: &Context) -> Result<Self, Failure> {
        Ok(Self(Shards::of(&context.environment)?))
    }
}

impl Slots {
    /// The slot in which `item` waits until `at` for that moment of its kind.
    pub fn slot(&self, kind: Kind, moment: &str, item: &str, at: Timestamp) -> Slot {
        Slot::new(&self.0, kind, moment, item, at)
    }
}
