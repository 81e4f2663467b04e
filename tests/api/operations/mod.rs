//! What each operation does by itself: one file for each.

mod add_items;
mod amend_bill;
mod cancel_bill;
mod closed_accounts;
mod create_merchant;
mod deposit;
mod get_account;
mod get_bill;
mod get_transfer;
mod late;
mod list_accounts;
mod list_bills;
mod list_entries;
mod list_notifications;
mod name_operator;
mod open_account;
mod open_bill;
mod register_device;
mod register_merchant_device;
mod remove_item;
mod request_verification;
mod reverse_transfer;
mod set_pin;
mod transfer;
mod verify_bill;
mod verify_by_device;
