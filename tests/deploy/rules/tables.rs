//! Tables and secrets: what is kept survives mistakes.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{SECRET, Stack, TABLE};
use serde_json::json;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "table-recoverable",
        reason: "Money that was overwritten can be read as it was at any second of the last 35 days.",
        check: |stack| {
            stack.each(TABLE, "it has no point-in-time recovery", |table| {
                table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] == true
            })
        },
        broken_by: &[
            Edit::Remove("template/Resources/LedgerTable/Properties/PointInTimeRecoverySpecification"),
            Edit::Remove("template/Resources/OfflineTable/Properties/PointInTimeRecoverySpecification"),
            Edit::Set(
                "template/Resources/BillsTable/Properties/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
                "false",
            ),
        ],
    },
    Rule {
        id: "table-forgets",
        reason: "What has outlived its use is deleted by the table itself.",
        check: |stack| {
            stack.each(TABLE, "its attribute ttl does not end an item", |table| {
                table["TimeToLiveSpecification"] == json!({ "AttributeName": "ttl", "Enabled": true })
            })
        },
        broken_by: &[
            Edit::Remove("template/Resources/DirectoryTable/Properties/TimeToLiveSpecification"),
            Edit::Set(
                "template/Resources/DirectoryTable/Properties/TimeToLiveSpecification/AttributeName",
                r#""expires""#,
            ),
        ],
    },
    Rule {
        id: "table-protected",
        reason: "A table of money is not deleted by accident, unless its stack was made to be thrown away.",
        check: protected,
        broken_by: &[
            Edit::Remove("template/Resources/LedgerTable/Properties/DeletionProtectionEnabled"),
            Edit::Set("template/Resources/LedgerTable/Properties/DeletionProtectionEnabled", "false"),
            Edit::Set(
                "template/Resources/LedgerTable/Properties/DeletionProtectionEnabled/Fn::If/1",
                "false",
            ),
            Edit::Set("template/Parameters/DeletionProtection/Default", r#""false""#),
        ],
    },
    Rule {
        id: "table-encrypted",
        reason: "What is kept is encrypted with a key whose use is recorded.",
        check: |stack| {
            stack.each(TABLE, "it is not encrypted with KMS", |table| {
                table["SSESpecification"]["SSEEnabled"] == true
            })
        },
        broken_by: &[
            Edit::Remove("template/Resources/LedgerTable/Properties/SSESpecification"),
            Edit::Set("template/Resources/LedgerTable/Properties/SSESpecification/SSEEnabled", "false"),
        ],
    },
    Rule {
        id: "table-on-demand",
        reason: "A table answers as much as is asked of it, without anybody guessing how much that is.",
        check: |stack| {
            stack.each(TABLE, "it is not PAY_PER_REQUEST", |table| table["BillingMode"] == "PAY_PER_REQUEST")
        },
        broken_by: &[Edit::Remove("template/Resources/LedgerTable/Properties/BillingMode")],
    },
    Rule {
        id: "kept-is-retained",
        reason: "Deleting or replacing a resource of the stack must not delete what it holds.",
        check: retained,
        broken_by: &[
            Edit::Remove("template/Resources/LedgerTable/DeletionPolicy"),
            Edit::Set("template/Resources/BillsTable/UpdateReplacePolicy", r#""Delete""#),
            Edit::Set("template/Resources/DeductionsTable/DeletionPolicy", r#""Delete""#),
            Edit::Remove("template/Resources/MasterSecret/UpdateReplacePolicy"),
        ],
    },
];

fn protected(stack: &Stack) -> Vec<Finding> {
    let mut found = stack.each(TABLE, "it may be deleted where the stack is Protected", |table| {
        let protection = &table["DeletionProtectionEnabled"];
        *protection == true || *protection == json!({ "Fn::If": ["Protected", true, false] })
    });
    let is_default = stack.template()["Parameters"]["DeletionProtection"]["Default"] == "true"
        && stack.template()["Conditions"]["Protected"]
            == json!({ "Fn::Equals": [{ "Ref": "DeletionProtection" }, "true"] });
    found.extend(
        (!is_default)
            .then(|| finding("Protected", "tables are not protected unless somebody says otherwise")),
    );
    found
}

fn retained(stack: &Stack) -> Vec<Finding> {
    let kept =
        stack.resources().filter(|(_, resource)| resource["Type"] == TABLE || resource["Type"] == SECRET);
    let lost = kept.filter(|(_, resource)| {
        ["DeletionPolicy", "UpdateReplacePolicy"].iter().any(|policy| resource[policy] != "Retain")
    });
    lost.map(|(id, _)| finding(id, "its DeletionPolicy or UpdateReplacePolicy is not Retain")).collect()
}
