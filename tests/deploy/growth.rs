//! The stacks with 110 more functions of today's mixture: each capability once more with its tables, queues, machines,
//! alarms and widgets, and the largest a third time.

use super::figures::{self, over};
use super::stack::{entries, templates};
use scrip_sam::{Parameters, Template, Templates};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const MORE_FUNCTIONS: usize = 110;
const ROOT: &str = "template.yaml";
const METHODS: [&str; 5] = ["DELETE", "GET", "PATCH", "POST", "PUT"];

#[test]
fn stacks_stay_below_their_limits_with_110_more_functions() {
    let today = templates();
    println!("today\n{}\n", figures::table(&figures::of(&today)));
    let capabilities: BTreeSet<String> =
        today.iter().map(|(path, _)| path.to_owned()).filter(|path| path.contains('/')).collect();
    let functions = |path: &String| figures::of(&today)[path.as_str()]["functions"];
    let largest = capabilities.iter().max_by_key(|path| functions(path)).cloned();

    let twice = copied(&today, &capabilities, "Again");
    let thrice = copied(&twice, &largest.into_iter().collect(), "OnceMore");
    let all = figures::of(&thrice);
    println!("with {MORE_FUNCTIONS} more functions\n{}", figures::table(&all));

    let count = |templates: &Templates| {
        figures::of(templates).values().map(|figures| figures["functions"]).sum::<usize>()
    };
    assert!(count(&thrice) - count(&today) >= MORE_FUNCTIONS);
    for (path, figures) in &all {
        assert_eq!(over(&json!(figures)), Vec::<String>::new(), "{path}");
    }
    let given = [("TokenIssuer", "https://issuer"), ("TokenJwksUrl", "https://issuer/keys")];
    let application = Template::read(&thrice, &Parameters::local("http://127.0.0.1", &given));
    let application = application.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(application.functions.len(), count(&thrice));
}

/// The templates with these capabilities once more: in files of their own, and wherever the others name them.
fn copied(templates: &Templates, capabilities: &BTreeSet<String>, name: &str) -> Templates {
    // Tables and the dashboard belong to all of them.
    let is_whole = capabilities.len() > 1;
    let mut ids = BTreeSet::new();
    for (stack, path) in templates.nested().expect("stacks") {
        if capabilities.contains(&path) {
            ids.insert(stack);
        } else if path.contains('/') || !is_whole {
            continue;
        }
        let template = templates.json(&path).expect("a template");
        ids.extend(entries(&template["Resources"]).map(|(id, _)| id.to_owned()));
    }
    let mut texts = BTreeMap::new();
    for (path, text) in templates.iter() {
        let text = Template::by_hand(text);
        if capabilities.contains(path) {
            let copy = METHODS.iter().fold(renamed(text, &ids, name), |copy, method| {
                copy.replace(&format!("{method} /"), &format!("{method} /{name}/"))
            });
            let copy = copy.replace("      Handler: ", &format!("      Handler: {name}-"));
            texts.insert(file(path, name), copy);
        }
        let shared = items(text).into_iter().map(|item| doubled(&item, &ids, name));
        let text = if path.contains('/') { text.to_owned() } else { shared.collect() };
        texts.insert(path.to_owned(), text);
    }
    let before = Templates::new(ROOT, texts);
    Templates::new(ROOT, Template::generated(&before).unwrap_or_else(|error| panic!("{error}")))
}

/// The file of a copy.
fn file(path: &str, name: &str) -> String {
    path.replace(".yaml", &format!("-{name}.yaml"))
}

/// The text in parts, each of which is an entry of a section, or the lines between two.
fn items(text: &str) -> Vec<String> {
    let mut items: Vec<String> = vec![String::new()];
    for line in text.lines() {
        let begins = line
            .strip_prefix("  ")
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()));
        if begins || !line.starts_with(' ') {
            items.push(String::new());
        }
        if let Some(item) = items.last_mut() {
            item.push_str(line);
            item.push('\n');
        }
    }
    items
}

/// An entry of a shared template, and another one or more lines of it for what is copied.
fn doubled(item: &str, ids: &BTreeSet<String>, name: &str) -> String {
    let copy = renamed(item, ids, name);
    let head = item.split(':').next().unwrap_or_default().trim();
    if ids.contains(head) || (copy != item && item.lines().count() == 1) {
        return format!("{item}{}", file(&copy, name));
    }
    if item.contains("dashboard.yaml") {
        let lines = item.lines().zip(copy.lines());
        return lines
            .map(|(line, copy)| if line == copy { format!("{line}\n") } else { format!("{line}\n{copy}\n") })
            .collect();
    }
    item.to_owned()
}

/// The text with other names for these resources and what is taken from them.
fn renamed(text: &str, ids: &BTreeSet<String>, name: &str) -> String {
    let mut renamed = String::new();
    for word in text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
        let (word, end) =
            word.split_at(word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric()).len());
        let parts = ["", "StreamArn", "Arn", "Name"]
            .into_iter()
            .filter_map(|attribute| Some((word.strip_suffix(attribute)?, attribute)));
        let found = parts.into_iter().find(|(id, _)| ids.contains(*id));
        match found {
            // The last word of a type, such as `AWS::CloudWatch::Dashboard`, is none of ours.
            Some((id, attribute)) if !renamed.ends_with("::") => renamed.extend([id, name, attribute, end]),
            _ => renamed.extend([word, end]),
        }
    }
    renamed
}
