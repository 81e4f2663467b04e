//! AWS's side: a store with the template's tables, Secrets Manager, Step Functions, and an issuer of tokens.

use crate::http::{self, Answer};
use dynoxide::{Database, DynoxideError};
use hyper::Request;
use hyper::body::Bytes;
use scrip_clock::Clock;
use scrip_identity::{Algorithm, SigningKey};
use scrip_sam::{Application, Key, Parameters, Projection, TableSpec, Template, Templates};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

const ISSUER: &str = "https://issuer.example";
const KEY_ID: &str = "k1";

/// All services at one address.
pub struct Aws {
    address: String,
    application: Application,
    more_variables: BTreeMap<String, String>,
    services: Services,
}

#[derive(Clone)]
struct Services {
    database: Database,
    store_requests: Arc<Mutex<Vec<Value>>>,
    executions: Arc<Mutex<Vec<Value>>>,
    starts_fail: Arc<Mutex<bool>>,
    sent: Arc<Mutex<Vec<Value>>>,
    refused_messages: Arc<Mutex<Vec<usize>>>,
    issuer: SigningKey,
    secret: Arc<Mutex<Option<String>>>,
}

impl Aws {
    pub async fn start() -> Self {
        let services = Services {
            database: Database::memory().unwrap(),
            store_requests: Arc::default(),
            executions: Arc::default(),
            starts_fail: Arc::default(),
            sent: Arc::default(),
            refused_messages: Arc::default(),
            issuer: SigningKey::generate(Algorithm::EdDsa),
            secret: Arc::new(Mutex::new(Some("0123456789abcdef0123456789abcdef".to_owned()))),
        };
        let served = services.clone();
        let address = http::serve(move |request| std::future::ready(served.answer(&request))).await;
        let keys = format!("http://{address}/keys");
        let parameters =
            Parameters::local("http://127.0.0.1", &[("TokenIssuer", ISSUER), ("TokenJwksUrl", &keys)]);
        let application = Template::read(&Templates::deployed(), &parameters).unwrap();
        for table in &application.tables {
            services.database.create_table(serde_json::from_value(definition(table)).unwrap()).unwrap();
        }
        Self { address, application, more_variables: BTreeMap::new(), services }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the template, and the test, give the function.
    pub fn variables(&self, handler: &str) -> BTreeMap<String, String> {
        let function = self.application.function(handler);
        let mut variables = function.map(|function| function.environment.clone()).unwrap_or_default();
        variables.extend(self.more_variables.clone());
        variables
    }

    /// Gives one service an endpoint of its own.
    pub fn redirect(&mut self, service: &str, endpoint: &str) {
        self.set_variable(&format!("AWS_ENDPOINT_URL_{service}"), endpoint);
    }

    /// Gives functions a variable that the template has not.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.more_variables.insert(name.to_owned(), value.to_owned());
    }

    /// Without a secret, nobody may read it.
    pub fn set_secret(&mut self, secret: Option<&str>) {
        *self.services.secret.lock().unwrap() = secret.map(str::to_owned);
    }

    /// What the store was asked.
    pub fn store_requests(&self) -> Vec<Value> {
        self.services.store_requests.lock().unwrap().clone()
    }

    /// The executions that were started.
    pub fn executions(&self) -> Vec<Value> {
        self.services.executions.lock().unwrap().clone()
    }

    /// Has Step Functions start nothing more, and SQS refuse the messages at these places of each request.
    pub fn fail_starts(&self, refused_messages: &[usize]) {
        *self.services.starts_fail.lock().unwrap() = true;
        *self.services.refused_messages.lock().unwrap() = refused_messages.to_vec();
    }

    /// What was sent to queues.
    pub fn sent(&self) -> Vec<Value> {
        self.services.sent.lock().unwrap().clone()
    }

    /// A user's access token.
    pub fn token(&self, user: &str) -> String {
        let now = Clock::system().now().as_second();
        let claims = json!({
            "iss": ISSUER, "aud": "scrip", "sub": user, "scope": "", "iat": now, "exp": now + 600,
        });
        self.services.issuer.sign_jwt(KEY_ID, &claims)
    }

    /// The item of a bill, in the store's own notation.
    pub fn bill(&self, id: &str) -> Value {
        let bills = &self.variables("open-bill")["BILLS_TABLE"];
        let request = json!({ "TableName": bills });
        let answer = self.services.database.scan(serde_json::from_value(request).unwrap()).unwrap();
        let answer = serde_json::to_value(answer).unwrap();
        let items = answer["Items"].as_array().unwrap();
        items.iter().find(|item| item["id"]["S"] == json!(id)).unwrap().clone()
    }

