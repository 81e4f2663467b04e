mod asynchronous;
mod deployed;
mod nested;
mod refused;
mod resolved;

use crate::{Application, Parameters, Template, TemplateError, Templates};

/// Reads resources and other sections, given without the header, with `Limit` = 7 and `Stage` = `test` as parameters.
fn read(sections: &str) -> Result<Application, TemplateError> {
    let parameters = "Parameters: { Limit: { Type: Number, Default: 7 }, Stage: { Type: String, AllowedValues: [test, prod] } }";
    let text = format!("Transform: AWS::Serverless-2016-10-31\n{parameters}\n{sections}");
    Template::read(
        &Templates::alone(&text),
        &Parameters::local("http://127.0.0.1:9400/queues", &[("Stage", "test")]),
    )
}
