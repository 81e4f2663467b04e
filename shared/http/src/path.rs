//! The parameters of a path, each with a type.

use crate::problem::Problem;
use scrip_refusal::{Code, Refusal};
use scrip_store::{id_pattern, is_id};
use std::collections::BTreeMap;

/// What a path names, such as a bill. [`crate::path!`] writes it.
pub trait Path: Send + Sized + 'static {
    /// The parameters as the route in the template has them, without braces.
    const PARAMETERS: &'static [&'static str];

    /// The regular expressions of their values, for the API's description.
    fn patterns() -> Vec<Option<String>>;

    /// Takes them from a request.
    fn of(parameters: &BTreeMap<String, String>) -> Self;
}

/// The path of a route without parameters.
impl Path for () {
    const PARAMETERS: &'static [&'static str] = &[];

    fn patterns() -> Vec<Option<String>> {
        Vec::new()
    }

    fn of(_: &BTreeMap<String, String>) -> Self {}
}

/// What a parameter must be like, and what it is read as.
pub trait Rule<T> {
    /// Reads a parameter, or refuses it.
    fn judge(&self, text: &str) -> Result<T, Refusal>;

    /// The regular expression of what is not refused, if the rule has one.
    fn pattern(&self) -> Option<String> {
        None
    }
}

impl<T, F: Fn(&str) -> Result<T, Refusal>> Rule<T> for F {
    fn judge(&self, text: &str) -> Result<T, Refusal> {
        self(text)
    }
}

/// The rule of a parameter that is an id with this prefix.
pub const fn id(prefix: &'static str) -> Id {
    Id(prefix)
}

/// See [`id`].
#[derive(Clone, Copy, Debug)]
pub struct Id(&'static str);

impl Rule<String> for Id {
    fn judge(&self, text: &str) -> Result<String, Refusal> {
        if is_id(self.0, text) { Ok(text.to_owned()) } else { Err(no_such_id()) }
    }

    fn pattern(&self) -> Option<String> {
        Some(id_pattern(self.0))
    }
}

/// A rule whose parameters the API's description can tell by a regular expression.
pub fn matching<T, F: Fn(&str) -> Result<T, Refusal>>(pattern: impl Into<String>, rule: F) -> Matching<F> {
    Matching { pattern: pattern.into(), rule }
}

/// See [`matching`].
#[derive(Clone, Debug)]
pub struct Matching<F> {
    pattern: String,
    rule: F,
}

impl<T, F: Fn(&str) -> Result<T, Refusal>> Rule<T> for Matching<F> {
    fn judge(&self, text: &str) -> Result<T, Refusal> {
        (self.rule)(text)
    }

    fn pattern(&self) -> Option<String> {
        Some(self.pattern.clone())
    }
}

/// What is said of a text that can't be an id.
pub(crate) fn no_such_id() -> Refusal {
    Refusal::new(Code::NotFound, "Nothing has this id.")
}

/// Judges a parameter by its rule.
#[doc(hidden)]
pub fn parameter<T>(text: &str, rule: &impl Rule<T>) -> Result<T, Problem> {
    Ok(rule.judge(text)?)
}

/// What a rule says of a parameter's values.
#[doc(hidden)]
pub fn pattern<T>(rule: &impl Rule<T>) -> Option<String> {
    rule.pattern()
}

/// Names the parameters of a path. Each has a type and a [`Rule`], such as [`id`] or a `Fn(&str) -> Result<_, Refusal>`, and
/// is asked for by a method of its name: so each is judged where the operation wants it, after what takes precedence.
///
/// ```
/// use scrip_http::id;
///
/// scrip_http::path! {
///     /// Names an item on a bill.
///     pub OfItem { bill: String = id("bill_"), item: String = |text: &str| Ok(text.to_owned()) }
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

            fn patterns() -> Vec<Option<String>> {
                vec![$($crate::pattern::<$type>(&$rule)),+]
            }

            fn of(parameters: &std::collections::BTreeMap<String, String>) -> Self {
                let text = |name: &str| parameters.get(name).cloned().unwrap_or_default();
                Self { $($parameter: text(stringify!($parameter)),)+ }
            }
        }

        impl $name {
            $(
                $visibility fn $parameter(&self) -> Result<$type, $crate::Problem> {
                    $crate::parameter(&self.$parameter, &$rule)
                }
            )+
        }
    };
}
