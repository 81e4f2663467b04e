//! What each operation does by itself: one file for each. They are all in this folder, so none is listed.

automod::dir!("api/operations");
