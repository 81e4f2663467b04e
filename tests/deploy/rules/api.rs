//! The API: its routes are the described ones, it is guarded, and it is watched.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::rules::permissions::{actions, resources, statements};
use crate::deploy::stack::{API, LOG_GROUP, ROLE, Route, Stack, entries, items, number, target};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const INTEGRATION_TIMEOUT_SECONDS: u64 = 29;
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const POLICY_MAX_CHARACTERS: usize = 10_240;
/// A region's name and a function's as long as they get, in quotes, with a comma.
const FUNCTION_ARN_MAX_CHARACTERS: usize =
    "'arn:aws-us-gov:lambda:ap-southeast-99:123456789012:function:',".len() + 64;
const TRUSTED: &str = "apigateway.amazonaws.com";
/// Functions that no authorizer stands before: one checks another proof itself, the signature of a webhook; one serves
/// the files of a page, which are for everybody.
const OPEN: &[&str] = &["ConfirmCoupons", "GetServicePage"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "route-described",
        reason: "The OpenAPI document describes every route and nothing else.",
        check: described,
        broken_by: &[
            Edit::Remove("template/Resources/Transfer/Metadata"),
            Edit::Set("template/Resources/LapseBill/Metadata", r#"{"Route": "POST /lapses"}"#),
            Edit::Set("template/Resources/Transfer/Metadata/Route", r#""POST /accounts""#),
        ],
    },
    Rule {
        id: "route-invoked",
        reason: "The API invokes each function for its route, with the right to invoke its capability's functions and no others.",
        check: invoked,
        broken_by: &[
            Edit::Remove("template/Resources/Api/Properties/DefinitionBody/paths/~1transfers"),
            Edit::Set(
                "template/Resources/Api/Properties/DefinitionBody/paths/~1payments",
                r#"{"post": {"responses": {}}}"#,
            ),
            Edit::Set(
                "template/Resources/Api/Properties/DefinitionBody/paths/~1transfers/post/x-amazon-apigateway-integration/uri/Fn::Sub/1/Function",
                r#"{"Fn::GetAtt": ["Deposit", "Arn"]}"#,
            ),
            Edit::Set(
                "template/Resources/Api/Properties/DefinitionBody/paths/~1transfers/post/x-amazon-apigateway-integration/credentials",
                r#"{"Fn::GetAtt": ["InvokeBills", "Arn"]}"#,
            ),
            Edit::Set(
                "template/Resources/Api/Properties/DefinitionBody/paths/~1transfers/post/x-amazon-apigateway-integration/type",
                r#""aws""#,
            ),
            Edit::Remove(
                "template/Resources/InvokeBills/Properties/Policies/0/PolicyDocument/Statement/0/Resource/0",
            ),
            Edit::Set(
                "template/Resources/InvokeBills/Properties/Policies/0/PolicyDocument/Statement/0/Resource/0",
                r#"{"Fn::GetAtt": ["ExpireBill", "Arn"]}"#,
            ),
            Edit::Set(
                "template/Resources/InvokeBills/Properties/AssumeRolePolicyDocument/Statement/0/Principal",
                r#"{"Service": "lambda.amazonaws.com"}"#,
            ),
        ],
    },
    Rule {
        id: "invoking-role-below-quota",
        reason: "IAM refuses an inline policy of more than 10,240 characters.",
        check: |stack| {
            let is_long = |(_, role): &(&str, &Value)| policy_characters(role) > POLICY_MAX_CHARACTERS;
            let long = invoking_roles(stack).filter(is_long);
            long.map(|(id, role)| finding(id, format!("{} characters", policy_characters(role)))).collect()
        },
        broken_by: &[Edit::Repeat(
            "template/Resources/InvokeBills/Properties/Policies/0/PolicyDocument/Statement/0/Resource/0",
            60,
        )],
    },
    Rule {
        id: "route-authorized",
        reason: "No operation is for callers who have not said who they are.",
        check: authorized,
        broken_by: &[
            Edit::Remove("template/Resources/Api/Properties/Auth/DefaultAuthorizer"),
            Edit::Set("template/Resources/Transfer/Metadata/Authorizer", r#""NONE""#),
            Edit::Set(
                "template/Resources/Api/Properties/DefinitionBody/paths/~1transfers/post/security",
                r#"[{"NONE": []}]"#,
            ),
            Edit::Remove("template/Resources/Api/Properties/DefinitionBody/paths/~1transfers/post/security"),
            Edit::Set(
                "template/Resources/Api/Properties/DefinitionBody/paths/~1confirmations/post/security",
                r#"[{"AnotherOne": []}]"#,
            ),
        ],
    },
    Rule {
        id: "route-answers-in-time",
        reason: "API Gateway gives up after 29 seconds, and the caller would not learn what the function did.",
        check: answers_in_time,
        broken_by: &[
            Edit::Set("template/Resources/Transfer/Properties/Timeout", "29"),
            Edit::Set("template/Resources/Authorize/Properties/Timeout", "30"),
            Edit::Remove("template/Resources/Transfer/Properties/Timeout"),
        ],
    },
    Rule {
        id: "api-access-logged",
        reason: "What never reached a function is seen in the access log alone.",
        check: access_logged,
        broken_by: &[
            Edit::Remove("template/Resources/Api/Properties/AccessLogSetting"),
            Edit::Set(
                "template/Resources/Api/Properties/AccessLogSetting/DestinationArn",
                r#""arn:aws:logs:::x""#,
            ),
            Edit::Set(
                "template/Resources/Api/Properties/AccessLogSetting/Format",
                r#""$context.requestId $context.status""#,
            ),
        ],
    },
    Rule {
        id: "api-throttled",
        reason: "One client must not use up the account's concurrency.",
        check: |stack| {
            stack.each(API, "not every method has a rate and a burst limit", |api| {
                whole_stage(api).is_some_and(|all| {
                    [&all["ThrottlingRateLimit"], &all["ThrottlingBurstLimit"]]
                        .iter()
                        .all(|limit| number(limit) > Some(0))
                })
            })
        },
        broken_by: &[
            Edit::Remove("template/Resources/Api/Properties/MethodSettings"),
            Edit::Remove("template/Resources/Api/Properties/MethodSettings/0/ThrottlingBurstLimit"),
            Edit::Set("template/Resources/Api/Properties/MethodSettings/0/HttpMethod", r#""GET""#),
        ],
    },
    Rule {
        id: "api-traced",
        reason: "A trace begins where the request arrives.",
        check: |stack| {
            stack.each(API, "it is not traced, or its methods have no metrics", |api| {
                api["TracingEnabled"] == true
                    && whole_stage(api).is_some_and(|all| all["MetricsEnabled"] == true)
            })
        },
        broken_by: &[
            Edit::Set("template/Resources/Api/Properties/TracingEnabled", "false"),
            Edit::Remove("template/Resources/Api/Properties/MethodSettings/0/MetricsEnabled"),
        ],
    },
    Rule {
        id: "api-logs-no-bodies",
        reason: "Bodies hold PINs and codes, and headers hold tokens.",
        check: logs_no_bodies,
        broken_by: &[
            Edit::Set("template/Resources/Api/Properties/MethodSettings/0/DataTraceEnabled", "true"),
            Edit::Set(
                "template/Resources/Api/Properties/AccessLogSetting/Format",
                r#""{\"a\":\"$input.params('Authorization')\"}""#,
            ),
        ],
    },
];

fn described(stack: &Stack) -> Vec<Finding> {
    let mut routes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for route in stack.routes() {
        let handler = stack.properties(route.function)["Handler"].as_str().unwrap_or_default();
        routes.entry(format!("{} {}", route.method, route.path)).or_default().push(handler);
    }
    let mut found = Vec::new();
    let mut undescribed: Vec<&str> = routes.values().flatten().copied().collect();
    for operation in scrip_catalog::operations().iter().filter(|operation| operation.is_http()) {
        match undescribed.iter().position(|name| *name == operation.name) {
            Some(index) => drop(undescribed.swap_remove(index)),
            None => {
                found.push(finding("Resources", format!("{} is described and has no route", operation.name)));
            }
        }
    }
    found.extend(undescribed.iter().map(|name| finding(*name, "it has a route that is not described")));
    let doubled = routes.iter().filter(|(_, functions)| functions.len() > 1);
    found.extend(doubled.map(|(route, functions)| finding(functions.join(", "), format!("all are {route}"))));
    found
}

/// The operation of an API for that route.
fn operation<'a>(api: &'a Value, route: &Route) -> &'a Value {
    &api["DefinitionBody"]["paths"][route.path][&route.method]
}

/// The roles that allow API Gateway to invoke functions.
fn invoking_roles(stack: &Stack) -> impl Iterator<Item = (&str, &Value)> {
    let invokes = |statement: &&Value| actions(statement).contains("lambda:InvokeFunction");
    stack.all(ROLE).filter(move |(_, role)| statements(&role["Policies"]).iter().any(invokes))
}

fn invoked(stack: &Stack) -> Vec<Finding> {
    let routes = stack.routes();
    let mut found = Vec::new();
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, api) in stack.all(API) {
        for route in &routes {
            let integration = &operation(api, route)["x-amazon-apigateway-integration"];
            let function = target(&integration["uri"]["Fn::Sub"][1]["Function"]);
            if integration["type"] != "aws_proxy" || function != Some(route.function) {
                let what = format!("{} {} does not invoke {}", route.method, route.path, route.function);
                found.push(finding(id, what));
            }
            let role = target(&integration["credentials"]).unwrap_or_default();
            used.entry(role).or_default().insert(route.function);
        }
        for (path, operations) in entries(&api["DefinitionBody"]["paths"]) {
            let unknown = entries(operations).filter(|(method, _)| {
                !routes.iter().any(|route| route.path == path && route.method == *method)
            });
            found.extend(unknown.map(|(method, _)| finding(id, format!("{method} {path} is no route"))));
        }
    }
    let allowed: BTreeMap<&str, BTreeSet<&str>> = invoking_roles(stack)
        .filter(|(_, role)| {
            let trusted = statements(&role["AssumeRolePolicyDocument"]);
            trusted.iter().all(|statement| statement["Principal"] == json!({ "Service": TRUSTED }))
        })
        .map(|(id, role)| {
            let statements = statements(&role["Policies"]);
            (id, statements.into_iter().flat_map(resources).filter_map(target).collect())
        })
        .collect();
    let roles: BTreeSet<&str> = used.keys().chain(allowed.keys()).copied().collect();
    let wrong = roles.into_iter().filter(|role| used.get(role) != allowed.get(role));
    found.extend(wrong.map(|role| {
        let (used, allowed) = (used.get(role), allowed.get(role));
        finding(role, format!("API Gateway invokes with it {used:?}, and it allows {allowed:?}"))
    }));
    found
}