    /// Sets the end of a bill's time, and its slot, to a moment that is over.
    pub fn end_time_of_bill(&self, id: &str) {
        let item = self.bill(id);
        let request = json!({
            "TableName": self.variables("open-bill")["BILLS_TABLE"],
            "Key": { "pk": item["pk"], "sk": item["sk"] },
            "UpdateExpression": "SET effective_until = :past, due = :due",
            "ExpressionAttributeValues": {
                ":past": { "N": "1" }, ":due": { "S": format!("0000000000001#expiry#{id}") },
            },
        });
        self.services.database.update_item(serde_json::from_value(request).unwrap()).unwrap();
    }
}

impl Services {
    fn answer(&self, request: &Request<Bytes>) -> Answer {
        let Some(target) = request.headers().get("x-amz-target") else {
            return self.keys(request.uri().path());
        };
        let target = target.to_str().unwrap();
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        if let Some(operation) = target.strip_prefix("DynamoDB_20120810.") {
            self.store_requests.lock().unwrap().push(body);
            return match self.store(operation, request.body()) {
                Ok(body) => http::text(200, body),
                Err(error) => http::text(error.status_code(), error.to_json()),
            };
        }
        match target {
            "secretsmanager.GetSecretValue" => match &*self.secret.lock().unwrap() {
                Some(secret) => http::json(
                    200,
                    &json!({ "ARN": body["SecretId"], "Name": "master", "SecretString": secret }),
                ),
                None => {
                    http::json(400, &json!({ "__type": "AccessDeniedException", "Message": "not for you" }))
                }
            },
            "AWSStepFunctions.StartExecution" if *self.starts_fail.lock().unwrap() => {
                http::json(400, &json!({ "__type": "ThrottlingException", "message": "too many" }))
            }
            "AmazonSQS.SendMessageBatch" => self.send(&body),
            "AWSStepFunctions.StartExecution" => {
                self.executions.lock().unwrap().push(body);
                http::json(200, &json!({ "executionArn": "arn", "startDate": 1.5 }))
            }
            _ => unreachable!("{target}"),
        }
    }

    fn send(&self, request: &Value) -> Answer {
        let refused = self.refused_messages.lock().unwrap();
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for (index, entry) in request["Entries"].as_array().unwrap().iter().enumerate() {
            let id = &entry["Id"];
            if refused.contains(&index) {
                failed.push(json!({ "Id": id, "SenderFault": false, "Code": "InternalError" }));
            } else {
                successful.push(json!({ "Id": id, "MessageId": "m", "MD5OfMessageBody": "" }));
            }
        }
        self.sent.lock().unwrap().push(request.clone());
        http::json(200, &json!({ "Successful": successful, "Failed": failed }))
    }

    fn keys(&self, path: &str) -> Answer {
        assert_eq!(path, "/keys");
        let key = self.issuer.public_jwk();
        let mut jwk: Value = serde_json::from_str(&key.canonical_json()).unwrap();
        jwk["kid"] = json!(KEY_ID);
        jwk["alg"] = json!(key.algorithm());
        http::json(200, &json!({ "keys": [jwk] }))
    }

    fn store(&self, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
        macro_rules! answer {
            ($method:ident) => {
                serde_json::to_string(&self.database.$method(serde_json::from_slice(body).unwrap())?).unwrap()
            };
        }
        Ok(match operation {
            "BatchGetItem" => answer!(batch_get_item),
            "GetItem" => answer!(get_item),
            "PutItem" => answer!(put_item),
            "Query" => answer!(query),
            "TransactWriteItems" => answer!(transact_write_items),
            "UpdateItem" => answer!(update_item),
            _ => unreachable!("{operation}"),
        })
    }
}

fn definition(table: &TableSpec) -> Value {
    let keys = |hash: &Key, range: &Option<Key>| -> Vec<Value> {
        let range = range.iter().map(|key| json!({ "AttributeName": key.attribute, "KeyType": "RANGE" }));
        [json!({ "AttributeName": hash.attribute, "KeyType": "HASH" })].into_iter().chain(range).collect()
    };
    let indexes = table.indexes.iter().flat_map(|index| [Some(&index.hash), index.range.as_ref()]);
    let attributes: BTreeSet<(&str, String)> = [Some(&table.hash), table.range.as_ref()]
        .into_iter()
        .chain(indexes)
        .flatten()
        .map(|key| (key.attribute.as_str(), format!("{:?}", key.key_type)))
        .collect();
    let attributes: Vec<_> = attributes
        .iter()
        .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }))
        .collect();
    let mut definition = json!({
        "TableName": table.name, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": attributes,
        "KeySchema": keys(&table.hash, &table.range),
    });
    let indexes: Vec<_> = table
        .indexes
        .iter()
        .map(|index| {
            let projection = match &index.projection {
                Projection::All => json!({ "ProjectionType": "ALL" }),
                Projection::KeysOnly => json!({ "ProjectionType": "KEYS_ONLY" }),
                Projection::Include(names) => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names }),
            };
            json!({ "IndexName": index.name, "KeySchema": keys(&index.hash, &index.range), "Projection": projection })
        })
        .collect();
    if !indexes.is_empty() {
        definition["GlobalSecondaryIndexes"] = json!(indexes);
    }
    definition
}
