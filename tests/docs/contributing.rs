//! `CONTRIBUTING.md` shows where an operation stands by the example of `cancel-bill`, and must name each place of it.

use super::root;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The example, as code, the template and the names of files spell it.
const NAMES: [&str; 3] = ["cancel-bill", "cancel_bill", "CancelBill"];
/// Places where it stands without its name, and what is there.
const WITHOUT_ITS_NAME: [(&str, &str); 3] = [
    ("shared/bills/src/cancel.rs", "pub async fn cancel("),
    ("shared/bills/src/lib.rs", "mod cancel;"),
    ("tests/budgets/mod.rs", "\"/cancellations\""),
];
/// Where something can stand by hand.
const FOLDERS: [&str; 7] = [".ci", "functions", "infra", "shared", "statemachines", "tests", "web"];
/// What follows this in a template is made from the rest of it.
const GENERATED: &str = "Generated from here on";
/// What is made from the rest, what is fetched, and this test.
const IGNORED: [&str; 6] = ["snapshots", "node_modules", "dist", "generated", "target", "contributing.rs"];

fn is_named(text: &str) -> bool {
    NAMES.iter().any(|name| text.contains(name))
}

fn by_hand(text: &str) -> &str {
    text.split(GENERATED).next().unwrap_or_default()
}

/// The files below a folder that have the example in their name or their text.
fn named(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if IGNORED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            named(&path, found);
        } else if is_named(&name) || fs::read_to_string(&path).is_ok_and(|text| is_named(by_hand(&text))) {
            found.insert(path.strip_prefix(root()).unwrap_or(&path).display().to_string());
        }
    }
}

/// The files that the numbered steps of a section link to.
fn steps(page: &str, heading: &str) -> BTreeSet<String> {
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).unwrap_or_default();
    let steps = section.split("\n\n").filter(|paragraph| paragraph.starts_with("1. "));
    let links = steps.flat_map(|steps| steps.split("](").skip(1));
    links.filter_map(|rest| rest.split(')').next()).map(str::to_owned).collect()
}

#[test]
fn the_page_names_each_place_where_an_operation_stands() {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let mut stands = BTreeSet::new();
    for folder in FOLDERS {
        named(&root().join(folder), &mut stands);
    }
    for (path, text) in WITHOUT_ITS_NAME {
        assert!(fs::read_to_string(root().join(path)).unwrap().contains(text), "{path} has no {text}");
        stands.insert(path.to_owned());
    }
    assert_eq!(steps(&page, "Add an operation"), stands, "named by the page, and where it stands");
}
