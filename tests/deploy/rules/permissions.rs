//! Roles: each action on each resource is written out. What is not is an exception with its reason and source.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{
    FUNCTION, MACHINE, QUEUE, QUEUE_EVENT, ROLE, SECRET, STREAM_EVENT, Stack, TABLE, entries, items, target,
    texts,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is allowed although it is not exact.
struct Exception {
    /// The resources with the roles.
    roles: &'static [&'static str],
    /// The statement's actions, or the managed policy.
    grants: &'static [&'static str],
    reason: &'static str,
    source: &'static str,
}

/// Statements with a `*`.
const WILDCARDS: &[Exception] = &[Exception {
    roles: &["BillExpiry", "CouponReward", "OfflineAuthorization", "PaymentRequest", "PosSettlement"],
    grants: &[
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    ],
    reason: "These actions know no resource.",
    source: "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
}];

/// Managed policies that the template names.
const MANAGED: &[Exception] = &[Exception {
    roles: &["ApiLoggingRole"],
    grants: &["AmazonAPIGatewayPushToCloudWatchLogs"],
    reason: "The role belongs to the account, for the logs of every API in it.",
    source: "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
}];

/// Managed policies that SAM gives to the roles which it makes, and what asks for them:
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>.
const IMPLIED: &[(&str, &str)] = &[
    ("AWSLambdaBasicExecutionRole", "a function writes its log"),
    ("AWSXrayWriteOnlyAccess", "traces know no resource"),
    ("AWSLambdaDynamoDBExecutionRole", "Lambda reads a stream in the function's name"),
    ("AWSLambdaSQSQueueExecutionRole", "Lambda works through a queue in the function's name"),
];

