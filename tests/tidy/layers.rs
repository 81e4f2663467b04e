//! Which package may depend on which, as ARCHITECTURE.md draws it.

use super::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use toml::Table;

/// Marks the line of packages under `functions/`; all others are under `shared/`, but for `bootstrap`.
const FUNCTIONS: &str = "(functions)";

/// The height of each folder with a package, drawn under the heading "Layers": the lowest line is 0.
fn drawn(architecture: &str) -> BTreeMap<String, usize> {
    let section = architecture.split_once("\n## Layers\n").expect("the heading").1;
    let drawing = section.split("```").nth(1).expect("the drawing");
    let lines: Vec<_> = drawing.lines().filter(|line| !line.trim().is_empty()).rev().collect();
    let placed = lines.iter().enumerate().flat_map(|(height, line)| {
        let folder = if line.contains(FUNCTIONS) || *line == "bootstrap" { "functions" } else { "shared" };
        let names = line.split_whitespace().filter(|name| *name != FUNCTIONS);
        names.map(move |name| (format!("{folder}/{name}"), height))
    });
    placed.collect()
}

/// The folders of packages, each with its name and the packages that it is built with.
fn packages() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut found = BTreeMap::new();
    for parent in ["shared", "functions", "infra"] {
        for entry in fs::read_dir(root().join(parent)).unwrap() {
            let folder = entry.unwrap().file_name().into_string().unwrap();
            let Ok(text) = fs::read_to_string(root().join(parent).join(&folder).join("Cargo.toml")) else {
                continue;
            };
            let manifest: Table = text.parse().unwrap();
            let name = manifest["package"]["name"].as_str().unwrap().to_owned();
            let needs = manifest.get("dependencies").and_then(|needs| needs.as_table());
            let needs = needs.into_iter().flat_map(Table::keys).filter(|name| name.starts_with("scrip-"));
            found.insert(format!("{parent}/{folder}"), (name, needs.cloned().collect()));
        }
    }
    found
}

/// What stands against the drawing: packages that it does not show or that are gone, and arrows that do not point down.
fn faults(
    drawn: &BTreeMap<String, usize>,
    packages: &BTreeMap<String, (String, BTreeSet<String>)>,
) -> Vec<String> {
    let by_name: BTreeMap<_, _> =
        packages.iter().map(|(folder, (name, _))| (name.as_str(), folder)).collect();
    let mut faults: Vec<_> = drawn
        .keys()
        .filter(|folder| !packages.contains_key(*folder))
        .map(|folder| format!("{folder} is drawn and does not exist"))
        .collect();
    for (folder, (_, needs)) in packages.iter().filter(|(folder, _)| !folder.starts_with("infra/")) {
        let Some(height) = drawn.get(folder) else {
            faults.push(format!("{folder} is not drawn"));
            continue;
        };
        for needed in needs {
            let needed = by_name.get(needed.as_str()).map_or(needed, |folder| *folder);
            if drawn.get(needed).is_none_or(|lower| lower >= height) {
                faults.push(format!("{folder} depends on {needed}, which is not below it"));
            }
        }
    }
    faults
}

#[test]
fn every_dependency_of_shared_and_functions_points_down() {
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let faults = faults(&drawn(&architecture), &packages());
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn arrows_that_point_up_or_sideways_are_found() {
    let drawing = "\n## Layers\n```\nbills    (functions)\nhttp\nledger store\nmoney\n```\n";
    let package = |folder: &str, needs: &[&str]| {
        let name = format!("scrip-{}", folder.replace('/', "-"));
        let needs = needs.iter().map(|needed| format!("scrip-{}", needed.replace('/', "-"))).collect();
        (folder.to_owned(), (name, needs))
    };
    let with = |ledger: &[&str]| {
        let packages = BTreeMap::from([
            package("functions/bills", &["shared/http", "shared/money"]),
            package("shared/http", &["shared/store"]),
            package("shared/ledger", ledger),
            package("shared/store", &[]),
            package("shared/money", &[]),
            package("infra/local", &["functions/bills"]),
        ]);
        faults(&drawn(drawing), &packages)
    };
    assert_eq!(with(&["shared/money"]), Vec::<String>::new());
    for wrong in ["shared/http", "shared/store", "infra/local", "shared/gone"] {
        assert_eq!(with(&[wrong]).len(), 1, "{wrong}");
    }
}
