//! Panics in callbacks: caught before they reach the library, resumed when the call that led to them has returned.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

type Payload = Box<dyn Any + Send>;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static CAUGHT: RefCell<Option<Payload>> = const { RefCell::new(None) };
}

/// Runs a callback. None when it panicked.
pub(crate) fn catch<R>(callback: impl FnOnce() -> R) -> Option<R> {
    let payload = match catch_unwind(AssertUnwindSafe(callback)) {
        Ok(result) => return Some(result),
        Err(payload) => payload,
    };
    let mut payload = Some(payload);
    if CALLS.get() > 0 {
        // Not when the thread ends, and this has ended before what drops a handle.
        let _ = CAUGHT.try_with(|caught| {
            let mut caught = caught.borrow_mut();
            if caught.is_none() {
                *caught = payload.take();
            }
        });
    }
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // A payload that panics when it is dropped, with another: there is nobody to tell.
        std::mem::forget(again);
    }
    None
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
