//! Machines that are refused, with the state and the reason.

use super::*;

fn refusal(definition: &str) -> Invalid {
    Machine::parse("m", definition).err().unwrap_or_else(|| panic!("accepted: {definition}"))
}

/// One state that ends, beside which the wrong one stands.
fn state(state: Value) -> Value {
    let mut state = state;
    if state.get("Next").is_none() && state.get("Choices").is_none() && state["Type"] != "Fail" {
        state["Next"] = json!("E");
    }
    machine("X", json!({ "X": state, "E": { "Type": "Succeed" } }))
}

fn pass(field: &str, value: Value) -> Value {
    let mut pass = json!({ "Type": "Pass" });
    pass[field] = value;
    state(pass)
}

fn with(field: &str, value: Value) -> Value {
    let mut more = json!({ "Next": "E" });
    more[field] = value;
    state(task("f", more))
}

/// Each machine is refused at the state and for the reason beside it.
fn all_refused<const N: usize>(cases: [(Value, &str, &str); N]) {
    for (definition, at, reason) in cases {
        let invalid = refusal(&definition.to_string());
        assert_eq!(invalid.state.as_deref(), Some(at), "{invalid}");
        assert!(invalid.to_string().contains(reason), "{invalid}\nwhere expected: {reason}");
        assert!(invalid.to_string().starts_with(&format!("machine m, state {at}: ")), "{invalid}");
    }
}

#[test]
fn fields_and_targets_are_checked() {
    all_refused([
        (state(json!({ "Type": "Dance" })), "X", "the type Dance is unknown"),
        (state(json!({})), "X", "Type is missing"),
        (pass("InputPath", json!("$")), "X", "InputPath belongs to JSONPath"),
        (pass("Parameters", json!({})), "X", "Parameters belongs to JSONPath"),
        (pass("ResultPath", json!("$")), "X", "ResultPath belongs to JSONPath"),
        (pass("Result", json!({})), "X", "Result belongs to JSONPath"),
        (pass("Colour", json!("red")), "X", "Colour is unknown here or not implemented"),
        (pass("Retry", json!([])), "X", "Retry is unknown here"),
        (pass("QueryLanguage", json!("JSONPath")), "X", "QueryLanguage is not JSONata"),
        (pass("Next", json!("Nowhere")), "X", "its next state Nowhere is not a state here"),
        (pass("End", json!(true)), "X", "both Next and End"),
        (machine("X", json!({ "X": { "Type": "Pass" } })), "X", "neither Next nor End"),
        (machine("X", json!({ "X": { "Type": "Pass", "End": false } })), "X", "neither Next nor End"),
        (
            machine("X", json!({ "X": { "Type": "Succeed" }, "Y": { "Type": "Succeed" } })),
            "Y",
            "it cannot be reached",
        ),
        (
            machine(
                "X",
                json!({ "X": { "Type": "Pass", "Next": "Y" }, "Y": { "Type": "Pass", "Next": "X" } }),
            ),
            "X",
            "no terminal state",
        ),
    ]);
}

#[test]
fn expressions_and_variables_are_checked() {
    all_refused([
        (pass("Output", json!("{% 1 + %}")), "X", "Output: "),
        (pass("Output", json!({ "a": [" x", "{% $f( %}"] })), "X", "Output: "),
        (pass("Output", json!("{% 1 ")), "X", "is not a whole expression"),
        (pass("Output", json!("{%}")), "X", "is not a whole expression"),
        (pass("Output", json!("{% $states.result %}")), "X", "$states.result does not exist here"),
        (
            pass("Output", json!("{% $states.context.Task.Token %}")),
            "X",
            "$states.context.Task.Token does not exist",
        ),
        (
            pass("Output", json!("{% $states.context.Execution.RoleArn %}")),
            "X",
            "does not exist here or is not implemented",
        ),
        (pass("Output", json!("{% $unknown %}")), "X", "no state assigns $unknown"),
        (pass("Output", json!("{% $eval('1') %}")), "X", "the function $eval is unknown or not implemented"),
        (pass("Output", json!("{% $hash('a', 'MD5') %}")), "X", "the function $hash is unknown"),
        (pass("Output", json!("{% $now('[Y]') %}")), "X", "$now with 1 arguments is not implemented"),
        (pass("Output", json!("{% $random(1) %}")), "X", "$random with 1 arguments is not implemented"),
        (pass("Output", json!("{% $map([1], $millis) %}")), "X", "no state assigns $millis"),
        (pass("Assign", json!({ "states": 1 })), "X", "\"states\" is not a variable's name"),
        (pass("Assign", json!({ "a-b": 1 })), "X", "\"a-b\" is not a variable's name"),
    ]);
}

