//! Values through serde: scalars go to the library's own calls, everything else as JSON text.

use crate::handle::{plain, text};
use crate::session::start;
use crate::{finite, Error, Result, Session, Status};
use serde::de::{Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Impossible, Serialize, Serializer};
use sessions_sys as sys;
use std::ptr;

// ---- reading ----

pub(crate) fn read<'a, T: Deserialize<'a>>(session: &'a Session, key: &str) -> Result<Option<T>> {
    match T::deserialize(Reader { session, key }) {
        Ok(value) => Ok(Some(value)),
        Err(Failure::Missing) => Ok(None),
        Err(Failure::Status(status)) => Err(Error::new(status)),
        Err(Failure::Error(error)) => Err(error),
        Err(Failure::NoScalar) => Err(Error::new(Status::TYPE)),
    }
}

/// Why serde could not do it. What serde says about it may quote the value, so that it is not kept.
#[derive(Debug)]
enum Failure {
    /// There is no such key.
    Missing,
    /// The value is no scalar that has a call of its own.
    NoScalar,
    Status(Status),
    Error(Error),
}

impl From<sys::sessions_status> for Failure {
    fn from(status: sys::sessions_status) -> Self {
        match status {
            sys::SESSIONS_E_NOT_FOUND => Self::Missing,
            _ => Self::Status(Status(status)),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the value has another form")
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self::Status(Status::TYPE)
    }

    /// The visitor of a small integer has met one that is too large for it.
    fn invalid_value(unexpected: Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        match unexpected {
            Unexpected::Signed(_) | Unexpected::Unsigned(_) | Unexpected::Float(_) => Self::Status(Status::RANGE),
            _ => Self::Status(Status::TYPE),
        }
    }
}

impl serde::ser::Error for Failure {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self::Error(no_json())
    }
}

/// The value of a key, which knows what it is asked for.
struct Reader<'a, 'k> {
    session: &'a Session,
    key: &'k str,
}

/// Reads with one of the library's calls.
macro_rules! read_with {
    ($self:ident, $function:ident, $initial:expr) => {{
        let mut value = $initial;
        // SAFETY: the output outlives the call.
        let status = unsafe { sys::$function($self.session.as_ptr(), start($self.key), $self.key.len(), &mut value) };
        if status == sys::SESSIONS_OK {
            Ok(value)
        } else {
            Err(Failure::from(status))
        }
    }};
}

macro_rules! read_numbers {
    ($($method:ident: $function:ident($initial:expr) => $visit:ident,)*) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
            visitor.$visit(read_with!(self, $function, $initial)?)
        })*
    };
}

macro_rules! read_json {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {
        $(fn $method<V: Visitor<'a>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, Failure> {
            self.json(|json| json.$method($($name,)* visitor))
        })*
    };
}

impl<'a> Reader<'a, '_> {
    fn str(&self) -> Result<&'a str, Failure> {
        let (mut value, mut len) = (ptr::null(), 0);
        // SAFETY: the text belongs to the session until it is changed, which the borrow prevents.
        unsafe {
            let status = sys::sessions_session_get_string(
                self.session.as_ptr(),
                start(self.key),
                self.key.len(),
                &mut value,
                &mut len,
            );
            if status != sys::SESSIONS_OK {
                return Err(Failure::from(status));
            }
            Ok(text(value, len)?)
        }
    }

    fn json<T>(
        &self,
        read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'a>>) -> serde_json::Result<T>,
    ) -> Result<T, Failure> {
        let json = self.session.get_json(self.key)?.ok_or(Failure::Missing)?;
        let mut deserializer = serde_json::Deserializer::from_str(json);
        read(&mut deserializer).map_err(|_| Failure::Status(Status::TYPE))
    }
}

impl<'a> Deserializer<'a> for Reader<'a, '_> {
    type Error = Failure;

    read_numbers! {
        deserialize_i8: sessions_session_get_int64(0) => visit_i64,
        deserialize_i16: sessions_session_get_int64(0) => visit_i64,
        deserialize_i32: sessions_session_get_int64(0) => visit_i64,
        deserialize_i64: sessions_session_get_int64(0) => visit_i64,
        deserialize_u8: sessions_session_get_uint64(0) => visit_u64,
        deserialize_u16: sessions_session_get_uint64(0) => visit_u64,
        deserialize_u32: sessions_session_get_uint64(0) => visit_u64,
        deserialize_u64: sessions_session_get_uint64(0) => visit_u64,
        deserialize_f64: sessions_session_get_double(0.0) => visit_f64,
    }

    read_json! {
        deserialize_any();
        deserialize_ignored_any();
        deserialize_i128();
        deserialize_u128();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_bool(read_with!(self, sessions_session_get_bool, 0)? != 0)
    }