/// What an action is done to. What is not here is not allowed to anybody.
const SUBJECTS: &[(&str, &str)] = &[
    ("dynamodb:BatchGetItem", TABLE),
    ("dynamodb:ConditionCheckItem", TABLE),
    ("dynamodb:DeleteItem", TABLE),
    ("dynamodb:GetItem", TABLE),
    ("dynamodb:PutItem", TABLE),
    ("dynamodb:Query", TABLE),
    ("dynamodb:UpdateItem", TABLE),
    ("lambda:InvokeFunction", FUNCTION),
    ("secretsmanager:GetSecretValue", SECRET),
    ("sqs:SendMessage", QUEUE),
    ("states:StartExecution", MACHINE),
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "no-wildcards",
        reason: "A role allows what its code does, so that a fault in the code stays in its bounds.",
        check: no_wildcards,
        broken_by: &[
            Edit::Set(
                "template/Resources/Transfer/Properties/Policies/0/Statement/0/Action",
                r#"["dynamodb:*"]"#,
            ),
            Edit::Set("template/Resources/Transfer/Properties/Policies/0/Statement/0/Resource", r#""*""#),
            Edit::Set(
                "template/Resources/Transfer/Properties/Policies/0/Statement/0/Resource",
                r#"[{"Fn::Sub": "${LedgerTable.Arn}/*"}]"#,
            ),
            Edit::Set(
                "template/Resources/Transfer/Properties/Policies/0/Statement/0/NotAction",
                r#"["iam:PassRole"]"#,
            ),
            Edit::Set(
                "template/Resources/BillExpiry/Properties/Policies/0/Statement/1/Action/0",
                r#""logs:CreateLogGroup""#,
            ),
            Edit::Remove("template/Resources/BillExpiry/Properties/Policies/0/Statement/1"),
            Edit::Remove("template/Resources/PosSettlement/Properties/Policies/0/Statement/1"),
        ],
    },
    Rule {
        id: "no-managed-policies",
        reason: "Managed policies allow more than is needed, and change without us.",
        check: no_managed_policies,
        broken_by: &[
            Edit::Set("template/Resources/Transfer/Properties/Policies/0", r#""AmazonDynamoDBFullAccess""#),
            Edit::Set(
                "template/Resources/Transfer/Properties/Policies/0",
                r#"{"DynamoDBCrudPolicy": {"TableName": {"Ref": "LedgerTable"}}}"#,
            ),
            Edit::Set("template/Resources/Transfer/Properties/Policies", r#""AmazonDynamoDBFullAccess""#),
            Edit::Set(
                "template/Resources/Transfer/Properties/Role",
                r#""arn:aws:iam::000000000000:role/other""#,
            ),
            Edit::Set(
                "template/Resources/ApiLoggingRole/Properties/ManagedPolicyArns",
                r#"["arn:aws:iam::aws:policy/AdministratorAccess"]"#,
            ),
            Edit::Remove("template/Resources/ApiLoggingRole/Properties/ManagedPolicyArns"),
            Edit::Set(
                "template/Resources/LapseBill/Properties/Events",
                r#"{"Extra": {"Type": "Kinesis", "Properties": {}}}"#,
            ),
            Edit::Remove("template/Resources/StartWorkflows"),
        ],
    },
    Rule {
        id: "permission-fits-its-resource",
        reason: "An action on what it can't be done to is a permission that somebody believes in and nobody has.",
        check: fits_its_resource,
        broken_by: &[
            Edit::Set(
                "template/Resources/Transfer/Properties/Policies/0/Statement/0/Resource",
                r#"[{"Fn::GetAtt": ["MasterSecret", "Arn"]}]"#,
            ),
            Edit::Set(
                "template/Resources/Transfer/Properties/Policies/0/Statement/0/Resource",
                r#"["arn:aws:dynamodb:eu-central-1:1:table/ledger"]"#,
            ),
            Edit::Set(
                "template/Resources/Transfer/Properties/Policies/0/Statement/0/Resource",
                r#"[{"Fn::Sub": "${LedgerTable.Arn}/index/by-date"}]"#,
            ),
            Edit::Set(
                "template/Resources/Transfer/Properties/Policies/0/Statement/0/Action",
                r#"["dynamodb:DeleteTable"]"#,
            ),
            Edit::Set("template/Resources/Transfer/Properties/Policies/0/Statement/0/Effect", r#""Deny""#),
        ],
    },
];

/// Every statement in a resource, trust policies included.
pub(super) fn statements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(map) if map.contains_key("Effect") => vec![value],
        Value::Object(map) => map.values().flat_map(statements).collect(),
        Value::Array(list) => list.iter().flat_map(statements).collect(),
        _ => vec![],
    }
}

/// A statement's actions.
pub(super) fn actions(statement: &Value) -> BTreeSet<&str> {
    texts(&statement["Action"]).into_iter().collect()
}

/// A statement's resources.
pub(super) fn resources(statement: &Value) -> impl Iterator<Item = &Value> {
    let resource = &statement["Resource"];
    items(resource).chain((!resource.is_array() && !resource.is_null()).then_some(resource))
}

/// The exception for these grants of that role, and the exceptions that nothing needs.
fn unexcepted<'a>(
    exceptions: &'a [Exception],
    granted: Vec<(&'a str, BTreeSet<&'a str>)>,
) -> impl Iterator<Item = Finding> + 'a {
    let is_for = |exception: &Exception, (role, grants): &(&str, BTreeSet<&str>)| {
        exception.roles.contains(role) && exception.grants.iter().copied().collect::<BTreeSet<_>>() == *grants
    };
    let all = exceptions.iter().flat_map(|one| one.roles.iter().map(move |role| (*role, one)));
    let idle = all.filter(|(role, one)| !granted.iter().any(|grant| grant.0 == *role && is_for(one, grant)));
    let idle = idle.map(|(role, one)| {
        finding(role, format!("nothing needs its exception ({} {})", one.reason, one.source))
    });
    let idle: Vec<_> = idle.collect();
    let wrong =
        granted.into_iter().filter(move |grant| !exceptions.iter().any(|exception| is_for(exception, grant)));
    wrong
        .map(|(role, grants)| finding(role, format!("there is no written exception for {grants:?}")))
        .chain(idle)
}

fn no_wildcards(stack: &Stack) -> Vec<Finding> {
    let is_inexact = |statement: &&Value| {
        let parts = ["Action", "Resource", "Principal"].map(|part| texts(&statement[part]));
        parts.iter().flatten().any(|text| text.contains('*'))
            || entries(statement).any(|(name, _)| name.starts_with("Not"))
    };
    let all = stack
        .resources()
        .flat_map(|(id, resource)| statements(resource).into_iter().map(move |one| (id, one)));
    let inexact =
        all.filter(|(_, statement)| is_inexact(statement)).map(|(id, statement)| (id, actions(statement)));
    unexcepted(WILDCARDS, inexact.collect()).collect()
}

