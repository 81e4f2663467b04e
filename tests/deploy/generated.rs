//! What is generated in the templates is what follows from the rest of them now. `SCRIP_BLESS=1 cargo test` writes it.

use super::stack::{root, templates};
use scrip_sam::Template;

#[test]
fn templates_hold_what_follows_from_them() {
    let generated = Template::generated(&templates()).unwrap_or_else(|error| panic!("{error}"));
    if std::env::var_os("SCRIP_BLESS").is_some() {
        for (path, text) in &generated {
            std::fs::write(root().join("infra").join(path), text).expect("the template can be written");
        }
    }
    let templates = templates();
    for (path, text) in &generated {
        let is_now = templates.text(path).expect("the template is there");
        assert!(is_now == text, "infra/{path} is not up to date: run SCRIP_BLESS=1 cargo test");
    }
    let nested = generated.keys().map(String::as_str);
    let unused: Vec<&str> = templates
        .iter()
        .map(|(path, _)| path)
        .filter(|path| !nested.clone().any(|one| one == *path))
        .collect();
    assert!(unused.is_empty(), "the root nests no {unused:?}");
}
