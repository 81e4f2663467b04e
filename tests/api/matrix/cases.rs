//! One good request for each route, and who may not make it.

use crate::api::world::{ORDER, PIN, SECURE_CODE, Who, World, money, public_key, stored, tea};
use reqwest::Method;
use scrip_function::{Caller, Operation, Proof};
use scrip_identity::Algorithm;
use scrip_sam::Route;
use scrip_test_support::webhooks::Message;
use scrip_test_support::{Answer, Pos, fresh_key};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A route with a request that succeeds.
pub struct Case {
    pub operation: String,
    pub method: Method,
    /// With the stage; parameters in braces.
    pub template: String,
    /// The values of the path's parameters.
    pub parameters: BTreeMap<&'static str, String>,
    /// What follows the path.
    pub query: String,
    pub caller: Who,
    /// Known, but in another role.
    pub wrong_roles: Vec<Who>,
    /// Must not know that what is asked for exists.
    pub strangers: Vec<Who>,
    pub body: Value,
    /// Another good request for the same route.
    pub other: Value,
}

/// Somebody of each kind.
const KINDS: [(Caller, Who); 4] = [
    (Caller::User, Who::Alice),
    (Caller::Terminal, Who::Terminal),
    (Caller::PointOfSale, Who::Pos),
    (Caller::Server, Who::Server),
];

impl Case {
    pub fn path(&self) -> String {
        self.path_with(&self.parameters)
    }

    pub fn path_with(&self, parameters: &BTreeMap<&'static str, String>) -> String {
        let mut path = self.template.clone();
        for (name, value) in parameters {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        path + &self.query
    }

    pub fn bytes(&self) -> Vec<u8> {
        if self.body.is_null() { Vec::new() } else { self.body.to_string().into_bytes() }
    }

    /// Whether it wants an idempotency key.
    pub fn creates(&self) -> bool {
        self.method == Method::POST && !self.is_signed()
    }

    /// Whether the body's signature is the proof, instead of a token.
    pub fn is_signed(&self) -> bool {
        self.proof() == Proof::Signature
    }

    /// Whether everybody may make it.
    pub fn is_public(&self) -> bool {
        self.proof() == Proof::None
    }

    fn proof(&self) -> Proof {
        self.described().proof()
    }

    /// What the operation's file says of it.
    pub fn described(&self) -> Operation {
        scrip_catalog::operation(&self.operation).expect("an operation of the catalog")
    }

    /// Takes the route from the template, and who is of a wrong role from the operation.
    fn complete(&mut self, routes: &[Route]) {
        let route = routes.iter().find(|route| route.function == self.operation).expect("a route");
        self.method = route.method.parse().expect("a method");
        self.template = format!("/v1{}", route.path);
        let operation = self.described();
        if operation.tells_roles_apart() {
            let wrong = KINDS.into_iter().filter(|(caller, _)| !operation.callers.contains(caller));
            self.wrong_roles.extend(wrong.map(|(_, who)| who));
        }
    }

    /// Sends the request by somebody, perhaps with another body or path.
    pub async fn send(&self, world: &World, who: Who, path: &str, body: Vec<u8>) -> Answer {
        self.send_keyed(world, who, path, &fresh_key(), body).await
    }

    /// The same with this key, if the request takes one.
    pub async fn send_keyed(&self, world: &World, who: Who, path: &str, key: &str, body: Vec<u8>) -> Answer {
        if self.is_signed() {
            return Message::of(&world.shelf().key, key, body, world.scrip.now().await)
                .send(&world.scrip)
                .await;
        }
        let key = self.creates().then_some(key);
        world.scrip.send(self.method.clone(), &world.who(who), path, key, body).await
    }

    pub fn by(operation: &str, caller: Who) -> Self {
        Self {
            operation: operation.to_owned(),
            method: Method::default(),
            template: String::new(),
            parameters: BTreeMap::new(),
            query: String::new(),
            caller,
            wrong_roles: Vec::new(),
            strangers: Vec::new(),
            body: Value::Null,
            other: Value::Null,
        }
    }

    pub fn of(mut self, parameter: &'static str, value: &str) -> Self {
        self.parameters.insert(parameter, value.to_owned());
        self
    }

    /// Who is of a kind that may call, but told by the operation itself that the role is wrong.
    pub fn not(mut self, wrong_roles: &[Who]) -> Self {
        self.wrong_roles.extend(wrong_roles);
        self
    }

    pub fn hidden_from(mut self, strangers: &[Who]) -> Self {
        self.strangers.extend(strangers);
        self
    }

    pub fn with(mut self, body: Value, other: Value) -> Self {
        (self.body, self.other) = (body, other);
        self
    }
}

/// All of them. Made one after the other in this order, all succeed.
pub async fn cases(world: &World) -> Vec<Case> {
    // Bills come first, as the code that one of them is sent does not count for long.
    let mut cases = bills(world).await;
    cases.extend(wallet(world));
    cases.extend(directory(world));
    cases.extend(authorizations(world));
    cases.extend(points_of_sale(world).await);
    cases.extend(settlements(world).await);
    cases.extend(super::deductions::cases(world));
    if world.shelf.is_some() {
        cases.extend(super::coupons::cases(world));
        cases.extend(super::sharing::cases(world));
        cases.extend(super::groups::cases(world));
    }
    // Users have names of their own where tests share a stack.
    let named = |body: &Value| serde_json::from_slice(&world.scrip.bytes(body)).expect("a body");
    let routes = &world.scrip.application().await.routes;
    for case in &mut cases {
        case.complete(routes);
        (case.body, case.other) = (named(&case.body), named(&case.other));
    }
    cases
}

fn authorizations(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Treasury};
    let World { account, authorization, .. } = world;
    let terms = |code: &str| {
        json!({
            "account": account, "pin": PIN, "secure_code": { "scheme": "static", "code": code },
            "limit": money(2_000), "per_transaction_limit": money(500), "uses": 4, "valid_for": "P1D",
            "per_day": { "count": 2, "amount": money(900) }, "pin_above": money(300),
            "pos": [world.pos.id], "reserve": true,
        })
    };
    vec![
        Case::by("authorize-offline", Alice)
            .hidden_from(&[Mallory, Bob])
            .with(terms("640913857206"), terms("640913857207")),
        Case::by("list-authorizations", Alice),
        Case::by("get-authorization", Alice)
            .of("authorization", authorization)
            .hidden_from(&[Mallory, Bob, Treasury]),
        Case::by("revoke-authorization", Alice)
            .of("authorization", authorization)
            .hidden_from(&[Mallory, Bob, Treasury]),
    ]
}

