//! Declarations of the C ABI of libsessions, as its headers have them. The safe crate over them is `sessions`.
//!
//! Which library is linked: the one in the directory that `SESSIONS_LIB_DIR` names; else the one that pkg-config
//! finds; else, in a checkout, one that CMake builds from the top level, linked statically. Where there is a shared and
//! a static one, it is the shared one, or with `SESSIONS_STATIC=1` the static one.
#![allow(non_camel_case_types)]
#![deny(missing_docs)]

#[allow(rustdoc::all, clippy::all)]
#[rustfmt::skip]
mod declarations;

pub use declarations::*;

/// The inside of a handle, which nobody sees, and which by itself is neither `Send`, `Sync` nor `Unpin`.
#[repr(C)]
struct Opaque {
    _bytes: [u8; 0],
    _marker: std::marker::PhantomData<(*mut u8, std::marker::PhantomPinned)>,
}
