//! How the API's description shows what is written as a text or number with rules of its own.

#[doc(hidden)]
pub use schemars;

/// Says how the description shows a type: in place, wherever it is used, since a client has no use for a type of that name.
///
/// What follows the colon is the schema, or a closure of the generator that makes one of the schema of another type. For a
/// field whose own type says too little, a type without values can stand, `#[schemars(with = "…")]`.
///
/// ```
/// use schemars::{JsonSchema, json_schema};
///
/// /// Stands for a text of so many ASCII digits.
/// pub enum Digits<const MOST: usize> {}
///
/// /// A PIN.
/// pub struct Pin(String);
///
/// scrip_schema::inline!(Digits<const MOST: usize>: json_schema!({ "pattern": format!("^[0-9]{{1,{MOST}}}$") }));
/// scrip_schema::inline!(Pin: |generator| generator.subschema_for::<Digits<6>>());
///
/// assert_eq!(schemars::schema_for!(Pin).get("pattern"), Some(&"^[0-9]{1,6}$".into()));
/// assert_ne!(Digits::<6>::schema_id(), Digits::<8>::schema_id());
/// ```
#[macro_export]
macro_rules! inline {
    ($name:ident $(<$(const $parameter:ident: $type:ty),+>)?: |$generator:ident| $schema:expr) => {
        impl $(<$(const $parameter: $type),+>)? $crate::schemars::JsonSchema for $name $(<$($parameter),+>)? {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                ::std::any::type_name::<Self>().into()
            }

            fn json_schema($generator: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                $schema
            }
        }
    };
    ($name:ident $(<$(const $parameter:ident: $type:ty),+>)?: $schema:expr) => {
        $crate::inline!($name $(<$(const $parameter: $type),+>)?: |_generator| $schema);
    };
}
