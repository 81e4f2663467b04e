//! HTTP as every operation sees it: who calls, what is asked, how it is answered. Triggers and servers are elsewhere.

mod body;
mod call;
pub mod limits;
mod path;
mod percent;
mod principal;
mod problem;
mod reply;
mod request;
mod strict;

pub use call::Call;
pub use path::{Id, Matching, Path, Rule, id, matching};
#[doc(hidden)]
pub use path::{parameter, pattern};
pub use percent::decode_segment;
pub use principal::{Device, Principal, TREASURY_SCOPE, User};
pub use problem::{Problem, status, title};
pub use reply::{Answer, Reply, Response};
pub use request::{GatewayContext, Request, header_text, query_parameters};
