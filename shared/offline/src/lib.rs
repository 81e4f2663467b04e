//! Offline payments: authorized while online with a secure code, used later at a point of sale, settled after a window.

mod aliases;
mod authorization;
mod authorize;
mod batch;
mod bucket;
mod codes;
mod count;
mod decline;
mod defer;
mod end;
mod grant;
mod guesses;
mod judge;
pub mod limits;
mod lookup;
mod offline;
mod payment;
mod read;
mod recognise;
mod replay;
mod reverse;
mod settle;
mod transact;
mod transaction;
mod work_batch;

pub use authorization::{AUTHORIZATION_PREFIX, AuthorizationStatus, AuthorizationView, PerDay, Scheme};
pub use authorize::NewAuthorization;
pub use batch::{
    AcceptedBatch, BATCH_PREFIX, BatchResult, BatchStatus, BatchView, MAX_BATCH_TRANSACTIONS,
    MAX_MESSAGE_TRANSACTIONS, PosBatch,
};
pub use decline::DeclineCause;
pub use end::{Erasure, ErasureOutcome, Expiration, ExpirationOutcome};
pub use judge::{
    Case, CaseAddresses, CaseItems, Consumed, Consumption, Decline, Judgement, Payer, Presented, Restoration,
    changed,
};
pub use offline::Offline;
pub use payment::{Order, Pos, PosPayment, StoredPayment};
pub use recognise::NewCode;
pub use replay::Answered;
pub use settle::{CompensationOutcome, Followed, SettlementOutcome};
pub use transaction::{
    Decision, Reference, SETTLEMENT_WINDOW_MINUTES, TRANSACTION_PREFIX, TransactionStatus, TransactionView,
    is_order_reference,
};
