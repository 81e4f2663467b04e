//! The API: its routes are the described ones, it is guarded, and it is watched.

use crate::deploy::rule::{Edit, Finding, Rule, finding};
use crate::deploy::stack::{API, LOG_GROUP, Stack, entries, items, number, target};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
const INTEGRATION_TIMEOUT_SECONDS: u64 = 29;
/// Functions that no authorizer stands before: one checks another proof itself, the signature of a webhook; one serves
/// the files of a page, which are for everybody.
const OPEN: &[&str] = &["ConfirmCoupons", "GetServicePage"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "route-described",
        reason: "The OpenAPI document describes every route and nothing else.",
        check: described,
        broken_by: &[
            Edit::Remove("template/Resources/Transfer/Properties/Events/Call"),
            Edit::Set(
                "template/Resources/LapseBill/Properties/Events",
                r#"{"Call": {"Type": "Api", "Properties": {"RestApiId": {"Ref": "Api"}, "Path": "/lapses", "Method": "post"}}}"#,
            ),
            Edit::Set("template/Resources/Transfer/Properties/Events/Call/Properties/Path", r#""/accounts""#),
            Edit::Set(
                "template/Resources/Transfer/Properties/Events/Again",
                r#"{"Type": "Api", "Properties": {"RestApiId": {"Ref": "Api"}, "Path": "/payments", "Method": "post"}}"#,
            ),
        ],
    },
    Rule {
        id: "route-authorized",
        reason: "No operation is for callers who have not said who they are.",
        check: authorized,
        broken_by: &[
            Edit::Remove("template/Resources/Api/Properties/Auth/DefaultAuthorizer"),
            Edit::Set(
                "template/Resources/Transfer/Properties/Events/Call/Properties/Auth",
                r#"{"Authorizer": "NONE"}"#,
            ),
            Edit::Set(
                "template/Resources/ConfirmCoupons/Properties/Events/Call/Properties/Auth/Authorizer",
                r#""AnotherOne""#,
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
    let mut found = Vec::new();
    for event in stack.events().into_iter().filter(|event| event.kind == "Api") {
        let part = |name: &str| event.properties[name].as_str().unwrap_or_default();
        let handler = stack.properties(event.function)["Handler"].as_str().unwrap_or_default();
        routes
            .entry(format!("{} {}", part("Method").to_lowercase(), part("Path")))
            .or_default()
            .push(handler);
        if stack.kind(target(&event.properties["RestApiId"]).unwrap_or_default()) != API {
            found.push(finding(
                event.function,
                format!("{} is a route of no API of this template", event.name),
            ));
        }
    }
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

fn authorized(stack: &Stack) -> Vec<Finding> {
    let known = |api: &Value, name: &Value| {
        name.as_str().is_some_and(|name| !api["Auth"]["Authorizers"][name].is_null())
    };
    let mut found =
        stack.each(API, "it has no default authorizer", |api| known(api, &api["Auth"]["DefaultAuthorizer"]));
    let own =
        stack.events().into_iter().filter(|event| event.kind == "Api" && !event.properties["Auth"].is_null());
    let own = own.filter(|event| {
        !(OPEN.contains(&event.function) && event.properties["Auth"]["Authorizer"] == "NONE")
    });
    found.extend(
        own.map(|event| finding(event.function, format!("{} has an authorizer of its own", event.name))),
    );
    found
}

fn answers_in_time(stack: &Stack) -> Vec<Finding> {
    let routed = stack.events().into_iter().filter(|event| event.kind == "Api").map(|event| event.function);
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
