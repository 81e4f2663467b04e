//! What was in a settlement as CSV: the file that a shop reconciles with.

use crate::paths::OfSettlement;
use scrip_csv::Csv;
use scrip_function::{Caller, Operation};
use scrip_http::{Answer, Call, Reply};
use scrip_offline::{Offline, SettledCapture};
use scrip_refusal::Code;

pub(crate) fn operation() -> Operation {
    Operation::http("export-settlement", "Export the captures of a settlement as CSV", export_settlement)
        .description(
            "With a header line (RFC 4180), in the order in which they were paid, for the merchant's owner: at most \
             5,000 captures.",
        )
        .callers(&[Caller::User])
        .refuses(&[Code::NotFound, Code::TooMany])
        .csv()
        .budget(5, 0)
}

pub(crate) async fn export_settlement(offline: Offline, call: Call<OfSettlement>) -> Answer {
    let user = call.user()?;
    let (merchant, settlement) = (call.path.merchant()?, call.path.settlement()?);
    let merchant = offline.directory().merchant_of_owner(&merchant, &user.id).await?;

    let captures = offline.all_settled(&merchant.id, &settlement).await?;

    let mut csv =
        Csv::new(&["transaction", "order_reference", "device", "amount", "currency", "at", "settled_at"]);
    for capture in &captures {
        csv.row(&row(capture));
    }
    Reply::csv(csv.into_text())
}

/// The amount is in minor units, as everywhere.
fn row(capture: &SettledCapture) -> [String; 7] {
    [
        capture.transaction.clone(),
        capture.order_reference.clone(),
        capture.device.clone(),
        capture.amount.amount.to_string(),
        capture.amount.currency.code().to_owned(),
        capture.at.to_string(),
        capture.settled_at.to_string(),
    ]
}