#[test]
fn tasks_are_checked() {
    all_refused([
        (
            with("Resource", json!("arn:aws:states:::sqs:sendMessage")),
            "X",
            "sqs:sendMessage is not implemented",
        ),
        (
            with("Resource", json!("arn:aws:states:::lambda:invoke.waitForTaskToken")),
            "X",
            "is not implemented",
        ),
        (with("HeartbeatSeconds", json!(5)), "X", "HeartbeatSeconds is unknown here or not implemented"),
        (with("Credentials", json!({})), "X", "Credentials is unknown here or not implemented"),
        (with("TimeoutSeconds", json!(0)), "X", "TimeoutSeconds is not an integer from 1"),
        (with("TimeoutSeconds", json!("5")), "X", "TimeoutSeconds is not an integer from 1"),
        (with("Arguments", json!({ "Payload": {} })), "X", "FunctionName is missing"),
        (
            with("Arguments", json!({ "FunctionName": "f", "InvocationType": "Event" })),
            "X",
            "InvocationType is unknown here",
        ),
        (with("Arguments", json!("{% $states.input %}")), "X", "Arguments is not an object"),
        (
            with("Arguments", json!({ "FunctionName": "f", "Payload": "{% $states.result %}" })),
            "X",
            "$states.result does not exist",
        ),
    ]);
}

#[test]
fn retriers_and_catchers_are_checked() {
    all_refused([
        (with("Retry", json!({})), "X", "Retry is not an array"),
        (with("Retry", json!([{ "ErrorEquals": [] }])), "X", "Retry 0: ErrorEquals"),
        (
            with("Retry", json!([{ "ErrorEquals": ["States.ALL", "A"] }])),
            "X",
            "States.ALL must stand alone and last",
        ),
        (
            with("Retry", json!([{ "ErrorEquals": ["States.ALL"] }, { "ErrorEquals": ["A"] }])),
            "X",
            "Retry 0: States.ALL",
        ),
        (with("Retry", json!([{ "ErrorEquals": ["States.HeartbeatTimeout"] }])), "X", "never happens here"),
        (with("Retry", json!([{ "ErrorEquals": ["A"], "BackoffRate": 0.9 }])), "X", "BackoffRate"),
        (with("Catch", json!([{ "ErrorEquals": ["A"] }])), "X", "Catch 0: Next is missing"),
        (with("Catch", json!([{ "ErrorEquals": ["A"], "Next": "Z" }])), "X", "its next state Z"),
        (
            with("Catch", json!([{ "ErrorEquals": ["A"], "Next": "E", "ResultPath": "$" }])),
            "X",
            "ResultPath belongs to JSONPath",
        ),
        (
            with("Catch", json!([{ "ErrorEquals": ["A"], "Next": "E", "Output": "{% $states.result %}" }])),
            "X",
            "does not exist here",
        ),
        (
            with(
                "Catch",
                json!([{ "ErrorEquals": ["States.ALL"], "Next": "E" }, { "ErrorEquals": ["A"], "Next": "E" }]),
            ),
            "X",
            "States.ALL",
        ),
    ]);
}

#[test]
fn waits_choices_and_failures_are_checked() {
    all_refused([
        (state(json!({ "Type": "Wait" })), "X", "not exactly one of Seconds and Timestamp"),
        (
            state(json!({ "Type": "Wait", "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z" })),
            "X",
            "not exactly one",
        ),
        (state(json!({ "Type": "Wait", "Seconds": -1 })), "X", "Seconds is not an integer from 0"),
        (state(json!({ "Type": "Wait", "Timestamp": "tomorrow" })), "X", "not an RFC 3339 timestamp"),
        (state(json!({ "Type": "Wait", "SecondsPath": "$.s" })), "X", "not exactly one"),
        (state(json!({ "Type": "Choice", "Choices": [] })), "X", "at least one element"),
        (
            state(json!({ "Type": "Choice", "Choices": [{ "Next": "E" }] })),
            "X",
            "Choices 0: Condition is missing",
        ),
        (
            state(json!({ "Type": "Choice", "Choices": [{ "Condition": "yes", "Next": "E" }] })),
            "X",
            "Condition is not a boolean",
        ),
        (
            state(
                json!({ "Type": "Choice", "Choices": [{ "Variable": "$.a", "Condition": true, "Next": "E" }] }),
            ),
            "X",
            "Variable belongs to JSONPath",
        ),
        (
            state(
                json!({ "Type": "Choice", "Choices": [{ "Condition": true, "Next": "E" }], "Default": "Z" }),
            ),
            "X",
            "its next state Z",
        ),
        (
            state(json!({ "Type": "Choice", "Choices": [{ "Condition": true, "Next": "E" }], "Next": "E" })),
            "X",
            "Next is unknown here",
        ),
        (state(json!({ "Type": "Fail", "Error": 1 })), "X", "Error is not a string"),
        (state(json!({ "Type": "Fail", "Output": 1 })), "X", "Output is unknown here"),
    ]);
}

