//! Which package may depend on which, as ARCHITECTURE.md draws it.

use super::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use toml::Table;

/// Marks of the drawing's lines, and the folders that they stand for. A line without one is of `shared`.
const MARKS: [(&str, &str); 3] = [("(functions)", "functions"), ("(infra)", "infra"), ("(tests)", "tests")];
/// How the package of the suites is drawn, whose folder is `tests` itself.
const SUITE: &str = "tests/suite";
/// What is deployed is made of these folders, and depends on no other.
const DEPLOYED: [&str; 2] = ["shared/", "functions/"];

/// A package of this workspace.
struct Package {
    name: String,
    /// What it is built with.
    needs: BTreeSet<String>,
    /// What only its tests are built with.
    needs_for_tests: BTreeSet<String>,
}

/// The height of each folder with a package, drawn under the heading "Layers": the lowest line is 0.
fn drawn(architecture: &str) -> BTreeMap<String, usize> {
    let section = architecture.split_once("\n## Layers\n").expect("the heading").1;
    let drawing = section.split("```").nth(1).expect("the drawing");
    let lines: Vec<_> = drawing.lines().filter(|line| !line.trim().is_empty()).rev().collect();
    let placed = lines.iter().enumerate().flat_map(|(height, line)| {
        let mark = MARKS.iter().find(|(mark, _)| line.ends_with(mark));
        let (mark, folder) = mark.copied().unwrap_or(("", "shared"));
        let names = line.trim_end_matches(mark).split_whitespace();
        names.map(move |name| (format!("{folder}/{name}"), height))
    });
    placed.collect()
}

/// Packages by their folders.
fn packages() -> BTreeMap<String, Package> {
    let mut found = BTreeMap::new();
    for parent in ["shared", "functions", "infra", "tests"] {
        for entry in fs::read_dir(root().join(parent)).unwrap() {
            let folder = entry.unwrap().file_name().into_string().unwrap();
            if let Ok(manifest) = fs::read_to_string(root().join(parent).join(&folder).join("Cargo.toml")) {
                found.insert(format!("{parent}/{folder}"), Package::of(&manifest));
            }
        }
    }
    let suite = fs::read_to_string(root().join("tests/Cargo.toml")).unwrap();
    found.insert(SUITE.to_owned(), Package::of(&suite));
    found
}

impl Package {
    fn of(manifest: &str) -> Self {
        let manifest: Table = manifest.parse().unwrap();
        let ours = |section: &str| {
            let needs = manifest.get(section).and_then(|needs| needs.as_table());
            let needs = needs.into_iter().flat_map(Table::keys).filter(|name| name.starts_with("scrip-"));
            needs.cloned().collect()
        };
        Self {
            name: manifest["package"]["name"].as_str().unwrap().to_owned(),
            needs: ours("dependencies"),
            needs_for_tests: ours("dev-dependencies"),
        }
    }
}

fn is_deployed(folder: &str) -> bool {
    DEPLOYED.iter().any(|parent| folder.starts_with(parent))
}

/// What stands against the drawing: packages that it does not show or that are gone, and arrows that do not point down.
fn faults(drawn: &BTreeMap<String, usize>, packages: &BTreeMap<String, Package>) -> Vec<String> {
    let by_name: BTreeMap<_, _> =
        packages.iter().map(|(folder, package)| (package.name.as_str(), folder)).collect();
    let mut faults: Vec<_> = drawn
        .keys()
        .filter(|folder| !packages.contains_key(*folder))
        .map(|folder| format!("{folder} is drawn and does not exist"))
        .collect();
    for (folder, package) in packages {
        let Some(height) = drawn.get(folder) else {
            faults.push(format!("{folder} is not drawn"));
            continue;
        };
        for name in package.needs.union(&package.needs_for_tests) {
            let needed = by_name.get(name.as_str()).map_or(name, |folder| *folder);
            if drawn.get(needed).is_none_or(|lower| lower >= height) {
                faults.push(format!("{folder} depends on {needed}, which is not below it"));
            } else if package.needs.contains(name) && is_deployed(folder) && !is_deployed(needed) {
                faults.push(format!("{folder} is deployed and depends on {needed}, which is not"));
            } else if package.needs.contains(name)
                && needed.starts_with("tests/")
                && !folder.starts_with("tests/")
            {
                faults.push(format!("{folder} depends on the tests"));
            }
        }
    }
    faults
}

#[test]
fn every_dependency_points_down_in_the_drawing() {
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let faults = faults(&drawn(&architecture), &packages());
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn arrows_that_do_not_point_down_are_found() {
    let drawing = "\n## Layers\n```\nbills (functions)\nlocal (infra)\nsupport (tests)\nhttp\nledger store\nmoney\n```\n";
    let package = |folder: &str, needs: &[&str], needs_for_tests: &[&str]| {
        let name = |folder: &&str| format!("scrip-{}", folder.replace('/', "-"));
        let needs = needs.iter().map(name).collect();
        let needs_for_tests = needs_for_tests.iter().map(name).collect();
        (folder.to_owned(), Package { name: name(&folder), needs, needs_for_tests })
    };
    let with = |changed: (String, Package)| {
        let mut packages = BTreeMap::from([
            package("functions/bills", &["shared/http", "shared/money"], &["infra/local"]),
            package("infra/local", &["shared/http"], &["tests/support"]),
            package("tests/support", &["shared/http"], &[]),
            package("shared/http", &["shared/store"], &[]),
            package("shared/ledger", &["shared/money"], &[]),
            package("shared/store", &[], &[]),
            package("shared/money", &[], &[]),
        ]);
        packages.insert(changed.0, changed.1);
        faults(&drawn(drawing), &packages)
    };
    assert_eq!(with(package("shared/store", &[], &[])), [""; 0]);
    for wrong in [
        package("shared/ledger", &["shared/http"], &[]),
        package("shared/ledger", &["shared/store"], &[]),
        package("shared/ledger", &[], &["shared/http"]),
        package("shared/ledger", &["shared/gone"], &[]),
        package("shared/new", &[], &[]),
        package("functions/bills", &["infra/local"], &[]),
        package("infra/local", &["tests/support"], &[]),
    ] {
        let of = wrong.0.clone();
        assert_eq!(with(wrong).len(), 1, "{of}");
    }
}