/// How long the inline policy of a role may be where names are as long as names may be.
fn policy_characters(role: &Value) -> usize {
    let named = items(&role["Policies"]).flat_map(|policy| statements(&policy["PolicyDocument"]));
    let functions = named.flat_map(resources).count();
    let policies = items(&role["Policies"]).map(|policy| policy["PolicyDocument"].to_string().len());
    policies.sum::<usize>() + functions * FUNCTION_ARN_MAX_CHARACTERS
}

fn authorized(stack: &Stack) -> Vec<Finding> {
    let mut found = Vec::new();
    for (id, api) in stack.all(API) {
        let default = api["Auth"]["DefaultAuthorizer"].as_str().unwrap_or_default();
        if api["Auth"]["Authorizers"][default].is_null() {
            found.push(finding(id, "it has no default authorizer"));
        }
        let wrong = stack.routes().into_iter().filter(|route| {
            let authorizer = if OPEN.contains(&route.function) { "NONE" } else { default };
            operation(api, route)["security"] != json!([{ authorizer: [] }])
        });
        found.extend(
            wrong.map(|route| {
                finding(route.function, "another authorizer than its own is asked for its route")
            }),
        );
    }
    let open = stack.routes().into_iter().filter(|route| route.is_open != OPEN.contains(&route.function));
    found.extend(open.map(|route| finding(route.function, "it is open to everybody, or should be")));
    found
}

