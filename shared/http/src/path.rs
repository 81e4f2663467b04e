//! The parameters of a path, each with a type.

use crate::problem::Problem;
use scrip_refusal::{Code, Refusal};
use scrip_store::is_id;
use std::collections::BTreeMap;

/// What a path names, such as a bill. [`crate::path!`] writes it.
pub trait Path: Send + Sized + 'static {
    /// The parameters as the route in the template has them, without braces.
    const PARAMETERS: &'static [&'static str];

    /// Takes them from a request.
    fn of(parameters: &BTreeMap<String, String>) -> Self;
}

/// The path of a route without parameters.
impl Path for () {
    const PARAMETERS: &'static [&'static str] = &[];

    fn of(_: &BTreeMap<String, String>) -> Self {}
}

/// The rule of a parameter that is an id with this prefix.
pub fn id(prefix: &'static str) -> impl Fn(&str) -> Result<String, Refusal> {
    move |text| if is_id(prefix, text) { Ok(text.to_owned()) } else { Err(no_such_id()) }
}

/// What is said of a text that can't be an id.
pub(crate) fn no_such_id() -> Refusal {
    Refusal::new(Code::NotFound, "Nothing has this id.")
}

/// Judges a parameter by its rule.
#[doc(hidden)]
pub fn parameter<T>(text: &str, rule: impl Fn(&str) -> Result<T, Refusal>) -> Result<T, Problem> {
    Ok(rule(text)?)
}

/// Names the parameters of a path. Each has a type and a rule, a `Fn(&str) -> Result<_, Refusal>`, and is asked for by a
/// method of its name: so each is judged where the operation wants it, after what takes precedence.
///
/// ```
/// use scrip_http::id;
///
/// scrip_http::path! {
///     /// Names an item on a bill.
///     pub OfItem { bill: String = id("bill_"), item: String = |text| Ok(text.to_owned()) }
/// }
/// ```
#[macro_export]
macro_rules! path {
    (
        $(#[$meta:meta])*
        $visibility:vis $name:ident { $($parameter:ident: $type:ty = $rule:expr),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        $visibility struct $name {
            $($parameter: String,)+
        }

        impl $crate::Path for $name {
            const PARAMETERS: &'static [&'static str] = &[$(stringify!($parameter)),+];

            fn of(parameters: &std::collections::BTreeMap<String, String>) -> Self {
                let text = |name: &str| parameters.get(name).cloned().unwrap_or_default();
                Self { $($parameter: text(stringify!($parameter)),)+ }
            }
        }

        impl $name {
            $(
                $visibility fn $parameter(&self) -> Result<$type, $crate::Problem> {
                    $crate::parameter(&self.$parameter, $rule)
                }
            )+
        }
    };
}
