//! What the template deploys for work that nobody waits for: streams, queues, machines.

use super::deployed::application;
use crate::MachineKind;
use serde_json::{Value, json};

const BILL_EXPIRY: &str = include_str!("../../../../statemachines/bill-expiry.asl.json");
const OFFLINE_AUTHORIZATION: &str = include_str!("../../../../statemachines/offline-authorization.asl.json");
const COUPON_REWARD: &str = include_str!("../../../../statemachines/coupon-reward.asl.json");
const PAYMENT_REQUEST: &str = include_str!("../../../../statemachines/payment-request.asl.json");
const POS_SETTLEMENT: &str = include_str!("../../../../statemachines/pos-settlement.asl.json");

#[test]
fn written_items_start_their_workflows() {
    let application = application();
    let [mapping] = application.stream_mappings.as_slice() else {
        panic!("{:?}", application.stream_mappings)
    };
    assert_eq!((mapping.table.as_str(), mapping.function.as_str()), ("scrip-coupons", "start-workflows"));
    assert_eq!(mapping.on_failure_queue.as_deref(), Some("scrip-stream-failures"));
    assert_eq!((mapping.batch_size, mapping.maximum_retry_attempts), (10, Some(20)));
    assert!(mapping.report_batch_item_failures && mapping.bisect);

    for machine in ["bill-expiry", "coupon-reward", "offline-authorization", "pos-settlement", "other"] {
        let workflow = json!({ "M": { "machine": { "S": machine }, "input": { "M": {} } } });
        let item = json!({ "id": { "S": "item_1" }, "workflow": workflow });
        assert_eq!(mapping.wants(&record("INSERT", &item)), machine == "coupon-reward", "{machine}");
        assert!(!mapping.wants(&record("MODIFY", &item)), "{machine}");
    }
    assert!(!mapping.wants(&record("INSERT", &json!({ "id": { "S": "item_1" } }))));
}

#[test]
fn what_is_due_is_started_every_minute() {
    let application = application();
    let [schedule] = application.schedules.as_slice() else { panic!("{:?}", application.schedules) };
    assert_eq!((schedule.function.as_str(), schedule.period_seconds), ("start-due", 60));
    assert_eq!(schedule.input, json!({ "start": "due" }));
    let express = application.machines.iter().filter(|machine| machine.kind == MachineKind::Express);
    assert_eq!(
        express.map(|machine| machine.name.as_str()).collect::<Vec<_>>(),
        ["bill-expiry", "coupon-reward", "offline-authorization", "payment-request", "pos-settlement"]
    );
}

fn record(event: &str, image: &Value) -> Value {
    json!({ "eventName": event, "dynamodb": { "NewImage": image } })
}

#[test]
fn queues_are_worked_through_and_what_fails_is_kept() {
    let application = application();
    let pairs = [
        ("workflow-retries", "retry-workflows", 10),
        ("pos-batches", "work-pos-batch", 5),
        ("confirmations", "work-confirmation", 5),
    ];
    assert_eq!(application.queue_mappings.len(), pairs.len());
    for (queue, function, batch_size) in pairs {
        let named = |name: &str| {
            application.queues.iter().find(|queue| queue.name == format!("scrip-{name}")).unwrap()
        };
        let mapping = application.queue_mappings.iter().find(|mapping| mapping.function == function).unwrap();
        assert_eq!((&mapping.queue, mapping.batch_size), (&named(queue).name, batch_size));
        assert!(mapping.report_batch_item_failures);
        let redrive = named(queue).redrive.as_ref().unwrap();
        let dead = named(&format!("{queue}-failed"));
        assert_eq!((&redrive.queue, redrive.maximum_receives), (&dead.name, 5));
        assert_eq!(dead.retention_seconds, 1_209_600);
    }
    for (sender, variable, queue) in [
        ("start-workflows", "WORKFLOW_RETRIES_QUEUE", "workflow-retries"),
        ("create-pos-batch", "POS_BATCHES_QUEUE", "pos-batches"),
        ("confirm-coupons", "CONFIRMATIONS_QUEUE", "confirmations"),
    ] {
        let sender = application.function(sender).unwrap();
        assert!(sender.environment[variable].ends_with(&format!("/scrip-{queue}")));
    }
}

/// States by the way to them, and the functions that they call.
type Tasks = &'static [(&'static str, &'static str)];

#[test]
fn machines_are_defined_by_what_the_template_substitutes() {
    let application = application();
    let machines: [(&str, &str, Tasks); 5] = [
        ("bill-expiry", BILL_EXPIRY, &[("ExpireBill", "expire-bill"), ("LapseBill", "lapse-bill")]),
        (
            "coupon-reward",
            COUPON_REWARD,
            &[
                ("RedeemConfirmation", "redeem-confirmation"),
                ("RewardRedemption", "reward-redemption"),
                ("NotifyRedemption", "notify-redemption"),
            ],
        ),
        (
            "offline-authorization",
            OFFLINE_AUTHORIZATION,
            &[
                ("ExpireAuthorization", "expire-authorization"),
                ("EraseAuthorizationSecret", "erase-authorization-secret"),
            ],
        ),
        ("payment-request", PAYMENT_REQUEST, &[("TendPaymentRequest", "tend-payment-request")]),
        (
            "pos-settlement",
            POS_SETTLEMENT,
            &[
                ("SettleCaptures", "settle-captures"),
                (
                    "CompensateCaptures/ItemProcessor/States/CompensatePosTransaction",
                    "compensate-pos-transaction",
                ),
            ],
        ),
    ];
    assert_eq!(application.machines.len(), machines.len());
    for (name, definition, tasks) in machines {
        let machine = application.machines.iter().find(|machine| machine.name == name).unwrap();
        assert_eq!(machine.definition_path, format!("../statemachines/{name}.asl.json"));
        let definition: Value = serde_json::from_str(&machine.define(definition).unwrap()).unwrap();
        for &(task, function) in tasks {
            let path = format!("/States/{task}/Arguments/FunctionName");
            let arn = definition.pointer(&path).and_then(Value::as_str).unwrap();
            assert_eq!(application.function_of_arn(arn).unwrap().name, function);
            assert!(machine.permissions[0].resources.iter().any(|resource| resource == arn));
        }
    }
    let machine = &application.machines[0];
    assert_eq!(
        machine.define("${ExpireBillFunction}${LapseBillFunction}${Other}").unwrap_err(),
        "BillExpiry: nothing stands for ${Other}"
    );
    assert_eq!(machine.define("{}").unwrap_err(), "BillExpiry: the definition has no ${ExpireBillFunction}");
}
