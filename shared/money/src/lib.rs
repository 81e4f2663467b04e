//! Money: integer minor units of an ISO 4217 currency, checked arithmetic, exact ratios with a named rounding, and
//! allocation that loses nothing, and amounts taken out of parts. There are no floats, and nothing overflows silently.

mod allocation;
mod currency;
mod gather;
mod money;
mod ratio;
pub mod schema;

pub use allocation::{Allocation, allocate};
pub use currency::{Currency, UnknownCurrency, stored_currency};
pub use gather::gather;
pub use money::{MAX_AMOUNT_MINOR_UNITS, Money, MoneyError};
pub use ratio::{Percentage, PercentageError, Ratio, Rounding};
