//! Reading payment requests.

use crate::payments::Payments;
use crate::view::PaymentRequestView;
use scrip_refusal::Failure;

impl Payments {
    /// A request that concerns a user.
    pub async fn view(&self, user: &str, request: &str) -> Result<PaymentRequestView, Failure> {
        let (head, shares) = self.seen(user, request).await?;
        head.view(&shares, user, self.now())
    }

    /// A request that was posted in a group, as one who has read its message there sees it.
    pub async fn card(&self, user: &str, request: &str) -> Result<Option<PaymentRequestView>, Failure> {
        let found = self.whole(request).await?;
        found.map(|(head, shares)| head.view(&shares, user, self.now())).transpose()
    }
}