fn no_managed_policies(stack: &Stack) -> Vec<Finding> {
    let mut granted = Vec::new();
    let mut found = Vec::new();
    for (id, resource) in stack.resources() {
        let properties = &resource["Properties"];
        for policy in items(&properties["ManagedPolicyArns"]) {
            let name = texts(policy).last().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
            granted.push((id, BTreeSet::from([name])));
        }
        let policies = &properties["Policies"];
        if !policies.is_null() && !policies.is_array() {
            found.push(finding(id, "Policies is not a list of statements"));
        }
        let is_exact =
            |policy: &&Value| policy["Statement"].is_array() || policy["PolicyDocument"].is_object();
        found.extend(
            items(policies)
                .filter(|policy| !is_exact(policy))
                .map(|policy| finding(id, format!("{policy} is not made of statements"))),
        );
        if !properties["Role"].is_null() {
            found.push(finding(id, "it has a role that is not made of its own policies"));
        }
    }
    let implied = implied(stack);
    let is_known = |policy: &str| IMPLIED.iter().any(|(known, _)| *known == policy);
    let unknown = implied.iter().filter(|(_, policy)| !is_known(policy));
    found.extend(unknown.map(|(id, policy)| finding(*id, format!("SAM would give it {policy}"))));
    let idle = IMPLIED.iter().filter(|(known, _)| !implied.iter().any(|(_, policy)| policy == known));
    found.extend(
        idle.map(|(known, why)| finding("Resources", format!("SAM gives {known} to nobody ({why})"))),
    );
    found.extend(unexcepted(MANAGED, granted));
    found
}

/// What SAM adds to the roles that it makes.
fn implied(stack: &Stack) -> Vec<(&str, &str)> {
    let logs = stack.all(FUNCTION).map(|(id, _)| (id, "AWSLambdaBasicExecutionRole"));
    let traced = stack.all(FUNCTION).chain(stack.all(MACHINE)).filter(|(_, one)| !one["Tracing"].is_null());
    let tracing = traced.map(|(id, _)| (id, "AWSXrayWriteOnlyAccess"));
    let polls = stack.polled().into_iter().map(|event| {
        let policy = match event.kind {
            STREAM_EVENT => "AWSLambdaDynamoDBExecutionRole",
            QUEUE_EVENT => "AWSLambdaSQSQueueExecutionRole",
            _ => "the managed policy of another event source",
        };
        (event.function, policy)
    });
    logs.chain(tracing).chain(polls).collect()
}

/// Whether it is one resource of that type by its ARN, or an index of a table.
fn is_one(stack: &Stack, resource: &Value, kind: &str) -> bool {
    let Some(id) = target(resource).filter(|id| stack.kind(id) == kind) else { return false };
    match resource["Fn::Sub"].as_str() {
        None => resource["Fn::GetAtt"].is_null() || resource["Fn::GetAtt"][1] == "Arn",
        Some(text) => {
            let indexes = items(&stack.properties(id)["GlobalSecondaryIndexes"]);
            let arn = |index: &Value| {
                format!("${{{id}.Arn}}/index/{}", index["IndexName"].as_str().unwrap_or_default())
            };
            indexes.map(arn).any(|arn| arn == text)
        }
    }
}

fn fits_its_resource(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, properties) in stack.all(FUNCTION).chain(stack.all(MACHINE)).chain(stack.all(ROLE)) {
        for statement in statements(&properties["Policies"]) {
            let excepted = WILDCARDS.iter().any(|exception| {
                exception.roles.contains(&id)
                    && actions(statement) == exception.grants.iter().copied().collect()
            });
            let fits = |action: &str| {
                let subject = SUBJECTS.iter().find(|(known, _)| *known == action);
                subject.is_some_and(|(_, kind)| resources(statement).all(|one| is_one(stack, one, kind)))
            };
            let unfit: Vec<&str> = actions(statement).into_iter().filter(|action| !fits(action)).collect();
            if !excepted && (!unfit.is_empty() || statement["Effect"] != "Allow") {
                found.push(finding(id, format!("{unfit:?} is no permission for what it names")));
            }
        }
    }
    found
}
