//! Handles of the library, freed when they go, and its calls as results.

use crate::{panic, Error, Result, Status};
use sessions_sys as sys;
use std::ffi::{c_char, CStr};
use std::ptr::{self, NonNull};

/// A type of handle.
pub(crate) trait Handle {
    /// Frees a handle.
    unsafe fn free(handle: *mut Self);
}

macro_rules! handles {
    ($($name:ident: $free:ident,)*) => {
        $(impl Handle for sys::$name {
            unsafe fn free(handle: *mut Self) {
                // SAFETY: the caller gives the handle up.
                unsafe { sys::$free(handle) }
            }
        })*
    };
}

handles! {
    sessions_backend: sessions_backend_free,
    sessions_config: sessions_config_free,
    sessions_manager: sessions_manager_free,
    sessions_session: sessions_session_free,
}

#[cfg(feature = "tokio")]
handles! {
    sessions_queue: sessions_queue_free,
}

/// Owns a handle.
pub(crate) struct Owned<T: Handle>(NonNull<T>);

impl<T: Handle> Owned<T> {
    /// Takes what a function gave that makes a handle.
    pub(crate) fn make(
        function: impl FnOnce(*mut *mut T, *mut *mut sys::sessions_error) -> sys::sessions_status,
    ) -> Result<Self> {
        panic::call(|| {
            let mut handle = ptr::null_mut();
            let mut error = ptr::null_mut();
            let status = function(&mut handle, &mut error);
            let made = NonNull::new(handle).map(Self);
            result_of(status, error)?;
            made.ok_or(Error::new(Status::INTERNAL))
        })
    }

    pub(crate) fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T: Handle> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: nobody else has the handle.
        panic::call(|| unsafe { T::free(self.0.as_ptr()) });
    }
}

/// Runs a function that reports an error object, and may run callbacks.
pub(crate) fn check(function: impl FnOnce(*mut *mut sys::sessions_error) -> sys::sessions_status) -> Result<()> {
    panic::call(|| {
        let mut error = ptr::null_mut();
        let status = function(&mut error);
        result_of(status, error)
    })
}

/// The status of a function that has no error object.
#[inline]
pub(crate) fn plain(status: sys::sessions_status) -> Result<()> {
    match status {
        sys::SESSIONS_OK => Ok(()),
        _ => Err(Error::new(Status(status))),
    }
}

/// A status with the error object that belongs to it, which is freed.
pub(crate) fn result_of(status: sys::sessions_status, error: *mut sys::sessions_error) -> Result<()> {
    if status == sys::SESSIONS_OK {
        return Ok(());
    }
    // SAFETY: the error, which may be NULL, was given to us.
    unsafe {
        let result = Err(copy_of(status, error));
        sys::sessions_error_free(error);
        result
    }
}

/// What an error object of the library's says, which may be NULL.
pub(crate) unsafe fn copy_of(status: sys::sessions_status, error: *const sys::sessions_error) -> Error {
    if error.is_null() {
        return Error::new(Status(status));
    }
    // SAFETY: the caller says that the error is alive.
    let message = unsafe { CStr::from_ptr(sys::sessions_error_message(error)) };
    match message.to_string_lossy() {
        text if text.is_empty() => Error::new(Status(status)),
        text => Error::with_message(Status(status), text.into_owned()),
    }
}

/// A constant string of the library's.
pub(crate) unsafe fn constant_text(text: *const c_char) -> &'static str {
    // SAFETY: the caller says that it is constant; all are ASCII.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("?")
}

/// Text that the library gave, which belongs to something that lives for 'a.
#[inline]
pub(crate) unsafe fn text<'a>(start: *const c_char, len: usize) -> Result<&'a str> {
    // SAFETY: the caller says so.
    let bytes = unsafe { bytes(start.cast(), len) };
    std::str::from_utf8(bytes).map_err(|_| Error::new(Status::INTERNAL))
}

/// Bytes that the library gave; NULL may stand for none.
#[inline]
pub(crate) unsafe fn bytes<'a>(start: *const u8, len: usize) -> &'a [u8] {
    if start.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: the caller says so.
    unsafe { std::slice::from_raw_parts(start, len) }
}

/// Hands a value to the library, which gives it back to [`destroy`].
pub(crate) fn into_user_data<T>(value: T) -> *mut std::ffi::c_void {
    Box::into_raw(Box::new(value)).cast()
}

/// Ends what [`into_user_data`] began, also when dropping panics.
pub(crate) unsafe extern "C" fn destroy<T>(user_data: *mut std::ffi::c_void) {
    // SAFETY: called once with what into_user_data() gave.
    panic::catch(|| drop(unsafe { Box::from_raw(user_data.cast::<T>()) }));
}
