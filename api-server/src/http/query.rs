//! Query strings, read strictly: an unknown parameter, a doubled one or a bad number is a fault that names
//! the parameter, never a silent default.

use std::{borrow::Cow, num::NonZeroU64, str::FromStr};

/// A parameter that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryFault {
    /// Its name, as far as it is one of ours.
    pub parameter: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// The parameters of a request.
#[derive(Debug)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads `query`, in which each of `known` may stand once and nothing else.
    pub fn read(query: Option<&'a str>, known: &[&'static str]) -> Result<Self, QueryFault> {
        let mut found: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let Some(known_name) = known.iter().find(|known| **known == name) else {
                return Err(unknown(known));
            };
            if found.iter().any(|(earlier, _)| *earlier == name) {
                return Err(fault(known_name, "is given twice"));
            }
            found.push((name, value));
        }
        Ok(Self(found))
    }

    /// Reads `query` as lenient dialects do: of a doubled parameter the first counts, others are ignored.
    pub fn lenient(query: Option<&'a str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect())
    }

    /// A parameter's text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| &**value)
    }

    /// Every text of a parameter that may be given more than once.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, value)| &**value)
    }

    /// A parameter as a `T`; `rule` says what it must be.
    pub fn parsed<T: FromStr>(&self, name: &'static str, rule: &str) -> Result<Option<T>, QueryFault> {
        let read = |text: &str| text.parse().map_err(|_| fault(name, &format!("must be {rule}")));
        self.text(name).map(read).transpose()
    }

    /// A parameter as a whole number from 1.
    pub fn positive(&self, name: &'static str) -> Result<Option<u64>, QueryFault> {
        self.digits(name, "a whole number from 1")
            .map(|found| found.map(NonZeroU64::get))
    }

    /// A parameter as a whole number from 0.
    pub fn number(&self, name: &'static str) -> Result<Option<u64>, QueryFault> {
        self.digits(name, "a whole number")
    }

    /// Rust reads `+5`; a parameter is digits alone.
    fn digits<T: FromStr>(&self, name: &'static str, rule: &str) -> Result<Option<T>, QueryFault> {
        match self.text(name) {
            Some(text) if !text.bytes().all(|b| b.is_ascii_digit()) => {
                Err(fault(name, &format!("must be {rule}")))
            }
            _ => self.parsed(name, rule),
        }
    }
}

fn fault(parameter: &str, message: &str) -> QueryFault {
    QueryFault {
        parameter: parameter.to_owned(),
        message: message.to_owned(),
    }
}

fn unknown(known: &[&str]) -> QueryFault {
    if known.is_empty() {
        return fault("query", "takes no parameters here");
    }
    fault(
        "query",
        &format!("has an unknown parameter; known: {}", known.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_parameter_may_stand_once() {
        let query = Query::read(Some("version=3&after=app%2Fapi"), &["version", "after"]).unwrap();
        assert_eq!(query.positive("version"), Ok(Some(3)));
        assert_eq!(query.text("after"), Some("app/api"));
        assert!(
            Query::read(Some("version=3&version=3"), &["version"])
                .unwrap_err()
                .message
                .contains("twice")
        );
        assert!(Query::read(Some("destroy"), &["version"]).is_err());
        assert!(
            Query::read(Some("hunter2=1"), &[]).is_err_and(|fault| !format!("{fault:?}").contains("hunter2"))
        );
    }

    #[test]
    fn bad_numbers_name_the_parameter() {
        for text in [
            "version=",
            "version=0",
            "version=-1",
            "version=+1",
            "version=1.0",
            "version=x",
            "version",
        ] {
            let query = Query::read(Some(text), &["version"]).unwrap();
            assert_eq!(
                query.positive("version").unwrap_err().parameter,
                "version",
                "{text}"
            );
        }
        let query = Query::read(Some("version=99999999999999999999"), &["version"]).unwrap();
        assert!(query.positive("version").is_err());
    }
}
