//! Task of the machine `pos-settlement`: the windows of one merchant's captures are over.

use scrip_function::{Operation, Outcome};
use scrip_offline::{Offline, SettledPage, Window};

pub(crate) fn operation() -> Operation {
    Operation::task("settle-captures", "Pay the merchant a page of captures", settle_captures).budget(20, 210)
}

pub(crate) async fn settle_captures(offline: Offline, window: Window) -> Outcome<SettledPage> {
    offline.settle(&window).await
}
