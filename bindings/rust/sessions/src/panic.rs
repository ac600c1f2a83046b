//! Panics in callbacks: caught before they reach the library, resumed when the call that led to them has returned, or in
//! the task that awaits it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

pub(crate) type Payload = Box<dyn Any + Send>;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static CAUGHT: RefCell<Option<Payload>> = const { RefCell::new(None) };
}

/// Runs a callback. None when it panicked.
pub(crate) fn catch<R>(callback: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(callback)).map_err(|payload| leave_to_call(payload).map(discard)).ok()
}

/// Runs a callback that fails with a message, which is given when it panicked: by that, the task that awaits the call
/// finds the panic.
pub(crate) fn catch_with_message<R>(callback: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(callback)).map_err(|payload| match leave_to_call(payload) {
        Some(payload) => awaited::keep(payload),
        None => String::new(), // nobody reads it
    })
}

/// Leaves a panic to the call on this thread that led to it. Gives it back when there is none.
fn leave_to_call(payload: Payload) -> Option<Payload> {
    if CALLS.get() == 0 {
        return Some(payload);
    }
    let mut payload = Some(payload);
    // Not when the thread ends, and this has ended before what drops a handle.
    let _ = CAUGHT.try_with(|caught| {
        let mut caught = caught.borrow_mut();
        if caught.is_none() {
            *caught = payload.take();
        }
    });
    if let Some(second) = payload {
        discard(second);
    }
    None
}

/// Drops a panic that there is nobody to tell of.
pub(crate) fn discard(payload: Payload) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // A payload that panics when it is dropped, with another.
        std::mem::forget(again);
    }
}

/// Runs a call of the library that may run callbacks on this thread, and goes on with their panic. What the call gave is
/// dropped then.
pub(crate) fn call<R>(library_call: impl FnOnce() -> R) -> R {
    CALLS.set(CALLS.get() + 1);
    let result = library_call();
    let depth = CALLS.get() - 1;
    CALLS.set(depth);
    if depth == 0 {
        if let Some(payload) = CAUGHT.try_with(RefCell::take).ok().flatten() {
            if std::thread::panicking() {
                std::mem::forget(payload); // a second panic would end the process
            } else {
                resume_unwind(payload);
            }
        }
    }
    result
}

/// Panics on threads of a queue. All that goes from there to the task that awaits the call is its failure's message: a
/// number in it says which panic it was.
#[cfg(feature = "tokio")]
pub(crate) mod awaited {
    use super::{discard, Payload};
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};

    const MESSAGE: &str = "the store panicked, panic ";

    /// More than that are not kept: some calls end before they have their failure.
    pub(super) const MOST: usize = 1024;

    struct Kept {
        last: u64,
        panics: BTreeMap<u64, Payload>,
    }

    static KEPT: Mutex<Kept> = Mutex::new(Kept { last: 0, panics: BTreeMap::new() });

    /// Keeps a panic, and gives the message to fail with.
    pub(crate) fn keep(payload: Payload) -> String {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let number = kept.last;
        kept.panics.insert(number, payload);
        let oldest = if kept.panics.len() > MOST { kept.panics.pop_first() } else { None };
        drop(kept);
        if let Some((_, payload)) = oldest {
            discard(payload);
        }
        format!("{MESSAGE}{number}")
    }

    /// The panic that a message is of.
    pub(crate) fn take(message: &str) -> Option<Payload> {
        let number = message.strip_prefix(MESSAGE)?.parse().ok()?;
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).panics.remove(&number)
    }
}

/// Without queues nobody awaits anything.
#[cfg(not(feature = "tokio"))]
mod awaited {
    pub(super) fn keep(payload: super::Payload) -> String {
        super::discard(payload);
        String::new()
    }
}

#[cfg(all(test, feature = "tokio"))]
mod tests {
    use super::awaited::{keep, take, MOST};

    #[test]
    fn panics_that_nobody_takes_are_not_kept_for_ever() {
        let messages: Vec<_> = (0..=MOST).map(|number| keep(Box::new(number))).collect();
        assert!(take(&messages[0]).is_none());
        for (number, message) in messages.iter().enumerate().skip(1) {
            assert_eq!(take(message).unwrap().downcast_ref(), Some(&number));
            assert!(take(message).is_none());
        }
    }
}