async fn points_of_sale(world: &World) -> Vec<Case> {
    use Who::{OtherPos, Pos as Till};
    let order = |order_reference: &str| Pos::order(order_reference, "otto", SECURE_CODE, 900);
    let batch = async |references: &[&str]| {
        let mut transactions = Vec::new();
        for order_reference in references {
            transactions.push(stored(&world.scrip, order(order_reference)).await);
        }
        json!({ "transactions": transactions })
    };
    let mut found = Case::by("find-pos-transactions", Till);
    found.query = format!("?order_reference={ORDER}");
    vec![
        Case::by("create-pos-transaction", Till).with(order("order-2"), order("order-3")),
        found,
        Case::by("get-pos-transaction", Till).of("transaction", &world.paid).hidden_from(&[OtherPos]),
        // What was paid before, so that nothing is done later.
        Case::by("create-pos-batch", Till).with(batch(&[ORDER]).await, batch(&[ORDER, "order-2"]).await),
        Case::by("get-pos-batch", Till).of("batch", &world.batch).hidden_from(&[OtherPos]),
        Case::by("reverse-pos-transaction", Till).of("transaction", &world.paid).hidden_from(&[OtherPos]),
    ]
}

async fn settlements(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Olga};
    let settlement = world.settlement(&world.shop.id, 0).await;
    ["list-settlements", "get-settlement", "export-settlement"]
        .map(|operation| {
            let case = Case::by(operation, Bob).of("merchant", &world.shop.id);
            let case = case.not(&[Olga]).hidden_from(&[Mallory, Alice]);
            if operation == "list-settlements" { case } else { case.of("settlement", &settlement) }
        })
        .into()
}