    /// Integers are exact, or refused; of other numbers the nearest is taken, as for `f64`, but neither 0 nor infinity.
    fn deserialize_f32<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        let double = read_with!(self, sessions_session_get_double, 0.0)?;
        let digits = self.session.get_json(self.key)?.ok_or(Failure::Missing)?;
        let value: f32 = digits.parse().map_err(|_| Failure::Status(Status::TYPE))?;
        let is_integer = !digits.contains(['.', 'e', 'E']);
        if value.is_infinite() || (value == 0.0 && double != 0.0) || (is_integer && f64::from(value) != double) {
            return Err(Failure::Status(Status::RANGE));
        }
        visitor.visit_f32(value)
    }

    fn deserialize_char<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(self.str()?)
    }

    fn deserialize_str<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(self.str()?)
    }

    fn deserialize_string<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(self.str()?)
    }

    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_borrowed_str(self.str()?)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        // SAFETY: the handle is alive.
        let status = unsafe { sys::sessions_session_get_null(self.session.as_ptr(), start(self.key), self.key.len()) };
        match status {
            sys::SESSIONS_OK => visitor.visit_none(),
            sys::SESSIONS_E_TYPE => visitor.visit_some(self),
            _ => Err(Failure::from(status)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, _: &'static str, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }
}

// ---- writing ----

pub(crate) fn write<T: Serialize>(session: &mut Session, key: &str, value: &T) -> Result<()> {
    match value.serialize(Writer { session: &mut *session, key }) {
        Ok(()) => Ok(()),
        Err(Failure::NoScalar) => {
            let json = serde_json::to_string(value).map_err(|_| no_json())?;
            if json.contains("null") {
                finite::check(value)?;
            }
            session.set_json(key, &json)
        }
        Err(Failure::Status(status)) => Err(Error::new(status)),
        Err(Failure::Error(error)) => Err(error),
        Err(Failure::Missing) => Err(Error::new(Status::NOT_FOUND)),
    }
}

/// What its `Serialize` says about it may quote the value.
fn no_json() -> Error {
    Error::with_message(
        Status::INVALID,
        "the value cannot be written as JSON: its Serialize fails, or a map in it has keys that are no strings",
    )
}

/// Sets the value of a key from a scalar, and refuses everything else at its first call.
struct Writer<'s, 'k> {
    session: &'s mut Session,
    key: &'k str,
}

macro_rules! write_with {
    ($($method:ident($type:ty as $as:ty) = $function:ident;)*) => {
        $(fn $method(self, value: $type) -> Result<(), Failure> {
            // SAFETY: the handle is alive and ours alone.
            let status = unsafe {
                sys::$function(self.session.as_ptr(), start(self.key), self.key.len(), <$as>::from(value))
            };
            Ok(plain(status)?)
        })*
    };
}

/// What is written as JSON text.
macro_rules! no_scalar {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$result, Failure> {
            Err(Failure::NoScalar)
        })*
    };
}

type No = Impossible<(), Failure>;

impl Serializer for Writer<'_, '_> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    write_with! {
        serialize_bool(bool as i32) = sessions_session_set_bool;
        serialize_i8(i8 as i64) = sessions_session_set_int64;
        serialize_i16(i16 as i64) = sessions_session_set_int64;
        serialize_i32(i32 as i64) = sessions_session_set_int64;
        serialize_i64(i64 as i64) = sessions_session_set_int64;
        serialize_u8(u8 as u64) = sessions_session_set_uint64;
        serialize_u16(u16 as u64) = sessions_session_set_uint64;
        serialize_u32(u32 as u64) = sessions_session_set_uint64;
        serialize_u64(u64 as u64) = sessions_session_set_uint64;
        serialize_f64(f64 as f64) = sessions_session_set_double;
    }

    no_scalar! {
        serialize_i128(i128) -> ();
        serialize_u128(u128) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct(&'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }

    /// As JSON text it has the digits of an `f32`; what has none is refused, as for `f64`.
    fn serialize_f32(self, value: f32) -> Result<(), Failure> {
        if value.is_finite() {
            return Err(Failure::NoScalar);
        }
        self.serialize_f64(f64::from(value))
    }

    fn serialize_str(self, value: &str) -> Result<(), Failure> {
        // SAFETY: the text is copied.
        Ok(plain(unsafe {
            sys::sessions_session_set_string(
                self.session.as_ptr(),
                start(self.key),
                self.key.len(),
                start(value),
                value.len(),
            )
        })?)
    }

    fn serialize_char(self, value: char) -> Result<(), Failure> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_none(self) -> Result<(), Failure> {
        // SAFETY: the handle is alive and ours alone.
        Ok(plain(unsafe { sys::sessions_session_set_null(self.session.as_ptr(), start(self.key), self.key.len()) })?)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Failure> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Failure> {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Failure> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Failure> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Failure> {
        Err(Failure::NoScalar)
    }
}
