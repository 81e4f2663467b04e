//! All functions and their contracts, by capability.

use scrip_function::{Function, Operation};

/// The functions that the template may name.
pub fn functions() -> Vec<Function> {
    [
        scrip_identity_functions::functions(),
        scrip_offline_functions::functions(),
        scrip_wallet_functions::functions(),
        scrip_coupon_functions::functions(),
        scrip_deduction_functions::functions(),
        scrip_directory_functions::functions(),
        scrip_bills_functions::functions(),
        scrip_service_page_functions::functions(),
        scrip_workflow_functions::functions(),
    ]
    .concat()
}

/// What the `OpenAPI` document says of those behind routes.
pub fn operations() -> Vec<Operation> {
    [
        scrip_wallet_functions::operations(),
        scrip_directory_functions::operations(),
        scrip_bills_functions::operations(),
        scrip_offline_functions::operations(),
        scrip_coupon_functions::operations(),
        scrip_deduction_functions::operations(),
        scrip_service_page_functions::operations(),
    ]
    .concat()
}