fn answers_in_time(stack: &Stack) -> Vec<Finding> {
    let routed = stack.routes().into_iter().map(|route| route.function);
    let authorizers = stack.all(API).flat_map(|(_, api)| entries(&api["Auth"]["Authorizers"]));
    let authorizers = authorizers.filter_map(|(_, authorizer)| target(&authorizer["FunctionArn"]));
    let called: BTreeSet<&str> = routed.chain(authorizers).collect();
    let late = called.into_iter().filter(|function| {
        number(&stack.properties(function)["Timeout"])
            .is_none_or(|seconds| seconds >= INTEGRATION_TIMEOUT_SECONDS)
    });
    late.map(|function| finding(function, "its Timeout is not below 29 seconds")).collect()
}

fn access_logged(stack: &Stack) -> Vec<Finding> {
    stack.each(API, "it has no access log in JSON with request, route and status", |api| {
        let log = &api["AccessLogSetting"];
        let line: Option<Value> = log["Format"].as_str().and_then(|format| serde_json::from_str(format).ok());
        let values: BTreeSet<&str> =
            line.iter().flat_map(entries).filter_map(|(_, value)| value.as_str()).collect();
        target(&log["DestinationArn"]).is_some_and(|group| stack.kind(group) == LOG_GROUP)
            && ["$context.requestId", "$context.resourcePath", "$context.status"]
                .iter()
                .all(|value| values.contains(value))
    })
}

fn logs_no_bodies(stack: &Stack) -> Vec<Finding> {
    stack.each(API, "it logs what callers send", |api| {
        let format = api["AccessLogSetting"]["Format"].as_str().unwrap_or_default();
        let traces = |settings: &Value| {
            settings["DataTraceEnabled"] != Value::Null && settings["DataTraceEnabled"] != false
        };
        !format.contains("$input") && !items(&api["MethodSettings"]).any(traces)
    })
}

/// The settings of every method of every path.
fn whole_stage(api: &Value) -> Option<&Value> {
    items(&api["MethodSettings"])
        .find(|settings| settings["ResourcePath"] == "/*" && settings["HttpMethod"] == "*")
}
