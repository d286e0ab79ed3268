//! What ends a request early wherever it is read, as a dialect's own error.

use super::{body::BodyFault, fields::FieldFault};

/// How a path reads that is no text.
pub const NOT_TEXT: &str = "must be UTF-8 text once percent-decoded";

/// Makes a dialect's error of the domain's, of a body's, a field's and a path's, where it has variants `Domain`, `Body`
/// and `Field` for them.
macro_rules! from_faults {
    ($error:ty) => {
        impl From<coffer_domain::Error> for $error {
            fn from(error: coffer_domain::Error) -> Self {
                Self::Domain(error)
            }
        }

        impl From<$crate::http::body::BodyFault> for $error {
            fn from(fault: $crate::http::body::BodyFault) -> Self {
                Self::Body(fault)
            }
        }

        impl From<$crate::http::fields::FieldFault> for $error {
            fn from(fault: $crate::http::fields::FieldFault) -> Self {
                Self::Field(fault)
            }
        }

        impl From<$crate::http::params::NotText> for $error {
            fn from(_: $crate::http::params::NotText) -> Self {
                Self::Field($crate::http::fields::FieldFault::new(
                    "path",
                    $crate::http::faults::NOT_TEXT,
                ))
            }
        }
    };
}
pub(crate) use from_faults;

/// What is wrong with a body, as with a field; `None`: it is too large.
pub fn of_body(fault: BodyFault) -> Option<FieldFault> {
    let of = |reason: &str| Some(FieldFault::new("body", reason));
    match fault {
        BodyFault::TooLarge => None,
        BodyFault::Slow => of("did not arrive in time"),
        BodyFault::Broken => of("could not be read"),
        BodyFault::Encoded => of("must come without Content-Encoding"),
        BodyFault::Json(fault) => Some(FieldFault::new(fault.field, fault.message)),
    }
}
