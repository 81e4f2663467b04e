//! The directory's operations: PINs, devices, merchants, operators, notifications.

mod paths;
mod word;

scrip_function::operations! {
    "directory": "PINs, devices, merchants and who works for them, contacts, notifications.";
    set_pin,
    register_device,
    create_merchant,
    name_operator,
    register_merchant_device,
    put_contact,
    remove_contact,
    list_contacts,
    list_own_stores,
    create_webhook_key,
    list_webhook_keys,
    remove_webhook_key,
    list_notifications,
}
