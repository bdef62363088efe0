//! Every way in, and what leaks on the way out.

pub mod after_authentication;
pub mod echo;
pub mod open_delete;
pub mod open_discover;
pub mod open_get;
pub mod open_head;
pub mod open_initialize;
pub mod open_list;
pub mod open_notification;
