//! What a merchant's device is.

/// What a merchant's device is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// An intelligent terminal that adds items to bills.
    Terminal,
    /// A point of sale.
    Pos,
    /// The merchant's server.
    Server,
}

impl DeviceKind {
    /// The name in requests and contexts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Pos => "pos",
            Self::Server => "server",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Terminal, Self::Pos, Self::Server].into_iter().find(|kind| kind.as_str() == text)
    }
}
