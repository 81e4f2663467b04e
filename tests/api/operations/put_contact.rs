use scrip_test_support::Scrip;
use serde_json::{Value, json};

#[tokio::test]
async fn a_contact_is_mutual_once_both_have_put_it() {
    let scrip = Scrip::start().await;
    let [alice, carol] = [scrip.user("alice").await, scrip.user("carol").await];
    let list = async |user| scrip.get(user, "/v1/contacts").await.expect(200).body["items"].clone();
    let put = alice.put_contact(&scrip, &carol.id).await.expect(200).body;
    assert_eq!(put, json!({ "user": carol.id, "status": "pending" }));
    assert_eq!(list(&carol).await, Value::Array(vec![]));
    assert_eq!(alice.put_contact(&scrip, &carol.id).await.expect(200).body, put);
    assert_eq!(carol.put_contact(&scrip, &alice.id).await.expect(200).body["status"], "mutual");
    assert_eq!(list(&alice).await, json!([{ "user": carol.id, "status": "mutual" }]));

    carol.remove_contact(&scrip, &alice.id).await.expect(204);
    carol.remove_contact(&scrip, &alice.id).await.expect(204);
    assert_eq!(list(&alice).await, json!([{ "user": carol.id, "status": "pending" }]));
    let told = |notes: Value| -> Vec<String> {
        notes["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| note["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    let notes = scrip.get(&alice, "/v1/notifications").await.expect(200).body;
    assert_eq!(told(notes), ["contact-accepted"]);
    let notes = scrip.get(&carol, "/v1/notifications").await.expect(200).body;
    assert_eq!(told(notes), ["contact-requested"]);
    alice.put_contact(&scrip, &alice.id).await.expect_problem(404, "not-found");
}
