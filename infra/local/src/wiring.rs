//! Opens what the template declares, in the terms of each part of the platform.

use crate::data::DataDirectory;
use crate::error::StartError;
use crate::functions::Functions;
use crate::source::Source;
use crate::store::{Durability, TableStore};
use scrip_clock::Clock;
use scrip_queues::{Mapping, Poller, QueueSpec, Queues, Redrive, Storage};
use scrip_sam::{Application, MachineKind};
use scrip_states_language::{Engine, Machine};
use std::sync::Arc;

pub(crate) const STORE: &str = "store.db";
const QUEUES: &str = "queues.db";
pub(crate) const WORKFLOWS: &str = "workflows.db";

/// The template's machines, their definitions read and checked.
pub(crate) fn machines(application: &Application, source: &Source) -> Result<Vec<Machine>, StartError> {
    let machine = |spec: &scrip_sam::MachineSpec| {
        let path = &spec.definition_path;
        let text =
            source.definitions.get(path).ok_or_else(|| format!("{}: there is no {path}", spec.logical_id))?;
        let machine = Machine::parse(&spec.name, &spec.define(text)?);
        let machine = machine.map_err(|error| format!("{path}: {error}"))?;
        Ok(match spec.kind {
            MachineKind::Standard => machine,
            MachineKind::Express => machine.express(),
        })
    };
    application.machines.iter().map(machine).collect::<Result<_, String>>().map_err(StartError::Wiring)
}

/// The store, with every table that the template declares.
pub(crate) async fn open_store(
    data: &DataDirectory,
    durability: Durability,
    application: &Application,
) -> Result<TableStore, StartError> {
    let path = data.path().join(STORE);
    let refused = |why: String| StartError::data(&path, why);
    let store = TableStore::open(&path, durability).map_err(refused)?;
    store.prepare(&application.tables).await.map_err(refused)?;
    Ok(store)
}

pub(crate) fn open_queues(
    data: &DataDirectory,
    durability: Durability,
    application: &Application,
    base: &str,
    clock: &Clock,
) -> Result<Queues, StartError> {
    let path = data.path().join(QUEUES);
    let storage = match durability {
        Durability::Durable => Storage::File(path.clone()),
        Durability::Fleeting => Storage::UnsyncedFile(path.clone()),
    };
    let specs = application.queues.iter().map(|queue| QueueSpec {
        visibility_timeout_seconds: queue.visibility_timeout_seconds,
        delay_seconds: queue.delay_seconds,
        message_retention_seconds: queue.retention_seconds,
        redrive: queue.redrive.as_ref().map(|redrive| Redrive {
            dead_letter_queue: redrive.queue.clone(),
            max_receive_count: redrive.maximum_receives,
        }),
        ..QueueSpec::new(&queue.name)
    });
    Queues::open(&storage, format!("{base}/local/aws"), specs.collect(), clock.clone())
        .map_err(|error| StartError::data(&path, error))
}

/// What hands the queues' messages to functions.
pub(crate) fn poller(
    application: &Application,
    queues: &Queues,
    functions: &Functions,
) -> Result<Poller, StartError> {
    let mappings = application.queue_mappings.iter().map(|mapping| Mapping {
        batch_size: mapping.batch_size,
        maximum_batching_window_seconds: mapping.window_seconds,
        report_batch_item_failures: mapping.report_batch_item_failures,
        maximum_concurrency: mapping.maximum_concurrency,
        ..Mapping::new(&mapping.queue, &mapping.function)
    });
    Poller::new(queues.clone(), mappings.collect(), Arc::new(functions.clone()))
        .map_err(|error| StartError::Wiring(error.to_string()))
}

pub(crate) fn open_engine(
    data: &DataDirectory,
    durability: Durability,
    machines: Vec<Machine>,
    clock: &Clock,
    functions: &Functions,
) -> Result<Engine, StartError> {
    let path = data.path().join(WORKFLOWS);
    let durability = match durability {
        Durability::Durable => scrip_states_language::Durability::Full,
        Durability::Fleeting => scrip_states_language::Durability::Fast,
    };
    Engine::open(&path, durability, machines, clock.clone(), Arc::new(functions.clone()))
        .map_err(|error| StartError::data(&path, error))
}
