//! `scrip webhook`: what a third party's server does before it posts a confirmation (Standard Webhooks).

use crate::{address::Address, answer};
use anyhow::{anyhow, ensure};
use clap::{Args, Subcommand};
use scrip_webhook::{MAX_ID_CHARACTERS, Secret};

/// What is done with a message.
#[derive(Args, Debug)]
pub(crate) struct Webhook {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Sign a message: prints its headers, for `curl -H @file`
    Sign(Sign),
}

#[derive(Args, Debug)]
struct Sign {
    /// The secret, as setting up the key answered it, whsec_…
    #[arg(long, env = "SCRIP_WEBHOOK_SECRET", hide_env_values = true)]
    secret: String,
    /// The message's id: the same in each delivery of it
    #[arg(long, value_parser = message_id)]
    id: String,
    /// The body, as it is sent to the last byte
    #[arg(long)]
    body: String,
    #[command(flatten)]
    address: Address,
}

impl Webhook {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Action::Sign(Sign { secret, id, body, address }) = self.action;
        let secret = Secret::parse(secret.trim()).map_err(|why| anyhow!("--secret: {why}"))?;
        let timestamp = address.now().await.as_second();
        let signature = secret.sign(&id, timestamp, body.as_bytes());
        answer(&format!("webhook-id: {id}\nwebhook-timestamp: {timestamp}\nwebhook-signature: {signature}"))
    }
}

fn message_id(text: &str) -> anyhow::Result<String> {
    let fits = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
    ensure!(
        fits && (1..=MAX_ID_CHARACTERS).contains(&text.len()),
        "1 to {MAX_ID_CHARACTERS} visible characters without a dot"
    );
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_an_id_that_can_be_signed() {
        for good in ["msg_1", "8c1b7c0e-0a", &"x".repeat(MAX_ID_CHARACTERS)] {
            assert_eq!(message_id(good).unwrap(), good);
        }
        for bad in ["", "a.b", "a b", "ü", &"x".repeat(MAX_ID_CHARACTERS + 1)] {
            assert!(message_id(bad).is_err(), "{bad}");
        }
    }
}
