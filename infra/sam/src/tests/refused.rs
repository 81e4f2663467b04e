//! What can't be honoured is refused where it stands.

use super::read;
use crate::{Parameters, Template, Templates};

#[test]
#[expect(clippy::too_many_lines, reason = "a line or two for each thing that is refused")]
fn what_is_not_known_is_refused_with_its_place() {
    let function = |properties: &str| {
        format!("F: {{ Type: AWS::Serverless::Function, Properties: {{ Handler: f, {properties} }} }}")
    };
    let event = |event: &str| function(&format!("Events: {{ E: {event} }}"));
    let api = "A: { Type: AWS::Serverless::Api, Properties: { StageName: v1 } }";
    let route = |path: &str, method: &str| {
        let metadata = format!("Metadata: {{ Route: '{method} {path}' }}");
        format!("{api}, F: {{ Type: AWS::Serverless::Function, {metadata}, Properties: {{ Handler: f }} }}")
    };
    let stream = |properties: &str| {
        let event = event(&format!(
            "{{ Type: DynamoDB, Properties: {{ Stream: !GetAtt TTable.StreamArn, {properties} }} }}"
        ));
        let table = "TTable: { Type: AWS::DynamoDB::Table, Properties: { AttributeDefinitions: [{ AttributeName: k, AttributeType: S }], \
                     KeySchema: [{ AttributeName: k, KeyType: HASH }], StreamSpecification: { StreamViewType: NEW_IMAGE } } }";
        format!("{table}, {event}")
    };
    let queue = |properties: &str| format!("Q: {{ Type: AWS::SQS::Queue, Properties: {{ {properties} }} }}");
    for (resources, expected) in [
        ("X: { Type: AWS::Kinesis::Stream }".to_owned(), "X, Type: the embedded platform has no AWS::Kinesis::Stream"),
        ("X: { Type: AWS::SQS::Queue, Condition: C }".to_owned(), "X, Condition: there is no condition C"),
        (function("SnapStart: {}"), "F, Properties.SnapStart: unknown field `SnapStart`"),
        (function("Timeout: soon"), "F, Properties.Timeout: \"soon\" is not a whole number"),
        (function("Timeout: !Ref Nobody"), "F, Properties.Timeout.Ref: there is no parameter or resource Nobody"),
        (function("Timeout: !GetAtt F.Version"), "F, Properties.Timeout.Fn::GetAtt: F has no attribute Version here"),
        (function("Timeout: !ImportValue x"), "F, Properties.Timeout.Fn::ImportValue: this intrinsic is not known here"),
        (function("Timeout: !If [C, 1, 2]"), "F, Properties.Timeout.Fn::If: there is no condition C"),
        (function("Timeout: !Select [2, [a, b]]"), "F, Properties.Timeout.Fn::Select: there is no item 2 among 2"),
        (function("Timeout: !FindInMap [a, b, c]"), "F, Properties.Timeout.Fn::FindInMap: there is no mapping a.b.c"),
        (function("Timeout: !Join x"), "F, Properties.Timeout.Fn::Join: Fn::Join does not take \"x\""),
        (function("Timeout: !Sub '${Limit'"), "F, Properties.Timeout.Fn::Sub: a ${ is not closed"),
        (function("Timeout: { Ref: Limit, More: 1 }"), "F, Properties.Timeout.Ref: an intrinsic stands alone"),
        (function("Environment: { Variables: { A: [1] } }"), "F, Properties.Environment.Variables: A is [1], not a text"),
        (function("Policies: [{ SQSPollerPolicy: {} }]"), "F, Properties.Policies[0].SQSPollerPolicy: unknown field"),
        (function("Policies: [{ Statement: [{ Effect: Deny }] }]"), "F, Properties.Policies[0].Statement[0].Effect: unknown variant `Deny`"),
        (
            "F: { Type: AWS::Serverless::Function, Metadata: { Route: GET /a }, Properties: { Handler: f } }".to_owned(),
            "F, Metadata.Route: there is no API",
        ),
        (
            "F: { Type: AWS::Serverless::Function, Metadata: { Route: GET /a, Authorizer: Other }, Properties: { Handler: f } }"
                .to_owned(),
            "F, Metadata.Authorizer: unknown variant `Other`",
        ),
        (event("{ Type: Api, Properties: {} }"), "F, Properties.Events.E.Type: the embedded platform has no event Api"),
        (event("{ Type: ScheduleV2, Properties: {} }"), "F, Properties.Events.E.Type: the embedded platform has no event ScheduleV2"),
        (
            event("{ Type: Schedule, Properties: { Schedule: cron(0 0 * * ? *), Input: '{\"a\":1}' } }"),
            "F, Properties.Events.E.Properties.Schedule: it is no rate of minutes, hours or days",
        ),
        (
            event("{ Type: Schedule, Properties: { Schedule: rate(1 minute), Input: '{}' } }"),
            "F, Properties.Events.E.Properties.Input: it is no object with members",
        ),
        (event("{ Type: SQS, Properties: { Queue: other } }"), "F, Properties.Events.E.Properties.Queue: other is not of a Queue of this template"),
        (route("/a/{b+}", "GET"), "F, Metadata.Route: /a/{b+} is not made of /word and /{parameter}"),
        (route("/a", "get"), "F, Metadata.Route: get is not one of DELETE, GET, PATCH, POST, PUT"),
        (route("/a", "ANY"), "F, Metadata.Route: ANY is not one of DELETE, GET, PATCH, POST, PUT"),
        (format!("{}, B: {{ Type: AWS::Serverless::Api, Properties: {{ StageName: v1 }} }}", route("/a", "GET")), "B: the embedded platform has one API alone"),
        (stream("StartingPosition: LATEST"), "F, Properties.Events.E.Properties.StartingPosition: unknown variant `LATEST`"),
        (stream("StartingPosition: TRIM_HORIZON, ParallelizationFactor: 2"), "F, Properties.Events.E.Properties.ParallelizationFactor: unknown field"),
        (
            stream("StartingPosition: TRIM_HORIZON, FilterCriteria: { Filters: [{ Pattern: '{\"a\": [{\"cidr\": \"x\"}]}' }] }"),
            "F, Properties.Events.E.Properties.FilterCriteria.Filters.0.Pattern: a: {\"cidr\":\"x\"} is not a test known here",
        ),
        (queue("FifoQueue: true"), "Q, Properties.FifoQueue: unknown field `FifoQueue`"),
        (
            queue("RedrivePolicy: { deadLetterTargetArn: !GetAtt Q.Arn, maxReceiveCount: 0 }"),
            "Q, Properties.RedrivePolicy.maxReceiveCount: it is at least 1",
        ),
        (format!("{}, G: {{ Type: AWS::Serverless::Function, Properties: {{ Handler: f }} }}", function("")), "G: F has the name f already"),
        (
            "T: { Type: AWS::DynamoDB::Table, Properties: { AttributeDefinitions: [], KeySchema: [{ AttributeName: k, KeyType: HASH }] } }".to_owned(),
            "T, Properties.KeySchema: k is not in AttributeDefinitions",
        ),
        (
            "M: { Type: AWS::Serverless::StateMachine, Properties: { Definition: {} } }".to_owned(),
            "M, Properties.Definition: unknown field `Definition`",
        ),
    ] {
        let error = read(&format!("Resources: {{ {resources} }}")).map(|_| ()).expect_err(expected).to_string();
        assert!(error.starts_with(expected), "expected {expected}\n     got {error}");
    }
}

