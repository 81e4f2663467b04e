//! Every operation over HTTP: what it answers, and to whom it does not.

mod first_bill;
