//! Parallel and Map: flows inside a state.

use super::Turn;
use super::frame::{Activity, Child, Frame};
use crate::expression::Variables;
use crate::failure::Failure;
use crate::machine::State;
use serde_json::Value;

impl Turn<'_> {
    /// Runs the branches as far as they go: `None` while some run, else all their outputs, or the first failure, which
    /// stops the others.
    pub(super) fn branches(
        &mut self,
        frame: &mut Frame,
        state: &State,
        outer: &[&Variables],
    ) -> Option<Result<Value, Failure>> {
        let Activity::Branches { children, concurrency } = &mut frame.activity else { return None };
        let scopes: Vec<&Variables> = outer.iter().copied().chain([&frame.variables]).collect();
        match self.run_children(children, *concurrency, state, &scopes) {
            Ok(false) => None,
            Ok(true) => Some(Ok(std::mem::take(children)
                .into_iter()
                .filter_map(|child| if let Child::Done(output) = child { Some(output) } else { None })
                .collect())),
            Err(failure) => {
                for child in children {
                    if let Child::Running(frame) = child {
                        self.stop(frame);
                    }
                }
                Some(Err(failure))
            }
        }
    }

    /// Whether all are done.
    fn run_children(
        &mut self,
        children: &mut [Child],
        concurrency: usize,
        state: &State,
        scopes: &[&Variables],
    ) -> Result<bool, Failure> {
        let flows = state.flows();
        let mut running = children.iter().filter(|child| matches!(child, Child::Running(_))).count();
        for (index, child) in children.iter_mut().enumerate() {
            if let Child::Pending { input, item } = child
                && running < concurrency
                && let Some(flow) = flows.get(index).or(flows.first())
            {
                let input = input.take();
                let item = item.take();
                let sequence = self.count()?;
                *child =
                    Child::Running(Box::new(Frame::new(&flow.start_at, input, item, sequence, self.now())));
                running += 1;
            }
            let Child::Running(frame) = child else { continue };
            match self.run(frame, scopes) {
                None => {}
                Some(Ok(output)) => {
                    *child = Child::Done(output);
                    running -= 1;
                }
                Some(Err(failure)) => {
                    // It has left its last state already, so it is not stopped with the others.
                    *child = Child::Done(Value::Null);
                    return Err(failure);
                }
            }
        }
        Ok(children.iter().all(|child| matches!(child, Child::Done(_))))
    }
}
