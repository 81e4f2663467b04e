//! Nested stacks are read as one template with the root, and what does not fit is refused in its file.

use crate::{Application, Parameters, Template, TemplateError, Templates};
use std::collections::BTreeMap;

const HEADER: &str = "Transform: AWS::Serverless-2016-10-31\n";

fn templates(root: &str, nested: &[(&str, &str)]) -> Templates {
    let text = |text: &str| format!("{HEADER}{text}");
    let nested = nested.iter().map(|(path, part)| ((*path).to_owned(), text(part)));
    let all: BTreeMap<String, String> = nested.chain([("root.yaml".to_owned(), text(root))]).collect();
    Templates::new("root.yaml", all)
}

fn read(root: &str, nested: &[(&str, &str)]) -> Result<Application, TemplateError> {
    Template::read(&templates(root, nested), &Parameters::local("http://127.0.0.1", &[]))
}

const ROOT: &str = "
Parameters: { Stage: { Type: String, Default: test } }
Resources:
  Api: { Type: AWS::Serverless::Api, Properties: { StageName: v1 } }
  Kept:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: kept.yaml }
  Work:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: parts/work.yaml
      Parameters: { ThingsArn: !GetAtt Kept.Outputs.ThingsArn, Things: !GetAtt Kept.Outputs.Things, Name: !Sub 'of-${Stage}' }
Outputs: { Jobs: { Value: !GetAtt Work.Outputs.Jobs } }";
const KEPT: &str = "
Resources:
  Things:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
Outputs: { Things: { Value: !Ref Things }, ThingsArn: { Value: !GetAtt Things.Arn } }";
const WORK: &str = "
Parameters: { Things: { Type: String }, ThingsArn: { Type: String }, Name: { Type: String }, Size: { Type: String, Default: 5 } }
Conditions: { Named: !Not [!Equals [!Ref Name, '']] }
Globals: { Function: { Environment: { Variables: { TABLE: !Ref Things, NAME: !Sub '${Name}/${ThingsArn}', SIZE: !Ref Size } } } }
Resources:
  Jobs: { Type: AWS::SQS::Queue, Condition: Named }
  Do:
    Type: AWS::Serverless::Function
    Metadata: { Route: 'POST /jobs' }
    Properties:
      Handler: do
      CodeUri: ../../built/
      Policies:
        - Statement: [{ Effect: Allow, Action: a:B, Resource: [!Ref ThingsArn, !Sub '${ThingsArn}/index/by-id'] }]
  Ends: { Type: AWS::Serverless::StateMachine, Properties: { DefinitionUri: ../../machines/ends.asl.json } }
Outputs: { Jobs: { Value: !Ref Jobs } }";

#[test]
fn what_a_nested_stack_is_given_stands_for_what_the_root_means() {
    let application = read(ROOT, &[("kept.yaml", KEPT), ("parts/work.yaml", WORK)]).unwrap();
    let function = application.function("do").unwrap();
    let arn = "arn:aws:dynamodb:local:000000000000:table/scrip-things";
    let variables: Vec<_> =
        function.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        variables,
        [format!("NAME=of-test/{arn}"), "SIZE=5".to_owned(), "TABLE=scrip-things".to_owned()]
    );
    assert_eq!(function.permissions[0].resources, [arn.to_owned(), format!("{arn}/index/by-id")]);
    assert_eq!(application.outputs["Jobs"], "http://127.0.0.1/000000000000/scrip-jobs");
    assert_eq!((application.routes.len(), application.routes[0].path.as_str()), (1, "/jobs"));
    assert_eq!(application.machines[0].definition_path, "../machines/ends.asl.json");
}

