//! The operations of offline payments.

mod paths;

use scrip_http::Device;
use scrip_offline::Pos;

scrip_function::operations! {
    "offline": "Offline payments: authorized while a user is online, made by points of sale with a code.";
    authorize_offline,
    list_authorizations,
    get_authorization,
    revoke_authorization,
    create_pos_transaction,
    get_pos_transaction,
    find_pos_transactions,
    reverse_pos_transaction,
    create_pos_batch,
    get_pos_batch,
    list_settlements,
    get_settlement,
    export_settlement,
    expire_authorization,
    erase_authorization_secret,
    settle_captures,
    compensate_pos_transaction,
    work_pos_batch,
}

/// The point of sale that calls.
fn pos_of(device: &Device) -> Pos<'_> {
    Pos { device: &device.id, merchant: &device.merchant, currency: &device.currency }
}
