//! The operations on groups, their messages and payment requests.

mod paths;

scrip_function::operations! {
    "groups": "Groups of contacts, the messages between their members, and what they ask of each other.";
    create_group,
    list_groups,
    get_group,
    rename_group,
    add_group_member,
    remove_group_member,
    send_message,
    list_messages,
    mark_messages_read,
    preview_payment_request,
    ask_for_payment,
    list_payment_requests,
    get_payment_request,
    pay_share,
    decline_share,
    settle_share,
    amend_payment_request,
    remind_of_payment,
    mute_payment_request,
    unmute_payment_request,
    stop_payment_request,
    tend_payment_request,
}
