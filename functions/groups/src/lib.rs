//! The operations on groups and their messages.

mod paths;

scrip_function::operations! {
    "groups": "Groups of contacts, and the messages between their members.";
    create_group,
    list_groups,
    get_group,
    rename_group,
    add_group_member,
    remove_group_member,
    send_message,
    list_messages,
    mark_messages_read,
}
