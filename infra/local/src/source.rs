//! The templates and the machines' definitions, which are part of the program.

use scrip_sam::Templates;
use std::collections::BTreeMap;

/// By their paths from the root template's folder.
const DEFINITIONS: &[(&str, &str)] = &[
    ("../statemachines/bill-expiry.asl.json", include_str!("../../../statemachines/bill-expiry.asl.json")),
    (
        "../statemachines/coupon-reward.asl.json",
        include_str!("../../../statemachines/coupon-reward.asl.json"),
    ),
    (
        "../statemachines/payment-request.asl.json",
        include_str!("../../../statemachines/payment-request.asl.json"),
    ),
    (
        "../statemachines/pos-settlement.asl.json",
        include_str!("../../../statemachines/pos-settlement.asl.json"),
    ),
    (
        "../statemachines/offline-authorization.asl.json",
        include_str!("../../../statemachines/offline-authorization.asl.json"),
    ),
];

/// What the platform is wired by.
#[derive(Clone, Debug)]
pub struct Source {
    pub templates: Templates,
    /// The machines' definitions, by the paths from the root's folder.
    pub definitions: BTreeMap<String, String>,
}

impl Source {
    /// Scrip itself.
    pub fn embedded() -> Self {
        let definitions =
            DEFINITIONS.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { templates: Templates::deployed(), definitions }
    }
}