#[test]
fn nested_flows_are_checked() {
    let branch = |states: Value| {
        state(json!({ "Type": "Parallel", "Branches": [{ "StartAt": "B", "States": states }] }))
    };
    let processor = |more: Value| {
        let mut processor = json!({ "StartAt": "B", "States": { "B": { "Type": "Succeed" } } });
        more.as_object().unwrap().iter().for_each(|(name, value)| processor[name] = value.clone());
        state(json!({ "Type": "Map", "ItemProcessor": processor }))
    };
    all_refused([
        (
            branch(json!({ "B": { "Type": "Pass", "Next": "E" } })),
            "B",
            "its next state E is not a state here",
        ),
        (branch(json!({ "B": { "Type": "Succeed" }, "E": { "Type": "Succeed" } })), "E", "the same name"),
        (branch(json!({ "C": { "Type": "Succeed" } })), "X", "StartAt names B"),
        (
            state(json!({ "Type": "Parallel", "Branches": [] })),
            "X",
            "Branches is not an array of at least one",
        ),
        (processor(json!({ "ProcessorConfig": { "Mode": "DISTRIBUTED" } })), "X", "only the INLINE mode"),
        (processor(json!({ "QueryLanguage": "JSONata" })), "X", "QueryLanguage is unknown here"),
        (state(json!({ "Type": "Map", "Iterator": {} })), "X", "ItemProcessor is missing"),
        (
            state(
                json!({ "Type": "Map", "ItemProcessor": { "StartAt": "B", "States": { "B": { "Type": "Succeed" } } }, "ItemReader": {} }),
            ),
            "X",
            "ItemReader is unknown here or not implemented",
        ),
        (
            state(
                json!({ "Type": "Map", "ItemProcessor": { "StartAt": "B", "States": { "B": { "Type": "Succeed" } } }, "Items": {} }),
            ),
            "X",
            "Items is not an array",
        ),
    ]);
}

#[test]
fn an_inner_flow_cannot_assign_an_outer_variable_nor_an_outer_one_read_an_inner() {
    let definition = |inner: Value, after: &str| {
        machine(
            "A",
            json!({
                "A": { "Type": "Pass", "Assign": { "v": 1 }, "Next": "P" },
                "P": { "Type": "Parallel", "Branches": [{ "StartAt": "B", "States": { "B": inner } }], "Next": "Z" },
                "Z": { "Type": "Pass", "Output": after, "End": true },
            }),
        )
        .to_string()
    };
    let assign = |name: &str| {
        let mut pass = json!({ "Type": "Pass", "Assign": {}, "Output": "{% $v %}", "End": true });
        pass["Assign"][name] = json!(2);
        pass
    };
    assert!(Machine::parse("m", &definition(assign("w"), "{% $v %}")).is_ok());
    assert!(refusal(&definition(assign("v"), "{% $v %}")).to_string().contains("state B: it assigns $v"));
    assert!(
        refusal(&definition(assign("w"), "{% $w %}")).to_string().contains("state Z: no state assigns $w")
    );
}

#[test]
fn a_wrong_machine_is_named_with_the_reason() {
    let succeed = json!({ "S": { "Type": "Succeed" } });
    for (definition, reason) in [
        ("{".to_string(), "not valid JSON"),
        ("[]".to_string(), "not an object"),
        (json!({ "StartAt": "S", "States": succeed }).to_string(), "QueryLanguage is not JSONata"),
        (json!({ "QueryLanguage": "JSONPath", "StartAt": "S", "States": succeed }).to_string(), "QueryLanguage is not JSONata"),
        (json!({ "QueryLanguage": "JSONata", "States": succeed }).to_string(), "StartAt is missing"),
        (json!({ "QueryLanguage": "JSONata", "StartAt": "T", "States": succeed }).to_string(), "StartAt names T"),
        (json!({ "QueryLanguage": "JSONata", "StartAt": "S" }).to_string(), "States is missing"),
        (json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": {} }).to_string(), "StartAt names S"),
        (json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": succeed, "Version": "2.0" }).to_string(), "Version"),
        (json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": succeed, "TimeoutSeconds": 0 }).to_string(), "TimeoutSeconds"),
        (json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": succeed, "Extra": 1 }).to_string(), "Extra is unknown"),
        (
            r#"{"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Succeed"},"S":{"Type":"Fail"}}}"#.to_string(),
            "S stands twice in the same object",
        ),
        (" ".repeat(2 * 1024 * 1024), "larger than"),
    ] {
        let invalid = refusal(&definition);
        assert_eq!(invalid.state, None, "{invalid}");
        assert!(invalid.to_string().contains(reason), "{invalid}\nwhere expected: {reason}");
    }
    let nested = (0..8).fold(json!({ "Type": "Succeed" }), |state, depth| {
        let mut states = json!({});
        states[format!("S{depth}")] = state;
        json!({ "Type": "Parallel", "End": true, "Branches": [{ "StartAt": format!("S{depth}"), "States": states }] })
    });
    assert!(
        refusal(&machine("X", json!({ "X": nested })).to_string()).to_string().contains("nest deeper than 6")
    );
    assert!(Machine::parse("a b", &machine("S", succeed).to_string()).is_err());
}
