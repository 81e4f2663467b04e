//! Each intrinsic, each way to write it, and what SAM's globals do.

use super::read;
use crate::Redrive;

/// What an expression comes to as an output.
fn output(expression: &str) -> String {
    let sections = format!(
        "Mappings: {{ Sizes: {{ test: {{ memory: 256 }} }} }}
Conditions:
  Later: !Not [!Condition Earlier]
  Earlier: !And [!Equals [!Ref Stage, test], !Or [!Equals [!Ref Limit, 8], !Equals [!Ref Limit, '7']]]
Resources:
  JobsTable:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{{ AttributeName: id, AttributeType: N }}]
      KeySchema: [{{ AttributeName: id, KeyType: HASH }}]
      StreamSpecification: {{ StreamViewType: KEYS_ONLY }}
  WorkQueue: {{ Type: AWS::SQS::Queue }}
  OneJob: {{ Type: AWS::Serverless::Function, Properties: {{ Handler: do-job }} }}
  EveryJob: {{ Type: AWS::Serverless::StateMachine, Properties: {{ DefinitionUri: jobs.asl.json }} }}
  JobLogs: {{ Type: AWS::Logs::LogGroup }}
  JobSecret: {{ Type: AWS::SecretsManager::Secret }}
Outputs: {{ Asked: {{ Value: {expression} }}, Unasked: {{ Condition: Later, Value: nothing }} }}"
    );
    let outputs = read(&sections).unwrap().outputs;
    assert_eq!(outputs.len(), 1);
    outputs["Asked"].clone()
}

#[test]
fn intrinsics_come_to_their_values() {
    for (expression, expected) in [
        ("!Ref Stage", "test"),
        ("{ Ref: Limit }", "7"),
        ("!Ref AWS::Region", "local"),
        ("!Ref JobsTable", "scrip-jobs"),
        ("!Ref WorkQueue", "http://127.0.0.1:9400/queues/000000000000/scrip-work-queue"),
        ("!Ref OneJob", "do-job"),
        ("!Ref EveryJob", "arn:aws:states:local:000000000000:stateMachine:every-job"),
        ("!Ref JobSecret", "arn:aws:secretsmanager:local:000000000000:secret:scrip-job-secret"),
        ("!Ref JobLogs", "scrip-job-logs"),
        ("!GetAtt OneJob.Arn", "arn:aws:lambda:local:000000000000:function:do-job"),
        ("!GetAtt [WorkQueue, QueueName]", "scrip-work-queue"),
        (
            "{ 'Fn::GetAtt': [JobsTable, StreamArn] }",
            "arn:aws:dynamodb:local:000000000000:table/scrip-jobs/stream/local",
        ),
        (
            "!Sub '${AWS::Partition}/${JobsTable.Arn}/${!Literal}'",
            "aws/arn:aws:dynamodb:local:000000000000:table/scrip-jobs/${Literal}",
        ),
        ("!Sub ['${a}-${Stage}', { a: !Ref AWS::AccountId }]", "000000000000-test"),
        ("!If [Earlier, yes, no]", "yes"),
        ("!If [Later, yes, !If [Earlier, inner, outer]]", "inner"),
        ("!Join ['-', [a, !Ref Limit, !If [Later, b, !Ref 'AWS::NoValue'], c]]", "a-7-c"),
        ("!Select [1, !Split [',', 'a,b,c']]", "b"),
        ("!FindInMap [Sizes, !Ref Stage, memory]", "256"),
        ("{ 'Fn::Join': ['', [{ 'Fn::Select': ['0', [x, y]] }]] }", "x"),
    ] {
        assert_eq!(output(expression), expected, "{expression}");
    }
}

#[test]
fn globals_merge_as_sam_merges_them() {
    let application = read(
        "Globals:
  Function:
    Timeout: 10
    Environment: { Variables: { A: global, B: !If [Yes, 1, 2] } }
    Policies: [{ Statement: [{ Effect: Allow, Action: a:B, Resource: '*' }] }]
Conditions: { Yes: !Equals [a, a] }
Resources:
  Own:
    Type: AWS::Serverless::Function
    Properties:
      Handler: own
      Timeout: !Ref Limit
      Environment: { Variables: { A: !Sub own, C: true } }
      Policies: [{ Statement: [{ Effect: Allow, Action: [c:D], Resource: [e] }] }]",
    )
    .unwrap();
    let function = application.function("own").unwrap();
    assert_eq!((function.timeout_seconds, function.memory_megabytes), (7, 128));
    let variables: Vec<_> =
        function.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(variables, ["A=own", "B=1", "C=true"]);
    let actions: Vec<_> = function.permissions.iter().flat_map(|permission| &permission.actions).collect();
    assert_eq!(actions, ["a:B", "c:D"]);
}

#[test]
fn queues_and_their_consumers_are_read() {
    let application = read(
        "Resources:
  Dead: { Type: AWS::SQS::Queue, Properties: { MessageRetentionPeriod: 1209600 } }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: '60'
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3 }
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Handler: work
      Events:
        Jobs:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            MaximumBatchingWindowInSeconds: 1
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: { MaximumConcurrency: 5 }
  Never: { Type: AWS::SQS::Queue, Condition: No }
Conditions: { No: !Equals [a, b] }",
    )
    .unwrap();
    let names: Vec<_> = application.queues.iter().map(|queue| queue.name.as_str()).collect();
    assert_eq!(names, ["scrip-dead", "scrip-jobs"]);
    let [dead, jobs] = application.queues.as_slice() else { panic!("two queues") };
    assert_eq!(
        (dead.retention_seconds, dead.visibility_timeout_seconds, dead.delay_seconds),
        (1_209_600, 30, 0)
    );
    assert_eq!(jobs.visibility_timeout_seconds, 60);
    assert_eq!(jobs.redrive, Some(Redrive { queue: "scrip-dead".to_owned(), maximum_receives: 3 }));
    let [mapping] = application.queue_mappings.as_slice() else { panic!("one consumer") };
    assert_eq!((mapping.queue.as_str(), mapping.function.as_str()), ("scrip-jobs", "work"));
    assert_eq!((mapping.batch_size, mapping.window_seconds, mapping.maximum_concurrency), (10, 1, Some(5)));
    assert!(mapping.report_batch_item_failures);
}

#[test]
fn a_route_may_be_open_to_everybody() {
    let application = read(
        "Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Auth:
        DefaultAuthorizer: Bearer
        Authorizers:
          Bearer: { FunctionArn: !GetAtt Check.Arn, FunctionPayloadType: REQUEST, Identity: { Headers: [Authorization] } }
  Check:
    Type: AWS::Serverless::Function
    Properties:
      Handler: check
  Open: { Type: AWS::Serverless::Function, Metadata: { Route: POST /open, Authorizer: NONE }, Properties: { Handler: open } }
  Shut: { Type: AWS::Serverless::Function, Metadata: { Route: POST /shut }, Properties: { Handler: shut } }",
    )
    .unwrap();
    let authorizers: Vec<_> = application.routes.iter().map(|route| route.authorizer.as_deref()).collect();
    assert_eq!(authorizers, [None, Some("Bearer")]);
    assert_eq!(application.authorizer.unwrap().ttl_seconds, 300);
}