#[test]
fn sections_and_parameters_are_checked() {
    let read_with = |text: &str, given: &[(&str, &str)]| {
        Template::read(&Templates::alone(text), &Parameters::local("http://localhost", given))
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let transform = "Transform: AWS::Serverless-2016-10-31\nResources: {}\n";
    for (text, given, expected) in [
        ("Resources: {}".to_owned(), vec![], "Template, Transform: it must be AWS::Serverless-2016-10-31"),
        (format!("{transform}Rules: {{}}"), vec![], "Template, Rules: unknown field `Rules`"),
        (
            format!("{transform}Globals: {{ Api: {{}} }}"),
            vec![],
            "Template, Globals.Api: unknown field `Api`",
        ),
        (
            format!("{transform}Parameters: {{ P: {{ Type: String }} }}"),
            vec![],
            "P: the parameter has no default and is not given",
        ),
        (transform.to_owned(), vec![("P", "x")], "P: the template has no such parameter"),
        (
            format!("{transform}Parameters: {{ P: {{ Type: Number }} }}"),
            vec![("P", "x")],
            "P: x is not a number",
        ),
        (
            format!("{transform}Parameters: {{ P: {{ Type: String, AllowedValues: [a] }} }}"),
            vec![("P", "x")],
            "P, AllowedValues: x is not among them",
        ),
        (
            format!("{transform}Conditions: {{ A: !Condition B, B: !Not [!Condition A] }}"),
            vec![],
            "Conditions, A: the condition depends on itself",
        ),
        (
            format!("{transform}Conditions: {{ A: !Contains [a, b] }}"),
            vec![],
            "Conditions, A.Fn::Contains: this intrinsic is not known in conditions",
        ),
        (
            format!("{transform}Outputs: {{ O: {{ Value: !Ref 'AWS::NoValue' }} }}"),
            vec![],
            "Outputs, O.Value: a text is expected, not null",
        ),
        ("a: [".to_owned(), vec![], "not YAML: "),
    ] {
        let error = read_with(&text, &given);
        assert!(error.starts_with(expected), "expected {expected}\n     got {error}");
    }
}
