//! For either party.

use crate::access::{Access, no_such_transfer};
use crate::paths::OfTransfer;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_ledger::{AccountId, Ledger, TransferRecord, TransferView};
use scrip_refusal::{Code, Failure};

pub(crate) fn operation() -> Operation {
    Operation::http("get-transfer", "Read a transfer", get_transfer)
        .description("For the holders of its two accounts. `reversed` tells how much of it went back.")
        .callers(Caller::WITH_TOKEN)
        .refuses(&[Code::NotFound])
        .response::<TransferView>(200)
        .budget(2, 0)
}

pub(crate) async fn get_transfer(ledger: Ledger, access: Access, call: Call<OfTransfer>) -> Answer {
    let id = call.path.transfer()?;
    // What is no money is told by the items that it is of.
    let transfer = ledger.transfer_by_id(&id).await?.filter(|transfer| transfer.currency.is_money());
    let transfer = transfer.ok_or_else(no_such_transfer)?;

    if access.holds(call.principal(), &parties(&transfer)?).await?.contains(&true) {
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
