//! `scrip demo`: stories of bills, offline payments, deductions and coupons, played against a platform that runs.

mod cast;
mod paint;
mod stage;
mod story;

use crate::address::{self, Address};
use anyhow::{Context, bail, ensure};
use clap::Args;
use stage::Stage;

/// Where it is played. Every run has users of its own, so it can be repeated on the same data.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    #[command(flatten)]
    address: Address,
}

impl Demo {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let base = self.address.base();
        let http = address::client()?;
        match http.get(format!("{base}/local/health")).send().await {
            Ok(health) => ensure!(health.status().is_success(), "{base} is not the embedded platform"),
            Err(error) if error.is_connect() => {
                bail!("nothing listens at {base}; start it with `cargo run` first")
            }
            Err(error) => return Err(error).with_context(|| format!("{base} does not answer")),
        }
        let mut stage = Stage::new(http, base);
        let cast = cast::enter(&mut stage).await?;
        story::bill::paid(&mut stage, &cast).await?;
        story::bill::unpaid(&mut stage, &cast).await?;
        story::bill::expired(&mut stage, &cast).await?;
        let phone = story::offline::paid(&mut stage, &cast).await?;
        story::deduction::agreed(&mut stage, &cast, &phone).await?;
        story::coupon::shared(&mut stage, &cast).await?;
        let check = format!("cargo run -- audit --url {}", stage.base());
        stage::say(&format!("The end. Whether all is true that is stored now:\n  {check}"))
    }
}
