//! Deduction rules and their calculation. No I/O: the same code runs on the server and on a terminal.
//!
//! A *first value* is what is to be paid before deductions, a *second value* what is left after them. [`calculate()`]
//! goes from one to the other in integer minor units; the same request gives the same bytes, in whatever order it
//! names its items.
//!
//! # Order of application
//! Items apply one after the other, in ascending order of
//! 1. `stacking.priority`: the lower number first, 0 unless given,
//! 2. target: line rules before order rules,
//! 3. the item's name, byte by byte.
//!
//! # One item
//! Each question can refuse the item, with the [`Reason`] in brackets; the first one to refuse is told.
//! 1. Has an exclusive item applied (`excluded`), or is this one exclusive and any other has applied (`exclusive`)?
//!    So the first exclusive item that applies keeps all later ones out, and comes too late after another.
//! 2. Does the order have a line that it targets (`target-not-in-order`)? An order rule targets all.
//! 3. Member level (`member-level-not-met`); order number, counted with this order, exactly the one named
//!    (`nth-order-not-met`); pieces of what is targeted (`minimum-quantity-not-met`; an order without lines has none).
//! 4. The value of what is targeted, measured on the `base`: reaches it the threshold (`threshold-not-met`)? The last
//!    tier that it reaches gives the effect; below the first, `effect` counts, and without one nothing does
//!    (`threshold-not-met`).
//! 5. Is anything left of what is targeted (`nothing-left`), and anything above the minimum payable
//!    (`minimum-payable`)? A minimum counts from the rule that has it on: no later item goes below it.
//! 6. Is there a balance (`insufficient-funds`)? Only `context.balances` bounds it here; the store judges in the end.
//! 7. The effect, then its bounds: what is left, the cap, the minimum payable, the balance. [`Step::limited_by`] names
//!    the one that counted. What comes to nothing is refused (`no-effect`): so it excludes nobody and consumes nothing.
//!
//! # Effects
//! | effect | `spread: "each"` | `spread: "across"`, and orders |
//! |---|---|---|
//! | `percentage` | of each line's value, rounded for each line | of their sum, rounded once |
//! | `amount` | off each piece | off, once |
//! | `fixed_price` | for each piece, where it costs more | for all together, where they cost more |
//! | `free_units` | of each line's own pieces | of all pieces together, the cheapest |
//!
//! The value is that before all deductions for `base: "first"`, and what earlier ones left for `base: "reduced"`. Of
//! every whole `buy + get` pieces, `get` are free: the cheapest by unit price. A free piece is worth its part of its
//! line's value.
//!
//! # Lines
//! What is deducted is always taken from lines, if there are any, and never more than they have left: later line rules,
//! and refunds, know what remains of each ([`Calculation::lines`]). What is taken across lines, or bounded, is spread
//! in proportion to what each can give, by the rule's `allocation`. Of equal remainders, the line with the lower unit
//! price comes first, then by stock-keeping unit, category and quantity: so the order of lines changes nothing, but
//! with `spill_first` and `spill_last`, which go by it.
//!
//! # Balances
//! A coupon uses one unit. Stored value uses what it deducts. Points use what the deduction costs by the rule's
//! `exchange`, rounded up to a whole point; without one, a point is worth a minor unit.
//!
//! ```
//! use scrip_deduction::{Context, Item, Kind, Order, Rule, calculate};
//! use scrip_money::{Currency, Money};
//!
//! let cny = |amount| Money::new(amount, Currency::CNY);
//! let rule: Rule = serde_json::from_str(r#"{"effect": {"percentage": "10"}}"#)?;
//! rule.check(Currency::CNY).map_err(|refusal| refusal.to_string())?;
//! let item = Item { item: "spring", kind: Kind::Promotion, version: Some(1), rule: &rule };
//! let calculation = calculate(&Order::of_value(cny(1250)), &[item], &Context::default())?;
//! assert_eq!(calculation.second_value, cny(1125));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod calculate;
mod calculation;
mod cart;
mod check;
mod error;
pub mod limits;
mod order;
mod rule;
mod target;

pub use calculate::calculate;
pub use calculation::{Calculation, Consumed, Item, Kind, Limit, Reason, Step};
pub use error::DeductionError;
pub use order::{Context, Line, Order};
pub use rule::{Base, Conditions, Effect, Exchange, FreeUnits, Rule, Stacking, Tier};
pub use target::{LinesTarget, Selection, Spread, Target};
