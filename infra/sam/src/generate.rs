//! What templates must say about each other follows from what stands in them by hand: the outputs of a nested stack are
//! its resources that others refer to, its role for API Gateway names its functions with a route, and the paths of the
//! root's API are those routes. So it is generated, at the end of each file.

use crate::TemplateError;
use crate::Templates;
use crate::resources::DeclaredRoute;
use crate::yaml;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The line before what is generated begins with this.
const MARK: &str = "# Generated from here on by SCRIP_BLESS=1 cargo test";
/// How the paths of the API are indented in the root.
const PATH: &str = "          ";

/// What stands in a template by hand: all before its mark.
pub(crate) fn by_hand(text: &str) -> &str {
    let mut length = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with(MARK) {
            break;
        }
        length += line.len();
    }
    text.get(..length).unwrap_or(text).trim_end()
}

/// Every template, with what is generated made anew.
pub(crate) fn all(templates: &Templates) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut texts = BTreeMap::new();
    let mut routes = Vec::new();
    for (stack, path) in templates.nested()? {
        let text = by_hand(templates.text(&path).unwrap_or_default());
        let document = yaml::parse(text, &path)?;
        let mut resources: Vec<_> = document["Resources"].as_object().into_iter().flatten().collect();
        resources.sort_unstable_by_key(|(id, _)| *id);
        let mut invoked = Vec::new();
        for (id, resource) in &resources {
            let route = DeclaredRoute::read(id, Some(&resource["Metadata"]));
            if let Some(route) = route.map_err(|error| error.in_file(&path))? {
                invoked.push(id.as_str());
                routes.push((route, stack.clone(), (*id).clone()));
            }
        }
        texts.insert(path, format!("{text}\n{}", ending(&stack, &resources, &invoked)));
    }
    let root = by_hand(templates.text(templates.root()).unwrap_or_default());
    texts.insert(templates.root().to_owned(), format!("{root}\n{}", paths(routes)));
    Ok(texts)
}

/// The role and the outputs of a nested stack; nothing if nobody refers to it.
fn ending(stack: &str, resources: &[(&String, &Value)], invoked: &[&str]) -> String {
    let mut outputs = Vec::new();
    let mut role = String::new();
    if !invoked.is_empty() {
        role = format!("\n  {MARK}: what API Gateway may invoke, and what the root refers to.\n");
        role += &invoking_role(stack, invoked);
        outputs.push((format!("Invoke{stack}Arn"), format!("!GetAtt Invoke{stack}.Arn")));
    }
    for (id, resource) in resources {
        let mut attribute = |output: &str, attribute: &str| {
            outputs.push((format!("{id}{output}"), format!("!GetAtt {id}.{attribute}")));
        };
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::Serverless::Function" => attribute("Arn", "Arn"),
            "AWS::SQS::Queue" => attribute("Name", "QueueName"),
            "AWS::DynamoDB::Table" => {
                attribute("Arn", "Arn");
                if !resource["Properties"]["StreamSpecification"].is_null() {
                    attribute("StreamArn", "StreamArn");
                }
            }
            "AWS::Serverless::StateMachine" => {}
            _ => continue,
        }
        if !invoked.contains(&id.as_str()) {
            outputs.push(((*id).clone(), format!("!Ref {id}")));
        }
    }
    if outputs.is_empty() {
        return String::new();
    }
    let before = if role.is_empty() { format!("\n{MARK}: what the root refers to.") } else { role };
    outputs.sort_unstable();
    outputs.iter().fold(format!("{before}\nOutputs:\n"), |mut text, (name, value)| {
        let _ = writeln!(text, "  {name}: {{ Value: {value} }}");
        text
    })
}

fn invoking_role(stack: &str, invoked: &[&str]) -> String {
    let mut role = format!(
        r#"  Invoke{stack}:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {{ Effect: Allow, Principal: {{ Service: apigateway.amazonaws.com }}, Action: ["sts:AssumeRole"] }}
      Policies:
        - PolicyName: invoke
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [lambda:InvokeFunction]
                Resource:
"#
    );
    for id in invoked {
        let _ = writeln!(role, "                  - !GetAtt {id}.Arn");
    }
    role
}

/// The paths of the root's API.
fn paths(mut routes: Vec<(DeclaredRoute, String, String)>) -> String {
    routes.sort_unstable_by(|(a, ..), (b, ..)| (&a.path, &a.method).cmp(&(&b.path, &b.method)));
    let mut text = format!("{PATH}{MARK}: the Route of each function.\n");
    let mut last = None;
    for (route, stack, function) in &routes {
        if last.replace(&route.path) != Some(&route.path) {
            let _ = writeln!(text, "{PATH}{}:", route.path);
        }
        let method = route.method.to_ascii_lowercase();
        let authorizer = if route.is_open { "NONE" } else { "Bearer" };
        let _ = writeln!(
            text,
            r#"{PATH}  {method}:
{PATH}    security: [{{ {authorizer}: [] }}]
{PATH}    responses: {{}}
{PATH}    x-amazon-apigateway-integration:
{PATH}      type: aws_proxy
{PATH}      httpMethod: POST
{PATH}      credentials: !GetAtt {stack}.Outputs.Invoke{stack}Arn
{PATH}      uri: !Sub ["arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{Function}}/invocations", {{ Function: !GetAtt {stack}.Outputs.{function}Arn }}]"#
        );
    }
    text
}
