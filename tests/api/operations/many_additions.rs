use crate::api::world::{World, delete, next_code};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use scrip_bills::limits::MAX_ADDITIONS;
use scrip_test_support::Answer;
use std::collections::HashMap;

/// More than there were reads for before: each is read with its bill, whether or not its items are still on it.
const ADDITIONS: usize = 521;

/// What is stored of the bill on which nothing is, where the terminal has added one item and taken it off again.
struct Stored {
    world: World,
    client: Client,
    table: String,
    addition: HashMap<String, AttributeValue>,
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

impl Stored {
    async fn begin() -> Self {
        let world = World::start().await;
        let (client, table) = (Client::new(&world.scrip.aws()), world.scrip.table("BillsTable").await);
        let added = world.empty.add(&world.scrip, &world.terminal, 1, 300).await.expect(201);
        let item = added.body["items"][0]["id"].as_str().expect("an id").to_owned();
        let path = world.empty.path(&format!("/items/{item}"));
        delete(&world.scrip, &world.terminal, &path).await.expect(204);
        let query =
            client.query().table_name(&table).key_condition_expression("pk = :pk AND begins_with(sk, :add)");
        let query = query.expression_attribute_values(":pk", text(format!("BILL#{}", world.empty.id)));
        let found = query.expression_attribute_values(":add", text("ADD#")).send().await.unwrap();
        let addition = found.items.unwrap_or_default().pop().expect("an addition");
        Self { world, client, table, addition }
    }

    /// The same addition once more, under another id.
    async fn copy(&self, place: usize) {
        let id = scrip_store::derive_id("item_", &["copy", &place.to_string()]);
        let mut copy = self.addition.clone();
        copy.insert("sk".to_owned(), text(format!("ADD#{id}")));
        copy.insert("addition".to_owned(), text(id));
        self.client.put_item().table_name(&self.table).set_item(Some(copy)).send().await.unwrap();
    }

    /// Has the bill count so many additions.
    async fn count(&self, additions: i64) {
        let write = self.client.update_item().table_name(&self.table);
        let write = write.key("pk", text(format!("BILL#{}", self.world.empty.id))).key("sk", text("BILL"));
        let write =
            write.update_expression("SET additions = :count").condition_expression("additions = :one");
        let write = write.expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
        write
            .expression_attribute_values(":count", AttributeValue::N(additions.to_string()))
            .send()
            .await
            .unwrap();
    }

    async fn add(&self) -> Answer {
        next_code(&self.world.scrip).await;
        self.world.empty.add(&self.world.scrip, &self.world.terminal, 1, 300).await
    }
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it writes hundreds of items past the API")]
async fn a_bill_answers_however_often_something_was_added_and_taken_off() {
    let stored = Stored::begin().await;
    for place in 1..ADDITIONS {
        stored.copy(place).await;
    }
    let bill = stored.world.empty.read(&stored.world.scrip, &stored.world.alice).await;
    assert_eq!((&bill["status"], bill["items"].as_array().map(Vec::len)), (&"open".into(), Some(0)));
    stored.add().await.expect(201);
    let bill = stored.world.empty.read(&stored.world.scrip, &stored.world.alice).await;
    assert_eq!((&bill["total"]["amount"], bill["items"].as_array().map(Vec::len)), (&300.into(), Some(1)));
}

#[tokio::test]
#[cfg_attr(feature = "deployed", ignore = "it writes past the API")]
async fn a_bill_sees_a_thousand_additions() {
    let stored = Stored::begin().await;
    stored.count(MAX_ADDITIONS - 1).await;
    stored.add().await.expect(201);
    let refused = stored.world.unchanged(stored.add()).await.refused("add-items", 422, "too-many-items");
    assert!(refused.text("detail").contains("Open another bill"), "{}", refused.body);
}
