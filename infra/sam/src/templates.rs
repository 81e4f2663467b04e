//! The root template and those that it nests, as texts.

use crate::generate;
use crate::sections::{self, STACK};
use crate::yaml;
use rust_embed::RustEmbed;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(RustEmbed)]
#[folder = "../capabilities"]
struct Capabilities;

/// What the root nests beside the capabilities.
const SHARED: &[(&str, &str)] = &[
    (ROOT, include_str!("../../template.yaml")),
    ("tables.yaml", include_str!("../../tables.yaml")),
    ("dashboard.yaml", include_str!("../../dashboard.yaml")),
];
const ROOT: &str = "template.yaml";

/// Templates by their paths from the root's folder.
#[derive(Clone, Debug)]
pub struct Templates {
    root: String,
    texts: BTreeMap<String, String>,
}

impl Templates {
    /// The root is the one at that path.
    pub fn new(root: &str, texts: BTreeMap<String, String>) -> Self {
        Self { root: root.to_owned(), texts }
    }

    /// A template that nests none.
    pub fn alone(text: &str) -> Self {
        Self::new("", BTreeMap::from([(String::new(), text.to_owned())]))
    }

    /// Those that are deployed, as they were when this was compiled.
    pub fn deployed() -> Self {
        let shared = SHARED.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        let capability = |path: &str| {
            let file = Capabilities::get(path)?;
            Some((format!("capabilities/{path}"), String::from_utf8_lossy(&file.data).into_owned()))
        };
        let capabilities = Capabilities::iter().filter_map(|path| capability(&path));
        Self::new(ROOT, shared.chain(capabilities).collect())
    }

    /// The root's path.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The template at that path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Every template with its path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The nested stacks of the root: their logical ids, and the paths of their templates.
    pub fn nested(&self) -> Result<Vec<(String, String)>, crate::TemplateError> {
        let text = generate::by_hand(self.text(&self.root).unwrap_or_default());
        let root = sections::document(text, &self.root)?;
        let stacks = root["Resources"].as_object().into_iter().flatten();
        let stacks = stacks.filter(|(_, resource)| resource["Type"] == STACK);
        let path = |resource: &Value| resource["Properties"]["TemplateURL"].as_str().map(str::to_owned);
        Ok(stacks.filter_map(|(id, resource)| Some((id.clone(), path(resource)?))).collect())
    }

    /// The template at that path in JSON, with its intrinsics in their long forms, and nothing merged or replaced.
    pub fn json(&self, path: &str) -> Result<Value, crate::TemplateError> {
        yaml::parse(self.text(path).unwrap_or_default(), path)
    }
}
