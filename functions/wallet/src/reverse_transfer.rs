//! `POST /v1/transfers/{transfer}/reversals`: the payee sends all or a part back.

use crate::Wallet;
use crate::access::no_such_transfer;
use schemars::JsonSchema;
use scrip_http::limits::{MAX_REFERENCE_CHARACTERS, check_text};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountId, ReversalOrder, TransferRecord};
use scrip_money::Money;
use scrip_refusal::{Code, Failure, Refusal};
use serde::Deserialize;

/// How much is sent back, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReverseTransfer {
    /// All that is left of the transfer, if not said.
    amount: Option<Money>,
    reference: Option<String>,
}

/// # Errors
/// `not-found`, `wrong-role` for the payer, `currency-mismatch`, `insufficient-funds`, `reversal-exceeds-transfer`,
/// `not-reversible`.
pub(crate) async fn reverse_transfer(wallet: Wallet, call: Call) -> Answer {
    let id = call.id("transfer", "txn_")?;
    let origin = call.origin()?;
    let request: ReverseTransfer = call.body()?;
    let amount = request.amount.map(|amount| amount.positive("/amount")).transpose()?;
    if let Some(reference) = &request.reference {
        check_text(reference, "/reference", MAX_REFERENCE_CHARACTERS)?;
    }
    let transfer = wallet.ledger.transfer_by_id(&id).await?.ok_or_else(no_such_transfer)?;
    require_payee(&wallet, &call, &transfer).await?;

    let order = ReversalOrder { transfer, amount, reference: request.reference };
    let reversed = wallet.ledger.reverse(order, &origin).await?;

    Ok(Reply::created(&reversed.value.view()?)?.replayed(reversed.replayed))
}

async fn require_payee(wallet: &Wallet, call: &Call, transfer: &TransferRecord) -> Result<(), Failure> {
    let account = |id: &str| AccountId::parse(id).ok_or_else(|| Failure::broken("a transfer with a bad account"));
    if wallet.holds(call.principal(), &account(&transfer.credit_account)?).await? {
        return Ok(());
    }
    if wallet.holds(call.principal(), &account(&transfer.debit_account)?).await? {
        return Err(Refusal::new(Code::WrongRole, "Only the payee can send a transfer back.").into());
    }
    Err(no_such_transfer().into())
}
