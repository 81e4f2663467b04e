//! The operations on virtual bills.

mod paths;

scrip_function::operations! {
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
