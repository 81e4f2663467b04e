//! `GET /v1/transfers/{transfer}`: for either party.

use crate::Wallet;
use crate::access::no_such_transfer;
use scrip_function::Operation;
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountId, TransferRecord, TransferView};
use scrip_refusal::{Code, Failure};

/// # Errors
/// `not-found`, also for a transfer between others.
pub(crate) async fn get_transfer(wallet: Wallet, call: Call) -> Answer {
    let id = call.id("transfer", "txn_")?;
    // What is no money is told by the items that it is of.
    let transfer = wallet.ledger.transfer_by_id(&id).await?.filter(|transfer| transfer.currency.is_money());
    let transfer = transfer.ok_or_else(no_such_transfer)?;

    if wallet.holds(call.principal(), &parties(&transfer)?).await?.contains(&true) {
        return Reply::ok(&transfer.view()?);
    }
    Err(no_such_transfer().into())
}

/// The payee's account, then the payer's.
pub(crate) fn parties(transfer: &TransferRecord) -> Result<[AccountId; 2], Failure> {
    let account =
        |id: &str| AccountId::stored(id).ok_or_else(|| Failure::broken("a transfer with a bad account"));
    Ok([account(&transfer.credit_account)?, account(&transfer.debit_account)?])
}

/// What the API's description says of it.
pub(crate) fn contract() -> Operation {
    Operation::new("get-transfer", "Read a transfer", &[Code::NotFound]).response::<TransferView>(200)
}