#[test]
fn what_does_not_fit_is_refused_in_its_file() {
    let part = |text: &str| format!("Resources: {{ Q: {{ Type: AWS::SQS::Queue }} }}\n{text}");
    let stack = |id: &str, properties: &str| {
        format!("  {id}: {{ Type: AWS::CloudFormation::Stack, Properties: {{ {properties} }} }}\n")
    };
    let root = |stacks: &str| format!("Resources:\n{stacks}");
    let one = root(&stack("A", "TemplateURL: a.yaml"));
    let given = root(&stack("A", "TemplateURL: a.yaml, Parameters: { P: !GetAtt B.Outputs.Q }"));
    let circle = root(
        &(stack("A", "TemplateURL: a.yaml, Parameters: { P: !GetAtt B.Outputs.Q }")
            + &stack("B", "TemplateURL: b.yaml, Parameters: { P: !GetAtt A.Outputs.Q }")),
    );
    let output = "Parameters: { P: { Type: String } }\nOutputs: { Q: { Value: !Ref Q } }";
    let function =
        "Resources: { F: { Type: AWS::Serverless::Function, Properties: { Handler: f, Timeout: soon } } }";
    for (root, a, expected) in [
        (
            root(&stack("A", "TemplateURL: c.yaml")),
            part(""),
            "root.yaml: A, Properties.TemplateURL: there is no template \"c.yaml\"",
        ),
        (
            root(&stack("A", "TemplateURL: a.yaml, Tags: []")),
            part(""),
            "root.yaml: A, Properties.Tags: it is not known here",
        ),
        (
            root(&stack("A", "TemplateURL: a.yaml, Parameters: { P: 1 }")),
            part(""),
            "root.yaml: A, Properties.Parameters.P: a.yaml has no such parameter",
        ),
        (
            one.clone(),
            part("Parameters: { P: { Type: String } }"),
            "root.yaml: A, Properties.Parameters.P: the parameter has no default",
        ),
        (one.clone(), "a: [".to_owned(), "a.yaml: not YAML: "),
        (one.clone(), part("Mappings: {}"), "a.yaml: Template, Mappings: it is not known here"),
        (one.clone(), function.to_owned(), "a.yaml: F, Properties.Timeout: \"soon\" is not a whole number"),
        (one.clone(), root(&stack("B", "TemplateURL: a.yaml")), "a.yaml: B: a nested stack nests no other"),
        (one.clone() + "  Q: { Type: AWS::SQS::Queue }", part(""), "a.yaml: Q: it stands in the root, too"),
        (
            one.clone() + "Conditions: { C: !Equals [a, b] }",
            part("Conditions: { C: !Equals [a, c] }"),
            "a.yaml: Conditions, C: a condition of this name says something else",
        ),
        (
            one.clone(),
            "Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: !Ref 'AWS::StackName' } } }"
                .to_owned(),
            "a.yaml: Q, Properties.QueueName: AWS::StackName is another one in a nested stack",
        ),
        (given.clone(), part(output), "root.yaml: A, Properties.Parameters.P: there is no stack B"),
        (circle, part(output), "root.yaml: A: it depends on itself"),
        (
            one + "Outputs: { O: { Value: !GetAtt A.Outputs.R } }",
            part(""),
            "root.yaml: Outputs, O.Value: a.yaml has no output R",
        ),
        (
            root(&stack("A", "TemplateURL: a.yaml")) + "Outputs: { O: { Value: !Sub '${A.Outputs.Q}' } }",
            part("Outputs: { Q: { Value: !Ref Q } }"),
            "root.yaml: Outputs, O.Value.Fn::Sub: give ${A.Outputs.Q} a name of its own",
        ),
    ] {
        let b = part(output);
        let read = read(&root, &[("a.yaml", &a), ("b.yaml", &b)]).map(|_| ());
        let error = read.expect_err(expected).to_string();
        assert!(error.starts_with(expected), "expected {expected}\n     got {error}");
    }
}

#[test]
fn what_is_generated_follows_from_what_stands_by_hand() {
    let before = templates(ROOT, &[("kept.yaml", KEPT), ("parts/work.yaml", WORK)]);
    let stale = before.iter().map(|(path, text)| {
        let by_hand = text.split("Outputs:").next().unwrap();
        (
            path.to_owned(),
            format!("{by_hand}\n# Generated from here on by SCRIP_BLESS=1 cargo test: old\nOld:\n"),
        )
    });
    let generated = Template::generated(&Templates::new("root.yaml", stale.collect())).unwrap();
    insta::assert_snapshot!(generated["parts/work.yaml"].split_once("ends.asl.json } }").unwrap().1, @r#"

      # Generated from here on by SCRIP_BLESS=1 cargo test: what API Gateway may invoke, and what the root refers to.
      InvokeWork:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument:
            Version: "2012-10-17"
            Statement:
              - { Effect: Allow, Principal: { Service: apigateway.amazonaws.com }, Action: ["sts:AssumeRole"] }
          Policies:
            - PolicyName: invoke
              PolicyDocument:
                Version: "2012-10-17"
                Statement:
                  - Effect: Allow
                    Action: [lambda:InvokeFunction]
                    Resource:
                      - !GetAtt Do.Arn

    Outputs:
      DoArn: { Value: !GetAtt Do.Arn }
      Ends: { Value: !Ref Ends }
      InvokeWorkArn: { Value: !GetAtt InvokeWork.Arn }
      Jobs: { Value: !Ref Jobs }
      JobsName: { Value: !GetAtt Jobs.QueueName }
    "#);
    insta::assert_snapshot!(generated["kept.yaml"].split_once("HASH").unwrap().1, @r"
     }]

    # Generated from here on by SCRIP_BLESS=1 cargo test: what the root refers to.
    Outputs:
      Things: { Value: !Ref Things }
      ThingsArn: { Value: !GetAtt Things.Arn }
    ");
    insta::assert_snapshot!(generated["root.yaml"].split_once("of-${Stage}").unwrap().1, @r#"
    ' }
              # Generated from here on by SCRIP_BLESS=1 cargo test: the Route of each function.
              /jobs:
                post:
                  security: [{ Bearer: [] }]
                  responses: {}
                  x-amazon-apigateway-integration:
                    type: aws_proxy
                    httpMethod: POST
                    credentials: !GetAtt Work.Outputs.InvokeWorkArn
                    uri: !Sub ["arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function}/invocations", { Function: !GetAtt Work.Outputs.DoArn }]
    "#);
    let again = Template::generated(&Templates::new("root.yaml", generated.clone())).unwrap();
    assert_eq!(again, generated);
}
