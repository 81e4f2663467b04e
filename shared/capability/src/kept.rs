//! What outlives an invocation.

use scrip_refusal::Failure;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What one function keeps from one invocation to the next, for as long as its process runs: a value of each type. It
/// belongs to the function's variables and so to its tables, since several functions, platforms or tests may share a
/// process: what is learned from one table must not be believed of another.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Kept {
    /// The value of a type, made at its first use.
    ///
    /// # Errors
    /// It can't be made.
    pub fn keep<T: Any + Send + Sync>(
        &self,
        make: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<Arc<T>, Failure> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = kept.get(&TypeId::of::<T>()).cloned().and_then(|value| value.downcast().ok()) {
            return Ok(value);
        }
        let value = Arc::new(make()?);
        kept.insert(TypeId::of::<T>(), value.clone());
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_and_again_only_if_that_failed() {
        let kept = Kept::default();
        assert!(kept.keep::<u8>(|| Err(Failure::broken("not yet"))).is_err());
        assert_eq!(*kept.keep(|| Ok(7_u8)).unwrap(), 7);
        assert_eq!(*kept.keep(|| Ok(8_u8)).unwrap(), 7);
        assert_eq!(*kept.keep(|| Ok(9_u16)).unwrap(), 9);
        assert_eq!(*Kept::default().keep(|| Ok(8_u8)).unwrap(), 8);
    }
}
