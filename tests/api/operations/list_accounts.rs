use scrip_test_support::Scrip;

#[tokio::test]
async fn accounts_are_listed_in_the_order_of_their_opening() {
    let scrip = Scrip::start().await;
    let alice = scrip.user("alice").await;
    insta::assert_snapshot!("none", scrip.get(&alice, "/v1/accounts").await.snapshot());

    let mut opened = Vec::new();
    for (amount, currency) in [(1, "CNY"), (20, "JPY"), (0, "KWD")] {
        opened.push(scrip.account(&alice, amount, currency).await);
        scrip.advance("PT1S").await;
    }
    scrip.account(&scrip.user("mallory").await, 7, "CNY").await;

    let listed = scrip.get(&alice, "/v1/accounts").await.expect(200);
    let ids: Vec<_> =
        listed.body["items"].as_array().unwrap().iter().map(|account| account["id"].clone()).collect();
    assert_eq!(ids, opened);
    insta::assert_snapshot!("three", listed.snapshot());
}
