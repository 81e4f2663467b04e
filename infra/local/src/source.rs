//! The template and the machines' definitions, which are part of the program.

use std::collections::BTreeMap;

const TEMPLATE: &str = include_str!("../../template.yaml");
/// By their paths from the template's folder.
const DEFINITIONS: &[(&str, &str)] = &[
    ("../statemachines/bill-expiry.asl.json", include_str!("../../../statemachines/bill-expiry.asl.json")),
    (
        "../statemachines/coupon-reward.asl.json",
        include_str!("../../../statemachines/coupon-reward.asl.json"),
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
    pub template: String,
    /// The machines' definitions, by the paths that the template names.
    pub definitions: BTreeMap<String, String>,
}

impl Source {
    /// Scrip itself.
    pub fn embedded() -> Self {
        let definitions =
            DEFINITIONS.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { template: TEMPLATE.to_owned(), definitions }
    }
}
