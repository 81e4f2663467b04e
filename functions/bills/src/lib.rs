//! The operations on virtual bills.

mod paths;

scrip_function::operations! {
    "bills": "Virtual bills: opened for a while, filled by terminals nearby, verified by the user, settled to all.";
    open_bill,
    list_bills,
    get_bill,
    add_items,
    remove_item,
    request_verification,
    verify_bill,
    amend_bill,
    cancel_bill,
    expire_bill,
    lapse_bill,
}
