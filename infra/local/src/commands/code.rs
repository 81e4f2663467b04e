//! `scrip code`: the code that a phone shows at a terminal.

use super::{address::Address, answer};
use anyhow::anyhow;
use clap::Args;
use scrip_identity::PresentationKey;

/// Whose code, and where.
#[derive(Args, Debug)]
pub(crate) struct Code {
    /// The bill's `presentation_key`, as its opening answered it
    #[arg(long)]
    key: String,
    #[command(flatten)]
    address: Address,
}

impl Code {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let key: PresentationKey = self
            .key
            .trim()
            .parse()
            .map_err(|_| anyhow!("--key is not a bill's presentation_key (43 characters)"))?;
        answer(&key.code_at(self.address.now().await))
    }
}
