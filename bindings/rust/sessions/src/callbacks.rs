//! What the library calls of a config: clock, random source, log.

use crate::{panic, LogLevel, Result};
use sessions_sys as sys;
use std::ffi::{c_char, c_void};
use std::time::{SystemTime, UNIX_EPOCH};

/// A clock that panics is replaced by the system's until the panic goes on.
pub(crate) unsafe extern "C" fn clock<F: Fn() -> i64>(user_data: *mut c_void) -> i64 {
    // SAFETY: the user data is an F, which lives as long as it may be called.
    let clock = unsafe { &*user_data.cast::<F>() };
    panic::catch(clock).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        i64::try_from(now).unwrap_or(0)
    })
}

pub(crate) unsafe extern "C" fn random<F: Fn(&mut [u8]) -> Result<(), ()>>(
    user_data: *mut c_void,
    bytes: *mut c_void,
    size: usize,
) -> sys::sessions_status {
    if size == 0 {
        return sys::SESSIONS_OK;
    }
    // SAFETY: as above; the library gives size bytes to be filled, which may not be initialised yet.
    let (random, bytes) = unsafe {
        std::ptr::write_bytes(bytes.cast::<u8>(), 0, size);
        (&*user_data.cast::<F>(), std::slice::from_raw_parts_mut(bytes.cast::<u8>(), size))
    };
    match panic::catch(|| random(bytes)) {
        Some(Ok(())) => sys::SESSIONS_OK,
        _ => sys::SESSIONS_E_CALLBACK,
    }
}

pub(crate) unsafe extern "C" fn log<F: Fn(LogLevel, &str)>(
    user_data: *mut c_void,
    level: i32,
    message: *const c_char,
    message_len: usize,
) {
    // SAFETY: as above; the message is alive during the call.
    let (log, message) = unsafe { (&*user_data.cast::<F>(), crate::handle::text(message, message_len)) };
    panic::catch(|| log(LogLevel(level), message.unwrap_or("?")));
}
