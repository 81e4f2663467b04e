//! What is due later. An item that has to be looked at again carries its slot: of which kind it is, in which shard of it it
//! lies, when it is due. It is written with the item and removed by the write that ends it, so that whoever asks what is
//! due finds just that.

mod due;
mod kind;
mod pause;
mod shards;
mod slot;

pub use due::{DUE_INDEX, Due, due_by, due_of, lying_in};
pub use kind::Kind;
pub use pause::PUT_OFF_MOST;
pub use shards::{SHARDS_MOST, SLOT_SHARDS, Shards};
pub use slot::{Slot, Waiting, leave};

use scrip_capability::{Capability, Context};
use scrip_clock::Timestamp;
use scrip_refusal::Failure;

/// What a capability puts its items into slots with. Functions that put nothing there do without the setting.
#[derive(Clone, Debug)]
pub struct Slots(Option<Shards>);

impl Capability for Slots {
    fn new(context: &Context) -> Result<Self, Failure> {
        let setting = context.environment.get(SLOT_SHARDS).ok();
        Ok(Self(setting.map(Shards::parse).transpose()?))
    }
}

impl Slots {
    /// The slot in which `item` waits until `at` for that moment of its kind.
    ///
    /// # Errors
    /// The function is not told how many shards there are.
    pub fn slot(&self, kind: Kind, moment: &str, item: &str, at: Timestamp) -> Result<Slot, Failure> {
        Ok(Slot::new(self.shards()?, kind, moment, item, at))
    }

    fn shards(&self) -> Result<&Shards, Failure> {
        self.0.as_ref().ok_or_else(|| Failure::broken(format!("this function has no {SLOT_SHARDS}")))
    }
}
