//! The log, kept for tests to read.

use scrip_function::{Line, Log};
use scrip_store::Access;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// Keeps every line, and what each operation did to which table.
#[derive(Debug, Default)]
pub struct MemoryLog {
    lines: Mutex<Vec<Value>>,
    accesses: Mutex<BTreeMap<String, BTreeSet<Access>>>,
}

/// One invocation, as its line tells it. Units are in halves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    pub operation: String,
    /// `ok`, or the code of the problem.
    pub outcome: String,
    /// Requests sent to the store.
    pub round_trips: u64,
    /// Read units, in halves.
    pub read_half_units: u64,
    /// Write units of tables, in halves.
    pub write_half_units: u64,
    /// Write units of indexes, in halves.
    pub index_write_half_units: u64,
}

impl Log for MemoryLog {
    fn write(&self, line: &Line<'_>) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_json());
        let mut accesses = self.accesses.lock().unwrap_or_else(PoisonError::into_inner);
        let done = line.measures.map(|measures| measures.store.accesses()).unwrap_or_default();
        accesses.entry(line.operation.to_owned()).or_default().extend(done);
    }
}

impl MemoryLog {
    pub fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What each operation did to which table.
    pub fn accesses(&self) -> BTreeMap<String, BTreeSet<Access>> {
        self.accesses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The invocations of functions.
    pub fn invocations(&self) -> Vec<Invocation> {
        let number = |line: &Value, name: &str| line[name].as_u64().unwrap_or_default();
        let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        self.lines()
            .iter()
            .filter(|line| line["invocations"].is_u64())
            .map(|line| Invocation {
                operation: text(line, "operation"),
                outcome: text(line, "outcome"),
                round_trips: number(line, "round_trips"),
                read_half_units: number(line, "read_half_units"),
                write_half_units: number(line, "write_half_units"),
                index_write_half_units: number(line, "index_write_half_units"),
            })
            .collect()
    }
}
