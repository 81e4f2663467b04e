//! What a transaction writes, as one reads it: each placeholder gives way to what stands for it.

use crate::expression::placeholders;
use crate::item::{Item, Key};
use crate::transaction::Transaction;
use crate::write::{Action, Write};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::BTreeMap;

impl Transaction<'_> {
    /// One line for each write, in order of precedence, so that a test says what is written where, and on which condition.
    pub fn plan(&self) -> Vec<String> {
        self.writes().iter().map(Write::line).collect()
    }
}

impl Write {
    /// It holds what is written, secrets too, so it is no `Display` that a log would take.
    fn line(&self) -> String {
        let table = &self.table;
        let action = match &self.action {
            Action::Put(item) => format!("put {table} {}", shown_item(item)),
            Action::Update { key: Key { pk, sk }, expression } => {
                format!("update {table} {pk} {sk}: {}", self.filled(expression))
            }
            Action::Delete(Key { pk, sk }) => format!("delete {table} {pk} {sk}"),
            Action::Check(Key { pk, sk }) => format!("check {table} {pk} {sk}"),
        };
        match &self.condition {
            Some(condition) => format!("{action} IF {}", self.filled(condition)),
            None => action,
        }
    }

    fn filled(&self, expression: &str) -> String {
        let mut text = String::with_capacity(expression.len());
        let mut rest = expression;
        for placeholder in placeholders(expression) {
            let Some((before, behind)) = rest.split_once(placeholder) else { continue };
            text.push_str(before);
            match (self.names.get(placeholder), self.values.get(placeholder)) {
                (Some(name), _) => text.push_str(name),
                (None, Some(value)) => text.push_str(&shown(value)),
                (None, None) => text.push_str(placeholder),
            }
            rest = behind;
        }
        text.push_str(rest);
        text
    }
}

fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) => format!("{text:?}"),
        AttributeValue::N(number) => number.clone(),
        AttributeValue::Bool(truth) => truth.to_string(),
        AttributeValue::L(list) => format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(", ")),
        AttributeValue::M(item) => shown_item(item),
        other => format!("{other:?}"),
    }
}

fn shown_item(item: &Item) -> String {
    let members = item.iter().collect::<BTreeMap<_, _>>();
    let members: Vec<_> =
        members.into_iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
    format!("{{{}}}", members.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_refusal::{Code, Refusal};

    #[test]
    fn a_plan_says_what_is_written_where_and_on_which_condition() {
        let key = || Key::new("BILL#1", "BILL");
        let no = |_| Refusal::new(Code::NotFound, "no");
        let mut item = key().to_item();
        let list = vec![AttributeValue::N("1".into()), AttributeValue::M(Item::new())];
        item.extend([
            ("list".into(), AttributeValue::L(list)),
            ("is_open".into(), AttributeValue::Bool(true)),
        ]);
        let update = Write::update("bills", key(), "SET #total = #total + :sum, total_text = :sums")
            .when("#total <= :room")
            .name("#total", "total")
            .value(":sum", -1)
            .value(":sums", "a #total of :sum")
            .value(":room", 2);
        let mut transaction = Transaction::new();
        transaction
            .create("bills", item)
            .require(update, no)
            .require(Write::delete("bills", key()), no)
            .require(Write::check("bills", key()).when("attribute_exists(pk)"), no);
        assert_eq!(
            transaction.plan(),
            [
                r#"put bills {is_open: true, list: [1, {}], pk: "BILL#1", sk: "BILL"} IF attribute_not_exists(pk)"#,
                r#"update bills BILL#1 BILL: SET total = total + -1, total_text = "a #total of :sum" IF total <= 2"#,
                "delete bills BILL#1 BILL",
                "check bills BILL#1 BILL IF attribute_exists(pk)",
            ]
        );
    }
}