fn wallet(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Server, Terminal, Treasury};
    let World { account, shop, transfer, .. } = world;
    let order = |amount: i64| json!({ "from": account, "to": shop.account, "amount": money(amount) });
    let deposit = |reference: &str| json!({ "amount": money(100), "reference": reference });
    vec![
        Case::by("open-account", Alice).with(json!({ "currency": "CNY" }), json!({ "currency": "EUR" })),
        Case::by("list-accounts", Alice),
        Case::by("get-account", Alice)
            .of("account", account)
            .hidden_from(&[Mallory, Bob, Treasury, Terminal, Server]),
        Case::by("list-entries", Alice)
            .of("account", account)
            .hidden_from(&[Mallory, Bob, Treasury, Terminal, Server]),
        Case::by("deposit", Treasury).of("account", account).with(deposit("a"), deposit("b")),
        Case::by("spread-account", Treasury)
            .of("account", &shop.account)
            .with(json!({ "shards": 16 }), json!({ "shards": 17 })),
        Case::by("transfer", Alice).hidden_from(&[Mallory, Bob, Treasury]).with(order(10), order(11)),
        Case::by("get-transfer", Alice).of("transfer", transfer).hidden_from(&[Mallory, Treasury, Terminal]),
        Case::by("reverse-transfer", Bob)
            .of("transfer", transfer)
            .not(&[Alice])
            .hidden_from(&[Mallory, Treasury, Terminal])
            .with(json!({ "amount": money(10) }), json!({ "amount": money(11) })),
    ]
}

fn directory(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, Olga};
    let shop = world.shop.id.as_str();
    let (_, public_key) = public_key(Algorithm::EdDsa);
    let device = |name: &str| json!({ "name": name, "public_key": public_key });
    let of_shop =
        |name: &str| json!({ "kind": "terminal", "name": name, "store": "s1", "public_key": public_key });
    vec![
        Case::by("set-pin", Alice).with(json!({ "pin": PIN, "current_pin": PIN }), Value::Null),
        Case::by("register-device", Alice).with(device("Phone"), device("Watch")),
        Case::by("create-merchant", Alice).with(
            json!({ "name": "Bakery", "currency": "CNY" }),
            json!({ "name": "Bakery", "currency": "EUR" }),
        ),
        Case::by("name-operator", Bob)
            .of("merchant", shop)
            .not(&[Olga])
            .hidden_from(&[Mallory, Alice])
            .with(json!({ "user": "pia", "stores": ["s1"] }), json!({ "user": "pia", "stores": ["s2"] })),
        Case::by("register-merchant-device", Bob)
            .of("merchant", shop)
            .not(&[Olga])
            .hidden_from(&[Mallory, Alice])
            .with(of_shop("Till"), of_shop("Counter")),
        Case::by("list-notifications", Alice),
    ]
}

async fn bills(world: &World) -> Vec<Case> {
    use Who::{Alice, Bob, Mallory, OtherTerminal, Terminal};
    let World { account, open, empty, awaiting, .. } = world;
    let terms = |period: &str| json!({ "account": account, "effective_for": period });
    let code = open.code(&world.scrip).await;
    let items = |quantity: i64| json!({ "presentation_code": code, "items": [tea(quantity, 200)] });
    let answer = |pin: &str| json!({ "verification_request": world.request, "method": "pin", "pin": pin });
    vec![
        Case::by("open-bill", Alice).hidden_from(&[Mallory, Bob]).with(terms("PT1H"), terms("PT2H")),
        Case::by("list-bills", Alice),
        Case::by("get-bill", Alice).of("bill", &open.id).hidden_from(&[Mallory, Bob, OtherTerminal]),
        Case::by("amend-bill", Alice)
            .of("bill", &open.id)
            .hidden_from(&[Mallory, Bob])
            .with(json!({ "version": 1, "ceiling": money(5_000) }), Value::Null),
        Case::by("cancel-bill", Alice).of("bill", &empty.id).hidden_from(&[Mallory, Bob]),
        Case::by("add-items", Terminal).of("bill", &open.id).with(items(1), items(2)),
        Case::by("remove-item", Terminal)
            .of("bill", &open.id)
            .of("item", &world.item)
            .hidden_from(&[OtherTerminal]),
        Case::by("request-verification", Alice).of("bill", &open.id).hidden_from(&[
            Mallory,
            Bob,
            OtherTerminal,
        ]),
        Case::by("verify-bill", Alice)
            .of("bill", &awaiting.id)
            .hidden_from(&[Mallory, Bob])
            .with(answer(PIN), answer("111112")),
    ]
}
